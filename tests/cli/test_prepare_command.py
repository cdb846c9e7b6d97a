from __future__ import annotations

from pathlib import Path

import pytest

from app.__main__ import main
from models.data import prepare, render
from models.data.labelled import read_labelled_folder
from models.data.render import Rendering
from tests import corpus, midi

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    source = tmp_path / "src"
    for name in ("a", "b"):
        corpus.write(source / "audio" / f"{name}.wav", corpus.melody(0.5))
    (source / "clips.csv").write_text("file,quadrant,artist\na.wav,Q1,x\nb.wav,Q2,y\n", encoding="utf-8")
    return source


@pytest.fixture
def scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def short(score: Path, destination: Path, way: Rendering) -> None:
        corpus.write(destination, corpus.tone(440.0, 0.1, corpus.RATE_HZ))

    monkeypatch.setattr(prepare, "render_midi", short)
    monkeypatch.setenv("PATH", str(midi.fluidsynth(tmp_path / "bin").parent))
    monkeypatch.setattr(render, "SOUNDFONTS", (midi.soundfont(tmp_path / "default.sf2"),))
    source = tmp_path / "src"
    for i in range(12):
        midi.tune(source / "midi" / f"{i}.mid")
    rows = ["midi,title,category,valence,arousal", *(f"{i}.mid,x,Pop,0.5,0.5" for i in range(12))]
    (source / "pieces.csv").write_text("\n".join(rows), encoding="utf-8")
    return source


def test_prepare_makes_a_labelled_folder(clips: Path, tmp_path: Path, capfd: Capture) -> None:
    assert main(["prepare", "4qaed", str(clips), str(tmp_path / "made")]) == 0
    out, err = capfd.readouterr()
    assert out == f"The labelled folder is {tmp_path / 'made'}.\n"
    assert err == ""
    assert len(read_labelled_folder(tmp_path / "made")) == 2


def test_what_was_left_out_is_named_and_counted(clips: Path, tmp_path: Path, capfd: Capture) -> None:
    (clips / "audio" / "a.wav").write_bytes(b"x")
    assert main(["prepare", "4qaed", str(clips), str(tmp_path / "made")]) == 1
    out, err = capfd.readouterr()
    assert "a.wav" in err
    assert len(err.splitlines()) == 1
    assert "1 recording was left out" in out
    assert [clip.path.name for clip in read_labelled_folder(tmp_path / "made")] == ["b.wav"]


def test_prepare_says_what_is_wrong(tmp_path: Path, capfd: Capture) -> None:
    assert main(["prepare", "4qaed", str(tmp_path), str(tmp_path / "made")]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "clips.csv does not exist" in err
    assert len(err.splitlines()) == 1
    (tmp_path / "clips.csv").write_text("file,quadrant,artist\na.wav,Q1,x\n", encoding="utf-8")
    (tmp_path / "made").write_bytes(b"a file in the way")
    assert main(["prepare", "4qaed", str(tmp_path), str(tmp_path / "made")]) == 1
    err = capfd.readouterr().err
    assert "made" in err
    assert len(err.splitlines()) == 1


def test_scores_are_played_by_the_ensembles_that_were_named(scores: Path, tmp_path: Path, capfd: Capture) -> None:
    words = ["prepare", "memomusic", str(scores), str(tmp_path / "made"), "--ensemble", "koto", "--ensemble", "piano"]
    fonts = [midi.soundfont(tmp_path / f"{name}.sf2") for name in ("one", "two")]
    words += [word for font in fonts for word in ("--soundfont", str(font))]
    assert main([*words, "--seed", "3"]) == 0
    drawn = sorted(clip.path.name for clip in read_labelled_folder(tmp_path / "made"))
    assert len(drawn) == 12
    assert {name.split(".", 1)[1] for name in drawn} == {
        f"{ensemble}.{font}.flac" for ensemble in ("koto", "piano") for font in ("one", "two")
    }
    assert main([*words, "--seed", "4"]) == 0
    assert sorted(clip.path.name for clip in read_labelled_folder(tmp_path / "made")) != drawn
    assert main([*words, "--renderings", "4"]) == 0
    clips = read_labelled_folder(tmp_path / "made")
    assert len(clips) == 48
    assert len({clip.group for clip in clips}) == 12
    capfd.readouterr()
    assert main([*words, "--renderings", "5"]) == 1
    assert "1 to 4" in capfd.readouterr().err


@pytest.mark.parametrize(
    "words", [["--ensemble", "kazoos"], ["--renderings", "0"], ["--renderings", "few"], ["--seed", "x"]]
)
def test_wrong_options_exit_with_two(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["prepare", "vgmidi", "a", "b", *words])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert words[0] in err
    assert "_positive" not in err
