"""`affekt playlist`: a playlist that travels from one mood to another, from a library, without a window."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.common import opened
from app.cli.library import known_songs, tracks_words
from app.playlists.path import ORDERS, Point
from models.audio.files import clock, shown_name
from models.errors import JobError

if TYPE_CHECKING:
    from app.library.rows import Song
    from app.library.search import Query
    from app.playlists.solver import Plan
    from app.playlists.wishes import Span, Wishes

NAME = "playlist"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="make a playlist that travels from one mood to another",
        description="Choose tracks of a library so that their estimated moods follow a path through the plane of "
        "valence and arousal, both in [-1, 1].",
        epilog="Write --from=-0.5,-0.3 with the equals sign: a value may begin with a minus. The iso principle begins "
        "at the present mood; evidence for one order over another is mixed, and no effect is claimed. Decision support "
        "for qualified people; not a medical device.",
    )
    parser.add_argument("--from", dest="start", type=_point, required=True, metavar="V,A", help="the present mood")
    parser.add_argument("--to", dest="target", type=_point, required=True, metavar="V,A", help="the mood to reach")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, metavar="N", help="how long it shall be")
    length.add_argument("--tracks", type=int, metavar="N", help="or how many tracks")
    parser.add_argument(
        "--order", choices=[order for order in ORDERS if order != "manual"], default="iso",
        help="iso: from mood to mood by small steps (default); compensatory: the target mood from the first track on",
    )  # fmt: skip
    parser.add_argument("--library", type=Path, metavar="PATH", help="another library than yours")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there: .m3u8, .xspf, .jspf or .csv")
    parser.add_argument("--copy", type=Path, metavar="DIR", help="copy the tracks into a new folder, in order")
    parser.add_argument("--model", default="", metavar="ID", help="whose estimates (see affekt models)")
    parser.add_argument("--search", default="", metavar="QUERY", help="only tracks that a query means (affekt library)")
    parser.add_argument("--tempo", type=_span, metavar="LOW..HIGH", help="limits in beats a minute")
    parser.add_argument("--loudness", type=_span, metavar="LOW..HIGH", help="limits of the mean level in dBFS")
    parser.add_argument("--step", type=float, metavar="D", help="largest step in the plane from track to track")
    parser.add_argument("--low-valence", type=int, default=3, metavar="N", help="most tracks of low valence in a row")
    parser.add_argument("--same-artist", action="store_true", help="an artist may come more than once")
    parser.set_defaults(run=run, wrong_usage=parser.error)


def _point(text: str) -> Point:
    try:
        valence, arousal = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("it must be valence and arousal, as -0.5,0.2") from None
    if not (-1 <= valence <= 1 and -1 <= arousal <= 1):
        raise argparse.ArgumentTypeError("valence and arousal must lie between -1 and 1")
    return valence, arousal


def _span(text: str) -> Span:
    try:
        low, high = (float(part) for part in text.split(".."))
    except ValueError:
        raise argparse.ArgumentTypeError("it must be a lowest and a highest number, as 60..90") from None
    return low, high


def run(arguments: argparse.Namespace) -> int:
    """Make it; 0 when it was made, 1 when it could not be, 2 for wishes that no library could fulfil."""
    try:
        wishes, meant = _understood(arguments)
    except JobError as error:
        arguments.wrong_usage(error.message)
        return 2
    try:
        plan, songs = _solved(arguments, wishes, meant)
        _print(plan, songs)
        return _write(arguments, plan, songs)
    except JobError as error:
        print(f"affekt playlist: {error.message}", file=sys.stderr)
        return 1


def _understood(arguments: argparse.Namespace) -> tuple[Wishes, Query]:
    """Read what is wished, before any work.

    Raises
    ------
    JobError
        "bad_data" where it cannot be.
    """
    from app.library.search import query
    from app.playlists.wishes import Wishes
    from models.export.playlist_files import check_ending

    wishes = Wishes(
        minutes=arguments.minutes,
        tracks=arguments.tracks,
        step_limit=arguments.step,
        tempo_bpm=arguments.tempo,
        loudness_db=arguments.loudness,
        one_per_artist=not arguments.same_artist,
        low_valence_in_a_row=arguments.low_valence,
    )
    wishes.check()
    if arguments.out is not None:
        check_ending(arguments.out)
    return wishes, query(arguments.search)


def _solved(arguments: argparse.Namespace, wishes: Wishes, asked: Query) -> tuple[Plan, dict[int, Song]]:
    from app.playlists.of_library import candidates_of
    from app.playlists.path import ordered
    from app.playlists.solver import solve

    library = opened(arguments.library)
    try:
        songs, _ = known_songs(library, arguments.model)
    finally:
        library.close()
    meant = asked.of(songs)
    if songs and not meant:
        raise JobError("bad_data", f"No track of the library matches {arguments.search!r}.")
    path = ordered(arguments.order, arguments.start, arguments.target)
    return solve(path, candidates_of(meant), wishes), {song.id: song for song in meant}


def _print(plan: Plan, songs: dict[int, Song]) -> None:
    for number, track_id in enumerate(plan.ids, start=1):
        song = songs[track_id]
        by = f", {song.artist}" if song.artist else ""
        print(f"{number:3}  {clock(song.duration_s):>6}  {song.valence:+.2f} {song.arousal:+.2f}  {song.title}{by}")
    print(f"{tracks_words(len(plan.ids))}, {clock(plan.length_s)}.")
    print(
        f"path cost: {plan.cost:.4f} (distance from the path {plan.follow:.3f}, of the joins {plan.joins:.3f}; the "
        "plane is 2.83 from corner to corner)"
    )
    for bend in plan.bends:
        print(f"bent: {bend.words}")
    print("Estimates of the emotion the music expresses, not of how a listener feels.")


def _write(arguments: argparse.Namespace, plan: Plan, songs: dict[int, Song]) -> int:
    from models.export.playlist_files import write_folder, write_playlist
    from models.playlist import Entry

    chosen = [songs[track_id] for track_id in plan.ids]
    entries = [Entry(s.path, s.title, s.artist, s.duration_s, s.valence, s.arousal) for s in chosen]
    title = f"Affekt {arguments.order}"
    if arguments.out is not None:
        write_playlist(arguments.out, entries, title)
        print(f"Written to {shown_name(arguments.out)}.")
    problems: list[str] = []
    if arguments.copy is not None:
        problems = write_folder(arguments.copy, entries, title)
        print(f"{tracks_words(len(entries) - len(problems))} copied to {arguments.copy.absolute()}.")
    for problem in problems:
        print(f"affekt playlist: {problem}", file=sys.stderr)
    return 1 if problems else 0
