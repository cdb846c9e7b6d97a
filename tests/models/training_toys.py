"""Clips without files, log-mels that a small network can tell apart, and a recipe of seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.data.labelled import LabelledClip
from models.training.features import Features
from models.training.recipes import Recipe
from tests.tiny_model import DESCRIPTION

ARGUMENTS: dict[str, Any] = {name: value for name, value in DESCRIPTION.items() if name != "kind"}
RECIPE = Recipe("toy", arguments=ARGUMENTS, crop_frames=32, epochs=4, batch=8, learning_rate=5e-3, averaging=0.8)


def clips(n: int = 48, source: str = "toy", **more: Any) -> list[LabelledClip]:
    """Clips of four quadrants in turn, two to a song."""
    return [LabelledClip(Path(f"{i}.wav"), i % 4, f"song {i // 8}-{i % 4}", source=source, **more) for i in range(n)]


def features(n: int = 48, frames: int = 48) -> Features:
    """Noise that is louder in bands of the quadrant's own [shape=(n, 128, frames), dtype=float16]."""
    mel = np.random.default_rng(0).normal(-7, 2, (n, 128, frames)).astype(np.float16)
    for i in range(n):
        mel[i, 32 * (i % 4) : 32 * (i % 4) + 32] += 4
    return mel
