"""Names of the files that are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Names are cut here: what stands before and after fits into the 255 bytes that a name may have.
_MOST_BYTES = 150


def distinct(names: Sequence[str]) -> list[str]:
    """Tell equal names apart by a number; case does not tell files apart everywhere."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        key = name.casefold()
        seen[key] = seen.get(key, 0) + 1
        out.append(name if seen[key] == 1 else f"{name} ({seen[key]})")
    return out


def file_name(text: str) -> str:
    """Return a text as a file's name on every system, or as the longer part of one."""
    name = re.sub(r"[^\w\- ]+", "_", text).strip()
    # File systems count bytes, of which a Chinese character has three.
    return name.encode()[:_MOST_BYTES].decode(errors="ignore").strip() or "unnamed"
