"""Recipes: everything that decides how a network is trained, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True)
class Augmentation:
    """Strengths; 0 turns a thing off.

    Attributes
    ----------
    gain_db : float
        Half width of a uniform change of level.
    tilt_db : float
        Half width of a uniform spectral tilt, from one end of the mel axis to the other.
    band_mask, time_mask : int
        Longest masked stretch in bands and frames (SpecAugment); two of each per clip, filled with the mean.
    mixup : float
        Parameter of the Beta distribution that two clips and their labels are mixed by.
    """

    gain_db: float = 0.0
    tilt_db: float = 0.0
    band_mask: int = 0
    time_mask: int = 0
    mixup: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """One way to train a network on log-mel.

    Attributes
    ----------
    name : str
        What `affekt train --recipe` calls it.
    network : str
        Its kind (see `models.networks.registry`); "" for that of the model that training starts from.
    arguments : dict
        Of the network: what is not named is as the network has it.
    crop_frames : int
        Length of the random stretch that each clip shows per epoch; 336 is 7.8 s, 1,292 the paper's 30 s.
    epochs, batch : int
        Passes over the data; clips per step.
    optimiser : {"adamw", "adam"}
        "adamw" runs under a one-cycle schedule, "adam" under the paper's (x0.1 every 20 epochs, weight decay as L2).
    learning_rate, weight_decay : float
        Of the optimiser; under one-cycle the rate is its peak.
    averaging : float
        Decay per step of the moving average of the weights that is kept; 0 keeps the last weights.
    patience : int
        Epochs without a better validation loss before stopping, 0 for a fixed length. Needs a validation part, which
        is taken from the training part and never from the test part.
    tag_weight : float
        Weight of the tags that clips carry, as further targets beside the quadrant (mean binary cross-entropy); 0
        ignores them, and so does a network without a context vector.
    hint_weight : float
        Weight of what stronger listeners hear in a clip (a published tagger and the musical descriptors, see
        `models.audio.heard`), as further targets beside the quadrant: distillation without labels. 0 does without.
    augmentation : Augmentation
        See there.
    freeze : bool
        Leave the layers that hear sound (`LogMelNetwork.early_layers`) as they are and train the last ones.
    few : str
        Recipe that is taken instead where there are fewer than `FEW_CLIPS` clips.
    """

    name: str
    network: str = "crnn"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    crop_frames: int = 336
    epochs: int = 36
    batch: int = 16
    optimiser: Literal["adamw", "adam"] = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    averaging: float = 0.997
    patience: int = 0
    tag_weight: float = 5.0
    hint_weight: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    freeze: bool = False
    few: str = ""


_CRNN = Recipe(
    "crnn",
    augmentation=Augmentation(gain_db=4.0, tilt_db=2.0, band_mask=12, time_mask=40, mixup=0.3),
)
_FAST = replace(
    _CRNN, name="fast", network="fast", crop_frames=256, epochs=24, learning_rate=3e-3, averaging=0.99, hint_weight=3.0
)
# From a trained model: a lower rate, and fewer epochs, than from random weights.
_FINETUNE = replace(
    _CRNN,
    name="finetune",
    network="",
    epochs=16,
    learning_rate=2e-4,
    averaging=0.99,
    tag_weight=0.0,
    few="finetune-few",
)
# A few dozen clips would be learned by heart: only the last layers, a strong decay, more mixing and masking.
_FINETUNE_FEW = replace(
    _FINETUNE,
    name="finetune-few",
    epochs=24,
    batch=8,
    weight_decay=0.3,
    augmentation=Augmentation(gain_db=6.0, tilt_db=3.0, band_mask=20, time_mask=60, mixup=1.0),
    freeze=True,
    few="",
)
_PAPER = Recipe(
    "crnn-paper",
    crop_frames=1292,
    epochs=100,
    batch=32,
    tag_weight=0.0,
    optimiser="adam",
    weight_decay=1e-4,
    averaging=0.0,
    patience=10,
)

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        _CRNN,
        _FAST,
        _FINETUNE,
        _FINETUNE_FEW,
        replace(_CRNN, name="crnn-no-attention", arguments={"attention": False}),
        _PAPER,
        replace(_PAPER, name="crnn-paper-8s", crop_frames=336, epochs=40),
        # The other rows of the first paper's tables 3 and 4, under the same training.
        replace(_PAPER, name="crnn-paper-no-attention", arguments={"attention": False}),
        replace(_PAPER, name="cnn5-paper", network="cnn5"),
        replace(_PAPER, name="lstm2-paper", network="lstm2"),
        replace(_PAPER, name="resnet50-paper", network="resnet50"),
    )
}
#: The recipe behind the default model; of another kind than those above (see `models.training.fusion_recipe`).
DEFAULT_RECIPE = FUSION_RECIPE = "base"
#: What training from a model takes unless it is told otherwise.
FINETUNE_RECIPE = "finetune"
#: Fewer clips than this are few (see `Recipe.few`).
FEW_CLIPS = 40
#: With fewer clips a fused model is better not trained from nothing, but further from a trained one.
FEW_FROM_NOTHING = 500
