"""Ensembles: a piano score is handed to other instruments by rewriting its MIDI.

The notes are dealt to the instruments by their pitch, so that a cello plays what lies low and a violin what lies high.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

PIANO = "piano"
_DRUMS = 9


@dataclass(frozen=True)
class Voice:
    """An instrument of an ensemble.

    Attributes
    ----------
    lowest : int
        MIDI pitch from which it plays, up to that of the next voice.
    program : int
        General MIDI program, 0..127.
    sustained : bool
        It sounds as long as its key is down. Such voices are played without the pedal, which would smear them.
    """

    lowest: int
    program: int
    sustained: bool = False


#: By name, each from its lowest voice up. The piano is the score as it stands.
ENSEMBLES: dict[str, tuple[Voice, ...]] = {
    PIANO: (),
    "bright-piano": (Voice(0, 1),),
    "electric-piano": (Voice(0, 4),),
    "harpsichord": (Voice(0, 6),),
    "music-box": (Voice(0, 8), Voice(72, 10)),
    "harp": (Voice(0, 46),),
    "guitar": (Voice(0, 32), Voice(40, 24)),
    "strings": (Voice(0, 43, True), Voice(36, 42, True), Voice(55, 41, True), Voice(67, 40, True)),
    "string-orchestra": (Voice(0, 48, True),),
    "winds": (Voice(0, 70, True), Voice(53, 71, True), Voice(65, 68, True), Voice(77, 73, True)),
    "brass": (Voice(0, 58, True), Voice(43, 57, True), Voice(55, 60, True), Voice(67, 56, True)),
    "choir": (Voice(0, 52, True),),
    "organ": (Voice(0, 19, True),),
    "synth": (Voice(0, 38), Voice(48, 90, True), Voice(72, 81, True)),
    "koto": (Voice(0, 107), Voice(67, 106)),
    "east-asian": (Voice(0, 107), Voice(55, 15), Voice(70, 77, True)),
}

_Event = tuple[int, bytes]


def arranged(score: bytes, voices: tuple[Voice, ...]) -> bytes:
    """Rewrite a MIDI file for other instruments.

    Notes, their velocities, the sustain pedal and the tempo are kept, and the drums as they are; programs, volumes,
    bends and texts are not.

    Parameters
    ----------
    score : bytes
        A MIDI file of format 0 or 1.
    voices : tuple of Voice
        From the lowest up, at most 9.

    Returns
    -------
    bytes
        A MIDI file of format 0.

    Raises
    ------
    ValueError
        When it is no such file, or is damaged.
    """
    header, *chunks = _chunks(score)
    if header[0] != b"MThd" or len(header[1]) < 6:
        raise ValueError("it has no header")
    kind, _, division = struct.unpack(">HHH", header[1][:6])
    if kind == 2:
        raise ValueError("it holds independent patterns (format 2)")
    tracks = [list(_events(body)) for name, body in chunks if name == b"MTrk"]
    merged = sorted((event for track in tracks for event in track), key=lambda event: event[0])
    end = merged[-1][0] if merged else 0
    out = [(0, bytes([0xC0 | channel, voice.program])) for channel, voice in enumerate(voices)]
    out += [*_dealt(merged, voices), (end, b"\xff\x2f\x00")]
    body, before = bytearray(), 0
    for tick, message in out:
        body += _as_length(tick - before) + message
        before = tick
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, division) + b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _dealt(events: list[_Event], voices: tuple[Voice, ...]) -> Iterator[_Event]:
    """Deal notes to voices, the pedal to those that do not sustain; a pitch is let go when its last holder lets go."""
    held: dict[int, int] = {}
    pedals: dict[int, int] = {}
    for tick, message in events:
        status, channel = message[0] & 0xF0, message[0] & 0x0F
        if message[0] == 0xFF:
            if message[1] == 0x51:
                yield tick, message
        elif channel == _DRUMS:
            yield tick, message
        elif status in {0x80, 0x90}:
            pitch, velocity = message[1], message[2] if status == 0x90 else 0
            player = max(i for i, voice in enumerate(voices) if voice.lowest <= pitch)
            held[pitch] = held.get(pitch, 0) + (1 if velocity else -1)
            if velocity or held[pitch] <= 0:
                held[pitch] = max(0, held[pitch])
                yield tick, bytes([0x90 | player, pitch, velocity])
        elif status == 0xB0 and message[1] == 64:
            pedals[channel] = message[2]
            for i, voice in enumerate(voices):
                if not voice.sustained:
                    yield tick, bytes([0xB0 | i, 64, max(pedals.values())])


def _chunks(score: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(score):
        (length,) = struct.unpack(">I", score[at + 4 : at + 8])
        if at + 8 + length > len(score):
            raise ValueError("it ends early")
        yield score[at : at + 4], score[at + 8 : at + 8 + length]
        at += 8 + length
    if at == 0:
        raise ValueError("it has no header")


def _events(body: bytes) -> Iterator[_Event]:
    """Events of a track with their ticks from its start; system messages are left out, the end of the track is kept."""
    at, tick, running = 0, 0, 0
    try:
        while at < len(body):
            delta, at = _length(body, at)
            tick += delta
            first = body[at]
            if first in {0xFF, 0xF0, 0xF7}:
                start, at = at, at + (2 if first == 0xFF else 1)
                length, at = _length(body, at)
                at += length
                if at > len(body):
                    raise ValueError("it ends within an event")
                if first == 0xFF:
                    yield tick, body[start:at]
                continue
            if first & 0x80:
                running, at = first, at + 1
            if not 0x80 <= running < 0xF0:
                raise ValueError("it holds an event that MIDI files do not have")
            size = 1 if running & 0xF0 in {0xC0, 0xD0} else 2
            data = body[at : at + size]
            if len(data) < size or max(data) > 0x7F:
                raise ValueError("it ends within an event")
            yield tick, bytes([running]) + data
            at += size
    except IndexError:
        raise ValueError("it ends within an event") from None


def _length(body: bytes, at: int) -> tuple[int, int]:
    """Variable-length number at a place, and the place after it."""
    value = 0
    while True:
        byte = body[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at


def _as_length(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))
