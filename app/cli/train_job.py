"""One training of `affekt train`, ready to begin."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.training.recipes import FUSION_RECIPE

if TYPE_CHECKING:
    from models.data.labelled import LabelledClip
    from models.training.record import TrainingRun


@dataclass(frozen=True)
class Job:
    """All that a run needs but what is heard of the clips."""

    options: argparse.Namespace
    run: TrainingRun
    recipe: str
    clips: list[LabelledClip]
    cache: Path
    device: str
    began_s: float

    @property
    def fused(self) -> bool:
        """Whether the default model's kind is trained, rather than a network on log-mel."""
        return self.recipe == FUSION_RECIPE
