"""An explanation for print: the map over frequency and time, and what each moment carries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.explain.explanation import Explanation
from models.figures.palette import ACCENT_COLOUR, SOFT_COLOUR
from models.figures.saving import save_figure
from models.figures.style import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Below so many Hz the frequency axis is linear, above logarithmic, as mel is.
_LINEAR_BELOW_HZ = 1000.0


def draw_explanation(title: str, explanation: Explanation) -> Figure:
    """Draw the map, where the method has one, above its sum over frequencies; both with the scale that they share."""
    from matplotlib.figure import Figure

    with drawing():
        has_map = explanation.map.size > 0
        figure = Figure(figsize=(7.2, 4.6 if has_map else 2.6), layout="constrained")
        ratios = (2.0, 1.0) if has_map else (1.0,)
        rows = np.atleast_1d(figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios))
        half = 0.5 * float(np.median(np.diff(explanation.times_s))) if len(explanation.times_s) > 1 else 0.25
        edges = np.append(explanation.times_s - half, explanation.times_s[-1] + half).clip(0)
        unsigned = not explanation.is_signed
        if has_map:
            # Few cells stand out: the scale ends where all but one in a hundred do.
            reach = float(np.quantile(np.abs(explanation.map), 0.99)) or 1.0
            mesh = rows[0].pcolormesh(
                edges,
                _edges_of(explanation.frequencies_hz),
                explanation.map,
                cmap="cividis" if unsigned else "PuOr_r",
                vmin=0 if unsigned else -reach,
                vmax=reach,
                rasterized=True,
            )
            rows[0].set_yscale("symlog", linthresh=_LINEAR_BELOW_HZ, linscale=1.0)
            rows[0].set_yticks([250, 500, 1000, 2000, 4000, 8000], ["250", "500", "1k", "2k", "4k", "8k"])
            rows[0].minorticks_off()
            rows[0].set_ylabel("frequency in Hz")
            figure.colorbar(mesh, ax=rows[0], label="carried by a cell", extend="max" if unsigned else "both")
        along = rows[-1]
        along.step(explanation.times_s, explanation.over_time, where="mid", color=ACCENT_COLOUR, linewidth=1)
        along.axhline(0, color=SOFT_COLOUR, linewidth=0.6)
        along.set_ylabel("carried by\na half second")
        along.set_xlabel("time in s")
        along.set_xlim(edges[0], edges[-1])
        along.spines[["top", "right"]].set_visible(False)
        unit = "logit less the mean of all four" if explanation.target.startswith("Q") else "of the whole, in [-1, 1]"
        figure.suptitle(
            f"{title}\n{explanation.target}: {explanation.number:+.2f} ({unit}), by {explanation.method}",
            fontsize=10,
            parse_math=False,  # a title may hold dollar signs
        )
        figure.supxlabel(
            f"Model {explanation.model_id} {explanation.model_version}. {explanation.note}",
            fontsize=7,
            color=SOFT_COLOUR,
        )
    return figure


def write_explanation_figure(folder: Path, file: Path, explanation: Explanation) -> list[Path]:
    """Write `<stem>-<target>-<method>` as PNG and PDF into a folder and return their paths.

    Raises
    ------
    JobError
        "no_space" when they cannot be written.
    """
    figure = draw_explanation(file.stem, explanation)
    return save_figure(figure, folder, f"{file.stem}-{explanation.target}-{explanation.method}")


def _edges_of(centres_hz: NDArray[np.floating]) -> NDArray[np.floating]:
    middles = 0.5 * (centres_hz[1:] + centres_hz[:-1])
    return np.concatenate(([max(0.0, 2 * centres_hz[0] - middles[0])], middles, [2 * centres_hz[-1] - middles[-1]]))
