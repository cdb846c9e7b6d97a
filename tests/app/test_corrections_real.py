"""A correction with nothing faked: a small fused model learns from what is really heard of a file, and unlearns it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.session import Session
from models.analysis import Analysis


@pytest.fixture
def toy(own_home: Path) -> str:
    """Write a model of random networks with a memory of random music to the user's own."""
    import torch

    from models.audio.heard import N_STEP_FEATURES, N_SUMMARY_FEATURES
    from models.hub import write_model
    from models.networks.fusion import MEMORY_COLUMNS, Fusion
    from models.networks.memory import Memory

    sizes = {
        "step_features": N_STEP_FEATURES,
        "summary_features": N_SUMMARY_FEATURES,
        "listeners": 1,
        "regressors": 1,
        "known": 40,
        "regressor": {"hidden": 8, "levels": 1, "heads": 2},
    }
    torch.manual_seed(0)
    network = Fusion(**sizes).eval().requires_grad_(False)
    x, y = torch.randn(40, N_SUMMARY_FEATURES), 0.3 * torch.randn(40, MEMORY_COLUMNS)
    fitted = Memory.fit(x, y, [str(i) for i in range(40)], width=1.0, ridge=0.3)
    network.memory.load_state_dict(fitted.state_dict())
    card = {"version": "1", "name": "Toy", "summary": "Random weights, for a test.", "band_coverage": 0.8}
    return write_model(own_home / "models" / "toy", network, {"kind": "fusion", **sizes}, card).id


@pytest.mark.slow
def test_a_correction_is_learned_answered_kept_and_taken_back(qtbot, tmp_path: Path, toy: str, own_home: Path) -> None:
    file = tmp_path / "noise.wav"
    rng = np.random.default_rng(0)
    soundfile.write(file, rng.normal(0, 0.1, 4 * 22_050), 22_050)

    def shown(session: Session, model: str) -> Analysis | None:
        current = session.document.current
        analysis = None if current is None else session.document.analysis(current)
        ready = session.document.model.status == "ready" and session.document.model.id == model
        return analysis if analysis is not None and analysis.model_id == model and ready else None

    def begun() -> Session:
        session = Session()
        session.start()
        return session

    session = begun()
    session.set_model(toy)
    session.set_rater("Anna Lind")
    session.open_paths([file])
    qtbot.waitUntil(lambda: shown(session, toy) is not None, timeout=120_000)
    before = shown(session, toy)
    track = session.document.current
    assert track is not None
    session.correct(track, valence=0.9, arousal=-0.9)
    qtbot.waitUntil(lambda: shown(session, "Anna-Lind") is not None, timeout=60_000)
    adaptation = session.document.adaptation(track)
    after = shown(session, "Anna-Lind")
    assert adaptation is not None
    assert (adaptation.step, adaptation.seconds < 5) == (1, True)
    assert adaptation.before.valence == pytest.approx(before.valence, abs=1e-5)
    assert adaptation.after.valence == pytest.approx(after.valence, abs=1e-5)
    assert after.valence > before.valence
    assert after.arousal < before.arousal
    assert (own_home / "models" / "Anna-Lind" / "card.json").is_file()
    assert len(list((own_home / "heard").iterdir())) == 1

    # What was judged from memory is what the file gives when it is heard again.
    session.analyse_again([track])
    qtbot.waitUntil(lambda: session.document.queue.total == session.document.queue.done == 1, timeout=60_000)
    again = shown(session, "Anna-Lind")
    assert again is not after
    assert np.array_equal(again.valence_over_time, after.valence_over_time)
    assert again.climaxes == after.climaxes
    assert again.notes == after.notes
    session.close()
    assert session.wait_closed()

    session = begun()
    session.warm_up()
    qtbot.waitUntil(lambda: shown(session, "Anna-Lind") is not None, timeout=60_000)
    assert shown(session, "Anna-Lind").valence == after.valence
    session.correct(track, valence=0.0, arousal=0.9)
    qtbot.waitUntil(lambda: session.document.adaptation(track) is not None, timeout=60_000)
    assert session.document.adaptation(track).step == 1  # of what was corrected before: it takes its place
    session.undo()
    qtbot.waitUntil(
        lambda: (
            shown(session, "Anna-Lind") is not None and shown(session, "Anna-Lind").model_version == after.model_version
        ),
        timeout=60_000,
    )
    qtbot.waitUntil(lambda: shown(session, "Anna-Lind").valence == pytest.approx(after.valence), timeout=60_000)
    (label,) = session.labels(track)
    assert (label.valence, label.arousal) == (0.9, -0.9)
    session.close()
    assert session.wait_closed()
