"""How well beats, bars and sections are found, and what that costs.

Run with `make bench`. On composed pieces whose truth is known (`tests.pieces`, seeds that nothing was tuned on), on the
bundled pieces, whose scores say where each beat falls (they are played freely: the tempo moves all the time), and on
sounds without a beat. Beats and first beats of bars count as right within 70 ms, boundaries within 2 s. With
`--librosa` its beat tracker is measured on the same pieces (it compiles for half a minute first). With
`--scores AUDIO MIDI`, two folders, recordings are held against the scores of the same names that they were rendered
from: every second one, as the others served to choose the constants.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

from models.audio.decode import decode  # noqa: E402
from models.audio.log_mel import SAMPLE_RATE_HZ  # noqa: E402
from models.jobs import AnalysisRequest, CancelToken  # noqa: E402
from models.structure.look import look  # noqa: E402
from models.structure.scores import boundary_scores, f_measure  # noqa: E402
from models.structure.structure import Structure  # noqa: E402
from tests import corpus  # noqa: E402
from tests.benchmarks.score_beats import beats_of  # noqa: E402
from tests.pieces import Piece, clicks, compose  # noqa: E402

BEAT_S, BOUNDARY_S = 0.07, 2.0
SEEDS = range(100, 108)
FORMS = ("AABA", "ABA", "ABAC", "AABB", "ABCA")
#: Of the recordings whose cost is measured.
MINUTE, HOUR = 60.0, 3600.0

_HOUR = """
import json, sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from models.jobs import AnalysisRequest, CancelToken
from models.structure.look import look
path = Path(sys.argv[1])
began, cpu = time.monotonic(), time.process_time()
*_, found = look(AnalysisRequest(1, path), CancelToken())
# Not getrusage: what a child says there begins with its parent's peak.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"s": time.monotonic() - began, "cpu_s": time.process_time() - cpu, "sections": len(found.sections),
                  "beats": len(found.beats_s), "peak_kb": int(peak.split()[1])}))
"""


def _look(y: np.ndarray) -> Structure:
    with tempfile.TemporaryDirectory() as folder:
        path = corpus.write(Path(folder) / "piece.flac", y)
        *_, found = look(AnalysisRequest(1, path), CancelToken())
    assert isinstance(found, Structure)
    return found


def _row(name: str, values: Sequence[tuple[float, ...]], text: str) -> None:
    table = np.array(values, float)
    mean = np.nanmean(table, axis=0)
    half = 1.96 * np.nanstd(table, axis=0) / np.sqrt(len(table))
    figures = [f"{m:.2f} ({max(m - h, 0):.2f} to {min(m + h, 1):.2f})" for m, h in zip(mean, half, strict=True)]
    print(f"{name:34s}{text.format(*figures)}   n = {len(table)}", flush=True)


def _beats_of(found: Structure, piece: Piece) -> tuple[float, float, float]:
    beats = f_measure(found.beats_s, piece.beats_s, BEAT_S)
    halves = np.interp(np.arange(0, len(piece.beats_s) - 0.5, 0.5), np.arange(len(piece.beats_s)), piece.beats_s)
    levels = [f_measure(found.beats_s, x, BEAT_S) for x in (halves, piece.beats_s[::2], piece.beats_s[1::2])]
    return beats, max(beats, *levels), f_measure(found.downbeats_s, piece.downbeats_s, BEAT_S)


def composed(track: Callable[[np.ndarray], np.ndarray] | None) -> None:
    """Beats, bars and form of composed pieces; and another's beats on the same."""
    rng = np.random.default_rng(1)
    even: list[tuple[float, ...]] = []
    moving: list[tuple[float, ...]] = []
    others: list[tuple[float, ...]] = []
    form: list[tuple[float, ...]] = []
    letters = 0
    for seed in SEEDS:
        bpm = float(rng.uniform(65, 150))
        for kind, tempi in ((even, (bpm, bpm)), (moving, (bpm, bpm * float(rng.uniform(0.7, 1.4))))):
            piece = compose("ABAC", seed, bpm=tempi, metre=3 if seed % 4 == 0 else 4)
            kind.append(_beats_of(_look(piece.y), piece))
            if track is not None:
                others.append((f_measure(track(piece.y), piece.beats_s, BEAT_S),))
        for name in FORMS:
            piece = compose(name, seed)
            sections = _look(piece.y).sections
            form.append(boundary_scores([section.start_s for section in sections[1:]], piece.boundaries_s, BOUNDARY_S))
            letters += "".join(section.letter for section in sections) == name
    text = "beats {}, on any level {}, first beats {}"
    _row("even tempo, 65 to 150 a minute", even, text)
    _row("tempo that moves by up to 40%", moving, text)
    if others:
        _row("librosa.beat on all of these", others, "beats {}")
    _row("boundaries within 2 s", form, "found {}, right of those said {}")
    print(f"{'the whole form, letter by letter':34s}{letters} of {len(form)}")


