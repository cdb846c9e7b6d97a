"""One recording as stacked panels on one time axis: what the window shows, for print."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.analysis import QUADRANT_NAMES, QUADRANTS, Analysis, Overview
from models.export.words import domain_words, valence_arousal_words
from models.figures.palette import (
    AROUSAL_COLOUR,
    LINE_COLOUR,
    LOUDNESS_COLOUR,
    QUADRANT_COLOURS,
    SOFT_COLOUR,
    TEXT_COLOUR,
    VALENCE_COLOUR,
    WARNING_COLOUR,
)
from models.figures.saving import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Fonts tried in turn, so that a Chinese or Korean title is no row of boxes where a font for it is installed.
_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK KR",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "Malgun Gothic",
    "PingFang SC",
    "Apple SD Gothic Neo",
)
_MOST_COLUMNS = 2400
_ABOVE: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.0, 0.98), "frameon": False, "borderpad": 0.1}


def _installed_fonts() -> list[str]:
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _FONTS if name in there] or ["DejaVu Sans"]


def figure_style() -> dict[Any, Any]:
    """Matplotlib's settings for every figure of ours."""
    return {
        "font.family": _installed_fonts(),
        "font.size": 8,
        "axes.edgecolor": LINE_COLOUR,
        "axes.labelcolor": TEXT_COLOUR,
        "xtick.color": SOFT_COLOUR,
        "ytick.color": SOFT_COLOUR,
        "text.color": TEXT_COLOUR,
        "pdf.fonttype": 42,
    }


