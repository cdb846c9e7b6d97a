"""Affekt: the emotion music expresses, over time."""

__version__ = "0.1.0"
#: What made a file, as files say it.
PROGRAM = f"Affekt {__version__}"
