"""What `affekt train` learns from: the folders' clips, and what is heard of them."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.cli.train_telling import Telling
from app.paths import heard_folder
from models.errors import Cancelled, JobError
from models.jobs import Control

if TYPE_CHECKING:
    import numpy as np

    from models.data.labelled import LabelledClip
    from models.training.features import Features
    from models.training.heard_features import HeardClip

#: Bad rows and recordings that are named before the rest is only counted.
_NAMED = 10


def read_clips(options: argparse.Namespace, telling: Telling, *, profiles: bool) -> list[LabelledClip]:
    """Clips of all folders that the recipe can use; says what is left out, and what their groups are.

    All need a quadrant, but for recipes that learn from GEMS profiles too.
    """
    from models.data.labelled import is_group_of_its_own, read_labelled_folders

    bad: list[JobError] | None = [] if options.skip_bad else None
    everything = read_labelled_folders(options.folders, bad)
    _say_left_out([error.message for error in bad or ()], telling)
    if options.skip_bad:
        from models.training.parent import content_of

        everything = _without_copies(everything, content_of(everything), "bytes", telling)
    clips = [clip for clip in everything if clip.quadrant is not None or (profiles and clip.gems is not None)]
    if not clips:
        raise JobError(
            "bad_data", "None of the clips has a quadrant, or valence and arousal: there is nothing to learn."
        )
    if len(clips) < len(everything):
        left_out = len(everything) - len(clips)
        text = (
            f"{left_out} of {len(everything)} clips have neither a quadrant nor valence and arousal: they are left out."
        )
        telling.note(text, left_out=left_out)
    alone = sum(is_group_of_its_own(clip) for clip in clips)
    if alone:
        telling.note(f"{alone} of {len(clips)} clips name no group: each counts as its own.", ungrouped=alone)
    unknown = {name for name, _ in options.share} - {clip.source for clip in clips}
    if unknown:
        raise JobError("bad_data", f"--share names {', '.join(sorted(unknown))}, which is none of the folders.")
    return clips


def _without_copies(
    clips: Sequence[LabelledClip], content: Iterable[str], how: Literal["bytes", "sound"], telling: Telling
) -> list[LabelledClip]:
    """Keep one of each recording, and none whose copies contradict each other; `content` tells recordings apart."""
    from models.data.copies import duplicates, without

    found = duplicates(zip(content, clips, strict=True), how)
    for one in found:
        others = ", ".join(clip.path.name for clip in one.clips[1:])
        if one.labels_agree:
            telling.note(f"{one.clips[0].path.name} is there more than once ({others}): one is kept.", left_out=1)
        else:
            text = f"{one.clips[0].path.name} and {others} are one recording with labels that contradict each other."
            telling.note(f"{text} It is left out.", left_out=len(one.clips))
    return without(clips, found)


def _without_copies_by_ear(
    clips: list[LabelledClip], arrays: Iterable[np.ndarray[Any, Any]], telling: Telling
) -> tuple[list[LabelledClip], list[int]]:
    """Keep one of each recording by what was heard of it, as a survey does: copies need not be the same file."""
    content = [hashlib.sha256(one.tobytes()).hexdigest() for one in arrays]
    kept = {id(clip) for clip in _without_copies(clips, content, "sound", telling)}
    where = [i for i, clip in enumerate(clips) if id(clip) in kept]
    return [clips[i] for i in where], where


def refuse_hopeless(clips: Sequence[LabelledClip], held_out: bool) -> None:
    """Refuse what nothing can be learned from, or what is learned cannot be tested.

    Raises
    ------
    JobError
        "bad_data" when all clips are of one quadrant, or each quadrant has one clip that would have to be held out.
    """
    counts = Counter(clip.quadrant for clip in clips if clip.quadrant is not None)
    if len(counts) == 1 and sum(counts.values()) > 1:
        (only,) = counts
        raise JobError(
            "bad_data",
            f"All {sum(counts.values())} clips are Q{only + 1}: there is nothing to tell apart. Add clips of other "
            "quadrants.",
        )
    if held_out and max(counts.values(), default=0) == 1:
        raise JobError(
            "bad_data",
            "There is one clip per quadrant: what is learned from cannot be tested. Label some more, or train without "
            "a test (--folds 0).",
        )


def _say_left_out(messages: Sequence[str], telling: Telling) -> None:
    for message in messages[:_NAMED]:
        telling.note(f"Left out: {message}", left_out=1)
    if len(messages) > _NAMED:
        more = len(messages) - _NAMED
        telling.note(f"Left out for such reasons: {more} more.", left_out=more)


def say_what_siblings_give_away(clips: Sequence[LabelledClip], telling: Telling) -> None:
    """Say what a split by clips would reward."""
    from models.training.splits import sibling_copy

    for source in sorted({clip.source for clip in clips}):
        copied = sibling_copy([clip for clip in clips if clip.source == source])
        if copied.clips:
            text = (
                f"{source}: {copied.clips} of {copied.of} clips share their song or artist with another clip. Copying "
                f"such a clip's label without listening would score {copied.accuracy:.3f} under folds by clip (chance "
                f"{copied.chance:.3f}), so clips of one group stay together."
            )
            telling.note(text, source=source, sibling_copy=dataclasses.asdict(copied))


def hear_clips(
    clips: Sequence[LabelledClip], cache: Path, skip_bad: bool, telling: Telling, control: Control
) -> tuple[list[LabelledClip], list[HeardClip]]:
    """What the tagger and the descriptors hear in each clip, kept beside the log-mel; and the clips it is of."""
    from app.jobs.fallback import decode_with_qt
    from models.training.heard_features import load_heard

    failed: dict[int, JobError] | None = {} if skip_bad else None
    heard: list[HeardClip] = _last(
        load_heard(clips, cache, failed, heard_folder(), decode_with_qt), "heard", len(clips), telling, control
    )
    left = _those_left(clips, failed, telling)
    if skip_bad:
        left, where = _without_copies_by_ear(left, (one.steps for one in heard), telling)
        heard = [heard[i] for i in where]
    return left, heard


def log_mel_of(
    clips: Sequence[LabelledClip], cache: Path, skip_bad: bool, telling: Telling, control: Control
) -> tuple[list[LabelledClip], Features]:
    """Log-mel of each clip, and the clips it is of."""
    from app.jobs.fallback import decode_with_qt
    from models.training.features import load_features

    failed: dict[int, JobError] | None = {} if skip_bad else None
    features: Features = _last(
        load_features(clips, cache, failed, decode_with_qt), "features", len(clips), telling, control
    )
    left = _those_left(clips, failed, telling)
    if skip_bad:
        left, where = _without_copies_by_ear(left, features, telling)
        features = features if len(where) == len(features) else features[where]
    return left, features


def _last(loading: Iterator[Any], event: str, of: int, telling: Telling, control: Control) -> Any:
    for done in loading:
        if not isinstance(done, int):
            return done
        control.check()
        if control.stopping:  # nothing has been learned that could be kept
            raise Cancelled
        telling.recordings(event, done, of)
    raise AssertionError("the last is all of them")


def _those_left(
    clips: Sequence[LabelledClip], failed: dict[int, JobError] | None, telling: Telling
) -> list[LabelledClip]:
    if not failed:
        return list(clips)
    _say_left_out([error.message for error in failed.values()], telling)
    left = [clip for i, clip in enumerate(clips) if i not in failed]
    if not left:
        raise JobError("bad_data", f"None of the {len(clips)} recordings can be read: there is nothing to learn.")
    return left
