"""What musical descriptors cost: each front end and each family, on four minutes of music, and memory over three hours.

Run with `make bench`. Processor time on one thread, as a share of the music's length: ratios travel, seconds do not.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

SECONDS = 240.0
RUNS = 5

_PEAK = """
import json, resource
import numpy as np
from models.audio.descriptors import DescriptorStream, describe
from tests.corpus import melody
minute = melody(60)
describe(minute)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
stream = DescriptorStream()
for _ in range(180):
    stream.push(minute)
stream.finish()
print(json.dumps({"before_kb": before, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


def cost_per_family() -> None:
    """Processor time of each step."""
    import numpy as np
    import torch

    from models.audio.cqt import log_cqt
    from models.audio.descriptors import chords, describe_frames, harmony, melody, notes, rhythm, stream, timbre
    from models.audio.descriptors.grid import grid_times
    from models.audio.log_mel import log_mel
    from tests.corpus import build_up

    torch.set_num_threads(1)
    y = np.tile(build_up(60, 40), 4)
    times_s = grid_times(SECONDS)
    mel, cqt = log_mel(y).astype(np.float16), log_cqt(y).astype(np.float16)
    frames, reference = stream.mel_features(mel)
    sounding = notes.note_frames(cqt)
    pitches = harmony.pitch_classes(sounding, times_s)
    key = harmony.keys(sounding, pitches, times_s)[2]
    steps: dict[str, Callable[[], object]] = {
        "front end: log-mel": lambda: log_mel(y),
        "front end: constant-Q": lambda: log_cqt(y),
        "log-mel frames": lambda: stream.mel_features(mel),
        "dynamics": lambda: timbre.loudness(frames, reference, times_s),
        "timbre": lambda: timbre.timbre(frames, times_s),
        "rhythm, articulation": lambda: rhythm.rhythm(frames, times_s),
        "notes": lambda: notes.note_frames(cqt),
        "register": lambda: melody.register(sounding, times_s),
        "melody": lambda: melody.melody(sounding, times_s),
        "pitch classes, consonance": lambda: harmony.consonance(
            sounding, harmony.pitch_classes(sounding, times_s), times_s
        ),
        "key": lambda: harmony.keys(sounding, pitches, times_s),
        "chords": lambda: chords.chords(pitches, key, times_s),
        "all from the front ends": lambda: describe_frames(mel, cqt, SECONDS),
    }
    for name, step in steps.items():
        step()
        took = []
        for _ in range(RUNS):
            began = time.process_time()
            step()
            took.append(time.process_time() - began)
        cost = statistics.median(took)
        print(f"{name:28s} {1000 * cost:7.1f} ms for four minutes: {SECONDS / cost:9,.0f} times real time")


def memory() -> None:
    """Peak memory of describing three hours."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": "."}
    )
    kb = json.loads(done.stdout)
    print(f"three hours: {kb['peak_kb'] / 1024:,.0f} MB at the peak, {kb['before_kb'] / 1024:,.0f} MB after one minute")


if __name__ == "__main__":
    cost_per_family()
    memory()
