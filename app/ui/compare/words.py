"""What is compared, in words and figures."""

from __future__ import annotations

from collections.abc import Sequence

from app.jobs.comparer import Aligning
from app.ui.strings import (
    DASH,
    MINUS,
    NOTHING,
    between,
    clock,
    counted,
    percent,
    quadrant_label,
    signed,
    tr,
)
from models.inference.compared import Difference, Recording
from models.inference.differences import DifferingMoment

#: Which of the columns is the tempo.
TEMPO = 4


def columns() -> list[tuple[str, str]]:
    """Return the heads of the table, and what each column says."""
    return [
        (tr("Recording"), tr("The first one is the reference.")),
        (tr("Quadrant"), tr("The most probable one, and how probable it is.")),
        (tr("Valence"), tr("Of the whole recording, {minus}1 to 1, with its band.").format(minus=MINUS)),
        (tr("Arousal"), tr("Of the whole recording, {minus}1 to 1, with its band.").format(minus=MINUS)),
        (tr("Tempo"), tr("Beats a minute, an estimate: of the beats, or of the whole.")),
        (tr("Duration"), tr("Minutes and seconds.")),
        (tr("Loudness, dB"), tr("Mean level in dB relative to full scale.")),
        (tr("Climaxes"), tr("How many were found, and where in the recording the strongest has its peak.")),
        (tr("Distance"), tr("Mean distance from the first in the plane, at the same place, 0 to 2.83.")),
        (tr("Most at"), tr("Where on the axis it is farthest from the first; a double click goes there.")),
        (
            tr("Aligned"),
            tr("How well its music follows that of the first: 100\u202f% is the same; and which part, if not all."),
        ),
    ]


def cells(recording: Recording, difference: Difference | None, *, reference: bool, by_music: bool) -> list[str]:
    """Return a recording's row, in the order of `columns`."""
    analysis, climax = recording.analysis, recording.main_climax
    title = f"{recording.title} \u00b7 {recording.artist}" if recording.artist else recording.title
    tempo, level = recording.tempo_bpm, recording.loudness_db
    row = [title, NOTHING, NOTHING, NOTHING]
    if analysis is not None:
        row[1] = f"{quadrant_label(analysis.quadrant, short=True)} {percent(float(analysis.probabilities.max()))}"
        row[2] = _banded(analysis.valence, analysis.valence_band)
        row[3] = _banded(analysis.arousal, analysis.arousal_band)
    row.append(NOTHING if tempo is None else _tempo(tempo, recording.other_tempo_bpm))
    row.append(clock(recording.duration_s) if recording.duration_s > 0 else NOTHING)
    row.append(NOTHING if level is None else f"{MINUS if level < 0 else ''}{abs(level):.1f}")
    if analysis is None:
        row.append(NOTHING)
    elif climax is None:
        row.append(tr("none"))
    else:
        row.append(tr("{count}, at {time}").format(count=len(analysis.climaxes), time=clock(climax.peak_s)))
    if reference:
        return [*row, tr("reference"), "", ""]
    row.append(NOTHING if difference is None else f"{difference.distance:.2f}")
    moments = difference.moments if difference is not None else ()
    row.append(clock(moments[0].peak_s) if moments else NOTHING)
    row.append(_aligned(recording) if by_music else tr("by time"))
    return row


def explained(recording: Recording) -> dict[int, str]:
    """Return what is said of cells where the pointer rests, by column; of the others what stands in them."""
    tempo, other = recording.tempo_bpm, recording.other_tempo_bpm
    if tempo is None or other is None:
        return {}
    text = tr(
        "{tempo} beats a minute, of the beats that were found; by the model's descriptor of the whole it is {other}."
    )
    return {TEMPO: text.format(tempo=f"{tempo:.0f}", other=f"{other:.0f}")}


def _tempo(tempo: float, other: float | None) -> str:
    if other is None:
        return f"{tempo:.0f}"
    return tr("{tempo}, not {other}").format(tempo=f"{tempo:.0f}", other=f"{other:.0f}")


def _banded(value: float, band: tuple[float, float] | None) -> str:
    return signed(value) if band is None else f"{signed(value)} ({between(*band)})"


