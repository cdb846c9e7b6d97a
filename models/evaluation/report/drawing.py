"""Figures of the report, as SVG that is the same on every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.analysis import QUADRANTS
from models.figures.palette import AROUSAL_COLOUR, VALENCE_COLOUR
from models.figures.style import figure_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Result = Mapping[str, Any]
_COLOURS = {"valence": VALENCE_COLOUR, "arousal": AROUSAL_COLOUR}
_ROW_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#5C6068")


def _new(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, Any]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(figure_style()):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
    for each in axes.flat:
        each.spines[["top", "right"]].set_visible(False)
    return figure, axes


def save_svg(figure: Figure, path: Path) -> None:
    """Write an SVG without a date and without random names, so that the same results give the same file."""
    import matplotlib as mpl

    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({**figure_style(), "svg.hashsalt": "affekt", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def draw_curves(results: Sequence[Result], titles: Mapping[str, str]) -> Figure:
    """Losses over epochs, one panel per source: training solid, validation dashed."""
    sources = sorted({result["source"] for result in results})
    figure, axes = _new(1, len(sources), (3.6 * len(sources), 2.8))
    names = [name for name in titles if any(result["recipe"]["name"] == name for result in results)]
    for axis, source in zip(axes[0], sources, strict=True):
        for name, colour in zip(names, _ROW_COLOURS, strict=False):
            for result in results:
                if result["source"] != source or result["recipe"]["name"] != name:
                    continue
                curve = np.array(result["losses_train_validation"], float)
                epochs = np.arange(1, len(curve) + 1)
                axis.plot(epochs, curve[:, 0], color=colour, marker="o", markersize=2, label=titles[name])
                axis.plot(epochs, curve[:, 1], color=colour, marker="s", markersize=2, linestyle="--")
        axis.axhline(np.log(4), color="#DEDCD5", zorder=0)
        axis.set_title(source)
        axis.set_xlabel("epoch")
        axis.legend(frameon=False, fontsize=6)
    axes[0, 0].set_ylabel("cross-entropy (line: guessing)")
    return figure


def draw_confusions(results: Sequence[Result], titles: Sequence[str]) -> Figure:
    """Confusion matrices side by side: rows are the labels, shares of each row."""
    figure, axes = _new(1, len(results), (2.3 * len(results), 2.6))
    for axis, result, title in zip(axes[0], results, titles, strict=True):
        counts = np.array(result["confusion_rows_truth"], float)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for i in range(4):
            for j in range(4):
                colour = "white" if shares[i, j] > 0.55 else "#22242A"
                axis.text(j, i, f"{shares[i, j]:.2f}\n{int(counts[i, j])}", ha="center", va="center", color=colour)
        axis.set_xticks(range(4), QUADRANTS)
        axis.set_yticks(range(4), QUADRANTS)
        axis.set_title(title, fontsize=8)
        axis.set_xlabel("answer")
    axes[0, 0].set_ylabel("label")
    return figure


def draw_lags(study: Result) -> Figure:
    """R2 and correlation within pieces on the test part over lag orders: features alone, and with the own past."""
    figure, axes = _new(1, 2, (7.2, 2.9))
    orders = [entry["order"] for entry in study["honest"]]
    for axis, figure_name, label in zip(
        axes[0], ("r2", "within_piece_r"), ("R2 over all steps", "mean correlation within pieces"), strict=True
    ):
        for name, colour in _COLOURS.items():
            for key, style, words in (("honest", "-", "features alone"), ("with_own_past", ":", "with its own past")):
                values = [entry["test"][name][figure_name] for entry in study[key]]
                axis.plot(orders, values, style, color=colour, marker="o", markersize=2, label=f"{name}, {words}")
            repeated = study["repeat_last_value"][name][figure_name]
            axis.plot([orders[-1] + 1], [repeated], "x", color=colour, label=f"{name}, repeating the last value")
        axis.set_ylim(min(-0.1, axis.get_ylim()[0]), 1.05)
        axis.axhline(0, color="#DEDCD5", zorder=0)
        axis.set_xlabel("lag order, in steps of 0.5 s")
        axis.set_ylabel(label)
    axes[0, 1].legend(frameon=False, fontsize=6)
    return figure


def draw_label_orders(results: Sequence[Result], titles: Mapping[str, str]) -> Figure:
    """Macro-F1 over numbers of labels, a panel per source, a curve per order; a band is the 95% interval over seeds."""
    from models.evaluation.report.label_order import mean_curve

    figure, axes = _new(1, len(results), (3.6 * len(results), 2.9))
    for axis, result in zip(axes[0], results, strict=True):
        colours = dict(zip(titles, ("#5C6068", *_ROW_COLOURS), strict=False))
        for order, title in titles.items():
            mean, low, high = mean_curve(result, order)
            style = "--" if order == "random" else "-"
            axis.plot(result["budgets"], mean, style, color=colours[order], marker="o", markersize=2, label=title)
            if order in ("random", "mix"):
                axis.fill_between(result["budgets"], low, high, color=colours[order], alpha=0.18, linewidth=0)
        axis.set_title(result["source"])
        axis.set_xlabel("labels")
    axes[0, 0].set_ylabel("macro-F1 on held-out groups")
    axes[0, -1].legend(frameon=False, fontsize=6, loc="lower right")
    return figure


def draw_adaptation(results: Sequence[Result], titles: Mapping[str, str]) -> Figure:
    """Error over corrections, a panel per source, a curve per kind of people; the band is that of all of them."""
    figure, axes = _new(1, len(results), (3.3 * len(results), 2.9))
    colours = ("#5C6068", *_ROW_COLOURS[:4])
    for axis, result in zip(axes[0], results, strict=True):
        points = result["says"] == "points"
        figure_name = "distance" if points else "accuracy"

        def curve(
            of: Result, key: str, name: str = figure_name, points: bool = points, counts: Any = result["counts"]
        ) -> Any:
            values = np.array([of[name][str(count)][key] for count in counts])
            return values if points else 1 - values

        where = np.arange(len(result["counts"]))
        for (kind, of), colour in zip(result["kinds"].items(), colours, strict=False):
            axis.plot(where, curve(of, "value"), color=colour, marker="o", markersize=2, label=kind)
        axis.plot(where, curve(result["all"], "value"), color="black", linewidth=1.6, label="all")
        axis.fill_between(
            where, curve(result["all"], "low"), curve(result["all"], "high"), color="black", alpha=0.12, linewidth=0
        )
        axis.set_xticks(where, [str(count) for count in result["counts"]])
        axis.set_title(titles[result["source"]].split(" (")[0])
        axis.set_xlabel("corrections")
        axis.set_ylabel("distance on the plane" if points else "quadrants that are wrong")
        axis.legend(frameon=False, fontsize=5)
    return figure
