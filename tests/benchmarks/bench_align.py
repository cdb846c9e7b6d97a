"""How well performances are aligned by their music, what other music scores, and what twenty minutes cost.

Run with `make bench`. Pieces are composed, and played at other tempi (0.8 to 1.3 of the written one, changing every
five seconds), timbres and keys, with silence or applause before; the time of every note is known. It takes about three
minutes.
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

from models.audio.cqt import log_cqt
from models.audio.descriptors.notes import note_frames
from models.structure.align import SAME_MUSIC, align
from models.structure.chroma import STEP_S, Harmony
from models.structure.structure import Structure
from tests.corpus import RATE_HZ
from tests.performances import Performance, compose, perform

PIECES = 8
SECONDS = 60.0
WAYS: dict[str, dict[str, Any]] = {
    "another tempo": {"tempi": (0.8, 1.3)},
    "and another timbre": {"tempi": (0.8, 1.3), "brightness": 0.1},
    "and two semitones lower": {"tempi": (0.8, 1.3), "brightness": 0.75, "semitones": -2},
    "and 8 s of silence before": {"tempi": (0.8, 1.3), "lead_s": 8.0},
    "and 12 s of applause before": {"tempi": (0.8, 1.3), "lead_s": 12.0, "applause": True, "brightness": 0.2},
}
_NOTHING = np.zeros(0, np.float32)


def _built(y: np.ndarray) -> Structure:
    chroma = Harmony.of(note_frames(log_cqt(y))).shown()
    return Structure("0" * 64, len(y) / RATE_HZ, None, _NOTHING, _NOTHING, (), chroma, STEP_S)


def _errors_s(first: Performance, second: Performance, one: Structure, other: Structure) -> tuple[np.ndarray, float]:
    alignment = align(one, other)
    at = np.arange(first.heard_s[0] + 0.5, first.heard_s[-1] - 0.5, 0.25)
    true = np.interp(np.interp(at, first.heard_s, first.score_s), second.score_s, second.heard_s)
    return np.abs(alignment.to_second(at) - true), alignment.fit


def _performances() -> None:
    scores = [compose(SECONDS, seed) for seed in range(PIECES)]
    plain = [perform(score) for score in scores]
    structures = [_built(performance.y) for performance in plain]
    print(f"{PIECES} pieces of {SECONDS:.0f} s            median    90 %   least fit")
    others: list[Structure] = []
    for way, options in WAYS.items():
        errors, fits = [], []
        for number, score in enumerate(scores):
            second = perform(score, seed=number + 1, **options)
            other = _built(second.y)
            others.append(other)
            error, fit = _errors_s(plain[number], second, structures[number], other)
            errors.append(error)
            fits.append(fit)
        every = np.concatenate(errors)
        print(f"{way:28s} {np.median(every):6.2f} s {np.quantile(every, 0.9):6.2f} s   {min(fits):.2f}")
    strange = [
        align(one, others[(number * 3 + step) % len(others)]).fit
        for number, one in enumerate(structures)
        for step in range(1, len(others), 4)
        if (number * 3 + step) % len(others) % PIECES != number
    ]
    print(
        f"different pieces, {len(strange)} pairs: fit {np.median(strange):.2f} in the middle, "
        f"{max(strange):.2f} at most; from {SAME_MUSIC} on two are taken for the same music"
    )


def _excerpts() -> None:
    longs = [_built(perform(compose(90.0, seed)).y) for seed in range(6)]
    shorts = [_built(perform(compose(20.0 + 10 * (seed % 4), seed + 50)).y) for seed in range(8)]
    strange = [align(one, other).fit for one in longs for other in shorts]
    errors, fits = [], []
    for seed, one in enumerate(longs):
        cut_s = 20.0 * (seed % 3)
        notes = [replace(note, at_s=note.at_s - cut_s) for note in compose(90.0, seed) if 0 <= note.at_s - cut_s < 40.0]
        part = perform(notes, seed=seed + 1, tempi=(0.8, 1.3), brightness=0.1)
        alignment = align(one, _built(part.y))
        fits.append(alignment.fit)
        at = np.arange(0.5, 39.5, 0.25)
        errors.append(np.abs(alignment.to_second(at + cut_s) - np.interp(at, part.score_s, part.heard_s)))
    every = np.concatenate(errors)
    print(
        f"40 s of 90 s, another tempo and timbre: {np.median(every):.2f} s {np.quantile(every, 0.9):.2f} s   "
        f"{min(fits):.2f}; {len(strange)} excerpts of other pieces: {max(strange):.2f} at most"
    )


def _long() -> None:
    rng = np.random.default_rng(0)
    for minutes in (4, 20, 60):
        chords = rng.uniform(size=(12, minutes * 30)).astype(np.float32)
        first = np.repeat(chords, 20, axis=1)
        second = np.repeat(chords, rng.integers(15, 26, chords.shape[1]), axis=1)
        one, other = (
            Structure("0" * 64, x.shape[1] * 0.1, None, _NOTHING, _NOTHING, (), x, 0.1) for x in (first, second)
        )
        before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began_s = time.perf_counter()
        align(one, other)
        taken_s = time.perf_counter() - began_s
        more_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb
        print(f"two recordings of {minutes} minutes: {taken_s:.1f} s, {more_mb:.0f} MB more than before")


def main() -> int:
    """Print all figures."""
    _long()  # first: what the others leave in memory would hide what it takes
    _performances()
    _excerpts()
    return 0


if __name__ == "__main__":
    sys.exit(main())
