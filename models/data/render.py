"""Render MIDI to audio with fluidsynth, so that piano rolls can be heard by an audio model."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from models.errors import JobError

SOUNDFONTS = (
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    Path("/usr/share/sounds/sf2/default-GM.sf2"),
)
GAIN = 0.6


def find_soundfont() -> Path:
    """Return the first General MIDI SoundFont found on this machine."""
    for path in SOUNDFONTS:
        if path.is_file():
            return path
    raise JobError(
        "not_found",
        "Rendering MIDI needs a SoundFont: apt-get install --no-install-recommends fluid-soundfont-gm",
    )


def render_midi(midi: Path, destination: Path, soundfont: Path, rate_hz: int = 22_050) -> None:
    """Render one MIDI file to a mono FLAC at `rate_hz`.

    Raises
    ------
    JobError
        "not_found" when fluidsynth is missing, "damaged" when it cannot read the file.
    """
    import soundfile

    program = shutil.which("fluidsynth")
    if program is None:
        raise JobError(
            "not_found", "Rendering MIDI needs fluidsynth: apt-get install --no-install-recommends fluidsynth"
        )
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "rendered.wav"
        done = subprocess.run(
            [
                program,
                "-ni",
                "-q",
                "-g",
                str(GAIN),
                "-r",
                str(rate_hz),
                "-F",
                str(wave),
                str(soundfont),
                str(midi),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not wave.is_file():
            raise JobError("damaged", f"{midi} could not be rendered: {done.stderr.strip()[:200]}")
        y, rate = soundfile.read(wave, dtype="float32", always_2d=True)
    part = destination.with_name(destination.name + ".part")
    soundfile.write(part, y.mean(axis=1), rate, format="FLAC", subtype="PCM_16")
    part.replace(destination)
