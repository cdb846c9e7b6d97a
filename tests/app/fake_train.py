"""Stands for the program's command line in tests: says what `affekt train` and `affekt survey` say, as it is told to.

`FAKE_TRAIN` holds words: "slow" (waits between epochs), "flood" (thousands of events a second), "segfault", "kill",
"memory" (ends so, after some epochs), "refuse" (an error event), "deaf" (does not hear when it is asked to end),
"halved" (says that memory was short and goes on).
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import sys
import time
from pathlib import Path

MODES = set(os.environ.get("FAKE_TRAIN", "").split())
FOLDS, EPOCHS = 2, 5


def say(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def clip(number: int, folder: str) -> dict[str, object]:
    return {
        "file": f"{folder}/song {number}.wav",
        "name": f"song {number}.wav",
        "source": Path(folder).name,
        "group": str(number),
        "label": "Q1",
        "said": "Q2",
        "probability": 0.9 - 0.1 * number,
        "of_label": 0.05,
        "theirs": "Q1" if number else "Q2",
    }


def survey(folders: list[str]) -> None:
    if "refuse" in MODES:
        say("error", kind="bad_data", message="There is nothing to learn from in “empty”. Choose another folder.")
        sys.exit(1)
    for number in range(1, 5):
        say("surveyed", clips=number * 10, of=40)
        time.sleep(0.1 if "slow" in MODES else 0.0)
    found = {
        "schema": "affekt.survey/1",
        "folders": folders,
        "sources": {Path(folder).name: 40 for folder in folders},
        "clips": 42,
        "usable": 38,
        "duration_s": {"total": 1200.0, "shortest": 12.0, "median": 30.0, "longest": 61.0},
        "quadrants": {"Q1": 20, "Q2": 6, "Q3": 0 if "one_sided" in MODES else 4, "Q4": 8},
        "rated": 12,
        "profiled": 0,
        "traced": 0,
        "groups": {"count": 19, "named": 30, "largest": [{"name": "A band", "clips": 5}]},
        "siblings": {},
        "duplicates": [{"files": ["a.wav", "b.wav"], "how": "bytes", "labels_agree": False}],
        "unreadable": [{"file": "c.wav", "kind": "damaged", "message": "“c.wav” is damaged."}],
        "problems": [
            {
                "kind": "unreadable",
                "severity": "error",
                "text": "1 recording cannot be read.",
                "cure": "Leave it out.",
                "files": ["c.wav"],
            },
            {
                "kind": "few",
                "severity": "warning",
                "text": "38 clips are few.",
                "cure": "Label more.",
                "files": [],
            },
        ],
        "advice": {"recipe": "finetune-few", "start_from": "affekt-crnn", "folds": 5, "text": "Few clips: go gently."},
        "can_train": "hopeless" not in MODES,
        "can_train_with_skip_bad": True,
    }
    say("survey", survey=found)


def estimate() -> None:
    time.sleep(0.2 if "slow" in MODES else 0.0)
    say("estimate", clips=38, to_hear=38, features_s=20.0, training_s=100.0, total_s=120.0, networks=3, trial_s=10.0,
        device="cpu", text="About 2 minutes.")  # fmt: skip


class Stdin:
    """Words that were said to it, without waiting."""

    def __init__(self) -> None:
        self.left = ""

    def words(self, wait_s: float = 0.0) -> list[str]:
        if not select.select([0], [], [], wait_s)[0]:
            return []
        piece = os.read(0, 4096).decode()
        if not piece:
            return [] if "deaf" in MODES else ["cancel"]
        *whole, self.left = (self.left + piece).split("\n")
        return whole


def listen_to(stdin: Stdin) -> str:
    """Do what was said; "stop" where that was."""
    answer = ""
    waiting = False
    while True:
        for word in stdin.words(0.05 if waiting else 0.0):
            if word == "pause":
                waiting = True
                say("paused")
            elif word == "resume":
                waiting = False
                say("resumed")
            elif word == "stop":
                say("stopping")
                return "stop"
            elif word == "cancel" and "deaf" not in MODES:
                say("cancelled", text="Stopped.")
                sys.exit(1)
        if not waiting:
            return answer


def end_badly(mode: str) -> None:
    if mode == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if mode == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise MemoryError


def epochs_of(part: str, number: int, stdin: Stdin) -> bool:
    """Say one part's epochs; whether to go on after it."""
    epochs = 6_000 if "flood" in MODES else EPOCHS
    for epoch in range(1, epochs + 1):
        done = (number + epoch / epochs) / (FOLDS + 1)
        loss = math.exp(-epoch / epochs)
        say("epoch", part=part, network="", epoch=epoch, epochs=epochs, train_loss=loss, validation_loss=loss + 0.1,
            validation_accuracy=1 - loss, seconds=0.1, fraction=done, left_s=60 * (1 - done))  # fmt: skip
        for mode in ("segfault", "kill", "memory"):
            if mode in MODES and "--resume" not in sys.argv and epoch == 3:
                end_badly(mode)
        if "slow" in MODES:
            time.sleep(0.04)
        while "deaf" in MODES:
            time.sleep(1.0)
        if listen_to(stdin) == "stop":
            return False
    return True


