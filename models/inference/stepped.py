"""Networks on log-mel that say at each step what they hear: windows, their join, and what follows from it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from models.analysis import FloatArray
from models.audio.log_mel import FRAME_S
from models.errors import JobError
from models.inference.verdict import Verdict
from models.inference.windows import TrackSteps, local_logits, run_track
from models.networks import FRAMES_PER_STEP
from models.numerics import softmax
from models.runtime import is_out_of_memory

if TYPE_CHECKING:
    import torch

    from models.hub import LoadedModel
    from models.networks.base import SteppedNetwork

_GPU_BATCH = 16


def judge_stepped(runner: WindowRunner, log_mel: NDArray[np.floating], duration_s: float) -> Iterator[float | Verdict]:
    """Judge a recording window by window.

    Parameters
    ----------
    runner : WindowRunner
        Of a model whose network is a `models.networks.base.SteppedNetwork`.
    log_mel : np.ndarray [shape=(128, frames)]
        Of the whole recording.
    duration_s : float
        Of the recording.

    Yields
    ------
    float or Verdict
        The fraction done, (0, 1], and the verdict last.
    """
    steps: TrackSteps | None = None
    for event in run_track(log_mel, runner, batch=runner.batch):
        if isinstance(event, TrackSteps):
            steps = event
        else:
            yield event
    assert steps is not None
    step_s = FRAMES_PER_STEP * FRAME_S
    attention = softmax(steps.scores)
    contributions = attention[:, None] * steps.evidence
    over_time = softmax(local_logits(steps, runner.bias, step_s))
    whole = softmax(contributions.sum(axis=0) + runner.bias)
    # A step's 16 frames are centred 512 samples apart from its first frame on: its middle is 7.5 frames later.
    times_s = np.minimum(np.arange(len(steps.scores)) * step_s + 7.5 * FRAME_S, duration_s)
    yield Verdict(
        times_s=times_s,
        step_s=step_s,
        frames_per_step=FRAMES_PER_STEP,
        attention=attention,
        contributions=contributions,
        bias=runner.bias,
        over_time=over_time,
        values_over_time=np.stack(derive_valence_arousal(over_time), axis=1),
        values=np.stack(derive_valence_arousal(whole)),
        source="derived",
        notes=runner.notes,
    )


class WindowRunner:
    """Calls the network on batches of windows.

    When the device runs out of memory the batch is halved, for the rest of the recording too; when even one window is
    too much for a GPU, the CPU takes over. `notes` says so.
    """

    def __init__(self, model: LoadedModel) -> None:
        if not hasattr(model.network, "steps"):  # see models.networks.base.SteppedNetwork
            raise JobError(
                "bad_model",
                f"The model {model.card.id} answers for whole clips only and says nothing over time: it can be "
                "measured (affekt evaluate), not looked at. Choose another model.",
            )
        self._network = cast("SteppedNetwork", model.network)
        self._device = model.device
        self.batch = 1 if model.device == "cpu" else _GPU_BATCH
        self.bias: FloatArray = self._network.classifier.bias.detach().cpu().numpy()
        self.notes: list[str] = []

    def __call__(self, windows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Scores and evidence of windows of raw log-mel (see `models.inference.windows.RunWindows`)."""
        import torch

        x = torch.from_numpy(windows)
        while True:
            try:
                with torch.inference_mode():
                    parts = [self._steps(part) for part in torch.split(x, self.batch)]
                break
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._ask_for_less(str(error))
        scores, evidence = (torch.cat(tensors).numpy() for tensors in zip(*parts, strict=True))
        return scores, evidence

    def _ask_for_less(self, detail: str) -> None:
        if self.batch > 1:
            self.batch = -(-self.batch // 2)
        elif self._device != "cpu":
            # A copy: the model itself stays where its owner put it, for the next recording.
            self._network = copy.deepcopy(self._network).cpu()
            self.notes.append(f"The {self._device} device ran out of memory, so the CPU did the rest.")
            self._device = "cpu"
        else:
            raise JobError(
                "out_of_memory",
                "There is too little free memory to listen to 30 s of music. Close other programs and try again.",
                detail,
            ) from None

    def _steps(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        steps = self._network.steps(self._network.normalise(x.to(self._device)))
        return steps.scores.cpu(), steps.evidence.cpu()


def derive_valence_arousal(
    probabilities: NDArray[np.floating],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Valence and arousal in [-1, 1] from quadrant probabilities [shape=(..., 4)].

    V = P1 + P4 - P2 - P3 and A = P1 + P2 - P3 - P4: the position of the four quadrants' corners, weighted.
    """
    p1, p2, p3, p4 = np.moveaxis(probabilities, -1, 0)
    return p1 + p4 - p2 - p3, p1 + p2 - p3 - p4
