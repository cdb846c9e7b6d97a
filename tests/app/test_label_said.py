"""What was said of the open tracks, as rows, and the order in which labels help most."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.document import Document, TrackState
from app.labelling.helpful import helpful_order
from app.labelling.said import said_rows
from app.library.rows import Label, Rater, Rating

ANNA, BEN = Rater("a", "Anna"), Rater("b", "Ben")


def document_of(*labels: Label, tracks: int = 4) -> Document:
    document = Document()
    states = [
        TrackState(n, Path(f"/music/{n}.wav"), f"track {n}", quadrant="Q1", probability=0.9 - 0.1 * n)
        for n in range(1, tracks + 1)
    ]
    document.reset(states, {state.id: state.id for state in states})
    document.reset_opinions([ANNA, BEN], labels, None)
    return document


def test_rows_name_files_and_raters_and_leave_out_what_is_not_open():
    document = document_of(
        Label("1", 3, "a", quadrant="Q4"),
        Label("2", 1, "b", valence=-0.5, arousal=0.25),
        Label("3", 99, "a", quadrant="Q1"),
    )
    times = np.arange(40, dtype=np.float32) / 20
    document.set_ratings(2, [Rating("r", 2, "a", "valence", "", times, np.full(40, 0.5, np.float32))])
    rows = {(row.file.name, row.rater): row for row in said_rows(document)}
    assert set(rows) == {("3.wav", "Anna"), ("1.wav", "Ben"), ("2.wav", "Anna")}
    assert rows["1.wav", "Ben"].said == 1
    assert rows["2.wav", "Anna"].trace.valence[1] == 0.5
    assert [row.rater for row in said_rows(document, "b")] == ["Ben"]


def test_what_raters_disagree_on_comes_first_then_what_the_model_doubts():
    document = document_of(
        Label("1", 2, "a", quadrant="Q1"),
        Label("2", 2, "b", quadrant="Q3"),
        Label("3", 1, "a", quadrant="Q1"),
        Label("4", 1, "b", quadrant="Q2"),
        Label("5", 3, "a", quadrant="Q1"),
        Label("6", 3, "b", quadrant="Q1"),
    )
    assert helpful_order(document) == [2, 1, 4, 3]


def test_what_was_not_judged_stands_in_the_middle():
    document = document_of(tracks=3)
    document.change(1, quadrant="", probability=0.0)
    assert helpful_order(document) == [3, 1, 2]
