from __future__ import annotations

from pathlib import Path

import pytest

from models.hub import LoadedModel, load_model
from tests.tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a small untrained network."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny").folder


@pytest.fixture
def tiny(tiny_folder: Path) -> LoadedModel:
    return load_model(str(tiny_folder), "cpu")
