"""Affekt: the emotion music expresses, over time."""

__version__ = "0.1.0"
