"""The program's line icons, tinted with a colour of the theme, and the markers of the quadrants."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap, QPolygonF
from PySide6.QtSvg import QSvgRenderer

from app.paths import resources
from models.figures.palette import QUADRANT_COLOURS


@lru_cache
def _source(name: str) -> str:
    return (resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def _pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))
    pixmap = QPixmap(int(size * ratio), int(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@lru_cache(maxsize=256)
def icon(name: str, colour: str, disabled: str = "", size: int = 20) -> QIcon:
    """Return the icon `name` drawn in `colour`, and in `disabled` where it cannot be used."""
    out = QIcon()
    for ratio in (1.0, 2.0):
        out.addPixmap(_pixmap(name, colour, size, ratio), QIcon.Mode.Normal)
        if disabled:
            out.addPixmap(_pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return out


@lru_cache(maxsize=64)
def marker_path(quadrant: str, size: float) -> QPainterPath:
    """Shape of a quadrant's marker around (0, 0): triangle, diamond, circle, square for Q1..Q4."""
    r = size / 2
    path = QPainterPath()
    if quadrant == "Q1":
        path.addPolygon(QPolygonF([QPointF(0, -r), QPointF(r * 1.08, r * 0.85), QPointF(-r * 1.08, r * 0.85)]))
        path.closeSubpath()
    elif quadrant == "Q2":
        d = r * 1.15
        path.addPolygon(QPolygonF([QPointF(0, -d), QPointF(d, 0), QPointF(0, d), QPointF(-d, 0)]))
        path.closeSubpath()
    elif quadrant == "Q3":
        path.addEllipse(QPointF(0, 0), r, r)
    else:
        path.addRect(QRectF(-r * 0.9, -r * 0.9, 1.8 * r, 1.8 * r))
    return path


def draw_marker(painter: QPainter, quadrant: str, centre: QPointF, size: float = 9.0) -> None:
    """Draw a quadrant's marker in its colour."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(QUADRANT_COLOURS[quadrant]))
    painter.translate(centre)
    painter.drawPath(marker_path(quadrant, size))
    painter.restore()
