"""The page on Qiu, Lin and Lin (2025)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.evaluation.report.drawing import draw_lags, save_svg
from models.evaluation.report.lags import DIMENSIONS, ORDERS, PARTS
from models.evaluation.report.published import ABLATION, TRACES, PublishedRegression
from models.evaluation.report.tables import NOT_GIVEN, NOT_RUN, budget, number, table

Results = Mapping[str, Mapping[str, Any]]
#: Orders whose figures the page prints; the result file holds all of them.
_PRINTED = (1, 2, 5, 10, 15, 20, 25, 29)
_TITLES = {
    "ours": "CNN-BiLSTM with multi-head attention (proposed)",
    "without-cnn": "without CNN",
    "without-bilstm": "without BiLSTM",
    "without-both": "without CNN and BiLSTM",
    "tpa-bilstm": "TPA-BiLSTM",
}

_PROTOCOL = """**Protocol.** VGMIDI: traces of about 30 raters each for piano arrangements of game soundtracks,
rendered, at 2 Hz. One split by series: three fifths of the pieces to train, one fifth to choose the epoch, one fifth
to test; the catch-all series "Other" is split by piece. Adam 1e-3, batch 32, 128 hidden units, z-scores from the
training part, gaps filled forward, noise on the inputs, selection of features by random-forest importance at 0.0015,
early stopping: the paper's. Output tanh instead of its softmax, loss half 1 - CCC and half mean squared error.
Features of the moment and all of the music around it, never a rating. R2, RMSE, MAE and MAPE on the paper's scale of
0 to 1 over all steps; the correlation within pieces says whether the curve moves with the raters, which R2 over all
steps hardly sees."""

_WHY = """**Why these are not the paper's figures.**

- *The lag trap*, below. The ratings' own past gives R2 above 0.9 without any music. The authors of PMEmo report, with
  songs kept apart, an RMSE of 0.131 and 0.128 for valence and arousal over time; the paper has 0.073 and 0.074.
- *A softmax is no regression.* The paper ends in one "over the sentiment scores". Its outputs are positive and sum to
  1: they cannot be a valence of -0.4, nor valence and arousal at once. We end in tanh.
- *Splits.* 80/10/10 of what is not said. If of steps, neighbouring half-seconds of one song are on all sides; the
  paper's test R2 for arousal (0.845) is above its training R2 (0.827), as it is when the parts are the same songs.
- *Data.* DEAM and PMEmo are not at hand; readers for both are part of the program.
- *Word2Vec* is said to preprocess the audio. There are no words in it; left out. A "sparrow search algorithm" is
  named once in the results and never described; left out.
- *Selection.* Shares of importance sum to 1. A threshold of 0.0015 drops what is worse than average among 667
  features; among the 123 here it drops next to nothing."""

_ANOMALIES = """## What the paper's tables say about themselves

From R2 and RMSE of one row follows the variance of the target: RMSE^2 / (1 - R2). Rows on the same test part must
agree in it, whatever the model. And MAE can never be above RMSE."""

_LAGS = """## Lag order

