"""Figures and reports beside the window's thread: what the library knows of a track is what is printed of it."""

from __future__ import annotations

import threading
from datetime import date, datetime
from pathlib import Path

import pytest

from app.jobs.printing import Listed, Picture
from models.errors import JobError
from models.figures.order import Order
from tests.app.running import Run
from tests.models.figure_toys import make_recording
from tests.pdf import read_pdf


def listed(run: Run, name: str) -> Listed:
    document, track_id = run.document, run.id(name)
    track = document.track(track_id)
    return Listed(track_id, track.title, track.artist, document.marks(track_id), document.moments(track_id))


def answer(run: Run, ask) -> object:  # type: ignore[no-untyped-def]
    """Ask, and wait for the outcome."""
    seen: list[object] = []
    ask(seen.append)
    run.until(lambda: seen)
    return seen[0]


def test_a_track_is_printed_as_the_library_knows_it(run: Run) -> None:
    track_id = run.id("b")
    run.session.select_track(track_id)
    run.until(lambda: run.document.analysis(track_id) is not None)
    run.session.add_mark(3.0, "entry of the cello")
    found = run.document.analysis(track_id).climaxes[0]
    moment = run.session.keep_climax(found)
    run.session.change_moment(moment, label="the storm", note="brass")
    recording = run.session.printing.recording_of(listed(run, "b"))
    assert recording.title == "B"
    assert [mark.label for mark in recording.marks] == ["entry of the cello"]
    shown = recording.shown_climaxes[0]
    assert (shown.label, shown.note, shown.is_own) == ("the storm", "brass", True)
    assert abs((date.fromisoformat(recording.made) - datetime.now().date()).days) <= 1
    assert recording.analysis.model_id == "fake"
    assert recording.overview.duration_s == run.document.overview(track_id).duration_s


def test_another_model_has_no_report_before_it_has_analysed(run: Run, tmp_path: Path) -> None:
    run.session.set_model("other")
    done = answer(run, lambda done: run.session.printing.report(listed(run, "c"), tmp_path / "c.pdf", done))
    assert isinstance(done, JobError)
    assert done.message == "C has not been analysed by this model: analyse it first."
    assert not (tmp_path / "c.pdf").exists()


def test_a_report_is_written_beside_the_asking_thread(run: Run, tmp_path: Path) -> None:
    done = answer(run, lambda done: run.session.printing.report(listed(run, "a"), tmp_path / "a.pdf", done))
    assert done == tmp_path / "a.pdf"
    pdf = read_pdf((tmp_path / "a.pdf").read_bytes())
    assert len(pdf.pages) == 1
    assert "analysed on " in pdf.words


def test_a_picture_is_as_wide_as_it_is_seen_and_dated_by_the_library(run: Run) -> None:
    printing = run.session.printing
    recording = printing.recording_of(listed(run, "a"))
    order = Order(preset="one column", panels=("loudness",))
    picture = answer(run, lambda done: printing.preview(order, recording, (), 420, done))
    assert isinstance(picture, Picture)
    width = int.from_bytes(picture.png[16:20], "big")
    assert abs(width - 420) <= 4
    assert picture.size_mm[0] == 85.0
    assert f"analysed on {recording.made}" in picture.caption
    foreign = make_recording(12.0)  # what the library does not know has no day
    picture = answer(run, lambda done: printing.preview(order, foreign, (), 420, done))
    assert isinstance(picture, Picture)
    assert "analysed on" not in picture.caption


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order(what="comparison"), "2 to 6 recordings are compared, not 0."),
        (Order(what="climax", climax=9), "This recording has no climax 9."),
        (Order(region=(90.0, 95.0)), "The region is empty or lies outside the recording."),
        (Order(lag_s=9.0), "The lag must lie in 0..5 s."),
    ],
)
def test_what_cannot_be_drawn_is_said_in_words(run: Run, order: Order, words: str) -> None:
    recording = run.session.printing.recording_of(listed(run, "a"))
    done = answer(run, lambda done: run.session.printing.preview(order, recording, (), 300, done))
    assert isinstance(done, JobError)
    assert done.message == words


def test_each_file_is_of_its_ending(run: Run, tmp_path: Path) -> None:
    recording = run.session.printing.recording_of(listed(run, "a"))
    files = [tmp_path / f"figure.{ending}" for ending in ("png", "svg", "txt")]
    order = Order(preset="one column", panels=("loudness",))
    done = answer(run, lambda done: run.session.printing.save(order, recording, (), files, done))
    assert done == files
    assert files[0].read_bytes().startswith(b"\x89PNG")
    assert files[1].read_text(encoding="utf-8").startswith("<?xml")
    assert "Loudness, dBFS" in files[2].read_text(encoding="utf-8")
    assert threading.current_thread() is threading.main_thread()
