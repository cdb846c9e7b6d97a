"""DEAM and PMEmo in the folders in which their owners hand them out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.data.labelled import LabelledClip, read_labelled_folder
from models.data.prepare import prepare
from models.data.readers import Notice
from models.data.traces import read_trace
from tests import corpus

#: Songs of the first set, and of the one with whole songs.
FIRST, LAST = list(range(2, 16)), [2001, 2002]


def _notices(name: str, source: Path, made: Path) -> list[Notice]:
    return [event for event in prepare(name, source, made) if isinstance(event, Notice)]


def _by_song(made: Path) -> dict[int, LabelledClip]:
    return {int(clip.path.stem): clip for clip in read_labelled_folder(made)}


def _write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


# DEAM ----------------------------------------------------------------------------------------------------------------

PER_SONG = Path("DEAM_Annotations") / "annotations" / "annotations averaged per song"
DYNAMIC = PER_SONG / "dynamic (per second annotations)"
STATIC = PER_SONG / "song_level"


def _truth(song: int) -> tuple[float, float]:
    """Valence and arousal of a song on 1..9, unlike each other."""
    rng = np.random.default_rng(song)
    valence, arousal = rng.integers(1, 10, 2)
    return float(valence), float(arousal)


def _deam(folder: Path, swapped: bool = False) -> Path:
    for song in [*FIRST, *LAST]:
        corpus.write(folder / "DEAM_audio" / "MEMD_audio" / f"{song}.wav", corpus.melody(0.2))
    (folder / "DEAM_audio" / "MEMD_audio" / "._2.wav").write_bytes(b"x")
    lines = ["song_id, valence_mean, valence_std, arousal_mean, arousal_std"]
    for song in FIRST:
        valence, arousal = _truth(song)[:: -1 if swapped else 1]
        lines.append(f"{song}, {valence}, 1.5, {arousal}, 1.0")
    _write(folder / STATIC / "static_annotations_averaged_songs_1_2000.csv", *lines)
    lines = ["song_id, valence_mean, valence_std, valence_ max_mean, arousal_mean, arousal_std"]
    lines += [f"{song}, {_truth(song)[0]}, 1.5, 9, {_truth(song)[1]}, 1" for song in LAST]
    _write(folder / STATIC / "static_annotations_averaged_songs_2000_2058.csv", *lines)
    for index, name in enumerate(("valence", "arousal")):
        lines = ["song_id,sample_15000ms,sample_15500ms,sample_16000ms"]
        for song in [*FIRST, *LAST]:
            mean = (_truth(song)[index] - 5) / 4
            lines.append(f"{song},{mean * 0.9},{mean},")
        _write(folder / DYNAMIC / f"{name}.csv", *lines)
    _write(
        folder / "metadata" / "metadata_2013.csv",
        "song_id,file_name,Artist,Song title,Genre",
        *(f"{song},{song}.mp3,\u00a0The  {'Odds' if song % 2 else 'Evens'} ,x,Rock" for song in FIRST[:4]),
    )
    _write(folder / "metadata" / "metadata_2014.csv", "Id,Artist,Album,Track,Genre", "6,Somebody,x,y,z,and,more,tags")
    return folder


def test_deam_is_rescaled_grouped_by_artist_and_keeps_its_course(tmp_path: Path) -> None:
    assert _notices("deam", _deam(tmp_path / "src"), tmp_path / "made") == []
    clips = _by_song(tmp_path / "made")
    assert sorted(clips) == [*FIRST, *LAST]
    for song, clip in clips.items():
        valence, arousal = ((value - 5) / 4 for value in _truth(song))
        assert (clip.valence, clip.arousal) == (valence, arousal)
        assert clip.trace is not None
        trace = read_trace(clip.trace)
        assert trace.times_s.tolist() == [15.0, 15.5]
        np.testing.assert_allclose(trace.valence, [valence * 0.9, valence], atol=1e-4)
        np.testing.assert_allclose(trace.arousal, [arousal * 0.9, arousal], atol=1e-4)
    groups = {song: clip.group for song, clip in clips.items()}
    assert groups[2] == groups[4] == "the evens"
    assert groups[3] == groups[5] == "the odds"
    assert groups[6] == "somebody"
    assert len({groups[song] for song in FIRST[5:]}) == len(FIRST[5:])


def test_swapped_labels_of_deam_are_noticed_and_put_right(tmp_path: Path) -> None:
    (notice,) = _notices("deam", _deam(tmp_path / "src", swapped=True), tmp_path / "made")
    assert "songs up to 1000 are swapped" in notice.message
    assert notice.left_out == 0
    for song, clip in _by_song(tmp_path / "made").items():
        assert (clip.valence, clip.arousal) == tuple((value - 5) / 4 for value in _truth(song))


def test_labels_of_deam_that_all_agree_are_not_called_swapped(tmp_path: Path) -> None:
    source = _deam(tmp_path / "src")
    table = source / STATIC / "static_annotations_averaged_songs_1_2000.csv"
    _write(table, "song_id, valence_mean, arousal_mean", *(f"{song},5,5" for song in FIRST))
    assert _notices("deam", source, tmp_path / "made") == []


def test_deam_without_ratings_over_time_says_what_cannot_be_checked(tmp_path: Path) -> None:
    source = _deam(tmp_path / "src")
    (source / DYNAMIC / "arousal.csv").unlink()
    (notice,) = _notices("deam", source, tmp_path / "made")
    assert "arousal.csv" in notice.message
    assert "swapped" in notice.message
    assert all(clip.trace is None for clip in _by_song(tmp_path / "made").values())


def test_what_cannot_be_read_of_deam_is_named_and_left_out(tmp_path: Path) -> None:
    source = _deam(tmp_path / "src")
    (source / "DEAM_audio" / "MEMD_audio" / "3.wav").unlink()
    (source / "DEAM_audio" / "MEMD_audio" / "4.wav").write_bytes(b"no sound")
    table = source / STATIC / "static_annotations_averaged_songs_1_2000.csv"
    table.write_text(table.read_text(encoding="utf-8") + "16, 12, 1, 5, 1\n17, , 1, 5, 1\n", encoding="utf-8")
    course = source / DYNAMIC / "valence.csv"
    course.write_text(course.read_text(encoding="utf-8").replace("\n7,", "\n7,3.5,"), encoding="utf-8")
    notices = _notices("deam", source, tmp_path / "made")
    said = "\n".join(notice.message for notice in notices)
    for word in (
        "song 3",
        "4.wav",
        "valence_mean is 12",
        "row 17: valence or arousal is missing",
        "sample_15000ms is 3.5",
    ):
        assert word in said
    assert sum(notice.left_out for notice in notices) == 4
    assert sorted(_by_song(tmp_path / "made")) == [2, *FIRST[3:], *LAST]


# PMEmo ---------------------------------------------------------------------------------------------------------------


def _pmemo(folder: Path) -> Path:
    for song in (1, 4, 5):
        corpus.write(folder / "chorus" / f"{song}.wav", corpus.melody(0.2))
    _write(folder / "annotations" / "static_annotations.csv",
           "musicId,Arousal(mean),Valence(mean)", "1,0.25,0.75", "4,0.5,1", "5,1,0")  # fmt: skip
    _write(
        folder / "annotations" / "dynamic_annotations.csv",
        "musicId,frameTime,Arousal(mean),Valence(mean)",
        "1,14.5,0.1,0.1",
        "1,15.0,0.25,0.5",
        "1,15.5,0.75,1",
        "4,15.0,0.5,2",
        "4,15.5,0.5,0",
    )
    _write(folder / "metadata.csv", "musicId,fileName,title,artists,album", "1,1.mp3,x,Adele,y", "4,4.mp3,x,adele ,z")
    (folder / "EDA").mkdir()
    (folder / "EDA" / "5_EDA.csv").write_text("time,x\n", encoding="utf-8")
    return folder


def test_pmemo_is_read_by_name_rescaled_and_starts_after_15_seconds(tmp_path: Path) -> None:
    (notice,) = _notices("pmemo", _pmemo(tmp_path / "src"), tmp_path / "made")
    assert "row 5: Valence(mean) is 2" in notice.message
    assert notice.left_out == 0
    clips = _by_song(tmp_path / "made")
    assert {song: (c.valence, c.arousal, c.quadrant) for song, c in clips.items()} == {
        1: (0.5, -0.5, 3), 4: (1.0, 0.0, 0), 5: (-1.0, 1.0, 1),
    }  # fmt: skip
    assert clips[1].group == clips[4].group == "adele"
    assert clips[5].group not in {"", "adele"}
    assert clips[1].trace is not None
    trace = read_trace(clips[1].trace)
    assert trace.times_s.tolist() == [15.0, 15.5]
    assert trace.valence.tolist() == [0.0, 1.0]
    assert trace.arousal.tolist() == [-0.5, 0.5]
    assert clips[4].trace is not None
    assert read_trace(clips[4].trace).times_s.tolist() == [15.5]
    assert clips[5].trace is None


def test_pmemo_without_its_music_or_course_or_artists(tmp_path: Path) -> None:
    source = _pmemo(tmp_path / "src")
    (source / "metadata.csv").write_bytes(b"musicId,artist\n1,\xff\n")
    (source / "annotations" / "dynamic_annotations.csv").unlink()
    (source / "chorus" / "4.wav").unlink()
    (notice,) = _notices("pmemo", source, tmp_path / "made")
    assert "song 4" in notice.message
    assert notice.left_out == 1
    assert len({clip.group for clip in _by_song(tmp_path / "made").values()}) == 2


@pytest.mark.parametrize(("name", "make"), [("deam", _deam), ("pmemo", _pmemo)])
def test_labels_without_any_music_are_refused_at_once(tmp_path: Path, name: str, make: object) -> None:
    assert callable(make)
    source = make(tmp_path / "src")
    for file in list(source.rglob("*.wav")):
        file.unlink()
    with pytest.raises(Exception, match="no recording named by a song's number"):
        _notices(name, source, tmp_path / "made")
