"""The program's own command line as the child: what the window expects of it, on a handful of tiny recordings."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from PySide6.QtWidgets import QApplication

from app.jobs.training_plan import TrainingPlan
from app.session import Session
from app.ui.theme import THEME
from models.hub import read_card
from tests import corpus
from tests.app.fakes import FakeScience


@pytest.mark.slow
def test_a_survey_and_a_training_that_is_stopped_with_the_best(qtbot, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    for i, mood in enumerate(("happy", "angry", "sad", "平静")):
        (folder / mood).mkdir(parents=True)
        for k in range(2):
            soundfile.write(folder / mood / f"{k}.wav", corpus.melody(1.5, seed=10 * i + k), corpus.RATE_HZ)
    (folder / "sad" / "broken.wav").write_bytes(b"RIFF")
    THEME.start(QApplication.instance())
    session = Session(tmp_path / "library.sqlite3", worker=FakeScience().worker())
    training = session.training
    try:
        training.look_at([folder])
        qtbot.waitUntil(lambda: not training.survey.busy, timeout=60_000)
        assert training.survey.error == "" and training.survey.survey["usable"] == 8
        assert training.survey.survey["quadrants"] == {"Q1": 2, "Q2": 2, "Q3": 2, "Q4": 2}
        assert not training.survey.survey["can_train"] and training.survey.survey["can_train_with_skip_bad"]
        training.start(TrainingPlan(str(tmp_path / "mine"), (str(folder),), recipe="fast", folds=2, device="cpu"))
        qtbot.waitUntil(lambda: bool(training.state.curves) or not training.state.busy, timeout=60_000)
        assert training.state.phase == "training", training.state.error
        training.stop()
        qtbot.waitUntil(lambda: not training.state.busy, timeout=60_000)
        assert training.state.phase == "done", training.state.error
        assert read_card(Path(training.state.folder)).id == "mine"
    finally:
        session.close()
        assert session.wait_closed()
