"""Heat: where the model weighted, what pushed its answer, or what an explanation says carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.explain.method_words import METHOD_WORDS
from models.figures.recording import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What may lie under the waveform.
HEATS = ("none", "attention", "contribution", "explanation")
#: Few cells stand out: a scale ends where all but one in a hundred do.
_REACH = 0.99


@dataclass(frozen=True)
class Heat:
    """Values over time, with the words and colours of their scale."""

    name: str
    times_s: NDArray[np.floating]
    values: NDArray[np.floating]
    limits: tuple[float, float]
    low: str
    high: str
    cmap: Any
    has_map: bool = False


def reach_of(values: NDArray[np.floating]) -> float:
    """Return where a scale ends that all but one in a hundred of the values lie within."""
    return float(np.quantile(np.abs(values), _REACH)) or 1.0


def heat_of(view: View) -> Heat | None:
    """Return what lies under the waveform; None for nothing, also where the explanation asked for is not there."""
    analysis, explanation = view.recording.analysis, view.recording.explanation
    if view.heat == "attention":
        relative = analysis.attention / max(float(analysis.attention.max()), 1e-12)
        return Heat(
            "attention (where the model weighted)", analysis.times_s, relative, (0.0, 1.0), "0", "max.", _half("Blues")
        )
    if view.heat == "contribution":
        at = QUADRANTS.index(analysis.quadrant)
        values = analysis.contributions[:, at] - analysis.contributions.mean(axis=1)
        reach = reach_of(values)
        name = f"what pushed it to {analysis.quadrant}"
        return Heat(name, analysis.times_s, values, (-reach, reach), "away", "towards", _pale("PuOr_r"))
    if view.heat == "explanation" and explanation is not None:
        name = f"what carries {explanation.target}"
        if not view.preset.narrow:
            name += f" ({METHOD_WORDS[explanation.method].name.lower()})"
        values = np.asarray(explanation.over_time, np.float64)
        reach = reach_of(values)
        has_map = explanation.map.size > 0
        if not explanation.is_signed:
            return Heat(name, explanation.times_s, values, (0.0, reach), "0", "max.", _half("Blues"), has_map)
        return Heat(name, explanation.times_s, values, (-reach, reach), "against", "for", _pale("PuOr_r"), has_map)
    return None


def heat_words(view: View) -> str:
    """Return what the heat is and how faithful its method measured, in sentences; empty where there is none."""
    heat, explanation = heat_of(view), view.recording.explanation
    if heat is None:
        return ""
    method = explanation.method if view.heat == "explanation" and explanation is not None else view.heat
    words = METHOD_WORDS[method]  # type: ignore[index]
    return f"{words.name}: {words.meaning}. {words.standing}"


def _half(name: str) -> Any:
    """Return the paler part of a map: the signal's ink stays dark upon it."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap

    return ListedColormap(mpl.colormaps[name](np.linspace(0, 0.55, 128)))


def _pale(name: str) -> Any:
    """Return the middle of a diverging map: the signal's ink stays dark upon it."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap

    return ListedColormap(mpl.colormaps[name](np.linspace(0.18, 0.82, 129)))


def draw_heat(axes: Axes, view: View) -> None:
    """Tint axes from -1 to 1 by the heat of each moment."""
    heat = heat_of(view)
    if heat is None or not len(heat.times_s):
        return
    step = float(np.median(np.diff(heat.times_s))) if len(heat.times_s) > 1 else 2 * float(heat.times_s[0])
    axes.imshow(
        heat.values[None], extent=(float(heat.times_s[0]) - step / 2, float(heat.times_s[-1]) + step / 2, -1, 1),
        aspect="auto", cmap=heat.cmap, vmin=heat.limits[0], vmax=heat.limits[1], interpolation="nearest",
    )  # fmt: skip
    axes.set_xlim(view.start_s, view.end_s)


def draw_map(axes: Axes, view: View) -> None:
    """Lay an explanation over a spectrogram of mel bands: the more a cell carries, the more it covers."""
    import matplotlib as mpl

    explanation, band_hz = view.recording.explanation, view.recording.overview.band_hz
    if explanation is None or not explanation.map.size:
        return
    values = np.asarray(explanation.map, np.float64)
    relative = np.clip(values / reach_of(values), -1, 1)
    colours = mpl.colormaps["PuOr_r"](0.5 + 0.5 * relative)
    colours[..., 3] = 0.85 * np.abs(relative) ** 0.7
    rows = np.interp(explanation.frequencies_hz, band_hz, np.arange(len(band_hz)))
    half = 0.5 * float(np.median(np.diff(rows))) if len(rows) > 1 else 2.0
    step = float(np.median(np.diff(explanation.times_s))) if len(explanation.times_s) > 1 else 0.5
    axes.imshow(
        colours, origin="lower", aspect="auto", interpolation="nearest",
        extent=(
            float(explanation.times_s[0]) - step / 2, float(explanation.times_s[-1]) + step / 2,
            float(rows[0]) - half, float(rows[-1]) + half,
        ),
    )  # fmt: skip
