"""Whether weights are those of the network that a card describes, found out without building it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

#: No size of any network here comes near it, nor does a number of known recordings.
_MOST = 1_000_000
_MOST_DEPTH = 4
#: Every part of a network that is told to be there so many times brings weights with it; a few bring none.
_PARTS_PER_TENSOR, _PARTS_AT_LEAST = 8, 500


def check_fit(description: Any, weights: Path) -> None:
    """Make sure that a card's "network" is known, of sane size, and has exactly the tensors of a safetensors file.

    The network is made on torch's "meta" device, where tensors have a shape and no memory: arguments that ask for
    terabytes cost nothing and are found out by the file not having them. Of a personal model the layer is made, whose
    base may not be there yet.

    Raises
    ------
    ValueError
        Why not, as the end of a sentence.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    from models.cards import PERSONAL
    from models.networks.registry import KINDS, build

    arguments = dict(description) if isinstance(description, dict) else {}
    kind = arguments.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"it is a network of a kind that is not known here ({str(kind)[:40]!r})")
    if not _sane(arguments):
        raise ValueError("its card describes a network of absurd size")
    try:
        with safe_open(weights, "pt") as file:
            there = {
                name: (tuple(part.get_shape()), part.get_dtype())
                for name, part in ((name, file.get_slice(name)) for name in file.keys())  # noqa: SIM118
            }
    except (SafetensorError, OSError) as error:
        raise ValueError(f"its weights cannot be read ({str(error)[:80]})") from None
    try:
        with _at_most(_PARTS_PER_TENSOR * len(there) + _PARTS_AT_LEAST), torch.device("meta"):
            drawn = (_layer(arguments, there) if kind == PERSONAL else build(kind, **arguments)).state_dict()
    except Exception as error:  # whatever strange arguments make a network do, it is not taken
        raise ValueError(f"its card describes no network that can be built ({str(error)[:80]})") from None
    described = {name: (tuple(value.shape), _DTYPES.get(str(value.dtype), "")) for name, value in drawn.items()}
    if described != there:
        raise ValueError("its weights do not fit its card")


def _layer(arguments: dict[str, Any], there: dict[str, Any]) -> nn.Module:
    """Draw up a personal model's layer, for whichever base its weights are made for."""
    from models.networks.personal import Layer

    if set(arguments) - {"base", "base_weights_sha256", "components", "kept"}:
        raise ValueError("a personal model has no such arguments")
    (summary_features, _), (states, _) = there["components"][0], there["moving"][0]
    return Layer(summary_features, states, arguments["components"], arguments.get("kept", 0))


_DTYPES = {
    "torch.float32": "F32",
    "torch.float16": "F16",
    "torch.bfloat16": "BF16",
    "torch.float64": "F64",
    "torch.int64": "I64",
    "torch.int32": "I32",
    "torch.uint8": "U8",
    "torch.bool": "BOOL",
}


def _sane(value: Any, depth: int = 0) -> bool:
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return abs(value) <= _MOST  # False for what is not a number, too
    if isinstance(value, str):
        return len(value) <= 200
    if depth == _MOST_DEPTH or not isinstance(value, dict | list) or len(value) > 200:
        return False
    if isinstance(value, dict):
        return all(_sane(key, depth + 1) and _sane(item, depth + 1) for key, item in value.items())
    return all(_sane(item, depth + 1) for item in value)


@contextmanager
def _at_most(parts: int) -> Iterator[None]:
    """Stop this thread from giving a network more parts, parameters and buffers than these."""
    from torch.nn.modules import module as hooks

    mine, left = threading.get_ident(), parts

    def count(*_args: object) -> None:
        nonlocal left
        if threading.get_ident() != mine:  # the hooks are everybody's
            return
        left -= 1
        if left < 0:
            raise ValueError("it has more parts than its weights")

    handles = [
        hooks.register_module_parameter_registration_hook(count),
        hooks.register_module_buffer_registration_hook(count),
        hooks.register_module_module_registration_hook(count),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
