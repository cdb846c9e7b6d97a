"""`affekt models`: the models there are, the card of one, and what a person does with their own."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from models.errors import JobError
from models.hub import DEFAULT_MODEL, Card, choose_default, default_of, find_model, list_models

NAME = "models"

_DESCRIPTION = (
    "Compare the models, show the card of one, and keep your own: as one file for other machines, under other names, "
    "in the bin and back. Without an action all are listed; `affekt models ID` shows the card of one."
)


class _Actions(argparse._SubParsersAction):  # type: ignore[type-arg]
    """Actions, of which the one to show a card may be left out: any other word is the model to show."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = _AnyWord(self._name_parser_map)

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        if values[0] not in self._name_parser_map:
            values = ["show", *values]
        super().__call__(parser, namespace, values, option)


class _AnyWord(dict[str, Any]):
    """The actions there are, for help; and whatever else is said is one too."""

    def __contains__(self, word: object) -> bool:
        return True


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME, help="list, show, export, import, rename, remove and restore models", description=_DESCRIPTION
    )
    whole = "print the whole cards as JSON"
    parser.add_argument("--json", action="store_true", help=whole)
    parser.set_defaults(run=run, do=_list)
    actions = parser.add_subparsers(action=_Actions, title="actions", metavar="ACTION")

    def add(name: str, do: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        action: argparse.ArgumentParser = actions.add_parser(name, help=text, description=f"{text.capitalize()}.")
        action.set_defaults(do=do)
        return action

    def of_one(name: str, do: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        action = add(name, do, text)
        action.add_argument("model", metavar="ID", help="the model: an id as listed, or a folder")
        return action

    for action in (
        add("list", _list, "compare the models, the default first"),
        of_one("show", _show, "show the whole card of a model"),
    ):
        # Not said here is what was said before the action.
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=whole)
    export = of_one("export", _export, "write a model as one file, without your notes")
    export.add_argument("file", type=Path, metavar="FILE", help="where to; nothing there is replaced")
    export.add_argument("--force", action="store_true", help="replace the file if it is there")
    add("import", _import, "check a model file, and put the model among your own").add_argument(
        "file", type=Path, metavar="FILE", help="what `affekt models export` wrote"
    )
    of_one("rename", _rename, "call one of your models something else; its id stays").add_argument(
        "name", metavar="NAME", help="the new name"
    )
    of_one("note", _note, "keep a note on a model; an empty one takes it away").add_argument(
        "text", metavar="TEXT", help="what to keep"
    )
    of_one("default", _default, "let a model be the default, here and in the window")
    of_one("remove", _remove, "put one of your models into the bin")
    add("bin", _bin, "list what is in the bin, the newest first")
    of_one("restore", _restore, "bring a model back from the bin")
    add("empty-bin", _empty_bin, "delete for good what is in the bin")


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked; 0 when it was done, 1 when it could not be."""
    try:
        status: int = arguments.do(arguments)
    except JobError as error:
        print(f"affekt: {error.message}", file=sys.stderr)
        return 1
    return status


def _own() -> Path:
    from app.paths import own_models

    return own_models()


def _list(arguments: argparse.Namespace) -> int:
    from app.cli.models_text import compare

    cards = list_models(_own())
    if arguments.json:
        _print_json(cards)
    else:
        print(compare(cards, default_of(cards, _own())) if cards else "There is no model.")
    return 0 if cards else 1


def _show(arguments: argparse.Namespace) -> int:
    from app.cli.models_text import describe
    from models.shelf.folders import missing_base, notes_on

    card = find_model(arguments.model, _own())
    if arguments.json:
        _print_json([card])
    else:
        cards = list_models(_own())
        print(describe(card, default_of(cards, _own()), notes_on(card, _own()), missing_base(card, cards)))
    return 0


def _print_json(cards: list[Card]) -> None:
    documents: Iterator[Mapping[str, Any]] = ({"id": card.id, **card.raw} for card in cards)
    print(json.dumps(list(documents), indent=2, ensure_ascii=False))


def _export(arguments: argparse.Namespace) -> int:
    from models.cards import base_id
    from models.shelf.archive import export_model

    card = find_model(arguments.model, _own())
    if arguments.file.exists() and not arguments.force:
        raise JobError("no_space", f"{arguments.file} is there already: choose another name, or replace it (--force).")
    export_model(card, arguments.file)
    print(f"{arguments.file} holds the model {card.id}.")
    if base_id(card.raw):
        print(f"It stands on the model {base_id(card.raw)}: whoever gets it needs that one too.", file=sys.stderr)
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from models.shelf.archive import import_model
    from models.shelf.folders import missing_base

    card = import_model(arguments.file, _own())
    print(f"{card.name} is here as {card.id}.")
    missing = missing_base(card, list_models(_own()))
    if missing:
        print(f"It stands on the model {missing}, which is not here: import that one too.", file=sys.stderr)
    return 0


def _rename(arguments: argparse.Namespace) -> int:
    from models.shelf.folders import rename_model

    card = rename_model(find_model(arguments.model, _own()), arguments.name, _own())
    print(f"{card.id} is called {card.name} now.")
    return 0


def _note(arguments: argparse.Namespace) -> int:
    from models.shelf.folders import set_notes

    card = find_model(arguments.model, _own())
    set_notes(card, arguments.text, _own())
    print(f"Kept with {card.id}." if arguments.text.strip() else f"{card.id} has no note now.")
    return 0


def _default(arguments: argparse.Namespace) -> int:
    card = find_model(arguments.model, _own())
    choose_default(card.id, _own())
    print(f"{card.id} is the default now.")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from app.library.peek import peek_settings
    from app.paths import library_file
    from models.shelf.folders import bin_model, is_own, standing_on

    card, cards = find_model(arguments.model, _own()), list_models(_own())
    others = standing_on(card, cards)
    default = default_of(cards, _own())
    judging = str(peek_settings(library_file()).get("model") or default)
    if is_own(card, _own()) and judging in (card.id, *(other.id for other in others)):
        why = f"The model {judging} judges in the window"
        if judging != card.id:
            why = f"{why}, and stands on {card.id}"
        how = f" or make another the default (affekt models default {DEFAULT_MODEL})" if judging == default else ""
        raise JobError("bad_model", f"{why}. Choose another there first (Ctrl+M){how}.")
    bin_model(card, _own())
    print(f"{card.id} is in the bin. `affekt models restore {card.id}` brings it back.")
    if others:
        names = ", ".join(other.id for other in others)
        print(f"These models stand on it and cannot be used without it: {names}.", file=sys.stderr)
    return 0


def _bin(_arguments: argparse.Namespace) -> int:
    from models.shelf.folders import binned

    entries = binned(_own())
    for entry in entries:
        print(f"{entry.id}  {entry.card.name}, deleted {entry.when:%Y-%m-%d %H:%M} UTC")
    if not entries:
        print("The bin is empty.")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from models.shelf.folders import binned, restore_model

    entry = next((entry for entry in binned(_own()) if entry.id == arguments.model), None)
    if entry is None:
        there = ", ".join(dict.fromkeys(entry.id for entry in binned(_own()))) or "nothing"
        raise JobError("missing_model", f"There is no model {arguments.model!r} in the bin. In it: {there}.")
    card = restore_model(entry, _own())
    print(f"{entry.id} is back" + (f" as {card.id}, because its id is taken." if card.id != entry.id else "."))
    return 0


def _empty_bin(_arguments: argparse.Namespace) -> int:
    from models.shelf.folders import empty_bin

    count = empty_bin(_own())
    print("The bin was empty." if count == 0 else f"Deleted {count} for good.")
    return 0
