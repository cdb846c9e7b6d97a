"""The user's own models: names, notes, the bin, and the default."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from models import hub
from models.errors import JobError
from models.hub import CARD_FILE, DEFAULT_FILE, DEFAULT_MODEL, choose_default, find_model, list_models, load_model
from models.shelf.folders import (
    as_id,
    bin_model,
    binned,
    empty_bin,
    is_own,
    missing_base,
    notes_on,
    rename_model,
    restore_model,
    set_notes,
    standing_on,
)
from tests.tiny_model import write_tiny_model


def test_another_name_leaves_id_measurements_and_weights(own: Path) -> None:
    before = find_model("mine", own)
    card = rename_model(before, "  Klavier \n am Abend ", own)
    assert (card.id, card.name) == ("mine", "Klavier am Abend")
    assert {**card.raw, "name": ""} == {**before.raw, "name": ""}
    assert load_model("mine", "cpu", own).card.name == "Klavier am Abend"
    for name in ("", "   ", "x" * 81, "a\x00b"):
        with pytest.raises(JobError, match="name"):
            rename_model(card, name, own)
    with pytest.raises(JobError, match="came with the program"):
        rename_model(find_model("", own), "Mine now", own)
    assert find_model("mine", own).name == "Klavier am Abend"


def test_notes_are_kept_for_shipped_and_own_models_and_touch_no_card(own: Path) -> None:
    for model in ("mine", DEFAULT_MODEL):
        card = find_model(model, own)
        before = (card.folder / CARD_FILE).read_bytes()
        assert notes_on(card, own) == ""
        set_notes(card, " Good for strings.\n Not for 合唱. ", own)
        assert notes_on(card, own) == "Good for strings.\n Not for 合唱."
        assert (card.folder / CARD_FILE).read_bytes() == before
        assert [c.id for c in list_models(own)] == [DEFAULT_MODEL, "mine"]
        set_notes(card, "", own)
        assert notes_on(card, own) == ""
    assert sorted(path.name for path in hub.SHIPPED.iterdir()) == [DEFAULT_MODEL]
    assert sorted(path.name for path in (hub.SHIPPED / DEFAULT_MODEL).iterdir()) == [CARD_FILE, hub.WEIGHTS_FILE]


def test_notes_outlive_a_retraining(own: Path) -> None:
    set_notes(find_model("mine", own), "for strings", own)
    write_tiny_model(own / "mine", seed=9)
    assert notes_on(find_model("mine", own), own) == "for strings"


def test_what_is_no_notes_is_no_trouble(own: Path) -> None:
    card = find_model("mine", own)
    for text in ("{", "[]", '{"notes": 3}', "null"):
        (card.folder / "notes.json").write_text(text, encoding="utf-8")
        assert notes_on(card, own) == ""


def test_into_the_bin_and_back(own: Path) -> None:
    card = find_model("mine", own)
    set_notes(card, "keep me", own)
    entry = bin_model(card, own)
    assert [c.id for c in list_models(own)] == [DEFAULT_MODEL]
    assert [(e.id, e.card.name, e.folder) for e in binned(own)] == [("mine", "Tiny", entry.folder)]
    back = restore_model(entry, own)
    assert (back.id, back.raw, notes_on(back, own)) == ("mine", card.raw, "keep me")
    assert binned(own) == []
    load_model("mine", "cpu", own)
    with pytest.raises(JobError, match="no longer in the bin"):
        restore_model(entry, own)


def test_a_name_that_was_taken_meanwhile_gets_a_number(own: Path) -> None:
    first = bin_model(find_model("mine", own), own)
    write_tiny_model(own / "mine", seed=5)
    assert restore_model(first, own).id == "mine-2"
    assert {card.id for card in list_models(own)} == {DEFAULT_MODEL, "mine", "mine-2"}
    for model in ("mine", "mine-2"):
        bin_model(find_model(model, own), own)
    write_tiny_model(own / "mine", seed=6)
    bin_model(find_model("mine", own), own)  # two of one id lie there, and are told apart by when
    assert [entry.id for entry in binned(own)] == ["mine", "mine-2", "mine"]
    assert empty_bin(own) == 3
    assert binned(own) == []


def test_shipped_models_and_models_in_training_stay(own: Path) -> None:
    with pytest.raises(JobError, match="came with the program"):
        bin_model(find_model("", own), own)
    work = own / "mine.work"
    work.mkdir()
    (work / "settings.json").write_text("{}", encoding="utf-8")
    with pytest.raises(JobError, match="is being trained"):
        bin_model(find_model("mine", own), own)
    long_ago = time.time() - 3600
    for path in (work / "settings.json", work):
        os.utime(path, (long_ago, long_ago))
    bin_model(find_model("mine", own), own)  # the training was interrupted


def test_what_cannot_be_moved_stays_whole(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(13, "in use")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(JobError) as caught:
            bin_model(find_model("mine", own), own)
    assert caught.value.kind == "no_space"
    load_model("mine", "cpu", own)


def test_the_default_is_the_users_choice_until_it_is_gone(own: Path) -> None:
    assert find_model("", own).id == DEFAULT_MODEL
    choose_default("mine", own)
    assert find_model("", own).id == "mine"
    assert [card.id for card in list_models(own)] == ["mine", DEFAULT_MODEL]
    assert find_model("").id == DEFAULT_MODEL  # whoever asks without the user's models
    with pytest.raises(JobError) as caught:
        choose_default("nothing", own)
    assert caught.value.kind == "missing_model"
    entry = bin_model(find_model("mine", own), own)
    assert find_model("", own).id == DEFAULT_MODEL
    restore_model(entry, own)
    assert find_model("", own).id == "mine"
    choose_default(DEFAULT_MODEL, own)
    assert not (own / DEFAULT_FILE).exists()
    for text in ("{", "[]", '{"id": 3}', "null"):
        (own / DEFAULT_FILE).write_text(text, encoding="utf-8")
        assert find_model("", own).id == DEFAULT_MODEL


def test_a_personal_model_names_the_base_that_is_missing(own: Path) -> None:
    base = find_model("", own)
    folder = own / "ear"
    folder.mkdir()
    network = {"kind": "personal", "base": "affekt-base", "base_weights_sha256": base.raw["weights_sha256"]}
    text = json.dumps({**base.raw, "network": network, "weights_sha256": "0" * 64})
    (folder / CARD_FILE).write_text(text, encoding="utf-8")
    ear = find_model("ear", own)
    assert missing_base(ear, list_models(own)) == ""
    assert [card.id for card in standing_on(base, list_models(own))] == ["ear"]
    assert missing_base(ear, [ear]) == "affekt-base"
    assert missing_base(base, []) == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("jazz", "jazz"),
        ("My model (2)", "My-model-2"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\x", "C-x"),
        ("古琴 1", "古琴-1"),
        (".hidden", "hidden"),
        ("con", "model-con"),
        ("a.new", "a"),
        ("a.work.previous", "a"),
        ("...", ""),
        ("\x00\n", ""),
        ("x" * 300, "x" * 60),
    ],
)
def test_ids_are_names_of_folders_everywhere(text: str, name: str) -> None:
    assert as_id(text) == name


def test_is_own(own: Path) -> None:
    assert is_own(find_model("mine", own), own)
    assert not is_own(find_model("", own), own)
