from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app import paths


def test_everything_lies_under_affekt_home(own_home: Path) -> None:
    assert paths.home() == own_home
    assert own_home.is_dir()
    assert paths.library_file().parent == own_home
    assert paths.own_models() == own_home / "models"
    assert not paths.own_models().exists()  # reading needs no folder


def test_without_it_the_system_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AFFEKT_HOME")
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *args, **kwargs: str(tmp_path / "data" / "affekt"))
    assert paths.home() == tmp_path / "data" / "affekt"
    assert paths.home().is_dir()
    monkeypatch.setenv("AFFEKT_HOME", "  ")
    assert paths.home() == tmp_path / "data" / "affekt"


def test_resources_are_found_in_a_checkout_and_frozen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert paths.resources() == Path(__file__).parents[2] / "resources"
    assert paths.resources().is_dir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.resources() == tmp_path / "resources"
