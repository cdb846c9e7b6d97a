"""Model folders: `card.json` and `weights.safetensors`; list them, load one, write one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.audio.files import sha256_of
from models.cards import PERSONAL
from models.errors import JobError

if TYPE_CHECKING:
    from torch import nn

SHIPPED = Path(__file__).with_name("shipped")
DEFAULT_MODEL = "affekt-base"
CARD_FILE, WEIGHTS_FILE = "card.json", "weights.safetensors"
#: Beside the card of an own model: what its user wrote about it. It never leaves this machine by itself.
NOTES_FILE = "notes.json"
#: Beside the user's own models: which model stands for "no model named", where the user chose another than ours.
DEFAULT_FILE = ".default.json"
_UNFINISHED, _PREVIOUS = ".new", ".previous"
_BASE_WEIGHTS = "base_weights_sha256"
_REQUIRED = ("version", "name", "summary", "network", "weights_sha256")


@dataclass(frozen=True)
class Card:
    """What is known of a model. `raw` is the whole of card.json; the id is the folder's name (see `list_models`)."""

    id: str
    version: str
    name: str
    summary: str
    folder: Path
    raw: dict[str, Any]


@dataclass(frozen=True)
class LoadedModel:
    """A network in evaluation mode on its device ("cpu", "cuda", "mps")."""

    card: Card
    network: nn.Module
    device: str


def read_card(folder: Path) -> Card:
    """Read one model folder's card.

    Raises
    ------
    JobError
        "bad_model" when there is no readable card, or it lacks what a card needs.
    """
    file = folder / CARD_FILE
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise JobError(
            "bad_model", f"{folder} is no model folder: its {CARD_FILE} cannot be read.", str(error)
        ) from None
    except ValueError as error:
        raise JobError("bad_model", f"{file} is not valid JSON.", str(error)) from None
    missing = [key for key in _REQUIRED if not isinstance(raw, dict) or key not in raw]
    if missing:
        raise JobError("bad_model", f"{file} lacks {', '.join(missing)}.")
    return Card(folder.resolve().name, str(raw["version"]), str(raw["name"]), str(raw["summary"]), folder, raw)


def list_models(own: Path | None = None) -> list[Card]:
    """Cards of all models, the default first, then the shipped ones, then the user's own below `own`.

    Folders that are no models, no whole ones yet, or kept from before a retraining, are passed over. A model of the
    user's own that is called like a shipped one is not hidden by it: its id gets "-own" behind it. Reads JSON only: no
    torch.
    """
    shipped, users = _cards_in(SHIPPED), [] if own is None else _cards_in(own)
    taken = {card.id for card in shipped}
    names = taken | {card.id for card in users}
    users = [replace(card, id=_free(card.id, names)) if card.id in taken else card for card in users]
    cards = sorted(shipped + users, key=lambda card: card.id != DEFAULT_MODEL)
    default = chosen_default(own)
    return sorted(cards, key=lambda card: card.id != default)


def chosen_default(own: Path | None) -> str:
    """Id that the user chose as the default; `DEFAULT_MODEL` where nothing readable was chosen."""
    if own is None:
        return DEFAULT_MODEL
    try:
        chosen = json.loads((own / DEFAULT_FILE).read_text(encoding="utf-8"))["id"]
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT_MODEL
    return chosen if isinstance(chosen, str) else DEFAULT_MODEL


def default_of(cards: Iterable[Card], own: Path | None) -> str:
    """Id of the default among these models: the user's choice, or `DEFAULT_MODEL` where that is not there."""
    chosen = chosen_default(own)
    return chosen if any(card.id == chosen for card in cards) else DEFAULT_MODEL


