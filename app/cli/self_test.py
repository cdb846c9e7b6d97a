"""`affekt self-test`: analyse a bundled clip and say what it runs on."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time

from app import __version__
from models.analysis import Analysis
from models.errors import JobError
from models.jobs import AnalysisRequest, CancelToken

NAME = "self-test"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(NAME, help="analyse a bundled clip and say what device is used")
    parser.add_argument("--model", default="", metavar="ID")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the test; 0 when the strongest climax of a demo piece was found where its composer put it."""
    from app.paths import own_models, resources
    from models.hub import load_model
    from models.inference.analyse import analyse

    print(f"affekt {__version__}, Python {platform.python_version()}, {platform.platform()}")
    demo = resources() / "demo"
    try:
        piece = json.loads((demo / "demo.json").read_text(encoding="utf-8"))["pieces"][0]
        model = load_model(arguments.model, arguments.device, own_models())
        import torch

        print(f"model {model.card.id} version {model.card.version}, device {model.device}, torch {torch.__version__}")
        began = time.monotonic()
        analysis = None
        for event in analyse(AnalysisRequest(0, demo / piece["file"]), model, CancelToken()):
            if isinstance(event, Analysis):
                analysis = event
        assert analysis is not None
    except (OSError, KeyError, ValueError) as error:
        print(
            f"affekt self-test: the bundled demo cannot be read ({error}). Install the program again.",
            file=sys.stderr,
        )
        return 1
    except JobError as error:
        print(f"affekt self-test: {error.message}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    planted = piece["climax"]["peak_s"]
    print(
        f"{piece['file']}: {analysis.quadrant} {analysis.probabilities.max():.0%} in {seconds:.2f} s "
        f"({analysis.duration_s / seconds:.0f} times real time, the first run being the slowest)"
    )
    strongest = analysis.climaxes[0] if analysis.climaxes else None
    if strongest is None or not strongest.start_s <= planted <= strongest.end_s:
        print(f"FAILED: the climax planted at {planted:.1f} s was not found.", file=sys.stderr)
        return 1
    print(
        f"The climax composed at {planted:.1f} s lies in the strongest region found, {strongest.start_s:.1f} to "
        f"{strongest.end_s:.1f} s. All is well."
    )
    return 0
