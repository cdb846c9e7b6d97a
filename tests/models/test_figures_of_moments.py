"""The worm, close-ups of climaxes, their approaches over each other, and recordings compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection

from models.figures.climax import draw_climax, draw_shapes
from models.figures.comparison import Compared, draw_comparison
from models.figures.panels import draw_panels
from models.figures.plane import MOST_POINTS, Window, window_around
from models.figures.preset import ONE_COLUMN, PRESETS, TWO_COLUMNS, Preset
from models.figures.recording import FoundClimax, Recording
from models.figures.report_page import draw_report_page
from models.figures.saving import Drawn, figure_bytes
from models.figures.worm import draw_worm
from tests.app.fakes import make_analysis, make_overview
from tests.models.figure_toys import CUES, make_recording, words_of
from tests.pdf import read_pdf


def compared(count: int = 2, duration_s: float = 20.0) -> list[Compared]:
    analyses = [make_analysis(f"{i}" * 64, duration_s, seed=i) for i in range(count)]
    return [Compared(f"Take {i + 1}", a, a.times_s.astype(float), "2026-11-20") for i, a in enumerate(analyses)]


def _everything(preset: Preset) -> dict[str, Drawn]:
    recording = make_recording()
    return {
        "worm": draw_worm(recording, preset),
        "climax": draw_climax(recording, 1, preset),
        "shapes": draw_shapes(recording, preset),
        "comparison": draw_comparison(compared(3), preset),
    }


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_each_says_its_model_day_and_what_it_is_within_its_edges(preset: Preset) -> None:
    for name, drawn in _everything(preset).items():
        text = words_of(drawn).replace("\n", " ")
        for words in ("fake 1, analysed on 2026-11-20.", "not of how a listener feels."):
            assert words in text, (name, words)
            assert words in drawn.caption, (name, words)
        if name != "shapes":
            assert "no lag is subtracted" in text
        assert drawn.size_mm[0] == preset.width_mm
        assert preset.height_mm in (None, drawn.size_mm[1])
        renderer = FigureCanvasAgg(drawn.figure).get_renderer()
        right, top = drawn.figure.bbox.width, drawn.figure.bbox.height
        texts = [*drawn.figure.texts, *(t for axes in drawn.figure.axes for t in axes.texts)]
        for axes in drawn.figure.axes:
            low, high = axes.get_xlim()
            ticks = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
            texts += [label for tick, label in ticks if low <= tick <= high]
        for each in texts:
            box = each.get_window_extent(renderer)
            if each.get_text():
                assert box.x0 >= -1 and box.x1 <= right + 1, (name, each.get_text())
                assert box.y0 >= -1 and box.y1 <= top + 1, (name, each.get_text())
        sizes = [text.get_fontsize() for text in drawn.figure.findobj(match=lambda o: hasattr(o, "get_fontsize"))]
        assert min(sizes) >= 6.0


def test_each_is_one_page_with_its_fonts_and_the_same_on_every_run() -> None:
    for first, second in zip(_everything(ONE_COLUMN).values(), _everything(ONE_COLUMN).values(), strict=True):
        content = figure_bytes(first, "pdf")
        assert content == figure_bytes(second, "pdf")
        pdf = read_pdf(content)
        assert len(pdf.pages) == 1
        assert pdf.pages[0] == pytest.approx(first.size_mm, abs=0.1)
        assert pdf.embedded
        assert "analysed on 2026-11-20" in pdf.words


def _worm(drawn: Drawn) -> LineCollection:
    (worm,) = (c for axes in drawn.figure.axes for c in axes.collections if isinstance(c, LineCollection))
    return worm


def test_the_worm_goes_through_every_step_in_the_order_of_time() -> None:
    recording = make_recording()
    drawn = draw_worm(recording)
    segments = np.array(_worm(drawn).get_segments())
    points = np.stack((recording.analysis.valence_over_time, recording.analysis.arousal_over_time), axis=1)
    assert segments[:, 0] == pytest.approx(points[:-1], abs=1e-6)
    assert segments[:, 1] == pytest.approx(points[1:], abs=1e-6)
    assert np.all(np.diff(_worm(drawn).get_array()) > 0)
    assert _worm(drawn).get_clim() == (0.0, 20.0)
    text = words_of(drawn)
    for words in ("start", "end", "peak of a climax", "the whole with its band", "valence, of \u22121 to 1"):
        assert words in text
    assert {"1", "2"} <= set(text.split("\n"))


def test_a_region_and_a_lag_change_the_worm_and_are_said() -> None:
    recording = make_recording()
    drawn = draw_worm(recording, region=(5.0, 12.0), lag_s=2.0)
    times = recording.analysis.times_s - 2.0
    within = np.count_nonzero((times >= 5.0) & (times <= 12.0))
    assert len(_worm(drawn).get_segments()) == within - 1
    assert "drawn 2 s earlier" in words_of(drawn).replace("\n", " ")
    assert "From 0:05.0 to 0:12.0." in words_of(drawn).replace("\n", " ")


def test_the_worm_of_an_hour_is_a_line_still_and_says_what_its_points_are() -> None:
    hour = Recording("Hour", make_overview(3600.0), make_analysis("ab" * 32, 3600.0))
    drawn = draw_worm(hour)
    assert len(_worm(drawn).get_segments()) < MOST_POINTS
    assert "each point the mean of" in drawn.caption
    assert "numbers" in drawn.caption  # it has a climax
    assert "with its band" not in drawn.caption  # but no band


def test_a_small_way_is_seen_close_with_a_plan_of_the_whole() -> None:
    small = np.array([[0.10, -0.2], [0.2, -0.1]])
    window = window_around(small)
    assert window.high[0] - window.low[0] == pytest.approx(0.4)
    assert np.all(small >= window.low)
    assert np.all(small <= window.high)
    assert window_around(np.array([[-0.9, 0.0], [0.9, 0.1]])) == Window()
    for corner in ([0.99, 0.99], [-1.0, 0.3]):
        edge = window_around(np.array([corner, corner]))
        assert min(edge.low) >= -1.0 and max(edge.high) <= 1.0
        assert np.all(corner >= np.array(edge.low)) and np.all(corner <= np.array(edge.high))


def test_a_close_up_shows_its_stages_and_its_cues_with_numbers() -> None:
    recording = make_recording()
    drawn = draw_climax(recording, 1, TWO_COLUMNS)
    text = words_of(drawn)
    for words in ("approach", "abatement", "Cues at the peak", "+0.40", "\u22120.05", *CUES):
        assert words in text
    assert "Climax 1, the storm: 0:13.0 to 0:16.6, peak at 0:15.0, strength 0.90. brass alone" in text.replace(
        "\n", " "
    )
    assert "Approach of 2.0 s, abatement of 1.6 s." in drawn.caption
    assert "brass alone" in drawn.caption
    lanes = [axes for axes in drawn.figure.axes if axes.get_xlim() == (10.0, pytest.approx(19.6))]
    assert len(lanes) >= 3
    for wrong in (0, 3):
        with pytest.raises(ValueError, match=f"no climax {wrong}"):
            draw_climax(recording, wrong)


def test_of_an_earlier_version_a_climax_is_drawn_without_cues() -> None:
    old = Recording("Old", make_overview(20.0), make_analysis("ab" * 32, 20.0))
    text = words_of(draw_climax(old))
    assert "Cues" not in text
    assert "Valence and arousal" in text
    assert "Arousal, \u22121 to 1" in words_of(draw_shapes(old))


def test_approaches_lie_over_each_other_with_their_peaks_at_zero() -> None:
    recording = make_recording(climaxes=3, duration_s=60.0)
    drawn = draw_shapes(recording)
    (axes,) = drawn.figure.axes
    curves = [line for line in axes.get_lines() if len(line.get_xdata()) > 3]
    assert len(curves) == 6  # each thin, and thick within the climax
    assert all(np.min(np.abs(line.get_xdata())) < 0.4 for line in curves)
    assert len({line.get_linestyle() + str(line._dash_pattern) for line in curves[::2]}) == 3  # type: ignore[attr-defined]
    text = words_of(drawn)
    for words in ("1 the storm", "2 at 0:27", "3 at 0:09", "seconds from the peak"):
        assert words in text
    with pytest.raises(ValueError, match="no climax"):
        draw_shapes(replace(recording, climaxes=()))


def test_compared_recordings_share_an_axis_and_are_told_apart_without_colour() -> None:
    recordings = compared(4)
    slow = replace(recordings[1], axis_s=recordings[1].axis_s * 1.5)
    drawn = draw_comparison([recordings[0], slow, *recordings[2:]], axis="Take 1")
    valence = drawn.figure.axes[0]
    curves = [line for line in valence.get_lines() if len(line.get_xdata()) > 3]
    assert curves[1].get_xdata()[-1] == pytest.approx(1.5 * curves[0].get_xdata()[-1])
    assert len({str(curve._dash_pattern) for curve in curves}) == 4  # type: ignore[attr-defined]
    text = words_of(drawn).replace("\n", " ")
    for words in ("Take 1 (0:20)", "Take 4 (0:20)", "dynamic time warping on chroma", "the axis is the time of Take 1"):
        assert words in text
    assert "Each recording goes by its own time." in words_of(draw_comparison(recordings)).replace("\n", " ")
    for count in (1, 7):
        with pytest.raises(ValueError, match="2 to 6 recordings"):
            draw_comparison(compared(count))
    other = replace(recordings[1], analysis=replace(recordings[1].analysis, model_id="affekt-fast"))
    assert "Models: Take 1 by fake 1" in words_of(draw_comparison([recordings[0], other])).replace("\n", " ")


def test_a_climax_set_by_hand_is_told_from_a_found_one_in_every_figure_and_legend() -> None:
    recording = make_recording()
    assert recording.climaxes is not None
    named, found = recording.climaxes
    own = FoundClimax(replace(found.climax, start_s=found.climax.start_s - 0.5), "", "", True)
    rounded = FoundClimax(replace(named.climax, peak_s=named.climax.peak_s + 2e-4), "the storm", "", True)
    by_hand = replace(recording, climaxes=(rounded, own))
    assert not any("by hand" in drawn.caption.replace("Named by hand", "") for drawn in _drawn_of(recording))
    for drawn in _drawn_of(by_hand):
        for text in (words_of(drawn).replace("\n", " "), drawn.caption):
            assert "et by hand" in text or text.count("report on one page"), drawn.title  # whose legend names none
    panels, worm, *_ = _drawn_of(by_hand)
    for drawn in (panels, worm):
        assert "Set by hand: 2." in drawn.caption  # the first was only named: it lies where it was found
        assert "Set by hand: 2." in words_of(drawn).replace("\n", " ")


def _drawn_of(recording: Recording) -> tuple[Drawn, ...]:
    return (
        draw_panels(recording), draw_worm(recording), draw_climax(recording, 2), draw_shapes(recording),
        draw_report_page(recording),
    )  # fmt: skip
