"""What goes into the frozen program, and the smoke test that judges it."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

import frozen_contents as contents  # noqa: E402
import smoke_test  # noqa: E402


@pytest.mark.parametrize("source", [source for source, _ in contents.DATA])
def test_all_data_exists(source):
    path = ROOT / source
    assert path.is_file() or any(path.rglob("*"))


def test_numbers_that_lie_among_the_sources_come_along():
    sources = {ROOT / source for source, _ in contents.DATA}
    numbers = [path for path in (ROOT / "models").rglob("*") if path.suffix in {".npz", ".safetensors"}]
    assert numbers
    assert [path for path in numbers if not sources & {path, *path.parents}] == []


def test_shipped_models_lie_where_the_program_looks_for_them():
    from models import hub

    targets = {ROOT / source: target for source, target in contents.DATA}
    assert targets[hub.SHIPPED] == hub.SHIPPED.relative_to(ROOT).as_posix()
    for source, target in contents.DATA:
        assert target in {".", source, Path(source).parent.as_posix()}


@pytest.mark.parametrize(
    "name",
    [
        "torch/bin/torch_shm_manager",
        "torch/testing/_internal/__init__.py",
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "PySide6/Qt/lib/libQt6Qml.so.6",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/plugins/platforms/libqwayland.so",
        "PySide6/Qt/plugins/multimedia/libffmpegmediaplugin.so",
        "PySide6\\plugins\\platforms\\qwindows.dll",
        "librosa/util/example_data/registry.txt",
        "models/audio/mel_filterbank.npz",
        "app/library/migrations/versions/v0001_first.py",
        "app/library/migrations/versions/v0002_marks.py",
    ],
)
def test_what_the_program_needs_is_kept(name):
    assert contents.keeps(name)


@pytest.mark.parametrize(
    "name",
    [
        "torch/bin/protoc",
        "torch/test/cpp/test_api",
        "PySide6/Qt/lib/libQt6Pdf.so.6",
        "PySide6/Qt6Pdf.dll",
        "PySide6/Qt/plugins/imageformats/libqpdf.so",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/platforms/libqeglfs.so",
        "PySide6/Qt/plugins/platforms/libqvnc.so",
        "PySide6/Qt/lib/libQt6VirtualKeyboard.so.6",
        "PySide6/Qt/translations/qtbase_de.qm",
        "PySide6\\translations\\qtbase_fr.qm",
    ],
)
def test_what_only_weighs_is_left_out(name):
    assert not contents.keeps(name)


def test_heavy_libraries_stay_out_until_a_file_of_ours_imports_their_user(tmp_path, monkeypatch):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_text('"""As librosa does it."""\nimport torch\n')
    monkeypatch.setattr(contents, "ROOT", tmp_path)
    assert {"numba", "scipy", "librosa", "sklearn", "pytest"} <= set(contents.excluded_modules())
    (tmp_path / "app" / "b.py").write_text("def f():\n    from captum.attr import Saliency\n")
    excluded = set(contents.excluded_modules())
    assert {"numba", "librosa", "pytest"} <= excluded
    assert not {"captum", "scipy", "sklearn"} & excluded
    (tmp_path / "app" / "c.py").write_text("    import librosa\n")
    assert not {"numba", "librosa", "llvmlite"} & set(contents.excluded_modules())


def test_packaging_is_no_package():
    # It would stand before the library of the same name.
    assert not list((ROOT / "packaging").rglob("__init__.py"))
    import packaging.version  # the library's

    assert "site-packages" in packaging.version.__file__


def stand_in_program(folder: Path, body: str) -> Path:
    """A program that answers --version and models well, and otherwise does `body`."""
    models = json.dumps([{"id": card.parent.name} for card in (ROOT / "models/shipped").glob("*/card.json")])
    file = folder / "affekt"
    file.write_text(f"#!/bin/sh\ncase $1 in --version) echo affekt 9.9;; models) echo '{models}';; *) {body};; esac\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 3", "exit status 3"),
        ("echo 'Traceback (most recent call last)' >&2", "Traceback"),
        ("echo 'qt.qpa.plugin: Could not load the Qt platform plugin \"xcb\"' >&2", "Qt platform plugin"),
        ("echo 'libpulse.so.0: cannot open shared object file' >&2", "shared object"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_the_smoke_test_fails_on(body, reason, tmp_path):
    program = stand_in_program(tmp_path, body)
    script = ROOT / "packaging" / "smoke_test.py"
    done = subprocess.run([sys.executable, script, program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert reason in done.stderr


def test_the_smoke_test_wants_whole_answers(tmp_path, monkeypatch):
    answers = {"schema": "affekt.analysis/1", "errors": [], "results": []}

    class Stub:
        def run(self, *words: str, limit_s: float = 0) -> str:
            return json.dumps(answers)

    with pytest.raises(smoke_test.SmokeError, match="results for"):
        smoke_test.check_analysis(Stub())
    pieces = json.loads((ROOT / "resources/demo/demo.json").read_text("utf-8"))["pieces"]
    answers["results"] = [
        {"file": f"/x/{piece['file']}", "quadrants": {"probabilities": [0.25] * 4}} for piece in pieces
    ]
    smoke_test.check_analysis(Stub())
    answers["results"][0]["quadrants"]["probabilities"][0] = 0.5
    with pytest.raises(smoke_test.SmokeError, match="sum to"):
        smoke_test.check_analysis(Stub())


def test_a_frozen_program_without_its_plugins_is_refused(tmp_path):
    with pytest.raises(smoke_test.SmokeError, match="missing plugins"):
        smoke_test.check_plugins(tmp_path)
    for stem in smoke_test.PLUGINS[sys.platform]:
        (tmp_path / f"{stem}.so").touch()
    smoke_test.check_plugins(tmp_path)


def test_the_tiny_training_clips_are_sound(tmp_path):
    import soundfile as sf

    smoke_test.write_tone(tmp_path / "Q1" / "0.wav", 440.0, seed=1, seconds=2.0)
    y, rate_hz = sf.read(tmp_path / "Q1" / "0.wav")
    assert (len(y), rate_hz) == (44_100, 22_050)
    assert 0.1 < abs(y).max() < 0.6
