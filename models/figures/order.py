"""A figure as it is asked for: everything that a dialog or a command line can choose, in one frozen request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from models.figures.climax import CLOSE_PANELS, draw_climax, draw_shapes
from models.figures.comparison import Compared, draw_comparison
from models.figures.panels import USUAL, draw_panels
from models.figures.preset import PRESETS
from models.figures.recording import Recording
from models.figures.saving import Drawn
from models.figures.worm import draw_worm

What = Literal["panels", "worm", "climax", "approaches", "comparison"]
WHATS: tuple[What, ...] = get_args(What)


@dataclass(frozen=True)
class Order:
    """What shall be drawn.

    Attributes
    ----------
    what : str
        One of `WHATS`.
    preset : str
        One of `models.figures.preset.PRESETS`.
    panels : tuple of str
        For "panels".
    heat : str
        Under the waveform.
    region : tuple of float or None
        For "panels" and "worm": start and end in seconds; None for the whole.
    climax : int
        For "climax": 1 is the strongest.
    lag_s : float
        [0, 5].
    title : bool
        Whether title and verdict stand above.
    axis : str
        For "comparison": whose time the axis is; empty where each recording goes by its own.
    """

    what: What = "panels"
    preset: str = "two columns"
    panels: tuple[str, ...] = USUAL
    heat: str = "attention"
    region: tuple[float, float] | None = None
    climax: int = 1
    lag_s: float = 0.0
    title: bool = True
    axis: str = ""


def draw(order: Order, recording: Recording | None, compared: Sequence[Compared] = ()) -> Drawn:
    """Draw what is asked for.

    Parameters
    ----------
    order : Order
    recording : Recording or None
        None only for a comparison.
    compared : sequence of Compared
        For a comparison.

    Raises
    ------
    ValueError
        If it cannot be drawn, with the reason in words.
    """
    preset = PRESETS[order.preset]
    if order.what == "comparison":
        return draw_comparison(compared, preset, axis=order.axis, lag_s=order.lag_s, title=order.title)
    if recording is None:
        raise ValueError("there is no recording to draw")
    if order.what == "worm":
        return draw_worm(recording, preset, lag_s=order.lag_s, region=order.region, title=order.title)
    if order.what == "climax":
        return draw_climax(
            recording, order.climax, preset, lag_s=order.lag_s, panels=CLOSE_PANELS, heat=order.heat, title=order.title
        )
    if order.what == "approaches":
        return draw_shapes(recording, preset, title=order.title)
    return draw_panels(
        recording, preset, order.panels, lag_s=order.lag_s, region=order.region, heat=order.heat, title=order.title
    )
