"""The report: its experiments on small clips, its pages from stored results, and what it says where nothing was run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from models.audio.log_mel import FLOOR, FRAME_S, log_mel
from models.data.labelled import LabelledClip
from models.errors import JobError
from models.evaluation.report import leak, quadrants, sequences
from models.evaluation.report.__main__ import main, write_result
from models.evaluation.report.lags import Piece
from models.evaluation.report.leak import band_statistics, sibling_leak
from models.evaluation.report.pages import read_results, write_pages
from models.evaluation.report.published import ABLATION, TRACES
from models.evaluation.report.quadrants import (
    LEAD_IN_DB,
    ROWS,
    Material,
    Row,
    grouped_split,
    judge_elsewhere,
    judge_quiet_intros,
    quieter,
    train_row,
    with_lead_in,
)
from models.training.recipes import RECIPES
from models.training.sequence_recipes import SEQUENCE_RECIPES
from tests.corpus import tone

FRAMES = 96


def small_material(source: str = "tiny", clips: int = 60, seed: int = 0) -> Material:
    """Clips whose quadrant is a raised band, three of each group; siblings also share a fingerprint of their own."""
    random = np.random.default_rng(seed)
    labels = np.array([(i // 3) % 4 for i in range(clips)], np.int64)
    groups = [f"g{i // 3}" for i in range(clips)]
    fingerprints = random.normal(0, 1.5, (clips // 3, 128))
    features = random.normal(-8, 0.5, (clips, 128, FRAMES)) + np.repeat(fingerprints, 3, axis=0)[:, :, None]
    for i, label in enumerate(labels):
        features[i, 20 * label : 20 * label + 20] += 2
    return Material(source, features.astype(np.float16), labels, groups)


@pytest.fixture
def tiny_row(monkeypatch: pytest.MonkeyPatch) -> Row:
    """The CRNN with attention, small enough for a test."""
    torch.set_num_threads(1)
    tiny = replace(RECIPES["crnn-paper"], name="tiny", arguments={"channels": (2, 2, 2, 4), "hidden": 4})
    monkeypatch.setitem(quadrants.RECIPES, "tiny", tiny)
    monkeypatch.setattr(quadrants, "CROP_FRAMES", 64)
    monkeypatch.setattr(quadrants, "LEAD_INS_S", (0.5,))
    return Row("tiny", "tiny", 2)


def test_a_row_is_trained_tested_once_and_judged_elsewhere(tiny_row: Row, tmp_path: Path) -> None:
    data = small_material()
    *reports, result = train_row(tiny_row, data, tmp_path)
    assert isinstance(result, dict)
    assert len(reports) == result["epochs"] == len(result["losses_train_validation"]) == 2
    split = grouped_split(data.labels, data.groups)
    assert result["clips"] == int(split.test.sum()) == np.sum(result["confusion_rows_truth"])
    elsewhere = judge_elsewhere(tiny_row, "tiny", small_material("other", 21, seed=1), tmp_path)
    assert (elsewhere["clips"], elsewhere["trained_on"], elsewhere["source"]) == (21, "tiny", "other")
    quiet = judge_quiet_intros(tiny_row, data, tmp_path)
    (condition,) = quiet["conditions"]
    assert condition["behind_lead_in"]["clips"] == condition["as_much_alone"]["clips"] == result["clips"]
    assert 0 < condition["attention_on_lead_in"] < 1
    json.dumps([result, elsewhere, quiet])


def test_a_split_divides_no_group_and_leaves_no_clip_out() -> None:
    data = small_material(clips=150)
    split = grouped_split(data.labels, data.groups)
    assert (split.train.astype(int) + split.validation + split.test == 1).all()
    parts = [set(data.part(p).groups) for p in (split.train, split.validation, split.test)]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    assert all(parts)


def test_a_lead_in_is_the_clips_own_start_as_if_it_were_played_quieter() -> None:
    y = np.random.default_rng(0).normal(0, 0.1, 40_000).astype(np.float32)
    loud, quiet = log_mel(y), log_mel(y * np.float32(10 ** (-LEAD_IN_DB / 20)))
    assert np.abs(quieter(loud, LEAD_IN_DB) - quiet).max() < 0.02
    assert quieter(np.full((128, 3), FLOOR), LEAD_IN_DB).min() >= FLOOR - 0.01
    clip = loud[None].astype(np.float16)
    led = with_lead_in(clip, 0.5)
    frames = round(0.5 / FRAME_S)
    assert led.shape == clip.shape
    np.testing.assert_array_equal(led[:, :, frames:], clip[:, :, :-frames])
    np.testing.assert_array_equal(with_lead_in(clip, 0.0), clip)


def test_folds_by_clip_flatter_what_recognises_siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leak, "_TREES", 5)
    monkeypatch.setattr(leak, "SEEDS", (0,))
    random = np.random.default_rng(0)
    data = small_material()
    # Labels that nothing in the sound tells, but which siblings share.
    labels = np.repeat(random.permutation(np.arange(20) % 4), 3)
    fingerprinted = Material("tiny", _fingerprints(random), labels, data.groups)
    clips = [LabelledClip(Path(f"{i}"), int(q), g) for i, (q, g) in enumerate(zip(labels, data.groups, strict=True))]
    result = sibling_leak(fingerprinted, clips)
    scores = {(e["classifier"], e["folds_by"]): e["accuracy"]["value"] for e in result["entries"]}
    assert scores["nearest neighbour", "clip"] > 0.95
    assert scores["nearest neighbour", "group"] < 0.6
    assert scores["extra trees", "clip"] > scores["extra trees", "group"] + 0.3
    assert result["copying_a_sibling"] == 1.0


def _fingerprints(random: np.random.Generator) -> np.ndarray:
    each = np.repeat(random.normal(-8, 1.5, (20, 128, 1)), 3, axis=0)
    return (each + random.normal(0, 0.2, (60, 128, FRAMES))).astype(np.float16)


def test_band_statistics() -> None:
    features = np.stack((np.full((128, 10), -3.0), np.tile([-4.0, -2.0], (128, 5)))).astype(np.float16)
    assert band_statistics(features)[:, 0].tolist() == [-3, -3]
    assert band_statistics(features)[:, 128].tolist() == [0, 1]


class TestTraces:
    """The second paper's networks on a few pieces whose ratings follow a feature."""

    def pieces(self) -> list[Piece]:
        random = np.random.default_rng(0)
        out = []
        for i in range(20):
            y = np.tanh(random.normal(0, 0.4, 2) + np.cumsum(random.normal(0, 0.05, (36, 2)), axis=0))
            out.append(Piece(np.c_[y + random.normal(0, 0.05, y.shape), random.normal(size=36)], y, f"g{i}"))
        return out

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        torch.set_num_threads(1)
        for name, recipe in SEQUENCE_RECIPES.items():
            size = {"hidden": 8} if recipe.network == "tpa" else {"hidden": 8, "levels": 1}
            small = replace(recipe, arguments={**recipe.arguments, **size}, threshold=0.0, learning_rate=0.01)
            monkeypatch.setitem(sequences.SEQUENCE_RECIPES, name, small)
        monkeypatch.setattr(sequences, "SMALL", {"hidden": 8, "levels": 1, "heads": 2})

    @pytest.mark.parametrize("variant", sequences.VARIANTS)
    def test_each_row_is_trained_and_measured_on_all_parts(self, variant: str) -> None:
        *reports, result = sequences.train_variant(variant, self.pieces(), "made up", epochs=3)
        assert isinstance(result, dict)
        assert len(reports) == result["epochs"] <= 3
        assert sum(result[part]["pieces"] for part in ("train", "validation", "test")) == 20
        assert -1 <= result["test"]["valence"]["within_piece_r"] <= 1
        json.dumps(result)

    def test_windows_end_where_they_are_rated(self) -> None:
        piece = self.pieces()[0]
        first, *rest = sequences.windows(piece, 4, past=True, stride=3)
        assert first.x.shape == (5, 5)
        assert first.trace is not None
        assert np.isnan(first.trace[:-1]).all()
        np.testing.assert_allclose(first.trace[-1], piece.y[29], rtol=1e-5)
        np.testing.assert_allclose(first.x[-1, 3:], piece.y[28], rtol=1e-5)  # the leak: the rating before
        assert len(rest) == 2
        assert sequences.windows(piece, 4, past=False)[0].x.shape == (5, 3)

    def test_the_network_over_lags_is_measured_with_and_without_the_leak(self) -> None:
        *_, result = sequences.network_lags(self.pieces(), "made up", orders=(2,), epochs=1)
        assert isinstance(result, dict)
        assert [(e["order"], e["with_own_past"]) for e in result["entries"]] == [(2, False), (2, True)]
        assert result["entries"][0]["test"]["pieces"] > 0

    def test_descriptors_are_kept_until_file_or_list_changes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sound = tmp_path / "a.wav"
        sound.write_bytes(b"made up")
        decoded: list[Path] = []
        monkeypatch.setattr(sequences, "decode", lambda path: (decoded.append(path), tone(440, 1, 22_050))[1])
        for _ in range(2):
            sequences._descriptors(sound, tmp_path)
        assert len(decoded) == 1
        monkeypatch.setattr(sequences, "DESCRIPTORS", sequences.DESCRIPTORS[:-1])
        sequences._descriptors(sound, tmp_path)
        assert len(decoded) == 2

    def test_pieces_line_up_with_their_traces(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        values = np.arange(20, dtype=np.float32).reshape(10, 2)
        values[4, 0] = np.nan
        monkeypatch.setattr(sequences, "_descriptors", lambda path, cache: values)
        trace = tmp_path / "a.csv"
        trace.write_text("time_s,valence,arousal\n1.0,0.1,0.2\n1.5,,0.3\n2.5,0.4,0.5\n", encoding="utf-8")
        clips = [LabelledClip(tmp_path / "a.wav", 0, "g", trace=trace), LabelledClip(tmp_path / "b.wav", 0, "g")]
        *_, pieces = sequences.read_pieces(clips, tmp_path)
        assert isinstance(pieces, list)
        (piece,) = pieces
        assert piece.x.tolist() == [[4, 5], [6, 7], [6, 9], [10, 11]]
        np.testing.assert_allclose(piece.y, [[0.1, 0.2], [0.1, 0.3], [0.1, 0.3], [0.4, 0.5]], rtol=1e-6)


class TestPages:
    def test_without_results_every_row_says_so(self, tmp_path: Path) -> None:
        write_pages({}, tmp_path)
        first = (tmp_path / "first-paper.md").read_text(encoding="utf-8")
        second = (tmp_path / "second-paper.md").read_text(encoding="utf-8")
        for row in ROWS:
            assert any(line.startswith(f"| {row.name} |") and "not run" in line for line in first.splitlines())
        assert "88.4%" in first
        assert "0.845" in second
        assert "not run" in second
        assert not (tmp_path / "figures").exists()

    def test_a_stored_result_is_shown_beside_the_papers(self, tiny_row: Row, tmp_path: Path) -> None:
        *_, result = train_row(tiny_row, small_material("4qaed"), tmp_path / "work")
        assert isinstance(result, dict)
        result["recipe"]["name"] = "crnn-paper"
        write_result(tmp_path / "results", "quadrants-crnn-paper-4qaed", result)
        assert main(["--report", str(tmp_path), "pages"]) == 0
        first = (tmp_path / "first-paper.md").read_text(encoding="utf-8")
        (line,) = [line for line in first.splitlines() if line.startswith("| CRNN with attention") and "88.4%" in line]
        score = result["scores"]["accuracy"]
        assert f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})" in line
        for name in ("curves", "confusions"):
            figure = tmp_path / "figures" / f"{name}.svg"
            assert f"figures/{name}.svg" in first
            assert figure.read_text(encoding="utf-8").startswith("<?xml")

    def test_the_same_results_give_the_same_files(self, tiny_row: Row, tmp_path: Path) -> None:
        *_, result = train_row(tiny_row, small_material("emopia"), tmp_path / "work")
        assert isinstance(result, dict)
        result["recipe"]["name"] = "lstm2-paper"
        drawn = []
        for name in ("a", "b"):
            write_pages({"quadrants-lstm2-paper-emopia": result}, tmp_path / name)
            drawn.append((tmp_path / name / "figures" / "curves.svg").read_bytes())
        assert drawn[0] == drawn[1]

    def test_the_pages_in_the_repository_are_those_of_the_stored_results(self, tmp_path: Path) -> None:
        there = Path(__file__).parents[2] / "docs" / "report"
        for page in write_pages(read_results(there / "results"), tmp_path):
            assert page.read_text(encoding="utf-8") == (there / page.name).read_text(encoding="utf-8"), page.name
        drawn = {figure.name for figure in (tmp_path / "figures").glob("*.svg")}
        assert drawn == {figure.name for figure in (there / "figures").glob("*.svg")}

    def test_what_a_lead_in_costs_is_told_apart_from_what_shorter_music_costs(self, tmp_path: Path) -> None:
        def result(behind: float) -> dict[str, object]:
            def accuracy(value: float) -> dict[str, object]:
                return {"scores": {"accuracy": {"value": value, "low": value - 0.05, "high": value + 0.05}}}

            condition = {"as_much_alone": accuracy(0.6), "behind_lead_in": accuracy(behind), "lead_in_s": 10.0}
            return {"conditions": [condition | {"attention_on_lead_in": 0.2, "lead_in_share": 0.33}]}

        results = {"quiet-crnn-paper-emopia": result(0.58), "quiet-crnn-paper-no-attention-emopia": result(0.4)}
        write_pages(results, tmp_path)
        page = (tmp_path / "first-paper.md").read_text(encoding="utf-8")
        assert "10 s: -2.0 points with attention, -20.0 without; behind the lead-in their intervals lie apart." in page

    def test_a_broken_result_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "leak-emopia.json").write_text("{", encoding="utf-8")
        assert main(["--report", str(tmp_path), "pages"]) == 1
        assert "leak-emopia.json" in capsys.readouterr().err
        (tmp_path / "results" / "leak-emopia.json").unlink()
        assert read_results(tmp_path / "results") == {}

    def test_what_the_page_says_of_the_papers_tables_follows_from_them(self) -> None:
        variance = {name: row.rmse**2 / (1 - row.r2) for name, row in ABLATION.items()}
        for name in ("ours", "without-bilstm", "without-both"):
            assert variance[name] == pytest.approx(0.030, abs=0.001)
        assert variance["without-cnn"] == pytest.approx(0.144, abs=0.001)
        assert 1 - ABLATION["without-cnn"].rmse ** 2 / 0.0304 == pytest.approx(-3.75, abs=0.1)
        for row in TRACES["tpa-bilstm"].values():
            assert row.mae > row.rmse


