"""A small fused model that remembers music, and music to correct it on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.hub import LoadedModel, load_model, write_model
from models.networks.fusion import MEMORY_COLUMNS, QUADRANT_COLUMNS, RATING_COLUMNS, Fusion
from models.networks.memory import Memory

STEPS, SUMMARY, KNOWN = 6, 8, 60
ARGUMENTS: dict[str, Any] = {
    "step_features": STEPS,
    "summary_features": SUMMARY,
    "listeners": 2,
    "regressors": 2,
    "known": KNOWN,
    "regressor": {"hidden": 8, "levels": 1, "heads": 2},
}


@dataclass(frozen=True)
class Heard:
    """What was heard of a recording."""

    steps: NDArray[np.float32]
    summary: NDArray[np.float32]


def music(seed: int, steps: int = 60, about: float = 0.0) -> Heard:
    """Make music that wanders; `about` moves it away from what the model knows."""
    random = np.random.default_rng(seed)
    wander = np.cumsum(random.normal(0, 0.5, (steps, STEPS)), axis=0).astype(np.float32)
    return Heard(wander, (about + random.normal(0, 1, SUMMARY)).astype(np.float32))


def fusion() -> Fusion:
    """Build a fused model with random networks, whose memory tells valence and arousal by the first two features."""
    torch.manual_seed(0)
    network = Fusion(**ARGUMENTS).eval().requires_grad_(False)
    x = torch.randn(KNOWN, SUMMARY, generator=torch.Generator().manual_seed(1))
    y = torch.zeros(KNOWN, MEMORY_COLUMNS)
    y[:, RATING_COLUMNS] = 0.4 * x[:, :2].tanh()
    signs = torch.tensor([[1.0, 1], [-1, 1], [-1, -1], [1, -1]])
    y[:, QUADRANT_COLUMNS] = torch.nn.functional.one_hot((x[:, :2] @ signs.T).argmax(dim=1), 4).float()
    fitted = Memory.fit(x, y, [str(i) for i in range(KNOWN)], width=1.0, ridge=0.3)
    network.memory.load_state_dict(fitted.state_dict())
    network.get_buffer("memory_weight").fill_(3.0)
    return network


def base_model(folder: Path, network: Fusion | None = None) -> LoadedModel:
    """Write the small model and load it."""
    card = {"name": "Toy", "version": "1", "summary": "Knows sixty tunes.", "band_coverage": 0.8, "gems": True}
    write_model(folder, network or fusion(), {"kind": "fusion", **ARGUMENTS}, card)
    return load_model(str(folder), "cpu")
