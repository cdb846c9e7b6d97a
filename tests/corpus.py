"""Music-like signals, and every odd and bad file that a user may drop: made here, so that no test needs a file.

A maker takes a folder, writes one file (or folder) into it and returns its path. `BAD` lists those that must end in an
error, with the kind of that error; `ODD` those that must be analysed all the same.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Maker = Callable[[Path], Path]

RATE_HZ = 22_050
#: Semitones of the pentatonic scale above its tonic.
_PENTATONIC = (0, 2, 4, 7, 9)


# Signals -----------------------------------------------------------------------------------------------------------


def pluck(frequency_hz: float, seconds: float, rate_hz: int, brightness: float, decay_s: float) -> NDArray[np.float64]:
    """A plucked note of twelve partials, each `brightness` times what a sawtooth would have beside the one below."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    tone = np.zeros(t.size)
    for k in range(1, 13):
        if k * frequency_hz < rate_hz / 2:
            tone += brightness ** (k - 1) / k * np.sin(2 * np.pi * k * frequency_hz * t)
    attack = np.minimum(1.0, t / 0.01)
    return tone * attack * np.exp(-t / decay_s)


def tone(frequency_hz: float, seconds: float, rate_hz: int, amplitude: float = 0.5) -> Samples:
    """Return a sine that begins at zero."""
    return (amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype("f4")


def melody(seconds: float, seed: int = 0, rate_hz: int = RATE_HZ) -> Samples:
    """Plucked pentatonic notes over a drone [shape=(n,)], peak 0.5; every seed another tune."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate_hz)
    y = np.zeros(n + 3 * rate_hz)
    at_s = 0.0
    while at_s < seconds:
        octave = 12 * rng.integers(0, 2)
        frequency_hz = 220.0 * 2 ** ((rng.choice(_PENTATONIC) + octave) / 12)
        note = pluck(frequency_hz, 2.0, rate_hz, 0.6, 0.5)
        start = round(at_s * rate_hz)
        y[start : start + note.size] += rng.uniform(0.4, 1.0) * note
        at_s += rng.choice((0.25, 0.5, 0.5, 1.0))
    y[:n] += 0.2 * np.sin(2 * np.pi * 110.0 * np.arange(n) / rate_hz)
    return (0.5 * y[:n] / np.abs(y[:n]).max()).astype(np.float32)


def stationary(seconds: float) -> Samples:
    """A chord at 22,050 Hz that repeats exactly every 512 samples [shape=(n,)], peak 0.3: each hop sees the same."""
    n = round(seconds * RATE_HZ)
    t = np.arange(n) % 512 / 512
    y = np.zeros(n)
    for root in (3, 4, 5, 6):  # harmonics of 43.07 Hz: a just major chord on 129 Hz
        for k in range(1, 9):
            y += np.cos(2 * np.pi * (root * k * t + 0.37 * k * root)) / k
    return (0.3 * y / np.abs(y).max()).astype(np.float32)


def build_up(seconds: float, climax_s: float, seed: int = 0, rate_hz: int = RATE_HZ) -> Samples:
    """A piece that grows louder, higher, brighter, denser until `climax_s`, then ebbs away [shape=(n,)], peak 0.9."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate_hz)
    y = np.zeros(n + 3 * rate_hz)
    at_s = 0.0
    while at_s < seconds:
        ebb = np.exp(-(at_s - climax_s) / (0.15 * seconds))
        intensity = (at_s / climax_s) ** 2 if at_s <= climax_s else ebb
        voices = 1 + round(4 * intensity)
        for _ in range(voices):
            semitones = rng.choice(_PENTATONIC) + 12 * round(2.5 * intensity * rng.random())
            note = pluck(165.0 * 2 ** (semitones / 12), 1.5, rate_hz, 0.3 + 0.6 * intensity, 0.4)
            start = round(at_s * rate_hz)
            y[start : start + note.size] += (0.04 + intensity) * note
        if intensity > 0.3:
            burst = rng.standard_normal(rate_hz // 10) * np.exp(-np.arange(rate_hz // 10) / (0.02 * rate_hz))
            start = round(at_s * rate_hz)
            y[start : start + burst.size] += 2.0 * intensity * burst
        at_s += 0.5 - 0.35 * intensity
    return (0.9 * y[:n] / np.abs(y[:n]).max()).astype(np.float32)


# Files -------------------------------------------------------------------------------------------------------------


def write(path: Path, y: NDArray[np.floating], rate_hz: int = RATE_HZ, subtype: str | None = None) -> Path:
    """Write samples [shape=(n,) or (n, channels)] in the format that the suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, y, rate_hz, subtype=subtype)
    return path


def missing(folder: Path) -> Path:
    return folder / "gone.wav"


def empty(folder: Path) -> Path:
    path = folder / "empty.wav"
    path.write_bytes(b"")
    return path


def text_named_wav(folder: Path) -> Path:
    path = folder / "lyrics.wav"
    path.write_text("Row, row, row your boat,\ngently down the stream.\n" * 20, encoding="utf-8")
    return path


def chinese_text_named_mp3(folder: Path) -> Path:
    path = folder / "歌词.mp3"
    path.write_text("床前明月光，疑是地上霜。\n" * 30, encoding="gb18030")
    return path


def picture_named_flac(folder: Path) -> Path:
    path = folder / "cover.flac"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    return path


def random_bytes(folder: Path) -> Path:
    path = folder / "noise.mp3"
    path.write_bytes(np.random.default_rng(0).bytes(50_000))
    return path


def folder_named_wav(folder: Path) -> Path:
    path = folder / "x.wav"
    path.mkdir()
    return path


def zero_samples(folder: Path) -> Path:
    return write(folder / "zero.wav", np.zeros(0, np.float32))


def one_sample(folder: Path) -> Path:
    return write(folder / "one.wav", np.full(1, 0.5, np.float32))


def silence(folder: Path) -> Path:
    return write(folder / "silence.wav", np.zeros((3 * RATE_HZ, 2), np.float32))


def nearly_silent(folder: Path) -> Path:
    """24-bit noise at -100 dB relative to full scale, on an offset."""
    noise = np.random.default_rng(0).uniform(-1e-5, 1e-5, 3 * RATE_HZ)
    return write(folder / "hiss.wav", (0.1 + noise).astype(np.float32), subtype="PCM_24")


def cancelling_channels(folder: Path) -> Path:
    y = melody(3)
    return write(folder / "opposite.wav", np.stack((y, -y), axis=1))


def all_nan(folder: Path) -> Path:
    return write(folder / "all_nan.wav", np.full(2 * RATE_HZ, np.nan, np.float32), subtype="FLOAT")


def headless_mp3(folder: Path) -> Path:
    """An MP3 cut off after its header frame: nothing in it can be decoded."""
    whole = write(folder / "whole.mp3", melody(5)).read_bytes()
    (folder / "whole.mp3").unlink()
    path = folder / "stub.mp3"
    path.write_bytes(whole[:600])
    return path


def truncated_flac_header(folder: Path) -> Path:
    whole = write(folder / "whole.flac", melody(2)).read_bytes()
    (folder / "whole.flac").unlink()
    path = folder / "stub.flac"
    path.write_bytes(whole[:500])
    return path


def impossible_rate(folder: Path) -> Path:
    return write(folder / "rate.wav", melody(1), rate_hz=3)


def unreadable(folder: Path) -> Path:
    """A file without permission; for root and on Windows it can be read all the same."""
    path = write(folder / "secret.wav", melody(1))
    path.chmod(0)
    return path


#: Files that must end in an error: the kind of the error, and how the file is made.
BAD: dict[str, tuple[str, Maker]] = {
    "missing": ("not_found", missing),
    "empty": ("empty", empty),
    "text": ("not_audio", text_named_wav),
    "chinese_text": ("not_audio", chinese_text_named_mp3),
    "picture": ("not_audio", picture_named_flac),
    "random_bytes": ("not_audio", random_bytes),
    "folder": ("not_audio", folder_named_wav),
    "zero_samples": ("empty", zero_samples),
    "one_sample": ("too_short", one_sample),
    "silence": ("no_sound", silence),
    "nearly_silent": ("no_sound", nearly_silent),
    "cancelling_channels": ("no_sound", cancelling_channels),
    "all_nan": ("damaged", all_nan),
    "headless_mp3": ("damaged", headless_mp3),
    "truncated_flac_header": ("damaged", truncated_flac_header),
    "impossible_rate": ("damaged", impossible_rate),
}


def truncated_mp3(folder: Path, seconds: float = 20.0, keep: float = 0.4) -> Path:
    """An MP3 of which only the first part arrived."""
    whole = write(folder / "whole.mp3", melody(seconds, rate_hz=44_100), 44_100).read_bytes()
    (folder / "whole.mp3").unlink()
    path = folder / "truncated.mp3"
    path.write_bytes(whole[: round(len(whole) * keep)])
    return path


def truncated_wav(folder: Path, seconds: float = 10.0, keep: float = 0.4) -> Path:
    path = write(folder / "truncated.wav", melody(seconds))
    whole = path.read_bytes()
    path.write_bytes(whole[: round(len(whole) * keep)])
    return path


def _damaged_in_the_middle(path: Path) -> Path:
    data = bytearray(path.read_bytes())
    at = len(data) // 2
    data[at : at + 3000] = np.random.default_rng(1).bytes(3000)
    path.write_bytes(data)
    return path


def damaged_flac(folder: Path, seconds: float = 10.0) -> Path:
    """A FLAC with 3,000 wrong bytes in its middle; it holds `melody(seconds)`."""
    return _damaged_in_the_middle(write(folder / "damaged.flac", melody(seconds)))


def damaged_mp3(folder: Path, seconds: float = 10.0) -> Path:
    return _damaged_in_the_middle(write(folder / "damaged.mp3", melody(seconds, rate_hz=44_100), 44_100))


def nan_and_infinite(folder: Path) -> Path:
    """Three seconds of melody in which three samples are no numbers and one is absurd."""
    y = melody(3)
    y[[1000, 2000, 3000]] = np.nan, np.inf, -np.inf
    y[4000] = 1e30
    return write(folder / "nan.wav", y, subtype="FLOAT")


def eight_bit(folder: Path) -> Path:
    return write(folder / "eight.wav", melody(3), subtype="PCM_U8")


def surround(folder: Path, seconds: float = 3.0) -> Path:
    """24 bit, 96 kHz, 6 channels of different loudness."""
    y = melody(seconds, rate_hz=96_000)
    return write(folder / "surround.wav", y[:, None] * np.array([1, 0.8, 0.6, 0.1, 0.4, 0.3]), 96_000, subtype="PCM_24")


def half_second(folder: Path) -> Path:
    return write(folder / "half.wav", melody(0.5))


def non_ascii_path(folder: Path) -> Path:
    return write(folder / "古琴 名曲" / "평사낙안 平沙落雁.flac", melody(3))


def mp3_without_length(folder: Path, seconds: float = 20.0) -> Path:
    """An MP3 of variable bit rate without the header that states its length, its first frame among the largest."""
    rng = np.random.default_rng(0)
    loud = rng.standard_normal(2 * 44_100) * 0.2  # noise needs many bits, a soft tone few
    soft = 0.1 * np.sin(2 * np.pi * 440 * np.arange(round((seconds - 2) * 44_100)) / 44_100)
    path = folder / "radio.mp3"
    with soundfile.SoundFile(
        path, "w", 44_100, 1, format="MP3", subtype="MPEG_LAYER_III", bitrate_mode="VARIABLE", compression_level=0.5
    ) as file:
        file.write(np.concatenate((loud, soft)))
    data = path.read_bytes()
    at = max(data.find(b"Xing"), data.find(b"Info"))
    second = data.find(data[data.rfind(b"\xff\xfb", 0, at) :][:2], at)
    path.write_bytes(data[second:])
    return path


#: Files that must be analysed all the same.
ODD: dict[str, Maker] = {
    "truncated_mp3": truncated_mp3,
    "truncated_wav": truncated_wav,
    "damaged_flac": damaged_flac,
    "damaged_mp3": damaged_mp3,
    "nan_and_infinite": nan_and_infinite,
    "eight_bit": eight_bit,
    "surround": surround,
    "half_second": half_second,
    "non_ascii_path": non_ascii_path,
    "mp3_without_length": mp3_without_length,
}


def long_recording(folder: Path, seconds: float = 3600.0, rate_hz: int = 8_000) -> Path:
    """An hour of music in a few MB: one minute of soft melody over and over, at a low rate."""
    path = folder / "hour.flac"
    minute = np.rint(melody(60, rate_hz=rate_hz) * 2**13).astype(np.int16)
    with soundfile.SoundFile(path, "w", rate_hz, 1, subtype="PCM_16") as file:
        left = round(seconds * rate_hz)
        while left > 0:
            file.write(minute[:left])
            left -= minute.size
    return path


def many_files(folder: Path, count: int = 2_000, seconds: float = 0.5) -> list[Path]:
    """Many small recordings of different content, twenty to a folder."""
    tune = melody(seconds + count / 100)
    paths = []
    for i in range(count):
        start = i * RATE_HZ // 100
        paths.append(write(folder / f"{i // 20:03d}" / f"{i:04d}.wav", tune[start : start + round(seconds * RATE_HZ)]))
    return paths


def m4a(folder: Path, y: NDArray[np.floating], rate_hz: int) -> Path:
    """Write AAC in an M4A through QtMultimedia.

    Raises
    ------
    NotImplementedError
        If QtMultimedia cannot do that here; its text says why.
    """
    wav, path = write(folder / "source.wav", y, rate_hz), folder / "song.m4a"
    script = Path(__file__).with_name("encode_m4a.py")
    done = subprocess.run(
        [sys.executable, str(script), str(wav), str(path)], capture_output=True, text=True, timeout=120, check=False
    )
    wav.unlink()
    if done.returncode == 3:
        raise NotImplementedError(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    return path


def no_decoder(path: Path) -> tuple[Samples, int]:
    """Stand for a fallback that must not be asked."""
    raise AssertionError(f"the fallback was asked for {path.name}")
