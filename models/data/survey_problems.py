"""What is wrong with labelled folders, each with its cure, and what to train on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.analysis import QUADRANTS
from models.data.label_scales import NINE, scales_of
from models.data.labelled import is_group_of_its_own
from models.data.survey_found import Found
from models.data.tables import OutOfRangeError
from models.hub import DEFAULT_MODEL
from models.training.recipes import FEW_CLIPS, FEW_FROM_NOTHING, FUSION_RECIPE
from models.training.splits import sibling_copy

#: Files that a problem names; the rest is counted.
_NAMED = 20
#: A class with a smaller share of what an even one would have is short.
_SHORT = 0.25
#: Fewer groups make no sound test.
_FEW_GROUPS = 5
_FOLDS = 5
#: A folder in which at least this share of the numbers lies in [-1, 1], and as much outside, mixes scales.
_MIXED = 0.1


def judge(found: Found) -> dict[str, Any]:
    """Problems, advice, and whether training would begin; parts of the survey."""
    problems = [*_of_files(found), *_of_scales(found), *_of_classes(found), *_of_groups(found)]
    skipped = {"bad_row", "out_of_range", "unreadable", "too_short", "silent", "contradictory", "mixed_scales"}
    errors = [p for p in problems if p["severity"] == "error"]
    return {
        "problems": problems,
        "advice": _advice(found),
        "can_train": not errors,
        "can_train_with_skip_bad": all(p["kind"] in skipped for p in errors),
    }


def _problem(kind: str, severity: str, text: str, cure: str, files: Sequence[Path | str] = ()) -> dict[str, Any]:
    named = [str(file) for file in files[:_NAMED]]
    return {"kind": kind, "severity": severity, "text": text, "cure": cure, "files": named}


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _of_files(found: Found) -> Iterator[dict[str, Any]]:
    """Nothing there, bad rows, recordings that cannot be read, copies."""
    rows = [error for error in found.bad if not isinstance(error, OutOfRangeError)]
    if not found.clips:
        first = rows[0].message if rows else "Nothing with a label was found."
        yield _problem(
            "empty" if not found.bad else "no_labels",
            "error",
            f"There is nothing to learn from. {first}",
            "Put recordings into folders called Q1, Q2, Q3, Q4 or by moods (happy, angry, sad, calm), or write a "
            "labels.csv with the columns file and quadrant.",
        )
        return
    if rows:
        yield _problem(
            "bad_row",
            "error",
            f"{_plural(len(rows), 'row or folder', 'rows or folders')} cannot be used. The first: {rows[0].message}",
            "Mend them in the table, or train without them.",
            [error.message for error in rows],
        )
    for kind, kinds, what, cure in (
        ("too_short", {"too_short", "empty"}, "too short to be heard", "Take longer ones, half a minute is best."),
        ("silent", {"no_sound"}, "silent", "Take them out, or export them anew."),
    ):
        mine = [clip.path for clip, error in found.unreadable if error.kind in kinds]
        if mine:
            text = f"{_plural(len(mine), 'recording is', 'recordings are')} {what}."
            yield _problem(kind, "error", text, f"{cure} Or train without them.", mine)
    rest = [(c, e) for c, e in found.unreadable if e.kind not in {"too_short", "empty", "no_sound"}]
    if rest:
        text = f"{_plural(len(rest), 'recording', 'recordings')} cannot be read. The first: {rest[0][1].message}"
        cure = "Convert them to WAV, FLAC or MP3, or take them out. Or train without them."
        yield _problem("unreadable", "error", text, cure, [clip.path for clip, _ in rest])
    yield from _of_copies(found)


def _of_copies(found: Found) -> Iterator[dict[str, Any]]:
    against = [one for one in found.duplicates if not one.labels_agree]
    if against:
        yield _problem(
            "contradictory",
            "error",
            f"{_plural(len(against), 'recording has', 'recordings have')} several labels that contradict each other.",
            "Decide for one label and take the others out. Or train without these recordings.",
            [clip.path for one in against for clip in one.clips],
        )
    same = [one for one in found.duplicates if one.labels_agree]
    copies = sum(len(one.clips) - 1 for one in same)
    if copies and len(found.usable) < 2:
        text = f"All {len(found.clips)} recordings are copies of one another: there is nothing to compare."
        cure = "Add other recordings."
        yield _problem("all_duplicates", "error", text, cure, [c.path for one in same for c in one.clips])
    elif copies:
        yield _problem(
            "duplicates",
            "warning",
            f"{_plural(copies, 'recording is a copy', 'recordings are copies')} of another one. A copy in the test of "
            "what the model learned would make its score too good.",
            "Train without copies: one of each is kept.",
            [clip.path for one in same for clip in one.clips[1:]],
        )


def _of_scales(found: Found) -> Iterator[dict[str, Any]]:
    beyond = [error for error in found.bad if isinstance(error, OutOfRangeError)]
    mixed = [folder for folder, numbers in found.numbers.items() if _is_mixed(numbers)]
    if mixed:
        yield _problem(
            "mixed_scales",
            "error",
            f"Valence and arousal stand on different scales in {Path(mixed[0]).name}: some rows lie in -1 to 1, "
            "others beyond.",
            "Bring all to -1 to 1 (from 1 to 9: subtract 5, divide by 4). Or train without the rows beyond.",
            mixed,
        )
    elif beyond:
        every = [n for numbers in found.numbers.values() for n in numbers]
        scale = f" They look like a scale of {NINE}: subtract 5, divide by 4." if _looks_like_nine(every) else ""
        yield _problem(
            "out_of_range",
            "error",
            f"{_plural(len(beyond), 'row lies', 'rows lie')} outside the range of labels. {beyond[0].message}",
            f"Valence and arousal go from -1 to 1.{scale} Or train without these rows.",
            [error.message for error in beyond],
        )
    _, question = scales_of({Path(f).name: n for f, n in found.numbers.items() if n and not _beyond(n)}, {})
    if question is not None:
        yield _problem(
            "mixed_scales",
            "warning",
            f"Perhaps not all labels stand on the scale of -1 to 1. {question.message}",
            "If the numbers go from 0 to 1, double them and subtract 1. If they are right, go on.",
        )


def _beyond(numbers: Sequence[float]) -> bool:
    return bool(np.any(np.abs(numbers) > 1))


def _is_mixed(numbers: Sequence[float]) -> bool:
    if not numbers:
        return False
    inside = float(np.mean(np.abs(numbers) <= 1))
    # On a scale of 1 to 9 some numbers are 1; on one of -1 to 1 hardly all of those inside are.
    other = any(abs(n) < 1 for n in numbers)
    return other and _MIXED <= inside <= 1 - _MIXED


def _looks_like_nine(numbers: Sequence[float]) -> bool:
    return bool(numbers) and min(numbers) >= NINE.low and NINE.high >= max(numbers) > 1


def _of_classes(found: Found) -> Iterator[dict[str, Any]]:
    """Whether there is something to tell apart, and enough of each."""
    judged = [clip for clip in found.usable if clip.quadrant is not None]
    if not judged:
        if found.clips and found.usable:
            yield _problem(
                "no_labels", "error", "No recording has a quadrant, or valence and arousal.",
                "Label some: recordings with a GEMS profile only do not teach quadrants.",
            )  # fmt: skip
        return
    counts = Counter(clip.quadrant for clip in judged)
    there = [name for i, name in enumerate(QUADRANTS) if counts[i]]
    if len(there) == 1:
        yield _problem(
            "one_class",
            "error",
            f"All {len(judged)} recordings are {there[0]}: there is nothing to tell apart.",
            "Add recordings of other quadrants, ten of each to begin with.",
        )
    elif max(counts.values()) == 1:
        yield _problem(
            "one_clip_per_class",
            "error",
            f"There is one recording of each of {', '.join(there)}: what is learned from could not be tested.",
            "Label some more, ten of each quadrant to begin with.",
        )
    else:
        missing = [name for i, name in enumerate(QUADRANTS) if not counts[i]]
        if missing:
            yield _problem(
                "missing_class",
                "warning",
                f"No recording is {' or '.join(missing)}.",
                "Go on if your music has none, else add some: what is not there is not learned.",
            )
        short = [n for i, n in enumerate(QUADRANTS) if 0 < counts[i] < _SHORT * len(judged) / len(there)]
        if short:
            yield _problem(
                "unbalanced",
                "warning",
                f"There are few recordings of {' and '.join(short)}: "
                + ", ".join(f"{name} {counts[i]}" for i, name in enumerate(QUADRANTS) if counts[i])
                + ".",
                "Add some of these: a class with few examples is recognised least.",
            )
    if len(judged) < FEW_CLIPS:
        yield _problem(
            "few",
            "warning",
            f"{_plural(len(judged), 'recording is', 'recordings are')} few. A model that starts from a shipped one can "
            "learn how you hear differently from it, but the scores will be rough: a few recordings more or less "
            "right make ten points.",
            f"Start from {DEFAULT_MODEL}, and label {FEW_CLIPS} or more when you can.",
        )


def _of_groups(found: Found) -> Iterator[dict[str, Any]]:
    usable = found.usable
    if len(usable) < 2:
        return
    groups = {(clip.source, clip.group) for clip in usable}
    alone = sum(is_group_of_its_own(clip) for clip in usable)
    if alone == len(usable):
        yield _problem(
            "no_groups",
            "warning",
            "No recording names its artist or song, so each counts as its own. If some share one, the scores will be "
            "too good.",
            "Put the recordings of an artist into a subfolder, or fill the column group.",
        )
    elif len(groups) < _FEW_GROUPS:
        yield _problem(
            "few_groups",
            "error" if len(groups) < 2 else "warning",
            f"All recordings are of {_plural(len(groups), 'artist or song', 'artists or songs')}: how the model does "
            "on others can hardly be measured.",
            "Add recordings of other artists.",
        )
    copied = sibling_copy(usable)
    if copied.clips and copied.accuracy > copied.chance + 0.1:
        yield _problem(
            "siblings",
            "warning",
            f"{copied.clips} recordings share their artist or song with another one, and copying that one's label "
            f"would be right for {copied.accuracy:.0%} of them (chance {copied.chance:.0%}).",
            "Nothing to do: they stay together, so that this does not count as having learned.",
        )


def _advice(found: Found) -> dict[str, Any]:
    """What to train."""
    judged = [clip for clip in found.usable if clip.quadrant is not None]
    groups = {(clip.source, clip.group) for clip in judged}
    by_source = Counter(source for source, _ in groups)
    folds = max(0, min([_FOLDS, *by_source.values()]))
    start = DEFAULT_MODEL if len(judged) < FEW_FROM_NOTHING else ""
    if not judged:
        text = "Label recordings first: forty are a good beginning."
    elif not start:
        text = f"{len(judged)} recordings are enough to train a model from nothing."
    elif len(judged) < FEW_CLIPS:
        text = (
            f"{len(judged)} recordings are few. Start from {start}: what it knows is kept, only its last layers move "
            "and only a little, and your recordings are remembered."
        )
    else:
        text = f"Start from {start}: with {len(judged)} recordings it learns how you hear, and keeps what it knew."
    return {
        "recipe": FUSION_RECIPE, "start_from": start, "folds": folds if folds >= 2 else 0, "text": text,
    }  # fmt: skip
