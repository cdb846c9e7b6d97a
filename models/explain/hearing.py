"""What the fused model reads of a recording whole and with parts filled, heard once for all questions of it."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from models.audio.cqt import bin_frequencies_hz
from models.audio.descriptors.grid import grid_times
from models.audio.descriptors.stream import Part, of_frames, of_notes, put_together
from models.audio.heard import Heard
from models.audio.tagger import N_FEATURES, REACH_STEPS, HeardStretch, blocks_of, steps_in, tags_of

if TYPE_CHECKING:
    from models.explain.sound import Sound
    from models.live.corrections import HeardMusic

Features = tuple[torch.Tensor, ...]

#: What is kept for the next question of one recording. All that is heard to explain a climax of a recording of four
#: minutes takes 60 MB; the tagger's channels, where all of it is explained, 45 MB.
_MOST_BYTES = 96 << 20


class _Stretch:
    """What was heard to explain one stretch: the tagger's channels around it, and readings with parts of it filled."""

    def __init__(self, tag_mel: torch.Tensor, steps: list[tuple[int, int]]) -> None:
        # Of a long one the channels would take more than they spare: what is near to a change is heard from the start.
        bytes_ = sum(HeardStretch.bytes_of(last - first) for first, last in steps)
        self.blocks = [HeardStretch(tag_mel, *run) for run in steps] if bytes_ <= _MOST_BYTES else None
        self.bytes = bytes_ if self.blocks is not None else 0
        self.filled: dict[bytes, Features] = {}


class Hearing:
    """Remembers what tagger and descriptors hear of one sound: none of it depends on what is asked of the model."""

    def __init__(self) -> None:
        self._whole: Features | None = None
        self._notes: Part | None = None
        self._stretches: OrderedDict[tuple[int, int], _Stretch] = OrderedDict()

    def know(self, heard: HeardMusic) -> None:
        """Take what an analysis heard of the same recording."""
        self._whole = _features(heard)

    def whole(self, sound: Sound) -> Features:
        """Steps [shape=(t, f)] and summary [shape=(s,)] of the sound."""
        if self._whole is None:
            mel = torch.from_numpy(sound.tag_mel)
            with torch.inference_mode():
                tags = torch.cat([tags_of(mel, *block) for block in blocks_of(steps_in(sound.duration_s))])
            self._whole = self._described(tags, sound)
        return self._whole

    def without(self, sound: Sound, mask: NDArray[np.bool_], within: slice) -> Features:
        """Steps and summary of the sound with some cells filled, of a stretch that may be filled all over in turn.

        Parameters
        ----------
        sound : Sound
            The one that this remembers.
        mask : np.ndarray [shape=(rows, columns)]
            True where it is filled with the mean.
        within : slice
            Columns of the stretch.
        """
        stretch, key = self._stretch(sound, within), np.packbits(mask).tobytes()
        if key not in stretch.filled:
            features = self._again(sound, mask, stretch.blocks)
            size = sum(x.nbytes for x in features)
            if stretch.bytes + size > _MOST_BYTES:
                return features
            stretch.filled[key] = features
            stretch.bytes += size
            self._forget()
        return stretch.filled[key]

    def _stretch(self, sound: Sound, within: slice) -> _Stretch:
        key = (within.start, within.stop)
        if key not in self._stretches:
            columns = np.zeros(sound.grid.columns, np.bool_)
            columns[within] = True
            runs = near_steps(columns, steps_in(sound.duration_s))
            self._stretches[key] = _Stretch(torch.from_numpy(sound.tag_mel), runs)
            self._forget()
        self._stretches.move_to_end(key)
        return self._stretches[key]

    def _forget(self) -> None:
        while len(self._stretches) > 1 and sum(one.bytes for one in self._stretches.values()) > _MOST_BYTES:
            self._stretches.popitem(last=False)

    def _again(self, sound: Sound, mask: NDArray[np.bool_], blocks: list[HeardStretch] | None) -> Features:
        changed: NDArray[np.bool_] = np.any(sound.grid.over_tag_mel(mask, len(sound.tag_mel)), axis=1)
        filled = sound.without(mask)
        tags = self.whole(sound)[0][:, :N_FEATURES].clone()
        mel = torch.from_numpy(filled.tag_mel)
        with torch.inference_mode():
            if blocks is None:
                for first, last in near_steps(np.asarray(mask.any(axis=0)), len(tags)):
                    tags[first:last] = tags_of(mel, first, last)
            else:
                for block in blocks:
                    steps, said = block.again(mel, changed)
                    tags[torch.from_numpy(steps)] = said
        return self._described(tags, filled, kept_notes=not _holds_notes(sound, mask), of=sound)

    def _described(
        self, tags: torch.Tensor, sound: Sound, *, kept_notes: bool = False, of: Sound | None = None
    ) -> Features:
        """Features, of tags and a sound; where its constant-Q is that of another sound, what that said is kept."""
        times_s = grid_times(sound.duration_s)
        if not kept_notes or of is None:
            notes = of_notes(sound.log_cqt, times_s)
        else:
            if self._notes is None:
                self._notes = of_notes(of.log_cqt, times_s)
            notes = self._notes
        return _features(Heard(tags.numpy(), put_together(times_s, notes, of_frames(sound.log_mel, times_s))))


def _features(heard: HeardMusic) -> Features:
    return torch.from_numpy(heard.steps), torch.from_numpy(heard.summary)


def _holds_notes(sound: Sound, mask: NDArray[np.bool_]) -> bool:
    """Whether a mask covers anything of the constant-Q, which ends below the highest rows."""
    return bool(mask[np.unique(sound.grid.rows_of(bin_frequencies_hz()))].any())


def near_steps(columns: NDArray[np.bool_], steps: int) -> list[tuple[int, int]]:
    """First and last (exclusive) of the steps that hear something of some columns, in blocks that are heard at once."""
    changed = np.flatnonzero(columns)
    touched = np.zeros(steps, np.bool_)
    for reach in range(-REACH_STEPS, REACH_STEPS + 1):
        touched[np.clip(changed + reach, 0, steps - 1)] = True
    at = np.flatnonzero(touched)
    # Each block hears its surroundings too: what lies between two that are near to each other costs less with them.
    runs = np.split(at, np.flatnonzero(np.diff(at) > 2 * REACH_STEPS) + 1)
    return [
        (int(run[0]) + first, int(run[0]) + last)
        for run in runs
        if run.size
        for first, last in blocks_of(int(run[-1] - run[0]) + 1)
    ]
