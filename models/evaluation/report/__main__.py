"""`python -m models.evaluation.report`: run experiments against labelled folders, and make the pages."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import JobError
from models.evaluation.report.pages import read_results, write_pages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.data.labelled import LabelledClip
    from models.evaluation.report.lags import Piece
    from models.evaluation.report.quadrants import Material

SOURCES = ("4qaed", "emopia")
TRACED = "vgmidi"
FEATURES = "musical descriptors at 2 Hz"


class Bench:
    """What experiments need: where the data lie, where results go, and what has been read already."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self._materials: dict[str, Material] = {}
        self._pieces: list[Piece] = []

    def clips(self, source: str) -> list[LabelledClip]:
        """Clips of a labelled folder that have a quadrant."""
        from models.data.labelled import read_labelled_folder

        return [clip for clip in read_labelled_folder(self.options.data / source) if clip.quadrant is not None]

    def material(self, source: str) -> Material:
        """Log-mel and labels of a source."""
        if source not in self._materials:
            from models.evaluation.report.quadrants import material
            from models.training.features import load_features

            clips = self.clips(source)
            *_, features = load_features(clips, self.options.cache)
            assert not isinstance(features, int)
            self._materials[source] = material(source, clips, features)
        return self._materials[source]

    def summaries(self, source: str) -> tuple[NDArray[np.float32], NDArray[np.int64], list[str]]:
        """What is heard of whole clips [shape=(n, s)], their quadrants and their groups."""
        import numpy as np

        from models.data.labelled import quadrants_of
        from models.training.heard_features import load_heard

        clips = self.clips(source)
        *_, heard = load_heard(clips, self.options.cache)
        assert not isinstance(heard, int)
        return np.stack([h.summary for h in heard]), np.array(quadrants_of(clips)), [clip.group for clip in clips]

    def pieces(self) -> list[Piece]:
        """Descriptors and traces of the rated pieces."""
        if not self._pieces:
            from models.data.labelled import read_labelled_folder
            from models.evaluation.report.sequences import read_pieces

            *_, pieces = read_pieces(read_labelled_folder(self.options.data / TRACED), self.options.cache)
            assert not isinstance(pieces, int)
            self._pieces = pieces
        return self._pieces

    def missing(self, name: str) -> bool:
        """Whether a result is not there yet, or is asked for again."""
        return self.options.again or not (self.options.results / f"{name}.json").is_file()

    def store(self, name: str, result: Mapping[str, Any]) -> None:
        """Write a result beside the others, and say so."""
        write_result(self.options.results, name, result)
        print(f"{name}: done", flush=True)

    def follow(self, name: str, events: Iterator[Any]) -> None:
        """Say how training goes, and store its result."""
        for event in events:
            if isinstance(event, dict):
                self.store(name, event)
            else:
                losses = f"loss {event.train_loss:.3f}, validation {event.validation_loss:.3f}"
                print(f"{name}: epoch {event.epoch} of {event.epochs}, {losses}, {event.seconds:.0f} s", flush=True)


