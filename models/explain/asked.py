"""What is asked of a model when its answer is to be explained: one number, which gradients can flow back from."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.checkpoint import checkpoint

from models.analysis import QUADRANTS
from models.audio.descriptors.table import NAMES, SUMMARY_NAMES
from models.audio.framing import mirrored
from models.audio.log_mel import FRAME_S, band_centres_hz
from models.audio.tagger import FRAMES_PER_S, N_FEATURES, tags_of
from models.audio.tagger import band_centres_hz as tag_centres_hz
from models.errors import JobError
from models.explain.explanation import Target
from models.explain.hearing import Features, near_steps
from models.explain.sound import Sound
from models.inference.windows import (
    HOP_STEPS,
    SHORTEST_INPUT_FRAMES,
    SINGLE_WINDOW_FRAMES,
    WINDOW_STEPS,
    window_starts,
)
from models.networks import FRAMES_PER_STEP
from models.networks.fusion import QUADRANT_COLUMNS, RATING_COLUMNS, FusedAnswer, FusedNetwork, Fusion

if TYPE_CHECKING:
    from models.hub import LoadedModel
    from models.networks.base import SteppedNetwork

Floats = NDArray[np.float64]
_T = TypeVar("_T")


class Asked(ABC):
    """A model and the number in its answer that is to be explained.

    For a quadrant the number is its logit less the mean of all four, which a softmax depends on as on the logit itself;
    for valence and arousal it is the value of the whole, [-1, 1].

    Parameters
    ----------
    model : LoadedModel
        It is copied to the CPU where it runs elsewhere.
    target : str
        One of `TARGETS`.
    """

    #: What a reader should know of the way that gradients take to the sound.
    way: ClassVar[str] = ""

    def __init__(self, model: LoadedModel, target: Target) -> None:
        self.network = model.network if model.device == "cpu" else copy.deepcopy(model.network).cpu()
        self.target = target

    @abstractmethod
    def read(self, sound: Sound) -> Features:
        """What the network reads of a recording."""

    @abstractmethod
    def read_again(self, sound: Sound, mask: NDArray[np.bool_], within: slice) -> Features:
        """`read`, of a recording some cells of which are filled with the mean: what is far from them is not read anew.

        Parameters
        ----------
        sound : Sound
            The recording.
        mask : np.ndarray [shape=(rows, columns)]
            True where it is filled.
        within : slice
            Columns that are filled one after another: what is heard once for all of them is kept.
        """

    @abstractmethod
    def number(self, features: Features) -> torch.Tensor:
        """Return the number, of what the network read [shape=()]; differentiable."""

    @abstractmethod
    def weighing(self, features: Features) -> tuple[torch.Tensor, torch.Tensor]:
        """Attention [shape=(t,)], which sums to 1, and contributions [shape=(t, 4)] to the logits, of each step."""

    @abstractmethod
    def columns_of_steps(self, sound: Sound, steps: int) -> NDArray[np.int64]:
        """Column of the map that each step falls into [shape=(steps,)]."""

    @abstractmethod
    def through(self, front: torch.Tensor, features: Features, columns: NDArray[np.bool_]) -> Features:
        """Return the features as they would be with another front end; differentiable.

        Parameters
        ----------
        front : torch.Tensor
            Shaped as `front`.
        features : tuple of torch.Tensor
            Of the recording: what does not follow from this front end stays as it is there.
        columns : np.ndarray [shape=(columns,)]
            True where the front end may differ from the recording's.
        """

    @abstractmethod
    def front(self, sound: Sound) -> torch.Tensor:
        """Return the front end that gradients reach."""

    @abstractmethod
    def on_grid(self, sound: Sound, values: NDArray[np.floating]) -> Floats:
        """Sum what was attributed to each bin of the front end in each cell of the map [shape=(rows, columns)]."""

    @abstractmethod
    def over_time(self, sound: Sound, attributed: Features, changed: Features) -> Floats:
        """Spread what was attributed to features over the columns of the map [shape=(columns,)].

        Parameters
        ----------
        sound : Sound
            The recording.
        attributed, changed : tuple of torch.Tensor
            Shaped as the features: what was attributed to each, and by how much it changed.
        """

    def answer(self, sound: Sound) -> float:
        """Return the number, of a recording."""
        return self.answer_of(self.read(sound))

    def answer_of(self, features: Features) -> float:
        """Return the number, of what was read already."""
        with torch.inference_mode():
            return float(self.number(features))

    def _of_logits(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the number, of logits [shape=(4,)]; valence and arousal as they are derived from quadrants."""
        if self.target in QUADRANTS:
            logit: torch.Tensor = logits[QUADRANTS.index(self.target)]
            return logit - logits.mean()
        p1, p2, p3, p4 = torch.softmax(logits, dim=0).unbind()
        derived: torch.Tensor = p1 + p4 - p2 - p3 if self.target == "valence" else p1 + p2 - p3 - p4
        return derived


