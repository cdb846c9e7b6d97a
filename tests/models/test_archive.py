"""A model as one file: out and in again."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from models.errors import JobError
from models.hub import CARD_FILE, DEFAULT_MODEL, WEIGHTS_FILE, Card, find_model, list_models, load_model, write_model
from models.networks.fusion import Fusion
from models.networks.personal import Layer, states_of
from models.shelf import archive as archives
from models.shelf.archive import ABOUT_FILE, export_model, import_model
from models.shelf.folders import bin_model, missing_base, set_notes
from tests.models.archives import Parts, carded, everything, parts_of, refused, weighted, zipped
from tests.tiny_model import CARD, tiny_network


def test_a_model_goes_out_and_comes_back_the_same(own: Path, file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    card = import_model(file, elsewhere)
    assert card.id == "mine"
    assert card.raw == find_model("mine", own).raw
    assert sorted(path.name for path in elsewhere.iterdir()) == ["mine"]
    assert sorted(path.name for path in (elsewhere / "mine").iterdir()) == [CARD_FILE, WEIGHTS_FILE]
    network = load_model("mine", "cpu", elsewhere).network
    for name, value in tiny_network().state_dict().items():
        assert torch.equal(network.state_dict()[name], value)


def test_the_file_is_the_same_whenever_it_is_written(own: Path, file: Path, tmp_path: Path) -> None:
    card = find_model("mine", own)
    for path in card.folder.iterdir():
        os.utime(path, (1, 1_000_000))
        path.chmod(0o600)
    export_model(card, tmp_path / "again.affekt-model")
    assert (tmp_path / "again.affekt-model").read_bytes() == file.read_bytes()
    assert sorted(parts_of(file)) == [ABOUT_FILE, CARD_FILE, WEIGHTS_FILE]


def test_small_json_goes_along_and_the_users_notes_do_not(own: Path, tmp_path: Path) -> None:
    card = find_model("mine", own)
    (card.folder / "trained_on.json").write_text('{"content": []}', encoding="utf-8")
    (card.folder / "diary.txt").write_text("private", encoding="utf-8")
    (card.folder / "sub").mkdir()
    set_notes(card, "for client K.", own)
    export_model(card, tmp_path / "m.zip")
    assert sorted(parts_of(tmp_path / "m.zip")) == [ABOUT_FILE, CARD_FILE, "trained_on.json", WEIGHTS_FILE]
    back = import_model(tmp_path / "m.zip", tmp_path / "elsewhere")
    assert (back.folder / "trained_on.json").read_text(encoding="utf-8") == '{"content": []}'


def test_a_name_that_is_taken_gets_a_free_one(own: Path, file: Path, tmp_path: Path) -> None:
    assert import_model(file, own).id == "mine-2"
    assert import_model(file, own).id == "mine-3"
    bin_model(find_model("mine-2", own), own)
    assert import_model(file, own).id == "mine-4"  # what is in the bin may come back
    export_model(find_model(DEFAULT_MODEL, own), tmp_path / "x.zip")
    assert import_model(tmp_path / "x.zip", own).id == f"{DEFAULT_MODEL}-2"
    loaded = load_model("mine-3", "cpu", own)
    assert loaded.card.raw == find_model("mine", own).raw


def test_a_model_trained_without_a_word_about_it_comes_back(own: Path, file: Path, tmp_path: Path) -> None:
    came = import_model(zipped(tmp_path / "silent.zip", carded(parts_of(file), summary="")), own)
    assert find_model(came.id, own).summary == ""


def test_a_packed_archive_is_read_too(own: Path, file: Path, tmp_path: Path) -> None:
    packed = zipped(tmp_path / "packed.zip", parts_of(file), zipfile.ZIP_DEFLATED)
    assert import_model(packed, own).id == "mine-2"


def test_what_is_exported_over_is_whole_or_untouched(own: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()
    card = find_model("mine", own)

    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfileobj", full)
        with pytest.raises(JobError) as caught:
            export_model(card, file)
    assert caught.value.kind == "no_space"
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir() if path.name.endswith(".part")] == []
    (card.folder / WEIGHTS_FILE).write_bytes(b"other")
    with pytest.raises(JobError, match="not those of its card"):
        export_model(card, file)
    assert file.read_bytes() == before


def test_a_disk_that_fills_up_while_importing_leaves_nothing(
    own: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(own)

    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives, "_write", full)
    with pytest.raises(JobError) as caught:
        import_model(file, own)
    assert caught.value.kind == "no_space"
    assert everything(own) == before


def test_what_is_being_checked_is_no_model_yet_nor_what_a_killed_import_left(
    own: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    check = archives._load
    monkeypatch.setattr(
        archives, "_load", lambda *args: (listed.extend(card.id for card in list_models(own)), check(*args))
    )
    import_model(file, own)
    assert listed == [DEFAULT_MODEL, "mine"]
    (own / "mine-2").rename(own / ".import-abc")
    assert [card.id for card in list_models(own)] == [DEFAULT_MODEL, "mine"]


def test_a_file_that_is_not_there(own: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.affekt-model", tmp_path):
        with pytest.raises(JobError) as caught:
            import_model(path, own)
        assert caught.value.kind == "not_found"


@pytest.fixture
def fused(own: Path) -> Card:
    """A small model with a memory, which a personal one may stand on."""
    sizes = {"step_features": 6, "summary_features": 5, "listeners": 1, "regressors": 1, "known": 4}
    parts = {
        "listener": {"hidden": 8, "attention_size": 4},
        "regressor": {"hidden": 8, "levels": 1, "heads": 2},
    }
    torch.manual_seed(0)
    network = Fusion(**sizes, **parts).eval().requires_grad_(False)
    return write_model(own / "fused", network, {"kind": "fusion", **sizes, **parts}, CARD)


def layered(parts: Parts, over: Card, folder: Path, **changes: Any) -> Parts:
    """The parts of a personal model over a base, as they would come from elsewhere."""
    layer = Layer(5, states_of(load_model(str(over.folder), "cpu").network), 3, 2)
    tensors = {name: value.contiguous() for name, value in layer.state_dict().items()}
    network = {"kind": "personal", "base": over.id, "base_weights_sha256": over.raw["weights_sha256"]}
    described = {**network, "components": 3, "kept": 2, **changes}
    return carded(weighted(parts, tensors, folder), network=described)


def test_a_personal_model_comes_before_its_base_or_after_it(own: Path, file: Path, fused: Card, tmp_path: Path) -> None:
    personal = zipped(tmp_path / "ear.zip", layered(parts_of(file), fused, tmp_path))
    assert import_model(personal, own).raw["network"]["base"] == "fused"
    export_model(fused, tmp_path / "fused.zip")
    other = tmp_path / "other"
    ear = import_model(personal, other)
    assert missing_base(ear, list_models(other)) == "fused"
    with pytest.raises(JobError) as caught:
        load_model(ear.id, "cpu", other)
    assert caught.value.kind == "missing_model"
    assert import_model(tmp_path / "fused.zip", other).id == "fused"
    assert missing_base(ear, list_models(other)) == ""
    load_model(ear.id, "cpu", other)


def test_a_base_is_known_by_its_weights_under_any_id(own: Path, file: Path, fused: Card, tmp_path: Path) -> None:
    personal = zipped(tmp_path / "ear.zip", layered(parts_of(file), fused, tmp_path, base="called otherwise there"))
    ear = import_model(personal, own)
    assert missing_base(ear, list_models(own)) == ""
    load_model(ear.id, "cpu", own)


@pytest.mark.parametrize("changes", [{"components": 1_000_000}, {"kept": 999_999}, {"components": 2}, {"x": 1}])
def test_an_absurd_personal_layer(own: Path, file: Path, fused: Card, tmp_path: Path, changes: dict[str, Any]) -> None:
    for base in ({}, {"base_weights_sha256": "0" * 64}):
        bad = zipped(tmp_path / "bad.zip", layered(parts_of(file), fused, tmp_path, **changes, **base))
        assert "its card" in refused(bad, own)
