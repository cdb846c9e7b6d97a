"""How the fused model is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.training.listener import ListenerRecipe
from models.training.recipes import FUSION_RECIPE
from models.training.sequence import SequenceRecipe


@dataclass(frozen=True)
class FusionRecipe:
    """How the fused model's parts are trained.

    Attributes
    ----------
    name : str
        What `affekt train --recipe` calls it.
    listeners : int
        How many.
    listener : ListenerRecipe
        See there.
    width, ridge : float
        Of the memory (see `models.networks.memory`).
    corner : float
        A clip with only a quadrant is remembered with valence and arousal of plus or minus so much: without such clips
        the memory of rated piano pieces says nothing of other music (chance for the sides of pop songs).
    regressors : int
        How many.
    regressor : SequenceRecipe
        Of valence and arousal over time.
    rated_folds : int
        Folds over the clips with valence and arousal, and over those with a GEMS profile.
    shares : dict
        Source to the share of its clips that an epoch of the listeners meets, (0, 1]; 1 for those not named.
    band_coverage : float
        Share of rated moments that the band around the curves should hold.
    """

    name: str = FUSION_RECIPE
    listeners: int = 2
    listener: ListenerRecipe = field(default_factory=ListenerRecipe)
    width: float = 1.0
    ridge: float = 0.3
    corner: float = 0.25
    regressors: int = 2
    regressor: SequenceRecipe = field(
        default_factory=lambda: SequenceRecipe(
            arguments={"uncertainty": True, "levels": 3, "hidden": 96, "dropout": 0.4},
            epochs=30,
            patience=8,
            weight_decay=0.02,
            noise=0.2,
            shift=0.2,
            threshold=0.0,
            # So that an epoch meets about as many clips with only a quadrant as with a trace.
            shares={"4qaed": 0.2, "emopia": 0.15},
        )
    )
    rated_folds: int = 5
    shares: Mapping[str, float] = field(default_factory=dict)
    band_coverage: float = 0.8
