"""How fast and how lean analysing is: real-time factor, time to the first result, memory of a long recording.

Run with `make bench`, on an otherwise idle machine. Ratios travel from machine to machine; seconds do not.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from tests.corpus import melody

FOUR_MINUTES_S = 240.0
RUNS = 5
LONG_HOURS = 3.0

_PEAK = """
import json, resource, sys
from pathlib import Path
from models.hub import load_model
from models.inference.analyse import analyse
from models.jobs import AnalysisRequest, CancelToken
model = load_model()
loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
*_, last = analyse(AnalysisRequest(0, Path(sys.argv[1])), model, CancelToken())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"loaded_kb": loaded, "peak_kb": peak, "duration_s": last.duration_s}))
"""


def _recording(path: Path, seconds: float) -> Path:
    """MP3, 44.1 kHz, stereo: what people have. One minute of music, repeated."""
    minute = np.stack([melody(60.0, seed, 44_100) for seed in (1, 2)], axis=1)
    with soundfile.SoundFile(path, "w", 44_100, 2, format="MP3") as out:
        for _ in range(round(seconds / 60)):
            out.write(minute)
    return path


def real_time_factor(folder: Path) -> None:
    """Length of a track over the time its analysis takes, the model being loaded."""
    from models.analysis import Overview
    from models.hub import load_model
    from models.inference.analyse import analyse
    from models.jobs import AnalysisRequest, CancelToken

    track = _recording(folder / "four-minutes.mp3", FOUR_MINUTES_S)
    model = load_model()
    whole, first = [], []
    for run in range(RUNS + 1):
        began = time.perf_counter()
        for event in analyse(AnalysisRequest(0, track), model, CancelToken()):
            if isinstance(event, Overview):
                drawn = time.perf_counter() - began
        if run:  # the first warms up
            whole.append(time.perf_counter() - began)
            first.append(drawn)
    print(
        f"real-time factor, 4-minute MP3 on {os.cpu_count()} cores ({model.device}): "
        f"median {FOUR_MINUTES_S / statistics.median(whole):.0f} x, "
        f"worst {FOUR_MINUTES_S / max(whole):.0f} x of {RUNS} runs (aim: over 100 x)"
    )
    print(
        f"  waveform and spectrogram after {statistics.median(first):.2f} s, everything after "
        f"{statistics.median(whole):.2f} s (aim: first result within 2 s)"
    )


def memory(folder: Path) -> None:
    """Peak memory of a process that analyses three hours."""
    track = _recording(folder / "three-hours.mp3", LONG_HOURS * 3600)
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _PEAK, str(track)], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - began
    figures = json.loads(done.stdout)
    print(
        f"memory, {LONG_HOURS:g}-hour MP3: peak {figures['peak_kb'] / 1024:.0f} MB, of which "
        f"{figures['loaded_kb'] / 1024:.0f} MB are torch and the model (aim: under 1,024 MB); "
        f"{figures['duration_s'] / seconds:.0f} x real time, start included"
    )


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        real_time_factor(Path(name))
        memory(Path(name))


if __name__ == "__main__":
    main()
