"""`affekt library` and `affekt playlist`: from a folder of music to a playlist, without a window."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.__main__ import main
from app.library import Library
from app.library.ownership import Ownership
from app.library.rows import Song
from app.library.search import query
from models.audio.tags import Tags
from models.data.playlist_import import import_playlist
from models.errors import JobError
from models.hub import find_model
from tests import corpus
from tests.app.fakes import make_analysis, make_overview

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def run(tiny_folder: Path, tmp_path: Path, capfd: Capture):
    """Run a subcommand on a library of the test with the tiny model."""

    def run(*words: object) -> tuple[int, str, str]:
        capfd.readouterr()
        named = ["--library", str(tmp_path / "lib" / "library.sqlite3"), "--model", str(tiny_folder)]
        status = main([*map(str, words), *named])
        return (status, *capfd.readouterr())

    return run


def fill(file: Path, model: str, count: int = 24) -> None:
    """Make a library of analysed tracks that spread over the plane."""
    card = find_model(model)
    file.parent.mkdir(parents=True, exist_ok=True)
    library = Library(file)
    rng = np.random.default_rng(0)
    for i in range(count):
        path = file.parent / f"song {i:02}.mp3"
        path.write_bytes(b"x")
        track = library.add_track(path, Tags(f"Song {i}", f"Artist {i % 8}" if i % 3 else "", "", None))
        analysis = make_analysis(f"{i:064d}", 180.0, card.id, card.version, seed=i)
        valence, arousal = rng.uniform(-0.8, 0.8, 2)
        curves = {
            "valence_over_time": np.full_like(analysis.valence_over_time, valence),
            "arousal_over_time": np.full_like(analysis.arousal_over_time, arousal),
        }
        library.save_analysis(
            track.id, make_overview(180.0, i), replace(analysis, valence=valence, arousal=arousal, **curves)
        )
    library.close()


def test_from_a_folder_to_a_list(run, tmp_path: Path) -> None:
    music = tmp_path / "music"
    for name, length_s in (("one.wav", 3), ("two.wav", 4)):
        corpus.write(music / name, corpus.melody(length_s))
    (music / "broken.wav").write_bytes(b"RIFF nothing")
    status, out, err = run("library", "add", music)
    assert status == 1  # one failed, and is named
    assert "3 added" in out
    assert "2 analysed, 1 failed" in out
    assert "broken.wav" in err
    status, out, _ = run("library", "add", music / "one.wav")
    assert (status, out) == (0, "0 added, 1 were there already; 0 analysed, 0 failed.\n")
    status, out, _ = run("library", "list")
    assert status == 0
    assert "one" in out
    assert "broken" in out
    assert "not analysed" in out
    status, out, _ = run("library", "list", "--json", "-")
    document = json.loads(out)
    assert document["schema"] == "affekt.library/1"
    assert sorted(track["analysed"] for track in document["tracks"]) == [False, True, True]
    status, out, _ = run("library", "search", "two")
    assert "two" in out
    assert "one" not in out


def test_a_search_by_what_was_found(run, tmp_path: Path, tiny_folder: Path) -> None:
    fill(tmp_path / "lib" / "library.sqlite3", str(tiny_folder))
    _, out, _ = run("library", "search", "valence:>0.2", "artist:3", "--json", "-")
    tracks = json.loads(out)["tracks"]
    assert tracks
    assert all(track["valence"] >= 0.2 and track["artist"] == "Artist 3" for track in tracks)
    _, out, _ = run("library", "search", "valence:>0.2", "-artist:3", "-q1", "--json", "-")
    tracks = json.loads(out)["tracks"]
    assert tracks
    assert all(track["quadrant"] != "Q1" and track["artist"] != "Artist 3" for track in tracks)
    _, out, _ = run("library", "search", "-file:song", "--json", "-")
    assert json.loads(out)["tracks"] == []


@pytest.mark.parametrize("options_first", [True, False])
def test_a_search_may_begin_with_a_minus_before_and_after_options(
    tmp_path: Path, tiny_folder: Path, capfd: Capture, options_first: bool
) -> None:
    library = tmp_path / "library.sqlite3"
    fill(library, str(tiny_folder))
    options, query = ["--library", str(library), "--model", str(tiny_folder), "--json", "-"], ["-Q1"]
    assert main(["library", "search", *(options + query if options_first else query + options)]) == 0
    tracks = json.loads(capfd.readouterr().out)["tracks"]
    assert tracks
    assert all(track["quadrant"] != "Q1" for track in tracks)


@pytest.mark.parametrize(
    ("words", "meant"),
    [("rock 'n' roll", True), ("\"'n' roll\"", True), ('"n roll"', False), ("file:b\\a", True), ('roll "rock', False)],
)
def test_an_apostrophe_is_a_letter_and_a_backslash_parts_folders(words: str, meant: bool) -> None:
    song = Song(
        1, Path("b\\a.mp3"), "Rock 'n' Roll", "", "", False, 60.0, "Q1", 0.5, 0.0, 0.0, np.zeros((5, 2)), None, None
    )  # fmt: skip
    assert query(words).keeps(song) is meant


@pytest.mark.parametrize("ending", ["m3u8", "xspf", "jspf", "csv"])
def test_the_list_goes_out(run, tmp_path: Path, tiny_folder: Path, ending: str) -> None:
    fill(tmp_path / "lib" / "library.sqlite3", str(tiny_folder), 3)
    assert run("library", "export", tmp_path / f"all.{ending}")[0] == 0
    assert len(import_playlist(tmp_path / f"all.{ending}").entries) == 3


def test_a_playlist_travels_from_mood_to_mood(run, tmp_path: Path, tiny_folder: Path) -> None:
    fill(tmp_path / "lib" / "library.sqlite3", str(tiny_folder))
    target = tmp_path / "out.csv"
    status, out, err = run("playlist", "--from=-0.6,-0.5", "--to=0.6,0.5", "--minutes", 15, "--out", target)
    assert (status, err) == (0, "")
    assert "path cost: " in out
    with target.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 5
    ways = [float(row["valence (-1..1)"]) + float(row["arousal (-1..1)"]) for row in rows]
    assert ways[0] < -0.3 < 0.3 < ways[-1]
    artists = [row["artist"] for row in rows if row["artist"]]
    assert len(set(artists)) == len(artists)
    assert all((tmp_path / row["file"]).is_file() for row in rows)


def test_the_compensatory_order_and_a_folder_of_copies(run, tmp_path: Path, tiny_folder: Path) -> None:
    fill(tmp_path / "lib" / "library.sqlite3", str(tiny_folder))
    words = ("playlist", "--from=-0.6,-0.5", "--to=0.6,0.5", "--tracks", 3, "--order", "compensatory")
    status, _, _ = run(*words, "--copy", tmp_path / "copies")
    assert status == 0
    assert len(list((tmp_path / "copies").glob("*.mp3"))) == 3
    assert "Affekt compensatory.m3u8" in [file.name for file in (tmp_path / "copies").iterdir()]
    status, _, err = run(*words, "--copy", tmp_path / "copies")
    assert status == 1
    assert "other things" in err


def test_where_it_was_written_is_told_and_one_track_is_one(run, tmp_path: Path, tiny_folder: Path) -> None:
    fill(tmp_path / "lib" / "library.sqlite3", str(tiny_folder), 3)
    words = ("playlist", "--from=0,0", "--to=0.5,0.5", "--tracks", 1)
    _, out, _ = run(*words, "--out", tmp_path / "p.m3u8", "--copy", tmp_path / "copies")
    assert "1 track, " in out
    assert "p.m3u8" in out
    assert f"1 track copied to {tmp_path / 'copies'}." in out
    assert "\n1 track. Valence" in run("library", "search", "song", "01")[1]
    assert run("library", "search", "nothing-like-it")[1] == "No track matches.\n"


@pytest.mark.parametrize(
    "words",
    [
        ["playlist", "--from=0,0", "--to=0,0", "--minutes", "-3"],
        ["playlist", "--from=0,0", "--to=0,0", "--tracks", "2", "--out", "p.txt"],
        ["playlist", "--from=0,0", "--to=0,0", "--tracks", "2", "--tempo", "90..60"],
        ["library", "search", "arousal:hot"],
        ["library", "export", "p.txt"],
        ["library", "export", "p.csv", "--search", "arousal:hot"],
    ],
)
def test_what_no_library_could_fulfil_is_wrong_usage(run, words: list[str], capfd: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 2
    assert "There is no library" not in capfd.readouterr().err


def test_limits_that_were_bent_are_said(run, tmp_path: Path, tiny_folder: Path) -> None:
    fill(tmp_path / "lib" / "library.sqlite3", str(tiny_folder), 4)
    _, out, _ = run("playlist", "--from=0,0", "--to=0.5,0.5", "--tracks", 3, "--tempo", "60..90")
    assert "bent: Tempo outside 60 to 90 bpm" in out


def test_what_cannot_be_made_says_why(run, tmp_path: Path, tiny_folder: Path) -> None:
    status, _, err = run("playlist", "--from=0,0", "--to=0.5,0.5", "--minutes", 10)
    assert status == 1
    assert "There is no library" in err
    Library(tmp_path / "lib.sqlite3").close()
    (tmp_path / "lib").mkdir()
    Library(tmp_path / "lib" / "library.sqlite3").close()
    status, _, err = run("playlist", "--from=0,0", "--to=0.5,0.5", "--minutes", 10)
    assert status == 1
    assert "none that is analysed" in err


@pytest.mark.parametrize("words", [["--from=0,2"], ["--from=x"], ["--from=0,0", "--tempo", "fast"]])
def test_wrong_usage(run, words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("playlist", *words, "--to=0,0", "--minutes", 10)
    assert caught.value.code == 2


def test_a_library_that_a_window_has_open_is_left_alone(run, tmp_path: Path) -> None:
    song = corpus.write(tmp_path / "one.wav", corpus.melody(1))
    (tmp_path / "lib").mkdir()
    owner = Ownership(tmp_path / "lib" / "library.sqlite3")
    status, _, err = run("library", "add", song)
    owner.release()
    assert status == 1
    assert "window has this library open" in err


def a_song(**fields: object) -> Song:
    made = Song(
        1, Path("/music/Für Elise.flac"), "Für Elise", "Beethoven", "", False, 180.0, "Q4", 0.7, 0.2, -0.4,
        np.zeros((5, 2), np.float32), 71.0, None,
    )  # fmt: skip
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("fur elise", True),
        ("ELISE -mozart", True),
        ("-elise", False),
        ("q4", True),
        ("Q1", False),
        ("valence:0..0.5 arousal:<0", True),
        ("valence:>0.3", False),
        ("tempo:70", True),
        ("tempo:80", False),
        ("level:-20..", False),  # what is not known is not meant
        ("minutes:2..4 artist:beet", True),
        ('"fur elise"', True),
        ('"fur', False),
        ("", True),
    ],
)
def test_queries(text: str, meant: bool) -> None:
    assert query(text).keeps(a_song()) is meant


@pytest.mark.parametrize("text", ["valence:x", "tempo:90..60", "minutes:>"])
def test_queries_that_are_none(text: str) -> None:
    with pytest.raises(JobError, match="no range"):
        query(text)


def test_a_fault_in_one_recording_does_not_stop_the_rest(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.inference import analyse as inference

    music = tmp_path / "music"
    for name, length_s in (("a.wav", 3), ("b.wav", 4)):
        corpus.write(music / name, corpus.melody(length_s))
    real = inference.analyse

    def faulty(request, *rest):
        if request.path.name == "a.wav":
            raise ZeroDivisionError("oh")
        return real(request, *rest)

    monkeypatch.setattr(inference, "analyse", faulty)
    status, out, err = run("library", "add", music)
    assert status == 1
    assert "1 analysed, 1 failed" in out
    assert "a.wav" in err
    assert "fault in the program" in err


def test_what_a_personal_model_said_before_its_last_correction_stands(tmp_path: Path) -> None:
    from app.cli.library import known_songs
    from models.hub import Card

    class Found:
        """A library in which one track was answered by the model before, and one by its base."""

        def tracks(self):
            return [a_song(id=2), a_song(id=1)]

        class sketches:  # noqa: N801
            @staticmethod
            def songs(model, version):
                return {("own", "2"): [], ("own", None): [a_song(id=1)], ("base", None): [a_song(id=1, title="old"),
                        a_song(id=2)]}[model, version]  # fmt: skip

    card = Card.__new__(Card)
    for name, value in (("id", "own"), ("version", "2"), ("raw", {"network": {"kind": "personal", "base": "base"}})):
        object.__setattr__(card, name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.hub.find_model", lambda *_: card)
        songs, model = known_songs(Found(), "own")
    assert ([song.id for song in songs], songs[1].title, model) == ([2, 1], "Für Elise", "own")
