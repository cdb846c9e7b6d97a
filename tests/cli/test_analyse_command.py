from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.__main__ import main
from models.export import analysis_json
from tests import corpus
from tests.pdf import read_pdf

SCHEMA = json.loads(Path(analysis_json.__file__).with_name("analysis.schema.json").read_text(encoding="utf-8"))
Analyse = Callable[..., tuple[int, str, str]]


@pytest.fixture
def analyse(tiny_folder: Path, capfd: pytest.CaptureFixture[str]) -> Analyse:
    """Run `affekt analyse` with the tiny model; returns exit status, standard output and standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main(["analyse", "--model", str(tiny_folder), "--device", "cpu", *map(str, words)])
        return (status, *capfd.readouterr())

    return run


def _valid(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
    Draft202012Validator(SCHEMA).validate(document)
    return document


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return corpus.write(tmp_path / "song.wav", corpus.melody(4))


def test_a_file_gives_a_short_table(analyse: Analyse, song: Path) -> None:
    status, out, err = analyse(song)
    assert status == 0
    assert err == ""
    header, row, *_ = out.splitlines()
    assert header.split() == ["file", "length", "quadrant", "valence", "arousal", "climax"]
    assert row.startswith("song.wav")
    assert "0:04" in row
    assert "Q" in row
    assert "%" in row
    assert "note: Only 4.0 s long" in out
    assert "[-1, 1]" in out
    assert "not of how a listener feels" in out


def test_ctrl_c_keeps_what_is_done(analyse: Analyse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.inference import analyse as inference

    whole = inference.analyse

    def until_c(request: Any, *rest: Any) -> Any:
        for event in whole(request, *rest):
            if request.path.name == "c.wav":
                raise KeyboardInterrupt
            yield event

    monkeypatch.setattr(inference, "analyse", until_c)
    for name in "abcd":
        corpus.write(tmp_path / f"{name}.wav", corpus.melody(1))
    status, out, err = analyse(tmp_path, "--json", "-")
    assert status == 1
    assert [Path(r["file"]).name for r in _valid(out)["results"]] == ["a.wav", "b.wav"]
    assert err == "Stopped after 2 of 4.\n"
    status, out, err = analyse(tmp_path)
    assert status == 1
    assert [line.split()[0] for line in out.splitlines() if ".wav" in line] == ["a.wav", "b.wav"]
    assert err == "Stopped after 2 of 4.\n"


def test_a_folder_is_searched_and_its_files_sorted(analyse: Analyse, tmp_path: Path) -> None:
    for name in ("b.wav", "a.wav", "deep/er/c.flac", "notes.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("no music", encoding="utf-8")
        else:
            corpus.write(tmp_path / name, corpus.melody(1, len(name)))
    status, out, _ = analyse(tmp_path, "--json", "-")
    assert status == 0
    assert [Path(r["file"]).name for r in _valid(out)["results"]] == ["a.wav", "b.wav", "c.flac"]


def test_standard_output_is_json_and_nothing_else_even_when_files_fail(
    analyse: Analyse, song: Path, tmp_path: Path
) -> None:
    status, out, err = analyse(song, corpus.text_named_wav(tmp_path), tmp_path / "gone.wav", "--json", "-")
    assert status == 1
    document = _valid(out)
    assert [r["file"] for r in document["results"]] == [str(song)]
    assert [(Path(e["file"]).name, e["kind"]) for e in document["errors"]] == [
        ("lyrics.wav", "not_audio"),
        ("gone.wav", "not_found"),
    ]
    assert document["results"][0]["model"] == {"id": "tiny", "version": "7"}
    assert "lyrics.wav" in err
    assert "gone.wav" in err
    assert "Traceback" not in err


def test_the_same_content_under_two_names_is_two_results(analyse: Analyse, song: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.wav"
    copy.write_bytes(song.read_bytes())
    status, out, _ = analyse(song, copy, song, "--json", "-")
    assert status == 0
    a, b = _valid(out)["results"]  # a file named twice is one
    assert (Path(a["file"]).name, Path(b["file"]).name) == ("song.wav", "copy.wav")
    assert a["sha256"] == b["sha256"]
    assert a["quadrants"] == b["quadrants"]


def test_nothing_but_failures_is_a_document_too(analyse: Analyse, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    status, out, err = analyse(tmp_path / "gone.wav", "--json", target)
    assert status == 1
    assert out == ""
    assert "gone.wav" in err
    document = _valid(target.read_text(encoding="utf-8"))
    assert document["results"] == []
    assert document["errors"][0]["kind"] == "not_found"


def test_a_folder_without_music_says_so(analyse: Analyse, tmp_path: Path) -> None:
    status, out, err = analyse(tmp_path, "--json", "-")
    assert status == 1
    assert _valid(out) == {"schema": "affekt.analysis/1", "results": [], "errors": []}
    assert "no audio file" in err


def test_out_gets_the_json_and_figures(
    analyse: Analyse, tmp_path: Path, recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A name that means mathematics to matplotlib, and one in Chinese and Korean.
    first = corpus.write(tmp_path / "Ke$x_{^$a.wav", corpus.melody(11))
    second = corpus.non_ascii_path(tmp_path)
    out_dir = tmp_path / "results"
    monkeypatch.setattr("models.figures.style._FONTS", ("DejaVu Sans",))  # as where no Asian font is installed
    status, out, err = analyse(first, second, "--out", out_dir, "--figures")
    assert err == ""
    assert status == 0
    assert "2 of 2 recordings" in out
    document = _valid((out_dir / "analysis.json").read_text(encoding="utf-8"))
    for result in document["results"]:
        stem = f"{Path(result['file']).stem}-{result['sha256'][:8]}"
        assert (out_dir / f"{stem}.png").read_bytes().startswith(b"\x89PNG")
        assert (out_dir / f"{stem}.pdf").read_bytes().startswith(b"%PDF")
    assert not list(out_dir.glob("*.part"))
    assert [str(w.message) for w in recwarn if "Glyph" in str(w.message)] == []


def test_each_recording_gets_a_report_on_one_page(analyse: Analyse, tmp_path: Path) -> None:
    first, second = (corpus.write(tmp_path / name, corpus.melody(12)) for name in ("a.wav", "b.wav"))
    status, out, err = analyse(first, second, "--report-page", tmp_path / "reports")
    assert (status, err) == (0, "")
    assert "a.wav" in out  # the table is there all the same
    written = sorted((tmp_path / "reports").iterdir())
    assert [path.name.rsplit("-", 2)[0] for path in written] == ["a", "b"]
    for path in written:
        pdf = read_pdf(path.read_bytes())
        assert len(pdf.pages) == 1
        assert f"analysed on {date.today().isoformat()}" in pdf.words
        assert "not of how a listener feels" in pdf.words
        assert pdf.facts == path.name[0]


def test_both_places_get_the_json_and_stdout_stays_json(analyse: Analyse, song: Path, tmp_path: Path) -> None:
    status, out, _ = analyse(song, "--json", "-", "--out", tmp_path / "o")
    assert status == 0
    assert _valid(out) == _valid((tmp_path / "o" / "analysis.json").read_text(encoding="utf-8"))


def test_a_figure_that_cannot_be_written_costs_no_result(
    analyse: Analyse, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.errors import JobError
    from models.figures import panels

    def full(*_args: Any, **_how: Any) -> None:
        raise JobError("no_space", "The figure of song.wav could not be written: disk full.")

    monkeypatch.setattr(panels, "write_figure", full)
    status, out, err = analyse(song, "--json", "-", "--figures")
    assert status == 1
    document = _valid(out)
    assert len(document["results"]) == 1
    assert document["errors"][0]["kind"] == "no_space"
    assert "figure" in err


@pytest.mark.parametrize("name", sorted(corpus.BAD))
def test_no_bad_file_gives_a_traceback_or_stops_the_rest(
    analyse: Analyse, song: Path, tmp_path: Path, name: str
) -> None:
    kind, make = corpus.BAD[name]
    bad = make(tmp_path)
    status, out, err = analyse(bad, song, "--json", "-")
    document = _valid(out)
    assert [Path(r["file"]).name for r in document["results"]] == ["song.wav"]
    assert "Traceback" not in err
    if bad.is_dir():  # a folder named like a file is searched like any folder
        assert (status, document["errors"]) == (0, [])
        return
    assert status == 1
    (error,) = document["errors"]
    # The command line also asks QtMultimedia, which finds a hundredth of a second in what is left of this one.
    assert error["kind"] == kind or (name, error["kind"]) == ("headless_mp3", "too_short")
    assert bad.name in error["message"]
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("name", sorted(set(corpus.ODD) - {"surround"}))
def test_every_odd_file_is_analysed(analyse: Analyse, tmp_path: Path, name: str) -> None:
    status, out, _ = analyse(corpus.ODD[name](tmp_path), "--json", "-")
    assert status == 0
    document = _valid(out)
    assert len(document["results"]) == 1


def test_chinese_and_korean_paths_come_through_unharmed(analyse: Analyse, tmp_path: Path) -> None:
    path = corpus.non_ascii_path(tmp_path)
    status, out, _ = analyse(path.parent, "--json", "-")
    assert status == 0
    assert _valid(out)["results"][0]["file"] == str(path)
    assert "평사낙안" in out
    _, table, _ = analyse(path)
    assert "평사낙안 平沙落雁.flac" in table


def test_a_fault_of_the_program_in_one_file_does_not_stop_the_rest(
    analyse: Analyse, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import models.inference.analyse as module

    other = corpus.write(tmp_path / "other.wav", corpus.melody(2))
    original = module.analyse

    def faulty(request: Any, *rest: Any) -> Any:
        if request.path == song:
            raise ZeroDivisionError("division by zero")
        return original(request, *rest)

    monkeypatch.setattr(module, "analyse", faulty)
    status, out, err = analyse(song, other, "--json", "-")
    assert status == 1
    document = _valid(out)
    assert [Path(r["file"]).name for r in document["results"]] == ["other.wav"]
    assert document["errors"][0]["kind"] == "internal"
    assert "song.wav" in document["errors"][0]["message"]
    assert "Traceback" not in err


def test_an_unknown_model_is_named_with_those_there_are(song: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", str(song), "--model", "nonesuch"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "nonesuch" in err
    assert "Traceback" not in err


def test_a_graphics_card_without_room_gives_way_to_the_processor(
    analyse: Analyse, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import hub

    load = hub.load_model
    asked: list[str] = []

    def full(model: str, device: str, own: Path) -> Any:
        asked.append(device)
        if len(asked) == 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return load(model, device, own)

    monkeypatch.setattr(hub, "load_model", full)
    status, out, err = analyse(song, "--device", "auto")
    assert (status, asked) == (0, ["auto", "cpu"])
    assert "song.wav" in out
    assert "no room" in err


def test_json_that_cannot_be_written_is_said_and_the_table_is_printed(analyse: Analyse, song: Path) -> None:
    status, out, err = analyse(song, "--json", song / "out.json")
    assert status == 1
    assert "could not be written" in err
    assert "song.wav" in out  # an hour's work is not thrown away


@pytest.mark.parametrize(
    "words",
    [
        ["analyse"],
        ["analyse", "a.wav", "--device", "tpu"],
        ["analyse", "a.wav", "--nonsense"],
        ["analyse", "--json"],
        ["analyse", "a.wav", "--json", "."],
        ["analyse", "a.wav", "--json", ""],
    ],
)
def test_wrong_usage_exits_with_two(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: affekt" in capfd.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
@pytest.mark.timeout(60)
def test_a_pipe_is_refused_and_not_waited_for(analyse: Analyse, song: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    status, out, err = analyse(tmp_path / "pipe.wav", song)
    assert status == 1
    assert "“pipe.wav” is not a regular file" in err
    assert "song.wav" in out


def test_no_library_is_needed_to_analyse(analyse: Analyse, song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFEKT_HOME", str(song / "impossible"))
    status, out, _ = analyse(song)
    assert status == 0
    assert "song.wav" in out


def test_a_stop_by_the_keyboard_is_no_traceback(analyse: Analyse, song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import models.inference.analyse as module

    def stopped(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "analyse", stopped)
    status, _, err = analyse(song)
    assert status == 1
    assert err.strip() == "Stopped after 0 of 1."


def test_a_progress_bar_is_shown_on_a_terminal_only(
    analyse: Analyse, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    assert analyse(song)[2] == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert "song.wav" in analyse(song)[2]


def test_layers_of_each_recording_are_written(analyse: Analyse, tmp_path: Path) -> None:
    for folder, name in (("a", "song.wav"), ("b", "song.wav")):
        (tmp_path / folder).mkdir()
        corpus.write(tmp_path / folder / name, corpus.melody(4 + (folder == "b")))
    out = tmp_path / "out"
    status, _, err = analyse(tmp_path / "a", tmp_path / "b", "--layers", "csv,jams", "--out", out)
    assert (status, err) == (0, "")
    tables = sorted(out.glob("song-*.valence.csv"))
    assert len(tables) == 2
    assert tables[0].read_text("utf-8").splitlines()[0].split(",")[:2] == ["time_s", "valence (-1..1)"]
    assert len(list(out.glob("song-*.jams"))) == 2
    spans = [file.read_text("utf-8") for file in out.glob("song-*.regions.csv")]
    assert all("\nsections,0,4,,," in text or "\nsections,0,5,,," in text for text in spans)


def test_what_was_written_is_told_with_its_folder(
    analyse: Analyse, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    status, out, _ = analyse(song, "--layers", "csv", "--report-page", tmp_path / "reports")
    assert status == 0
    assert f"{len(list(here.iterdir()))} files written to {here}." in out
    assert f"1 file written to {tmp_path / 'reports'}." in out


def test_a_folder_that_cannot_be_is_told_before_the_work(
    analyse: Analyse, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.analyse.load", lambda *_: pytest.fail("the work began"))
    for words in (("--report-page", song / "reports"), ("--figures", "--out", song)):
        status, _, err = analyse(song, *words)
        assert status == 1
        assert "cannot be written to" in err
        assert str(words[-1]) in err


def test_an_unknown_format_of_layers_is_wrong_usage(analyse: Analyse, song: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        analyse(song, "--layers", "svl,xls")
    assert caught.value.code == 2
