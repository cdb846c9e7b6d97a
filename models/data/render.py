"""Render MIDI to audio with fluidsynth, so that piano rolls can be heard by an audio model."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.data.ensembles import ENSEMBLES, PIANO, arranged
from models.errors import JobError

SOUNDFONTS = (
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    Path("/usr/share/sounds/sf2/default-GM.sf2"),
)
GAIN = 0.6
#: fluidsynth clips at full scale; what reaches it is rendered again at this share of the gain.
_SOFTER = 0.5
_CLIPPED = 0.999
#: A rendering below this peak (-80 dB) holds no music.
_SILENT = 1e-4


@dataclass(frozen=True)
class Rendering:
    """One way to render a piece: an ensemble of `ENSEMBLES` and a SoundFont; `suffix` tells its files apart."""

    ensemble: str
    soundfont: Path
    suffix: str = ""


@dataclass(frozen=True)
class RenderOptions:
    """How the pieces of a data set are rendered.

    Attributes
    ----------
    ensembles : tuple of str
        Names of `ENSEMBLES` to choose from.
    soundfonts : tuple of Path
        SoundFonts to choose from; none stands for the one that is installed.
    renderings : int
        How many different renderings each piece gets, 1 or more.
    seed : int
        Of the choice. It depends on a piece's name besides, never on the other pieces.
    """

    ensembles: tuple[str, ...] = (PIANO,)
    soundfonts: tuple[Path, ...] = ()
    renderings: int = 1
    seed: int = 0

    def ways(self) -> list[Rendering]:
        """All that can be chosen from.

        Raises
        ------
        JobError
            "not_found" when a SoundFont is missing; "bad_data" for an unknown ensemble, two SoundFonts of one name, or
            more renderings than there are ways.
        """
        unknown = [name for name in self.ensembles if name not in ENSEMBLES]
        if unknown:
            raise JobError("bad_data", f"There is no ensemble {unknown[0]!r}; there are {', '.join(ENSEMBLES)}.")
        stems = [path.stem for path in self.soundfonts]
        if len(set(stems)) < len(stems):
            raise JobError("bad_data", "Two SoundFonts of one name cannot be told apart: rename one.")
        for path in self.soundfonts:
            _check_soundfont(path)
        ways = []
        for soundfont in self.soundfonts or (find_soundfont(),):
            of_font = f".{soundfont.stem}" if self.soundfonts else ""
            for name in dict.fromkeys(self.ensembles):
                suffix = f".{name}{of_font}" if of_font or name != PIANO else ""
                ways.append(Rendering(name, soundfont, suffix))
        if not 1 <= self.renderings <= len(ways):
            raise JobError(
                "bad_data",
                f"{self.renderings} different renderings of each piece are asked for, but with these ensembles and "
                f"SoundFonts there can be 1 to {len(ways)}.",
            )
        return ways

    def choose(self, ways: list[Rendering], name: str) -> list[Rendering]:
        """Draw the renderings of the piece called `name`."""
        rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        return [ways[i] for i in rng.permutation(len(ways))[: self.renderings]]


def _check_soundfont(path: Path) -> None:
    """Refuse what is no SoundFont: fluidsynth would play another one instead, and not say so."""
    try:
        with path.open("rb") as stream:
            head = stream.read(12)
    except OSError as error:
        raise JobError("not_found", f"{path} cannot be read: {error.strerror}.") from None
    if head[:4] != b"RIFF" or head[8:] not in {b"sfbk", b"DLS "}:
        raise JobError("bad_data", f"{path} is no SoundFont: choose an .sf2 or .sf3 file.")


def find_soundfont() -> Path:
    """Return the first General MIDI SoundFont found on this machine."""
    for path in SOUNDFONTS:
        if path.is_file():
            return path
    raise JobError(
        "not_found",
        "Rendering MIDI needs a SoundFont: apt-get install --no-install-recommends fluid-soundfont-gm "
        "(or name one with --soundfont).",
    )


def find_fluidsynth() -> str:
    """Return the path of the program fluidsynth."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise JobError(
            "not_found", "Rendering MIDI needs fluidsynth: apt-get install --no-install-recommends fluidsynth"
        )
    return program


def render_midi(midi: Path, destination: Path, rendering: Rendering, rate_hz: int = 22_050) -> None:
    """Render one MIDI file to a mono FLAC at `rate_hz`.

    Raises
    ------
    JobError
        "not_found" when fluidsynth or the file is missing, "damaged" when nothing can be heard of it.
    """
    import soundfile

    try:
        score = midi.read_bytes()
    except OSError as error:
        raise JobError("not_found", f"{midi} cannot be read: {error.strerror}.") from None
    if not score.startswith(b"MThd"):
        raise JobError("damaged", f"{midi} is no MIDI file.")
    with tempfile.TemporaryDirectory() as folder:
        if rendering.ensemble != PIANO:
            score_file = Path(folder) / "arranged.mid"
            try:
                score_file.write_bytes(arranged(score, ENSEMBLES[rendering.ensemble]))
            except ValueError as error:
                raise JobError("damaged", f"{midi} cannot be read as MIDI: {error}.") from None
        else:
            score_file = midi
        wave = Path(folder) / "rendered.wav"
        gain = GAIN
        while True:
            # Samples are loaded as they are played: the sound is the same, without 140 MB of memory for each file.
            words = ["-ni", "-q", "-o", "synth.dynamic-sample-loading=1", "-g", str(gain), "-r", str(rate_hz), "-F"]
            done = subprocess.run(
                [find_fluidsynth(), *words, str(wave), str(rendering.soundfont), str(score_file)],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode != 0 or not wave.is_file():
                raise JobError("damaged", f"{midi} could not be rendered.", done.stderr.strip()[:200])
            y, rate = soundfile.read(wave, dtype="float32", always_2d=True)
            peak = float(np.abs(y).max(initial=0.0))
            if peak < _CLIPPED or rendering.ensemble == PIANO:
                break
            gain *= _SOFTER
    if peak < _SILENT:
        raise JobError(
            "damaged",
            f"{midi} was rendered to silence: it is damaged, or holds no notes that can be played.",
            done.stderr.strip()[:200],
        )
    part = destination.with_name(destination.name + ".part")
    soundfile.write(part, y.mean(axis=1), rate, format="FLAC", subtype="PCM_16")
    part.replace(destination)
