"""The first paper's tables 3 and 4 on anybody's labelled folders: its networks and baselines under one protocol."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.data.labelled import LabelledClip
from models.errors import JobError
from models.evaluation.report.published import QUADRANTS
from models.evaluation.report.quadrants import (
    AVERAGING,
    ROWS,
    SEED,
    Material,
    Row,
    Split,
    budgeted,
    grouped_split,
    material,
    middle,
    scores_of,
)
from models.evaluation.report.tables import NOT_RUN, interval, number, table
from models.jobs import CancelToken
from models.training.budget import Clock, measure_pace
from models.training.features import Features
from models.training.loop import EpochReport, Notice, TrainedNetwork, predict, train_network
from models.training.material import Material as PaceMaterial
from models.training.record import RunProgress

SCHEMA = "affekt.paper-tables/1"
TABLES_FILE, SHEET_FILE, RESULTS_FILE = "tables.md", "tables.csv", "results.json"
FIGURES = ("accuracy", "macro_precision", "macro_recall", "macro_f1", "arousal_accuracy", "valence_accuracy")
#: The paper's longest training, and what of the time that there is is planned with.
_MOST_EPOCHS, _PLANNED = 100, 0.85
#: Clips whose steps are timed.
_TIMED = 64

_PROTOCOL = f"""One split: a fifth of the groups (artists or songs) is held out and tested once, a ninth of the others
is watched to choose the epoch; no group is on two sides. (The paper divides 80/10/10 by class and does not say that
clips of one song stay together.) Each network as the paper describes it, with its recipe (Adam 1e-3, weight decay 1e-4,
batch 32, cross-entropy, early stopping), on random 10-s crops of log-mel (the paper: 30 s), tested on whole 30-s clips;
a moving average of the weights (decay {AVERAGING} per step; the paper has none), and the epochs that the time allowed.
ResNet-50 starts from random weights (the paper's from photographs). One seed. Brackets: 95%, bootstrap over groups."""


@dataclass(frozen=True)
class RowDone:
    """A network was trained and tested: `result` is its entry in the results."""

    source: str
    result: Mapping[str, Any]


def paper_tables(
    clips: Sequence[LabelledClip],
    features: Features,
    *,
    minutes: float = 0.0,
    device: str = "cpu",
    rows: Sequence[Row] = ROWS,
    cancel: CancelToken | None = None,
    began_s: float | None = None,
) -> Iterator[RunProgress | Notice | RowDone | dict[str, Any]]:
    """Train and test each of the paper's networks on each folder.

    Parameters
    ----------
    clips : sequence of LabelledClip
        Each has a quadrant. Folders (sources) are trained on one by one, as the paper's data sets are.
    features : np.ndarray [shape=(n, 128, 1292), dtype=float16]
        Their log-mel.
    minutes : float
        For all together; 0 for the epochs of our own report (`docs/report/first-paper.md`).
    device : str
        "cpu", "cuda" or "mps".
    rows : sequence of Row
        Which networks.
    cancel : CancelToken, optional
        Looked at between steps; told to finish, it begins no further network.
    began_s : float, optional
        When the time began to count (`time.monotonic`); without it, now.

    Yields
    ------
    RunProgress, Notice, RowDone or dict
        The results last, schema "affekt.paper-tables/1".

    Raises
    ------
    JobError
        "bad_data" when a folder is too small to be divided; "out_of_memory".
    Cancelled
        When asked to stop.
    """
    cancel = cancel or CancelToken()
    began_s = time.monotonic() if began_s is None else began_s
    clock = Clock(began_s + 60 * minutes if minutes else math.inf)
    sources = sorted({clip.source for clip in clips})
    parts = {}
    for source in sources:
        where = np.array([clip.source == source for clip in clips])
        data = material(source, [clip for clip in clips if clip.source == source], features[where])
        parts[source] = data, _split(data)
    jobs = [(source, row) for source in sources for row in rows]
    results: dict[str, list[dict[str, Any]]] = {source: [] for source in sources}
    notices: list[str] = []
    for number_, (source, row) in enumerate(jobs):
        if cancel.stopping and number_:
            notices.append(f"Stopped by hand after {number_} of {len(jobs)} networks.")
            yield Notice(notices[-1])
            break
        data, split = parts[source]
        for event in _train(row, data, split, clock, len(jobs) - number_, device, cancel):
            if isinstance(event, EpochReport):
                done = (number_ + event.epoch / event.epochs) / len(jobs)
                yield RunProgress(f"{source}: {row.name}", event, "", done)
            elif isinstance(event, Notice):
                notices.append(f"{source}, {row.name}: {event.text}")
                yield Notice(notices[-1])
            else:
                results[source].append(event)
                yield RowDone(source, event)
    yield {
        "schema": SCHEMA,
        "protocol": " ".join(_PROTOCOL.split()),
        "minutes": minutes,
        "notices": notices,
        "rows": [{"recipe": row.recipe, "name": row.name} for row in rows],
        "sources": results,
    }


def _split(data: Material) -> Split:
    try:
        return grouped_split(data.labels, data.groups)
    except ValueError as error:
        raise JobError(
            "bad_data",
            f"{data.source} is too small to be divided into what is learned from, watched and tested on: {error}. Add "
            "recordings of other artists or songs.",
        ) from None


def _train(
    row: Row, data: Material, split: Split, clock: Clock, left: int, device: str, cancel: CancelToken
) -> Iterator[EpochReport | Notice | dict[str, Any]]:
    """Train and test one network; `left` counts it and those after it, which share the time that there is."""
    training, watched, test = data.part(split.train), data.part(split.validation), data.part(split.test)
    recipe = budgeted(row)
    stop_at_s = clock.stop_at_s(1, left)
    if not math.isinf(stop_at_s):
        sample = training.part(np.arange(len(training.labels)) < _TIMED)
        groups = np.array(sample.groups)
        tags = np.full(len(groups), frozenset(), object)
        pace = measure_pace(
            PaceMaterial(sample.features, sample.labels, groups, tags, np.ones(len(groups))), recipe, device
        )
        each_s = len(training.labels) * pace.training_s + len(watched.labels) * pace.judging_s
        fit = math.floor(_PLANNED * max(0.0, stop_at_s - time.monotonic()) / max(each_s, 1e-9))
        recipe = replace(recipe, epochs=max(1, min(_MOST_EPOCHS, fit)))
    began_s = time.process_time()
    epochs, trained = 0, None
    for event in train_network(
        training.features,
        training.labels,
        recipe,
        seed=SEED,
        validation=(middle(watched.features), watched.labels),
        device=device,
        stop_at_s=stop_at_s,
        cancel=cancel,
    ):
        if isinstance(event, TrainedNetwork):
            trained = event
        else:
            epochs += isinstance(event, EpochReport)
            yield event
    assert trained is not None
    answers = predict(trained.network, test.features).argmax(axis=1)
    yield {
        "recipe": row.recipe,
        "name": row.name,
        "epochs": epochs,
        "kept_epoch": trained.epochs,
        "ending": trained.ending,
        "processor_minutes": round((time.process_time() - began_s) / 60, 2),
        "weights": sum(p.numel() for p in trained.network.parameters()),
        "trained_on": {"clips": len(training.labels), "groups": len(set(training.groups))},
        **scores_of(test.labels, answers, test.groups),
    }


# What is written ------------------------------------------------------------------------------------------------------


def as_markdown(results: Mapping[str, Any]) -> str:
    """A page with a table per folder."""
    lines = ["# The first paper's tables 3 and 4 on these recordings", "", results["protocol"], ""]
    for source, entries in results["sources"].items():
        by_recipe = {entry["recipe"]: entry for entry in entries}
        lines += [f"## {source}", "", _table(results["rows"], by_recipe), ""]
        attention = _attention(by_recipe)
        lines += [attention, ""] if attention else []
    lines += [f"- {text}" for text in results["notices"]]
    return "\n".join(lines).rstrip() + "\n"


def _table(rows: Sequence[Mapping[str, str]], by_recipe: Mapping[str, Mapping[str, Any]]) -> str:
    head = ["network", "accuracy", "precision", "recall", "F1", "arousal side", "valence side", "epochs (kept)"]
    head += ["paper, PMEmo: accuracy (F1)", "paper, EMOPIA: accuracy (F1)"]
    body = []
    for row in rows:
        entry = by_recipe.get(row["recipe"])
        scores = entry["scores"] if entry else {}
        cells = [row["name"], *(interval(scores.get(name)) for name in FIGURES)]
        cells.append(f"{entry['epochs']} ({entry['kept_epoch']})" if entry else NOT_RUN)
        for paper_set in ("PMEmo", "EMOPIA"):
            paper = QUADRANTS[row["recipe"]].get(paper_set)
            cells.append(f"{paper.accuracy / 100:.3f} ({number(paper.f1, 2)})" if paper else "-")
        body.append(cells)
    return table(head, body)


def _attention(by_recipe: Mapping[str, Mapping[str, Any]]) -> str:
    with_it, without = by_recipe.get("crnn-paper"), by_recipe.get("crnn-paper-no-attention")
    if with_it is None or without is None:
        return ""
    a, b = (one["scores"]["accuracy"] for one in (with_it, without))
    apart = a["low"] > b["high"] or b["low"] > a["high"]
    said = "the intervals do not overlap" if apart else "the intervals overlap, so no difference is shown"
    return (
        f"Attention is worth {100 * (a['value'] - b['value']):+.1f} points of accuracy here (paper: about +4); {said}."
    )


def as_sheet(results: Mapping[str, Any]) -> str:
    """The same as CSV: a row per folder and network, a figure and its interval in three columns."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    figures = [f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high")]
    writer.writerow(["folder", "network", "recipe", "clips_tested", "groups_tested", *figures, "epochs", "kept_epoch"])
    for source, entries in results["sources"].items():
        for entry in entries:
            cells = [entry["scores"].get(name, {}).get(key, "") for name in FIGURES for key in ("value", "low", "high")]
            start = [source, entry["name"], entry["recipe"], entry["clips"], entry["groups"]]
            writer.writerow([*start, *cells, entry["epochs"], entry["kept_epoch"]])
    return stream.getvalue()


def write_tables(folder: Path, results: Mapping[str, Any]) -> list[Path]:
    """Write the tables as Markdown and CSV, and all results as JSON, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    out = []
    for name, text in (
        (TABLES_FILE, as_markdown(results)),
        (SHEET_FILE, as_sheet(results)),
        (RESULTS_FILE, json.dumps(results, indent=1) + "\n"),
    ):
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
        out.append(folder / name)
    return out
