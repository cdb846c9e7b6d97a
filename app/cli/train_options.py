"""Options of `affekt train`: from the command line, from a file, and their defaults."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from app.cli.common import positive
from models.errors import JobError
from models.training.recipes import DEFAULT_RECIPE, FUSION_RECIPE, RECIPES

#: What holds where neither the command line nor the file says otherwise.
DEFAULTS: dict[str, Any] = {
    "folders": [],
    "out": None,
    "recipe": "",
    "start_from": "",
    "epochs": None,
    "folds": 5,
    "use_splits": False,
    "allow_shared_groups": False,
    "minutes": 0.0,
    "seed": 0,
    "share": [],
    "device": "auto",
    "resume": False,
    "cache": None,
    "card": None,
    "progress": "text",
    "control": "",
    "estimate": False,
    "against": "",
    "skip_bad": False,
}


def add_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add all options but --config; none has a default, so that it can be told what was given."""
    add = parser.add_argument
    return [
        add("folders", nargs="*", type=Path, metavar="FOLDER", help="labelled folders", default=argparse.SUPPRESS),
        _add(parser, "--out", type=Path, metavar="DIR", help="the model folder to write; its name is the model's id"),
        _add(
            parser,
            "--recipe",
            choices=sorted((*RECIPES, FUSION_RECIPE)),
            help=f"how to train (default: {DEFAULT_RECIPE}; with --start-from what that model needs)",
        ),
        _add(
            parser,
            "--start-from",
            metavar="MODEL",
            help="go on from this model's weights (an id or a folder), with less data and in less time",
        ),
        _add(parser, "--epochs", type=positive, help="passes over the data, instead of the recipe's"),
        _add(
            parser,
            "--folds",
            type=_folds,
            metavar="K",
            help=f"folds of the cross-validation, 0 for none (default: {DEFAULTS['folds']})",
        ),
        _add(
            parser,
            "--use-splits",
            action="store_true",
            help="train and measure by the column split (train, val, test) instead of folds",
        ),
        _add(
            parser,
            "--allow-shared-groups",
            action="store_true",
            help="with --use-splits: let a song or artist lie in two parts, and say so in the card",
        ),
        _add(
            parser,
            "--minutes",
            type=minutes,
            metavar="N",
            help="be done in about this time, with as many epochs as fit",
        ),
        _add(parser, "--seed", type=int, help="of the folds and of the networks (default: 0)"),
        _add(
            parser,
            "--share",
            type=_share,
            action="append",
            metavar="FOLDER=S",
            help="meet only the share S, (0, 1], of a folder's clips in each epoch (another draw each time)",
        ),
        _add(parser, "--device", choices=("auto", "cpu", "cuda", "mps"), help="(default: auto)"),
        _add(parser, "--resume", action="store_true", help="go on where an interrupted run of the same settings was"),
        _add(
            parser,
            "--cache",
            type=Path,
            metavar="DIR",
            help="where log-mels are kept (default: DIR of --out, .features beside it)",
        ),
        _add(
            parser,
            "--card",
            type=Path,
            metavar="FILE",
            help="JSON with name, version, summary, licence, data, notes and limits for the card",
        ),
        _add(parser, "--progress", choices=("text", "jsonl"), help="how progress is printed (default: text)"),
        _add(
            parser,
            "--control",
            choices=("stdin",),
            help="obey the lines pause, resume, stop (keep the best so far) and cancel on standard input; its end "
            "cancels",
        ),
        _add(
            parser,
            "--estimate",
            action="store_true",
            help="train nothing: try for about ten seconds, and say how long the whole run would take",
        ),
        _add(
            parser,
            "--against",
            metavar="MODEL",
            help="compare the new model with this one on the same held-out clips (an id or a folder)",
        ),
        _add(
            parser,
            "--skip-bad",
            action="store_true",
            help="leave out rows and recordings that cannot be read, and name them, instead of refusing",
        ),
    ]


def _add(parser: argparse.ArgumentParser, name: str, **how: Any) -> argparse.Action:
    return parser.add_argument(name, default=argparse.SUPPRESS, **how)


def settle(given: Mapping[str, Any], config: Path | None) -> argparse.Namespace:
    """All options: those given on the command line, else those of the file, else the defaults.

    Raises
    ------
    JobError
        "bad_data" when the file cannot be read, or says something that is no option or no value of one.
    """
    known = {name: value for name, value in given.items() if name in DEFAULTS and value != []}
    known = {**(_read_config(config) if config else {}), **known}
    return argparse.Namespace(**{**DEFAULTS, **known}, folds_given="folds" in known)


class _Refusing(argparse.ArgumentParser):
    """Says what is wrong as an error of the file, not as one of the command line."""

    def error(self, message: str) -> NoReturn:
        raise JobError("bad_data", message)


def _read_config(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        values = tomllib.loads(text) if file.suffix.lower() == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        kind = "TOML" if file.suffix.lower() == ".toml" else "JSON"
        raise JobError("bad_data", f"{file} cannot be read as {kind}.", str(error)) from None
    if not isinstance(values, dict):
        raise JobError("bad_data", f"{file} must hold an object with the options' names and values.")
    parser = _Refusing(add_help=False, allow_abbrev=False)
    actions = {action.dest: action for action in add_options(parser)}
    unknown = [name for name in values if name.replace("-", "_") not in actions]
    if unknown:
        raise JobError(
            "bad_data",
            f"{file} has {', '.join(repr(name) for name in unknown)}, which is no option of affekt train; there are "
            f"{', '.join(name.replace('_', '-') for name in actions)}.",
        )
    words: list[str] = []
    try:
        for name, value in values.items():
            words += _as_words(actions[name.replace("-", "_")], value, file.resolve().parent)
        found = vars(parser.parse_args(words))
    except JobError as error:
        raise JobError("bad_data", f"{file}: {error.message}") from None
    return {name: value for name, value in found.items() if value != []}


def _as_words(action: argparse.Action, value: Any, base: Path) -> list[str]:
    """Write an option of the file as it would be written on a command line; its paths are from the file's folder on."""
    option = action.option_strings[0] if action.option_strings else ""
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise JobError("bad_data", f"{option.lstrip('-')} must be true or false.")
        return [option] if value else []
    if action.dest == "share" and isinstance(value, dict):
        value = [f"{name}={share}" for name, share in value.items()]
    many = action.dest in {"folders", "share"}
    entries = value if many and isinstance(value, list) else [value]
    if not all(isinstance(entry, str | int | float) and not isinstance(entry, bool) for entry in entries):
        raise JobError("bad_data", f"{action.dest.replace('_', '-')} must be {'a list' if many else 'a value'}.")
    if action.type is Path or (action.dest in {"start_from", "against"} and (base / str(value)).is_dir()):
        entries = [base / str(entry) for entry in entries]
    return [f"{option}={entry}" if option else str(entry) for entry in entries]


def minutes(text: str) -> float:
    """Read a number of minutes above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("it must be a number of minutes above 0")
    return number


def _share(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        share = float(number)
    except ValueError:
        share = 0.0
    if not name or not 0 < share <= 1:
        raise argparse.ArgumentTypeError("it must look like FOLDER=0.5, above 0 and at most 1")
    return Path(name).name, share


def _folds(text: str) -> int:
    if not text.isdecimal() or int(text) == 1:
        raise argparse.ArgumentTypeError("it must be a whole number, 2 or more, or 0 for none")
    return int(text)
