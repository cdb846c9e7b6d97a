"""Hundreds of upright lines as one row of pixels that is repeated downwards: they take no longer to draw than one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap


def paint_row(painter: QPainter, area: QRect, cover: NDArray[np.floating], colour: QColor) -> None:
    """Fill the columns of a rectangle.

    Parameters
    ----------
    painter : QPainter
        On whatever is painted.
    area : QRect
        As many pixels wide as `cover` is long.
    cover : np.ndarray [shape=(width,)]
        How much of each column is filled, [0, 1].
    colour : QColor
        With what; its own alpha counts, too.
    """
    if not cover.any():
        return
    alpha = np.clip(cover, 0.0, 1.0) * colour.alphaF()
    row = np.empty((1, len(cover), 4), np.uint8)
    for channel, value in enumerate((colour.blue(), colour.green(), colour.red(), 255)):
        row[0, :, channel] = np.round(alpha * value)
    image = QImage(row.data, len(cover), 1, row.nbytes, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawTiledPixmap(area, QPixmap.fromImage(image))
