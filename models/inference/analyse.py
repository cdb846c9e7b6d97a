"""Analyse one recording: decode, log-mel, network, curves over time, climaxes. A generator that knows no thread."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS, Analysis, FloatArray, Overview
from models.audio.decode import open_audio, sha256_of
from models.audio.log_mel import FRAME_S, SAMPLE_RATE_HZ, stream_log_mel
from models.audio.overview import OverviewBuilder
from models.errors import JobError
from models.inference.climaxes import find_climaxes, intensity, measure_cues
from models.inference.windows import TrackSteps, local_logits, run_track
from models.jobs import AnalysisRequest, CancelToken, Decoder, Progress
from models.networks import FRAMES_PER_STEP
from models.numerics import softmax
from models.runtime import is_out_of_memory

if TYPE_CHECKING:
    import torch

    from models.hub import LoadedModel
    from models.networks.base import SteppedNetwork

#: Share of a job's progress that decoding takes.
_DECODING = 0.35
#: Below this the reader is told that the music is short (s).
_SHORT_S = 10.0
#: Two quadrants whose probabilities differ by less are a close call, and the reader is told.
_CLOSE = 0.10
_GPU_BATCH = 16


@dataclass
class _Recording:
    """What decoding leaves: no samples, only what is drawn and what the network reads."""

    overview: Overview
    log_mel: NDArray[np.float16]
    notes: list[str] = field(default_factory=list)


def analyse(
    request: AnalysisRequest, model: LoadedModel, cancel: CancelToken, fallback: Decoder | None = None
) -> Iterator[Progress | Overview | Analysis]:
    """Analyse a recording with a loaded model.

    Parameters
    ----------
    request : AnalysisRequest
        The file; the model's id in it is not looked at.
    model : LoadedModel
        See `models.hub.load_model`.
    cancel : CancelToken
        Looked at after each piece of audio and each window.
    fallback : callable, optional
        Decodes what soundfile cannot.

    Yields
    ------
    Progress, Overview or Analysis
        Progress in between; the overview as soon as the file is decoded, the analysis last.

    Raises
    ------
    JobError
        With a message that names the file and the cause.
    Cancelled
        When `cancel` was set.
    """
    runner = _Runner(model)
    sha256 = request.sha256 or sha256_of(request.path)
    cancel.check()
    recording: _Recording | None = None
    for event in _decode(request, cancel, fallback):
        if isinstance(event, _Recording):
            recording = event
        else:
            yield event
    assert recording is not None
    yield recording.overview
    cancel.check()
    steps: TrackSteps | None = None
    for fraction in run_track(recording.log_mel, runner, batch=runner.batch):
        if isinstance(fraction, TrackSteps):
            steps = fraction
        else:
            cancel.check()
            yield Progress(request.job_id, _DECODING + (1 - _DECODING) * fraction, "listening")
    assert steps is not None
    cancel.check()
    recording.notes.extend(runner.notes)
    yield _assemble(sha256, recording, steps, runner.bias, model)


def _decode(request: AnalysisRequest, cancel: CancelToken, fallback: Decoder | None) -> Iterator[Progress | _Recording]:
    with open_audio(request.path, fallback) as stream:
        builder = OverviewBuilder(stream.sample_rate_hz, stream.channels)
        decoded = 0

        def samples() -> Iterator[FloatArray]:
            nonlocal decoded
            for chunk in stream:
                cancel.check()
                decoded += chunk.size
                builder.add_samples(chunk)
                yield chunk

        pieces = []
        for mel in stream_log_mel(samples()):
            builder.add_log_mel(mel)
            pieces.append(mel.astype(np.float16))
            share = decoded / SAMPLE_RATE_HZ / stream.expected_duration_s if stream.expected_duration_s else 0.0
            yield Progress(request.job_id, _DECODING * min(1.0, share), "reading")
        yield _Recording(builder.build(), np.concatenate(pieces, axis=1), list(stream.notes))


class _Runner:
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


def _assemble(sha256: str, recording: _Recording, steps: TrackSteps, bias: FloatArray, model: LoadedModel) -> Analysis:
    if not all(np.isfinite(numbers).all() for numbers in (steps.scores, steps.evidence, bias)):
        raise JobError("bad_model", f"The model {model.card.id} answered with what is no number. Install it again.")
    overview = recording.overview
    step_s = FRAMES_PER_STEP * FRAME_S
    n_steps = len(steps.scores)
    # A step's 16 frames are centred 512 samples apart from its first frame on: its middle is 7.5 frames later.
    times_s = np.minimum(np.arange(n_steps) * step_s + 7.5 * FRAME_S, overview.duration_s)
    attention = softmax(steps.scores)
    contributions = attention[:, None] * steps.evidence
    probabilities = softmax(contributions.sum(axis=0) + bias)
    over_time = softmax(local_logits(steps, bias, step_s))
    valence, arousal = derive_valence_arousal(probabilities)
    valence_over_time, arousal_over_time = derive_valence_arousal(over_time)
    contour = intensity(measure_cues(recording.log_mel, n_steps), arousal_over_time, step_s)
    climaxes = find_climaxes(contour, times_s, step_s)
    notes = list(recording.notes)
    if overview.duration_s < _SHORT_S:
        notes.append(
            f"Only {overview.duration_s:.1f} s long: the model learned from longer music, so take its answer as a "
            "guess."
        )
    best, second = np.argsort(probabilities)[:-3:-1]
    if probabilities[best] - probabilities[second] < _CLOSE:
        notes.append(
            f"Undecided: {QUADRANTS[best]} ({probabilities[best]:.0%}) and {QUADRANTS[second]} "
            f"({probabilities[second]:.0%}) are nearly equally probable."
        )
    return Analysis(
        sha256=sha256,
        duration_s=overview.duration_s,
        sample_rate_hz=overview.sample_rate_hz,
        model_id=model.card.id,
        model_version=model.card.version,
        probabilities=probabilities.astype(np.float32),
        times_s=times_s.astype(np.float32),
        step_s=step_s,
        quadrants_over_time=over_time.astype(np.float32),
        contributions=contributions.astype(np.float32),
        bias=bias,
        attention=attention.astype(np.float32),
        valence=float(valence),
        arousal=float(arousal),
        valence_over_time=valence_over_time.astype(np.float32),
        arousal_over_time=arousal_over_time.astype(np.float32),
        valence_arousal_source="derived",
        # The last step may reach a little beyond the last sample.
        climaxes=tuple(replace(c, end_s=min(c.end_s, overview.duration_s)) for c in climaxes),
        notes=tuple(notes),
    )
