"""`affekt`: without a subcommand the window; with one, headless."""

from __future__ import annotations

import argparse
import difflib
import io
import multiprocessing
import os
import sys
from pathlib import Path

from app import __version__
from app.cli import SUBCOMMANDS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="affekt",
        description="See how the emotion that music expresses moves through valence and arousal. Without a subcommand "
        "the window opens, with the files and folders that are named.",
        epilog="Estimates of the emotion the music expresses, not of how a listener feels.",
    )
    parser.add_argument("--version", action="version", version=f"affekt {__version__}")
    parser.add_argument("--quit-after", type=float, metavar="S", help=argparse.SUPPRESS)  # the packages' smoke test
    subcommands = parser.add_subparsers(dest="subcommand", title="subcommands", metavar="SUBCOMMAND")
    window = subcommands.add_parser("window", help="open the window (the same as no subcommand)")
    window.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files and folders to open")
    window.set_defaults(run=_window)
    for module in SUBCOMMANDS:
        module.add_parser(subcommands)
    return parser


def _has_display() -> bool:
    """Whether a window can be shown: everywhere but on a Linux without a display."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _window(arguments: argparse.Namespace) -> int:
    if not _has_display():
        print(
            "affekt: there is no display for the window here. "
            "Analyse without one: affekt analyse PATH... (see affekt analyse --help)",
            file=sys.stderr,
        )
        return 1
    from app.ui import run_window

    status: int = run_window(arguments.paths, quit_after_s=arguments.quit_after)
    return status


def _is_a_word(text: str) -> bool:
    """Whether this was meant as a subcommand rather than as a file: `anaylse`, not `song.mp3`, `./song` or `3`."""
    return text.isidentifier() and text.isascii() and not Path(text).exists()


def main(argv: list[str] | None = None) -> int:
    """Run the program; the exit status is 0 all done, 1 something failed, 2 wrong usage."""
    multiprocessing.freeze_support()  # first: a frozen program's children are the program itself
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Korean file name may go to a pipe that knows only Latin letters
            stream.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if argv is None else argv
    try:
        try:
            return _run(given)
        finally:
            if sys.stdout is not None:  # as it is in a windowed build
                sys.stdout.flush()  # here and not at the very end, where nobody would catch what it raises
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our pipe has gone (`affekt models | head`): it has what it wanted, and nothing has failed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(given: list[str]) -> int:
    parser = _parser()
    first = next((word for word in given if not word.startswith("-")), None)
    names = {"window", *(module.NAME for module in SUBCOMMANDS)}
    if first not in names and not {"-h", "--help", "--version"} & set(given):
        if first is not None and _is_a_word(first):
            close = difflib.get_close_matches(first, names, n=1)
            hint = f": did you mean {close[0]!r}?" if close else ""
            parser.error(f"{first!r} is neither a subcommand nor a file or folder{hint}")
        # `affekt song.mp3` is the window with that song.
        position = given.index(first) if first is not None else len(given)
        if given and given[0] == "--quit-after":
            position = 2
        given = [*given[:position], "window", *given[position:]]
    arguments = parser.parse_args(given)
    status: int = arguments.run(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