def test_the_command_runs_what_is_asked_and_not_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(leak, "_TREES", 2)
    monkeypatch.setattr(leak, "SEEDS", (0,))
    random = np.random.default_rng(0)
    for source in ("4qaed", "emopia"):
        (tmp_path / source / "audio").mkdir(parents=True)
        rows = ["file,quadrant,group"]
        for i in range(20):
            y = random.normal(0, 0.05, 11_025)
            soundfile.write(tmp_path / source / "audio" / f"{i}.wav", y, 22_050)
            rows.append(f"{i}.wav,Q{i % 4 + 1},g{i // 2}")
        (tmp_path / source / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    report = tmp_path / "report"
    command = ["--report", str(report), "run", "leak", "--data", str(tmp_path)]
    command += ["--cache", str(tmp_path / "cache"), "--work", str(tmp_path / "work")]
    assert main(command) == 0
    assert "leak-emopia: done" in capsys.readouterr().out
    assert set(read_results(report / "results")) == {"leak-4qaed", "leak-emopia"}
    assert "extra trees" in (report / "first-paper.md").read_text(encoding="utf-8")
    assert main(command) == 0
    assert "done" not in capsys.readouterr().out


def test_a_network_that_is_not_there_is_asked_for_by_name(tiny_row: Row, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"tiny-tiny\.safetensors"):
        judge_elsewhere(tiny_row, "tiny", small_material("other", 21), tmp_path)
