"""Groups, the data set's own split, and what copying a sibling's label would score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.data.labelled import LabelledClip, is_group_of_its_own, read_labelled_folder
from models.errors import JobError
from models.hub import Card, load_model
from models.training import run as run_module
from models.training.loop import predict
from models.training.record import FoldScore, RunProgress, TrainingRun
from models.training.run import run_training
from models.training.splits import read_splits, shared_groups, sibling_copy
from tests.models.training_toys import RECIPE, clips, features


def _split(given: list[LabelledClip]) -> list[LabelledClip]:
    """By song: half to train on, a sixth to validate, a third to test."""
    parts = ["train"] * 3 + ["val"] + ["test"] * 2
    return [replace(clip, split=parts[6 * i // len(given)]) for i, clip in enumerate(given)]


# Groups --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "unknown", "Unknown Artist", "[unknown]", "Various Artists", "V.A.", "?"])
def test_unknown_artists_are_not_one_artist(tmp_path: Path, name: str) -> None:
    for file in ("a.wav", "b.wav"):
        (tmp_path / file).write_bytes(b"x")
        if name.strip("?"):
            (tmp_path / "by folder" / "Q1" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "by folder" / "Q1" / name / file).write_bytes(b"x")
    (tmp_path / "labels.csv").write_text(f"file,quadrant,group\na.wav,Q1,{name}\nb.wav,Q1,{name}\n", encoding="utf-8")
    folders = [tmp_path, *([tmp_path / "by folder"] if name.strip("?") else [])]
    for folder in folders:
        read = read_labelled_folder(folder)
        assert len({clip.group for clip in read}) == 2
        assert all(is_group_of_its_own(clip) for clip in read)


def test_a_name_that_only_sounds_unknown_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    (tmp_path / "labels.csv").write_text("file,quadrant,group\na.wav,Q1,The Unknowns\n", encoding="utf-8")
    (clip,) = read_labelled_folder(tmp_path)
    assert clip.group == "The Unknowns"
    assert not is_group_of_its_own(clip)


# Siblings ------------------------------------------------------------------------------------------------------------


def test_copying_a_siblings_label_scores_what_a_draw_of_siblings_would() -> None:
    rng = np.random.default_rng(0)
    given = []
    for song in range(40):
        mood = int(rng.integers(0, 4))
        for part in range(int(rng.integers(1, 6))):
            quadrant = mood if rng.random() < 0.8 else int(rng.integers(0, 4))
            given.append(LabelledClip(Path(f"{song}-{part}.wav"), quadrant, str(song), source="toy"))
    copied = sibling_copy(given)
    # By drawing: random folds, then a random sibling of the training part, as a lazy model would.
    hits, tries = 0, 0
    for _ in range(300):
        fold = rng.integers(0, 5, len(given))
        for i, clip in enumerate(given):
            others = [j for j, c in enumerate(given) if c.group == clip.group and j != i and fold[j] != fold[i]]
            if others:
                tries += 1
                hits += given[int(rng.choice(others))].quadrant == clip.quadrant
    assert copied.accuracy == pytest.approx(hits / tries, abs=0.02)
    assert copied.of == len(given)
    assert copied.clips == sum(sum(c.group == clip.group for c in given) > 1 for clip in given)
    assert 0.25 <= copied.chance < 0.4 < copied.accuracy


def test_without_siblings_there_is_nothing_to_copy() -> None:
    alone = [LabelledClip(Path(f"{i}.wav"), i % 4, str(i)) for i in range(8)]
    assert sibling_copy(alone).clips == 0
    assert sibling_copy([*alone, LabelledClip(Path("x.wav"), None, "0")]).of == 8
    # Songs of one name in two data sets are two songs.
    two = [LabelledClip(Path("a.wav"), 0, "song", source="x"), LabelledClip(Path("b.wav"), 0, "song", source="y")]
    assert sibling_copy(two).clips == 0


# The data set's own split --------------------------------------------------------------------------------------------


def test_splits_are_read_by_all_their_names() -> None:
    named = ["Training", "train", "dev", "validation", "TEST"]
    given = [LabelledClip(Path("x.wav"), 0, str(i), split) for i, split in enumerate(named)]
    assert read_splits(given) == ["train", "train", "val", "val", "test"]


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        (["train", ""], "x1.wav has no split"),
        (["train", "fold 3"], "x1.wav has the split 'fold 3'"),
        (["train", "val"], "no test"),
        (["test", "val"], "no train"),
    ],
)
def test_a_split_that_measures_nothing_is_refused(splits: list[str], message: str) -> None:
    with pytest.raises(JobError, match=message) as caught:
        read_splits([LabelledClip(Path(f"x{i}.wav"), 0, str(i), split) for i, split in enumerate(splits)])
    assert caught.value.kind == "bad_data"


def test_a_split_that_shares_a_group_is_refused_by_name_unless_that_is_allowed() -> None:
    given = [
        LabelledClip(Path("a.wav"), 0, "Yesterday", "train"),
        LabelledClip(Path("b.wav"), 0, "Yesterday", "test"),
        LabelledClip(Path("c.wav"), 0, "Help", "test"),
        LabelledClip(Path("d.wav"), 0, "Help", "test"),
    ]
    with pytest.raises(JobError, match="'Yesterday'") as caught:
        read_splits(given)
    assert "Help" not in caught.value.message
    assert "--allow-shared-groups" in caught.value.message
    assert read_splits(given, allow_shared_groups=True) == ["train", "test", "test", "test"]
    many = [replace(clip, group=f"song {i}") for i in range(5) for clip in given[:2]]
    with pytest.raises(JobError, match="'song 0', 'song 1', 'song 2' and 2 more"):
        read_splits(many)
    # A song of the same name in another data set is another song.
    other = [replace(given[0], source="x"), replace(given[1], source="y")]
    assert shared_groups(other, ["train", "test"]) == []


def test_a_run_by_the_split_trains_on_train_and_is_judged_by_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, mel = _split(clips()), features()
    asked = []
    original = run_module.train_network

    def watched(part: np.ndarray, labels: np.ndarray, recipe: object, **how: object) -> object:
        asked.append((len(part), len(how["validation"][0])))  # type: ignore[index]
        return original(part, labels, recipe, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(run_module, "train_network", watched)
    recipe = replace(RECIPE, patience=4, epochs=12)
    events = list(run_training(TrainingRun(tmp_path / "m", recipe, use_splits=True), given, mel))
    assert asked == [(24, 8)]
    assert {event.part for event in events if isinstance(event, RunProgress)} == {"train split"}
    (score,) = (event for event in events if isinstance(event, FoldScore))
    card = events[-1]
    assert isinstance(card, Card)
    toy = card.raw["scores"]["sources"]["toy"]
    assert (toy["clips"], np.sum(toy["confusion_rows_truth"])) == (16, 16)
    assert toy["macro_f1"]["value"] == pytest.approx(score.macro_f1["toy"], abs=1e-4)
    protocol = card.raw["scores"]["protocol"]
    assert "the data set's own split" in protocol
    assert "no song or artist lies in two parts" in protocol
    assert "early stopping on its validation part" in protocol
    # The network that was judged is the one that was written.
    network = load_model(str(tmp_path / "m"), "cpu").network
    answers = predict(network, mel[32:]).argmax(axis=1)  # type: ignore[arg-type]
    confusion = np.zeros((4, 4), int)
    np.add.at(confusion, (np.arange(16) % 4, answers), 1)
    assert confusion.tolist() == toy["confusion_rows_truth"]


def test_a_split_without_validation_trains_for_a_fixed_length(tmp_path: Path) -> None:
    given = [replace(clip, split="train" if clip.split == "val" else clip.split) for clip in _split(clips())]
    *_, card = run_training(TrainingRun(tmp_path / "m", RECIPE, use_splits=True), given, features())
    assert isinstance(card, Card)
    assert card.raw["scores"]["temperature"] == 1.0
    assert "fixed length" in card.raw["scores"]["protocol"]


def test_the_card_owns_up_to_a_split_that_shares_groups(tmp_path: Path) -> None:
    given = [replace(clip, group=f"song {i % 12}") for i, clip in enumerate(_split(clips()))]
    run = TrainingRun(tmp_path / "m", RECIPE, use_splits=True)
    with pytest.raises(JobError, match="two of its parts"):
        list(run_training(run, given, features()))
    *_, card = run_training(replace(run, allow_shared_groups=True), given, features())
    assert isinstance(card, Card)
    assert (
        "12 groups (songs, artists) lie in two parts of the split, so the scores are too good"
        in (card.raw["scores"]["protocol"])
    )
    assert card.raw["scores"]["copying_a_siblings_label"]["toy"]["accuracy"] == 1.0
