"""Why, with nothing faked but the training: the real reading, a tiny network, and the library in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app.session import Session
from models.explain.counterfactual import Change
from tests.tiny_model import write_tiny_model


@pytest.fixture
def session(qtbot: Any, tmp_path: Path, own_home: Path) -> Any:
    write_tiny_model(own_home / "models" / "tiny")
    time_s = np.arange(8 * 22_050) / 22_050
    tone = 0.3 * np.sin(2 * np.pi * 440 * time_s) * (time_s > 4)
    soundfile.write(tmp_path / "tone.wav", tone + np.random.default_rng(0).normal(0, 0.01, len(tone)), 22_050)
    session = Session(tmp_path / "library.sqlite3")
    session.start()
    session.set_model("tiny")
    session.open_paths([tmp_path / "tone.wav"])
    document = session.document
    qtbot.waitUntil(lambda: document.current is not None, timeout=60_000)
    qtbot.waitUntil(lambda: document.analysis(document.current) is not None, timeout=120_000)
    yield session
    session.close()
    assert session.wait_closed()


@pytest.mark.slow
def test_a_stretch_is_explained_and_kept_and_a_changed_sound_is_asked_about(qtbot: Any, session: Session) -> None:
    explainer, document = session.explainer, session.document
    current = document.current
    assert current is not None
    explainer.ask(current, "Q1", "saliency", (3.0, 6.0))
    qtbot.waitUntil(lambda: explainer.state is not None and not explainer.state.busy, timeout=120_000)
    assert explainer.state is not None
    found = explainer.state.explanation
    assert found is not None, explainer.state.message
    assert (found.model_id, found.start_s, found.end_s) == ("tiny", 3.0, 6.0)
    assert found.map.shape == (len(found.frequencies_hz), len(found.times_s))
    assert 3.0 <= found.times_s[0] < found.times_s[-1] <= 6.0

    analysis = document.analysis(current)
    assert analysis is not None
    library = session._desk.librarian.library()

    def kept() -> Any:
        return library.explanations.get(analysis.sha256, "tiny", "7", "Q1", "saliency", 3.0, 6.0)

    qtbot.waitUntil(lambda: kept() is not None, timeout=20_000)
    np.testing.assert_array_equal(kept().map, found.map)

    explainer.suppose(current, Change("gain", -10.0), (3.0, 6.0))
    qtbot.waitUntil(lambda: explainer.supposing is not None and not explainer.supposing.busy, timeout=120_000)
    assert explainer.supposing is not None
    assert explainer.supposing.status == "ready", explainer.supposing.message
    answer = explainer.supposing.answer
    np.testing.assert_allclose(answer.before.probabilities, analysis.probabilities, atol=1e-3)
    assert abs(answer.after.probabilities - answer.before.probabilities).max() > 1e-4
