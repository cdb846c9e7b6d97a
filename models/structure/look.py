"""Look at how a recording is built: its beats, bars, sections and harmony. A generator that knows no thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.analysis import FloatArray
from models.audio.cqt import CqtStream
from models.audio.decode import open_audio, sha256_of
from models.audio.descriptors.notes import note_frames
from models.audio.descriptors.stream import mel_features
from models.audio.framing import KeptStream
from models.audio.log_mel import SAMPLE_RATE_HZ, LogMelStream
from models.jobs import AnalysisRequest, CancelToken, Decoder, Progress
from models.structure.bars import find_bars
from models.structure.beats import find_pulse
from models.structure.chroma import STEP_S, Harmony
from models.structure.sections import find_sections
from models.structure.structure import Section, Structure

#: Share of the progress that reading takes.
_READING = 0.6
#: A boundary is put on the first beat of a bar, or on a beat, that lies so near.
_NEAR_BAR_S = 1.2
_NEAR_BEAT_S = 0.5


def look(
    request: AnalysisRequest, cancel: CancelToken, fallback: Decoder | None = None
) -> Iterator[Progress | Structure]:
    """Find beats, bars, sections and harmony of one recording; no model is asked.

    Parameters
    ----------
    request : AnalysisRequest
        Its `model` and `device` mean nothing here.
    cancel : CancelToken
        Looked at after each piece of audio and after each step.
    fallback : Decoder, optional
        Decodes what soundfile cannot.

    Yields
    ------
    Progress or Structure
        How far it is, and last what was found.

    Raises
    ------
    JobError
        As `models.audio.decode.open_audio` does.
    Cancelled
    """
    sha256 = request.sha256 or sha256_of(request.path)
    mel, cqt = KeptStream(LogMelStream()), KeptStream(CqtStream())
    samples = 0
    with open_audio(request.path, fallback) as stream:
        for chunk in stream:
            cancel.check()
            samples += chunk.size
            mel.push(chunk)
            cqt.push(chunk)
            expected_s = stream.expected_duration_s
            share = samples / SAMPLE_RATE_HZ / expected_s if expected_s else 0.0
            yield Progress(request.job_id, _READING * min(1.0, share), "reading")
    duration_s = samples / SAMPLE_RATE_HZ

    def at(fraction: float, stage: str) -> Progress:
        cancel.check()
        return Progress(request.job_id, fraction, stage)

    yield at(_READING, "harmony")
    harmony = Harmony.of(note_frames(cqt.take()))
    yield at(0.75, "beats")
    frames, _ = mel_features(mel.take())
    pulse = find_pulse(frames, duration_s)
    yield at(0.85, "bars")
    bars = find_bars(pulse.beats_s, frames, harmony)
    yield at(0.9, "sections")
    sections = _on_beats(find_sections(frames, harmony, duration_s), bars.downbeats_s, pulse.beats_s)
    cancel.check()
    yield Structure(
        sha256=sha256,
        duration_s=duration_s,
        tempo_bpm=pulse.tempo_bpm,
        beats_s=pulse.beats_s,
        downbeats_s=bars.downbeats_s,
        sections=sections,
        chroma=harmony.shown(),
        chroma_step_s=STEP_S,
    )


def _on_beats(sections: tuple[Section, ...], downbeats_s: FloatArray, beats_s: FloatArray) -> tuple[Section, ...]:
    """Boundaries where bars or beats begin, if one is near: novelty alone knows them to about a second."""
    out = [sections[0]]
    for section in sections[1:]:
        edge_s = section.start_s
        for places_s, reach_s in ((downbeats_s, _NEAR_BAR_S), (beats_s, _NEAR_BEAT_S)):
            nearest_s = _nearest(places_s, edge_s)
            if nearest_s is not None and abs(nearest_s - edge_s) <= reach_s:
                edge_s = nearest_s
                break
        if out[-1].start_s < edge_s < section.end_s:
            out[-1] = replace(out[-1], end_s=edge_s)
            out.append(replace(section, start_s=edge_s))
        else:  # two boundaries on one beat
            out.append(section)
    return tuple(out)


def _nearest(places_s: NDArray[np.float32], time_s: float) -> float | None:
    return float(places_s[np.abs(places_s - time_s).argmin()]) if places_s.size else None
