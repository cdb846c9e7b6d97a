"""The Makefile and its scripts: what would be done, and what is said when something is missing."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the stand-ins are for Linux")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the Makefile reads, with a virtual environment already set up, as after a first run."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    os.utime(tmp_path / "pyproject.toml", (1, 1))
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    for file in (python, *(tmp_path / ".venv" / f".{kind}-stamp" for kind in ("run", "dev", "package"))):
        file.touch()
    return tmp_path


def would_run(checkout: Path, *words: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "TORCH_INDEX"))}
    done = subprocess.run(
        ["make", "-n", *words], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("target", ["run", "test", "bench", "package", "lint"])
def test_nothing_is_installed_again_when_nothing_changed(checkout, target):
    assert "pip install" not in would_run(checkout, target)


@pytest.mark.parametrize(
    ("target", "extras"), [("run", "-e ."), ("test", '-e ".[dev]"'), ("package", '-e ".[package]"')]
)
def test_changed_requirements_are_installed(checkout, target, extras):
    os.utime(checkout / "pyproject.toml")
    for stamp in (checkout / ".venv").glob(".*-stamp"):
        os.utime(stamp, (1, 1))
    assert f"{extras}\n" in would_run(checkout, target)


def test_a_bare_checkout_makes_its_environment_first(checkout):
    shutil.rmtree(checkout / ".venv")
    plan = would_run(checkout, "run")
    assert plan.index("find_python.sh") < plan.index("-m venv .venv") < plan.index("pip install")
    assert plan.index("pip install") < plan.index("analyse resources/demo --out report --figures")


def test_another_place_for_torch_reaches_pip(checkout):
    (checkout / ".venv" / ".run-stamp").unlink()
    plan = would_run(checkout, "run", "TORCH_INDEX=https://example.org/cpu")
    assert re.search(r"--index-url https://example\.org/cpu torch==\d\S+ && .*pip install .*-e \.", plan)


def test_the_tests_check_style_types_imports_start_and_coverage(checkout):
    plan = would_run(checkout, "test")
    for part in ("ruff check", "ruff format --check", "mypy", "lint-imports", "smoke_test.py", "pytest --cov"):
        assert part in plan
    assert "--fail-under=85" in plan


def stand_in(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def see_to_libraries(folder: Path, user: int, present: str = "", apt: str = "exit 0") -> tuple[str, str]:
    """Run system_packages.sh with stand-ins; what it said and what was asked of apt-get."""
    stand_in(folder, "id", f"echo {user}")
    stand_in(folder, "ldconfig", f"printf '%s\\n' {present or '-'}")
    stand_in(folder, "find", "echo /usr/share/fonts/wqy-microhei.ttc")
    stand_in(folder, "apt-get", f'echo "$@" >> {folder}/asked; {apt}')
    stand_in(folder, "sudo", f"touch {folder}/sudo-was-called")
    done = subprocess.run(
        ["sh", str(ROOT / "packaging" / "system_packages.sh")],
        env={"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert not (folder / "sudo-was-called").exists()
    asked = folder / "asked"
    return done.stdout + done.stderr, asked.read_text() if asked.exists() else ""


def test_a_user_is_told_what_to_paste(tmp_path):
    said, asked = see_to_libraries(tmp_path, user=1000)
    paste = next(row for row in said.splitlines() if "apt-get install" in row)
    for package in ("libegl1", "libpulse0", "libxcb-cursor0", "libxkbcommon-x11-0"):
        assert package in paste.split()
    assert "fonts-wqy-microhei" not in said
    assert not asked


def test_root_gets_them_installed_without_recommends(tmp_path):
    _, asked = see_to_libraries(tmp_path, user=0)
    update, install = asked.splitlines()
    assert update.startswith("update")
    assert {"install", "--no-install-recommends", "libegl1", "libxrandr2"} <= set(install.split())


def test_root_without_a_network_goes_on_and_says_what_is_missing(tmp_path):
    said, _ = see_to_libraries(tmp_path, user=0, apt="exit 100")
    assert "going on" in said
    assert "libegl1" in said


def test_only_what_is_missing_is_named(tmp_path):
    script = (ROOT / "packaging" / "system_packages.sh").read_text()
    sonames = [row.split()[0] for row in script.splitlines() if row.startswith("lib")]
    assert len(sonames) == 13
    everything_but_pulse = " ".join(f"'{name} (libc6) => x'" for name in sonames if "pulse" not in name)
    said, _ = see_to_libraries(tmp_path, user=1000, present=everything_but_pulse)
    assert said.splitlines()[-1].split()[-1] == "libpulse0"
    complete = " ".join(f"'{name} (libc6) => x'" for name in sonames)
    assert see_to_libraries(tmp_path, user=1000, present=complete)[0] == ""


def find_python(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ROOT / "packaging" / "find_python.sh")],
        env={"PATH": f"{folder}:/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_is_new_enough_is_found(tmp_path):
    stand_in(tmp_path, "python3.12", f'exec "{sys.executable}" "$@"')
    stand_in(tmp_path, "python3.13", "exit 1")
    done = find_python(tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "python3.12"))


def test_an_old_python_is_refused_in_words(tmp_path):
    stand_in(tmp_path, "old", 'case "$2" in *platform*) echo 3.9.2;; *) exit 1;; esac')
    done = find_python(tmp_path, PYTHON=str(tmp_path / "old"))
    assert done.returncode == 1
    assert not done.stdout
    assert "Python 3.11 or later" in done.stderr
    assert "3.9.2" in done.stderr


@pytest.mark.parametrize("script", [".ci/run", "packaging/linux/make_tar.sh", "packaging/linux/install.sh"])
def test_scripts_can_be_started_and_parsed(script):
    file = ROOT / script
    assert os.access(file, os.X_OK)
    shell = "bash" if "bash" in file.read_text().splitlines()[0] else "sh"
    assert subprocess.run([shell, "-n", str(file)], check=False).returncode == 0


def test_the_installer_links_the_program_and_its_menu_entry(tmp_path):
    program = tmp_path / "unpacked here"
    program.mkdir()
    for name in ("affekt.desktop", "install.sh"):
        shutil.copy(ROOT / "packaging" / "linux" / name, program / name)
    stand_in(program, "affekt", "echo affekt")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "user")}
    subprocess.run(["sh", str(program / "install.sh")], env=environment, check=True, capture_output=True)
    link = tmp_path / "user" / ".local" / "bin" / "affekt"
    assert link.resolve() == program / "affekt"
    entry = (tmp_path / "user" / ".local" / "share" / "applications" / "affekt.desktop").read_text()
    assert f'Exec="{program}/affekt" window %F' in entry
