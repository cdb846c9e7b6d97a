"""Networks by the kind that a model's card and a recipe name. Light: a network is imported when it is built."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


def _crnn(**arguments: Any) -> nn.Module:
    from models.networks.crnn import CRNN

    return CRNN(**arguments)


def _fast(**arguments: Any) -> nn.Module:
    from models.networks.fast import FastNet

    return FastNet(**arguments)


def _cnn5(**arguments: Any) -> nn.Module:
    from models.networks.cnn5 import CNN5

    return CNN5(**arguments)


def _lstm2(**arguments: Any) -> nn.Module:
    from models.networks.lstm2 import LSTM2

    return LSTM2(**arguments)


def _resnet50(**arguments: Any) -> nn.Module:
    from models.networks.resnet50 import ResNet50

    return ResNet50(**arguments)


def _regressor(**arguments: Any) -> nn.Module:
    from models.networks.regressor import Regressor

    return Regressor(**arguments)


def _tpa(**arguments: Any) -> nn.Module:
    from models.networks.tpa import TPABiLSTM

    return TPABiLSTM(**arguments)


def _fusion(**arguments: Any) -> nn.Module:
    from models.networks.fusion import Fusion

    return Fusion(**arguments)


def _personal(**arguments: Any) -> nn.Module:
    from models.networks.personal import Personal

    return Personal(**arguments)


#: Kind -> what builds it from the arguments in a card's "network". Plain functions, not names of modules: PyInstaller
#: follows only imports that it can read.
KINDS: dict[str, Callable[..., nn.Module]] = {
    "crnn": _crnn,
    "fast": _fast,
    "cnn5": _cnn5,
    "lstm2": _lstm2,
    "resnet50": _resnet50,
    "fusion": _fusion,
    "personal": _personal,
    "regressor": _regressor,
    "tpa": _tpa,
}


def build(kind: str, **arguments: Any) -> nn.Module:
    """Build a network with random weights.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    **arguments
        As a card's "network" holds them beside its kind.

    Raises
    ------
    ValueError
        For a kind that is unknown, or arguments that make no network.
    TypeError
        For arguments that the network does not have.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of network; there are {', '.join(sorted(KINDS))}")
    return KINDS[kind](**arguments)
