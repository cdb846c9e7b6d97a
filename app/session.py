"""One run of the program: the document, its commands, the library and the working threads, tied together.

The window talks to a `Session` and observes its `document`; everything here is called on the GUI thread and answers at
once. What takes time happens on two threads: the librarian (library, folders, tags) and the analysis worker, which owns
the model. Their messages come back through the pump of `app.jobs.qt`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from app.commands import AddMark, ClearList, CommandStack, FindAgain, NameMark, OpenPaths, RemoveMark, RemoveTracks
from app.document import Document
from app.jobs import messages as say
from app.jobs.adviser import Adviser
from app.jobs.comparer import Comparer
from app.jobs.desk import Desk, Pump, PumpMaker
from app.jobs.explainer import Explainer
from app.jobs.fallback import decode_with_qt
from app.jobs.model_files import ModelFiles
from app.jobs.norms import Norms
from app.jobs.printing import Printing
from app.jobs.second_opinion import SecondOpinion
from app.jobs.structures import Structures
from app.jobs.tools import Card, Tools, Worker
from app.jobs.training import Training
from app.library.rows import Mark
from app.paths import own_models
from app.session_compare import SessionCompare
from app.session_explore import SessionExplore
from app.session_keeping import Keeper
from app.session_labels import SessionLabels
from app.session_models import SessionModels
from models.errors import JobError


def _qt_pump(deliver: Callable[[say.Message], None], wanted: Callable[[say.Message], bool]) -> Pump:
    from app.jobs.qt import MessagePump

    return MessagePump(deliver, wanted)


class Session(SessionLabels, SessionModels, SessionExplore, SessionCompare):
    """What the window talks to; its parts are in `app.session_labels`, `_models`, `_explore` and `_compare`.

    Parameters
    ----------
    library_file : Path, optional
        Database to use instead of the user's.
    device : {"auto", "cpu", "cuda", "mps"}
        Where the model shall run.
    worker : Worker, optional
        How to load and ask a model; the tests' fake one, or the real one.
    tools : Tools, optional
        How to scan folders, read tags and hash files.
    pump : callable
        Makes the carrier of messages; Qt's by default.
    command : sequence of str, optional
        What starts the program's command line for trainings; this program's own by default.

    Attributes
    ----------
    document : Document
        What is open, and the signals to observe it by.
    commands : CommandStack
        `can_undo`, `can_redo`, `undo_text`, `redo_text`.
    training : Training
        Trainings of models, which run in a process of their own.
    second_opinion : SecondOpinion
        What other models say than the one that judges.
    adviser : Adviser
        What to label next.
    explainer : Explainer
        Which moments and sounds carry the model's answer, and what it would be if they were others.
    keeper : Keeper
        The session file: saves, opens and keeps what is open.
    norms : Norms
        What is usual in the library.
    structures : Structures
        How recordings are built.
    comparer : Comparer
        What is compared, with everything that it takes.
    printing : Printing
        Figures and reports.
    """

    def __init__(
        self,
        library_file: Path | None = None,
        *,
        device: str = "auto",
        worker: Worker | None = None,
        tools: Tools | None = None,
        pump: PumpMaker = _qt_pump,
        command: Sequence[str] | None = None,
    ) -> None:
        self.document = Document()
        self.commands = CommandStack(self.document)
        self._worker = worker or Worker(fallback=decode_with_qt)
        tools = tools or Tools()
        self._desk = Desk(self.document, self._on_scanned, pump, library_file, self._worker, tools, device)
        beside = own_models().parent if library_file is None else library_file.parent
        self.training = Training(pump, beside / "training", command)
        self.model_files = ModelFiles(pump, self._model_file_done)
        self.second_opinion = SecondOpinion(pump, self._desk.queue, device)
        librarian, answering = self._desk.librarian, lambda: self._desk.model
        self.adviser = Adviser(pump, librarian, self._worker.identify, answering)
        heard = self._desk.queue.heard_of
        self.explainer = Explainer(self.document, pump, librarian, self._worker, tools, answering, heard)
        self.norms = Norms(self.document, pump, librarian, self._worker.identify, answering)
        self.structures = Structures(self.document, pump, librarian, self._worker, tools)
        self.keeper = Keeper(self.document, self.commands, self._desk, tools.sha256_of, self._take_model, self._keep)
        self.comparer = Comparer(self.document, pump, self._desk, self.structures)
        self.printing = Printing(pump, librarian.library, self._worker.identify, answering)
        self._closed = False

    # Beginning and end

    def start(self) -> None:
        """Open the library and bring back the list of last time, in the background. Call once."""
        self._desk.open()
        self.keeper.start()
        self.restore_comparison()

    def warm_up(self) -> None:
        """Load the model in the worker. Call once the window is painted: importing torch takes a moment."""
        self._desk.warm_up()

    def close(self) -> None:
        """Stop everything and return at once; what is not finished is taken up at the next start.

        The threads end by themselves; `wait_closed` waits for them once the window is gone.
        """
        if not self._closed:
            self._closed = True
            self.keeper.close()
            self.explainer.close()
            self.structures.close()
            self._desk.close()
            self.training.close()
            self.model_files.close()
            self.second_opinion.close()
            self.adviser.close()
            self.norms.close()
            self.comparer.close()
            self.printing.close()

    def wait_closed(self, timeout_s: float = 30.0) -> bool:
        """Wait, after `close` and once the window is gone, until the threads have ended; whether they have."""
        until = time.monotonic() + timeout_s
        ended = self.training.join(timeout_s)
        ended = self.model_files.join(max(0.0, until - time.monotonic())) and ended
        for thread in (self.explainer, self.structures, self.comparer, self.printing):
            ended = thread.join(max(0.0, until - time.monotonic())) and ended
        return self._desk.join(max(0.0, until - time.monotonic())) and ended

    # What a person does

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open files and folders (recursively): they come to the list and are analysed. Undoable.

        The files are looked for in the background. Missing files become rows that say so; files that are on the
        list already are not added again, and if nothing else was opened the first of them is shown.
        """
        found = [Path(path).absolute() for path in paths]
        if found:
            self._desk.librarian.scan(found)

    def remove_tracks(self, track_ids: Iterable[int]) -> None:
        """Take tracks off the list. Undoable; files and analyses stay."""
        ids = [track_id for track_id in track_ids if track_id in self.document]
        if ids:
            self.commands.run(RemoveTracks(self.document, self._desk, ids))
            self._desk.show_current()

    def find_again(self, track_id: int, path: Path) -> int:
        """Say where the file of a track lies now. Undoable; its marks stay, and what is known of its content.

        Other missing tracks of the same old folder whose files lie beside this one are found with it.

        Returns
        -------
        int
            How many tracks were found again; 0 if the file belongs to another track of the list, which is shown.
        """
        document = self.document
        others = {document.track(i).path: i for i in document.order}
        path = path.absolute()
        if path in others:
            self.select_track(others[path])
            return 0
        found = {track_id: path}
        old_folder = document.track(track_id).path.parent
        try:
            beside = {other.name for other in path.parent.iterdir()}
        except OSError:
            beside = set()
        for old, other_id in others.items():
            new = path.parent / old.name
            if (
                other_id != track_id
                and document.track(other_id).status == "missing"
                and (old.parent, old.name in beside, new in others) == (old_folder, True, False)
            ):
                found[other_id] = new
        self.commands.run(FindAgain(document, self._desk, found))
        return len(found)

    def clear_list(self) -> None:
        """Take all tracks off the list. Undoable."""
        if self.document.order:
            self.commands.run(ClearList(self.document, self._desk))
            self._desk.show_current()

    def select_track(self, track_id: int | None) -> None:
        """Show a track: its results are read in the background, or it is analysed before all others."""
        self.document.set_current(track_id)
        self._desk.show_current()

    def set_selection(self, start_s: float | None, end_s: float | None = None) -> None:
        """Select a region of the current track in seconds; None selects nothing. Not undoable."""
        self.document.set_selection(None if start_s is None or end_s is None else (start_s, end_s))

    def add_mark(self, time_s: float, label: str = "") -> Mark | None:
        """Mark an instant of the current track, to the millisecond. Undoable, and kept in the library at once.

        Parameters
        ----------
        time_s : float
            Seconds from the start; what lies outside the recording is moved to its nearer end.
        label : str
            What it is called; may be empty.

        Returns
        -------
        Mark or None
            None if nothing is shown, or if the instant is marked already.
        """
        document, current = self.document, self.document.current
        if current is None or not math.isfinite(time_s):
            return None
        time_s = max(0.0, min(time_s, document.track(current).duration_s or time_s))
        mark = Mark(round(time_s, 3), label)
        if any(other.time_s == mark.time_s for other in document.marks(current)):
            return None
        self.commands.run(AddMark(document, self._desk.shelf, current, mark))
        return mark

    def name_mark(self, mark: Mark, label: str) -> Mark | None:
        """Call a mark of the current track something; an empty label unnames it. Undoable, and kept at once.

        Returns
        -------
        Mark or None
            The mark as it is now called; None if there is no such mark, or it is called that already.
        """
        label, current = " ".join(label.split()), self.document.current
        if current is None or mark not in self.document.marks(current) or mark.label == label:
            return None
        self.commands.run(NameMark(self.document, self._desk.shelf, current, mark, label))
        return Mark(mark.time_s, label)

    def remove_mark(self, time_s: float, reach_s: float = 0.001) -> Mark | None:
        """Remove the current track's mark that is nearest to an instant and at most `reach_s` away. Undoable.

        Returns
        -------
        Mark or None
            What was removed; None if there was nothing so near.
        """
        current = self.document.current
        marks = self.document.marks(current) if current is not None else ()
        mark = min(marks, key=lambda mark: abs(mark.time_s - time_s), default=None)
        if current is None or mark is None or abs(mark.time_s - time_s) > reach_s:
            return None
        self.commands.run(RemoveMark(self.document, self._desk.shelf, current, mark))
        return mark

    def cancel(self, track_id: int) -> None:
        """Stop the work on one track. It is "waiting" at once; `analyse_again` takes it up again."""
        self._desk.hold([track_id])

    def cancel_all(self) -> None:
        """Stop the work on all tracks."""
        self._desk.hold()

    def analyse_again(self, track_ids: Iterable[int]) -> None:
        """Analyse tracks anew, also where the library has a result (it stays until the new one is there)."""
        self._desk.submit(list(track_ids), fresh=True)

    def analyse_waiting(self) -> None:
        """Queue every track that is "waiting", "failed" or "missing"."""
        document = self.document
        waits = ("waiting", "failed", "missing")
        self._desk.submit([i for i in document.order if document.track(i).status in waits])

    def undo(self) -> str | None:
        """Undo the last command and say what was undone ("Removed 3 tracks"); None if there is none."""
        text = self.commands.undo()
        self._desk.show_current()
        return text

    def redo(self) -> str | None:
        """Do the last undone command again and say what it did; None if there is none."""
        text = self.commands.redo()
        self._desk.show_current()
        return text

    def models(self) -> list[Card]:
        """Return the cards (`models.hub.Card`) of all models, shipped and own. Light: reads a few small files."""
        return list(self._worker.list_models())

    def set_model(self, model: str) -> None:
        """Let another model answer from now on: an id from `models`, or a model folder's path.

        What the library has by it is shown; tracks it has not analysed are "waiting" (`analyse_waiting` queues
        them), and the one that is shown is analysed at once. What the model before has found stays in the library. If
        there is no such model, a notice says so and nothing changes.
        """
        try:
            self._desk.switch_model(model)
        except JobError as error:
            self.document.tell(error.message, "error")

    def _take_model(self, model: str) -> bool:
        """Let a model answer, if there is one of this id."""
        try:
            self._worker.identify(model)
        except JobError:
            return False
        self.set_model(model)
        return True

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a kept setting (any JSON value). At once, also before `start`."""
        return self._desk.librarian.setting(name, default)

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting (any JSON value); written in the background."""
        self._desk.librarian.set_setting(name, value)

    def _on_scanned(self, message: say.Scanned) -> None:
        """Put what was found on the list, as a command."""
        document = self.document
        if message.tracks:
            self.commands.run(OpenPaths(document, self._desk, message.tracks, message.positions))
        known = [track_id for track_id in message.known if track_id in document]
        # Opening a file again is how a person says "look once more".
        self._desk.submit([i for i in known if document.track(i).status in ("waiting", "failed", "missing")])
        if not message.tracks and known:
            document.set_current(known[0])
        self._desk.show_current()