class FusedAsked(Asked):
    """Asks a fused model, which reads tags and descriptors of half seconds and of the whole.

    Gradients reach the sound through the tagger; the descriptors stay what they are in them.
    """

    way = (
        "Gradients reach the sound through the tagger only; what the model takes from musical descriptors is not in it."
    )

    def __init__(self, model: LoadedModel, target: Target) -> None:
        super().__init__(model, target)
        self._rated = bool(model.card.raw.get("band_coverage", 0.0))
        #: Columns of the steps that each column of the summary is made of; -1 for what is of the whole.
        number = {name: N_FEATURES + i for i, name in enumerate(NAMES)}
        self._source = np.array(
            [*range(N_FEATURES), *(number.get(name.rsplit(".", 1)[0], -1) for name in SUMMARY_NAMES)], np.int64
        )

    def read(self, sound: Sound) -> Features:
        """Steps [shape=(t, f)] and summary [shape=(s,)]."""
        return sound.hearing.whole(sound)

    def read_again(self, sound: Sound, mask: NDArray[np.bool_], within: slice) -> Features:
        """Steps and summary: tags near what changed, and the descriptors, for these know the whole recording."""
        return sound.hearing.without(sound, mask, within)

    def number(self, features: Features) -> torch.Tensor:
        """Return the number, of steps and summary."""
        if type(self.network) is Fusion:
            return self._part_of(self.network, *features)
        said = self._ask(features)
        if self.target in QUADRANTS or not self._rated:
            return self._of_logits(_weighed(said)[1].sum(dim=0) + said.bias)
        value: torch.Tensor = said.whole[0 if self.target == "valence" else 1]
        return value

    def _part_of(self, network: Fusion, steps: torch.Tensor, summary: torch.Tensor) -> torch.Tensor:
        """Return the number without what the network would say besides: that takes most of its time."""
        remembered = network.memory(summary[None])[0]
        if self.target in QUADRANTS or not self._rated:
            scores, evidence, bias = network.quadrant_parts(steps, remembered[QUADRANT_COLUMNS])
            return self._of_logits((torch.softmax(scores, dim=1)[..., None] * evidence).sum(dim=(0, 1)) + bias)
        whole: torch.Tensor = network.trajectory(steps, remembered[RATING_COLUMNS])[2]
        return whole[0 if self.target == "valence" else 1]

    def weighing(self, features: Features) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean attention of the listeners, and the sum of their contributions; the memory has no moments."""
        return _weighed(self._ask(features))

    def columns_of_steps(self, sound: Sound, steps: int) -> NDArray[np.int64]:
        """Steps are columns."""
        return np.arange(steps)

    def _ask(self, features: Features) -> FusedAnswer:
        said = self.network(*features)
        assert isinstance(said, FusedAnswer)
        return said

    def front(self, sound: Sound) -> torch.Tensor:
        """Return the tagger's log-mel [shape=(frames, 96)]."""
        return torch.from_numpy(sound.tag_mel)

    def through(self, front: torch.Tensor, features: Features, columns: NDArray[np.bool_]) -> Features:
        """Steps and summary with other tags."""
        steps, summary = features
        pieces, at = [], 0
        for first, last in near_steps(columns, len(steps)):
            # Each block is computed again on the way back: a long recording's hidden layers would fill the memory.
            pieces += [steps[at:first, :N_FEATURES], _again(tags_of, front, first, last)]
            at = last
        tags = torch.cat((*pieces, steps[at:, :N_FEATURES]))
        return (
            torch.cat((tags, steps[:, N_FEATURES:]), dim=1),
            torch.cat((tags.mean(dim=0), summary[N_FEATURES:])),
        )

    def on_grid(self, sound: Sound, values: NDArray[np.floating]) -> Floats:
        """Sum in each cell."""
        times_s = np.arange(len(values)) / FRAMES_PER_S
        return sound.grid.pooled(values.T, tag_centres_hz(), times_s)

    def over_time(self, sound: Sound, attributed: Features, changed: Features) -> Floats:
        """Steps are columns; what went to a summary goes to where the features that it is made of changed."""
        of_steps, of_summary = (x.double().numpy() for x in attributed)
        moved = np.abs(changed[0].double().numpy())
        # The last column stands for what is of the whole: it follows the change of everything.
        usual = moved.mean(axis=0)
        share = np.divide(moved, usual, out=np.zeros_like(moved), where=usual > 0)
        moved = np.concatenate((moved, share.mean(axis=1, keepdims=True)), axis=1)
        total = moved.sum(axis=0)
        even = 1 / len(moved)
        split = np.divide(moved, total, out=np.full_like(moved, even), where=total > 0)
        by_source = np.zeros(moved.shape[1])
        np.add.at(by_source, self._source, of_summary)
        along = of_steps.sum(axis=1) + split @ by_source
        # The last half second may not be whole: it has a column but no step.
        return np.pad(along, (0, sound.grid.columns - len(along)))


