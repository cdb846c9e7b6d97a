"""How model files are called, and how long names may be. Light: the window reads it at once."""

from __future__ import annotations

#: How the file is called behind its name.
ARCHIVE_SUFFIX = ".affekt-model"
#: Characters of a model's name.
MOST_NAME = 80
