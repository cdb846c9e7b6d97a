from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError

from models import hub
from models.errors import JobError
from models.hub import CARD_FILE, DEFAULT_MODEL, WEIGHTS_FILE, list_models, load_model, write_model
from tests.tiny_model import CARD, DESCRIPTION, tiny_network, write_tiny_model


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models, with two in it; none are shipped."""
    monkeypatch.setattr(hub, "SHIPPED", tmp_path / "shipped")
    for name in ("beta", "alpha"):
        write_tiny_model(tmp_path / "own" / name)
    return tmp_path / "own"


def _edit(folder: Path, **changes: Any) -> None:
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    card.update(changes)
    (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")


def _refused(model: str, own: Path | None = None) -> JobError:
    with pytest.raises(JobError) as caught:
        load_model(model, "cpu", own)
    return caught.value


def test_models_are_listed_by_folder_name_and_what_is_none_is_passed_over(own: Path) -> None:
    (own / "notes").mkdir()
    (own / "readme.txt").write_text("not a model", encoding="utf-8")
    (own / "broken").mkdir()
    (own / "broken" / CARD_FILE).write_text("{", encoding="utf-8")
    (own / "bare").mkdir()
    (own / "bare" / CARD_FILE).write_text("[1, 2]", encoding="utf-8")
    cards = list_models(own)
    assert [card.id for card in cards] == ["alpha", "beta"]
    assert (cards[0].name, cards[0].version, cards[0].folder) == ("Tiny", "7", own / "alpha")
    assert cards[0].raw["limits"] == CARD["limits"]
    assert list_models(own / "nowhere") == []


def test_the_default_comes_first_and_is_what_no_name_means(own: Path) -> None:
    write_tiny_model(hub.SHIPPED / DEFAULT_MODEL, seed=3)
    write_tiny_model(hub.SHIPPED / "aaa")
    assert [card.id for card in list_models(own)] == [DEFAULT_MODEL, "aaa", "alpha", "beta"]
    assert load_model("", "cpu", own).card.id == DEFAULT_MODEL


def test_a_model_called_like_a_shipped_one_is_not_hidden_by_it(own: Path) -> None:
    write_tiny_model(hub.SHIPPED / DEFAULT_MODEL, seed=3)
    write_tiny_model(own / DEFAULT_MODEL, seed=4)
    write_tiny_model(own / f"{DEFAULT_MODEL}-own", seed=5)
    ids = {card.id: card.folder for card in list_models(own)}
    assert ids == {
        DEFAULT_MODEL: hub.SHIPPED / DEFAULT_MODEL,
        "alpha": own / "alpha",
        "beta": own / "beta",
        f"{DEFAULT_MODEL}-own": own / f"{DEFAULT_MODEL}-own",  # the folder that has this name keeps it
        f"{DEFAULT_MODEL}-own-own": own / DEFAULT_MODEL,
    }
    for name, folder in ids.items():
        for wanted in (name, str(folder)):  # by either name it is the same model, with the same results kept
            loaded = load_model(wanted, "cpu", own)
            assert (loaded.card.id, loaded.card.folder) == (name, folder)
    elsewhere = write_tiny_model(own.parent / "elsewhere" / DEFAULT_MODEL, seed=6).folder
    assert load_model(str(elsewhere), "cpu", own).card.id not in ids


def test_a_model_loads_by_id_and_by_folder_ready_to_answer(own: Path) -> None:
    by_id, by_folder = load_model("beta", "cpu", own), load_model(str(own / "beta"), "cpu")
    assert by_id.card.id == by_folder.card.id == "beta"
    assert by_id.device == "cpu"
    assert not by_id.network.training
    assert not any(p.requires_grad for p in by_id.network.parameters())
    for name, value in tiny_network().state_dict().items():
        assert torch.equal(by_id.network.state_dict()[name], value)


def test_an_unknown_id_names_those_there_are(own: Path) -> None:
    error = _refused("gamma", own)
    assert error.kind == "missing_model"
    assert all(word in error.message for word in ("gamma", "alpha", "beta"))
    assert "none" in _refused("gamma").message


def test_an_unknown_device_is_refused(own: Path) -> None:
    with pytest.raises(JobError, match="tpu"):
        load_model("alpha", "tpu", own)


def test_missing_weights(own: Path) -> None:
    (own / "alpha" / WEIGHTS_FILE).unlink()
    error = _refused("alpha", own)
    assert error.kind == "bad_model"
    assert WEIGHTS_FILE in error.message


def test_weights_that_are_not_those_of_the_card(own: Path) -> None:
    file = own / "alpha" / WEIGHTS_FILE
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    error = _refused("alpha", own)
    assert error.kind == "bad_model"
    assert "card" in error.message


@pytest.mark.parametrize(
    "shortage",
    [
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried"),
        SafetensorError("Error while deserializing: Cannot allocate memory (os error 12)"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_too_little_memory_is_not_blamed_on_the_model(
    own: Path, monkeypatch: pytest.MonkeyPatch, shortage: Exception
) -> None:
    def full(*args: Any) -> Any:
        raise shortage

    monkeypatch.setattr("safetensors.torch.load_file", full)
    error = _refused("alpha", own)
    assert error.kind == "out_of_memory"
    assert "alpha" in error.message
    assert "Close other programs" in error.message


def _sha(folder: Path) -> str:
    return hub.sha256_of(folder / WEIGHTS_FILE)


@pytest.mark.parametrize("content", [b"", b"not tensors at all", b"\xff" * 100])
def test_weights_that_are_no_tensors(own: Path, content: bytes) -> None:
    (own / "alpha" / WEIGHTS_FILE).write_bytes(content)
    _edit(own / "alpha", weights_sha256=_sha(own / "alpha"))
    assert _refused("alpha", own).kind == "bad_model"


@pytest.mark.parametrize(
    "network",
    [
        {**DESCRIPTION, "hidden": 9},
        {**DESCRIPTION, "kind": "transformer"},
        {**DESCRIPTION, "colour": "blue"},
        {**DESCRIPTION, "channels": [4, 8, 8]},
        {**DESCRIPTION, "attention": False},
        {"hidden": 8},
        "crnn",
        None,
        [],
    ],
)
def test_a_card_that_does_not_describe_its_weights(own: Path, network: Any) -> None:
    _edit(own / "alpha", network=network)
    error = _refused("alpha", own)
    assert error.kind == "bad_model"
    assert "alpha" in error.message


@pytest.mark.parametrize("text", ["", "{", "[]", '"card"', '{"version": "1"}', "\ufeff\x00"])
def test_a_card_that_is_no_card(own: Path, text: str) -> None:
    (own / "alpha" / CARD_FILE).write_text(text, encoding="utf-8")
    error = _refused(str(own / "alpha"))
    assert error.kind == "bad_model"
    assert CARD_FILE in error.message


def test_a_folder_without_a_card(tmp_path: Path) -> None:
    assert _refused(str(tmp_path)).kind == "bad_model"


def test_writing_keeps_the_previous_model(own: Path) -> None:
    first = _sha(own / "alpha")
    write_tiny_model(own / "alpha", seed=1)
    second = _sha(own / "alpha")
    assert first != second
    assert _sha(own / "alpha.previous") == first
    write_tiny_model(own / "alpha", seed=2)
    assert _sha(own / "alpha.previous") == second
    assert sorted(p.name for p in own.iterdir()) == ["alpha", "alpha.previous", "beta"]
    load_model(str(own / "alpha.previous"), "cpu")
    assert "alpha.previous" not in [card.id for card in list_models(own)]


def test_an_earlier_model_comes_back_when_the_new_one_cannot_take_its_name(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _sha(own / "alpha")
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(JobError, match="could not be written"):
            write_tiny_model(own / "alpha", seed=1)
    assert _sha(own / "alpha") == before


def test_a_model_that_cannot_be_loaded_back_never_gets_its_name(own: Path) -> None:
    before = _sha(own / "alpha")
    with pytest.raises(JobError) as caught:
        write_model(own / "alpha", tiny_network(), {**DESCRIPTION, "hidden": 99}, CARD)
    assert caught.value.kind == "bad_model"
    assert _sha(own / "alpha") == before
    load_model("alpha", "cpu", own)
    # What is left of the attempt is no model to choose, and does not hinder the next.
    assert [card.id for card in list_models(own)] == ["alpha", "beta"]
    write_tiny_model(own / "alpha", seed=1)


@pytest.mark.parametrize("at", ["weights", "card", "rename"])
def test_a_disk_that_fills_up_leaves_the_earlier_model(own: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    before = _sha(own / "alpha")

    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if at == "weights":
            patch.setattr("safetensors.torch.save_file", full)
        elif at == "card":
            patch.setattr(Path, "write_text", full)
        else:
            patch.setattr(hub, "load_model", full)
        with pytest.raises(JobError) as caught:
            write_tiny_model(own / "alpha", seed=1)
    assert caught.value.kind == "no_space"
    assert _sha(own / "alpha") == before
    write_tiny_model(own / "alpha", seed=1)
    assert _sha(own / "alpha") != before


@pytest.mark.parametrize("name", ["music", "music.previous", "music.new"])
def test_a_folder_that_is_no_model_is_never_moved_or_removed(tmp_path: Path, name: str) -> None:
    song = tmp_path / name / "song.flac"
    song.parent.mkdir()
    song.write_bytes(b"the only copy")
    with pytest.raises(JobError) as caught:
        write_tiny_model(tmp_path / "music")
    assert caught.value.kind == "bad_data"
    assert name in caught.value.message
    assert song.read_bytes() == b"the only copy"


def test_a_file_in_the_models_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine", encoding="utf-8")
    with pytest.raises(JobError):
        write_tiny_model(tmp_path / "model")
    assert (tmp_path / "model").read_text(encoding="utf-8") == "mine"


def test_an_empty_folder_may_become_a_model(tmp_path: Path) -> None:
    (tmp_path / "fresh").mkdir()
    assert write_tiny_model(tmp_path / "fresh").id == "fresh"
    load_model(str(tmp_path / "fresh"), "cpu")
    shutil.rmtree(tmp_path / "fresh")
