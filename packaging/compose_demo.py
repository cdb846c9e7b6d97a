"""Compose and render the bundled demo music: ``python packaging/compose_demo.py [--only SLUG] [--out DIR]``.

Everything is computed with numpy from the scores in ``demo_music``; seeds are fixed, so the same music comes
out each time. Writes one Ogg Vorbis file per piece and ``demo.json``, which says
where the climax was planted.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import soundfile as sf
from demo_music import lanterns, station
from demo_music.dsp import RATE

PIECES: tuple[ModuleType, ...] = (lanterns, station)
OUT = Path(__file__).resolve().parent.parent / "resources" / "demo"
QUALITY = 0.65  # libsndfile's compression level: 0 is the largest file


def describe(piece: ModuleType, y: np.ndarray) -> dict[str, object]:
    """What ``demo.json`` says about one piece."""
    start, peak, end = (round(piece.TEMPO.seconds(beat), 2) for beat in piece.CLIMAX_BEATS)
    return {
        "file": f"{piece.SLUG}.ogg",
        "title": piece.TITLE,
        "composer": "the Affekt project",
        "licence": "CC0-1.0",
        "summary": piece.SUMMARY,
        "duration_s": round(len(y) / RATE, 3),
        "climax": {"start_s": start, "peak_s": peak, "end_s": end},
    }


def write(path: Path, y: np.ndarray, title: str) -> None:
    """Encode in pieces of a second: libsndfile's Vorbis encoder overflows its stack on one large write."""
    with sf.SoundFile(path, "w", RATE, y.shape[1], format="OGG", subtype="VORBIS", compression_level=QUALITY) as file:
        file.title = title
        file.artist = "the Affekt project"
        file.album = "Affekt demo music"
        file.license = "CC0 1.0"
        for start in range(0, len(y), RATE):
            file.write(y[start : start + RATE])


def main() -> None:
    """Render what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[piece.SLUG for piece in PIECES], help="render one piece only")
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write to")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    listing = arguments.out / "demo.json"
    known = json.loads(listing.read_text("utf-8"))["pieces"] if listing.exists() else []
    entries = {entry["file"]: entry for entry in known}
    for piece in PIECES:
        if arguments.only in (None, piece.SLUG):
            y = piece.render()
            entry = describe(piece, y)
            entries[str(entry["file"])] = entry
            path = arguments.out / str(entry["file"])
            write(path, y, piece.TITLE)
            size_mb = path.stat().st_size / 1e6
            print(f"{path}: {entry['duration_s']} s, {size_mb:.2f} MB, climax {entry['climax']}")
    ordered = [entries[f"{piece.SLUG}.ogg"] for piece in PIECES if f"{piece.SLUG}.ogg" in entries]
    listing.write_text(json.dumps({"pieces": ordered}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
