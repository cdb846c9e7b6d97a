from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from defusedxml import ElementTree
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from models.errors import JobError
from models.figures.heat import HEATS
from models.figures.lanes import LANES
from models.figures.palette import AROUSAL_COLOUR, VALENCE_COLOUR
from models.figures.panels import draw_panels, write_figure
from models.figures.preset import ONE_COLUMN, PRESETS, SLIDE, TWO_COLUMNS, Preset
from models.figures.recording import Recording
from models.figures.saving import Drawn, figure_bytes, save_figure
from tests.app.fakes import make_analysis, make_full_analysis, make_overview
from tests.models.figure_toys import Mark, explained, make_recording, words_of
from tests.pdf import read_pdf

ALL = tuple(LANES)


def panels_for(preset: Preset) -> tuple[str, ...]:
    """What fits: a slide has room for some."""
    return ("valence_arousal", "quadrants", "marks") if preset is SLIDE else ALL


def _bands(drawn: Drawn) -> dict[str, Any]:
    """Ends of the tinted bands over time, by colour; the climaxes' shades are no polygons."""
    tinted = {colour.lower() for colour in (VALENCE_COLOUR, AROUSAL_COLOUR)}
    found = [(to_hex(c.get_facecolor()[0]).lower(), c) for axes in drawn.figure.axes for c in axes.collections]
    return {colour: band.get_paths()[0].vertices for colour, band in found if colour in tinted}


def test_the_band_is_drawn_around_the_curves_and_said() -> None:
    recording = make_recording()
    drawn = draw_panels(recording, panels=("valence_arousal",))
    band = recording.analysis.arousal_band_over_time
    assert band is not None
    bands = _bands(drawn)
    assert set(bands) == {VALENCE_COLOUR.lower(), AROUSAL_COLOUR.lower()}
    drawn_ends = bands[AROUSAL_COLOUR.lower()][:, 1]
    assert np.abs(band.reshape(-1, 1) - drawn_ends).min(axis=1).max() < 1e-6
    text = words_of(drawn)
    assert f"valence {recording.analysis.valence:+.2f} (80% band ".replace("-", "\u2212") in text
    assert "the band in which 80% of ratings lay" in text
    assert "not music" not in text.lower()


def test_without_a_band_none_is_drawn_or_spoken_of() -> None:
    recording = Recording("A song", make_overview(20.0), make_analysis("ab" * 32, 20.0))
    drawn = draw_panels(recording)
    assert _bands(drawn) == {}
    assert "band" not in words_of(drawn).replace("mel bands", "")
    assert "band" not in drawn.caption.replace("mel bands", "")


def test_what_the_model_does_not_know_is_flagged_on_the_figure() -> None:
    message = "Dollars $x_{ and a long sentence that goes on and on, and must be broken to stay within the page."
    analysis = make_full_analysis("ab" * 32)
    assert analysis.domain is not None
    flagged = replace(analysis, domain=replace(analysis.domain, message=message))
    for title in (True, False):
        drawn = draw_panels(Recording("A talk", make_overview(), flagged), ONE_COLUMN, title=title)
        assert f"Not music the model knows (speech): {message}" in words_of(drawn).replace("\n", " ")
        figure_bytes(drawn, "png", dpi=50)  # its dollar signs are no mathematics
    assert message in drawn.caption


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_every_figure_says_model_day_lag_ranges_and_what_it_is(preset: Preset) -> None:
    drawn = draw_panels(make_recording(), preset, panels_for(preset))
    text = words_of(drawn).replace("\n", " ")
    everything = (
        "Model fake 1, analysed on 2026-11-20.", "no lag is subtracted", "Valence and arousal in [\u22121, 1]",
        "probability 0 to 1", "Loudness, dBFS", "mel bands in Hz", "+20 dB", "time, min:s",
        "not of how a listener feels.", "Intensity, 0 is the typical moment", "loudness", "entry of the cello",
        "the storm",
    )  # fmt: skip
    for words in everything if preset is not SLIDE else (*everything[:4], *everything[7:9], *everything[11:]):
        assert words in text, words
        if words not in ("time, min:s", "entry of the cello"):
            assert words in drawn.caption, words
    width, height = drawn.size_mm
    assert width == preset.width_mm
    assert preset.height_mm is None or height == preset.height_mm
    assert drawn.figure.get_size_inches() * 25.4 == pytest.approx((width, height))


def test_no_words_leave_the_figure_or_run_into_each_other() -> None:
    long = "Ein sehr langer Titel, der auf keine Zeile passt und darum umbrochen wird " * 3
    recordings = (make_recording(title=long), make_recording(title="\u5bc2\u9759\u7684\u7ad9\u53f0" * 20))
    for recording, heat in (
        (recordings[0], "attention"),
        (replace(recordings[1], explanation=explained()), "explanation"),
    ):
        for preset in PRESETS.values():
            drawn = draw_panels(recording, preset, panels_for(preset), heat=heat)
            renderer = FigureCanvasAgg(drawn.figure).get_renderer()
            boxes = [text.get_window_extent(renderer) for text in drawn.figure.texts if text.get_text()]
            right, top = drawn.figure.bbox.width, drawn.figure.bbox.height
            assert all(b.x0 >= -1 and b.x1 <= right + 1 and b.y0 >= -1 and b.y1 <= top + 1 for b in boxes)
            over = [
                (a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]
                if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 0.25 * a.height
            ]  # fmt: skip
            assert over == []


