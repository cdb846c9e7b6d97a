"""Layers, structures and explanations in the library; layers in the document and through the end of the program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from app.library import KeptLayer, Library
from app.library import explanations as explanation_store
from app.library.schema import explanations, layers, structures
from models.layers import Layer
from tests.app.fakes import make_explanation, make_layer, make_structure, same

SHA = "ab" * 32


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "library.sqlite3")
    yield library
    library.close()


REGIONS = Layer(
    "Form",
    "regions",
    np.array([0.0, 30.5]),
    None,
    np.array([30.5, 12.25]),
    ("Exposition", "展开部"),
    origin="imported from form.svl",
)


def test_layers_come_back_bit_by_bit_in_their_order(library: Library, tmp_path: Path) -> None:
    one, two = library.add_tracks([Path("/music/a.mp3"), Path("/music/b.mp3")])[0]
    kept = [
        KeptLayer("b", one.id, 1, make_layer("tempo")),
        KeptLayer("a", one.id, 0, REGIONS),
        KeptLayer("c", two.id, 0, Layer("ticks", "instants", np.array([1.0, 2.0]), labels=("", "x"))),
    ]
    for layer in kept:
        library.layers.put(layer)
    again = Library(tmp_path / "library.sqlite3")
    assert all(same(a, b) for a, b in zip(again.layers.of_all(), [kept[1], kept[0], kept[2]], strict=True))
    assert [layer.id for layer in again.layers.of_track(one.id)] == ["a", "b"]
    again.close()
    library.layers.remove("a")
    library.layers.remove("nobody")
    assert [layer.id for layer in library.layers.of_all()] == ["b", "c"]


def test_structures_are_by_content_and_version(library: Library) -> None:
    assert library.structures.get(SHA, "1") is None
    library.structures.put(make_structure(SHA), "1")
    assert same(library.structures.get(SHA, "1"), make_structure(SHA))
    assert library.structures.get(SHA, "2") is None
    without_beats = replace(make_structure(SHA), tempo_bpm=None, beats_s=np.zeros(0, np.float32))
    library.structures.put(without_beats, "2")
    assert same(library.structures.get(SHA, "2"), without_beats)
    assert library.structures.get(SHA, "1") is None


def test_explanations_are_by_content_model_question_and_stretch(library: Library) -> None:
    whole, stretch = make_explanation(), replace(make_explanation(), number=-0.5)
    library.explanations.put(SHA, whole)
    library.explanations.put(SHA, stretch, 10.00049, 12.0)
    ask = (SHA, "fake", "1", "arousal", "occlusion")
    assert same(library.explanations.get(*ask), whole)
    assert same(library.explanations.get(*ask, 10.0, 12.0), stretch)
    assert library.explanations.get(*ask, 10.0, 13.0) is None
    assert library.explanations.get(SHA, "fake", "2", "arousal", "occlusion") is None
    assert library.explanations.get(SHA, "fake", "1", "Q1", "occlusion") is None
    finer = replace(whole, number=0.5)
    library.explanations.put(SHA, finer)
    assert same(library.explanations.get(*ask), finer)


def test_of_many_explanations_of_one_recording_the_newest_stay(library: Library, monkeypatch) -> None:
    monkeypatch.setattr(explanation_store, "MOST_OF_ONE", 3)
    library.explanations.put("cd" * 32, make_explanation())
    for start_s in range(5):
        library.explanations.put(SHA, make_explanation(), float(start_s), 9.0)
    found = [library.explanations.get(SHA, "fake", "1", "arousal", "occlusion", float(s), 9.0) for s in range(5)]
    assert [one is not None for one in found] == [False, False, True, True, True]
    assert library.explanations.get("cd" * 32, "fake", "1", "arousal", "occlusion") is not None


@pytest.mark.parametrize(
    "damage", [{"arrays": b"PK\x03\x04 no zip"}, {"facts": "{"}, {"facts": '{"name": 1}'}, {"arrays": b""}]
)
def test_what_is_damaged_or_of_another_version_is_not_there(library: Library, damage) -> None:
    track = library.add_track(Path("/music/a.mp3"))
    library.layers.put(KeptLayer("bad", track.id, 0, REGIONS))
    library.structures.put(make_structure(SHA), "1")
    library.explanations.put(SHA, make_explanation())
    with library._database.writing() as connection:
        for table in (layers, structures, explanations):
            connection.execute(update(table).values(**damage))
    library.layers.put(KeptLayer("good", track.id, 1, make_layer()))
    assert [kept.id for kept in library.layers.of_all()] == ["good"]
    assert library.structures.get(SHA, "1") is None
    assert library.explanations.get(SHA, "fake", "1", "arousal", "occlusion") is None


def test_layers_are_laid_over_a_track_taken_away_and_put_back(run) -> None:
    session, document, a = run.session, run.document, run.id("a")
    told: list[int] = []
    document.layers_changed.connect(told.append)
    one, two = session.add_layers(a, [make_layer("tempo"), REGIONS])
    (three,) = session.add_layers(a, [make_layer("valence")])
    assert session.commands.undo_text == "Added “valence”"
    session.remove_layers([two])
    session.remove_layers([two])  # it is gone: nothing happens
    assert document.layers(a) == (one, three)
    assert session.undo() == "Removed “Form”"
    assert document.layers(a) == (one, two, three)
    session.undo()
    assert session.undo() == "Added 2 layers"
    assert document.layers(a) == ()
    session.redo()
    assert document.layers(a) == (one, two)
    assert set(told) == {a}
    assert session.add_layers(a, []) == ()
    assert session.add_layers(99, [REGIONS]) == ()


def test_layers_outlive_the_program_and_the_list(run_of, run, music: Path) -> None:
    a = run.id("a")
    run.session.add_layers(a, [REGIONS])
    run.session.remove_tracks([a])
    run.end()
    again = run_of().start()
    again.open(music / "a.wav")
    again.pump.flush(0.05)
    (kept,) = again.document.layers(again.id("a"))
    assert same(kept.layer, REGIONS)


def test_a_structure_is_in_memory_until_the_file_is_another(run, music: Path) -> None:
    document, a = run.document, run.id("a")
    told: list[int] = []
    document.structure_changed.connect(told.append)
    document.put_structure(a, make_structure(SHA))
    assert document.structure(a) is not None
    run.session.find_again(a, music / "new.wav")
    assert document.structure(a) is None
    assert told == [a, a]
