"""A model as one file: a zip of its card, its weights, and the small JSON files beside them. Nothing else gets in."""

from __future__ import annotations

import json
import re
import shutil
import stat
import struct
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from models.audio.files import sha256_of, shown_name
from models.errors import JobError
from models.hub import CARD_FILE, NOTES_FILE, WEIGHTS_FILE, Card, list_models, load_model, read_card
from models.shelf.fit import check_fit
from models.shelf.folders import as_id, free_folder, missing_base

#: In the archive alone: what it is, and the id that the model had.
ABOUT_FILE = "archive.json"
FORMAT = "affekt.model/1"

#: Bytes. The largest network there is (ResNet-50) has 100 MB of weights, the longest list of recordings a few MB.
MOST_WEIGHTS = 1 << 30
MOST_JSON = 8 << 20
#: Cards are read whenever models are listed; the longest shipped one has 13 kB.
MOST_CARD = 1 << 20
MOST_FILES = 16
#: A zip lists its files at its end; so few files take no longer list.
_MOST_LISTING = 16 << 10
_BLOCK = 1 << 20
_JSON_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.json")
#: Every zip ends so, with an empty comment: signature, two disk numbers, entries here and in all, bytes and place of
#: the list, length of the comment.
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LARGE_SIGNATURE, _LARGE_BYTES = b"PK\x06\x07", 20


def export_model(card: Card, file: Path) -> None:
    """Write a model as one file, the same bytes whenever it is the same model. The user's own notes stay behind.

    Parameters
    ----------
    card : Card
        Of a shipped model or an own one.
    file : Path
        Where; replaced when it is there, once the new one is whole.

    Raises
    ------
    JobError
        "bad_model" when the weights are missing or are not those of the card, or a file beside them is too large;
        "no_space" when it cannot be written.
    """
    weights = card.folder / WEIGHTS_FILE
    if not weights.is_file() or sha256_of(weights) != card.raw["weights_sha256"]:
        raise JobError("bad_model", f"The weights of the model {card.id} are missing or not those of its card.")
    about = json.dumps({"format": FORMAT, "id": card.id}, ensure_ascii=False) + "\n"
    part = file.with_name(file.name + ".part")
    try:
        beside = sorted(path for path in card.folder.iterdir() if _JSON_NAME.fullmatch(path.name) and path.is_file())
        beside = [path for path in beside if path.name not in (CARD_FILE, NOTES_FILE, ABOUT_FILE)]
        _check_exportable(card, [card.folder / CARD_FILE, *beside], weights)
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
            archive.writestr(_entry(ABOUT_FILE), about)
            for path in (card.folder / CARD_FILE, *beside, weights):
                with path.open("rb") as source, archive.open(_entry(path.name, path.stat().st_size), "w") as target:
                    shutil.copyfileobj(source, target, _BLOCK)
        part.replace(file)
    except (OSError, zipfile.LargeZipFile) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise JobError("no_space", f"The model could not be written to {file}.", str(error)) from None


def _check_exportable(card: Card, documents: list[Path], weights: Path) -> None:
    """Make sure that `import_model` would take what is written."""
    for path in documents:
        if path.stat().st_size > (MOST_CARD if path.name == CARD_FILE else MOST_JSON):
            raise JobError("bad_model", f"{path} is too large to go into one file with the model {card.id}.")
    if weights.stat().st_size > MOST_WEIGHTS or len(documents) + 2 > MOST_FILES:
        raise JobError("bad_model", f"The model {card.id} is too large to go into one file.")


def _entry(name: str, size: int = 0) -> zipfile.ZipInfo:
    """A file of the archive without what differs from one machine or day to the next."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    entry.file_size = size
    return entry


def import_model(file: Path, own: Path) -> Card:
    """Put a model that somebody wrote with `export_model` among the user's own, once all of it has been checked.

    What the archive says of itself is not believed: names, kinds and sizes are checked before and while unpacking, the
    network is drawn up without memory before it is built, and the model is loaded in a folder of its own before it gets
    its name. It keeps its id where that is free.

    Parameters
    ----------
    file : Path
        The archive.
    own : Path
        Folder of the user's models; made when it is missing.

    Raises
    ------
    JobError
        "not_found"; "bad_model" naming the file and what is wrong with it; "out_of_memory"; "no_space". Nothing is
        left behind.
    """
    try:
        if not file.is_file():
            raise JobError("not_found", f"{shown_name(file)} was not found in {file.absolute().parent}.")
        own.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".import-", dir=own))
    except OSError as error:
        raise JobError("no_space", f"{own} could not be written to.", str(error)) from None
    try:
        about = _unpack(file, fresh)
        card, weights = _read_card(fresh), fresh / WEIGHTS_FILE
        if sha256_of(weights) != card["weights_sha256"]:
            raise _Refusal("its weights are not those that its card describes")
        check_fit(card["network"], weights)
        if not missing_base(read_card(fresh), list_models(own)):  # the model it stands on may come later
            _load(fresh, own)
        wanted = as_id(str(about.get("id", ""))) or as_id(file.stem) or "model"
        return free_folder(fresh, own, wanted)
    except (_Refusal, ValueError) as error:
        raise JobError("bad_model", f"{shown_name(file)} was not imported: {error}.") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, struct.error) as error:
        message = f"{shown_name(file)} was not imported: it is damaged, or no model that Affekt wrote."
        raise JobError("bad_model", message, str(error)) from None
    except OSError as error:
        message = f"{shown_name(file)} was not imported: it could not be read, or {own} could not be written to."
        raise JobError("no_space", message, str(error)) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


class _Refusal(Exception):  # noqa: N818 - becomes a JobError that names the file
    """Why an archive is not taken, as the end of a sentence."""


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Write what an archive holds to a folder, if all of it may be there; return what it says of itself."""
    _check_end(file)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _check_entries(entries)
        # The small ones first: who lies in the card is refused before a gigabyte is unpacked.
        for entry in sorted(entries, key=lambda entry: entry.filename == WEIGHTS_FILE):
            _write(archive, entry, folder / entry.filename)
    documents = {path.name: _read_json(path) for path in folder.glob("*.json")}
    about = documents.get(ABOUT_FILE, {})
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise _Refusal("it is no model that Affekt wrote, or one of a later version")
    (folder / ABOUT_FILE).unlink()
    return about