class SteppedAsked(Asked):
    """Asks a network on log-mel, window by window, joined as `models.inference.windows.run_track` joins them."""

    def __init__(self, model: LoadedModel, target: Target) -> None:
        super().__init__(model, target)
        if not hasattr(model.network, "steps"):  # see models.networks.base.SteppedNetwork
            raise JobError(
                "bad_model",
                f"The model {model.card.id} answers for whole clips only and says nothing over time: its answers "
                "cannot be explained. Choose another model.",
            )

    def read(self, sound: Sound) -> Features:
        """Log-mel [shape=(128, frames)]."""
        return (torch.from_numpy(sound.log_mel),)

    def read_again(self, sound: Sound, mask: NDArray[np.bool_], within: slice) -> Features:
        """Log-mel."""
        return self.read(sound.without(mask))

    def number(self, features: Features) -> torch.Tensor:
        """Return the number, of log-mel."""
        return self._of_logits(self.weighing(features)[1].sum(dim=0) + self._stepped.classifier.bias)

    def weighing(self, features: Features) -> tuple[torch.Tensor, torch.Tensor]:
        """Attention and contributions of steps of 16 frames."""
        (log_mel,), network = features, self._stepped
        frames = log_mel.shape[1]
        if frames <= SINGLE_WINDOW_FRAMES:
            repeats = max(1, -(-SHORTEST_INPUT_FRAMES // frames))
            scores, evidence = _again(_said, network, log_mel.repeat(1, repeats))
            n_steps = max(1, frames // FRAMES_PER_STEP)
            scores, evidence = scores[:n_steps], evidence[:n_steps]
        else:
            scores, evidence = self._joined(network, log_mel)
        weights = torch.softmax(scores, dim=0)
        return weights, weights[:, None] * evidence

    def columns_of_steps(self, sound: Sound, steps: int) -> NDArray[np.int64]:
        """Column of each step's middle."""
        return sound.grid.columns_of((np.arange(steps) + 0.5) * FRAMES_PER_STEP * FRAME_S)

    @property
    def _stepped(self) -> SteppedNetwork:
        return cast("SteppedNetwork", self.network)

    def _joined(self, network: SteppedNetwork, log_mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        n_steps = -(-log_mel.shape[1] // FRAMES_PER_STEP)
        starts = window_starts(n_steps)
        fade = torch.sin(torch.pi * (torch.arange(WINDOW_STEPS) + 0.5) / WINDOW_STEPS).square()
        within = np.arange(WINDOW_STEPS * FRAMES_PER_STEP)
        # A window begins before the recording and one ends after it: joined on a longer axis, and cut.
        length = starts[-1] + WINDOW_STEPS + HOP_STEPS
        scores, evidence = torch.zeros(length), torch.zeros(length, len(QUADRANTS))
        for start in starts:
            index = torch.from_numpy(mirrored(start * FRAMES_PER_STEP + within, log_mel.shape[1]))
            s, e = _again(_said, network, log_mel[:, index])
            at = torch.arange(WINDOW_STEPS) + start + HOP_STEPS
            scores = scores.index_add(0, at, fade * s)
            evidence = evidence.index_add(0, at, fade[:, None] * e)
        inside = slice(HOP_STEPS, HOP_STEPS + n_steps)
        return scores[inside], evidence[inside]

    def front(self, sound: Sound) -> torch.Tensor:
        """Log-mel [shape=(128, frames)]."""
        return torch.from_numpy(sound.log_mel)

    def through(self, front: torch.Tensor, features: Features, columns: NDArray[np.bool_]) -> Features:
        """Log-mel is all that is read."""
        return (front,)

    def on_grid(self, sound: Sound, values: NDArray[np.floating]) -> Floats:
        """Sum in each cell."""
        return sound.grid.pooled(values, band_centres_hz(), np.arange(values.shape[1]) * FRAME_S)

    def over_time(self, sound: Sound, attributed: Features, changed: Features) -> Floats:
        """Sum over the bands of each column."""
        out: Floats = self.on_grid(sound, attributed[0].double().numpy()).sum(axis=0)
        return out


def ask(model: LoadedModel, target: Target) -> Asked:
    """Ask a model for one number.

    Raises
    ------
    JobError
        "bad_model" where it says nothing over time.
    """
    kind = FusedAsked if isinstance(model.network, FusedNetwork) else SteppedAsked
    return kind(model, target)


def _weighed(said: FusedAnswer) -> tuple[torch.Tensor, torch.Tensor]:
    weights = torch.softmax(said.scores, dim=1)
    return weights.mean(dim=0), (weights[..., None] * said.evidence).sum(dim=0)


def _said(network: SteppedNetwork, log_mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    steps = network.steps(network.normalise(log_mel[None]))
    return steps.scores[0], steps.evidence[0]


def _again(function: Callable[..., _T], *arguments: object) -> _T:
    """Call a function; on the way back its inside is computed again instead of being kept."""
    if not torch.is_grad_enabled():
        return function(*arguments)
    return cast("_T", checkpoint(function, *arguments, use_reentrant=False))
