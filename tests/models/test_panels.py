from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from models.figures.palette import AROUSAL_COLOUR, VALENCE_COLOUR
from models.figures.panels import draw_panels
from tests.app.fakes import make_analysis, make_full_analysis, make_overview


def _texts(figure: Any) -> str:
    words = [figure.get_suptitle(), figure.get_supxlabel()]
    for axes in figure.axes:
        words += [axes.get_title(loc) for loc in ("left", "center", "right")]
    return "\n".join(words)


def _bands(figure: Any) -> dict[str, Any]:
    """Ends of the tinted bands over time, by colour; the climaxes' shades are no polygons."""
    return {
        to_hex(band.get_facecolor()[0]).lower(): band.get_paths()[0].vertices
        for band in figure.axes[3].collections
        if len(band.get_paths()[0].vertices) > 6
    }


def test_the_band_is_drawn_around_the_curves_and_said() -> None:
    analysis = replace(make_full_analysis("ab" * 32, 20.0), domain=None)
    figure = draw_panels("A song", make_overview(20.0), analysis)
    bands = _bands(figure)
    assert set(bands) == {VALENCE_COLOUR.lower(), AROUSAL_COLOUR.lower()}
    band = analysis.arousal_band_over_time
    assert band is not None
    drawn = bands[AROUSAL_COLOUR.lower()][:, 1]
    assert drawn.min() == pytest.approx(band.min(), abs=1e-6)
    assert drawn.max() == pytest.approx(band.max(), abs=1e-6)
    assert np.abs(band.reshape(-1, 1) - drawn).min(axis=1).max() < 1e-6  # every end at every step is on the outline
    text = _texts(figure)
    assert f"valence {analysis.valence:+.2f} (80% band " in text
    assert "the band in which 80% of ratings lay" in text
    assert "not music" not in text.lower()


def test_without_a_band_none_is_drawn_or_spoken_of() -> None:
    figure = draw_panels("A song", make_overview(20.0), make_analysis("ab" * 32, 20.0))
    assert _bands(figure) == {}
    assert "band" not in _texts(figure)


def test_what_the_model_does_not_know_is_flagged_on_the_figure() -> None:
    message = "Dollars $x_{ and a long sentence that goes on and on, and must be broken to stay within the page."
    analysis = make_full_analysis("ab" * 32)
    assert analysis.domain is not None
    flagged = replace(analysis, domain=replace(analysis.domain, message=message))
    figure = draw_panels("A talk", make_overview(), flagged)
    title = figure.axes[0].get_title("left")
    assert title.replace("\n", " ") == f"Not music the model knows (speech): {message}"
    assert max(map(len, title.split("\n"))) < 110
    figure.canvas.draw()  # its dollar signs are no mathematics
