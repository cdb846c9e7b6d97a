"""Colours, sizes and type of the window: every look comes from these tokens, in a light and a dark set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from app.paths import resources
from models.figures.palette import AROUSAL_COLOUR, LOUDNESS_COLOUR, VALENCE_COLOUR

BODY_PX = 13
AXIS_PX = 11
TITLE_PX = 16
#: Opacity of markers and bars whose numbers say little; the numbers themselves take the soft text's colour.
DIMMED = 0.45

Appearance = Literal["system", "light", "dark"]
APPEARANCES: tuple[Appearance, ...] = get_args(Appearance)


@dataclass(frozen=True)
class Tokens:
    """One colour scheme. All text tokens keep 4.5:1 on both `surface` and `panel`."""

    dark: bool
    surface: str
    panel: str
    line: str
    text: str
    soft: str
    accent: str
    on_accent: str
    error: str
    hover: str
    chosen: str
    wave: str
    valence: str = VALENCE_COLOUR
    arousal: str = AROUSAL_COLOUR
    loudness: str = LOUDNESS_COLOUR

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """Return the token `name` as a colour with `alpha` in [0, 1]."""
        colour = QColor(getattr(self, name))
        colour.setAlphaF(alpha)
        return colour


LIGHT = Tokens(
    dark=False,
    surface="#FAFAF7",
    panel="#FFFFFF",
    line="#DEDCD5",
    text="#22242A",
    soft="#5C6068",
    accent="#3A6EA5",
    on_accent="#FFFFFF",
    error="#A3341B",
    hover="#F1F0EB",
    chosen="#E9F0F8",
    wave="#4A4E57",
)
DARK = Tokens(
    dark=True,
    surface="#15171B",
    panel="#1D2025",
    line="#31353D",
    text="#E8E6E1",
    soft="#A4A8B0",
    accent="#7FB0E6",
    on_accent="#15171B",
    error="#F2917B",
    hover="#262A31",
    chosen="#2A3646",
    wave="#C3C6CC",
)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours after WCAG 2.1, [1, 21]."""

    def luminance(colour: str) -> float:
        linear = [
            value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
            for value in QColor(colour).getRgbF()[:3]
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def font(size_px: int = BODY_PX, *, strong: bool = False, tabular: bool = False) -> QFont:
    """Return the system's font at `size_px`; `tabular` makes all figures equally wide."""
    out = QFont(QApplication.font())
    out.setPixelSize(size_px)
    out.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    if tabular:
        out.setFeature(QFont.Tag("tnum"), 1)
    return out


class Theme(QObject):
    """The scheme in use: the system's, or the one that was chosen; tells its views when it changes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tokens = LIGHT
        self._appearance: Appearance = "system"
        self._started = False

    def start(self, application: QApplication) -> None:
        """Dress the application and follow the system's colour scheme until told otherwise."""
        hints = QGuiApplication.styleHints()
        self.tokens = self._wanted(hints.colorScheme())
        if not self._started:
            self._started = True
            hints.colorSchemeChanged.connect(self._scheme_changed)
            application.setStyle("Fusion")  # the same exact drawing everywhere; native styles ignore palettes
            application.setFont(font(BODY_PX))
        self._dress()

    def follow(self, appearance: Appearance) -> None:
        """Be as the system is, or always light, or always dark."""
        self._appearance = appearance
        self._scheme_changed(QGuiApplication.styleHints().colorScheme())

    def _wanted(self, scheme: Qt.ColorScheme) -> Tokens:
        if self._appearance == "system":
            return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
        return DARK if self._appearance == "dark" else LIGHT

    def _scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        self.use(self._wanted(scheme))

    def use(self, tokens: Tokens) -> None:
        """Switch to `tokens` at once."""
        if tokens is self.tokens:
            return
        self.tokens = tokens
        self._dress()
        self.changed.emit()

    def _dress(self) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setPalette(_palette(self.tokens))
            application.setStyleSheet(_style_sheet(self.tokens))


def blank_picture(widget: QWidget, surface: str = "panel") -> QPixmap:
    """A picture of a widget's size and screen density, filled with the colour it lies upon, to draw on and keep."""
    ratio = widget.devicePixelRatioF()
    picture = QPixmap(widget.size() * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(THEME.tokens.colour(surface))
    return picture


def _palette(t: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, value in (
        (role.Window, t.surface),
        (role.WindowText, t.text),
        (role.Base, t.panel),
        (role.AlternateBase, t.hover),
        (role.Text, t.text),
        (role.Button, t.panel),
        (role.ButtonText, t.text),
        (role.ToolTipBase, t.panel),
        (role.ToolTipText, t.text),
        (role.PlaceholderText, t.soft),
        (role.Highlight, t.accent),
        (role.HighlightedText, t.on_accent),
        (role.Link, t.accent),
        (role.Mid, t.line),
        (role.Dark, t.line),
        (role.Light, t.panel),
        (role.Midlight, t.line),
    ):
        palette.setColor(name, QColor(value))
    for name in (role.WindowText, role.Text, role.ButtonText):
        disabled = QColor(t.soft)
        disabled.setAlphaF(0.55)
        palette.setColor(QPalette.ColorGroup.Disabled, name, disabled)
    return palette


def _check(t: Tokens) -> str:
    """Path of the tick in a box that is ticked: style sheets take files only, in the colours that these have."""
    return (resources() / "style" / f"tick-{'dark' if t.dark else 'light'}.svg").as_posix()


def _style_sheet(t: Tokens) -> str:
    return f"""
    QMainWindow, QDialog {{ background: {t.surface}; }}
    QToolTip {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
    QMenuBar {{ background: {t.surface}; color: {t.text}; padding: 0 4px; }}
    QMenuBar::item {{ padding: 4px 8px; background: transparent; border-radius: 4px; }}
    QMenuBar::item:selected {{ background: {t.hover}; }}
    QMenu {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
    QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {t.chosen}; color: {t.text}; }}
    QMenu::item:disabled {{ color: {t.soft}; }}
    QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
    QSplitter::handle {{ background: {t.line}; }}
    QSplitter::handle:horizontal {{ width: 1px; }}
    QLabel {{ background: transparent; }}
    QLabel[soft="true"] {{ color: {t.soft}; }}
    QLabel[error="true"] {{ color: {t.error}; }}
    QFrame#panel, QWidget#panel {{ background: {t.panel}; }}
    QFrame#chooser {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: 6px; }}
    QFrame#correct {{ background: {t.panel}; border: 1px solid {t.soft}; border-radius: 6px; }}
    QFrame#correct QToolButton {{ text-align: left; }}
    QFrame#correct QToolButton[answer="true"] {{ border: 1px solid {t.line}; }}
    QFrame#correct QToolButton[answer="true"]:focus {{ border: 1px solid {t.accent}; }}
    QFrame#dropzone {{ background: {t.surface}; border: 1px dashed {t.soft}; border-radius: 6px; }}
    QScrollArea#wizard, QWidget#wizard {{ background: {t.surface}; }}
    QFrame#rule {{ background: {t.line}; border: none; }}
    QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px;
        color: {t.text}; }}
    QToolButton:hover {{ background: {t.hover}; }}
    QToolButton:pressed, QToolButton:checked {{ background: {t.chosen}; }}
    QToolButton:focus {{ border: 1px solid {t.accent}; }}
    QToolButton[error="true"] {{ color: {t.error}; }}
    QToolButton:disabled {{ color: {t.soft}; }}
    QToolButton[heading="true"] {{ padding: 2px 6px 2px 0; }}
    QToolButton[heading="true"]:checked, QToolButton[heading="true"]:pressed {{ background: transparent; }}
    QToolButton[heading="true"]:hover {{ background: {t.hover}; }}
    QToolButton[tab="true"] {{ padding: 4px 8px; color: {t.soft}; }}
    QToolButton[narrow="true"] {{ padding: 3px 4px; }}
    QToolButton[outlined="true"] {{ padding: 3px 5px; border: 1px solid {t.line}; }}
    QToolButton[outlined="true"]:focus {{ border: 1px solid {t.accent}; }}
    QToolButton[tab="true"]:hover {{ color: {t.text}; }}
    QToolButton[tab="true"]:checked {{ background: {t.chosen}; color: {t.text}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QPushButton {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.line}; border-radius: 6px;
        padding: 5px 12px; min-height: 18px; }}
    QPushButton:hover {{ background: {t.hover}; }}
    QPushButton:focus {{ border: 1px solid {t.accent}; }}
    QPushButton:default {{ background: {t.accent}; color: {t.on_accent}; border: 1px solid {t.accent}; }}
    QPushButton:disabled, QPushButton:default:disabled {{ background: {t.surface}; color: {t.soft};
        border: 1px solid {t.line}; }}
    QPushButton:default:focus {{ border: 2px solid {t.text}; padding: 4px 11px; }}
    QLineEdit {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.line}; border-radius: 6px;
        padding: 4px 6px; selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
    QLineEdit:focus {{ border: 1px solid {t.accent}; }}
    QListView, QTableView, QTextBrowser, QScrollArea {{ background: {t.panel}; border: none; outline: none; }}
    QCheckBox {{ spacing: 6px; }}
    QCheckBox::indicator, QAbstractItemView::indicator {{ width: 14px; height: 14px; border: 1px solid {t.soft};
        border-radius: 3px; background: {t.panel}; }}
    QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{ background: {t.accent};
        border: 1px solid {t.accent}; image: url("{_check(t)}"); }}
    QCheckBox::indicator:focus {{ border: 1px solid {t.text}; }}
    QCheckBox::indicator:disabled {{ border: 1px solid {t.line}; }}
    QTableView#items {{ background: {t.surface}; selection-background-color: {t.chosen}; selection-color: {t.text}; }}
    QTableView::item {{ padding: 0 6px; border: none; }}
    QListWidget::item {{ min-height: 20px; }}
    QTableView::item:hover {{ background: {t.hover}; }}
    QTableView::item:selected {{ background: {t.chosen}; color: {t.text}; }}
    QHeaderView {{ background: {t.surface}; border: none; }}
    QHeaderView::section {{ background: {t.surface}; color: {t.soft}; border: none;
        border-bottom: 1px solid {t.line}; padding: 4px 6px; }}
    QPlainTextEdit {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.line}; border-radius: 6px;
        selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
    QProgressBar {{ background: {t.line}; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
    QRadioButton::indicator {{ width: 13px; height: 13px; border: 1px solid {t.soft}; border-radius: 7px;
        background: {t.panel}; }}
    QRadioButton::indicator:checked {{ width: 5px; height: 5px; border: 5px solid {t.accent};
        background: {t.on_accent}; }}
    QRadioButton:focus {{ color: {t.accent}; }}
    QSlider::groove:horizontal {{ height: 3px; background: {t.line}; border-radius: 1px; }}
    QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 1px; }}
    QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -5px 0; border-radius: 6px;
        background: {t.panel}; border: 1px solid {t.soft}; }}
    QSlider::groove:vertical {{ width: 3px; background: {t.line}; border-radius: 1px; }}
    QSlider::add-page:vertical {{ background: {t.accent}; border-radius: 1px; }}
    QSlider::handle:vertical {{ width: 12px; height: 12px; margin: 0 -5px; border-radius: 6px;
        background: {t.panel}; border: 1px solid {t.soft}; }}
    QSlider:focus {{ border: 1px solid {t.accent}; border-radius: 6px; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {t.line}; border-radius: 4px; min-height: 28px; margin: 1px; }}
    QScrollBar::handle:vertical:hover {{ background: {t.soft}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle:horizontal {{ background: {t.line}; border-radius: 4px; min-width: 28px; margin: 1px; }}
    """


THEME = Theme()
