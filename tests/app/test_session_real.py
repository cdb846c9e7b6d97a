"""A session with nothing faked: Qt's loop, the real reading, and a real network (untrained, seeded)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.document import TrackState
from app.session import Session


@pytest.fixture
def untrained(own_home: Path) -> str:
    """Write a model of random weights to the user's own."""
    import torch

    from models.hub import write_model
    from models.networks.crnn import CRNN

    torch.manual_seed(0)
    card = {"version": "1", "name": "Untrained", "summary": "Random weights, for a test."}
    return write_model(own_home / "models" / "untrained", CRNN(), {"kind": "crnn"}, card).id


@pytest.mark.slow
def test_from_a_folder_to_results_and_again_from_the_library(qtbot, tmp_path: Path, untrained: str) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    rng = np.random.default_rng(0)
    soundfile.write(folder / "noise.wav", rng.normal(0, 0.1, (5 * 44_100, 2)), 44_100)
    (folder / "text.wav").write_text("no recording at all")

    def rows(session: Session) -> dict[str, TrackState]:
        states = map(session.document.track, session.document.order)
        return {state.path.name: state for state in states}

    def idle(session: Session) -> bool:
        queue = session.document.queue
        return len(session.document) == 2 and queue.total == queue.done == 2

    session = Session()
    session.start()
    session.set_model(untrained)
    session.open_paths([folder])
    qtbot.waitUntil(lambda: idle(session), timeout=120_000)
    noise, text = rows(session)["noise.wav"], rows(session)["text.wav"]
    assert noise.status == "done"
    assert noise.duration_s == pytest.approx(5.0, abs=0.05)
    assert session.document.model.status == "ready"
    analysis = session.document.analysis(noise.id)
    assert analysis is not None
    assert analysis.quadrant == noise.quadrant
    assert analysis.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    assert text.status == "failed"
    assert "text.wav" in text.error
    session.close()
    assert session.wait_closed()

    session = Session()
    session.start()
    qtbot.waitUntil(lambda: len(session.document) == 2, timeout=30_000)
    session.select_track(noise.id)
    qtbot.waitUntil(lambda: session.document.analysis(noise.id) is not None, timeout=30_000)
    again = session.document.analysis(noise.id)
    assert again is not None
    np.testing.assert_array_equal(again.quadrants_over_time, analysis.quadrants_over_time)
    assert again.climaxes == analysis.climaxes
    session.close()
    assert session.wait_closed()
