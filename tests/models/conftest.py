from __future__ import annotations

from pathlib import Path

import pytest

from models import hub
from models.hub import DEFAULT_MODEL, LoadedModel, find_model, load_model
from models.shelf.archive import export_model
from tests.tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a small untrained network."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny").folder


@pytest.fixture
def tiny(tiny_folder: Path) -> LoadedModel:
    return load_model(str(tiny_folder), "cpu")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models, with one in it; one is shipped."""
    monkeypatch.setattr(hub, "SHIPPED", tmp_path / "shipped")
    write_tiny_model(tmp_path / "shipped" / DEFAULT_MODEL, seed=1)
    write_tiny_model(tmp_path / "own" / "mine")
    return tmp_path / "own"


@pytest.fixture
def file(own: Path, tmp_path: Path) -> Path:
    """The own model as one file."""
    export_model(find_model("mine", own), tmp_path / "mine.affekt-model")
    return tmp_path / "mine.affekt-model"
