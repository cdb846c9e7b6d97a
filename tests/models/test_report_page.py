"""The report on one page: one page it is, whatever the recording has, and everything stands in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from models.analysis import Domain
from models.errors import JobError
from models.explain.reasons import Reason
from models.figures.recording import Recording
from models.figures.report_page import draw_report_page, write_report_page
from models.figures.saving import Drawn, figure_bytes
from tests.app.fakes import make_analysis, make_full_analysis, make_overview
from tests.models.figure_toys import Mark, make_recording, words_of
from tests.pdf import read_pdf

REASONS = (
    Reason(
        "loudness", -12.0, "dBFS", "louder by 9 dB than the rest of the track", 2.0, -21.0, None, None, "Loudness",
        "High", "power, aggression", 0.9,
    ),
)  # fmt: skip


def full(**changes: object) -> Recording:
    return replace(make_recording(120.0, climaxes=3), reasons=REASONS, **changes)  # type: ignore[arg-type]


def crowded() -> Recording:
    """Eight climaxes with long notes, a long Chinese title, a warning, an hour of music and many marks."""
    recording = make_recording(3600.0, climaxes=8, title="\u5bc2\u9759\u7684\u7ad9\u53f0" * 30)
    long = "and then everything comes together at once, " * 20
    assert recording.climaxes is not None
    climaxes = [replace(c, label=long, note=long, is_own=True) for c in recording.climaxes]  # type: ignore[type-var]
    domain = Domain(0.1, False, "speech", long)
    analysis = replace(recording.analysis, domain=domain, notes=(long,))
    marks = tuple(Mark(60.0 * i, long) for i in range(50))
    return replace(
        recording, artist=long, analysis=analysis, climaxes=climaxes, marks=marks,
        reasons=tuple(replace(REASONS[0], words=long, association=long) for _ in range(12)),
    )  # fmt: skip


def bare() -> Recording:
    """Of an earlier version: no bands, no descriptors, no climaxes, nothing marked."""
    return Recording("Bare", make_overview(12.0), make_analysis("ab" * 32, 12.0), climaxes=())


@pytest.mark.parametrize("make", [full, crowded, bare])
def test_it_is_one_page_of_a4_with_its_fonts_and_the_same_on_every_run(make) -> None:  # type: ignore[no-untyped-def]
    content = figure_bytes(draw_report_page(make()), "pdf")
    pdf = read_pdf(content)
    assert len(pdf.pages) == 1
    assert pdf.pages[0] == pytest.approx((210.0, 297.0), abs=0.1)
    assert pdf.embedded
    for words in (
        "Estimates of the emotion the music expresses, not of how a listener feels.",
        "Model fake 1",
        "0.",
        "Q",
    ):
        assert words in pdf.words
    assert content == figure_bytes(draw_report_page(make()), "pdf")


def _boxes(drawn: Drawn) -> list[tuple[str, float, float, float, float]]:
    """Words and axes in millimetres: left, top, right, bottom."""
    renderer = FigureCanvasAgg(drawn.figure).get_renderer()
    scale = 25.4 / drawn.figure.dpi
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in drawn.figure.texts if text.get_text()]
    boxes += [("axes", axes.get_window_extent(renderer)) for axes in drawn.figure.axes if axes.axison]
    high = drawn.size_mm[1]
    return [(t, b.x0 * scale, high - b.y1 * scale, b.x1 * scale, high - b.y0 * scale) for t, b in boxes]


@pytest.mark.parametrize("make", [full, crowded, bare])
def test_nothing_leaves_the_page_or_lies_over_anything_else(make) -> None:  # type: ignore[no-untyped-def]
    boxes = _boxes(draw_report_page(make()))
    for words, left, top, right, bottom in boxes:
        assert left >= 10 and right <= 202, words
        assert top >= 5 and bottom <= 292, words
        assert right > left and bottom > top
    over = [
        (a[0], b[0]) for i, a in enumerate(boxes) for b in boxes[i + 1 :]
        if min(a[3], b[3]) - max(a[1], b[1]) > 0.3 and min(a[4], b[4]) - max(a[2], b[2]) > 0.9
    ]  # fmt: skip
    assert over == []


def test_everything_that_is_known_stands_in_it() -> None:
    recording = full()
    text = words_of(draw_report_page(recording)).replace("\n", " ")
    analysis = recording.analysis
    for words in (
        "A long night", "Someone", "2:00, 44.1 kHz.", "analysed on 2026-11-20", analysis.quadrant, "80% band",
        "the storm", "1:28\u20131:32", "0.90", "loudness +0.40, arousal +0.20, brightness +0.15", "brass alone",
        "louder by 9 dB (power, aggression)", "Table 2 of the third paper", "tempo 120 BPM", "entry of the cello",
        "GEMS", "calmness", "no lag is subtracted", "not a medical device", "Sections", "Intensity",
    ):  # fmt: skip
        assert words in text, words


def test_what_is_not_known_leaves_no_empty_heading() -> None:
    text = words_of(draw_report_page(bare()))
    assert "None stands out of this recording." in text
    for heading in ("GEMS", "Marks", "The strongest climax", "The music as a whole", "Sections", "Intensity"):
        assert heading not in text


def test_a_warning_and_more_than_eight_climaxes_are_said() -> None:
    many = make_recording(300.0, climaxes=8)
    assert many.climaxes is not None
    text = words_of(draw_report_page(replace(many, climaxes=[*many.climaxes, *many.climaxes[:3]])))
    assert "and 3 more" in text
    strange = replace(full(), analysis=make_full_analysis("ab" * 32, 120.0))
    assert "Not music the model knows (speech)" in words_of(draw_report_page(strange))


def test_the_key_is_named_where_the_harmony_has_one() -> None:
    recording = full()
    assert recording.structure is not None
    chroma = np.zeros((12, 6), np.float32)
    chroma[[2, 5, 9], :] = 1.0  # D minor
    chroma[[4, 7, 0, 10], :] = 0.35
    with_key = replace(recording, structure=replace(recording.structure, chroma=chroma))
    assert "key D minor (fits by 0." in words_of(draw_report_page(with_key))
    assert "key " not in words_of(draw_report_page(recording)).replace("key clarity", "")


def test_a_report_that_cannot_be_written_is_named_and_the_last_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.pdf"
    write_report_page(file, bare(), program="Affekt 9.9")
    before = file.read_bytes()
    assert b"Affekt 9.9" in before

    def full_disk(self: Path, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(JobError, match=r"report\.pdf could not be written: No space left on device"):
        write_report_page(file, bare())
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
