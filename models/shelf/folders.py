"""The user's own models: another name, notes, the bin and the way back, and the names that are free."""

from __future__ import annotations

import json
import re
import shutil
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.cards import base_id
from models.errors import JobError
from models.hub import CARD_FILE, NOTES_FILE, Card, list_models, read_card
from models.shelf.names import MOST_NAME

#: Below the folder of own models: what was deleted, and the notes on shipped models.
BIN_FOLDER, _NOTES_FOLDER = ".bin", ".notes"
MOST_NOTES = 20_000
_WORK = ".work"
#: A training writes its checkpoint at least so often; what has been still for longer was interrupted.
_STILL_S = 900.0
_ENDINGS = (".new", ".previous", _WORK, ".part")
_STAMP = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class Binned:
    """A model in the bin: where it lies, the id that it had, its card, and when (UTC) it was put there."""

    folder: Path
    id: str
    card: Card
    when: datetime


def is_own(card: Card, own: Path) -> bool:
    """Whether a model is one of the user's own, which may be changed, and not one that came with the program."""
    return card.folder.resolve().parent == own.resolve()


def _own_only(card: Card, own: Path, what: str) -> None:
    if not is_own(card, own):
        raise JobError("bad_model", f"The model {card.id} came with the program and cannot be {what}.")


def rename_model(card: Card, name: str, own: Path) -> Card:
    """Call a model something else. Its id, by which its results are kept, stays, and so does all that was measured.

    Raises
    ------
    JobError
        "bad_model" for a shipped model or a name that is empty or too long; "no_space".
    """
    _own_only(card, own, "renamed")
    plain = " ".join(name.split())
    if not plain or len(plain) > MOST_NAME or not plain.isprintable():
        raise JobError(
            "bad_model", f"A model's name has 1 to {MOST_NAME} characters: {plain[:MOST_NAME]!r} will not do."
        )
    raw = {**read_card(card.folder).raw, "name": plain}
    _write_json(card.folder / CARD_FILE, raw, indent=2)
    return read_card(card.folder)


