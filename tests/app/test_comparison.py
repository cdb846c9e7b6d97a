"""Choosing what is compared, without a window: commands, the limit, what is kept, what is asked for."""

from __future__ import annotations

from tests.app.running import Run


def titles(run: Run) -> list[str]:
    return [run.document.track(i).title for i in run.document.compared]


def test_choosing_can_be_undone_and_the_first_is_the_reference(run: Run) -> None:
    session = run.session
    for name in "abc":
        assert session.compare(run.id(name))
    assert titles(run) == ["A", "B", "C"]
    assert session.compare(run.id("a"))  # it is among them
    assert titles(run) == ["A", "B", "C"]
    session.compare_with(run.id("c"))
    assert titles(run) == ["C", "A", "B"]
    session.compare_no_more(run.id("a"))
    assert session.commands.undo_text == "Took \u201cA\u201d from the comparison"
    session.undo()
    session.undo()
    assert titles(run) == ["A", "B", "C"]
    assert session.setting("compare.tracks") == list(run.document.compared)
    assert not session.compare(99)


def test_a_seventh_is_refused_in_a_sentence(run: Run, music) -> None:
    more = [music / f"{n}.wav" for n in range(4)]
    for path in more:
        path.write_text(path.stem)
    run.open(*more)
    run.idle()
    done = [run.session.compare(track_id) for track_id in run.document.order]
    assert done == [True] * 6 + [False]
    assert "take one away first" in run.notices[-1][0]
    assert len(run.document.compared) == 6


def test_results_are_read_and_aligned_only_while_it_is_looked_at(run: Run) -> None:
    session = run.session
    session.compare(run.id("a"))
    session.compare(run.id("b"))
    run.pump.flush(0.1)
    assert run.session.comparer.state.status == "needs"
    session.comparer.enter()
    run.until(lambda: session.comparer.state.status == "ready")
    first, second = session.comparer.recordings
    assert first.analysis is not None
    assert second.overview is not None
    assert second.alignment is not None
    session.compare_along("time")
    assert session.comparer.state.status == "nothing"
    assert session.comparer.recordings[1].alignment is None


def test_a_track_off_the_list_is_no_longer_compared_until_it_is_back(run: Run) -> None:
    session = run.session
    for name in "abc":
        session.compare(run.id(name))
    session.remove_tracks([run.id("b")])
    assert len(session.comparer.ids) == 2
    session.undo()
    assert len(session.comparer.ids) == 3
