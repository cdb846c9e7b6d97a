"""Training from a model: its weights, what it has heard before, and what that means for scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.audio.files import sha256_of
from models.data.labelled import LabelledClip
from models.errors import JobError
from models.hub import Card, load_model
from models.networks.base import LogMelNetwork
from models.networks.fusion import Fusion
from models.provenance import content_hash, heard_by, plain_name
from models.training.recipes import FEW_CLIPS, FUSION_RECIPE, RECIPES, Recipe


@dataclass(frozen=True)
class Parent:
    """A model to start from.

    `heard` holds the content of what it was trained on (see `content_of`), empty where that is not known; `sources` the
    names of its data sets, in lower case without signs.
    """

    card: Card
    network: LogMelNetwork | Fusion
    heard: frozenset[str]
    sources: frozenset[str]

    def describe(self) -> dict[str, Any]:
        """For the card of a model that started from this one."""
        raw = self.card.raw
        kept: dict[str, Any] = {
            key: raw[key] for key in ("version", "weights_sha256", "data", "command", "parent") if key in raw
        }
        return {"id": self.card.id, **kept}


def load_parent(model: str, own: Path | None = None) -> Parent:
    """Load a model to start from, by id or folder.

    Raises
    ------
    JobError
        "missing_model"; "bad_model" when it is damaged or none that `affekt train` can go on with.
    """
    loaded = load_model(model, "cpu", own)
    if not isinstance(loaded.network, LogMelNetwork | Fusion):
        kind = loaded.card.raw["network"]["kind"]
        base = loaded.card.raw["network"].get("base", "")
        other = f": start from {base}, which it is made of" if base else ""
        raise JobError("bad_model", f"Training cannot start from {loaded.card.id}, a {kind} model{other}.")
    heard = heard_by(loaded.card)
    return Parent(loaded.card, loaded.network, heard.content, frozenset(map(plain_name, heard.sources)))


def content_of(clips: Sequence[LabelledClip]) -> list[str]:
    """Hash of each recording's content, shortened."""
    return [content_hash(sha256_of(clip.path)) for clip in clips]


def adopt(recipe: Recipe, clips: int, parent: Parent | None) -> tuple[Recipe, list[str]]:
    """Recipe that is really taken, and what should be said of that.

    A recipe without a network takes the parent's; one for few clips takes the place of its own where there are few.

    Raises
    ------
    JobError
        "bad_data" when the recipe needs a parent and there is none; "bad_model" when it trains another network.
    """
    said: list[str] = []
    if clips < FEW_CLIPS and recipe.few:
        recipe = RECIPES[recipe.few]
        frozen = ": only the last layers are trained, under a strong decay" if recipe.freeze else ""
        said.append(f"{clips} clips are few, so the recipe is {recipe.name}{frozen}.")
    elif clips < FEW_CLIPS and parent is None:
        said.append(f"{clips} clips are few to train a network from nothing; --start-from goes on with a trained one.")
    if parent is None:
        if not recipe.network:
            raise JobError("bad_data", f"The recipe {recipe.name} needs a model to start from: say --start-from.")
        return recipe, said
    if isinstance(parent.network, Fusion):
        raise JobError(
            "bad_model",
            f"{parent.card.id} is a fusion: it is trained further by the recipe {FUSION_RECIPE}, not by {recipe.name}. "
            "Leave --recipe out.",
        )
    described = dict(parent.card.raw["network"])
    kind = str(described.pop("kind"))
    if not recipe.network:
        return replace(recipe, network=kind, arguments=described), said
    if recipe.network != kind:
        raise JobError(
            "bad_model",
            f"{parent.card.id} is a {kind}, but the recipe {recipe.name} trains a {recipe.network}: start from another "
            "model, or leave --recipe out.",
        )
    differing = [name for name, value in recipe.arguments.items() if described.get(name, value) != value]
    if differing:
        raise JobError(
            "bad_model",
            f"{parent.card.id} differs from the network of the recipe {recipe.name} in {', '.join(differing)}: start "
            "from another model, or leave --recipe out.",
        )
    return replace(recipe, arguments={**recipe.arguments, **described}), said


def warn_of_overlap(parent: Parent, clips: Sequence[LabelledClip], content: Sequence[str]) -> str:
    """What must be said of held-out scores when the parent has heard the clips, or may have; "" when it has not."""
    known = sum(one in parent.heard for one in content)
    no_test = "the held-out scores are then no test of how the model does on new music."
    if known:
        return f"{known} of {len(clips)} clips were among those that {parent.card.id} was trained on: {no_test}"
    names = sorted({clip.source for clip in clips if plain_name(Path(clip.source).name) in parent.sources})
    if names and not (parent.heard and content):
        return f"{parent.card.id} was trained on {', '.join(names)} too, by name: {no_test}"
    return ""


def trained_on(content: Sequence[str], parent: Parent | None) -> Mapping[str, Any]:
    """What goes into `TRAINED_ON_FILE`: this model's recordings and those of its parents."""
    return {"content": sorted({*content, *(parent.heard if parent else ())})}