def train() -> None:
    folder, out = sys.argv[2], Path(sys.argv[sys.argv.index("--out") + 1])
    if "--estimate" in sys.argv:
        estimate()
        return
    say("begin", protocol="affekt.train/1", clips=38, groups=19, recipe="base", parent="", device="cpu", folds=FOLDS,
        sources={"music": 38})  # fmt: skip
    if "refuse" in MODES:
        say("error", kind="bad_data", message="The folder was emptied while it was read. Put the recordings back.")
        sys.exit(1)
    if "halved" in MODES:
        say("note", text="Memory was short: the batch is worked on in halves.")
    work = out.with_name(out.name + ".work")
    work.mkdir(parents=True, exist_ok=True)
    stdin = Stdin()
    for clips in (19, 38):
        say("heard", clips=clips, of=38, seconds=1.0, left_s=1.0)
        listen_to(stdin)
    for fold in range(FOLDS):
        if not epochs_of(f"fold {fold + 1} of {FOLDS}", fold, stdin):
            break
        say("fold", fold=fold, macro_f1={"music": 0.5 + 0.1 * fold})
    else:
        epochs_of("final", FOLDS, stdin)
    score = {"value": 0.62, "low": 0.5, "high": 0.74}
    worse = {"value": 0.55, "low": 0.44, "high": 0.66}
    verdict = {
        "schema": "affekt.verdict/1",
        "ours": {"id": out.name, "name": out.name, "scores": {"macro_f1": score, "accuracy": score},
                 "confusion": [[8, 1, 0, 1], [2, 5, 1, 0], [0, 1, 6, 2], [1, 0, 2, 8]]},
        "theirs": {"id": "affekt-base", "name": "Affekt Base", "scores": {"macro_f1": worse, "accuracy": worse},
                   "confusion": [[7, 2, 0, 1], [3, 4, 1, 0], [0, 2, 5, 2], [1, 1, 3, 6]]},
        "difference": {"macro_f1": {"value": 0.07, "low": -0.03, "high": 0.17}},
        "better": "unclear",
        "clips": 38,
        "groups": 19,
        "interval": "95 %, bootstrap over groups",
        "protocol": "2-fold cross-validation over groups",
        "warnings": ["19 groups are few: the intervals are wide."],
        "wrong": [clip(number, folder) for number in range(3)],
        "text": "The new model scored higher, but the difference may be chance.",
    }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    card = {"name": out.name, "version": "1", "summary": "A fake.", "network": {"kind": "crnn"}, "weights_sha256": "0"}
    (out / "card.json").write_text(json.dumps(card))
    (out / "verdict.json").write_text(json.dumps(verdict))
    work.rmdir()
    if "--against" in sys.argv:
        say("asked", clips=38, of=38, seconds=1.0, left_s=0.0)
        say("verdict", **verdict)
    say("done", folder=str(out), scores={"macro_f1": score})


def report() -> None:
    out = Path(sys.argv[sys.argv.index("--out") + 1])
    assert int(sys.argv[sys.argv.index("--minutes") + 1]) > 0
    say("begin", protocol="affekt.report/1", clips=38, groups=19, device="cpu", sources={"music": 38})
    stdin = Stdin()
    for number, name in enumerate(("CRNN", "CNN")):
        epochs_of(f"music: {name}", number, stdin)
        say("row", source="music", name=name, recipe=name, text=f"music: {name}: macro-F1 0.5")
    out.mkdir(parents=True)
    (out / "tables.md").write_text("# Tables\n\n| network | accuracy |\n|---|---|\n| CRNN | 0.5 |\n")
    say("done", folder=str(out), files=[str(out / "tables.md")], results={})


if __name__ == "__main__":
    if sys.argv[1] == "report":
        report()
    elif sys.argv[1] == "survey":
        survey([word for word in sys.argv[2:] if not word.startswith("-") and word != "jsonl"])
    else:
        train()
