"""What every test gets without asking: a home of its own, no network, and nobody left behind at the end."""

from __future__ import annotations

import gc
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

#: Threads of libraries that live as long as the process.
_ALLOWED_THREADS = ("pytest_timeout", "tqdm", "TMonitor", "execnet", "pydev")
_GRACE_S = 10.0


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a library and settings of its own; the user's are never touched."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("AFFEKT_HOME", str(home / "affekt"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        folder = home / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    return home / "affekt"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever wants to reach the network; sockets of this machine's own (a display) stay open."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            pytest.fail(f"a test wanted to reach {address!r}")
        connect(self, address)

    def refused(*args: Any, **kwargs: Any) -> Any:
        pytest.fail(f"a test wanted to reach {args!r}")

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.fixture(autouse=True)
def nobody_left_behind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a thread running, a QThread or QTimer active, or a window open.

    Around tests of the window, garbage is collected between tests only: PySide6 crashes when the collector runs on
    another thread, or while a window is being taken down.
    """
    before = set(threading.enumerate())
    of_window = bool({"qapp", "qtbot"} & set(request.fixturenames))
    if of_window:
        gc.disable()
    timers, threads = _watch_qt(monkeypatch)
    yield
    left = _wait_for(before)
    problems = [f"thread {thread.name!r} still runs" for thread in left]
    problems += _left_in_qt(timers, threads)
    timers.clear()
    threads.clear()
    if of_window:
        gc.collect()
        gc.enable()
    if problems:
        pytest.fail("left behind: " + "; ".join(problems), pytrace=False)


def _wait_for(before: set[threading.Thread]) -> list[threading.Thread]:
    end = time.monotonic() + _GRACE_S
    while True:
        left = [
            thread
            for thread in threading.enumerate()
            if thread not in before
            and thread is not threading.current_thread()
            and not isinstance(thread, threading._DummyThread)
            and not any(name in f"{thread.name} {type(thread).__name__}" for name in _ALLOWED_THREADS)
        ]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.01)


def _watch_qt(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[Any]]:
    """Remember every QTimer and QThread that Python starts from now on, if Qt is there at all."""
    timers: list[Any] = []
    threads: list[Any] = []
    core = sys.modules.get("PySide6.QtCore")
    if core is None:
        return timers, threads

    def remember(kind: Any, into: list[Any]) -> None:
        start = kind.start

        def started(self: Any, *args: Any) -> None:
            into.append(self)
            start(self, *args)

        monkeypatch.setattr(kind, "start", started)

    remember(core.QTimer, timers)
    remember(core.QThread, threads)
    return timers, threads


def _left_in_qt(timers: list[Any], threads: list[Any]) -> list[str]:
    """Say what of Qt is still alive, after what was to be deleted has been."""
    core = sys.modules.get("PySide6.QtCore")
    app = core.QCoreApplication.instance() if core is not None else None
    if core is None or app is None:
        return []
    import shiboken6

    problems = []
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is not None and isinstance(app, widgets.QApplication):
        open_windows = [widget for widget in app.topLevelWidgets() if widget.isVisible()]
        problems += [f"window {type(w).__name__} {w.windowTitle()!r} is still open" for w in open_windows]
        for window in open_windows:
            window.close()
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
    for timer in {id(timer): timer for timer in timers}.values():
        if shiboken6.isValid(timer) and timer.isActive():
            problems.append(f"a QTimer of {timer.parent()!r} is still active")
            timer.stop()
    for thread in {id(thread): thread for thread in threads}.values():
        if shiboken6.isValid(thread) and not thread.wait(int(_GRACE_S * 1000)):
            problems.append(f"QThread {thread.objectName()!r} still runs")
    return problems
