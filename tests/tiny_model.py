"""A small network of the same kind as the shipped one, untrained and seeded: tests need no trained weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.hub import Card, write_model

DESCRIPTION: dict[str, Any] = {"kind": "crnn", "channels": [4, 8, 8, 8], "hidden": 8, "attention_size": 8}
CARD: dict[str, Any] = {
    "name": "Tiny",
    "version": "7",
    "summary": "Knows nothing.",
    "data": [{"name": "none", "what": "no clips", "source": "nobody", "terms": "any"}],
    "limits": ["It was never trained."],
}


def tiny_network(seed: int = 0, **changes: Any) -> Any:
    """Build an untrained CRNN in evaluation mode whose answers differ clearly from moment to moment."""
    import torch

    from models.networks.crnn import CRNN

    torch.manual_seed(seed)
    sizes = {name: value for name, value in DESCRIPTION.items() if name != "kind"}
    network = CRNN(**{**sizes, **changes}).eval().requires_grad_(False)
    network.classifier.weight.mul_(12.0)
    if network.attention:
        network.attention_context.weight.mul_(12.0)
    return network


def write_tiny_model(folder: Path, seed: int = 0) -> Card:
    """Write `tiny_network` as a model folder."""
    return write_model(folder, tiny_network(seed), DESCRIPTION, CARD)