def write_result(folder: Path, name: str, result: Mapping[str, Any]) -> None:
    """Write one result as JSON, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}.part"
    part.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(folder / f"{name}.json")


def _quadrants(bench: Bench) -> None:
    from models.evaluation.report.quadrants import ROWS, train_row

    for row in ROWS:
        for source in SOURCES:
            name = f"quadrants-{row.recipe}-{source}"
            if bench.missing(name):
                bench.follow(name, train_row(row, bench.material(source), bench.options.work))


def _across(bench: Bench) -> None:
    from models.evaluation.report.quadrants import ROWS, judge_elsewhere

    for trained in SOURCES:
        for other in (*SOURCES, TRACED):
            name = f"across-{ROWS[0].recipe}-{trained}-on-{other}"
            if other != trained and bench.missing(name):
                bench.store(name, judge_elsewhere(ROWS[0], trained, bench.material(other), bench.options.work))


def _quiet(bench: Bench) -> None:
    from models.evaluation.report.quadrants import ROWS, judge_quiet_intros

    for row in ROWS[:2]:
        for source in SOURCES:
            name = f"quiet-{row.recipe}-{source}"
            if bench.missing(name):
                bench.store(name, judge_quiet_intros(row, bench.material(source), bench.options.work))


def _leak(bench: Bench) -> None:
    from models.evaluation.report.leak import sibling_leak

    for source in SOURCES:
        if bench.missing(f"leak-{source}"):
            bench.store(f"leak-{source}", sibling_leak(bench.material(source), bench.clips(source)))


def _lags(bench: Bench) -> None:
    from models.evaluation.report.lags import lag_study

    if bench.missing("lag-ridge"):
        bench.store("lag-ridge", lag_study(bench.pieces(), FEATURES))


def _lag_network(bench: Bench) -> None:
    from models.evaluation.report.sequences import network_lags

    if bench.missing("lag-network"):
        bench.follow("lag-network", network_lags(bench.pieces(), FEATURES))


def _traces(bench: Bench) -> None:
    from models.evaluation.report.sequences import VARIANTS, train_variant

    for variant in VARIANTS:
        name = f"traces-{variant}"
        if bench.missing(name):
            bench.follow(name, train_variant(variant, bench.pieces(), FEATURES))


def _next(bench: Bench) -> None:
    from models.evaluation.report.label_order import label_orders

    for source in SOURCES:
        if bench.missing(f"next-{source}"):
            bench.store(f"next-{source}", label_orders(source, *bench.summaries(source)))


def _adaptation(bench: Bench) -> None:
    from models.evaluation.report import adaptation, situnes
    from models.live.learning import Settings

    options = bench.options
    sources = ("4qaed", "4qaed-points", "vgmidi", "memomusic")
    wanted = [name for name in sources if bench.missing(f"adaptation-{name}")]
    switches = bench.missing("adaptation-switch")
    if wanted or switches:
        for event in adaptation.read_pieces(options.data, options.cache, options.work):
            if isinstance(event, str):
                print(f"adaptation: {event}", flush=True)
            else:
                base, pieces = event
        for name in wanted:
            source = name.removesuffix("-points")
            if source in pieces:
                others = [pieces[other] for other in ("emopia", "4qaed", "vgmidi") if other != source][:2]
                result = adaptation.study(base, pieces[source], others, name != "4qaed")
                bench.store(f"adaptation-{name}", {**result, "source": name})
        if switches and "memomusic" in pieces:
            bench.store("adaptation-switch", adaptation.switch_study(base, pieces["memomusic"]))
    if bench.missing("adaptation-situnes") and (options.data / "situnes").is_dir():
        bench.store("adaptation-situnes", situnes.study(options.data / "situnes", Settings()))


def _own(bench: Bench) -> None:
    from models.evaluation.report import own_model

    options = bench.options
    wanted = [source for source in own_model.SOURCES if bench.missing(f"own-{source}")]
    if wanted:
        for event in own_model.read_places(options.data, options.cache, options.work):
            if isinstance(event, str):
                print(f"own: {event}", flush=True)
            else:
                parent, places = event
        for source in wanted:
            (other,) = (place for name, place in places.items() if name != source)
            bench.store(f"own-{source}", own_model.study(parent, places[source], other))


#: In the order in which they are run. What each costs on one core of a small server, training included.
EXPERIMENTS: dict[str, tuple[Callable[[Bench], None], str]] = {
    "lags": (_lags, "the lag-order study with ridge regression; a minute or two"),
    "leak": (_leak, "random against grouped folds; two minutes"),
    "traces": (_traces, "the second paper's networks on traces; a few minutes"),
    "lag-network": (_lag_network, "the lag-order study with a small network; a few minutes"),
    "quadrants": (_quadrants, "the first paper's tables 3 and 4; half an hour to an hour"),
    "across": (_across, "trained on one source, tested on another (after quadrants); five minutes"),
    "next": (_next, "what to label next, by simulation; half an hour"),
    "adaptation": (_adaptation, "the personal model on simulated people, and SiTunes (DATA/situnes); half an hour"),
    "own": (_own, "a model of one's own from forty clips, on simulated people; ten minutes"),
    "quiet": (_quiet, "held-out clips behind quiet lead-ins (after quadrants); five minutes"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models.evaluation.report",
        description="The report that sets the papers' numbers beside ours.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="experiments:\n" + "\n".join(f"  {name:12} {words}" for name, (_, words) in EXPERIMENTS.items()),
    )
    parser.add_argument("--report", type=Path, default=Path("docs/report"), help="folder of the pages and results")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("pages", help="make pages and figures again from the stored results")
    run = commands.add_parser("run", help="run experiments whose results are not stored yet, then make the pages")
    run.add_argument("experiments", nargs="*", choices=[*EXPERIMENTS, []], metavar="EXPERIMENT", help="all without any")
    run.add_argument("--data", type=Path, required=True, help="folder with labelled folders 4qaed, emopia and vgmidi")
    run.add_argument("--cache", type=Path, required=True, help="folder that keeps features per file")
    run.add_argument("--work", type=Path, required=True, help="folder that keeps trained networks between experiments")
    run.add_argument("--again", action="store_true", help="run also what is stored")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    options.results = options.report / "results"
    try:
        if options.command == "run":
            bench = Bench(options)
            for name in options.experiments or EXPERIMENTS:
                EXPERIMENTS[name][0](bench)
        for page in write_pages(read_results(options.results), options.report):
            print(f"wrote {page}")
    except (JobError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
