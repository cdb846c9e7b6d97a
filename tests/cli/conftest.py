from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a small untrained network."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny").folder
