"""What to label next, from the library to the order of a sitting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.jobs import adviser
from app.jobs.adviser import Adviser, Asked, reasons_of
from app.labelling.advice import advised_order, ask_what_helps
from app.labelling.helpful import helpful_order
from app.library import Library
from app.library.portraits import Portrait
from tests.app.fakes import HandPump, make_analysis, make_overview


def heard_of(kind: int, number: int) -> np.ndarray:
    """Recordings of one kind sound alike."""
    centre = np.random.default_rng(kind).normal(0, 1, 12)
    return (centre + np.random.default_rng(100 + number).normal(0, 0.1, 12)).astype(np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A library of nine tracks: six of one kind, two of another, and one that was analysed long ago."""
    library = Library(tmp_path / "library.sqlite3")
    for i, kind in enumerate((0, 0, 0, 0, 0, 0, 1, 1, 2)):
        path = tmp_path / f"{i}.wav"
        path.write_text(str(i))
        track = library.add_track(path)
        sha256 = f"{i:064x}"
        probabilities = np.array([0.4, 0.4, 0.1, 0.1], np.float32)
        analysis = replace(make_analysis(sha256, seed=i), probabilities=probabilities)
        analysis = replace(analysis, heard=heard_of(kind, i) if kind < 2 else None)
        library.save_analysis(track.id, make_overview(), analysis)
    library.close()
    return tmp_path / "library.sqlite3"


def test_portraits_are_of_what_was_analysed_and_heard(file: Path) -> None:
    library = Library(file)
    ids = [track.id for track in library.tracks()]
    by = make_analysis("0")
    found = library.portraits.of(ids, by.model_id, by.model_version)
    assert list(found) == ids[:8]
    np.testing.assert_array_equal(found[ids[3]].heard, heard_of(0, 3))
    assert found[ids[3]].probabilities.tolist() == pytest.approx([0.4, 0.4, 0.1, 0.1])
    assert list(library.portraits.of(ids[2:4], by.model_id, None)) == ids[2:4]
    assert library.portraits.of(ids, "another", None) == {}
    library.close()


def test_a_sitting_begins_with_what_helps_most(run_of, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adviser, "_READ", 4)
    run = run_of().start()
    session, ids = run.session, list(run.document.order)
    pump = session.adviser._pump
    assert isinstance(pump, HandPump)
    changed: list[None] = []
    session.adviser.changed.connect(lambda: changed.append(None))
    assert advised_order(session) == helpful_order(run.document)
    ask_what_helps(session)
    pump.until(lambda: changed)
    reasons = session.adviser.reasons
    assert set(reasons) == set(ids)
    first, second, *_ = reasons
    assert {ids.index(first) < 6, ids.index(second) < 6} == {True, False}  # one of each kind
    assert reasons[ids[8]] == "unknown"
    assert advised_order(session)[:8] == list(reasons)[:8]
    assert sorted(advised_order(session)) == sorted(ids)
    ask_what_helps(session)  # nothing has changed: it is not worked out again
    session.label(ids[0], "Q1")
    ask_what_helps(session)
    pump.until(lambda: len(changed) == 2)
    assert ids[0] not in session.adviser.reasons
    assert ids.index(next(iter(session.adviser.reasons))) in (6, 7)
    pump.flush()
    assert len(changed) == 2


def test_an_answer_to_an_older_question_is_not_taken(run_of, file: Path) -> None:
    run = run_of().start()
    one: Adviser = run.session.adviser
    ids = tuple(run.document.order)
    one.ask(Asked(ids, frozenset(), ()))
    one.ask(Asked(ids, frozenset(ids[:7]), ()))
    pump = one._pump
    assert isinstance(pump, HandPump)
    pump.until(lambda: one.reasons)
    pump.flush()
    assert set(one.reasons) == set(ids[7:])


def test_raters_disagreement_is_a_reason_and_other_descriptors_are_left_for_last() -> None:
    sure = np.array([0.97, 0.01, 0.01, 0.01], np.float32)
    found = {i: Portrait(heard_of(0, i), sure) for i in range(5)}
    found[5] = Portrait(np.zeros(3, np.float32), sure)
    reasons = reasons_of(Asked((0, 1, 2, 3, 4, 5, 6), frozenset({1}), ((3, 0.5),)), found)
    assert next(iter(reasons)) == 3
    assert reasons[3] == "disagree"
    assert list(reasons)[-2:] in ([5, 6], [6, 5])
    assert reasons[5] == reasons[6] == "unknown"
    assert 1 not in reasons
