"""Session files by themselves: written whole or not at all, read with suspicion, found, and merged."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.library import KeptLayer, Mark, Moment
from app.sessions.content import SavedModel, SavedTrack, SessionContent, View
from app.sessions.finding import _size, find
from app.sessions.merging import incoming
from app.sessions.reading import read_session
from app.sessions.writing import encode, is_another, stamp_of, write
from models.errors import JobError
from models.layers import Layer
from tests.app.fakes import make_layer, same

REGIONS = Layer("Form", "regions", np.array([0.0, 30.5]), None, np.array([30.5, 12.25]), ("A", "展开部"))


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sha_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_content(folder: Path) -> SessionContent:
    one = SavedTrack(
        folder / "music" / "月光 \udcff.flac",  # a name of bytes that are no text
        "music/月光 \udcff.flac",
        "ab" * 32,
        1234,
        "Moonlight",
        "Hua",
        61.5,
        (Mark(1.5, "Theme"), Mark(2.0)),
        (Moment("m1", 0, 1.0, 2.0, 3.0, "Höhepunkt", "Zwei\nZeilen."), Moment("m2", 0, 4.0, 4.0, 5.0, hidden=True)),
        (KeptLayer("y1", 0, 0, make_layer()), KeptLayer("y2", 0, 0, REGIONS)),
    )
    view = View("analyse", (10.0, 20.0), 12.5, {"analyse": {"descriptors": ["tempo"]}})
    two = SavedTrack(folder / "b.wav", "b.wav")
    return SessionContent((one, two), 0, (11.0, 12.0), (1, 0), "time", view, SavedModel("affekt-base", "1.2", "Affekt"))


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    file, content = tmp_path / "Étude.affekt", make_content(tmp_path)
    write(file, encode(content, file))
    read, data = read_session(file)
    assert data == file.read_bytes()
    for saved, track in zip(content.tracks, read.tracks, strict=True):
        assert replace(track, layers=()) == replace(saved, layers=())
        assert all(same(a.layer, b.layer) for a, b in zip(saved.layers, track.layers, strict=True))
    assert replace(read, tracks=()) == replace(content, tracks=())
    assert json.loads(data)["schema"] == "affekt.session/1"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_what_fails_on_the_way_leaves_the_old_file_whole(tmp_path: Path, monkeypatch, step: str, code: int) -> None:
    file = tmp_path / "a.affekt"
    write(file, b"old")

    def fail(*_args: Any, **_more: Any) -> Any:
        raise OSError(code, os.strerror(code))

    real_open = Path.open
    if step == "open":
        monkeypatch.setattr(Path, "open", lambda self, *a, **k: fail() if "w" in str(a) else real_open(self, *a, **k))
    else:
        monkeypatch.setattr(os, step, fail)
    with pytest.raises(JobError) as caught:
        write(file, b"new", back_up=True)
    monkeypatch.undo()
    assert file.read_bytes() == b"old"
    assert not list(tmp_path.glob("*.part"))
    assert file.name in caught.value.message
    assert caught.value.kind == ("no_space" if code == errno.ENOSPC else "unreadable")
    write(file, b"new")
    assert file.read_bytes() == b"new"


def test_a_write_that_is_cut_off_half_way_leaves_the_old_file_whole(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "a.affekt"
    content = make_content(tmp_path)
    write(file, encode(content, file))
    before = file.read_bytes()

    def power_cut(_number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", power_cut)
    with pytest.raises(KeyboardInterrupt):
        write(file, b"half of it")
    assert file.read_bytes() == before
    assert read_session(file)[0].tracks[0].title == "Moonlight"


def test_what_lay_there_is_kept_beside_it_when_asked(tmp_path: Path, monkeypatch) -> None:
    file, backup = tmp_path / "a.affekt", tmp_path / "a.affekt.bak"
    write(file, b"1", back_up=True)
    assert not backup.exists()
    write(file, b"2", back_up=True)
    write(file, b"3")
    assert (file.read_bytes(), backup.read_bytes()) == (b"3", b"1")

    def no_links(*_args: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    write(file, b"4", back_up=True)
    assert (file.read_bytes(), backup.read_bytes()) == (b"4", b"3")


def test_a_file_that_another_program_wrote_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "a.affekt"
    write(file, b"1")
    stamp = stamp_of(file, b"1")
    assert not is_another(file, stamp)
    os.utime(file, ns=(1, 1))  # only touched
    assert not is_another(file, stamp)
    file.write_bytes(b"2")
    assert is_another(file, stamp)
    file.unlink()
    assert not is_another(file, stamp)


def spoilt(path: list[str | int], value: Any) -> dict[str, Any]:
    document = json.loads(encode(make_content(Path("/m")), Path("/m/a.affekt")))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["tracks"], {}),
        (["tracks", 0], "a.wav"),
        (["tracks"], [{}] * 100_001),
        (["tracks", 0, "absolute"], 7),
        (["tracks", 0, "absolute"], "/m/\0"),
        (["tracks", 1], {"path": "", "absolute": ""}),
        (["tracks", 0, "size_bytes"], -1),
        (["tracks", 0, "duration_s"], "long"),
        (["tracks", 0, "duration_s"], 10**400),
        (["tracks", 0, "title"], "x" * 20_001),
        (["tracks", 0, "marks"], "x"),
        (["tracks", 0, "marks", 0, "time_s"], True),
        (["tracks", 0, "marks", 0, "time_s"], -1),
        (["tracks", 0, "marks", 0, "label"], None),
        (["tracks", 0, "moments", 0, "peak_s"], 99.0),
        (["tracks", 0, "moments", 0, "end_s"], None),
        (["tracks", 0, "moments", 0, "hidden"], "yes"),
        (["tracks", 0, "moments", 0, "id"], ""),
        (["tracks", 0, "layers", 0, "kind"], ["values"]),
        (["tracks", 0, "layers", 0, "times_s"], [0, 1, 0.5, 2, 3]),
        (["tracks", 0, "layers", 0, "times_s"], [0, 1, None, 2, 3]),
        (["tracks", 0, "layers", 0, "values"], [1, 2]),
        (["tracks", 0, "layers", 0, "values"], None),
        (["tracks", 0, "layers", 0, "values"], [1, 2, "3", 4, 5]),
        (["tracks", 0, "layers", 0, "values"], [1, 2, 10**400, 4, 5]),
        (["tracks", 0, "layers", 0, "labels"], [1, 2, 3, 4, 5]),
        (["tracks", 0, "layers", 0, "range"], [1, 1]),
        (["tracks", 0, "layers", 0, "range"], [0, 10**400]),
        (["tracks", 0, "layers", 1, "durations_s"], [-1, 2]),
        (["tracks", 0, "layers", 1, "durations_s"], None),
        (["shown"], 2),
        (["shown"], True),
        (["selection_s"], [2, 1]),
        (["compared"], [0]),
        (["compared", "tracks"], [0, 2]),
        (["compared", "tracks"], [[0]]),
        (["view"], []),
        (["view", "range_s"], [1]),
        (["view", "pages"], 3),
        (["model", "id"], {}),
    ],
)
def test_hostile_values_are_refused_by_name(tmp_path: Path, path: list[str | int], value: Any) -> None:
    file = tmp_path / "bad.affekt"
    file.write_text(json.dumps(spoilt(path, value)))
    with pytest.raises(JobError) as caught:
        read_session(file)
    assert caught.value.kind == "bad_data"
    assert file.name in caught.value.message
    assert "“" in caught.value.message  # where in the file
    assert "Nothing was changed" in caught.value.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged or cut short"),
        (b"\xff\xfe\x00", "damaged or cut short"),
        (b"[" * 100_000, "damaged or cut short"),
        (b'{"schema": "affekt.session/1", "tracks": [NaN]}', "damaged or cut short"),
        (b'{"schema": "affekt.session/1", "shown": ' + b"9" * 5000 + b"}", "damaged or cut short"),
        (b'{"schema": "affekt.session/2"}', "newer version"),
        (b'{"schema": "affekt.analysis/1"}', "not a session"),
        (b'{"schema": 1}', "not a session"),
        (b"[]", "not a session"),
        (b"RIFF", "damaged or cut short"),
    ],
)
def test_what_is_no_session_is_told_apart(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "bad.affekt"
    file.write_bytes(data)
    with pytest.raises(JobError, match=words) as caught:
        read_session(file)
    assert file.name in caught.value.message


def test_halves_of_letters_come_in_as_what_can_be_kept(tmp_path: Path) -> None:
    file, content = tmp_path / "s.affekt", make_content(tmp_path)
    document = json.loads(encode(content, file))
    one = document["tracks"][0]
    for part in (one["marks"][0], one["moments"][0]):
        part["label"] = "\ud800"
    one["layers"][0]["name"] = "\udfff"
    one["layers"][1]["labels"][0] = "\ud800"
    file.write_text(json.dumps(document))
    track = read_session(file)[0].tracks[0]
    assert track.path == content.tracks[0].path  # names of files stay as they are
    texts = (track.marks[0].label, track.moments[0].label, track.layers[0].layer.name, *track.layers[1].layer.labels)
    assert "".join(texts).encode() == "????展开部".encode()


def test_regions_have_all_their_values_or_none(tmp_path: Path) -> None:
    file, content = tmp_path / "s.affekt", make_content(tmp_path)
    document = json.loads(encode(content, file))
    document["tracks"][0]["layers"][1]["values"] = [0.5, None]
    file.write_text(json.dumps(document))
    assert read_session(file)[0].tracks[0].layers[1].layer.values is None


def test_a_session_cut_short_anywhere_is_damaged_and_names_its_backup(tmp_path: Path) -> None:
    file = tmp_path / "a.affekt"
    whole = encode(make_content(tmp_path), file)
    file.with_name("a.affekt.bak").write_bytes(whole)
    for share in (0.1, 0.5, 0.99):
        file.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(JobError, match=r"a\.affekt\.bak"):
            read_session(file)


def test_huge_missing_and_unreadable_files_are_told_apart(tmp_path: Path) -> None:
    huge = tmp_path / "huge.affekt"
    with huge.open("wb") as stream:
        stream.truncate(300 * 2**20)  # a hole: it takes no room
    with pytest.raises(JobError, match="300 MB"):
        read_session(huge)
    with pytest.raises(JobError) as caught:
        read_session(tmp_path / "gone.affekt")
    assert caught.value.kind == "not_found"
    with pytest.raises(JobError) as caught:
        read_session(tmp_path)
    assert caught.value.kind == "unreadable"


# Finding


def saved(path: Path, text: str | None, near: str = "") -> SavedTrack:
    known = {} if text is None else {"sha256": sha(text), "size_bytes": len(text.encode())}
    return SavedTrack(path, near, **known)


def nowhere(_sha256: str) -> list[Path]:
    return []


def test_a_session_that_moves_with_its_music_finds_it(tmp_path: Path) -> None:
    (tmp_path / "new" / "music").mkdir(parents=True)
    (tmp_path / "new" / "music" / "a.wav").write_text("aa")
    track = saved(tmp_path / "old" / "music" / "a.wav", "aa", "music/a.wav")
    (place,) = find([track], tmp_path / "new" / "x.affekt", nowhere, sha_of)
    assert (place.path, place.state) == (tmp_path / "new" / "music" / "a.wav", "there")


def test_moved_files_are_found_beside_the_session_in_the_library_and_near_others(tmp_path: Path) -> None:
    for name in ("music/a.wav", "else where/deep/b.wav", "else where/deep/c.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name[-5:])
    old = Path("/nowhere/at/all")
    tracks = [saved(old / f"{stem}.wav", f"{stem}.wav") for stem in "abc"]
    library = {sha("b.wav"): [tmp_path / "gone.wav", tmp_path / "else where" / "deep" / "b.wav"]}
    found = find(tracks, tmp_path / "x.affekt", lambda one: library.get(one, []), sha_of)
    assert [place.state for place in found] == ["moved"] * 3
    assert [place.path.parent.name for place in found] == ["music", "deep", "deep"]


def test_a_file_of_that_name_with_another_content_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("bb")
    (place,) = find([saved(Path("/nowhere/a.wav"), "aa")], tmp_path / "x.affekt", nowhere, sha_of)
    assert (place.path, place.state) == (Path("/nowhere/a.wav"), "missing")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.wav").write_text("aa")
    (place,) = find([saved(tmp_path / "a.wav", "aa", "a.wav")], tmp_path / "x.affekt", nowhere, sha_of)
    assert place.state == "there"  # as large as it was: read when it is analysed
    (tmp_path / "a.wav").write_text("another")
    (place,) = find([saved(tmp_path / "a.wav", "aa", "a.wav")], tmp_path / "x.affekt", nowhere, sha_of)
    assert (place.path, place.state) == (tmp_path / "sub" / "a.wav", "moved")
    (tmp_path / "sub" / "a.wav").unlink()
    (place,) = find([saved(tmp_path / "a.wav", "aa", "a.wav")], tmp_path / "x.affekt", nowhere, sha_of)
    assert (place.path, place.state) == (tmp_path / "a.wav", "changed")


def test_thousands_of_missing_files_are_not_looked_for_in_each_folder(tmp_path: Path, monkeypatch) -> None:
    for i in range(30):
        (tmp_path / f"folder {i}").mkdir()
    (tmp_path / "folder 7" / "E\u0301tude 3.wav").write_text("x")
    tracks = [SavedTrack(Path(f"/gone/\u00c9tude {i}.wav"), sha256=sha("x"), size_bytes=1) for i in range(100)]
    looked: list[Path] = []
    monkeypatch.setattr("app.sessions.finding._size", lambda path: looked.append(path) or _size(path))
    found = find(tracks, tmp_path / "s.affekt", lambda _: [], sha_of)
    assert [i for i, place in enumerate(found) if place.state == "moved"] == [3]
    assert found[3].path == tmp_path / "folder 7" / "E\u0301tude 3.wav"
    assert len(looked) < 400


def test_what_was_never_read_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("aa")
    (place,) = find([saved(Path("/nowhere/a.wav"), None)], tmp_path / "x.affekt", nowhere, sha_of)
    assert (place.path, place.state) == (tmp_path / "a.wav", "moved")


# Merging


def merge(track: SavedTrack, marks=(), moments=(), layers=(), taken: set[str] | None = None):
    return incoming(track, 7, marks, moments, layers, set() if taken is None else taken)


def test_what_is_there_already_does_not_come_twice(tmp_path: Path) -> None:
    track = make_content(tmp_path).tracks[0]
    first = merge(track)
    assert (len(first.marks), len(first.moments), len(first.layers)) == (2, 2, 2)
    assert {one.track_id for one in (*first.moments, *first.layers)} == {7}
    assert [kept.position for kept in first.layers] == [0, 1]
    taken = {one.id for one in (*first.moments, *first.layers)}
    again = merge(track, first.marks, first.moments, first.layers, taken)
    assert (again.marks, again.moments, again.layers, again.named) == ((), (), (), ())


def test_of_two_that_differ_both_stay() -> None:
    moment = Moment("m1", 7, 1.0, 2.0, 3.0, "Here")
    track = SavedTrack(
        Path("/a"),
        marks=(Mark(1.0, "Theirs"), Mark(2.0, "New name"), Mark(3.0)),
        moments=(replace(moment, label="There"), replace(moment, note="Noted.")),
        layers=(KeptLayer("y1", 0, 0, make_layer(seed=1)),),
    )
    mine = [Mark(1.0, "Mine"), Mark(2.0), Mark(3.0, "Named")]
    come = merge(track, mine, [moment], [KeptLayer("y1", 7, 4, make_layer(seed=2))], {"m1", "y1"})
    assert come.marks == (Mark(1.001, "Theirs"),)
    assert come.named == ((Mark(2.0), "New name"),)
    assert [(one.label, one.note) for one in come.moments] == [("There", ""), ("Here", "Noted.")]
    assert len({one.id for one in come.moments} | {"m1"}) == 3
    assert [(kept.id != "y1", kept.position) for kept in come.layers] == [(True, 5)]
    # And once more: nothing new.
    marks = [Mark(1.0, "Mine"), Mark(1.001, "Theirs"), Mark(2.0, "New name"), Mark(3.0, "Named")]
    again = merge(track, marks, [moment, *come.moments], come.layers)
    assert (again.marks, again.moments, again.layers, again.named) == ((), (), (), ())
