"""Speech by two synthesisers: espeak-ng (formants, many languages) and flite (made of recorded people)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
from domain_sounds.effects import RATE, Samples, level

#: Languages and voices of espeak-ng that the classifier learns from, and others on which it is tested.
LANGUAGES = (
    "en-us",
    "en-gb",
    "de",
    "fr-fr",
    "es",
    "it",
    "pt-br",
    "nl",
    "pl",
    "ru",
    "cmn",
    "hi",
    "ar",
    "el",
    "id",
    "sw",
)
VOICES = ("", "m1", "m2", "m3", "m4", "f1", "f2", "f3", "klatt", "klatt3", "Andy", "Annie", "edward", "grandma")
UNHEARD_LANGUAGES = ("ja", "tr", "fi", "hu", "vi", "ko", "cs", "da")
UNHEARD_VOICES = ("m6", "m7", "f4", "f5", "klatt2", "belinda", "Diogo", "linda", "max", "grandpa")
#: Voices of flite, each made of recordings of one person.
FLITE = ("kal16", "rms", "slt")
UNHEARD_FLITE = ("awb", "kal")

_COMMON = """
the of and to in that it was for on are with they be at one have this from by hot but some what there we can out
other were all your when up use word how said an each she which do their time if will way about many then them would
write like so these her long make thing see him two has look more day could go come did my sound no most number who
over know water than call first people may down side been now find weather tomorrow station minister morning
government report according yesterday market listeners welcome programme question answer remember
"""
_ENGLISH = tuple(_COMMON.split())
_ONSETS = ("", "b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "st", "tr", "kl", "sh")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "au", "ei")
_CODAS = ("", "", "", "n", "r", "s", "t", "l", "m")


def words(rng: np.random.Generator, seconds: float, *, english: bool) -> str:
    """Sentences of common English words, or of made-up ones for the other languages, to fill `seconds` and more."""
    out = []
    for _ in range(int(seconds * 5) + 5):
        if english:
            word = str(rng.choice(_ENGLISH))
        else:
            syllables = rng.integers(1, 4)
            word = "".join(str(rng.choice(part)) for _ in range(syllables) for part in (_ONSETS, _VOWELS, _CODAS))
        out.append(word + (str(rng.choice((".", ",", "?", "!"))) if rng.random() < 0.12 else ""))
    return " ".join(out)


def _spoken(command: list[str], seconds: float, rng: np.random.Generator) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "speech.wav"
        subprocess.run([part.replace("WAVE", str(wave)) for part in command], check=True, capture_output=True)
        y, rate = sf.read(wave, dtype="float32")
    y = level(soxr.resample(y, rate, RATE))
    n = int(seconds * RATE)
    begin = int(rng.integers(0, max(1, y.size - n)))
    return np.resize(y, max(n, y.size))[begin : begin + n]


def espeak(rng: np.random.Generator, seconds: float, *, unheard: bool = False) -> Samples:
    """One person by espeak-ng; `unheard` chooses among the languages and voices kept for testing."""
    language = str(rng.choice(UNHEARD_LANGUAGES if unheard else LANGUAGES))
    variant = str(rng.choice(UNHEARD_VOICES if unheard else VOICES))
    text = words(rng, seconds, english=language.startswith("en"))
    manner = ["-p", str(rng.integers(15, 90)), "-s", str(rng.integers(110, 240)), "-g", str(rng.integers(0, 8))]
    voice = language + (f"+{variant}" if variant else "")
    return _spoken(["espeak-ng", "-v", voice, *manner, "-w", "WAVE", text], seconds, rng)


def flite(rng: np.random.Generator, seconds: float, *, unheard: bool = False) -> Samples:
    """One person by flite, faster or slower, higher or lower, and larger or smaller than the one who was recorded."""
    voice = str(rng.choice(UNHEARD_FLITE if unheard else FLITE))
    text = words(rng, seconds, english=True)
    manner = ["--setf", f"duration_stretch={rng.uniform(0.8, 1.4):.2f}"]
    manner += ["--setf", f"int_f0_target_mean={rng.uniform(85, 240):.0f}"] if rng.random() < 0.5 else []
    size = rng.uniform(0.85, 1.2)
    y = _spoken(["flite", "-voice", voice, *manner, "-t", text, "WAVE"], seconds * size, rng)
    y = soxr.resample(y, RATE * size, RATE)
    n = int(seconds * RATE)
    return level(np.pad(y, (0, max(0, n - y.size)))[:n])


def speech(rng: np.random.Generator, seconds: float, *, unheard: bool = False) -> Samples:
    """One person who talks, sometimes two in turn or at once, with pauses."""
    y = espeak(rng, seconds, unheard=unheard)
    if rng.random() < 0.3:
        other = espeak(rng, seconds, unheard=unheard) * np.float32(rng.uniform(0.2, 1.0))
        if rng.random() < 0.7:  # in turn
            turn = (np.arange(y.size) / RATE / rng.uniform(1.5, 4) + rng.random()) % 2 < 1
            y = np.where(turn, y, other)
        else:
            y = y + other
    if rng.random() < 0.3:  # pauses
        begin = int(rng.integers(0, y.size))
        y = y.copy()
        y[begin : begin + int(rng.uniform(0.3, 2.0) * RATE)] = 0
    return level(y)
