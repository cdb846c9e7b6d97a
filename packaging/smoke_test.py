"""Start the program as a stranger would and see that it lives: ``python packaging/smoke_test.py PROGRAM [--full]``.

PROGRAM is ``.venv/bin/affekt`` or the frozen ``dist/affekt/affekt``. Runs offscreen, in an empty folder, with a
library of its own. A frozen program, or any with ``--full``, must also train a tiny model and analyse with it. Fails
on a traceback, on a plugin that is missing, on a wrong answer and on any exit status but 0. Only the standard
library is used, so that any Python can run it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import wave
from array import array
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "resources" / "demo"
# What Qt, Python and the dynamic linker say when something was left out.
SIGNS_OF_TROUBLE = (
    "Traceback (most recent call last)",
    "Could not find the Qt platform plugin",
    "Could not load the Qt platform plugin",
    "no Qt platform plugin could be initialized",
    "Failed to execute script",
    "cannot open shared object file",
    "No module named",
    "QtMultimedia is not available",
    "No QtMultimedia backends found",
    "Fatal Python error",
)
# By their stems, wherever they lie in a frozen program; the last of each tuple is for the other systems.
PLUGINS = {
    "linux": ("libqoffscreen", "libqxcb", "libqwayland", "libffmpegmediaplugin", "libqsvg"),
    "darwin": ("libqcocoa", "libqsvg"),
    "win32": ("qwindows", "qoffscreen", "ffmpegmediaplugin", "qsvg"),
}


class SmokeError(Exception):
    """Something is wrong with the program."""


class Program:
    """The program under test, run in a folder of its own.

    Parameters
    ----------
    executable : Path
        What to start.
    folder : Path
        An empty folder: working directory, library and temporary files.
    """

    def __init__(self, executable: Path, folder: Path) -> None:
        self._executable = executable
        self._folder = folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "COV_"))}
        self._environment = kept | {"AFFEKT_HOME": str(folder / "home"), "QT_QPA_PLATFORM": "offscreen"}

    def run(self, *words: str, limit_s: float = 300.0) -> str:
        """Run it with these words; its standard output. Raises SmokeError when anything looks wrong."""
        began = time.monotonic()
        try:
            done = subprocess.run(
                [str(self._executable), *words],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=limit_s,
                check=False,
            )
        except OSError as error:
            raise SmokeError(f"{self._executable} cannot be started: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise SmokeError(f"affekt {' '.join(words)}: still running after {limit_s:.0f} s") from None
        said = f"{done.stdout}\n{done.stderr}"
        seen = [sign for sign in SIGNS_OF_TROUBLE if sign in said]
        if done.returncode != 0 or seen:
            raise SmokeError(
                f"affekt {' '.join(words)}: exit status {done.returncode}, {seen or 'no known sign'}\n{said[-4000:]}"
            )
        print(f"  {time.monotonic() - began:5.1f} s  affekt {' '.join(words)}", flush=True)
        return done.stdout


def check_version(program: Program) -> None:
    """It starts at all."""
    answer = program.run("--version", limit_s=60)
    if not answer.startswith("affekt "):
        raise SmokeError(f"--version answered {answer!r}")


def check_models(program: Program) -> None:
    """The shipped models came along."""
    shipped = {card.parent.name for card in (ROOT / "models" / "shipped").glob("*/card.json")}
    listed = {card["id"] for card in json.loads(program.run("models", "--json", limit_s=60))}
    if not shipped or not shipped <= listed:
        raise SmokeError(f"models lists {sorted(listed)}, the checkout ships {sorted(shipped)}")


def check_analysis(program: Program, *more: str) -> None:
    """The demo is analysed; the answer is whole and its probabilities are probabilities."""
    pieces = {piece["file"] for piece in json.loads((DEMO / "demo.json").read_text("utf-8"))["pieces"]}
    answer = json.loads(program.run("analyse", str(DEMO), "--json", "-", *more))
    if answer["schema"] != "affekt.analysis/1" or answer["errors"]:
        raise SmokeError(f"analyse: schema {answer['schema']}, errors {answer['errors']}")
    found = {Path(result["file"]).name for result in answer["results"]}
    if found != pieces:
        raise SmokeError(f"analyse: results for {sorted(found)}, expected {sorted(pieces)}")
    for result in answer["results"]:
        total = sum(result["quadrants"]["probabilities"])
        if not math.isclose(total, 1.0, abs_tol=1e-3):
            raise SmokeError(f"analyse: the quadrants of {result['file']} sum to {total}")


def check_figures(program: Program, folder: Path) -> None:
    """The libraries that draw came along."""
    piece = json.loads((DEMO / "demo.json").read_text("utf-8"))["pieces"][0]["file"]
    program.run("analyse", str(DEMO / piece), "--out", str(folder / "report"), "--figures")
    written = [file for file in (folder / "report").rglob("*") if file.suffix in {".png", ".pdf", ".svg"}]
    if not written or any(file.stat().st_size < 5_000 for file in written):
        raise SmokeError(f"analyse --figures wrote {[file.name for file in written]}")


def check_window(program: Program, folder: Path) -> None:
    """The window opens on the demo, works for a few seconds and closes by itself; its library holds the demo."""
    program.run("--quit-after", "6", str(DEMO), limit_s=90)
    library = folder / "home" / "library.sqlite3"
    if not library.is_file():
        raise SmokeError(f"the window left no library in {library.parent}")
    with closing(sqlite3.connect(library)) as database:
        rows = database.execute("SELECT path FROM tracks").fetchall()
    names = {Path(path).name for (path,) in rows}
    if not {file.name for file in DEMO.glob("*.ogg")} <= names:
        raise SmokeError(f"the window's library holds {sorted(names)}")


def check_explanation(program: Program) -> None:
    """The moments that carry an answer are named."""
    piece = json.loads((DEMO / "demo.json").read_text("utf-8"))["pieces"][0]["file"]
    told = program.run("explain", str(DEMO / piece), "--target", "Q1", "--method", "contribution")
    if not any(line[:1].isdigit() for line in told.splitlines()):
        raise SmokeError(f"explain said {told!r}")


def check_labels(program: Program, folder: Path) -> None:
    """Labels of two raters come into the library, and their agreement is measured."""
    pieces = [piece["file"] for piece in json.loads((DEMO / "demo.json").read_text("utf-8"))["pieces"]]
    rows = [f"{DEMO / file},{rater},Q{i % 4 + 1}" for i, file in enumerate(pieces) for rater in ("Ann", "Ben")]
    table = folder / "labels.csv"
    table.write_text("\n".join(["file,rater,quadrant", *rows]) + "\n", "utf-8")
    program.run("labels", "import", str(table))
    raters = json.loads(program.run("labels", "agree", "--json", "-"))["raters"]
    if len(raters) != 2:
        raise SmokeError(f"labels agree found the raters {raters}")


def check_model_files(program: Program, folder: Path) -> None:
    """A model goes out as one file, comes in, goes into the bin and comes back."""
    program.run("models", "export", str(folder / "tiny"), str(folder / "tiny.zip"))
    program.run("models", "import", str(folder / "tiny.zip"))
    program.run("models", "remove", "tiny")
    program.run("models", "restore", "tiny")


def check_training(program: Program, folder: Path) -> None:
    """Eight little clips are looked at, a model is trained on them and analyses the demo."""
    for i, quadrant in enumerate(("Q1", "Q2", "Q3", "Q4")):
        for take in range(2):
            write_tone(folder / "clips" / quadrant / f"{take}.wav", 220.0 * 1.5**i, seed=10 * i + take)
    found = json.loads(program.run("survey", str(folder / "clips"), "--json", "-"))
    if found["schema"] != "affekt.survey/1":
        raise SmokeError(f"survey: schema {found['schema']}")
    program.run(
        "train", str(folder / "clips"), "--out", str(folder / "tiny"), "--recipe", "crnn", "--epochs", "1",
        "--folds", "0", "--device", "cpu", "--progress", "jsonl", limit_s=600,
    )  # fmt: skip
    check_analysis(program, "--model", str(folder / "tiny"), "--device", "cpu")


def write_tone(file: Path, frequency_hz: float, seed: int, seconds: float = 10.0) -> None:
    """A noisy tone, 22,050 Hz, 16 bit."""
    noise = random.Random(seed)
    step = 2 * math.pi * frequency_hz / 22_050
    samples = array("h", (round(9000 * math.sin(step * i) + noise.gauss(0, 900)) for i in range(int(22_050 * seconds))))
    if sys.byteorder == "big":
        samples.byteswap()
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as stream:
        stream.setparams((1, 2, 22_050, 0, "NONE", ""))
        stream.writeframes(samples.tobytes())


def check_plugins(internal: Path) -> None:
    """The plugins that Qt loads by name lie in the frozen program."""
    names = {file.name for file in internal.rglob("*") if file.is_file()}
    wanted = PLUGINS.get(sys.platform, ())
    lacking = [stem for stem in wanted if not any(name.startswith(stem) for name in names)]
    if lacking:
        raise SmokeError(f"missing plugins: {', '.join(lacking)}")


def main() -> int:
    """Run every check; 0 when all passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("program", type=Path, help="the affekt to start")
    parser.add_argument("--full", action="store_true", help="train and draw figures, as with a frozen program")
    arguments = parser.parse_args()
    executable = arguments.program.absolute()
    internal = executable.parent / "_internal"
    frozen = internal.is_dir()
    began = time.monotonic()
    print(f"Smoke test of {arguments.program}{' (frozen)' if frozen else ''}")
    with tempfile.TemporaryDirectory(prefix="affekt smoke ö ") as name:
        folder = Path(name)
        program = Program(executable, folder)
        try:
            if frozen:
                check_plugins(internal)
            check_version(program)
            check_models(program)
            program.run("self-test")
            check_analysis(program)
            if frozen or arguments.full:
                check_figures(program, folder)
                check_explanation(program)
                check_training(program, folder)
                check_model_files(program, folder)
                check_labels(program, folder)
            check_window(program, folder)
        except (SmokeError, KeyError, ValueError) as failure:
            print(f"FAILED: {failure}", file=sys.stderr)
            return 1
    print(f"The program is well ({time.monotonic() - began:.0f} s).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
