"""What lanes are drawn of: where it is on the screen, and that drawing it in strips leaves no seams."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.ui.analysis.lanes.band import Band
from app.ui.analysis.lanes.items import Item, Line, Picture, Place, Stack
from app.ui.timescale import TimeAxis

WIDTH, HEIGHT = 200, 100
BLACK, RED, GREEN, BLUE = (QColor(name) for name in ("#000000", "#ff0000", "#00ff00", "#0000ff"))


def place(asked: QRect, low: float = 0.0, high: float = 1.0) -> Place:
    return Place(QRectF(0, 0, WIDTH, HEIGHT), 0.0, 10.0, low, high, QRectF(asked))


def drawn(item: Item, strips: int = 1, ratio: float = 1.0, low: float = 0.0, high: float = 1.0) -> QImage:
    """Draw an item in upright strips, one after the other."""
    image = QImage(int(WIDTH * ratio), int(HEIGHT * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    each = WIDTH // strips
    for index in range(strips):
        strip = QRect(index * each, 0, each, HEIGHT)
        painter.setClipRect(strip)
        item.paint(painter, place(strip, low, high))
    painter.end()
    return image


def tones(image: QImage) -> np.ndarray:
    """Red, green and blue of every pixel [shape=(height, width, 3)], 0 to 255."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4)[:, :, :3].astype(int)


def inked(image: QImage) -> np.ndarray:
    """Which pixels are not white [shape=(height, width)]."""
    return tones(image).min(axis=2) < 255


def line(values: np.ndarray, width: float = 1.0, *, smooth: bool = False) -> Line:
    item = Line()
    pen = QPen(BLACK, width)
    pen.setCosmetic(True)
    item.set_points(np.linspace(0, 10, len(values)), values, pen, smooth=smooth)
    return item


def jagged(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 1, count)


def a_stack(count: int) -> Stack:
    shares = np.random.default_rng(1).dirichlet(np.ones(4), count)
    item = Stack()
    item.set_colours([BLACK, RED, GREEN, BLUE], QColor("white"))
    item.set_edges(np.linspace(0, 10, count), np.cumsum(shares[:, ::-1], axis=1)[:, ::-1])
    return item


def a_band(count: int) -> Band:
    axis = TimeAxis()
    axis.set_duration(10.0)
    item = Band(Qt.BrushStyle.BDiagPattern, Qt.PenStyle.DashLine)
    item.set_colour("#0072B2", dark=False)
    low = jagged(count) * 0.5
    item.set_band(np.stack((low, low + 0.3), axis=1), 10.0 / count, 0.0)
    item.show_range(axis, WIDTH)
    return item


def a_picture() -> Picture:
    item = Picture()
    item.set_table(np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1))
    item.set_cells(np.random.default_rng(2).integers(0, 255, (70, 30), dtype=np.uint8), 0.0, 10.0, 0.0, 1.0)
    return item


@pytest.mark.parametrize(
    "item",
    [
        line(jagged(150)),
        line(jagged(9000)),  # so many that it is drawn as a picture
        line(np.sin(np.linspace(0, 9, 100)) / 2 + 0.5, smooth=True),
        line(np.sin(np.linspace(0, 9, 400)) / 2 + 0.5, width=1.6, smooth=True),
        a_stack(60),
        a_stack(900),
        a_band(4000),
        a_picture(),
    ],
    ids=["jagged", "dense", "smooth", "wide", "stack", "dense stack", "band", "picture"],
)
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_playhead_that_moves_on_leaves_no_seams(qapp, item, ratio):
    seams = np.abs(tones(drawn(item, strips=50, ratio=ratio)) - tones(drawn(item, ratio=ratio)))
    assert seams.max() <= 6  # of 255: Qt rounds a stroke that is cut a little otherwise


def test_a_line_is_where_its_values_are(qapp):
    ink = inked(drawn(line(np.array([0.0, 1.0]))))
    columns = np.arange(10, 190)
    rows = [float(np.flatnonzero(ink[:, x]).mean()) for x in columns]
    np.testing.assert_allclose(rows, HEIGHT - (columns + 0.5) / WIDTH * HEIGHT, atol=1.5)


def test_a_dense_line_covers_what_its_strokes_would(qapp):
    values = 0.5 + 0.4 * np.where(np.arange(9000) % 2, 1.0, -1.0)
    ink = inked(drawn(line(values)))
    assert ink[11:89].all()
    assert not ink[:8].any()
    assert not ink[92:].any()


def test_where_nothing_is_known_there_is_a_gap(qapp):
    values = np.full(101, 0.5)
    values[40:61] = np.nan
    ink = inked(drawn(line(values)))
    assert ink[:, :76].any(axis=0).all()
    assert not ink[:, 80:120].any()
    assert ink[:, 124:198].any(axis=0).all()
    assert not inked(drawn(line(np.full(10, np.nan)))).any()


def test_a_stack_has_its_areas_in_order_and_of_their_heights(qapp):
    item = Stack()
    item.set_colours([BLACK, RED, GREEN, BLUE], QColor("white"))
    item.set_edges(np.array([0.0, 10.0]), np.array([[1.0, 0.8, 0.5, 0.1]] * 2))
    image = drawn(item)
    seen = {y: image.pixelColor(100, y) for y in (10, 35, 70, 95)}
    assert list(seen.values()) == [BLACK, RED, GREEN, BLUE]
    for edge in (20, 50, 90):
        assert image.pixelColor(100, edge) == QColor("white")


def test_cells_of_a_picture_rise_from_the_bottom(qapp):
    item = Picture()
    tints = np.zeros((256, 3), np.uint8)
    tints[:4] = (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)
    item.set_table(tints)
    item.set_cells(np.array([[0, 1], [2, 3]], np.uint8), 0.0, 10.0, 0.0, 1.0)
    image = drawn(item)
    corners = [image.pixelColor(x, y) for x, y in ((5, 95), (5, 5), (195, 95), (195, 5))]
    assert corners == [BLACK, RED, GREEN, BLUE]


def test_far_out_of_view_nothing_is_drawn_and_nothing_fails(qapp):
    for item in (line(jagged(9000) * 1e9 + 1e9), line(np.array([3.0, 3.0]))):
        assert not inked(drawn(item))[1:].any()
