"""Writes `library_v<HEAD>.sql`: a small library of this program's version, for the tests of all later ones.

    PYTHONPATH=. python tests/app/data/make_library_sql.py

Run it once for each new version of the schema, before the next one is begun, and never again for that version.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from app.library import Content, KeptLayer, Label, Library, Mark, Moment, Rater
from app.library.schema import HEAD
from models.audio.tags import Tags
from tests.app.fakes import make_analysis, make_explanation, make_layer, make_overview, make_rating, make_structure


def main() -> None:
    target = Path(__file__).with_name(f"library_v{int(HEAD)}.sql")
    if target.exists():
        raise SystemExit(f"{target.name} is there already; what was shipped is not made anew")
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder) / "library.sqlite3")
        done, failed, waiting, removed = library.add_tracks(
            [Path("/music/月光.flac"), Path("/music/broken.mp3"), Path("/music/later.ogg"), Path("/music/gone.wav")]
        )[0]
        library.set_tags({done.id: Tags("Moonlight", "Hua", "Water", 1.0)})
        library.save_analysis(done.id, make_overview(1.0, seed=1), make_analysis("ab" * 32, 1.0, seed=1))
        library.set_content(done.id, Content("ab" * 32, 1234, 5678))
        library.set_status([failed.id], "failed", "“broken.mp3” is damaged.")
        library.set_missing({waiting.id: True})
        library.remove_track(removed.id)
        library.marks.add(done.id, Mark(0.25, "Theme"))
        library.marks.add(done.id, Mark(0.75))
        library.labels.add_rater(Rater("r1", "Anna"))
        library.labels.put(Label("l1", done.id, "r1", quadrant="Q4", blind=True, made="2026-11-20T12:00:00+00:00"))
        library.labels.put(Label("l2", done.id, "r1", 0.25, 0.75, valence=-0.5, arousal=0.125, origin="correction"))
        library.ratings.put(make_rating(done.id, "r1"))
        library.moments.put(Moment("m1", done.id, 0.25, 0.5, 0.75, "Höhepunkt 高潮", "Both hands."))
        library.moments.put(Moment("m2", done.id, 0.8, 0.85, 0.9, hidden=True))
        library.layers.put(KeptLayer("y1", done.id, 0, make_layer()))
        library.structures.put(make_structure("ab" * 32), "1")
        library.explanations.put("ab" * 32, make_explanation())
        library.explanations.put("ab" * 32, make_explanation("Q3"), 0.25, 0.75)
        library.set_setting("theme", "dark")
        library.close()
        with closing(sqlite3.connect(Path(folder) / "library.sqlite3")) as connection:
            target.write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
