"""Model files that are taken apart and put together again by tests."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from models import hub
from models.errors import JobError
from models.hub import CARD_FILE, WEIGHTS_FILE
from models.shelf.archive import import_model

Parts = dict[str, bytes]


def parts_of(file: Path) -> Parts:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(file: Path, parts: Parts, how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


def carded(parts: Parts, **changes: Any) -> Parts:
    card = {**json.loads(parts[CARD_FILE]), **changes}
    return {**parts, CARD_FILE: json.dumps({k: v for k, v in card.items() if v is not None}).encode()}


def weighted(parts: Parts, tensors: dict[str, torch.Tensor], folder: Path) -> Parts:
    save_file(tensors, folder / "w.safetensors")
    content = (folder / "w.safetensors").read_bytes()
    return carded({**parts, WEIGHTS_FILE: content}, weights_sha256=hub.sha256_of(folder / "w.safetensors"))


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def refused(file: Path, own: Path) -> str:
    """What is said of a file that is refused; nothing may have been written anywhere."""
    before = everything(own.parent)
    with pytest.raises(JobError) as caught:
        import_model(file, own)
    assert everything(own.parent) == before
    assert caught.value.kind == "bad_model"
    assert file.name in caught.value.message
    return caught.value.message