def test_the_lag_draws_valence_and_arousal_earlier_and_says_so() -> None:
    recording = make_recording()
    at_once, later = (draw_panels(recording, panels=("valence_arousal", "quadrants"), lag_s=lag) for lag in (0.0, 2.5))

    def ends(drawn: Drawn) -> list[float]:
        return [
            line.get_xdata()[-1] for axes in drawn.figure.axes for line in axes.get_lines() if len(line.get_xdata()) > 9
        ]

    assert np.subtract(ends(at_once), ends(later)) == pytest.approx([2.5, 2.5])
    for words in (words_of(later).replace("\n", " "), later.caption):
        assert "drawn 2.5 s earlier, because ratings lag behind the music" in words
        assert "no lag" not in words
    with pytest.raises(ValueError, match="lag"):
        draw_panels(recording, lag_s=5.5)


def test_a_region_alone_is_drawn_and_named() -> None:
    recording = make_recording()
    drawn = draw_panels(recording, panels=ALL, region=(14.0, 6.0))
    lanes = [axes for axes in drawn.figure.axes if axes.axison]
    assert {axes.get_xlim() for axes in lanes} == {(6.0, 14.0)}
    assert "From 0:06.0 to 0:14.0." in words_of(drawn).replace("\n", " ")
    assert "From 0:06.0 to 0:14.0." in drawn.caption
    assert "entry of the cello" not in words_of(drawn)  # at 3 s
    for nothing in ((5.0, 5.0), (30.0, 40.0)):
        with pytest.raises(ValueError, match="region"):
            draw_panels(recording, region=nothing)


def test_panels_are_chosen_by_name_and_what_is_not_there_is_left_out() -> None:
    bare = Recording("Bare", make_overview(20.0), make_analysis("ab" * 32, 20.0), climaxes=())
    assert "Intensity" not in words_of(draw_panels(bare, panels=ALL))
    assert "Sections" not in words_of(draw_panels(bare, panels=ALL))
    for panels in (("sections",), ("intensity", "marks"), ()):
        with pytest.raises(ValueError, match="none of the panels"):
            draw_panels(bare, panels=panels)
    with pytest.raises(ValueError, match="there is no panel 'timbre'"):
        draw_panels(bare, panels=("timbre",))


def test_heat_is_named_for_what_it_is() -> None:
    recording = replace(make_recording(), explanation=explained())
    said = {heat: words_of(draw_panels(recording, panels=("waveform", "spectrogram"), heat=heat)) for heat in HEATS}
    assert "attention (where the model weighted)" in said["attention"]
    assert f"what pushed it to {recording.analysis.quadrant}" in said["contribution"]
    assert "what carries arousal (occlusion)" in said["explanation"]
    for words in ("Occlusion: what the answer loses", "Measured better than chance"):
        assert words in said["explanation"].replace("\n", " ")
    attention = draw_panels(recording, panels=("waveform",)).caption
    assert "where the model weighted, not what pushed its answer. Not shown to be better than chance" in attention
    assert "Attention:" not in draw_panels(recording, panels=("loudness",)).caption
    assert "Spectrogram, mel bands in Hz, under what carries arousal" in said["explanation"].replace("\n", " ")
    assert "over" not in said["none"].replace("all over", "")
    without = draw_panels(make_recording(), panels=("waveform",), heat="explanation")
    assert "what carries" not in words_of(without)


def test_a_pdf_has_its_size_its_fonts_its_words_and_one_page() -> None:
    drawn = draw_panels(make_recording(artist=""), ONE_COLUMN)
    content = figure_bytes(drawn, "pdf", program="Affekt 9.9")
    pdf = read_pdf(content)
    assert len(pdf.pages) == 1
    assert pdf.pages[0] == pytest.approx(drawn.size_mm, abs=0.1)
    assert pdf.embedded
    assert any("DejaVuSans" in font for font in pdf.fonts)
    assert pdf.facts == "A long night"
    for words in ("A long night", "Loudness, dBFS", "probability 0 to 1", "Model fake 1, analysed on 2026-11-20."):
        assert words in pdf.words
    assert b"CreationDate" not in content
    assert b"Affekt 9.9" in content


def test_an_svg_has_its_size_and_its_words_are_outlines_with_the_words_beside() -> None:
    drawn = draw_panels(make_recording(), TWO_COLUMNS)
    text = figure_bytes(drawn, "svg", program="Affekt 9.9").decode()
    width, height = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', text).groups()  # type: ignore[union-attr]
    assert np.array([width, height], float) * 25.4 / 72 == pytest.approx(drawn.size_mm, abs=0.1)
    assert "<text" not in text
    for words in ("Quadrants, probability 0 to 1", "Loudness, dBFS"):
        assert f"<!-- {words} -->" in text
    assert "A long night" in text
    assert "Affekt 9.9" in text
    assert "no lag is subtracted" in text
    assert "<dc:date>" not in text


