"""`affekt library`: music goes into a library and is analysed; listing, searching, taking the list out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.common import json_target, load, opened, owned, progress_bar
from app.jobs.fallback import decode_with_qt
from models.analysis import QUADRANT_NAMES, Analysis, Overview
from models.audio.files import clock, shown_name
from models.errors import JobError
from models.jobs import AnalysisRequest, CancelToken, Progress

if TYPE_CHECKING:
    from app.library import Library, Track
    from app.library.rows import Song
    from models.hub import LoadedModel

NAME = "library"
SCHEMA = "affekt.library/1"
_TITLE_WIDTH = 40


class _Parser(argparse.ArgumentParser):
    """Where it takes words, one minus before a word is part of it: what is to be left out."""

    takes_words = False

    def _parse_optional(self, arg_string: str) -> Any:
        if self.takes_words and arg_string[:1] == "-" and arg_string[1:2] != "-" and arg_string != "-h":
            return None
        return super()._parse_optional(arg_string)


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    from app.library.search import HELP

    parser = subcommands.add_parser(
        NAME,
        help="add music to a library and analyse it, list, search and export it",
        description="Keep a library of music whose emotional shape is known.",
        epilog="Exit status: 0 all done, 1 something failed, 2 wrong usage. Estimates of the emotion the music "
        "expresses, not of how a listener feels.",
    )
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=_Parser)
    adding = actions.add_parser("add", help="add audio files and folders, and analyse what is not analysed yet")
    adding.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="audio files, or folders (searched through)"
    )
    adding.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    listing = actions.add_parser("list", help="list all tracks")
    searching = actions.add_parser("search", help="list the tracks that a query means", description=HELP)
    searching.takes_words = True
    searching.add_argument("query", nargs="+", metavar="QUERY", help="words, Q1 to Q4, valence:0..0.5, -artist:NAME")
    exporting = actions.add_parser(
        "export", help="write the list as a playlist (.m3u8, .xspf, .jspf), a table (.csv) or JSON (.json)"
    )
    exporting.add_argument("destination", type=Path, metavar="DEST")
    exporting.add_argument("--search", default="", metavar="QUERY", help="only the tracks that a query means")
    for each in (listing, searching):
        each.add_argument("--json", type=json_target, metavar="FILE", help="write JSON to FILE, - for standard output")
    for each in (searching, exporting):
        each.set_defaults(wrong_usage=each.error)
    for each in (adding, listing, searching, exporting):
        each.add_argument("--library", type=Path, metavar="FILE", help="another library than yours; add makes it")
        each.add_argument("--model", default="", metavar="ID", help="whose results (see affekt models)")


def run(arguments: argparse.Namespace) -> int:
    """Do it; 0 when all was done, 1 when something failed, 2 for a query or a file that cannot be."""
    try:
        _check(arguments)
    except JobError as error:
        arguments.wrong_usage(error.message)
        return 2
    actions = {"add": _add, "list": _list, "search": _list, "export": _export}
    try:
        return actions[arguments.action](arguments)
    except JobError as error:
        print(f"affekt library: {error.message}", file=sys.stderr)
        return 1


def _check(arguments: argparse.Namespace) -> None:
    """Raise `JobError` ("bad_data") for a query that is none, and for a file of an unknown kind."""
    from app.library.search import query
    from models.export.playlist_files import check_ending

    if arguments.action == "search":
        query(" ".join(arguments.query))
    elif arguments.action == "export":
        query(arguments.search)
        if arguments.destination.suffix.lower() != ".json":
            check_ending(arguments.destination)


# Adding


def _add(arguments: argparse.Namespace) -> int:
    from models.audio.decode import find_audio
    from models.audio.tags import read_tags

    files = [file.absolute() for file in find_audio(arguments.paths)]
    if not files:
        raise JobError("not_found", "There is no audio file in what was named.")
    model = load(arguments.model, arguments.device)
    problems: list[str] = []
    stopped = False
    analysed = 0
    with owned(arguments.library) as library:
        new, known = library.add_tracks(files)
        library.set_tags({track.id: read_tags(track.path) for track in new})
        tracks = [*new, *(library.track(track_id) for track_id in known)]
        try:
            for outcome in _analyse_all(library, tracks, model):
                if isinstance(outcome, str):
                    problems.append(outcome)
                else:
                    analysed += outcome
        except KeyboardInterrupt:  # what is done by now is in the library
            stopped = True
        print(f"{len(new)} added, {len(known)} were there already; {analysed} analysed, {len(problems)} failed.")
    for problem in problems:
        print(f"affekt library: {problem}", file=sys.stderr)
    if stopped:
        print("Stopped. The same command goes on where this one ended.", file=sys.stderr)
    return 1 if problems or stopped else 0


def _analyse_all(library: Library, tracks: Sequence[Track], model: LoadedModel) -> Iterator[str | bool]:
    """Analyse what this model has not; yields for each track whether it had to, or why it could not."""
    with progress_bar() as bar:
        for number, track in enumerate(tracks):
            try:
                for event in _analyse(library, number, track, model):
                    if isinstance(event, Progress):
                        bar.n = (number + event.fraction) / len(tracks)
                        bar.refresh()
                    else:
                        yield event
            except JobError as error:
                library.set_status([track.id], "missing" if error.kind == "not_found" else "failed", error.message)
                yield error.message
            except Exception as error:
                # A fault of ours: the other recordings must not pay for it.
                message = f"{shown_name(track.path)} could not be analysed because of a fault in the program: {error}"
                library.set_status([track.id], "failed", message)
                yield message


def _analyse(library: Library, number: int, track: Track, model: LoadedModel) -> Iterator[Progress | bool]:
    from app.jobs.content import content_of
    from models.audio.decode import sha256_of
    from models.cards import base_id
    from models.inference.analyse import analyse

    content = content_of(library, track.id, track.path, sha256_of)
    if library.find_summary(content.sha256, model.card.id, model.card.version) is not None:
        library.set_status([track.id], "done")
        yield False
        return
    request = AnalysisRequest(number, track.path, model.card.id, model.device, content.sha256)
    overview: Overview | None = None
    for event in analyse(request, model, CancelToken(), decode_with_qt):
        if isinstance(event, Overview):
            overview = event
        elif isinstance(event, Analysis):
            assert overview is not None  # it comes first
            library.save_analysis(track.id, overview, event, only_version=bool(base_id(model.card.raw)))
        else:
            yield event
    yield True


# Listing


def known_songs(library: Library, model: str) -> tuple[list[Song], str]:
    """Return the tracks that a model has analysed, and the model's id.

    Raises
    ------
    JobError
        "missing_model" when there is none of this name.
    """
    from app.jobs.tools import lineage
    from app.paths import own_models
    from models.hub import find_model

    card = find_model(model, own_models())
    # Of a personal model, what it said before its last correction, or its base says, stands until it is asked anew.
    found = {song.id: song for by in reversed(lineage(card)) for song in library.sketches.songs(*by)}
    return [found[track.id] for track in library.tracks() if track.id in found], card.id


def _meant(arguments: argparse.Namespace, text: str) -> tuple[list[Song], list[Track], str]:
    """Songs that a query means; without one also the tracks that are not analysed."""
    from app.library.search import query

    library = opened(arguments.library)
    try:
        songs, model = known_songs(library, arguments.model)
        known = {song.id for song in songs}
        waiting = [track for track in library.tracks() if track.id not in known] if not text else []
    finally:
        library.close()
    return query(text).of(songs), waiting, model


def _list(arguments: argparse.Namespace) -> int:
    text = " ".join(arguments.query) if arguments.action == "search" else ""
    songs, waiting, model = _meant(arguments, text)
    if arguments.json is not None:
        from models.export.json_file import write_document

        write_document(None if arguments.json == "-" else Path(arguments.json), _document(songs, waiting, model))
        return 0
    for song in songs:
        print(_row(song))
    for track in waiting:
        print(f"{_cut(track.title)}  not analysed by {model}{': ' + track.error if track.error else ''}")
    if not songs and not waiting:
        print("No track matches." if text else "The library is empty.")
    elif songs:
        print(f"{tracks_words(len(songs))}. Valence and arousal in [-1, 1], estimates by {model}.")
    return 0


def tracks_words(count: int) -> str:
    """Return "1 track", "2 tracks"."""
    return f"{count:,} track{'' if count == 1 else 's'}"


def _row(song: Song) -> str:
    tempo = "    -" if song.tempo_bpm is None else f"{song.tempo_bpm:5.0f}"
    missing = "  (file missing)" if song.missing else ""
    return (
        f"{_cut(song.title)}  {_cut(song.artist, 24)}  {clock(song.duration_s):>6}  {song.quadrant} "
        f"{QUADRANT_NAMES[song.quadrant]:14}  {song.probability:4.0%}  {song.valence:+.2f}  {song.arousal:+.2f}  "
        f"{tempo} bpm{missing}"
    )


def _cut(text: str, width: int = _TITLE_WIDTH) -> str:
    return f"{text if len(text) <= width else text[: width - 1] + chr(0x2026):{width}}"


def _document(songs: Sequence[Song], waiting: Sequence[Track], model: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "model": model,
        "range": [-1, 1],
        "tracks": [
            {
                "file": str(song.path),
                "title": song.title,
                "artist": song.artist,
                "album": song.album,
                "missing": song.missing,
                "analysed": True,
                "duration_s": round(song.duration_s, 3),
                "quadrant": song.quadrant,
                "probability": round(song.probability, 4),
                "valence": round(song.valence, 4),
                "arousal": round(song.arousal, 4),
                "tempo_bpm": None if song.tempo_bpm is None else round(song.tempo_bpm, 1),
                "level_db": None if song.level_db is None else round(song.level_db, 2),
            }
            for song in songs
        ]
        + [
            {
                "file": str(track.path),
                "title": track.title,
                "artist": track.artist,
                "album": track.album,
                "missing": track.missing,
                "analysed": False,
                "error": track.error,
            }
            for track in waiting
        ],
    }


def _export(arguments: argparse.Namespace) -> int:
    from models.export.json_file import write_document
    from models.export.playlist_files import write_playlist
    from models.playlist import Entry

    songs, waiting, model = _meant(arguments, arguments.search)
    destination: Path = arguments.destination
    if destination.suffix.lower() == ".json":
        write_document(destination, _document(songs, waiting, model))
    else:
        entries = [
            Entry(song.path, song.title, song.artist, song.duration_s, song.valence, song.arousal) for song in songs
        ]
        entries += [Entry(track.path, track.title, track.artist, track.duration_s) for track in waiting]
        if not entries:
            raise JobError("bad_data", "There is no track to export.")
        write_playlist(destination, entries, "Affekt")
    count = len(songs) + len(waiting)
    print(f"{tracks_words(count)} {'is' if count == 1 else 'are'} in {shown_name(destination)}.")
    return 0
