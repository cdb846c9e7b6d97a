from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.data import render
from models.data.labelled import GEMS, LabelledClip, read_labelled_folder
from models.data.prepare import Step, prepare
from models.data.readers import MIDI_SETS, READERS, Notice
from models.data.render import RenderOptions
from models.data.traces import read_trace
from models.errors import JobError
from tests import corpus, midi


def done(events: Iterable[Step | Notice]) -> list[Notice]:
    """Run a preparation to its end, see that its steps count up to the total, and give its notices."""
    seen = list(events)
    steps = [event for event in seen if isinstance(event, Step)]
    assert [step.done for step in steps] == list(range(1, len(steps) + 1))
    assert {step.total for step in steps} == {len(steps)}
    return [event for event in seen if isinstance(event, Notice)]


def by_stem(folder: Path) -> dict[str, LabelledClip]:
    return {clip.path.stem: clip for clip in read_labelled_folder(folder)}


@pytest.fixture
def synth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fluidsynth of sines in the path, with its SoundFont installed."""
    monkeypatch.setenv("PATH", str(midi.fluidsynth(tmp_path / "bin").parent))
    monkeypatch.setattr(render, "SOUNDFONTS", (midi.soundfont(tmp_path / "default.sf2"),))


# Recordings ----------------------------------------------------------------------------------------------------------


def _four_quadrants(folder: Path) -> Path:
    rows = [
        "file,quadrant,artist,title,genres,moods",
        'a.wav,Q1,Nina Simone ,x,"Jazz, Pop/Rock",Calm',
        "b.wav,Q3,nina simone,x,,",
        "c.wav,Q2,,x,,",
    ]
    for i, name in enumerate("abc"):
        corpus.write(folder / "audio" / f"{name}.wav", corpus.melody(0.5, i))
    (folder / "clips.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_4qaed_is_copied_and_grouped_by_artist(tmp_path: Path) -> None:
    source, made = _four_quadrants(tmp_path / "src"), tmp_path / "made"
    assert done(prepare("4qaed", source, made)) == []
    clips = by_stem(made)
    assert {name: (c.quadrant, c.group) for name, c in clips.items()} == {
        "a": (0, "nina simone"), "b": (2, "nina simone"), "c": (1, "c.wav"),
    }  # fmt: skip
    assert clips["a"].tags == {"genre: Jazz", "genre: Pop/Rock", "mood: Calm"}
    assert clips["b"].path.read_bytes() == (source / "audio" / "b.wav").read_bytes()


def test_one_bad_recording_or_row_does_not_stop_the_rest(tmp_path: Path) -> None:
    source, made = _four_quadrants(tmp_path / "src"), tmp_path / "made"
    corpus.truncated_flac_header(source / "audio").rename(source / "audio" / "a.wav")
    with (source / "clips.csv").open("a", encoding="utf-8") as stream:
        stream.write("\ngone.wav,Q1,x,x,,\nb.wav,Q9,x,x,,\nb.wav,Q1,x,x,,\n")
    notices = done(prepare("4qaed", source, made))
    assert [notice.left_out for notice in notices] == [1, 1, 1, 1]
    said = "\n".join(notice.message for notice in notices)
    for word in ("a.wav", "gone.wav", "clips.csv, row 6: the quadrant is 'Q9'", "b.wav is named a second time"):
        assert word in said
    assert list(by_stem(made)) == ["b", "c"]
    assert sorted(p.name for p in (made / "audio").iterdir()) == ["b.wav", "c.wav"]


def test_where_nothing_can_be_read_no_table_is_written(tmp_path: Path) -> None:
    source = _four_quadrants(tmp_path / "src")
    shutil.rmtree(source / "audio")
    with pytest.raises(JobError, match="no recording that could be prepared"):
        list(prepare("4qaed", source, tmp_path / "made"))
    assert not (tmp_path / "made" / "labels.csv").exists()


def test_what_a_recording_lacks_is_said_but_it_is_taken(tmp_path: Path) -> None:
    source = _four_quadrants(tmp_path / "src")
    corpus.truncated_wav(source / "audio").rename(source / "audio" / "a.wav")
    (notice,) = done(prepare("4qaed", source, tmp_path / "made"))
    assert notice.left_out == 0
    assert "a.wav" in notice.message
    assert "a" in by_stem(tmp_path / "made")


def test_an_interrupted_copy_is_not_taken_for_the_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, made = _four_quadrants(tmp_path / "src"), tmp_path / "made"

    def half(a: Path, b: Path) -> None:
        Path(b).write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", half)
        with pytest.raises(KeyboardInterrupt):
            list(prepare("4qaed", source, made))
    assert done(prepare("4qaed", source, made)) == []
    for name in "abc":
        assert (made / "audio" / f"{name}.wav").read_bytes() == (source / "audio" / f"{name}.wav").read_bytes()


def test_emotify_gives_profiles_and_a_group_per_track(tmp_path: Path) -> None:
    source = tmp_path / "src"
    for name in ("rock_001.wav", "pop_002.wav"):
        corpus.write(source / "audio" / name, corpus.melody(0.5))
    rows = [
        "file,genre,raters," + ",".join(reversed(GEMS)),
        "rock_001.wav,rock,20,.9,.8,.7,.6,.5,.4,.3,.2,.1",
        "pop_002.wav,pop,20,0,0,0,0,0,0,0,0,",
    ]
    (source / "clips.csv").write_text("\n".join(rows), encoding="utf-8")
    (notice,) = done(prepare("emotify", source, tmp_path / "made"))
    assert "row 3" in notice.message
    (clip,) = read_labelled_folder(tmp_path / "made")
    assert clip.gems == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # by name, not by place
    assert (clip.quadrant, clip.valence, clip.group) == (None, None, "rock_001")


# Scores --------------------------------------------------------------------------------------------------------------


def _emopia(folder: Path) -> Path:
    rows = ["midi,quadrant,song,split", "Q1_x_0.mid,Q1,x,train", "Q3_x_1.mid,Q3,x,train", "Q4_y_0.mid,Q4,y,val"]
    for name in ("Q1_x_0", "Q3_x_1", "Q4_y_0"):
        midi.tune(folder / "midi" / f"{name}.mid")
    (folder / "clips.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.mark.usefixtures("synth")
def test_emopia_is_rendered_and_grouped_by_song(tmp_path: Path) -> None:
    source, made = _emopia(tmp_path / "src"), tmp_path / "made"
    assert done(prepare("emopia", source, made)) == []
    assert {name: (c.quadrant, c.group, c.split, c.path.suffix) for name, c in by_stem(made).items()} == {
        "Q1_x_0": (0, "x", "train", ".flac"),
        "Q3_x_1": (2, "x", "train", ".flac"),
        "Q4_y_0": (3, "y", "val", ".flac"),
    }


@pytest.mark.usefixtures("synth")
def test_a_score_that_cannot_be_played_is_left_out(tmp_path: Path) -> None:
    source = _emopia(tmp_path / "src")
    (source / "midi" / "Q1_x_0.mid").write_bytes(b"no score")
    (source / "midi" / "Q3_x_1.mid").unlink()
    notices = done(prepare("emopia", source, tmp_path / "made"))
    assert sorted((Path(n.message.split()[0]).name, n.left_out) for n in notices) == [
        ("Q1_x_0.mid", 1),
        ("Q3_x_1.mid", 1),
    ]
    assert list(by_stem(tmp_path / "made")) == ["Q4_y_0"]


@pytest.mark.usefixtures("synth")
def test_several_renderings_share_labels_group_and_trace_but_not_the_sound(tmp_path: Path) -> None:
    source, made = _vgmidi(tmp_path / "src"), tmp_path / "made"
    options = RenderOptions(("piano", "strings", "koto"), renderings=2, seed=1)
    assert done(prepare("vgmidi", source, made, options)) == []
    clips = read_labelled_folder(made)
    assert len(clips) == 8
    pairs: dict[str, list[LabelledClip]] = {}
    for clip in clips:
        pairs.setdefault(clip.path.stem.split(".")[0], []).append(clip)
    assert set(pairs) == {"zelda_1", "zelda_2", "other_1", "other_2"}
    for a, b in pairs.values():
        assert (a.quadrant, a.valence, a.arousal, a.group) == (b.quadrant, b.valence, b.arousal, b.group)
        assert a.trace is not None
        assert b.trace is not None
        assert a.trace.read_bytes() == b.trace.read_bytes()
        assert not np.array_equal(soundfile.read(a.path)[0], soundfile.read(b.path)[0])


@pytest.mark.usefixtures("synth")
def test_another_way_to_render_does_not_take_the_files_of_the_first(tmp_path: Path) -> None:
    source, made = _emopia(tmp_path / "src"), tmp_path / "made"
    done(prepare("emopia", source, made))
    done(prepare("emopia", source, made, RenderOptions(("harp",))))
    assert sorted(by_stem(made)) == ["Q1_x_0.harp", "Q3_x_1.harp", "Q4_y_0.harp"]


@pytest.mark.usefixtures("synth")
def test_what_was_rendered_is_kept(tmp_path: Path) -> None:
    source, made = _emopia(tmp_path / "src"), tmp_path / "made"
    list(prepare("emopia", source, made))
    corpus.write(made / "audio" / "Q4_y_0.flac", np.full(99, 0.25))
    kept = (made / "audio" / "Q4_y_0.flac").read_bytes()
    list(prepare("emopia", source, made))
    assert (made / "audio" / "Q4_y_0.flac").read_bytes() == kept


@pytest.mark.usefixtures("synth")
def test_memomusic_is_grouped_by_piece(tmp_path: Path) -> None:
    source = tmp_path / "src"
    midi.tune(source / "midi" / "Pop_1.mid")
    midi.tune(source / "midi" / "Yanni_2.mid")
    rows = [
        "midi,title,category,valence,arousal,duration_s",
        "Pop_1.mid,A,Pop,0.6,-0.4,9",
        "Yanni_2.mid,B,Yanni,-0.2,0.2,9",
    ]
    (source / "pieces.csv").write_text("\n".join(rows), encoding="utf-8")
    assert done(prepare("memomusic", source, tmp_path / "made")) == []
    assert {n: (c.quadrant, c.valence, c.arousal, c.group) for n, c in by_stem(tmp_path / "made").items()} == {
        "Pop_1": (3, 0.6, -0.4, "Pop_1"),
        "Yanni_2": (1, -0.2, 0.2, "Yanni_2"),
    }


def _vgmidi(folder: Path) -> Path:
    entries = {}
    for name, series in (("zelda_1", "Zelda"), ("zelda_2", "Zelda"), ("other_1", "Other"), ("other_2", "Other")):
        midi.tune(folder / "midi" / f"{name}.mid")
        entries[f"{name}.mid"] = {
            "series": series,
            "duration_s": 3.2,
            "measures": 4,
            "valence": [[-1, 0, 0.5, 1], [0, 0, 0.5, 1]],
            "arousal": [[-0.5, -0.5, -0.5, -0.5], [-0.5, -0.5, -0.5, 0.5]],
        }
    (folder / "annotations.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


@pytest.mark.usefixtures("synth")
def test_vgmidi_gives_means_and_traces_grouped_by_series_but_other_by_piece(tmp_path: Path) -> None:
    source, made = _vgmidi(tmp_path / "src"), tmp_path / "made"
    assert done(prepare("vgmidi", source, made)) == []
    clips = by_stem(made)
    assert clips["zelda_1"].group == clips["zelda_2"].group == "Zelda"
    assert clips["other_1"].group != clips["other_2"].group
    clip = clips["zelda_1"]
    assert (clip.valence, clip.arousal, clip.quadrant) == (0.25, -0.375, 3)
    assert clip.trace is not None
    trace = read_trace(clip.trace)
    assert trace.times_s.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    # parts of 0.8 s: value i stands from 0.8 i to 0.8 (i + 1)
    assert trace.valence.tolist() == [-0.5, -0.5, 0, 0, 0.5, 1, 1]
    assert trace.arousal.tolist() == [-0.5, -0.5, -0.5, -0.5, -0.5, 0, 0]


@pytest.mark.usefixtures("synth")
@pytest.mark.parametrize(
    "change",
    [{"valence": [[0, 0, 0, 2]]}, {"valence": []}, {"valence": [[0, 1], [0]]}, {"duration_s": 0}, {"series": None},
     {"valence": [[None, 0, 0, 0]]}, {"arousal": [[0, 0]]}],
)  # fmt: skip
def test_a_vgmidi_piece_with_odd_ratings_is_named_and_left_out(tmp_path: Path, change: dict[str, object]) -> None:
    source = _vgmidi(tmp_path / "src")
    table = json.loads((source / "annotations.json").read_text(encoding="utf-8"))
    table["zelda_2.mid"] |= change
    if change == {"series": None}:
        del table["zelda_2.mid"]["series"]
    (source / "annotations.json").write_text(json.dumps(table), encoding="utf-8")
    (notice,) = done(prepare("vgmidi", source, tmp_path / "made"))
    assert "zelda_2.mid" in notice.message
    assert notice.left_out == 1
    assert set(by_stem(tmp_path / "made")) == {"zelda_1", "other_1", "other_2"}


@pytest.mark.usefixtures("synth")
def test_a_gap_of_one_rater_does_not_count(tmp_path: Path) -> None:
    source = _vgmidi(tmp_path / "src")
    table = json.loads((source / "annotations.json").read_text(encoding="utf-8"))
    table["zelda_2.mid"]["valence"][0][0] = None
    (source / "annotations.json").write_text(json.dumps(table), encoding="utf-8")
    assert done(prepare("vgmidi", source, tmp_path / "made")) == []
    assert by_stem(tmp_path / "made")["zelda_2"].valence == 0.375


# Wrong folders and means ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("synth")
@pytest.mark.parametrize("name", sorted(READERS))
def test_a_folder_that_is_not_the_data_sets_is_refused(tmp_path: Path, name: str) -> None:
    made = tmp_path / "made"
    with pytest.raises(JobError, match="Is this the data set's folder"):
        list(prepare(name, tmp_path / "nowhere", made))
    for file in ("clips.csv", "pieces.csv", "annotations.json", "static_annotations.csv"):
        (tmp_path / file).write_text("title,year\nx,1999\n", encoding="utf-8")
    with pytest.raises(JobError, match=r"Is this the data set's folder|cannot be read as JSON"):
        list(prepare(name, tmp_path, made))
    assert not made.exists()


@pytest.mark.parametrize("name", MIDI_SETS)
def test_what_rendering_needs_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JobError, match="apt-get install"):
        list(prepare(name, tmp_path, tmp_path / "made"))
    monkeypatch.setenv("PATH", str(midi.fluidsynth(tmp_path / "bin").parent))
    monkeypatch.setattr(render, "SOUNDFONTS", ())
    with pytest.raises(JobError, match="fluid-soundfont-gm"):
        list(prepare(name, tmp_path, tmp_path / "made"))
    assert not (tmp_path / "made").exists()


def test_recordings_are_not_rendered(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="nothing to render"):
        list(prepare("4qaed", _four_quadrants(tmp_path / "src"), tmp_path / "made", RenderOptions(("koto",))))
