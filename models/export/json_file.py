"""A JSON document becomes a file that is whole or not there, or standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.export.whole_file import write_whole


def write_document(destination: Path | None, document: Mapping[str, Any]) -> None:
    """Write a document to a file, replaced as a whole, or to standard output when there is none.

    Raises
    ------
    JobError
        "no_space" when the file cannot be written; an earlier one is then still there.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    # A path may hold bytes that are no text; JSON must still be valid UTF-8.
    data = (text + "\n").encode("utf-8", "backslashreplace")
    if destination is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    write_whole(destination, data)
