"""Climaxes that a person set: in the library, in the place of found ones, undone, and through the program's end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.exploration import ShownClimax, shown_climaxes
from app.library import Library, Moment
from models.analysis import Analysis, Climax
from models.errors import JobError
from models.inference.climaxes import find_climaxes
from tests.app.fakes import make_analysis


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "library.sqlite3")
    yield library
    library.close()


def with_contour(peaks: dict[float, float], duration_s: float = 120.0) -> Analysis:
    """An analysis whose intensity has bumps of these heights at these seconds, with what is found in it."""
    analysis = make_analysis("ab" * 32, duration_s)
    times_s = np.asarray(analysis.times_s, np.float64)
    contour = sum(height * np.exp(-0.5 * ((times_s - at) / 4) ** 2) for at, height in peaks.items())
    cues = np.stack((0.75 * contour, 0.25 * contour), axis=1).astype(np.float32)
    return replace(
        analysis,
        climaxes=find_climaxes(contour, times_s, analysis.step_s),
        cue_names=("loudness", "register"),
        cues_over_time=cues,
        intensity_over_time=contour.astype(np.float32),
    )


def test_moments_are_kept_changed_and_forgotten(library: Library, tmp_path: Path) -> None:
    one, two = library.add_tracks([Path("/music/a.mp3"), Path("/music/b.mp3")])[0]
    late = Moment("x", one.id, 60.0, 64.5, 70.0)
    early = Moment("y", one.id, 1.0, 2.0, 3.0, "再现部", "Both hands.\nSlower.")
    hidden = Moment("z", two.id, 5.0, 5.0, 6.0, hidden=True)
    for moment in (late, early, hidden):
        library.moments.put(moment)
    named = replace(late, label="Climax")
    library.moments.put(named)
    again = Library(tmp_path / "library.sqlite3")
    assert again.moments.of_all() == {one.id: (early, named), two.id: (hidden,)}
    again.close()
    library.moments.remove("z")
    library.moments.remove("nobody")
    assert library.moments.of_all() == {one.id: (early, named)}


def test_a_moment_belongs_to_a_track_that_is_there(library: Library) -> None:
    with pytest.raises(JobError):
        library.moments.put(Moment("x", 99, 0.0, 1.0, 2.0))


def test_a_moment_stands_in_the_place_of_what_was_found_there() -> None:
    analysis = with_contour({30.0: 1.0, 60.0: 2.0, 100.0: 0.6})
    middle, first, last = analysis.climaxes  # strongest first
    assert [round(climax.peak_s) for climax in analysis.climaxes] == [60, 30, 100]
    own = Moment("x", 1, 28.0, 31.0, 40.0, "Entry", "Strings.")
    shown = shown_climaxes(analysis.climaxes, [own], analysis)
    assert [one.climax.peak_s for one in shown] == [middle.peak_s, 31.0, last.peak_s]
    assert [one.is_own for one in shown] == [False, True, False]
    assert (shown[1].label, shown[1].note, shown[1].moment) == ("Entry", "Strings.", own)
    assert (shown[0].label, shown[0].note) == ("", "")
    assert shown[1].climax.strength == pytest.approx(first.strength, abs=0.2)


def test_a_hidden_one_leaves_its_place_empty_and_shows_nothing() -> None:
    analysis = with_contour({30.0: 1.0, 60.0: 2.0})
    hidden = Moment("x", 1, 55.0, 60.0, 65.0, hidden=True)
    shown = shown_climaxes(analysis.climaxes, [hidden], analysis)
    assert [round(one.climax.peak_s) for one in shown] == [30]


def test_strength_and_cues_of_ones_own_are_read_from_the_contour() -> None:
    analysis = with_contour({30.0: 1.0, 60.0: 2.0})
    (strongest, _) = analysis.climaxes
    exactly = Moment("x", 1, 50.0, strongest.peak_s, 70.0)
    (own, other) = shown_climaxes(analysis.climaxes, [exactly], analysis)
    assert own.climax.strength == pytest.approx(strongest.strength, abs=1e-6)
    assert own.climax.cues == pytest.approx({"loudness": 1.5, "register": 0.5}, abs=0.01)
    assert not other.is_own
    # Where nothing rises there is no strength; on a slope there is, but less than on its top.
    flat, slope = Moment("f", 1, 85.0, 90.0, 95.0), Moment("s", 1, 64.0, 65.0, 66.0)
    by_id = {one.moment.id: one for one in shown_climaxes((), [flat, slope], analysis) if one.moment}
    assert by_id["f"].climax.strength < 0.01
    assert 0.1 < by_id["s"].climax.strength < strongest.strength


def test_without_a_contour_the_found_one_tells_how_strong_it_is() -> None:
    bare = make_analysis("ab" * 32, 120.0)
    assert bare.intensity_over_time is None
    (found,) = bare.climaxes
    inside = Moment("x", 1, found.peak_s - 1, found.peak_s + 0.5, found.peak_s + 1)
    apart = Moment("y", 1, 0.0, 1.0, 2.0)
    shown = shown_climaxes(bare.climaxes, [apart, inside], bare)
    assert [(one.moment.id, one.climax.strength) for one in shown if one.moment] == [("x", found.strength), ("y", 0.0)]
    assert shown_climaxes((), [apart], None) == (ShownClimax(Climax(0.0, 1.0, 2.0, 0.0), apart),)


def test_a_climax_is_set_named_noted_moved_taken_away_and_all_of_it_undone(run) -> None:
    session, document, a = run.session, run.document, run.id("a")
    told: list[int] = []
    document.moments_changed.connect(told.append)
    one = session.add_moment(9.0, 4.0004, 2.0, "  Entry of\n the brass ")  # drawn from right to left
    assert one is not None
    assert (one.start_s, one.peak_s, one.end_s, one.label) == (2.0, 4.0, 9.0, "Entry of the brass")
    two = session.change_moment(one, label="Tutti")
    assert two == replace(one, label="Tutti")
    three = session.change_moment(two, note=" Trumpets lead. ")
    four = session.change_moment(three, start_s=3.0, peak_s=20.0, end_s=99.0)  # into the recording, in order
    assert four == replace(two, note="Trumpets lead.", start_s=3.0, peak_s=12.0, end_s=12.0)
    assert session.change_moment(four, label="Tutti") is None  # is called that already
    assert session.change_moment(one, label="late") is None  # it is another by now
    assert document.moments(a) == (four,)
    session.hide_climax(document.climaxes(a)[-1])
    texts = []
    while session.commands.can_undo:
        texts.append(session.undo())
    assert texts[1:5] == [
        "Moved the climax to 0:12.0",
        "Noted on the climax at 0:04.0",
        "Named the climax at 0:04.0 “Tutti”",
        "Set a climax at 0:04.0: “Entry of the brass”",
    ]
    assert document.moments(a) == ()
    for _ in range(5):
        session.redo()
    assert set(told) == {a}
    with pytest.raises(TypeError, match="track_id"):
        session.change_moment(document.moments(a)[0], track_id=3)


def test_what_is_no_stretch_is_refused_in_a_sentence(run) -> None:
    session, a = run.session, run.id("a")
    undo = session.commands.undo_text
    assert session.add_moment(3.0, 3.0, 3.0) is None
    assert session.add_moment(50.0, 55.0, 60.0) is None  # past the end of twelve seconds
    assert session.add_moment(-5.0, -3.0, -1.0) is None
    assert [level for _, level in run.notices] == ["warning"] * 3
    assert "select one" in run.notices[0][0]
    assert session.add_moment(float("nan"), 1.0, 2.0) is None
    own = session.add_moment(1.0, 2.0, 3.0)
    assert session.change_moment(own, end_s=1.0) is None
    assert run.document.moments(a) == (own,)
    session.undo()
    assert session.commands.undo_text == undo
    session.select_track(None)
    assert session.add_moment(1.0, 2.0, 3.0) is None


def test_a_found_one_becomes_ones_own_in_one_step(run) -> None:
    session, document, a = run.session, run.document, run.id("a")
    (found,) = document.climaxes(a)
    assert session.change_climax(found, label="") is None  # it has no name to take away
    session.change_climax(found, label="Höhepunkt")
    (named,) = document.climaxes(a)
    assert (named.label, named.climax.peak_s) == ("Höhepunkt", pytest.approx(found.climax.peak_s, abs=1e-3))
    session.change_climax(named, note="Sehr breit.")
    assert document.climaxes(a)[0].note == "Sehr breit."
    assert session.undo() == f"Noted on the climax at 0:0{found.climax.peak_s:.1f}"
    assert session.undo().endswith("“Höhepunkt”")
    assert document.climaxes(a) == (found,)
    kept = session.keep_climax(found.climax)
    assert document.climaxes(a)[0].moment == kept
    assert document.climaxes(a)[0].climax.strength == found.climax.strength


def test_what_is_taken_away_stays_away_until_it_is_shown_again(run) -> None:
    session, document, a = run.session, run.document, run.id("a")
    (found,) = document.climaxes(a)
    session.hide_climax(found)
    assert document.climaxes(a) == ()
    session.undo()
    session.change_climax(found, label="Peak")
    session.hide_climax(document.climaxes(a)[0])
    assert document.climaxes(a) == ()  # and not the found one, which is what this was
    own = session.add_moment(0.5, 1.0, 1.5)
    session.hide_climax(document.climaxes(a)[0])
    assert own not in document.moments(a)
    assert session.show_hidden_climaxes() == 1
    assert document.climaxes(a) == (found,)
    assert session.commands.undo_text == "Showed 1 hidden climax again"
    session.undo()
    assert document.climaxes(a) == ()
    session.redo()
    assert session.show_hidden_climaxes() == 0


def test_moments_survive_another_model_and_the_end_of_the_program(run_of, music: Path) -> None:
    run = run_of().start()
    run.session.warm_up()
    run.open(music)
    run.idle()
    a = run.id("a")
    run.session.select_track(a)
    run.pump.flush(0.05)
    (found,) = run.document.climaxes(a)
    run.session.change_climax(found, label="Peak", note="Here.")
    own = run.session.add_moment(1.0, 2.0, 3.0)
    run.session.set_model("other")
    run.pump.until(lambda: (x := run.document.analysis(a)) is not None and x.model_id == "other")
    assert {one.label for one in run.document.climaxes(a)} == {"Peak", ""}
    assert all(one.is_own for one in run.document.climaxes(a))
    before = run.document.moments(a)
    run.session.remove_tracks([a])
    run.end()
    again = run_of().start()
    again.open(music / "a.wav")
    assert again.document.moments(again.id("a")) == before
    assert own in before
