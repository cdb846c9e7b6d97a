"""How long "Why here?" takes: the answers of an occlusion one after the other, of a first and of further questions.

Run with `make bench`. On a bundled piece of 75 s, or files named as arguments, from the reading of the file on, on one
core; the model is in memory. The processor's time is what stays the same on a busy machine.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from models.explain.asked import ask
from models.explain.explain import ExplainRequest, explain_sound, read_sound
from models.explain.explanation import Explanation, Target
from models.hub import DEFAULT_MODEL, load_model
from models.jobs import CancelToken
from models.runtime import one_core_here

DEMO = Path(__file__).parents[2] / "resources" / "demo" / "the-empty-platform.ogg"
#: What is asked, and of which stretch; the whole last, for it leaves no room for what was kept of stretches.
QUESTIONS: tuple[tuple[str, Target, tuple[float | None, float | None]], ...] = (
    ("first, 16 s", "arousal", (30.0, 46.0)),
    ("other target", "Q1", (30.0, 46.0)),
    ("other target", "valence", (30.0, 46.0)),
    ("other stretch", "arousal", (50.0, 66.0)),
    ("the whole", "arousal", (None, None)),
)


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def main(file: Path) -> None:
    """Print a row per question: seconds, and in brackets those of the processor, until each answer."""
    one_core_here()
    model = load_model(DEFAULT_MODEL, "cpu")
    print(f"{file.name}, {os.cpu_count()} cores, load {_load()}")
    print(f"{'question':15}{'target':9}" + "".join(f"{name:>18}" for name in ("whole moments", "coarse", "fine")))
    began, used = time.perf_counter(), time.process_time()
    sound = read_sound(file, CancelToken())
    for question, target, (start_s, end_s) in QUESTIONS:
        row = f"{question:15}{target:9}"
        request = ExplainRequest(0, file, target, start_s=start_s, end_s=end_s)
        for event in explain_sound(request, ask(model, target), sound, model, CancelToken()):
            if isinstance(event, Explanation):
                row += f"{time.perf_counter() - began:10.1f} ({time.process_time() - used:5.1f})"
        print(row, flush=True)
        began, used = time.perf_counter(), time.process_time()
    print(f"load {_load()} at the end")


if __name__ == "__main__":
    for name in sys.argv[1:] or [str(DEMO)]:
        main(Path(name))