def rendered(audio: Path, midi: Path, track: Callable[[np.ndarray], np.ndarray] | None) -> None:
    """Recordings that were rendered from scores: every second one, from the second."""
    rows, bars, others = [], [], []
    for path in sorted(audio.glob("*.flac"))[1::2]:
        beats_s, in_bar, one_metre = beats_of(midi / f"{path.stem}.mid")
        *_, found = look(AnalysisRequest(1, path), CancelToken())
        assert isinstance(found, Structure)
        beats_s = beats_s[beats_s < found.duration_s]
        piece = Piece(np.empty(0, np.float32), beats_s, beats_s[::in_bar], beats_s[:0], "")
        beats, level, first = _beats_of(found, piece)
        rows.append((beats, level, boundary_scores(found.beats_s, beats_s, BEAT_S)[1]))
        if one_metre and beats > 0.8:
            bars.append((first, float(found.downbeats_s.size > 0)))
        if track is not None:
            others.append((f_measure(track(decode(path)), beats_s, BEAT_S),))
    _row("rendered from scores", rows, "beats {}, on any level {}, right of those said {}")
    said = [row[:1] for row in bars if row[1]]
    _row("bars, where the beats are found", said, "first beats {}" + f", said of {len(said)} of {len(bars)}")
    if others:
        _row("librosa.beat on these", others, "beats {}")


def bundled() -> None:
    """The bundled pieces against their scores."""
    from demo_music import lanterns, station

    for score in (lanterns, station):
        *_, found = look(AnalysisRequest(1, ROOT / "resources" / "demo" / f"{score.SLUG}.ogg"), CancelToken())
        assert isinstance(found, Structure)
        quavers_s = np.array([score.TEMPO.seconds(k / 2) for k in range(2 * int(score.END_BEAT))])
        recall, precision = boundary_scores(found.beats_s, quavers_s, BEAT_S)
        letters = "".join(section.letter for section in found.sections)
        print(
            f"{score.SLUG:34s}{precision:.0%} of the beats said lie on a quaver; "
            f"{recall:.0%} of the quavers are said; sections {letters}"
        )


def without_a_beat() -> None:
    """How often a beat is heard where there is none."""
    heard = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        syllables_s = np.cumsum(rng.gamma(6.0, 0.2 / 6, 140))
        heard += [
            _look(y).tempo_bpm is not None
            for y in (
                clicks(np.sort(rng.uniform(0.2, 29, 90)), 30.0, seed),
                clicks(syllables_s[syllables_s < 29], 30.0, seed),
                corpus.tone(float(rng.uniform(80, 900)), 30.0, corpus.RATE_HZ),
                (0.1 * rng.standard_normal(30 * SAMPLE_RATE_HZ)).astype(np.float32),
            )
        ]
    print(f"{'random clicks, syllables, tones, noise':39s}a beat is heard in {sum(heard)} of {len(heard)}")


def cost() -> None:
    """Seconds for each minute of music, and memory on an hour of it."""
    with tempfile.TemporaryDirectory() as folder:
        minute = compose("ABAC", 7, bpm=(108.0, 108.0)).y[: round(MINUTE * SAMPLE_RATE_HZ)]
        y = np.tile(minute, round(HOUR / MINUTE))
        for name, seconds in (("four minutes", 4 * MINUTE), ("an hour", HOUR)):
            path = corpus.write(Path(folder) / "long.flac", y[: round(seconds * SAMPLE_RATE_HZ)])
            done = subprocess.run(
                [sys.executable, "-c", _HOUR, str(path)],
                capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
            )  # fmt: skip
            told = json.loads(done.stdout)
            print(
                f"{name:34s}{told['cpu_s'] / (seconds / 60):.2f} s of processor time for a minute of music; "
                f"{told['peak_kb'] / 1024:,.0f} MB at the peak; {told['sections']} sections, {told['beats']} beats"
            )


def _librosa() -> Callable[[np.ndarray], np.ndarray]:
    import librosa

    def track(y: np.ndarray) -> np.ndarray:
        return np.asarray(librosa.beat.beat_track(y=y, sr=SAMPLE_RATE_HZ, units="time")[1])

    began = time.monotonic()
    track(decode(ROOT / "resources" / "demo" / "lanterns-on-the-river.ogg"))
    print(f"{'librosa.beat, the first time':34s}{time.monotonic() - began:.0f} s")
    return track


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    librosa_track = _librosa() if "--librosa" in sys.argv else None
    composed(librosa_track)
    if "--scores" in sys.argv:
        folders = sys.argv[sys.argv.index("--scores") + 1 :][:2]
        rendered(Path(folders[0]), Path(folders[1]), librosa_track)
    bundled()
    without_a_beat()
    cost()