def draw_panels(title: str, overview: Overview, analysis: Analysis) -> Figure:
    """Draw waveform over attention, spectrogram, quadrants, valence and arousal with loudness.

    Every axis states its range; model, version and the curves' origin stand below. Around valence and arousal stands
    their band, where the model states one, and above all a warning where this is not music it knows.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(figure_style()):
        figure = Figure(figsize=(7.2, 7.0), layout="constrained")
        rows = figure.subplots(4, 1, sharex=True, height_ratios=(1.1, 1.4, 1.3, 1.5))
        _waveform(rows[0], overview, analysis)
        _spectrogram(rows[1], overview)
        _quadrants(rows[2], analysis)
        _valence_arousal(rows[3], overview, analysis)
        for axes in rows:
            for climax in analysis.climaxes[:3]:
                axes.axvline(climax.peak_s, color=TEXT_COLOUR, linewidth=0.6, linestyle=(0, (1, 2)))
            axes.spines[["top", "right"]].set_visible(False)
        for climax in analysis.climaxes[:3]:  # only where shade is not mistaken for a value
            rows[3].axvspan(climax.start_s, climax.end_s, color=TEXT_COLOUR, alpha=0.06, linewidth=0)
        if flag := domain_words(analysis.domain):
            words = "\n".join(textwrap.wrap(flag[0].upper() + flag[1:], 105))
            rows[0].set_title(words, loc="left", fontsize=8, color=WARNING_COLOUR, parse_math=False)
        rows[0].set_xlim(0, overview.duration_s)
        rows[-1].set_xlabel("time in s; shaded: the strongest climaxes (three at most), dotted: their peaks")
        index = QUADRANTS.index(analysis.quadrant)
        figure.suptitle(
            f"{title}\n{analysis.quadrant} {QUADRANT_NAMES[analysis.quadrant]} {analysis.probabilities[index]:.0%}"
            f"{', ' if analysis.valence_band is None else chr(10)}{valence_arousal_words(analysis)}",
            fontsize=10,
            parse_math=False,  # a title may hold dollar signs
        )
        origin = {"derived": "derived from the quadrant probabilities", "regressor": "by the regressor"}
        figure.supxlabel(
            f"Model {analysis.model_id} {analysis.model_version}. Valence and arousal in [-1, 1], "
            f"{origin[analysis.valence_arousal_source]}; no lag is subtracted.\n{_band_words(analysis)}"
            "Estimates of the emotion the music expresses, not of how a listener feels.",
            fontsize=7,
            color=SOFT_COLOUR,
        )
    return figure


def _band_words(analysis: Analysis) -> str:
    if analysis.valence_band_over_time is None and analysis.arousal_band_over_time is None:
        return ""
    return (
        f"Tinted around the curves: the band in which {analysis.band_coverage:.0%} of ratings lay, "
        "of music the model was not trained on.\n"
    )


def _waveform(axes: Axes, overview: Overview, analysis: Analysis) -> None:
    group = max(1, len(overview.waveform) // _MOST_COLUMNS)
    whole = overview.waveform[: len(overview.waveform) // group * group].reshape(-1, group, 2)
    low, high = whole[:, :, 0].min(axis=1), whole[:, :, 1].max(axis=1)
    times = (np.arange(len(low)) + 0.5) * group * overview.waveform_bin_s
    relative = analysis.attention / max(float(analysis.attention.max()), 1e-12)
    axes.imshow(
        relative[None],
        extent=(0, overview.duration_s, -1, 1),
        aspect="auto",
        cmap="Blues",
        vmin=0,
        vmax=2.0,
        interpolation="nearest",
    )
    axes.fill_between(times, low, high, color=TEXT_COLOUR, linewidth=0)
    axes.set(ylim=(-1, 1), ylabel="signal, -1..1\nover attention\n(of its maximum)")


def _spectrogram(axes: Axes, overview: Overview) -> None:
    group = max(1, overview.spectrogram.shape[1] // _MOST_COLUMNS)
    columns = overview.spectrogram[:, ::group]
    low, high = overview.spectrogram_range_db
    axes.imshow(
        low + columns.astype(np.float32) / 255 * (high - low),
        origin="lower",
        aspect="auto",
        cmap="magma_r",  # as in the light window: silence has the tone of the page
        vmin=low,
        vmax=high,
        extent=(0, overview.duration_s, -0.5, len(overview.band_hz) - 0.5),
        interpolation="nearest",
    )
    ticks = (100, 500, 1000, 3000, 10_000)
    axes.set_yticks([float(np.interp(hz, overview.band_hz, np.arange(len(overview.band_hz)))) for hz in ticks])
    axes.set_yticklabels([f"{hz:,}" for hz in ticks])
    axes.set_ylabel(f"mel bands in Hz\n{low:.0f} to {high:+.0f} dB")


def _quadrants(axes: Axes, analysis: Analysis) -> None:
    order = QUADRANTS[::-1]  # from the bottom, so that Q1 is on top as in the window
    axes.stackplot(
        analysis.times_s,
        *(analysis.quadrants_over_time[:, QUADRANTS.index(name)] for name in order),
        colors=[QUADRANT_COLOURS[name] for name in order],
        labels=[f"{name} {QUADRANT_NAMES[name]}" for name in order],
    )
    axes.set(ylim=(0, 1), ylabel="probability, 0..1")
    axes.legend(**_ABOVE, ncols=4)


def _valence_arousal(axes: Axes, overview: Overview, analysis: Analysis) -> None:
    axes.axhline(0, color=LINE_COLOUR, linewidth=0.8)
    for band, colour in (
        (analysis.valence_band_over_time, VALENCE_COLOUR),
        (analysis.arousal_band_over_time, AROUSAL_COLOUR),
    ):
        if band is not None:
            axes.fill_between(analysis.times_s, band[:, 0], band[:, 1], color=colour, alpha=0.22, linewidth=0)
    axes.plot(analysis.times_s, analysis.valence_over_time, color=VALENCE_COLOUR, label="valence")
    axes.plot(
        analysis.times_s, analysis.arousal_over_time, color=AROUSAL_COLOUR, label="arousal", linestyle=(0, (5, 1.5))
    )
    axes.set(ylim=(-1, 1), ylabel="valence, arousal\n-1..1")
    level = axes.twinx()
    times = (np.arange(len(overview.loudness_db)) + 0.5) * overview.loudness_bin_s
    level.plot(times, overview.loudness_db, color=LOUDNESS_COLOUR, linewidth=0.5, label="loudness, dBFS")
    level.set(ylim=(-60, 40), yticks=(-60, -30, 0), ylabel="dBFS")
    level.yaxis.label.set_color(LOUDNESS_COLOUR)
    level.tick_params(colors=LOUDNESS_COLOUR)
    level.spines[["top", "right"]].set_visible(False)
    lines = [*axes.get_lines()[1:], *level.get_lines()]
    axes.legend(lines, [str(line.get_label()) for line in lines], **_ABOVE, ncols=3)


def write_figure(folder: Path, file: Path, overview: Overview, analysis: Analysis) -> list[Path]:
    """Write the panels of one recording as PNG and PDF; files of one name in two folders do not overwrite each other.

    Raises
    ------
    JobError
        "no_space" when a file cannot be written.
    """
    figure = draw_panels(file.stem, overview, analysis)
    return save_figure(figure, folder, f"{file.stem}-{analysis.sha256[:8]}", file.name)
