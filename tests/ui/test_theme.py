from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.paths import resources
from app.ui.icons import icon, marker_path
from app.ui.theme import DARK, LIGHT, THEME, contrast
from models.figures.palette import QUADRANT_COLOURS


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["text", "soft", "accent", "error"])
@pytest.mark.parametrize("ground", ["surface", "panel", "hover", "chosen"])
def test_text_can_be_read_on_every_ground(tokens, text, ground):
    assert contrast(getattr(tokens, text), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_text_on_the_accent_can_be_read(tokens):
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_every_quadrant_has_a_shape_of_its_own(qapp):
    shapes = {quadrant: marker_path(quadrant, 20.0) for quadrant in QUADRANT_COLOURS}
    assert (
        len({tuple((e.x, e.y) for e in map(path.elementAt, range(path.elementCount()))) for path in shapes.values()})
        == 4
    )


def test_every_icon_is_drawn_in_the_colour_asked_for(qapp):
    names = [path.stem for path in (resources() / "icons").glob("*.svg") if path.stem != "affekt"]
    assert len(names) > 10
    for name in names:
        image = icon(name, "#112233", size=96).pixmap(96, 96).toImage()
        inked = [
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255
        ]
        assert inked, name
        assert set(inked) == {"#112233"}, name


def test_the_window_follows_the_system_s_scheme_live(shown, qtbot):
    window = shown
    assert window.grab().toImage().pixelColor(window.width() // 2, 50).name() == LIGHT.surface.lower()
    hints = QGuiApplication.styleHints()
    try:
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
        assert THEME.tokens is DARK
        picture = window.grab().toImage()
        assert picture.pixelColor(window.width() // 2, 50).name() == DARK.surface.lower()
        lane = window.workspace.timeline.loudness.rect
        view = window.workspace.timeline.view
        inside = view.grab().toImage().pixelColor(int(lane.right()) - 4, int(lane.top()) + 3)
        assert inside.name() == DARK.panel.lower()
    finally:
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert window.grab().toImage().pixelColor(window.width() // 2, 50).name() == LIGHT.surface.lower()


def test_colours_are_chosen_and_kept(shown, make_window):
    hints = QGuiApplication.styleHints()
    try:
        assert shown.actions_by_name["system_colours"].isChecked()
        QTest.keyClick(shown, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
        assert shown.actions_by_name["dark_colours"].isChecked()
        assert not shown.actions_by_name["system_colours"].isChecked()
        assert shown.grab().toImage().pixelColor(shown.width() // 2, 50).name() == DARK.surface.lower()
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
        assert THEME.tokens is DARK  # the system has no say now
        shown.close()
        assert shown.session.wait_closed()
        again = make_window()  # the fixture has put on the light dress before
        assert THEME.tokens is DARK
        again.actions_by_name["light_colours"].trigger()
        assert THEME.tokens is LIGHT
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
        assert THEME.tokens is LIGHT
        again.actions_by_name["system_colours"].trigger()
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
        assert THEME.tokens is DARK
        assert again.session.setting("appearance") == "system"
    finally:
        THEME.follow("system")
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)


def test_a_setting_from_elsewhere_is_no_trouble(make_window):
    first = make_window()
    first.session.set_setting("appearance", {"colour": "mauve"})
    first.close()
    assert first.session.wait_closed()
    assert make_window().actions_by_name["system_colours"].isChecked()
