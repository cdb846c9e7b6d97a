"""Analyse one recording: decode, log-mel, network, curves over time, climaxes. A generator that knows no thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS, Analysis, FloatArray, Overview
from models.audio.decode import open_audio, sha256_of
from models.audio.framing import FrameStore
from models.audio.heard import Heard, HearingStream
from models.audio.log_mel import SAMPLE_RATE_HZ, stream_log_mel
from models.audio.overview import OverviewBuilder
from models.errors import JobError
from models.inference.climaxes import find_climaxes
from models.inference.cues import NAMES, Cues, intensity, measure_cues
from models.inference.domain import judge_domain
from models.inference.shown import shown
from models.inference.stepped import WindowRunner, judge_stepped
from models.inference.transitions import find_transitions
from models.inference.verdict import Numbers, Verdict
from models.jobs import AnalysisRequest, CancelToken, Decoder, Progress
from models.numerics import softmax

if TYPE_CHECKING:
    from models.hub import LoadedModel

#: Share of a job's progress that decoding takes.
_DECODING = 0.25
#: Shares of hearing tags and descriptors, and of the network behind them.
_HEARING, _JUDGING = 0.5, 0.25
#: Below this the reader is told that the music is short (s).
_SHORT_S = 10.0
#: Two quadrants whose probabilities differ by less are a close call, and the reader is told.
_CLOSE = 0.10


@dataclass
class _Recording:
    """What decoding leaves: no samples, only what is drawn and what the network reads."""

    overview: Overview
    log_mel: NDArray[np.float16]
    hearing: HearingStream
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class HeardRecording:
    """All that a fused model needs to judge a recording again, without its samples; see `judge_again`.

    Attributes
    ----------
    sha256 : str
        Of the file's content.
    overview : Overview
        What is drawn.
    heard : Heard
        What the model reads.
    cues : Cues
        What of the sound climaxes are found by, at the model's steps.
    notes : tuple of str
        What decoding has to say.
    """

    sha256: str
    overview: Overview
    heard: Heard
    cues: Cues
    notes: tuple[str, ...]


def analyse(
    request: AnalysisRequest,
    model: LoadedModel,
    cancel: CancelToken,
    fallback: Decoder | None = None,
    keep: Callable[[HeardRecording], None] | None = None,
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
    keep : callable, optional
        Is given what was heard, where the model can judge the recording again by it.

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
    judge = _judge_with(model)
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
    heard: Heard | None = None
    for one in recording.hearing.listen(recording.log_mel):
        cancel.check()
        if isinstance(one, Heard):
            heard = one
        else:
            yield Progress(request.job_id, _DECODING + _HEARING * one, "listening")
    assert heard is not None
    verdict: Verdict | None = None
    for said in judge(heard, recording):
        cancel.check()
        if isinstance(said, Verdict):
            verdict = said
        else:
            yield Progress(request.job_id, _DECODING + _HEARING + _JUDGING * said, "listening")
    assert verdict is not None
    cues = measure_cues(recording.log_mel, heard.descriptors, len(verdict.values_over_time), verdict.frames_per_step)
    whole = HeardRecording(sha256, recording.overview, heard, cues, tuple(recording.notes))
    if keep is not None and _is_fused(model):
        keep(whole)
    yield _assemble(whole, verdict, model)


def judge_again(recording: HeardRecording, model: LoadedModel) -> Analysis:
    """Analyse a recording that was heard before: what a model says after it has learned takes milliseconds.

    Parameters
    ----------
    recording : HeardRecording
        From `analyse`, by a model that reads the same features.
    model : LoadedModel
        One whose network is a `FusedNetwork`.
    """
    from models.inference.fused import judge_fused

    return _assemble(recording, judge_fused(model, recording.heard, recording.overview.duration_s), model)


def _is_fused(model: LoadedModel) -> bool:
    from models.networks.fusion import FusedNetwork

    return isinstance(model.network, FusedNetwork)


def _judge_with(model: LoadedModel) -> Callable[[Heard, _Recording], Iterator[float | Verdict]]:
    """How the model judges a recording; raises before anything is decoded where it cannot."""
    if _is_fused(model):
        from models.inference.fused import judge_fused

        return lambda heard, recording: iter((judge_fused(model, heard, recording.overview.duration_s),))
    runner = WindowRunner(model)
    return lambda heard, recording: judge_stepped(runner, recording.log_mel, recording.overview.duration_s)


def _decode(request: AnalysisRequest, cancel: CancelToken, fallback: Decoder | None) -> Iterator[Progress | _Recording]:
    hearing = HearingStream()
    with open_audio(request.path, fallback) as stream:
        builder = OverviewBuilder(stream.sample_rate_hz, stream.channels)
        decoded = 0

        def samples() -> Iterator[FloatArray]:
            nonlocal decoded
            for chunk in stream:
                cancel.check()
                decoded += chunk.size
                builder.add_samples(chunk)
                hearing.push(chunk)
                yield chunk

        frames = FrameStore(axis=1)
        for mel in stream_log_mel(samples()):
            builder.add_log_mel(mel)
            frames.add(mel)
            share = decoded / SAMPLE_RATE_HZ / stream.expected_duration_s if stream.expected_duration_s else 0.0
            yield Progress(request.job_id, _DECODING * min(1.0, share), "reading")
        yield _Recording(builder.build(), frames.take(), hearing, list(stream.notes))


def _assemble(recording: HeardRecording, verdict: Verdict, model: LoadedModel) -> Analysis:
    numbers = (verdict.attention, verdict.contributions, verdict.bias, verdict.values_over_time)
    if not all(np.isfinite(of).all() for of in numbers):
        raise JobError("bad_model", f"The model {model.card.id} answered with what is no number. Install it again.")
    overview = recording.overview
    domain = judge_domain(recording.heard.tags, overview.loudness_db, verdict.novelty)
    notes = [*recording.notes, *verdict.notes, *([domain.message] if domain.is_familiar and domain.message else [])]
    if domain.kind not in ("music", "unusual music"):
        # A band is what was measured on music: it says nothing of what is none.
        verdict = replace(verdict, half_widths_over_time=None, half_widths=None, coverage=0.0)
    probabilities = softmax(verdict.contributions.sum(axis=0) + verdict.bias)
    values = verdict.values_over_time.astype(np.float32)
    rising = intensity(recording.cues, values[:, 1], verdict.contributions, verdict.step_s)
    climaxes = find_climaxes(rising.contour, verdict.times_s, verdict.step_s, rising.cues)
    bands = [_bands(values[:, i], verdict.half_widths_over_time, i) for i in range(2)]
    whole = [_band(float(verdict.values[i]), verdict.half_widths, i) for i in range(2)]
    return Analysis(
        sha256=recording.sha256,
        duration_s=overview.duration_s,
        sample_rate_hz=overview.sample_rate_hz,
        model_id=model.card.id,
        model_version=model.card.version,
        probabilities=probabilities.astype(np.float32),
        times_s=verdict.times_s.astype(np.float32),
        step_s=verdict.step_s,
        quadrants_over_time=verdict.over_time.astype(np.float32),
        contributions=verdict.contributions.astype(np.float32),
        bias=verdict.bias,
        attention=verdict.attention.astype(np.float32),
        valence=float(verdict.values[0]),
        arousal=float(verdict.values[1]),
        valence_over_time=values[:, 0],
        arousal_over_time=values[:, 1],
        valence_arousal_source=verdict.source,
        # The last step may reach a little beyond the last sample.
        climaxes=tuple(replace(c, end_s=min(c.end_s, overview.duration_s)) for c in climaxes),
        notes=(*notes, *_remarks(overview.duration_s, probabilities)),
        valence_band_over_time=bands[0],
        arousal_band_over_time=bands[1],
        band_coverage=verdict.coverage,
        valence_band=whole[0],
        arousal_band=whole[1],
        domain=domain,
        gems=verdict.gems,
        descriptors=shown(recording.heard.descriptors),
        heard=recording.heard.summary,
        cue_names=NAMES,
        cues_over_time=rising.cues.astype(np.float32),
        intensity_over_time=rising.contour.astype(np.float32),
        transitions=find_transitions(
            values[:, 0], values[:, 1], verdict.times_s, verdict.step_s, recording.cues.audible
        ),
    )


def _bands(values: FloatArray, half_widths: Numbers | None, dimension: int) -> FloatArray | None:
    if half_widths is None:
        return None
    half = half_widths[:, dimension]
    band: FloatArray = np.clip(np.stack((values - half, values + half), axis=1), -1, 1).astype(np.float32)
    return band


def _band(value: float, half_widths: Numbers | None, dimension: int) -> tuple[float, float] | None:
    if half_widths is None:
        return None
    half = float(half_widths[dimension])
    return max(-1.0, value - half), min(1.0, value + half)


def _remarks(duration_s: float, probabilities: Numbers) -> list[str]:
    """What the reader must know of the answer itself."""
    notes = []
    if duration_s < _SHORT_S:
        notes.append(
            f"Only {duration_s:.1f} s long: the model learned from longer music, so take its answer as a guess."
        )
    best, second = np.argsort(probabilities)[:-3:-1]
    if probabilities[best] - probabilities[second] < _CLOSE:
        notes.append(
            f"Undecided: {QUADRANTS[best]} ({probabilities[best]:.0%}) and {QUADRANTS[second]} "
            f"({probabilities[second]:.0%}) are nearly equally probable."
        )
    return notes
