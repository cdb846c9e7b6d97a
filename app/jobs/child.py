"""The program's own command line as a child process: its JSON lines come in, a word or two go out, and it can be ended.

Long work that may crash, or eat all memory, is done out of the window's process. What the window asks for is what a
person could type: `affekt train ...`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import app
from models.errors import ErrorKind, JobError

Event = Mapping[str, Any]
#: How long a child that was asked to end may take to end by itself (it writes a checkpoint), and then to obey a signal.
GRACE_S, TERM_S = 8.0, 3.0
#: Of what the child says for developers so much is kept: the end, where the cause stands.
_STDERR_LINES = 60
#: Windows says in such exit codes what elsewhere is a signal: an access violation, a stack overflow, a failed check.
_WINDOWS_FAULTS = {0xC0000005, 0xC00000FD, 0xC0000409, 0xC000001D}
_WINDOWS_NO_MEMORY = {0xC0000017, 0xC000012D}
_SIGKILL = 9


def own_command() -> list[str]:
    """Return what starts this program's command line: this program itself where it is frozen, else its Python."""
    if not getattr(sys, "frozen", False):
        return [sys.executable, "-m", "app"]
    program = Path(sys.executable)
    # On Windows the windowed program has a twin whose output can be read.
    twin = program.with_name(program.name.replace("-window", ""))
    return [str(twin if twin.is_file() else program)]


def _place() -> dict[str, Any]:
    """How a child is started on this system."""
    how: dict[str, Any] = {}
    if not getattr(sys, "frozen", False):
        # `-m app` finds the package from here in a checkout as in an installation, and no other `app` before it.
        how["cwd"] = Path(app.__file__).resolve().parent.parent
    if sys.platform == "win32":
        how["creationflags"] = subprocess.CREATE_NO_WINDOW
    else:
        how["start_new_session"] = True  # Ctrl+C in a terminal is for the window, which ends its child in good order
    return how


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended.

    Attributes
    ----------
    status : int
        Its exit status; negative for the number of the signal that ended it.
    asked : bool
        Whether it had been asked to end.
    errors : str
        The last it wrote for developers.
    """

    status: int
    asked: bool
    errors: str = ""

    def why(self, doing: str) -> JobError:
        """Say in words why it ended without being asked and without a word; `doing` is the subject: "The training"."""
        if self.status == -_SIGKILL or self.status in _WINDOWS_NO_MEMORY or "MemoryError" in self.errors:
            kind: ErrorKind = "out_of_memory"
            why = "most likely because the memory was full: close other programs"
        elif self.status < 0 or self.status in _WINDOWS_FAULTS:
            kind, why = "internal", "by a fault in the program or in a driver"
        elif "No space left" in self.errors:
            kind, why = "no_space", "because the disk is full: make room"
        else:
            kind, why = "internal", "by a fault in the program"
        return JobError(kind, f"{doing} was ended {why}.", f"exit status {self.status}\n{self.errors}")


class Child:
    """One child process; it is started, read and waited for on threads of its own.

    Parameters
    ----------
    words : sequence of str
        The subcommand and its arguments.
    hear : callable
        Takes each JSON object that the child prints on a line, on the reading thread.
    ended : callable
        Takes how it ended, once, after all that it said; on the reading thread.
    command : sequence of str, optional
        What to start instead of the program's own command line.
    after : sequence of Child
        Begin when these have ended: they write the same files.
    grace_s : float
        How long it may take to end by itself when it is asked to.
    """

    def __init__(
        self,
        words: Sequence[str],
        hear: Callable[[Event], None],
        ended: Callable[[Ended], None],
        *,
        command: Sequence[str] | None = None,
        after: Sequence[Child] = (),
        grace_s: float = GRACE_S,
    ) -> None:
        self._command = [*(command or own_command()), *words]
        self._after = after
        self._hear, self._ended = hear, ended
        self._grace_s = grace_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._said: list[str] = []  # what is to be written as soon as it has begun
        self._asked = False
        self._errors: deque[str] = deque(maxlen=_STDERR_LINES)
        # Daemons: a child that cannot be ended must not keep the program from ending.
        self._reader = threading.Thread(target=self._run, name="child", daemon=True)
        self._reader.start()

    def tell(self, word: str) -> None:
        """Write a line to the child; nothing happens when it has ended."""
        with self._lock:
            if self._process is None:
                self._said.append(word)
            else:
                self._write(word)

    def end(self, word: str = "cancel") -> None:
        """Ask the child to end; when it does not, end it, and when that does not help, kill it. Returns at once."""
        with self._lock:
            if self._asked:
                return
            self._asked = True
        self.tell(word)
        threading.Thread(target=self._insist, name="child-end", daemon=True).start()

    def join(self, timeout_s: float) -> bool:
        """Wait until it has ended and all it said was heard; whether that is so."""
        self._reader.join(timeout_s)
        return not self._reader.is_alive()

    def _write(self, word: str) -> None:
        stream = self._process.stdin if self._process is not None else None
        if stream is not None:
            with suppress(OSError, ValueError):  # it has gone, or is going
                stream.write(word + "\n")
                stream.flush()

    def _insist(self) -> None:
        if self.join(self._grace_s):
            return
        for signal, wait_s in (("terminate", TERM_S), ("kill", TERM_S)):
            with self._lock:
                process = self._process
            if process is not None:
                with suppress(OSError):
                    getattr(process, signal)()
            if self.join(wait_s):
                return

    def _run(self) -> None:
        for other in self._after:
            other.join(GRACE_S + 3 * TERM_S)
        self._after = ()
        if self._asked:
            self._ended(Ended(0, asked=True))
            return
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env=environment,
                **_place(),
            )
        except OSError as error:
            self._ended(Ended(1, self._asked, f"{self._command[0]}: {error}"))
            return
        with self._lock:
            self._process = process
            for word in self._said:
                self._write(word)
        errors = threading.Thread(target=self._keep_errors, args=(process,), name="child-errors", daemon=True)
        errors.start()
        assert process.stdout is not None
        for line in process.stdout:
            event = _read(line)
            if event is not None:
                self._hear(event)
        status = process.wait()
        errors.join(1.0)
        with self._lock:
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    with suppress(OSError, ValueError):
                        stream.close()
        self._ended(Ended(status, self._asked, "".join(self._errors)))

    def _keep_errors(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with suppress(ValueError):  # closed under our feet, when a grandchild holds it open
            for line in process.stderr:
                self._errors.append(line)


def _read(line: str) -> Event | None:
    """Return the JSON object of a line; None where it is none (a library's chatter)."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


class Steady:
    """Calls a function at most so often, with a last call after the last ask.

    Parameters
    ----------
    call : callable
        What to call, on this object's own thread.
    every_s : float
        Seconds from call to call; 0.05 is 20 times a second: more often nobody sees.
    """

    def __init__(self, call: Callable[[], None], every_s: float = 0.05) -> None:
        self._call, self._every_s = call, every_s
        self._due = threading.Event()
        self._state: Literal["going", "ending"] = "going"
        self._thread = threading.Thread(target=self._run, name="child-tell", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Have it called soon."""
        self._due.set()

    def end(self) -> None:
        """Have it called once more if that is due, and never again; returns when that is so."""
        self._state = "ending"
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()  # first: who asks from now on, or has it ended, is heard the next time at the latest
            ending = self._state == "ending"
            self._call()
            if ending:
                return
            time.sleep(self._every_s)
