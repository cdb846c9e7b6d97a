"""What tests of corrections look at."""

from __future__ import annotations

from tests.app.running import Run


def learned(run: Run, track_id: int) -> None:
    run.pump.until(lambda: not run.document.is_learning(track_id))
    run.pump.flush(0.05)


def shown_by(run: Run, stem: str) -> tuple[str, str] | None:
    analysis = run.document.analysis(run.id(stem))
    return None if analysis is None else (analysis.model_id, analysis.model_version)