def _check_end(file: Path) -> None:
    """Look at the end of the zip before anything reads the list of its files into memory."""
    size = file.stat().st_size
    if size > MOST_WEIGHTS + (MOST_FILES + 1) * MOST_JSON:
        raise _Refusal("it is far larger than a model")
    with file.open("rb") as handle:
        handle.seek(max(0, size - _END.size - _LARGE_BYTES))
        tail = handle.read()
    if len(tail) < _END.size:
        raise _Refusal("it is damaged, or no model that Affekt wrote")
    signature, _, _, here, entries, listing, _, comment = _END.unpack(tail[-_END.size :])
    if signature != _END_SIGNATURE or comment or tail.startswith(_LARGE_SIGNATURE):
        raise _Refusal("it is damaged, or no model that Affekt wrote")
    if max(here, entries) > MOST_FILES or listing > _MOST_LISTING:
        raise _Refusal("it holds more files than a model has")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    for entry in entries:
        name = entry.filename
        weights = name == WEIGHTS_FILE
        # `orig_filename` is what stands in the file: zipfile cuts at a zero byte and turns some separators.
        if entry.orig_filename != name or not (weights or _JSON_NAME.fullmatch(name)) or name == NOTES_FILE:
            raise _Refusal(f"it holds {shown_name(Path(name))}, which is no part of a model")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.is_dir() or kind not in (0, stat.S_IFREG):
            raise _Refusal(f"{shown_name(Path(name))} in it is no plain file")
        if entry.flag_bits & 1:
            raise _Refusal("it is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Refusal(f"{shown_name(Path(name))} in it is packed in a way that is not read")
        if entry.file_size > {WEIGHTS_FILE: MOST_WEIGHTS, CARD_FILE: MOST_CARD}.get(name, MOST_JSON):
            raise _Refusal(f"{shown_name(Path(name))} in it is far too large")
    if len({name.casefold() for name in names}) != len(names):
        raise _Refusal("it holds two files of one name")
    for needed in (ABOUT_FILE, CARD_FILE, WEIGHTS_FILE):
        if needed not in names:
            raise _Refusal(f"it lacks {needed}")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    """Unpack one file; what comes out is counted, whatever the archive said of its size."""
    left = entry.file_size
    with archive.open(entry) as source, path.open("xb") as target:
        while block := source.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise _Refusal(f"{shown_name(path)} in it is larger than it says")
            target.write(block)
    if left:
        raise _Refusal(f"{shown_name(path)} in it is cut short")


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise _Refusal(f"{path.name} in it is not valid JSON") from None


def _read_card(folder: Path) -> dict[str, Any]:
    """The card, if it says in the right kinds of value what every card must."""
    card = _read_json(folder / CARD_FILE)
    if not isinstance(card, dict):
        raise _Refusal("its card is none")
    for key, most in (("name", 200), ("version", 100), ("summary", 4000)):
        value = card.get(key)
        # A model trained without a text of its owner has an empty summary.
        if not isinstance(value, str) or not (value.strip() or key == "summary") or len(value) > most:
            raise _Refusal(f"its card lacks a {key}, or that is no text of usual length")
        if not "".join(value.splitlines()).isprintable():
            raise _Refusal(f"its card has a {key} that cannot be shown")
    if not isinstance(card.get("network"), dict):
        raise _Refusal("its card does not describe the network")
    if not re.fullmatch(r"[0-9a-f]{64}", str(card.get("weights_sha256"))):
        raise _Refusal("its card does not say which weights are its own")
    return card


def _load(folder: Path, own: Path) -> None:
    """Load what was unpacked as it will be loaded, and look whether its weights are numbers."""
    import torch

    try:
        network = load_model(str(folder), "cpu", own).network
    except JobError as error:
        if error.kind == "out_of_memory":
            raise
        raise _Refusal("its weights do not fit its card") from None
    for value in network.state_dict().values():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise _Refusal("its weights hold values that are no numbers")