def notes_on(card: Card, own: Path) -> str:
    """Return what the user wrote about a model, shipped or own; empty where there is nothing."""
    try:
        notes = json.loads(_notes_file(card, own).read_text(encoding="utf-8"))["notes"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return notes if isinstance(notes, str) else ""


def set_notes(card: Card, text: str, own: Path) -> None:
    """Keep what the user writes about a model, at most 20,000 characters; the card is not touched.

    Raises
    ------
    JobError
        "no_space" when it cannot be written.
    """
    file, text = _notes_file(card, own), text.strip()[:MOST_NOTES]
    try:
        if text:
            file.parent.mkdir(parents=True, exist_ok=True)
        else:
            file.unlink(missing_ok=True)
            return
    except OSError as error:
        raise JobError("no_space", f"The notes could not be written to {file}.", str(error)) from None
    _write_json(file, {"notes": text})


def _notes_file(card: Card, own: Path) -> Path:
    return card.folder / NOTES_FILE if is_own(card, own) else own / _NOTES_FOLDER / f"{card.id}.json"


def _write_json(file: Path, document: Any, indent: int | None = None) -> None:
    part = file.with_name(file.name + ".part")
    try:
        part.write_text(json.dumps(document, indent=indent, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise JobError("no_space", f"{file} could not be written.", str(error)) from None


def is_in_training(folder: Path) -> bool:
    """Whether a training is at work on this model folder; one that was interrupted long ago is not."""
    work = folder.with_name(folder.name + _WORK)
    try:
        newest = max((path.stat().st_mtime for path in (work, *work.iterdir())), default=0.0)
    except OSError:
        return False
    return time.time() - newest < _STILL_S


def bin_model(card: Card, own: Path) -> Binned:
    """Put an own model into the bin, from where `restore_model` brings it back.

    Raises
    ------
    JobError
        "bad_model" for a shipped model, or one that is being trained; "no_space" when it cannot be moved.
    """
    _own_only(card, own, "deleted")
    if is_in_training(card.folder):
        raise JobError("bad_model", f"The model {card.id} is being trained. Delete it when the training has ended.")
    when = datetime.now(UTC)
    place = own / BIN_FOLDER / f"{card.folder.name}.{when.strftime(_STAMP)}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        card.folder.rename(place)
    except OSError as error:
        raise JobError(
            "no_space", f"The model {card.id} could not be moved to the bin, {place.parent}.", str(error)
        ) from None
    return Binned(place, card.folder.name, read_card(place), when)


def binned(own: Path) -> list[Binned]:
    """Models in the bin, the newest first."""
    found = []
    folder = own / BIN_FOLDER
    for place in folder.iterdir() if folder.is_dir() else ():
        name, _, stamp = place.name.rpartition(".")
        try:
            when = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
            found.append(Binned(place, name, read_card(place), when))
        except (ValueError, JobError):
            continue
    return sorted(found, key=lambda entry: entry.when, reverse=True)


def restore_model(entry: Binned, own: Path) -> Card:
    """Bring a model back from the bin, under its own id where that is still free.

    Raises
    ------
    JobError
        "missing_model" when it is no longer in the bin; "no_space" when it cannot be moved.
    """
    if not entry.folder.is_dir():
        raise JobError("missing_model", f"The model {entry.id} is no longer in the bin.")
    return free_folder(entry.folder, own, entry.id)


def empty_bin(own: Path) -> int:
    """Delete for good what is in the bin; return how many models that were.

    Raises
    ------
    JobError
        "no_space" when something cannot be deleted.
    """
    entries = binned(own)
    try:
        for entry in entries:
            shutil.rmtree(entry.folder)
    except OSError as error:
        raise JobError("no_space", f"The bin, {own / BIN_FOLDER}, could not be emptied.", str(error)) from None
    return len(entries)


def as_id(text: str) -> str:
    """Make an id, which is a folder's name on every system, of any text; empty where nothing is left of it."""
    plain = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", text)).strip(".-_")[:60].strip(".-_")
    while plain.casefold().endswith(_ENDINGS):
        plain = plain[: plain.rindex(".")].strip(".-_")
    device = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", plain, re.IGNORECASE)
    return f"model-{plain}" if device else plain


def free_folder(folder: Path, own: Path, wanted: str) -> Card:
    """Rename a whole model folder to a free id below `own`: the wanted one, or that with a number behind it.

    What lies in the bin keeps its id: results are kept by it.

    Raises
    ------
    JobError
        "no_space" when it cannot be renamed.
    """
    own.mkdir(parents=True, exist_ok=True)
    others = {entry.id for entry in binned(own) if entry.folder != folder}
    taken = {name.casefold() for name in (*(card.id for card in list_models(own)), *others, *_names_in(own))}
    number, name = 1, wanted
    while True:
        while name.casefold() in taken:
            number += 1
            name = f"{wanted}-{number}"
        try:
            folder.rename(own / name)
        except OSError as error:
            if not (own / name).exists():
                raise JobError("no_space", f"The model could not be moved to {own / name}.", str(error)) from None
            taken.add(name.casefold())  # somebody else was faster
            continue
        return read_card(own / name)


def _names_in(own: Path) -> Iterable[str]:
    """Folders that are there, and those that a training or a writer is about to fill."""
    for path in own.iterdir():
        yield path.name
        for ending in _ENDINGS:
            if path.name.endswith(ending):
                yield path.name.removesuffix(ending)


def missing_base(card: Card, cards: Iterable[Card]) -> str:
    """Return the id of the model that a personal model stands on, where none of `cards` is that one; else nothing."""
    base = base_id(card.raw)
    if not base:
        return ""
    wanted = card.raw["network"].get("base_weights_sha256")
    return "" if any(other.raw.get("weights_sha256") == wanted for other in cards) else base


def standing_on(card: Card, cards: Iterable[Card]) -> list[Card]:
    """Return the personal models that would lose their base with this model."""
    mine = card.raw.get("weights_sha256")
    return [
        other
        for other in cards
        if other.id != card.id and base_id(other.raw) and other.raw["network"].get("base_weights_sha256") == mine
    ]
