"""The course of a labelling session, without a window: which recording is next, and what was said while one played."""

from app.labelling.plan import Item, Order, Plan, items_of
from app.labelling.sitting import KEYS, Progress, Sitting
from app.labelling.take import Take

__all__ = ["KEYS", "Item", "Order", "Plan", "Progress", "Sitting", "Take", "items_of"]
