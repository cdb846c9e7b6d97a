"""Where a training stands, in one file: tensors and plain values in safetensors, never pickle."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from models.errors import JobError

#: The key of safetensors' header, whose values are strings, under which the plain values lie.
_VALUES = "values"


@dataclass(frozen=True)
class Snapshot:
    """Tensors by name, and values that JSON can hold."""

    tensors: Mapping[str, torch.Tensor]
    values: Mapping[str, Any]

    def tensors_of(self, prefix: str) -> dict[str, torch.Tensor]:
        """Tensors whose names begin with a prefix and a dot, by the rest of their names."""
        return {name.removeprefix(f"{prefix}."): t for name, t in self.tensors.items() if name.startswith(f"{prefix}.")}


def named(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Copies on the CPU, each under its name with a prefix: what `Snapshot.tensors_of` takes apart."""
    return {f"{prefix}.{name}": value.detach().to("cpu", copy=True) for name, value in tensors.items()}


def write_snapshot(file: Path, snapshot: Snapshot) -> None:
    """Write a snapshot beside the file and rename it into place: whoever is killed leaves the earlier one whole.

    Raises
    ------
    JobError
        "no_space" when it cannot be written.
    """
    part = file.with_name(file.name + ".part")
    tensors = {name: value.contiguous() for name, value in snapshot.tensors.items()}
    try:
        save_file(tensors, part, {_VALUES: json.dumps(dict(snapshot.values))})
        part.replace(file)
    except (OSError, SafetensorError) as error:
        raise JobError("no_space", f"{file.parent} could not be written to.", str(error)) from None


def read_snapshot(file: Path) -> Snapshot | None:
    """Read a snapshot; None where there is none, or none that can be read."""
    try:
        with safe_open(file, "pt") as stored:
            values = json.loads((stored.metadata() or {}).get(_VALUES, "{}"))
            return Snapshot({name: stored.get_tensor(name) for name in stored.keys()}, values)  # noqa: SIM118
    except (OSError, SafetensorError, ValueError):
        return None


class Checkpoint:
    """Keeps the latest snapshot of one training, at most every few seconds.

    Parameters
    ----------
    file : Path
        Where; its folder is there.
    every_s : float
        Seconds between two snapshots, counted from the start.
    """

    def __init__(self, file: Path, every_s: float = 30.0) -> None:
        self._file = file
        self._every_s = every_s
        self._due_s = time.monotonic() + every_s

    def load(self) -> Snapshot | None:
        """Return the latest snapshot that an interrupted training left."""
        return read_snapshot(self._file)

    def offer(self, make: Callable[[], Snapshot]) -> None:
        """Keep a snapshot if one is due."""
        if time.monotonic() >= self._due_s:
            write_snapshot(self._file, make())
            self._due_s = time.monotonic() + self._every_s

    def remove(self) -> None:
        """Forget: the training is finished."""
        self._file.unlink(missing_ok=True)
