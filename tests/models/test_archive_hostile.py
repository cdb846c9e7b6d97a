"""Files that are no model, damaged, or made to do harm: nothing of them gets in."""

from __future__ import annotations

import io
import json
import stat
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models import hub
from models.errors import JobError
from models.hub import CARD_FILE, WEIGHTS_FILE, find_model
from models.shelf import archive as archives
from models.shelf.archive import ABOUT_FILE, import_model
from models.shelf.folders import bin_model
from tests.models.archives import carded, everything, parts_of, refused, weighted, zipped
from tests.tiny_model import DESCRIPTION, tiny_network


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"\x00" * 100_000, b"PK\x03\x04" + b"\xff" * 500])
def test_what_is_no_zip(own: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.affekt-model").write_bytes(content)
    assert "damaged, or no model" in refused(tmp_path / "x.affekt-model", own)


def test_every_cut_and_many_a_flipped_bit(own: Path, file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    damaged = tmp_path / "damaged.affekt-model"
    rng = np.random.default_rng(0)
    for keep in [*rng.integers(1, len(whole), 20).tolist(), len(whole) - 1]:
        damaged.write_bytes(whole[:keep])
        refused(damaged, own)
    before = everything(own)
    for at in rng.integers(0, len(whole), 60).tolist():
        content = bytearray(whole)
        content[at] ^= 1 << int(rng.integers(8))
        damaged.write_bytes(content)
        try:  # a bit that means nothing (a date, a version) may flip; then the model is the same
            card = import_model(damaged, own)
        except JobError as error:
            assert error.kind == "bad_model"
            assert everything(own) == before
        else:
            assert (card.folder / WEIGHTS_FILE).read_bytes() == (own / "mine" / WEIGHTS_FILE).read_bytes()
            assert card.raw == find_model("mine", own).raw
            bin_model(card, own)
            before = everything(own)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "../../evil.json",
        "/tmp/evil.json",
        "sub/evil.json",
        "sub\\evil.json",
        "C:\\evil.json",
        "C:evil.json",
        "..",
        ".",
        "sub/",
        ".hidden.json",
        "evil.py",
        "weights.bin",
        "model.pkl",
        "weights.safetensors/x.json",
        "-rf.json",
        "notes.json",
        "ev\x01il.json",
        "évil.json",
        "CARD.json ",
        "x" * 80 + ".json",
    ],
)
def test_only_plain_names_of_a_model_get_in(own: Path, file: Path, tmp_path: Path, name: str) -> None:
    bad = zipped(tmp_path / "bad.affekt-model", {**parts_of(file), name: b"{}"})
    assert "no part of a model" in refused(bad, own)
    assert not (tmp_path / "evil.json").exists()


def test_a_name_behind_a_zero_byte(own: Path, file: Path, tmp_path: Path) -> None:
    bad = zipped(tmp_path / "bad.zip", {**parts_of(file), "goodZ../evil.json": b"{}"})
    bad.write_bytes(bad.read_bytes().replace(b"goodZ../evil.json", b"good.json\0/evil.j"))
    refused(bad, own)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_links_and_devices_stay_out(own: Path, file: Path, tmp_path: Path, kind: int) -> None:
    parts = parts_of(file)
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        for name, content in parts.items():
            if name != WEIGHTS_FILE:
                archive.writestr(name, content)
        entry = zipfile.ZipInfo(WEIGHTS_FILE)
        entry.create_system = 3
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, b"/etc/passwd")
    assert "no plain file" in refused(bad, own)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", [CARD_FILE, "Card.json"])
def test_two_files_of_one_name(own: Path, file: Path, tmp_path: Path, second: str) -> None:
    bad = zipped(tmp_path / "bad.zip", parts_of(file))
    with zipfile.ZipFile(bad, "a") as archive:
        archive.writestr(second, b"{}")
    assert "two files of one name" in refused(bad, own)


