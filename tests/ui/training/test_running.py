"""A training while it runs, in the window: steered, left alone, crashed, closed upon, and gone on with."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox, QPushButton

from app.ui.training.page import CHOICES, VERDICT
from tests.ui.training.conftest import texts


def test_pause_and_stop_with_the_best(wizard) -> None:
    w = wizard("slow")
    w.to_running()
    w.until(lambda: w.training.state.curves)
    assert not w.page.back.isEnabled()
    w.window.actions_by_name["train_pause"].trigger()
    w.until(lambda: w.training.state.phase == "paused")
    assert w.page.running.pause.text() == "Go on" and "Paused" in w.page.running.doing.text()
    w.page.running.pause.click()
    w.until(lambda: w.training.state.phase == "training")
    w.window.actions_by_name["train_stop"].trigger()
    w.until(lambda: w.at() == VERDICT)


@pytest.mark.parametrize(("mode", "word"), [("segfault", "fault"), ("kill", "memory"), ("memory", "memory")])
def test_after_a_crash_one_goes_on(wizard, mode: str, word: str) -> None:
    w = wizard(mode)
    w.to_running()
    w.until(lambda: w.training.state.phase == "failed")
    page = w.page.running
    assert word in page.trouble.label.text() and not page.resume.isHidden() and not page.curves.isHidden()
    page.resume.click()
    w.until(lambda: w.at() == VERDICT)


def test_after_cancel_one_goes_on_or_back(wizard) -> None:
    w = wizard("slow")
    w.to_running()
    w.until(lambda: w.training.state.curves)
    w.page.running.cancel.click()
    w.until(lambda: w.training.state.phase == "cancelled")
    assert not w.page.running.resume.isHidden() and w.page.back.isEnabled()
    w.page.go_back()
    assert w.at() == CHOICES
    w.go_on()
    w.until(lambda: w.at() == VERDICT)


def test_memory_that_was_short_is_said(wizard) -> None:
    w = wizard("halved slow")
    w.to_running()
    w.until(lambda: w.training.state.curves)
    assert "halves" in texts(w.page.running.notes)


def test_elsewhere_a_word_says_how_far_it_is(wizard) -> None:
    w = wizard("slow")
    w.to_running()
    w.until(lambda: w.training.state.curves)
    assert w.window.training.isHidden()  # it is all over the page
    w.window.show_workspace("analyse")
    assert not w.window.training.isHidden() and "%" in w.window.training.text()
    w.until(lambda: w.training.state.phase == "done")
    assert "finished" in w.window.training.text()
    assert "result is in Train" in w.window.topbar.notice.text()
    w.window.training.click()
    assert w.window.workspaces.shown == "train" and w.at() == VERDICT
    assert w.window.training.isHidden()


def test_closing_asks_and_the_next_start_goes_on(wizard, make_window, monkeypatch: pytest.MonkeyPatch) -> None:
    w = wizard("slow")
    w.to_running()
    w.until(lambda: w.training.state.curves)
    answers = ["Stay and let it finish", "Stop, and go on next time"]

    def answer(box: QMessageBox) -> int:
        wanted = answers.pop(0)
        next(button for button in box.buttons() if button.text() == wanted).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", answer)
    w.window.show_workspace("analyse")  # which is where the next start begins
    assert not w.window.close() and w.training.state.busy
    assert w.window.close() and not answers
    assert w.window.session.wait_closed()

    monkeypatch.setenv("FAKE_TRAIN", "")
    again = make_window()
    assert not again.training.isHidden() and "go on" in again.training.text()
    again.training.click()
    page = again.workspaces.page
    assert again.training.isHidden()
    assert w.folder.name in texts(page.source.unfinished) and "not finished" in texts(page.source.unfinished)
    go_on = next(b for b in page.source.unfinished.findChildren(QPushButton) if b.text() == "Go on with it")
    go_on.click()
    w.bot.waitUntil(lambda: page.stack.currentIndex() == VERDICT, timeout=20_000)


def test_a_result_that_was_not_decided_upon_is_there_at_the_next_start(wizard, make_window) -> None:
    w = wizard()
    w.to_verdict()
    folder = Path(w.training.plan.out)
    assert w.window.close() and w.window.session.wait_closed()
    again = make_window()
    again.show_workspace("train")
    page = again.workspaces.page
    see = next(b for b in page.source.unfinished.findChildren(QPushButton) if b.text() == "See the result")
    see.click()
    assert page.stack.currentIndex() == VERDICT and "No clear difference" in page.verdict.title.text()
    page.begin_anew()
    away = next(b for b in page.source.unfinished.findChildren(QPushButton) if b.text() == "Let it go")
    away.click()
    assert not folder.exists() and page.source.unfinished.isHidden()


def test_the_window_stays_live_while_the_child_floods(wizard) -> None:
    w = wizard("flood")
    w.to_choices()
    gaps, told = [], []
    last = [time.monotonic()]

    def tick() -> None:
        now = time.monotonic()
        gaps.append(now - last[0])
        last[0] = now

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(5)
    w.training.state_changed.connect(told.append)
    began_s = time.monotonic()
    w.go_on()
    w.until(lambda: w.training.state.phase == "done")
    timer.stop()
    took_s = time.monotonic() - began_s
    assert len(told) <= 22 * took_s + 4
    # A person notices from about a tenth of a second on; a busy machine is given ten times that.
    assert max(gaps) < 1.0
    assert sorted(gaps)[len(gaps) // 2] < 0.1