def test_letters_that_xml_cannot_hold_are_left_out_of_an_svg() -> None:
    drawn = draw_panels(replace(make_recording(), title="A\x01 \x0b-- \uffff<b>"), panels=("loudness",))
    assert ElementTree.fromstring(figure_bytes(drawn, "svg"), forbid_dtd=False) is not None


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_same_figure_is_the_same_file(ending: str) -> None:
    first, second = (figure_bytes(draw_panels(make_recording(), ONE_COLUMN), ending) for _ in range(2))
    assert first == second


def test_letters_are_never_too_small_for_print() -> None:
    for preset in PRESETS.values():
        drawn = draw_panels(make_recording(), preset, panels_for(preset))
        sizes = [text.get_fontsize() for text in drawn.figure.findobj(match=lambda o: hasattr(o, "get_fontsize"))]
        assert min(sizes) >= 6.0
    assert SLIDE.small_pt >= 12


def test_an_hour_is_drawn_in_no_more_points_than_print_shows() -> None:
    hour = make_overview(3600.0)
    drawn = draw_panels(Recording("Hour", hour, make_analysis("ab" * 32, 3600.0)), ONE_COLUMN)
    assert len(figure_bytes(drawn, "pdf")) < 3_000_000
    assert "time, h:min:s" in words_of(drawn)
    outline = next(c for axes in drawn.figure.axes for c in axes.collections).get_paths()[0].vertices
    assert 1000 < len(outline) < 6000 < len(hour.waveform)


def test_a_file_is_whole_or_not_there_and_the_message_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draw_panels(make_recording(), ONE_COLUMN, ("loudness",))
    save_figure(drawn, tmp_path, "a", ("png", "svg", "pdf"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]
    before = (tmp_path / "a.png").read_bytes()

    def full(self: Path, _content: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(JobError, match=r"a\.png could not be written: No space left on device") as caught:
        save_figure(drawn, tmp_path, "a", ("png",))
    assert caught.value.kind == "no_space"
    assert (tmp_path / "a.png").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]


def test_figures_of_the_command_line_lie_beside_each_other(tmp_path: Path) -> None:
    recording = Recording("Song", make_overview(20.0), make_analysis("ab" * 32, 20.0), made="2026-11-20")
    written = write_figure(tmp_path / "new", Path("song.wav"), recording)
    assert [path.name for path in written] == ["song-abababab.png", "song-abababab.pdf"]
    assert all(path.stat().st_size > 10_000 for path in written)


def test_climaxes_are_numbered_by_strength_and_named() -> None:
    recording = make_recording()
    drawn = draw_panels(recording, panels=("intensity",))
    numbers = [text.get_text() for text in drawn.figure.texts if text.get_text() in ("1", "2")]
    assert numbers == ["2", "1"]  # in the order of time
    assert "Named by hand: 1 \u201cthe storm\u201d." in drawn.caption
    none = replace(recording, climaxes=())
    assert "Numbered" not in words_of(draw_panels(none, panels=("intensity",)))


def test_what_colours_are_is_said_without_colour_too() -> None:
    """Quadrants are named in their areas, arousal is dashed, each cue has a line of its own."""
    calm = np.tile(np.array([0.05, 0.05, 0.1, 0.8], np.float32), (len(make_recording().analysis.times_s), 1))
    recording = make_recording()
    steady = replace(recording, analysis=replace(recording.analysis, quadrants_over_time=calm))
    drawn = draw_panels(steady, panels=("quadrants", "valence_arousal", "intensity"))
    named = [text.get_text() for axes in drawn.figure.axes for text in axes.texts]
    assert named == ["Q4"]
    curves = [line for axes in drawn.figure.axes for line in axes.get_lines() if len(line.get_xdata()) > 9]
    valence, arousal, *cues, contour = curves
    assert valence.get_linestyle() == "-"
    assert arousal.get_linestyle() == "--"
    styles = {str(cue.get_dashes() if hasattr(cue, "get_dashes") else cue._dash_pattern) for cue in cues}
    assert len(styles) == len(cues) == len(recording.analysis.cue_names)
    assert contour.get_linewidth() > cues[0].get_linewidth()


def test_marks_keep_out_of_each_others_way() -> None:
    marks = tuple(Mark(5.0 + 0.1 * i, f"a mark that is called {i}") for i in range(3))
    drawn = draw_panels(replace(make_recording(), marks=marks, climaxes=()), TWO_COLUMNS, ("marks",))
    texts = [text for axes in drawn.figure.axes for text in axes.texts]
    assert len({text.xy[1] for text in texts}) == 3  # type: ignore[attr-defined]


def test_a_slide_with_too_many_panels_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no room for so many panels on a slide: choose fewer"):
        draw_panels(make_recording(), SLIDE, ALL)
