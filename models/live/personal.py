"""The personal model: opens, learns from one correction at a time, undoes, saves."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.cards import PERSONAL
from models.errors import JobError
from models.hub import CARD_FILE, WEIGHTS_FILE, Card, LoadedModel, check_base, checked_weights, read_card
from models.hub import write_model as write_folder
from models.live.corrections import Answer, Correction, Update, check
from models.live.learning import Examples, Settings, Weights, corrected, learn
from models.live.migration import TAKEN_ALONG, Running, distance, error_of, reason
from models.live.rehearsal import (
    MOST_KEPT,
    REST,
    WHOLE,
    Kept,
    Listened,
    as_examples,
    known_examples,
    listen,
    rows_of_correction,
)
from models.networks.fusion import FusedAnswer, Fusion
from models.networks.personal import (
    CONSTANT,
    FIRST_COMPONENT,
    LOGITS,
    VALUES,
    Layer,
    Personal,
    described,
    whole_logits,
)
from models.numerics import softmax
from models.provenance import TRAINED_ON_FILE

#: Principal components of known music that the layer reads.
COMPONENTS = 32
#: Recordings of the base's memory that are rehearsed, and the seed of their choice and of the batches.
REHEARSED, SEED = 512, 0
#: What the card has from the base's: bands and panels are drawn by it.
_OF_THE_BASE = ("labels", "band_coverage", "gems", "licence", "data")
#: Steps that can be undone.
MOST_UNDONE = 100


@dataclass(frozen=True)
class _Snapshot:
    weights: Weights
    kept: tuple[Kept, ...]
    running: Running


class Adapter:
    """A personal model that is being corrected. Make one by `open`.

    Attributes
    ----------
    model : LoadedModel
        What to analyse with: the personal model as it is now, under its folder's name. Its version changes with every
        correction and comes back when one is undone.
    """

    def __init__(self, base: LoadedModel, folder: Path, network: Personal, settings: Settings) -> None:
        self._base, self._folder, self._network, self._settings = base, folder, network, settings
        layer = network.layer
        self._scales = layer.get_buffer("scales").double().numpy()
        self._known: Examples = known_examples(network.base, layer, self._scales, REHEARSED, SEED)
        self._kept = _read_kept(layer)
        personal, without, count = (float(x) for x in layer.get_buffer("running")[:3])
        self._running = Running(personal, without, round(count))
        self._weights = Weights(
            layer.get_buffer("weights").double().numpy(), layer.get_buffer("moving").double().numpy()
        )
        self._undo: deque[_Snapshot] = deque(maxlen=MOST_UNDONE)
        self._install()

    @classmethod
    def open(cls, base: LoadedModel, folder: Path, settings: Settings | None = None) -> Adapter:
        """Open the personal model in a folder, or begin one that has learned nothing and answers as its base.

        Nothing is written before `save`.

        Parameters
        ----------
        base : LoadedModel
            The model under it: one with a memory, as affekt-base.
        folder : Path
            Of the personal model; its name is the model's id.
        settings : Settings, optional
            How it learns.

        Raises
        ------
        JobError
            "bad_model" when the base has no memory or is itself a personal model, when another model lies in the
            folder, or a personal one over another base, or a damaged one.
        """
        fused, settings = base.network, settings or Settings()
        if not isinstance(fused, Fusion):
            kind = "is a personal model itself" if isinstance(fused, Personal) else "keeps no memory of known music"
            raise JobError(
                "bad_model",
                f"{base.card.id} {kind}, so it cannot learn from corrections: choose affekt-base, or a model that was "
                "trained with the recipe base.",
            )
        if not (folder / CARD_FILE).is_file():
            network = Personal(fused, components=min(COMPONENTS, *fused.memory.get_buffer("known").shape))
            _prepare(network, settings)
            return cls(base, folder, network.eval().requires_grad_(False), settings)
        card = read_card(folder)
        if card.raw["network"].get("kind") != PERSONAL:
            raise JobError(
                "bad_model", f"{folder} holds a model of another kind, not a personal one: choose another name."
            )
        check_base(card, base.card)
        return cls(base, folder, _read_network(card, fused), settings)

    @property
    def corrections(self) -> int:
        """How many corrections it holds and rehearses."""
        return sum(row.kind != REST for row in self._kept)

    @property
    def can_undo(self) -> bool:
        """Whether `undo` has a step to take back."""
        return bool(self._undo)

    def learn(self, correction: Correction) -> Update:
        """Learn from one correction.

        A correction of what was corrected before takes its place.

        Raises
        ------
        JobError
            "bad_data" for a correction that nothing can be learned from (see `check`). The model is then as it was.
        """
        began = time.perf_counter()
        check(correction)
        update = self.learn_from(correction, listen(self._network, correction.heard))
        return replace(update, seconds=time.perf_counter() - began)

    def learn_from(self, correction: Correction, heard: Listened) -> Update:
        """Learn as `learn` does where the base was asked already, as in a simulation; `seconds` is without that."""
        began = time.perf_counter()
        said = self._says(heard)
        rows, before = rows_of_correction(correction, heard, said), _answer(said, correction)
        snapshot = _Snapshot(self._weights, tuple(self._kept), self._running)
        key, when = rows[-1].key, rows[-1].when
        kept = [row for row in self._kept if (row.key, row.when) != (key, when)]
        running = self._running.after(*self._errors(rows[-1]))
        whole = np.array([row.components for row in (*kept, *rows) if row.kind != REST])
        why = reason(running, distance(whole)) if self._settings.migrates else ""
        weights = self._weights
        if why:
            # The pretrained weights again, and what was said last.
            weights, running = Weights(np.zeros_like(weights.whole), np.zeros_like(weights.moving)), Running()
            kept = _last(kept, TAKEN_ALONG - 1)
            why = f"{why}. It went back to {self._base.card.name} and learned your last corrections anew."
        kept = [*_last(kept, MOST_KEPT - 1), *rows]
        random = np.random.default_rng((SEED, len(kept), running.count))
        weights = learn(weights, as_examples(kept, self._scales), self._known, self._settings, random, len(rows))
        self._weights, self._kept, self._running = weights, kept, running
        self._install()
        after = self._says(heard)
        if not _is_sound(weights, after):
            self._restore(snapshot)
            raise JobError("bad_data", "Nothing was learned from this correction: it would have led to no number.")
        self._undo.append(snapshot)
        return Update(self.corrections, time.perf_counter() - began, bool(why), why, before, _answer(after, correction))

    def undo(self) -> None:
        """Take the last correction back: weights, what is kept, and what was concluded from errors.

        Raises
        ------
        JobError
            "bad_data" when there is nothing to undo since it was opened, or too much was learned since.
        """
        if not self._undo:
            raise JobError("bad_data", "There is no correction to take back.")
        self._restore(self._undo.pop())

    def save(self) -> Card:
        """Write the model folder; an earlier state stays beside it until the next time.

        Raises
        ------
        JobError
            "no_space" when it cannot be written; what lay there is then still there.
        """
        layer = _with_kept(self._network.layer, self._kept)
        base = self._base.card
        description = {
            "kind": PERSONAL,
            "base": base.id,
            "base_weights_sha256": base.raw["weights_sha256"],
            **described(layer.get_buffer("components").shape[1], len(self._kept)),
        }
        beside: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):  # models from before have none
            beside[TRAINED_ON_FILE] = json.loads((base.folder / TRAINED_ON_FILE).read_text(encoding="utf-8"))
        raw = {key: value for key, value in self._card().raw.items() if key not in ("network", "weights_sha256")}
        return write_folder(self._folder, layer, description, raw, beside)

    def _restore(self, snapshot: _Snapshot) -> None:
        self._weights, self._kept, self._running = snapshot.weights, list(snapshot.kept), snapshot.running
        self._install()

    def _install(self) -> None:
        """Let the network answer with the weights as they are now."""
        layer = self._network.layer
        layer.get_buffer("weights").copy_(torch.from_numpy(self._weights.whole))
        layer.get_buffer("moving").copy_(torch.from_numpy(self._weights.moving))
        layer.get_buffer("running").copy_(
            torch.tensor([self._running.personal, self._running.base, self._running.count, 0.0])
        )
        self.model = LoadedModel(self._card(), self._network, self._base.device)

    def _errors(self, row: Kept) -> tuple[float, float]:
        """Errors of the personal model and of its base about a correction that neither has heard."""
        example = as_examples([row], self._scales)
        logits, values = corrected(self._weights, example)
        point = None if row.point is None else np.array(row.point)
        quadrant = row.quadrant
        if row.kind != WHOLE and point is None:
            # Quadrants of passages are taught to the curves only.
            point, quadrant = example.points[0], -1
        pairs = ((logits, values), (example.logits, example.values))
        mine, base = (error_of(softmax(said[0]), at[0], quadrant, point) for said, at in pairs)
        return mine, base

    def _says(self, heard: Listened) -> FusedAnswer:
        with torch.inference_mode():
            return self._network.over(heard.answer, heard.components, heard.movement)

    def _called(self) -> str:
        """Return what the user calls it by now, or else whose it is."""
        with contextlib.suppress(JobError):
            return read_card(self._folder).name
        return f"{self._folder.name} ({self._base.card.name})"

    def _card(self) -> Card:
        base = self._base.card
        digest = hashlib.sha256(self._weights.whole.astype(np.float32).tobytes())
        digest.update(self._weights.moving.astype(np.float32).tobytes())
        learned = digest.hexdigest()[:8] if not self._network.layer.is_zero else "0"
        corrections = self.corrections
        raw: dict[str, Any] = {key: base.raw[key] for key in _OF_THE_BASE if key in base.raw}
        raw |= {
            "name": self._called(),
            "version": f"{base.version}+{learned}",
            "summary": f"{base.name} with what it learned from {corrections} of your corrections.",
            "corrections": corrections,
            "network": {"kind": PERSONAL, "base": base.id, "base_weights_sha256": base.raw["weights_sha256"]},
            "limits": ["It learned one person's judgement; how well it does for others was not measured."],
            "weights_sha256": "",
        }
        return Card(self._folder.resolve().name, raw["version"], raw["name"], raw["summary"], self._folder, raw)


def _last(rows: list[Kept], corrections: int) -> list[Kept]:
    """Rows of the last corrections; a passage and what lies around it are one."""
    count, first = 0, len(rows)
    while first and (count < corrections or rows[first - 1].kind == REST):
        first -= 1
        count += rows[first].kind != REST
    return rows[first:]


def _prepare(network: Personal, settings: Settings) -> None:
    """Fill a new layer with the components of the music that the base knows, and with the prior's scales."""
    layer = network.layer
    known = network.base.memory.get_buffer("known").cpu().double()
    count = layer.get_buffer("components").shape[1]
    values, vectors = torch.linalg.eigh(known.T @ known / len(known))
    values, vectors = values[-count:].flip(0), vectors[:, -count:].flip(1)
    # The sign of a component is nobody's choice: the largest entry is positive.
    vectors = vectors * torch.sign(vectors.gather(0, vectors.abs().argmax(dim=0)[None]))
    layer.get_buffer("components").copy_(vectors / values.sum().clamp_min(1e-12).sqrt())
    scales = layer.get_buffer("scales")
    scales[CONSTANT], scales[LOGITS], scales[VALUES] = settings.constant, settings.logits, settings.values
    scales[FIRST_COMPONENT:] = settings.components


