"""Playlists go out in four formats and come back as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml import ElementTree

from models.data.playlist_import import import_playlist
from models.errors import JobError
from models.export.playlist_files import write_folder, write_playlist
from models.playlist import EXTENSION, Entry


@pytest.fixture
def entries(tmp_path: Path) -> list[Entry]:
    folder = tmp_path / "music & more"
    folder.mkdir()
    names = ["one.flac", "月光 100%.mp3", "#sharp: a?.ogg"]
    for name in names:
        (folder / name).write_bytes(name.encode())
    return [
        Entry(folder / names[0], "One <&> \u201ctwo\u201d", "A", 61.5, 0.25, -0.5),
        Entry(folder / names[1], "月光", "", None, None, None),
        Entry(folder / names[2], "", "C - D", 200.0, -1.0, 1.0),
    ]


@pytest.mark.parametrize("ending", ["m3u8", "xspf", "jspf", "csv"])
def test_a_playlist_comes_back(entries, tmp_path, ending):
    file = tmp_path / "lists" / f"mine.{ending}"
    write_playlist(file, entries, "Calm down")
    back = import_playlist(file)
    assert [entry.path.resolve() for entry in back.entries] == [entry.path for entry in entries]
    assert (back.missing, back.problems) == ((), ())
    assert [entry.title for entry in back.entries][:2] == [entries[0].title, "月光"]
    if ending != "m3u8":
        assert [entry.valence for entry in back.entries] == [0.25, None, -1.0]
        assert [entry.artist for entry in back.entries] == ["A", "", "C - D"]
        assert back.entries[0].duration_s == pytest.approx(61.5)
    if ending != "csv":
        assert back.title == "Calm down"


def test_paths_are_relative_so_that_list_and_music_move_together(entries, tmp_path):
    for ending in ("m3u8", "xspf", "jspf", "csv"):
        write_playlist(tmp_path / f"mine.{ending}", entries)
        assert str(tmp_path) not in (tmp_path / f"mine.{ending}").read_text("utf-8")
    moved = tmp_path.parent / f"{tmp_path.name} moved"
    tmp_path.rename(moved)
    assert import_playlist(moved / "mine.xspf").missing == ()
    moved.rename(tmp_path)


def test_m3u8_is_as_players_read_it(entries, tmp_path):
    write_playlist(tmp_path / "mine.m3u8", entries[:2])
    lines = (tmp_path / "mine.m3u8").read_text("utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[1].startswith("#EXTINF:62,A - One")
    assert lines[2] == "music & more/one.flac"
    assert lines[3] == "#EXTINF:-1,月光"


def test_xspf_and_jspf_are_as_they_are_described(entries, tmp_path):
    write_playlist(tmp_path / "mine.xspf", entries)
    root = ElementTree.parse(tmp_path / "mine.xspf").getroot()
    space = {"x": "http://xspf.org/ns/0/"}
    assert root.get("version") == "1"
    first = root.find("x:trackList/x:track", space)
    assert first.findtext("x:location", None, space) == "music%20%26%20more/one.flac"
    assert first.findtext("x:duration", None, space) == "61500"
    write_playlist(tmp_path / "mine.jspf", entries)
    track = json.loads((tmp_path / "mine.jspf").read_text("utf-8"))["playlist"]["track"][0]
    assert track["location"] == ["music%20%26%20more/one.flac"]
    assert track["extension"][EXTENSION][0]["valence"] == 0.25


def test_a_folder_of_copies_in_order(entries, tmp_path):
    gone = Entry(tmp_path / "gone.mp3", "Gone")
    problems = write_folder(tmp_path / "out", [*entries, gone], "Evening")
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names[0].startswith("01 - A - One")
    assert names[1] == "02 - 月光.mp3"
    assert "gone.mp3" in problems[0]
    back = import_playlist(tmp_path / "out" / "Evening.m3u8")
    assert back.missing == ()
    assert [entry.path.read_bytes() for entry in back.entries] == [entry.path.read_bytes() for entry in entries]
    with pytest.raises(JobError, match="other things"):
        write_folder(tmp_path / "out", entries)


def test_a_track_that_may_not_be_read_does_not_keep_the_others_from_being_copied(entries, tmp_path, monkeypatch):
    open_, locked = Path.open, entries[1].path

    def refusing(self, *arguments, **named):
        if self == locked:
            raise PermissionError(13, "Permission denied", str(self))
        return open_(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refusing)
    (problem,) = write_folder(tmp_path / "out", entries)
    assert "Permission denied" in problem
    assert len(import_playlist(tmp_path / "out" / "out.m3u8").entries) == 2


def test_long_names_of_copies_are_cut_where_file_systems_cut_them(entries, tmp_path):
    assert write_folder(tmp_path / "out", [replace(entries[0], title="月" * 200)]) == []
    assert import_playlist(tmp_path / "out" / "out.m3u8").missing == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("long.m3u8", f"{'a' * 300}.mp3\n"),
        ("numbers.jspf", '{"playlist": {"track": [{"location": ["a.mp3"], "duration": 1%s}]}}' % ("0" * 400)),
        ("halves.jspf", '{"playlist": {"track": [{"location": ["a.mp3"], "title": "\\ud800"}]}}'),
    ],
)
def test_names_and_numbers_that_are_none_do_no_harm(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    found = import_playlist(tmp_path / name)
    assert len(found.missing) == 1
    write_playlist(tmp_path / "out.m3u8", found.entries)


def test_missing_files_stay_in_the_list_and_are_counted(tmp_path):
    file = tmp_path / "many.m3u8"
    file.write_text("\n".join(f"nowhere/{i}.mp3" for i in range(10_000)))
    found = import_playlist(file)
    assert (len(found.entries), len(found.missing)) == (10_000, 10_000)
    assert "10,000 of 10,000" in found.notices[0]
    assert len(found.notices[0]) < 1000


def test_tracks_outside_the_lists_folder_are_pointed_out(tmp_path):
    (tmp_path / "lists").mkdir()
    file = tmp_path / "lists" / "a.m3u8"
    file.write_text("../../etc/passwd\n/etc/hostname\n")
    assert "outside its folder" in import_playlist(file).notices[-1]


def test_addresses_on_the_net_are_left_out(tmp_path):
    file = tmp_path / "a.m3u8"
    file.write_text("https://example.org/a.mp3\nb.mp3\n")
    found = import_playlist(file)
    assert len(found.entries) == 1
    assert "line 1" in found.problems[0]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.xspf", '<!DOCTYPE p [<!ENTITY a "b">]><playlist>&a;</playlist>', "entities"),
        ("a.xspf", "<playlist", "no XSPF"),
        ("a.jspf", "{}", "no JSPF"),
        ("a.jspf", '{"playlist": {"track": [{"location": [5]}, 3]}}', "names no file"),
        ("a.csv", "name\nx\n", "no column named file"),
        ("a.m3u8", "#EXTM3U\n", "no track"),
        ("a.pls", "x", "are read from"),
    ],
)
def test_what_is_no_playlist_is_named_with_the_cause(tmp_path, name, text, why):
    (tmp_path / name).write_text(text)
    with pytest.raises(JobError, match=why) as caught:
        import_playlist(tmp_path / name)
    assert name in caught.value.message


def test_other_endings_are_not_written(tmp_path, entries):
    with pytest.raises(JobError, match="endings"):
        write_playlist(tmp_path / "a.wpl", entries)


def test_windows_paths_and_old_encodings_are_understood(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "é.mp3").write_bytes(b"x")
    (tmp_path / "old.m3u").write_bytes("#EXTINF:10,É - è\nsub\\é.mp3\n".encode("latin-1"))
    assert import_playlist(tmp_path / "old.m3u").missing == ()
