"""What raters said, as tables, and the order in which labels help most."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.document import Document, TrackState
from app.labelling.helpful import helpful_order
from app.labelling.tables import label_table
from app.library.rows import Label, Rater

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


def test_a_table_has_a_row_per_rater_and_a_column_per_labelled_track():
    table = label_table(
        document_of(
            Label("1", 3, "a", quadrant="Q4"),
            Label("2", 1, "a", valence=-0.5, arousal=0.25),
            Label("3", 1, "b", quadrant="Q2"),
            Label("4", 3, "b", cant_say=True),
        )
    )
    assert table.raters == (ANNA, BEN)
    assert table.track_ids == (1, 3)
    np.testing.assert_array_equal(table.quadrants, [[1, 3], [1, np.nan]])
    np.testing.assert_array_equal(table.valence, [[-0.5, np.nan], [np.nan, np.nan]])
    np.testing.assert_array_equal(table.arousal, [[0.25, np.nan], [np.nan, np.nan]])
    np.testing.assert_array_equal(table.unsure, [[False, False], [False, True]])


def test_warm_ups_passages_corrections_and_removed_tracks_are_left_out():
    table = label_table(
        document_of(
            Label("1", 1, "a", quadrant="Q1", warm_up=True),
            Label("2", 2, "a", 1.0, 2.0, quadrant="Q1"),
            Label("3", 3, "a", quadrant="Q1", origin="correction"),
            Label("4", 99, "a", quadrant="Q1"),
            Label("5", 4, "b", quadrant="Q3", origin="import"),
        )
    )
    assert table.raters == (BEN,)
    assert table.track_ids == (4,)


def test_nothing_said_is_an_empty_table():
    table = label_table(document_of())
    assert table.quadrants.shape == (0, 0)


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