@pytest.mark.parametrize("gone", [CARD_FILE, WEIGHTS_FILE, ABOUT_FILE])
def test_what_is_missing_is_named(own: Path, file: Path, tmp_path: Path, gone: str) -> None:
    parts = parts_of(file)
    del parts[gone]
    assert f"lacks {gone}" in refused(zipped(tmp_path / "bad.zip", parts), own)


def test_a_format_of_another_time(own: Path, file: Path, tmp_path: Path) -> None:
    for about in (b"{}", b"[]", b'{"format": "affekt.model/2"}', b"3"):
        assert "later version" in refused(zipped(tmp_path / "b.zip", {**parts_of(file), ABOUT_FILE: about}), own)


def test_thousands_of_files_are_not_even_listed(own: Path, file: Path, tmp_path: Path) -> None:
    parts = {**parts_of(file), **{f"x{i}.json": b"" for i in range(20_000)}}
    bad = zipped(tmp_path / "bad.zip", parts)
    tracemalloc.start()
    assert "more files" in refused(bad, own)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * bad.stat().st_size


def test_a_bomb_that_says_how_large_it_is(own: Path, file: Path, tmp_path: Path) -> None:
    bomb = {**parts_of(file), "trained_on.json": b" " * (archives.MOST_JSON + 1)}
    bad = zipped(tmp_path / "bad.zip", bomb, zipfile.ZIP_DEFLATED)
    assert bad.stat().st_size < 200_000
    assert "far too large" in refused(bad, own)


def test_a_card_of_megabytes(own: Path, file: Path, tmp_path: Path) -> None:
    parts = carded(parts_of(file), notes=["x" * archives.MOST_CARD])
    assert "far too large" in refused(zipped(tmp_path / "bad.zip", parts, zipfile.ZIP_DEFLATED), own)


def test_a_bomb_that_lies_about_its_size(own: Path, file: Path, tmp_path: Path) -> None:
    size = 30 << 20
    bad = zipped(tmp_path / "bad.zip", {**parts_of(file), "trained_on.json": b" " * size}, zipfile.ZIP_DEFLATED)
    bad.write_bytes(bad.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 100)))
    started = time.monotonic()
    refused(bad, own)
    assert time.monotonic() - started < 5


