"""Where a rater's personal model lies, and which model is under it: told by weights, not by names."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.jobs.teaching import personal_folder
from models.errors import JobError
from models.hub import find_model
from models.live.corrections import Correction
from models.live.personal import Adapter
from tests.models.personal_toys import base_model, fusion, music


@pytest.fixture
def own(own_home: Path) -> Path:
    """Anna's model over a small one, both among the user's own."""
    own = own_home / "models"
    adapter = Adapter.open(base_model(own / "toy"), own / "Anna")
    adapter.learn(Correction(music(0), "Q4"))
    adapter.save()
    return own


def test_a_base_that_lies_under_another_id_is_the_base_all_the_same(own: Path) -> None:
    (own / "toy").rename(own / "toy-2")
    for judging in ("Anna", "toy-2"):
        assert personal_folder(find_model(judging, own), "Anna") == ("toy-2", own / "Anna")


def test_over_another_version_of_the_base_another_model_begins(own: Path) -> None:
    network = fusion()
    network.get_buffer("memory_weight").fill_(2.0)
    (own / "toy").rename(own / "old")
    base_model(own / "toy", network)
    assert personal_folder(find_model("toy", own), "Anna") == ("toy", own / "Anna-2")
    assert personal_folder(find_model("Anna", own), "Anna") == ("old", own / "Anna")


def test_without_its_base_it_cannot_be_corrected(own: Path) -> None:
    card = find_model("Anna", own)
    (own / "toy").rename(own.parent / "elsewhere")
    with pytest.raises(JobError, match="toy, which is not here") as raised:
        personal_folder(card, "Anna")
    assert raised.value.kind == "missing_model"