The paper feeds lags 1 to 29 of "previous time points" and finds every score better with more of them, best at 25. It
does not say that the ratings themselves are not among them. So the study is done twice, on the same steps, pieces and
split: with lags of the features only, which is what a listener could do; and with the ratings' own past beside them,
**shown only to demonstrate the leak**: it needs the answer of half a second ago, which nobody has for new music."""


def _mean_variance(row: PublishedRegression) -> str:
    return NOT_GIVEN if row.r2 >= 1 else f"{row.rmse**2 / (1 - row.r2):.4f}"


def _anomalies() -> str:
    rows = []
    for title, name, published in (
        *(
            (f"tables 1 and 2, {d}, test", name, figures)
            for name, both in TRACES.items()
            for d, figures in both.items()
        ),
        *(("table 3", name, figures) for name, figures in ABLATION.items()),
    ):
        verdict = "impossible: MAE above RMSE" if published.mae > published.rmse else ""
        rows.append(
            [
                title,
                _TITLES[name],
                *(number(v, 3) for v in (published.r2, published.rmse, published.mae)),
                _mean_variance(published),
                verdict,
            ]
        )
    head = ["where", "row", "R2", "RMSE", "MAE", "implied variance", ""]
    return table(head, rows)


def _with_interval(figures: Mapping[str, Any], groups: int) -> str:
    """R2 with its 95% interval over groups, where there is more than one group to draw from."""
    low, high = figures.get("r2_interval", (None, None)) if groups > 1 else (None, None)
    return number(figures["r2"]) + ("" if low is None else f" ({number(low)} to {number(high)})")


def _traces(results: Results, dimension: str) -> str:
    rows = []
    for name, title in _TITLES.items():
        result = results.get(f"traces-{name}")
        paper = TRACES.get(name, {}).get(dimension)
        ablation = ABLATION.get(name) if dimension == "arousal" else None
        row = [
            title,
            NOT_GIVEN if paper is None else number(paper.r2),
            NOT_GIVEN if ablation is None else number(ablation.r2),
        ]
        if result is None:
            rows.append([*row, *[NOT_RUN] * 8])
            continue
        test = result["test"][dimension]
        row += [
            *(number(result[part][dimension]["r2"]) for part in PARTS[:2]),
            _with_interval(test, result["test"]["groups"]),
        ]
        row += [number(test[key]) for key in ("rmse", "mae", "mape", "within_piece_r")]
        rows.append([*row, budget(result)])
    head = [
        "network",
        "paper: test R2",
        "paper: table 3",
        "here: R2 train",
        "validation",
        "test",
        "RMSE",
        "MAE",
        "MAPE",
        "r within pieces",
        "budget here",
    ]
    return table(head, rows)


def _lag_rows(
    entries: list[Mapping[str, Any]], dimension: str, scores: Mapping[int, float], groups: int
) -> list[list[str]]:
    rows = []
    for entry in entries:
        test = entry["test"][dimension]
        rows.append(
            [
                str(entry["order"]),
                *(number(entry[part][dimension]["r2"]) for part in PARTS[:2]),
                _with_interval(test, groups),
                *(number(test[key]) for key in ("mae", "rmse", "mape", "within_piece_r")),
                number(scores.get(entry["order"])),
            ]
        )
    return rows


_LAG_HEAD = ["order", "R2 train", "validation", "test", "MAE", "RMSE", "MAPE", "r within pieces", "comprehensive"]


def _lag_section(results: Results, folder: Path) -> list[str]:
    study = results.get("lag-ridge")
    if study is None:
        return [f"The study: {NOT_RUN}."]
    save_svg(draw_lags(study), folder / "figures" / "lags.svg")
    short = study["pieces_too_short"]
    left_out = f"; {short} shorter than 15 s are left out" if short else ""
    first, last = (study["honest"][i] for i in (0, -1))
    trend = " and ".join(
        f"{d} from {number(first['test'][d]['r2'])} to {number(last['test'][d]['r2'])}" for d in DIMENSIONS
    )
    parts = [
        f"Ridge regression on {study['n_features_used']} of {study['n_features']} features ({study['features']}; those "
        f"that a random forest over the training part finds most important), strength chosen on the validation part. "
        f"{study['pieces']} pieces of {study['groups']} groups, {study['steps']:,} steps{left_out}. "
        "Figures are pooled over five rotations of the split, each piece tested "
        'once; brackets are 95% intervals over groups. "Comprehensive" is the paper\'s entropy-weighted score '
        "(equations 2 to 8) over the orders of one table: it ranks them, and means nothing outside of it.",
        "![R2 and within-piece correlation over lag orders](figures/lags.svg)",
    ]
    repeated = study["repeat_last_value"]
    said = ", ".join(
        f"{name} R2 {repeated[name]['r2']:.3f}, within pieces {repeated[name]['within_piece_r']:.3f}"
        for name in DIMENSIONS
    )
    parts.append(
        f"Saying the last value again, without any music, scores: {said}. No R2 that the paper reports is above it. "
        f"Features alone go from order {first['order']} to order {last['order']} as follows: test R2 of {trend}. So "
        "the paper's trend can be had honestly, since more lags are more of the music to judge by; its level cannot."
    )
    for key, title in (("honest", "features only"), ("with_own_past", "with the ratings' own past (the leak)")):
        scores_of = study["comprehensive_honest" if key == "honest" else "comprehensive_with_own_past"]
        for dimension in DIMENSIONS:
            scores = dict(zip((e["order"] for e in study[key]), scores_of[dimension], strict=True))
            entries = [entry for entry in study[key] if entry["order"] in _PRINTED]
            parts.append(f"### {dimension.capitalize()}, {title}")
            parts.append(table(_LAG_HEAD, _lag_rows(entries, dimension, scores, study["groups"])))
    parts.append(f"All orders from {ORDERS[0]} to {ORDERS[-1]} are in `results/lag-ridge.json`.")
    return parts


def _network_lags(results: Results) -> list[str]:
    result = results.get("lag-network")
    title = "### A small version of the paper's network on windows"
    if result is None:
        return [title, f"{NOT_RUN.capitalize()}."]
    hidden = result["recipe"]["arguments"]["hidden"]
    rows = [
        [
            str(entry["order"]),
            "yes" if entry["with_own_past"] else "no",
            *(number(entry["test"][dimension][key]) for dimension in DIMENSIONS for key in ("r2", "within_piece_r")),
        ]
        for entry in result["entries"]
    ]
    head = ["order", "own past", *(f"{d}: {w}" for d in DIMENSIONS for w in ("test R2", "r within pieces"))]
    return [
        title,
        f"CNN, BiLSTM and attention with {hidden} units on windows of as many steps, one answer at their end; every "
        f"fourth window, one rotation of the split, {result['processor_minutes']:.0f} min of one core in all.",
        table(head, rows),
    ]


def _made_of(results: Results) -> str:
    """What the networks on traces read and were tested on, so that nobody takes it for more."""
    rows = {name: r for variant, name in _TITLES.items() if (r := results.get(f"traces-{variant}")) is not None}
    if not rows:
        return ""
    counts = sorted({row["n_features"] for row in rows.values()}, reverse=True)
    few = [f"{count} in the rows {_listed(rows, count)}" for count in counts[1:]]
    earlier = f" ({'; '.join(few)}: an earlier list)" if few else ""
    said = f" Features: {counts[0]} {rows[next(iter(rows))]['features']}{earlier}."
    tests = sorted({(row["test"]["pieces"], row["test"]["groups"]) for row in rows.values()})
    alone = ": no interval can be given, and another series may score otherwise" if tests[-1][1] == 1 else ""
    return said + f" Test part: {', '.join(f'{pieces} pieces of {groups} series' for pieces, groups in tests)}{alone}."


def _listed(rows: Results, count: int) -> str:
    return ", ".join(f'"{name}"' for name, row in rows.items() if row["n_features"] == count)


def second_paper_page(results: Results, folder: Path) -> str:
    """Markdown of the page; its figures are written below `folder`."""
    parts = [
        "# The second paper's results, and ours under one protocol",
        'Qiu, Lin and Lin (2025), "Music audio emotion regression using the fusion of convolutional neural networks '
        'and bidirectional long short-term memory models". Made by `python -m models.evaluation.report pages`; do not '
        "edit.",
        "## Tables 1 to 3",
        _PROTOCOL + _made_of(results),
        *(f"### {dimension.capitalize()}\n\n{_traces(results, dimension)}" for dimension in reversed(DIMENSIONS)),
        _WHY,
        _ANOMALIES,
        _anomalies(),
        'In table 3 three rows imply a variance of 0.030 and "without CNN" implies 0.144: with an RMSE of 0.380 on the '
        "data of the other rows R2 would be about -3.7, not 0.00. Removing CNN and BiLSTM together costs less (0.877) "
        'than removing the BiLSTM alone (0.744), which the text calls "a significant decline". The full model has '
        "0.939 there and 0.845 in table 1. All six rows of TPA-BiLSTM in tables 1 and 2 have an MAE above their RMSE. "
        'So have those taken over from the MCAN paper (RMSE 0.135, MAE 0.901), and the "93.90% decrease in MAE" is '
        "counted from them.",
        _LAGS,
        *_lag_section(results, folder),
        *_network_lags(results),
    ]
    return "\n\n".join(parts) + "\n"
