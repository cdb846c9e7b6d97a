"""Keeping frames that arrive in pieces: the same array as putting the pieces together, whatever their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio import framing
from models.audio.framing import FrameStore


@pytest.mark.parametrize("axis", (0, 1))
@pytest.mark.parametrize("block_frames", (1, 7, 64, 1000))
def test_frames_come_back_as_they_went_in(axis: int, block_frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "_BLOCK_BYTES", block_frames * 2 * 5)
    whole = np.random.default_rng(0).normal(size=(5, 231) if axis else (231, 5)).astype(np.float32)
    store = FrameStore(axis)
    for piece in np.split(whole, (1, 65, 65, 200), axis=axis):  # one of them empty
        store.add(piece)
        store.add(None)
    taken = store.take()
    assert taken.dtype == np.float16
    np.testing.assert_array_equal(taken, whole.astype(np.float16))
    assert taken.flags.c_contiguous


def test_what_was_taken_is_forgotten() -> None:
    store = FrameStore(1)
    store.add(np.ones((3, 4), np.float32))
    store.take()
    with pytest.raises(ValueError, match="no frames"):
        store.take()
    store.add(np.zeros((3, 2), np.float32))
    assert store.take().tolist() == [[0.0] * 2] * 3