def choose_default(model: str, own: Path) -> None:
    """Let a model be the default from now on: an id, or `DEFAULT_MODEL` for whichever comes with the program.

    Raises
    ------
    JobError
        "missing_model" when there is no such model; "no_space" when the choice cannot be kept.
    """
    card = find_model(model, own)
    file = own / DEFAULT_FILE
    part = file.with_name(file.name + ".part")
    try:
        if card.id == DEFAULT_MODEL:
            file.unlink(missing_ok=True)
            return
        own.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({"id": card.id}, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise JobError("no_space", f"{file} could not be written.", str(error)) from None


def _cards_in(parent: Path) -> list[Card]:
    cards = []
    for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
        # Behind a dot lies what is still being checked, or was when the program ended.
        whole = not folder.name.startswith(".") and not folder.name.endswith((_UNFINISHED, _PREVIOUS))
        if whole and (folder / CARD_FILE).is_file():
            try:
                cards.append(read_card(folder))
            except JobError:
                continue
    return cards


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "-own"
    return name


def find_model(model: str = "", own: Path | None = None) -> Card:
    """Card of a model given by id, or by the path of its folder; "" is the default.

    A default that the user chose and that is gone makes way for the program's own.

    Raises
    ------
    JobError
        "missing_model" naming the models there are; "bad_model" for a damaged folder.
    """
    cards = list_models(own)
    wanted = model or default_of(cards, own)
    for card in cards:
        if card.id == wanted:
            return card
    folder = Path(wanted)
    if folder.is_dir():
        for card in cards:
            if card.folder.resolve() == folder.resolve():
                return card
        card = read_card(folder)
        # Results are kept by a model's id: a folder from anywhere does not pass for one of those that are listed.
        return replace(card, id=_free(card.id, {card.id for card in cards}))
    there = ", ".join(card.id for card in cards) or "none"
    raise JobError("missing_model", f"There is no model {wanted!r}, nor a model folder there. Models: {there}.")


def load_model(model: str = "", device: str = "auto", own: Path | None = None) -> LoadedModel:
    """Load a model by id or folder and put it on a device. Imports torch.

    Raises
    ------
    JobError
        "missing_model", or "bad_model" when the weights are missing, damaged or of another network; "out_of_memory"
        when the machine's memory does not hold it. A graphics card's says so in torch's own words: there the processor
        can still take it.
    """
    card = find_model(model, own)
    weights = checked_weights(card)
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from models.networks.registry import build
    from models.runtime import choose_device, is_out_of_memory

    try:
        description = dict(card.raw["network"])
        kind = description.pop("kind")
        if kind == PERSONAL:
            # A layer over another model, which is loaded beside it: these weights are the layer's alone.
            base = load_model(str(find_base(card, own).folder), device, own)
            network = build(kind, base=base.network, **_without_base(description))
            network.get_submodule("layer").load_state_dict(load_file(weights))
        else:
            network = build(kind, **description)
            network.load_state_dict(load_file(weights))
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError, RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise JobError(
                "out_of_memory",
                f"There is too little free memory to load the model {card.id}. Close other programs and try again.",
                str(error),
            ) from None
        raise JobError(
            "bad_model", f"The model {card.id} cannot be loaded: its weights do not fit its card.", str(error)
        ) from None
    chosen = choose_device(device)
    network = network.eval().requires_grad_(False).to(chosen)
    # A third faster on the CPU, to the same answer.
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return LoadedModel(card, network, chosen)


def checked_weights(card: Card) -> Path:
    """Weights of a model; that they are those its card describes was checked.

    Raises
    ------
    JobError
        "bad_model" when they are missing or others.
    """
    weights = card.folder / WEIGHTS_FILE
    if not weights.is_file():
        raise JobError("bad_model", f"The model {card.id} has no {WEIGHTS_FILE} in {card.folder}.")
    if sha256_of(weights) != card.raw["weights_sha256"]:
        raise JobError(
            "bad_model",
            f"The weights of the model {card.id} are not those its card describes: install it again.",
        )
    return weights


def check_base(card: Card, base: Card) -> None:
    """Make sure that a personal model was made over this base.

    Raises
    ------
    JobError
        "bad_model" otherwise.
    """
    if card.raw["network"].get("base_weights_sha256") != base.raw["weights_sha256"]:
        named = card.raw["network"].get("base", "another model")
        raise JobError(
            "bad_model",
            f"The personal model {card.id} was made over another version of {named} than the {base.id} that is here: "
            "install that version again, or start a new personal model.",
        )


def find_base(card: Card, own: Path | None) -> Card:
    """Card of the model under a personal one: among the shipped ones, the user's own, or beside its layer.

    Raises
    ------
    JobError
        "missing_model" when it is not here; "bad_model" when what is here under its name is another.
    """
    description = card.raw["network"]
    named, beside = str(description["base"]), own or card.folder.resolve().parent
    # By its weights first: a base that came as a file may have another id here.
    same = (other for other in list_models(beside) if other.raw["weights_sha256"] == description.get(_BASE_WEIGHTS))
    try:
        found = next(same, None) or find_model(named, beside)
    except JobError as error:
        raise JobError(
            "missing_model",
            f"{card.id} is a personal model over {named}, which is not here: install {named} again, then it works.",
            error.message,
        ) from None
    if found.raw["network"].get("kind") == PERSONAL:
        raise JobError("bad_model", f"The personal model {card.id} names another personal model as its base.")
    check_base(card, found)
    return found


def _without_base(description: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in description.items() if key not in ("base", "base_weights_sha256")}


def check_destination(folder: Path) -> None:
    """Make sure that a model may be written to a folder: nothing lies there, or a model, which is then kept aside.

    Raises
    ------
    JobError
        "bad_data" when something else lies there, which would have to make way.
    """
    for there in (folder, *(folder.with_name(folder.name + ending) for ending in (_UNFINISHED, _PREVIOUS))):
        try:
            in_the_way = there.exists() and not (there / CARD_FILE).is_file() and any(there.iterdir())
        except OSError:
            in_the_way = True
        if in_the_way:
            raise JobError(
                "bad_data", f"{there} exists and is no model folder: choose another folder for the model, or move it."
            )


def write_model(
    folder: Path,
    network: nn.Module,
    description: dict[str, Any],
    card: dict[str, Any],
    beside: Mapping[str, Any] | None = None,
) -> Card:
    """Write a model folder; it appears under its name only when it is whole and has been loaded back.

    Parameters
    ----------
    folder : Path
        Where; an earlier model there is kept beside it as `<name>.previous`.
    network : nn.Module
        On the CPU.
    description : dict
        The network's kind (see `models.networks.registry`) and arguments.
    card : dict
        The rest of the card.
    beside : dict, optional
        File name to what that file is to hold as JSON.

    Raises
    ------
    JobError
        "no_space" when it cannot be written, "bad_model" when it could not be loaded back, "bad_data" when something
        else than a model lies there. An earlier model is then still in its place.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    folder = folder.resolve()
    check_destination(folder)
    fresh = folder.with_name(folder.name + _UNFINISHED)
    try:
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(parents=True)
        # The card comes first: what an interrupted writer leaves is known as ours, and can be written over.
        whole = {**card, "network": description, "weights_sha256": ""}
        _write_card(fresh, whole)
        save_file({name: value.contiguous() for name, value in network.state_dict().items()}, fresh / WEIGHTS_FILE)
        _write_card(fresh, {**whole, "weights_sha256": sha256_of(fresh / WEIGHTS_FILE)})
        for name, document in (beside or {}).items():
            (fresh / name).write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")
        if (folder / NOTES_FILE).is_file():  # what the user wrote of the earlier one holds of its heir
            shutil.copy2(folder / NOTES_FILE, fresh / NOTES_FILE)
        load_model(str(fresh), "cpu")
        if folder.exists():
            previous = folder.with_name(folder.name + _PREVIOUS)
            if previous.exists():
                shutil.rmtree(previous)
            folder.replace(previous)
            try:
                fresh.replace(folder)
            except OSError:
                previous.replace(folder)
                raise
        else:
            fresh.replace(folder)
    except (OSError, SafetensorError) as error:
        raise JobError("no_space", f"The model could not be written to {folder}.", str(error)) from None
    return read_card(folder)


def _write_card(folder: Path, card: dict[str, Any]) -> None:
    (folder / CARD_FILE).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