def test_encrypted_or_strangely_packed(own: Path, file: Path, tmp_path: Path) -> None:
    bad = zipped(tmp_path / "bad.zip", parts_of(file), zipfile.ZIP_LZMA)
    assert "packed in a way" in refused(bad, own)
    content = bytearray(zipped(bad, parts_of(file)).read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1  # the flag, in the list at the end
    bad.write_bytes(content)
    assert "encrypted" in refused(bad, own)


def test_a_comment_or_a_second_end_hides_nothing(own: Path, file: Path, tmp_path: Path) -> None:
    bad = zipped(tmp_path / "bad.zip", parts_of(file))
    with zipfile.ZipFile(bad, "a") as archive:
        archive.comment = b"hello"
    refused(bad, own)
    bad.write_bytes(file.read_bytes() + file.read_bytes()[-22:])
    refused(bad, own)
    whole = file.read_bytes()
    bad.write_bytes(whole[:-22] + b"PK\x06\x07" + b"\0" * 16 + whole[-22:])
    refused(bad, own)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe{}", b"[" * 100_000, b'{"a":' * 50_000, b"\xef\xbb\xbf\x00"], ids=range(6)
)
def test_json_that_is_none(own: Path, file: Path, tmp_path: Path, content: bytes) -> None:
    for name in (CARD_FILE, "trained_on.json"):
        bad = zipped(tmp_path / "bad.zip", {**parts_of(file), name: content})
        assert "not valid JSON" in refused(bad, own)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"name": ""},
        {"name": 3},
        {"name": "x" * 201},
        {"name": "x\x1b[2J"},
        {"version": None},
        {"summary": ["x"]},
        {"network": None},
        {"network": "crnn"},
        {"weights_sha256": None},
        {"weights_sha256": "../../../etc"},
    ],
)
def test_a_card_that_lacks_something(own: Path, file: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    bad = zipped(tmp_path / "bad.zip", carded(parts_of(file), **changes))
    assert "its card" in refused(bad, own)


@pytest.mark.parametrize("card", [b"[]", b"3", b'"card"', b"null"])
def test_a_card_that_is_none(own: Path, file: Path, tmp_path: Path, card: bytes) -> None:
    assert "its card is none" in refused(zipped(tmp_path / "bad.zip", {**parts_of(file), CARD_FILE: card}), own)


FUSION = {"kind": "fusion", "step_features": 373, "summary_features": 1201, "listeners": 2, "regressors": 2, "known": 9}


@pytest.mark.parametrize(
    "network",
    [
        {"kind": "os.system"},
        {"kind": ["crnn"]},
        {"kind": None},
        {},
        {**DESCRIPTION, "hidden": 10**9},
        {**DESCRIPTION, "hidden": 999_999},
        {**DESCRIPTION, "hidden": -1},
        {**DESCRIPTION, "hidden": 1e300},
        {**DESCRIPTION, "hidden": float("nan")},
        {**DESCRIPTION, "hidden": "8"},
        {**DESCRIPTION, "hidden": 9},
        {**DESCRIPTION, "channels": [4] * 100_000},
        {**DESCRIPTION, "channels": [4, 8, 8, 900_000]},
        {**DESCRIPTION, "channels": {"__len__": 4}},
        {**DESCRIPTION, "x": [[[[[[1]]]]]]},
        {**DESCRIPTION, "__class__": "x"},
        {**FUSION, "known": 1_000_000},
        {**FUSION, "listeners": 1_000_000},
        {**FUSION, "regressors": 999_999},
        {**FUSION, "regressor": {"levels": 1_000_000}},
        {**FUSION, "step_features": 1_000_000, "summary_features": 1_000_000},
    ],
    ids=lambda network: json.dumps(network)[:60],
)
def test_absurd_networks_cost_neither_memory_nor_time(
    own: Path, file: Path, tmp_path: Path, network: dict[str, Any]
) -> None:
    resource = pytest.importorskip("resource")  # not on Windows
    bad = zipped(tmp_path / "bad.zip", carded(parts_of(file), network=network))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    refused(bad, own)
    assert time.monotonic() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB


def test_weights_that_are_not_those_of_the_card(own: Path, file: Path, tmp_path: Path) -> None:
    parts = parts_of(file)
    other = io.BytesIO(parts[WEIGHTS_FILE]).getvalue()[:-1] + b"\x01"
    assert "not those that its card" in refused(zipped(tmp_path / "b.zip", {**parts, WEIGHTS_FILE: other}), own)


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 100, b"\x80\x04\x95cos\nsystem\n", b"\x08" + b"\0" * 7 + b"{}      "]
)
def test_weights_that_are_no_safetensors(own: Path, file: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w").write_bytes(content)
    parts = carded({**parts_of(file), WEIGHTS_FILE: content}, weights_sha256=hub.sha256_of(tmp_path / "w"))
    assert "weights" in refused(zipped(tmp_path / "bad.zip", parts), own)


Change = Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: dict(list(t.items())[1:]),
        lambda t: {**t, "extra": torch.zeros(3)},
        lambda t: {**t, "classifier.weight": t["classifier.weight"].half()},
        lambda t: {**t, "classifier.weight": t["classifier.weight"].flatten()},
        lambda t: {**t, "classifier.weight": t["classifier.weight"] * float("nan")},
    ],
    ids=["one short", "one more", "half", "flat", "nan"],
)
def test_weights_of_another_shape_or_that_are_no_numbers(own: Path, file: Path, tmp_path: Path, change: Change) -> None:
    tensors = change({name: value.contiguous() for name, value in tiny_network().state_dict().items()})
    bad = zipped(tmp_path / "bad.zip", weighted(parts_of(file), tensors, tmp_path))
    assert "weights" in refused(bad, own)
