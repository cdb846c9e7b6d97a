"""The nine music-specific emotions as bars: the share of listeners expected to choose each, and how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui.cards import score_text
from app.ui.strings import percent, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from models.analysis import GemsEstimate
from models.cards import WEAK_R, Score

_ROW_PX = 32


def emotion_name(name: str) -> str:
    """Return what the scale calls an emotion."""
    return {
        "amazement": tr("amazement"),
        "solemnity": tr("solemnity"),
        "tenderness": tr("tenderness"),
        "nostalgia": tr("nostalgia"),
        "calmness": tr("calmness"),
        "power": tr("power"),
        "joyful_activation": tr("joyful activation"),
        "tension": tr("tension"),
        "sadness": tr("sadness"),
    }.get(name, name.replace("_", " "))


class GemsBars(QWidget):
    """One row per emotion: name, share, bar, and the model's measured quality for this very emotion."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._estimates: tuple[GemsEstimate, ...] = ()
        self._quality: Mapping[str, Score] = {}
        self._by_share = False
        self._dimmed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(tr("Music-specific emotions of the whole track"))
        THEME.changed.connect(self.update)

    # What is shown

    def set_estimates(
        self, estimates: tuple[GemsEstimate, ...], quality: Mapping[str, Score], *, dimmed: bool = False
    ) -> None:
        """Take the shares and, by emotion, how well the model predicts them."""
        self._estimates, self._quality, self._dimmed = estimates, quality, dimmed
        self.setFixedHeight(max(len(estimates), 1) * _ROW_PX)
        self._tell()

    def sort_by_share(self, on: bool) -> None:
        """Put the largest share on top, or keep the order of the scale."""
        self._by_share = on
        self._tell()

    def _tell(self) -> None:
        self.setAccessibleDescription("; ".join(self._line(estimate) for estimate in self.rows))
        self.update()

    @property
    def rows(self) -> tuple[GemsEstimate, ...]:
        """The emotions from top to bottom."""
        if self._by_share:
            return tuple(sorted(self._estimates, key=lambda estimate: -estimate.share))
        return self._estimates

    @property
    def text(self) -> str:
        """The rows in words."""
        return "\n".join(self._line(estimate) for estimate in self.rows)

    def is_weak(self, name: str) -> bool:
        """Whether an emotion is predicted too poorly to lean on, or it is not known how well."""
        score = self._quality.get(name)
        return score is None or score.is_weak

    def _note(self, name: str) -> str:
        score = self._quality.get(name)
        if score is None:
            return tr("not measured")
        r = tr("r {value}").format(value=Score(score.value).text())
        return tr("weakly predicted, {r}").format(r=r) if score.is_weak else r

    def _line(self, estimate: GemsEstimate) -> str:
        return f"{emotion_name(estimate.name)} {percent(estimate.share)}, {self._note(estimate.name)}"

    def about(self, estimate: GemsEstimate) -> str:
        """Return all that is known of a row, for its tooltip."""
        score = self._quality.get(estimate.name)
        share = tr("An estimated {share} of listeners would choose it for this track.").format(
            share=percent(estimate.share)
        )
        if score is None:
            quality = tr("How well the model predicts it has not been measured.")
        else:
            quality = tr(
                "Correlation of predicted with rated shares on recordings the model was not trained on: r = {score}."
            ).format(score=score_text(score))
            if score.low is not None:
                quality = f"{quality} {tr('In brackets the 95% interval.')}"
            if score.is_weak:
                weak = tr("Weakly predicted: r is below {limit}, or could be chance.").format(limit=WEAK_R)
                quality = f"{quality} {weak}"
        return f"<b>{emotion_name(estimate.name)}</b><br>{share} {quality}"

    # Drawing

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(240, max(len(self._estimates), 1) * _ROW_PX)

    def bar(self, row: int) -> QRectF:
        """Where the bar of a row lies, drawn to its share."""
        groove = QRectF(0, row * _ROW_PX + 20, self.width(), 6)
        return QRectF(groove.left(), groove.top(), max(groove.width() * self.rows[row].share, 3.0), groove.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw name, quality, number and bar of each emotion."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, estimate in enumerate(self.rows):
            weak = self.is_weak(estimate.name)
            line = QRectF(0, index * _ROW_PX, self.width(), 18)
            painter.setFont(font(BODY_PX, tabular=True))
            painter.setPen(QColor(tokens.soft if weak or self._dimmed else tokens.text))
            name = emotion_name(estimate.name)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, percent(estimate.share))
            used = QFontMetrics(painter.font()).horizontalAdvance(name) + 8
            painter.setFont(font(AXIS_PX, tabular=True))
            painter.setPen(QColor(tokens.soft))
            room = QRectF(used, line.top() + 1, self.width() - used - 44, 18)
            note, metrics = self._note(estimate.name), QFontMetrics(painter.font())
            if weak and metrics.horizontalAdvance(note) > room.width() and estimate.name in self._quality:
                note = tr("weakly predicted")
            note = metrics.elidedText(note, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, note)
            self._paint_bar(painter, index, weak=weak)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_bar(self, painter: QPainter, row: int, *, weak: bool) -> None:
        tokens = THEME.tokens
        bar = self.bar(row)
        groove = QRectF(0, bar.top(), self.width(), bar.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.colour("line", 0.6))
        painter.drawRoundedRect(groove, 3, 3)
        if weak:
            painter.setBrush(QColor(tokens.panel))
            painter.drawRoundedRect(bar, 3, 3)
            painter.setBrush(QBrush(tokens.colour("accent", 0.8), Qt.BrushStyle.BDiagPattern))
            painter.setPen(QPen(tokens.colour("accent", 0.7), 1))
            painter.drawRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        else:
            painter.setBrush(tokens.colour("accent", 0.45 if self._dimmed else 1.0))
            painter.drawRoundedRect(bar, 3, 3)

    def event(self, event: QEvent) -> bool:
        """Explain the emotion under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = event.pos().y() // _ROW_PX
            if 0 <= row < len(self.rows):
                QToolTip.showText(event.globalPos(), self.about(self.rows[row]), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)


def empty_text(known: bool) -> str:
    """Return what stands in the place of the bars; `known` says that there is an analysis."""
    if not known:
        return tr("Shown once the track has been analysed, if the model estimates them.")
    return tr("The model that judged this track does not estimate them. Another model may: Ctrl+M.")
