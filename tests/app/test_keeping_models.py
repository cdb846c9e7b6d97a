"""Keeping models through the session: every change a command, every refusal told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.jobs.tools import Worker
from app.session import Session
from models import hub
from models.hub import CARD_FILE, DEFAULT_MODEL, find_model, list_models
from tests.app.fakes import FakeScience, HandPump
from tests.tiny_model import write_tiny_model


class Keeping:
    """A session over real model folders; nothing is analysed."""

    def __init__(self, folder: Path) -> None:
        self.pumps: list[HandPump] = []

        def make(deliver: Any, wanted: Any) -> HandPump:
            self.pumps.append(HandPump(deliver, wanted))
            return self.pumps[-1]

        self.own = folder / "models"
        fake = FakeScience().worker()
        worker = Worker(
            fake.load_model,
            fake.analyse,
            lambda model: find_model(model, self.own),
            lambda: list_models(self.own),
        )
        self.session = Session(folder / "library.sqlite3", worker=worker, pump=make)
        self.notices: list[tuple[str, str]] = []
        self.changes: list[None] = []
        self.session.document.notice.connect(lambda text, level: self.notices.append((text, level)))
        self.session.models_changed.connect(lambda: self.changes.append(None))
        self.session.start()

    @property
    def ids(self) -> list[str]:
        return [card.id for card in self.session.models()]

    def settle(self) -> None:
        """Let what goes out or comes in end, and be told."""
        assert self.session.model_files.join(60)
        for pump in self.pumps:
            pump.flush(0.05)


@pytest.fixture
def keeping(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeping]:
    monkeypatch.setattr(hub, "SHIPPED", tmp_path / "shipped")
    write_tiny_model(tmp_path / "shipped" / DEFAULT_MODEL, seed=1)
    write_tiny_model(own_home / "models" / "mine")
    keeping = Keeping(own_home)
    yield keeping
    keeping.session.close()
    assert keeping.session.wait_closed()


def test_names_and_notes_come_and_go(keeping: Keeping) -> None:
    session = keeping.session
    assert session.rename_model("mine", "Evening")
    assert find_model("mine", keeping.own).name == "Evening"
    assert session.undo() == "Renamed the model Tiny to Evening"
    assert find_model("mine", keeping.own).name == "Tiny"
    session.redo()
    assert find_model("mine", keeping.own).name == "Evening"
    assert not session.rename_model("mine", "  ")
    assert not session.rename_model(DEFAULT_MODEL, "Mine")
    assert [level for _, level in keeping.notices] == ["error", "error"]
    for model in ("mine", DEFAULT_MODEL):
        assert session.note_model(model, "for strings")
        assert not session.note_model(model, "for strings ")
        assert session.model_notes(model) == "for strings"
        session.undo()
        assert session.model_notes(model) == ""
    assert session.model_notes("gone") == ""
    assert len(keeping.changes) == 7


def test_into_the_bin_and_back_by_undo_and_by_hand(keeping: Keeping) -> None:
    session = keeping.session
    assert session.is_own_model("mine")
    assert not session.is_own_model(DEFAULT_MODEL)
    assert session.remove_model("mine")
    assert keeping.ids == [DEFAULT_MODEL]
    session.undo()
    assert keeping.ids == [DEFAULT_MODEL, "mine"]
    session.redo()
    (entry,) = session.binned_models()
    assert session.restore_model(entry)
    assert keeping.ids == [DEFAULT_MODEL, "mine"]
    session.undo()
    assert keeping.ids == [DEFAULT_MODEL]
    assert session.empty_model_bin() == 1
    assert session.binned_models() == []
    assert not session.remove_model(DEFAULT_MODEL)
    assert not session.remove_model("gone")


def test_the_model_that_judges_or_is_being_trained_stays(keeping: Keeping) -> None:
    session = keeping.session
    session.set_model("mine")
    assert not session.remove_model("mine")
    assert "judges now" in keeping.notices[-1][0]
    session.set_model(DEFAULT_MODEL)
    (keeping.own / "mine.work").mkdir()
    assert not session.remove_model("mine")
    assert "is being trained" in keeping.notices[-1][0]
    assert keeping.ids == [DEFAULT_MODEL, "mine"]


def test_the_base_of_the_model_that_judges_stays(keeping: Keeping) -> None:
    base = find_model("mine", keeping.own)
    ear = write_tiny_model(keeping.own / "ear", seed=2)
    network = {"kind": "personal", "base": "mine", "base_weights_sha256": base.raw["weights_sha256"]}
    (ear.folder / CARD_FILE).write_text(json.dumps({**ear.raw, "network": network}), encoding="utf-8")
    keeping.session.set_model("ear")
    assert not keeping.session.remove_model("mine")
    assert "stands on this one" in keeping.notices[-1][0]
    keeping.session.set_model(DEFAULT_MODEL)
    assert keeping.session.remove_model("mine")
    assert keeping.notices[-1] == ("Tiny cannot be used without it. Undo brings it back.", "warning")
    assert keeping.session.missing_base("ear") == "mine"
    keeping.session.undo()
    assert keeping.session.missing_base("ear") == ""


def test_the_default_judges_at_once_and_undo_gives_it_back(keeping: Keeping) -> None:
    session = keeping.session
    assert session.default_model() == DEFAULT_MODEL
    assert session.set_default_model("mine")
    assert session.default_model() == "mine"
    keeping.pumps[0].until(lambda: session.document.model.id == "mine")
    assert session.setting("model") == ""
    session.undo()
    assert session.default_model() == DEFAULT_MODEL
    keeping.pumps[0].until(lambda: session.document.model.id == DEFAULT_MODEL)
    session.set_model("mine")
    session.set_default_model("mine")
    session.undo()
    assert session.setting("model") == "mine"
    keeping.pumps[0].until(lambda: session.document.model.id == "mine")


def test_out_and_in_again(keeping: Keeping, tmp_path: Path) -> None:
    session, file = keeping.session, tmp_path / "mine.affekt-model"
    session.export_model("mine", file)
    keeping.settle()
    assert "holds the model Tiny" in keeping.notices[-1][0]
    session.import_model(file)
    assert keeping.notices[-1][0] == "Checking mine.affekt-model\u2026"
    keeping.settle()
    assert keeping.ids == [DEFAULT_MODEL, "mine", "mine-2"]
    assert keeping.notices[-1] == ("Tiny is among your own models now.", "info")
    assert session.undo() == "Imported the model Tiny"
    assert keeping.ids == [DEFAULT_MODEL, "mine"]
    session.redo()
    assert keeping.ids == [DEFAULT_MODEL, "mine", "mine-2"]
    file.write_bytes(b"PK")
    session.import_model(file)
    session.export_model("gone", tmp_path / "gone.affekt-model")
    keeping.settle()
    assert [level for _, level in keeping.notices[-2:]] == ["error", "error"]
    assert keeping.ids == [DEFAULT_MODEL, "mine", "mine-2"]