def _read_network(card: Card, fused: Fusion) -> Personal:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights = checked_weights(card)
    try:
        said = card.raw["network"]
        network = Personal(fused, components=said["components"], kept=said["kept"])
        network.layer.load_state_dict(load_file(weights))
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise JobError(
            "bad_model", f"The personal model {card.id} cannot be loaded: its {WEIGHTS_FILE} is damaged.", str(error)
        ) from None
    return network.eval().requires_grad_(False)


def _read_kept(layer: Layer) -> list[Kept]:
    names = ("kept_keys", "kept_when", "kept_components", "kept_moving", "kept_logits", "kept_values", "kept_targets")
    keys, when, components, moving, logits, values, targets = (layer.get_buffer(name).cpu().numpy() for name in names)
    return [
        Kept(
            (int(keys[i, 0]), int(keys[i, 1])),
            (float(when[i, 0]), float(when[i, 1])),
            int(targets[i, 4]),
            components[i].astype(np.float64),
            moving[i].astype(np.float64),
            logits[i].astype(np.float64),
            values[i].astype(np.float64),
            int(targets[i, 0]),
            (float(targets[i, 1]), float(targets[i, 2])) if targets[i, 3] else None,
        )
        for i in range(len(keys))
    ]


def _with_kept(layer: Layer, kept: list[Kept]) -> Layer:
    """Make a layer with the same weights that holds these corrections."""
    features, components = layer.get_buffer("components").shape
    out = Layer(features, len(layer.get_buffer("moving")), components, len(kept))
    for name in ("components", "scales", "weights", "moving", "running"):
        out.get_buffer(name).copy_(layer.get_buffer(name))
    for i, row in enumerate(kept):
        out.get_buffer("kept_keys")[i] = torch.tensor(row.key)
        out.get_buffer("kept_when")[i] = torch.tensor(row.when)
        for name in ("components", "moving", "logits", "values"):
            out.get_buffer(f"kept_{name}")[i] = torch.from_numpy(getattr(row, name))
        point = row.point or (0.0, 0.0)
        out.get_buffer("kept_targets")[i] = torch.tensor([row.quadrant, *point, row.point is not None, row.kind])
    return out


def _answer(said: FusedAnswer, correction: Correction) -> Answer:
    values = said.values[correction.steps()].mean(dim=0) if correction.is_passage else said.whole
    first, second, third, fourth = (float(p) for p in softmax(whole_logits(said).double().numpy()))
    return Answer((first, second, third, fourth), float(values[0]), float(values[1]))


def _is_sound(weights: Weights, answer: FusedAnswer) -> bool:
    numbers = (weights.whole, weights.moving, answer.evidence, answer.bias, answer.values, answer.whole)
    return all(bool(np.isfinite(np.asarray(one)).all()) for one in numbers)
