"""How far raters agree, as it is shown, and labels in and out, by the dialogs."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from tests.ui.labelling.conftest import CTRL, press

ALT = Qt.KeyboardModifier.AltModifier
ANNA, BEN = ("Q1", "Q2", "Q3", "Q4"), ("Q1", "Q4", "Q3", "Q1")


@pytest.fixture
def compared(label, window, qtbot):
    """Two raters, four recordings, of which they disagree on the second and the fourth."""
    page = label(4)
    for name, answers in (("Anna", ANNA), ("Ben", BEN)):
        window.session.set_rater(name)
        for track_id, quadrant in zip(window.document.order, answers, strict=True):
            window.session.label(track_id, quadrant)
    press(window, Qt.Key.Key_3, ALT)
    qtbot.waitUntil(lambda: page.agreement.agreement is not None, timeout=20_000)
    return page


def test_nothing_to_compare_says_what_to_do(label, window, qtbot):
    page = label(2)
    window.session.set_rater("Anna")
    window.session.label(window.document.order[0], "Q1")
    press(window, Qt.Key.Key_3, ALT)
    view = page.agreement
    qtbot.waitUntil(lambda: "Only Anna" in view.message.text.text(), timeout=20_000)
    assert not window.actions_by_name["label_next_apart"].isEnabled()
    assert view.message.buttons[0].text() == "Import labels…"


def test_what_they_disagree_on_comes_first(compared, window):
    rows = compared.agreement.table.items.rows
    assert [row.title for row in rows] == ["clip 01", "clip 03", "clip 00", "clip 02"]
    assert rows[0].apart == pytest.approx(0.5)  # opposite quadrants
    assert rows[1].apart == pytest.approx(0.354, abs=0.001)
    assert (rows[0].together, rows[0].spread) == ("tied", "1 of 2")
    assert rows[0].said == "Anna Q2, Ben Q4"
    assert (rows[2].together, rows[2].spread) == ("Q1 happy", "2 of 2")
    assert "4 recordings by two raters" in compared.agreement.title.text()


def test_figures_have_intervals_and_a_meaning(compared):
    texts = [label.text() for label in compared.agreement.findChildren(QLabel) if not label.isHidden()]
    at = texts.index("Alpha, quadrant")  # 1 - 7 * 4 / (64 - 9 - 1 - 4 - 4)
    assert texts[at + 1].startswith("0.39  (95\u202f%: ")
    assert texts[at + 2] == "too low for single labels"
    assert texts[texts.index("Anna") + 1 : texts.index("Anna") + 3] == ["4", "50\u202f%"]


def test_one_key_plays_the_next_one(compared, window, qtbot):
    order = window.document.order
    press(window, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: window.player.playing, timeout=10_000)
    assert window.document.current == order[1]
    press(window, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: window.document.current == order[3] and window.player.playing, timeout=10_000)
    press(window, Qt.Key.Key_Space)
    assert not window.player.playing
    press(window, Qt.Key.Key_Down)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.document.current == order[0] and window.player.playing, timeout=10_000)


def test_it_follows_new_labels_and_undo(compared, window, qtbot):
    second = window.document.order[1]
    window.session.label(second, "Q2")
    qtbot.waitUntil(lambda: compared.agreement.table.items.rows[0].title == "clip 03", timeout=10_000)
    press(window, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: compared.agreement.table.items.rows[0].title == "clip 01", timeout=10_000)


def test_blind_hides_what_one_has_not_labelled_oneself(compared, window, qtbot):
    window.session.set_rater("Zoe")
    window.session.label(window.document.order[2], "Q3")
    view = compared.agreement
    qtbot.waitUntil(lambda: [row.title for row in view.table.items.rows] == ["clip 02"], timeout=10_000)
    assert view.note.text().startswith("Blind (Ctrl+B) hides 3 that you have not labelled")
    press(window, Qt.Key.Key_B, CTRL)
    qtbot.waitUntil(lambda: len(view.table.items.rows) == 4, timeout=10_000)


def test_where_blind_hides_all_the_key_that_shows_it_is_named(compared, window, qtbot):
    window.session.set_rater("Zoe")
    view = compared.agreement
    qtbot.waitUntil(lambda: not view.table.items.rows, timeout=10_000)
    assert view.note.text() == "Blind (Ctrl+B) hides 4 that you have not labelled yourself."


def test_who_cannot_say_is_named(compared, window, qtbot):
    window.session.label(window.document.order[0], cant_say=True)
    rows = compared.agreement.table.items
    qtbot.waitUntil(lambda: any("can\u2019t say" in row.said for row in rows.rows), timeout=10_000)
    (row,) = (row for row in rows.rows if "can\u2019t say" in row.said)
    assert row.title == "clip 00"
    assert f"{window.session.rater.name} can\u2019t say" in row.said


# In and out


def test_a_dialog_that_is_open_comes_to_the_front(compared):
    dialog = compared.export_labels()
    assert compared.export_labels() is dialog
    dialog.close()
    other = compared.export_labels()
    assert other is not dialog
    other.close()
    taken = compared.import_labels()
    assert compared.import_labels() is taken
    taken.close()


def test_labels_go_out_and_come_back(compared, window, qtbot, tmp_path):
    before = {(label.track_id, label.rater_id, label.quadrant) for label in window.document.all_labels()}
    dialog = compared.export_labels()
    assert dialog.said.text() == "8 labels, 0 ratings over time."
    dialog.format.buttons["csv"].click()
    table = tmp_path / "out" / "labels.csv"
    table.parent.mkdir()
    with qtbot.waitSignal(dialog.exported, timeout=20_000):
        dialog.write(table)
    assert "8 labels were written" in window.topbar.notice.text()
    dialog.close()
    for label in window.document.all_labels():
        window.session.clear_label(label)
    dialog = compared.import_labels()
    dialog.read(table)
    qtbot.waitUntil(dialog.take.isEnabled, timeout=20_000)
    assert dialog.said.text() == "Found: 8 labels, 4 recordings, 2 raters."
    QTest.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(window.document.all_labels()) == 8, timeout=20_000)
    assert {(label.track_id, label.rater_id, label.quadrant) for label in window.document.all_labels()} == before
    dialog.close()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    press(window, Qt.Key.Key_Z, CTRL)
    assert window.document.all_labels() == ()
    assert window.topbar.notice.text() == "Undone: Imported 8 labels"


def test_bad_rows_are_listed_and_the_others_are_taken(label, window, qtbot, tmp_path):
    page = label(2)
    files = [window.document.track(i).path for i in window.document.order]
    table = tmp_path / "theirs.csv"
    table.write_text(
        f"file,rater,quadrant\n{files[0]},Zoe,Q1\n{files[1]},Zoe,Q9\nnowhere.wav,Zoe,Q2\n", encoding="utf-8"
    )
    dialog = page.import_labels()
    dialog.read(table)
    qtbot.waitUntil(dialog.take.isEnabled, timeout=20_000)
    assert "1 row cannot be used" in dialog.said.text()
    assert "Q9" in dialog.list.toPlainText()
    dialog.take_all()
    qtbot.waitUntil(lambda: "taken" in dialog.said.text(), timeout=20_000)
    assert [label.quadrant for label in window.document.all_labels()] == ["Q1"]
    listed = dialog.list.toPlainText()
    assert "nowhere.wav: there is no such recording" in listed
    assert "Q9" in listed
    assert window.session.rater is None  # importing does not say who sits here
    dialog.close()


def test_a_scale_is_asked_for_and_never_guessed(label, window, qtbot, tmp_path):
    page = label(2)
    files = [window.document.track(i).path for i in window.document.order]
    table = tmp_path / "scaled.csv"
    table.write_text(f"file,rater,valence,arousal\n{files[0]},Zoe,1,9\n{files[1]},Zoe,5,7\n", encoding="utf-8")
    dialog = page.import_labels()
    dialog.read(table)
    qtbot.waitUntil(dialog.scales.isVisible, timeout=20_000)
    assert not dialog.take.isEnabled()
    field = dialog.scale_fields["Zoe"]
    field.setText("nonsense")
    dialog.read_again()
    assert "is no scale" in dialog.said.text()
    field.setText("1..9")
    dialog.read_again()
    qtbot.waitUntil(dialog.take.isEnabled, timeout=20_000)
    dialog.take_all()
    qtbot.waitUntil(lambda: len(window.document.all_labels()) == 2, timeout=20_000)
    points = sorted((label.valence, label.arousal) for label in window.document.all_labels())
    assert points == [(-1.0, 1.0), (0.0, 0.5)]
    dialog.close()


def test_recordings_that_are_not_on_the_list_come_onto_it(label, window, qtbot, music, tmp_path):
    page = label(1)
    other = music("other.wav")
    table = tmp_path / "more.csv"
    table.write_text(f"file,rater,quadrant,group\n{other},Zoe,Q4,The Band\n", encoding="utf-8")
    dialog = page.import_labels()
    dialog.read(table)
    qtbot.waitUntil(dialog.take.isEnabled, timeout=20_000)
    dialog.take_all()
    qtbot.waitUntil(lambda: len(window.document.all_labels()) == 1, timeout=20_000)
    assert [window.document.track(i).title for i in window.document.order] == ["clip 00", "other"]
    # Its tags name no artist; without one a training could have this artist on both sides of a split.
    assert [window.document.track(i).artist for i in window.document.order] == ["", "The Band"]
    dialog.close()


def test_what_cannot_be_read_or_written_is_said(label, window, qtbot, tmp_path):
    page = label(1)
    dialog = page.import_labels()
    dialog.read(tmp_path / "gone.csv")
    qtbot.waitUntil(lambda: "does not exist" in dialog.said.text(), timeout=20_000)
    assert not dialog.take.isEnabled()
    dialog.close()
    window.session.label(window.document.order[0], "Q1")
    dialog = page.export_labels()
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("mine")
    dialog.write(full)
    qtbot.waitUntil(lambda: dialog.where.isEnabled() and "Writing" not in dialog.said.text(), timeout=20_000)
    assert (full / "thesis.txt").read_text() == "mine"
    assert "full" in dialog.said.text()
    dialog.close()


def test_a_dialog_that_was_closed_hears_nothing(label, qtbot, tmp_path):
    page = label(1)
    dialog = page.import_labels()
    dialog.read(Path(tmp_path / "gone.csv"))
    dialog.close()
    qtbot.wait(200)
    assert not page.aside.busy
