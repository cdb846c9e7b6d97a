"""Drums alone: patterns played by fluidsynth's kits, and by drums computed with numpy."""

from __future__ import annotations

import numpy as np
from domain_sounds.effects import RATE, Samples, band, level
from domain_sounds.midi import DRUMS, Note, played
from numpy.typing import NDArray

KICK, SNARE, HAT, OPEN, TOM, CLAP, RIDE = 36, 38, 42, 46, 45, 39, 51
_HAND = (60, 61, 62, 63, 64, 69, 70, 54, 56, 75, 76)  # bongos, congas, cabasa, maracas, tambourine, cowbell, claves
#: Kits of General MIDI that the classifier learns from, and others on which it is tested.
KITS = (0, 8, 16, 24)
UNHEARD_KITS = (25, 32, 40, 48)

#: Sixteen sixteenths each: x a stroke, - a rest, o a soft stroke.
_GROOVES: tuple[dict[int, str], ...] = (
    {KICK: "x-------x-x-----", SNARE: "----x-------x---", HAT: "x-x-x-x-x-x-x-x-"},
    {KICK: "x---x---x---x---", CLAP: "----x-------x---", OPEN: "--x---x---x---x-", HAT: "xoxoxoxoxoxoxoxo"},
    {KICK: "x--x--x---x-----", SNARE: "----x--o-o--x---", HAT: "xxxxxxxxxxxxxxxx"},
    {KICK: "x-x-------x-----", SNARE: "----x-------x--o", RIDE: "x-x-x-x-x-x-x-x-"},
    {KICK: "x-----x---x---x-", SNARE: "----x-------x---", HAT: "x--x--x--x--x--x"},
    {KICK: "x-------x-------", TOM: "--x--xx---x--xxx", SNARE: "----o-------o---"},
    {KICK: "x-x-x-x-x-x-x-x-", SNARE: "--x---x---x---x-", RIDE: "x-x-x-x-x-x-x-x-"},
    {KICK: "x---------------", RIDE: "x---x-x-x---x-x-", HAT: "----x-------x---"},
)

Stroke = tuple[float, int, int]


def pattern(rng: np.random.Generator, seconds: float) -> list[Stroke]:
    """Strokes (s, drum, velocity): a groove with its own changes, or hand percussion in a cycle."""
    sixteenth_s = 15.0 / rng.uniform(70, 180)
    swing = rng.uniform(0, 0.33) * (rng.random() < 0.3)
    if rng.random() < 0.25:
        steps = int(rng.choice((8, 12, 16)))
        chosen = rng.choice(_HAND, int(rng.integers(1, 5)), replace=False)
        groove = {int(drum): "".join(rng.choice(list("x--o"), steps)) for drum in chosen}
        groove[int(chosen[0])] = "x" + groove[int(chosen[0])][1:]
    else:
        groove = dict(_GROOVES[rng.integers(0, len(_GROOVES))])
        steps = 16
        for drum in list(groove):
            if len(groove) > 1 and rng.random() < 0.2:
                del groove[drum]
            else:
                changed = [c if rng.random() < 0.93 else str(rng.choice(list("x-o"))) for c in groove[drum]]
                groove[drum] = "".join(changed)
        if not any("x" in row for row in groove.values()):
            groove = dict(_GROOVES[0])
    loudness = int(rng.integers(70, 120))
    out = []
    for step in range(int(seconds / sixteenth_s)):
        at_s = (step + (swing if step % 2 else 0.0)) * sixteenth_s + rng.normal(0, 0.004)
        for drum, row in groove.items():
            mark = row[step % steps]
            if mark != "-":
                velocity = loudness * (0.5 if mark == "o" else 1.0) * rng.uniform(0.85, 1.1)
                out.append((max(0.0, at_s), drum, int(velocity)))
    return out


def kit_loop(rng: np.random.Generator, seconds: float, *, unheard: bool = False) -> Samples:
    """A pattern by one of fluidsynth's kits."""
    kit = int(rng.choice(UNHEARD_KITS if unheard else KITS))
    notes = [Note(at_s, drum, 0.1, velocity, DRUMS) for at_s, drum, velocity in pattern(rng, seconds)]
    return played(notes, {DRUMS: kit}, seconds)


def _struck(rng: np.random.Generator, drum: int) -> NDArray[np.floating]:
    """One drum of a drum computer, its sound drawn anew for each loop."""
    n = int(0.6 * RATE)
    t = np.arange(n) / RATE
    hiss = rng.standard_normal(n)
    if drum == KICK:
        f = rng.uniform(40, 65) * (1 + rng.uniform(1, 5) * np.exp(-t / rng.uniform(0.01, 0.05)))
        return np.sin(2 * np.pi * np.cumsum(f) / RATE) * np.exp(-t / rng.uniform(0.05, 0.25))
    if drum == SNARE:
        body = np.sin(2 * np.pi * rng.uniform(150, 260) * t) * np.exp(-t / 0.06)
        return rng.uniform(0.2, 0.8) * body + band(hiss, 800, 8000, 1) * np.exp(-t / rng.uniform(0.05, 0.15))
    if drum in (HAT, OPEN, RIDE, 70, 69, 54):
        decay = rng.uniform(0.015, 0.05) if drum in (HAT, 70) else rng.uniform(0.1, 0.3)
        return band(hiss, rng.uniform(4000, 7000), 10_500, 4) * np.exp(-t / decay)
    if drum == CLAP:
        return band(hiss, 700, 3000, 2) * (np.exp(-t / 0.08) + 2 * np.exp(-((t * 100) % 1) * 3) * (t < 0.03))
    f = (rng.uniform(80, 200) if drum == TOM else rng.uniform(180, 1500)) * (1 + 0.4 * np.exp(-t / 0.04))
    return np.sin(2 * np.pi * np.cumsum(f) / RATE) * np.exp(-t / rng.uniform(0.03, 0.2)) + 0.1 * hiss * np.exp(
        -t / 0.01
    )


def computed_loop(rng: np.random.Generator, seconds: float) -> Samples:
    """A pattern by drums computed here."""
    n = int(seconds * RATE)
    y = np.zeros(n + RATE)
    sounds: dict[int, NDArray[np.floating]] = {}
    for at_s, drum, velocity in pattern(rng, seconds):
        if drum not in sounds:
            sounds[drum] = level(_struck(rng, drum), rng.uniform(0.3, 1.0) if drum != KICK else 1.0)
        start = int(at_s * RATE)
        y[start : start + sounds[drum].size] += sounds[drum] * (velocity / 127)
    return level(y[:n])