def _aligned(recording: Recording) -> str:
    alignment = recording.alignment
    if alignment is None:
        return NOTHING
    if not alignment.is_same_music:
        return tr("other music?")
    said = tr("fits {share}").format(share=percent(alignment.fit))
    if alignment.part_of_second is not None:
        return tr("{fits}, only {part}").format(fits=said, part=_span(alignment.part_of_second))
    if alignment.part_of_first is not None:
        return tr("{fits}, {part} of 1").format(fits=said, part=_span(alignment.part_of_first))
    return said


def _span(part: tuple[float, float]) -> str:
    return f"{clock(part[0])}{DASH}{clock(part[1])}"


def _parts(recordings: Sequence[Recording]) -> list[str]:
    """Say of what is matched in part only, which part that is."""
    said = []
    for index, recording in enumerate(recordings):
        alignment = recording.alignment
        if alignment is None:
            continue
        if alignment.part_of_first is not None:
            text = tr("Only {part} of 1 (\u201c{title}\u201d) is matched by {number}.")
            part = _span(alignment.part_of_first)
            said.append(text.format(part=part, title=recordings[0].title, number=index + 1))
        if alignment.part_of_second is not None:
            text = tr("Only {part} of {number} (\u201c{title}\u201d) is matched.")
            part = _span(alignment.part_of_second)
            said.append(text.format(part=part, title=recording.title, number=index + 1))
    return said


def key_words(semitones: int) -> str:
    """Return in which key a recording sounds, beside the reference's."""
    count = abs(semitones)
    if semitones > 0:
        return counted(count, tr("a semitone higher"), tr("{count} semitones higher"))
    return counted(count, tr("a semitone lower"), tr("{count} semitones lower"))


def state_text(state: Aligning, recordings: Sequence[Recording]) -> tuple[str, bool]:
    """Return what is to be said of the aligning, and whether it is a warning."""
    going = {
        "needs": tr("The music is being listened to; until then by time."),
        "working": tr("Aligning by the music, {done} of {total}"),
        "cancelled": tr("Not aligned: what is not aligned lies there by time."),
        "failed": tr("Some could not be aligned; they lie there by time."),
    }
    if state.status in going:
        text = going[state.status].format(done=state.done + 1, total=state.total)
        return text, state.status == "failed"
    strange = [
        str(index + 1)
        for index, recording in enumerate(recordings)
        if recording.alignment is not None and not recording.alignment.is_same_music
    ]
    if len(strange) == 1:
        text = tr("1 and {other} do not seem to be the same music: by time they are compared more fairly.")
        return text.format(other=strange[0]), True
    if strange:
        text = tr("{others} do not seem to be the same music as 1: by time they are compared more fairly.")
        return text.format(others=", ".join(strange)), True
    keys = [
        tr("{number} sounds {interval}.").format(number=index + 1, interval=key_words(recording.alignment.semitones))
        for index, recording in enumerate(recordings)
        if recording.alignment is not None and recording.alignment.semitones
    ]
    return " ".join([*_parts(recordings), *keys]), False


def moment_text(moment: DifferingMoment, index: int, reference: Recording, other: Recording) -> str:
    """Return a moment as lines: when, and whether the bands overlap; then valence and arousal of either there."""
    head = clock(moment.peak_s)
    if moment.beyond is not None:
        apart = tr("{distance} beyond the bands").format(distance=f"{moment.beyond:.2f}")
        head = f"{head}  {apart if moment.beyond > 0 else tr('within the bands')}"
    lines = [head]
    for number, recording, at_s in ((1, reference, moment.peak_s), (index + 1, other, other.here(moment.peak_s))):
        analysis = recording.analysis
        if analysis is None:
            return head
        step = int(abs(analysis.times_s - at_s).argmin())
        quadrant = f"Q{int(analysis.quadrants_over_time[step].argmax()) + 1}"
        text = tr("{number}: valence {valence}, arousal {arousal}, {quadrant}")
        valence, arousal = (float(curve[step]) for curve in (analysis.valence_over_time, analysis.arousal_over_time))
        lines.append(text.format(number=number, valence=signed(valence), arousal=signed(arousal), quadrant=quadrant))
    return "\n".join(lines)
