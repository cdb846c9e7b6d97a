"""Data go out of the window and come back as lanes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel

from app.ui.analysis.lanes import LayerLane
from app.ui.exchange import Exchange
from app.ui.layers.choose import MOST_UNASKED, ChooseLayers
from app.ui.layers.export import ExportLayers
from app.ui.layers.hands import LayerProblems
from app.ui.strings import NOTHING
from tests.ui.conftest import settled


@pytest.fixture
def shown(window, music, qtbot):
    window.open_paths([music("one.wav", 12.0)])
    qtbot.waitUntil(lambda: settled(window), timeout=5000)
    qtbot.waitUntil(lambda: window.workspace.axis.duration_s > 0, timeout=5000)
    yield window
    for dialog in dialogs(window, Exchange):
        dialog.close()


def lanes(window) -> list[LayerLane]:
    return [lane for lane in window.workspace.timeline.lanes if isinstance(lane, LayerLane)]


def dialogs(window, kind):
    return [widget for widget in window.findChildren(kind) if widget.isVisible()]


def export_dialog(window, qtbot) -> ExportLayers:
    window.actions_by_name["export_data"].trigger()
    qtbot.waitUntil(lambda: bool(dialogs(window, ExportLayers)))
    return dialogs(window, ExportLayers)[0]


def test_all_layers_go_out_in_the_formats_that_are_ticked(shown, qtbot, tmp_path):
    shown.session.add_mark(2.0, "turn")
    dialog = export_dialog(shown, qtbot)
    names = [layer.name for layer in dialog.chosen]
    assert {"valence", "arousal", "climaxes", "marks", "level"} <= set(names)
    for box in dialog.formats.values():
        box.setChecked(True)
    dialog.write(tmp_path / "out")
    qtbot.waitUntil(lambda: "written" in dialog.said.text())
    written = {file.name for file in (tmp_path / "out").iterdir()}
    assert {
        "one.valence.csv",
        "one.jams",
        "one.marks.svl",
        "one.valence.sv.csv",
        "one.climaxes.audacity.txt",
    } <= written
    assert "one.jams" in dialog.list.toPlainText()


def test_what_is_unticked_stays_here_and_is_remembered(shown, qtbot, tmp_path):
    dialog = export_dialog(shown, qtbot)
    row = next(i for i, layer in enumerate(dialog.layers) if layer.name == "attention")
    dialog.ticks.list.item(row).setCheckState(Qt.CheckState.Unchecked)
    dialog.write(tmp_path / "out")
    qtbot.waitUntil(lambda: "written" in dialog.said.text())
    table = (tmp_path / "out" / "one.valence.csv").read_text("utf-8").splitlines()[0]
    assert "attention" not in table
    dialog.close()
    again = export_dialog(shown, qtbot)
    assert "attention" not in [layer.name for layer in again.chosen]


def test_what_formats_are_is_not_cut(shown, qtbot):
    dialog = export_dialog(shown, qtbot)
    for box in dialog.formats.values():
        said = next(label for label in dialog.findChildren(QLabel) if label.text() == box.accessibleDescription())
        assert said.wordWrap()
        assert said.height() >= said.heightForWidth(said.width())


def test_with_nothing_ticked_there_is_nothing_to_write(shown, qtbot):
    dialog = export_dialog(shown, qtbot)
    for box in dialog.findChildren(QCheckBox):
        box.setChecked(False)
    assert not dialog.where.isEnabled()


def test_a_folder_that_cannot_be_written_is_named(shown, qtbot, tmp_path):
    (tmp_path / "out").write_text("a file")
    dialog = export_dialog(shown, qtbot)
    dialog.write(tmp_path / "out")
    qtbot.waitUntil(lambda: "could not be written" in dialog.said.text())
    assert str(tmp_path / "out") in dialog.said.text()
    assert dialog.where.isEnabled()


def test_a_file_becomes_a_lane_and_undo_takes_it_away(shown, qtbot, tmp_path):
    file = tmp_path / "tapped.csv"
    file.write_text("0.5,0.1\n1.0,0.3\n6.0,-0.2\n")
    before = len(shown.workspace.timeline.lanes)
    shown.workspace.layers.take([file])
    qtbot.waitUntil(lambda: len(lanes(shown)) == 1)
    (lane,) = lanes(shown)
    assert lane.title == "tapped"
    assert lane.readings(3.5)[0].value == "0.05"  # on the line from 0.3 at 1 s to -0.2 at 6 s
    assert lane.readings(8.0)[0].value == NOTHING
    assert "tapped" in shown.workspace.timeline.readout.text
    assert shown.workspace.timeline.lanes[-1] is not lane  # climaxes stay at the bottom
    shown.undo()
    assert len(shown.workspace.timeline.lanes) == before
    shown.redo()
    assert len(lanes(shown)) == 1


def test_regions_and_instants_are_read_out(shown, qtbot, tmp_path):
    file = tmp_path / "labels.txt"
    file.write_text("1\t4\tverse\n6\t6\tshout\n")
    shown.workspace.layers.take([file])
    qtbot.waitUntil(lambda: len(lanes(shown)) == 2)
    by_kind = {lane.kept.layer.kind: lane for lane in lanes(shown)}
    assert by_kind["regions"].readings(2.0)[0].label == "verse"
    assert by_kind["regions"].readings(5.0)[0].label == "here"
    assert by_kind["instants"].readings(6.0)[0].label == "shout"
    shown.workspace.timeline.grab()  # draws them


def test_layers_belong_to_their_track(shown, qtbot, tmp_path, music):
    file = tmp_path / "tapped.csv"
    file.write_text("0.5\n1.0\n")
    shown.workspace.layers.take([file])
    qtbot.waitUntil(lambda: len(lanes(shown)) == 1)
    first = shown.document.current
    shown.open_paths([music("two.wav", 3.0)])
    qtbot.waitUntil(lambda: len(shown.document.order) == 2)
    shown.session.select_track(next(i for i in shown.document.order if i != first))
    assert lanes(shown) == []
    shown.session.select_track(first)
    assert len(lanes(shown)) == 1


def test_what_could_not_be_used_is_listed(shown, qtbot, tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.svl"
    good.write_text("1.0,0.5\n500,0.5\n")
    bad.write_text('<!DOCTYPE sv [<!ENTITY a "b">]><sv>&a;</sv>')
    shown.workspace.layers.take([good, bad])
    qtbot.waitUntil(lambda: bool(dialogs(shown, LayerProblems)))
    said = dialogs(shown, LayerProblems)[0].list.toPlainText()
    assert "bad.svl" in said
    assert "entities" in said
    assert "outside the recording" in said
    assert len(lanes(shown)) == 1


def test_a_dropped_file_of_layers_is_laid_over_the_track(shown, qtbot, tmp_path):
    file = tmp_path / "dropped.csv"
    file.write_text("1.0,0.5\n2.0,0.25\n")
    page = shown.workspaces.page
    assert page.drop_words([file]) != page.drop_words([Path("song.wav")])
    assert page.take_drop([file])
    qtbot.waitUntil(lambda: len(lanes(shown)) == 1)
    assert not page.take_drop([Path("song.wav")])


def test_a_lane_can_be_taken_away_by_the_keyboard(shown, qtbot, tmp_path):
    file = tmp_path / "A & B.csv"
    file.write_text("1.0,0.5\n2.0,0.25\n")
    assert not shown.actions_by_name["list_layers"].isEnabled()
    shown.workspace.layers.take([file])
    qtbot.waitUntil(lambda: len(lanes(shown)) == 1)
    assert shown.actions_by_name["list_layers"].isEnabled()
    menu = shown.workspace.layers.list_layers()
    assert "A && B" in menu.actions()[0].text()
    menu.actions()[0].trigger()
    menu.close()
    assert lanes(shown) == []


def test_many_layers_are_chosen_from_and_what_is_there_is_not_ticked(shown, qtbot, tmp_path):
    export = export_dialog(shown, qtbot)
    export.write(tmp_path / "out")
    qtbot.waitUntil(lambda: "written" in export.said.text())
    export.close()
    new = tmp_path / "tapped.csv"
    new.write_text("0.5,0.1\n1.0,0.3\n6.0,-0.2\n")
    shown.workspace.layers.take([tmp_path / "out" / "one.valence.csv", new])
    qtbot.waitUntil(lambda: bool(dialogs(shown, ChooseLayers)))
    (dialog,) = dialogs(shown, ChooseLayers)
    assert lanes(shown) == []
    names = [layer.name for layer in dialog.ticks.layers]
    assert len(names) > MOST_UNASKED
    assert "valence" in names
    assert [layer.name for layer in dialog.ticks.chosen] == ["tapped"]  # the rest are the track's own curves
    dialog.lay.click()
    assert [lane.title for lane in lanes(shown)] == ["tapped"]
    shown.undo()
    assert lanes(shown) == []


def test_all_layers_are_taken_away_in_one_step(shown, qtbot, tmp_path):
    files = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for file in files:
        file.write_text("0.5,0.1\n1.0,0.3\n")
    shown.workspace.layers.take(files)
    qtbot.waitUntil(lambda: len(lanes(shown)) == 2)
    menu = shown.workspace.layers.list_layers()
    assert "one.csv" in menu.actions()[0].text()  # where it comes from
    menu.actions()[-1].trigger()
    menu.close()
    assert lanes(shown) == []
    shown.undo()
    assert len(lanes(shown)) == 2


def test_a_curve_of_uneven_steps_is_drawn(shown, qtbot, tmp_path):
    file = tmp_path / "uneven.csv"
    file.write_text("0.5,0\n1.0,1\n9.0,1\n9.5,0\n")
    shown.workspace.layers.take([file])
    qtbot.waitUntil(lambda: len(lanes(shown)) == 1)
    (lane,) = lanes(shown)
    assert float(lane.readings(5.0)[0].value) == pytest.approx(1.0)
    assert lane._curve.times_s[0] <= 0.5
    assert lane._curve.values.max() == pytest.approx(1.0)
