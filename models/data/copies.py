"""Recordings that are there several times, and labels of them that contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from models.data.labelled import LabelledClip


@dataclass(frozen=True)
class Duplicate:
    """Recordings that are one: `how` is "bytes" (the same file) or "sound" (the same samples in another file)."""

    clips: tuple[LabelledClip, ...]
    how: Literal["bytes", "sound"]

    @property
    def labels_agree(self) -> bool:
        """Whether they carry the same labels."""
        return len({(c.quadrant, c.valence, c.arousal, c.gems) for c in self.clips}) == 1

    @property
    def left_out(self) -> tuple[LabelledClip, ...]:
        """All but one of those that agree; of those that contradict each other none can be believed."""
        return self.clips[1 if self.labels_agree else 0 :]


def duplicates(
    content: Iterable[tuple[str, LabelledClip]], how: Literal["bytes", "sound"] = "bytes"
) -> list[Duplicate]:
    """Clips with the same content, from pairs of a hash and a clip."""
    by_content: defaultdict[str, list[LabelledClip]] = defaultdict(list)
    for key, clip in content:
        by_content[key].append(clip)
    return [Duplicate(tuple(clips), how) for clips in by_content.values() if len(clips) > 1]


def without(clips: Sequence[LabelledClip], found: Iterable[Duplicate]) -> list[LabelledClip]:
    """Clips but those that should be left out as copies.

    Two folders may refer to the same file, so a path does not tell clips apart: `found` is of the very objects in
    `clips`.
    """
    out = {id(clip) for one in found for clip in one.left_out}
    return [clip for clip in clips if id(clip) not in out]
