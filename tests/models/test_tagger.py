"""The published tagger's stream: in pieces as in one, without seams, and hearing no further than it should."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio import tagger
from models.audio.log_mel import SAMPLE_RATE_HZ
from models.audio.tagger import N_FEATURES, STEP_S, TagStream, tags
from tests import corpus

#: Half a patch, the convolutions' context and the longest window: no step reads further to either side.
REACH_S = 1.5 + 1.3 + 0.1


@pytest.fixture(scope="module")
def y() -> np.ndarray:
    return corpus.build_up(9, 6)


@pytest.fixture(scope="module")
def whole(y: np.ndarray) -> np.ndarray:
    return tags(y)


def _listened(stream: TagStream) -> tuple[list[float], np.ndarray]:
    *done, said = stream.listen()
    assert isinstance(said, np.ndarray)
    return [float(d) for d in done if isinstance(d, float)], said


def test_a_step_every_half_second(whole: np.ndarray) -> None:
    assert whole.shape == (18, N_FEATURES)
    assert whole.dtype == np.float32
    assert np.isfinite(whole).all()
    assert (whole.std(axis=0) > 0).mean() > 0.5  # the piece grows, and the tagger hears it


def test_pieces_of_any_length_give_what_one_gives(y: np.ndarray, whole: np.ndarray) -> None:
    stream = TagStream()
    at = 0
    for length in (1, 7, 0, 300, 30_011, 12_345, 64 * 256, 99_999):
        stream.push(y[at : at + length])
        at += length
    stream.push(y[at:])
    _, said = _listened(stream)
    # Equal to the last bit here; another machine's matrix product may round a half-precision frame the other way.
    np.testing.assert_allclose(said, whole, atol=5e-3)


def test_blocks_join_without_a_seam(y: np.ndarray, whole: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagger, "_BLOCK_STEPS", 7)  # the same as a minute's, but here the music has three of them
    stream = TagStream()
    stream.push(y)
    done, said = _listened(stream)
    assert done == pytest.approx([7 / 18, 14 / 18, 1.0])
    np.testing.assert_allclose(said, whole, atol=0.02 * float(whole.std()))


@pytest.mark.parametrize(("samples", "steps"), [(1, 1), (100, 1), (SAMPLE_RATE_HZ, 2), (SAMPLE_RATE_HZ * 7 // 4, 3)])
def test_short_signals_have_a_step_too(samples: int, steps: int) -> None:
    said = tags(corpus.melody(2)[:samples])
    assert said.shape == (steps, N_FEATURES)
    assert np.isfinite(said).all()


def test_silence_is_finite() -> None:
    assert np.isfinite(tags(np.zeros(SAMPLE_RATE_HZ, np.float32))).all()


def test_no_signal_is_an_error() -> None:
    stream = TagStream()
    stream.push(np.empty(0, np.float32))
    with pytest.raises(ValueError, match="no tags"):
        next(iter(stream.listen()))


def test_a_tone_is_not_noise() -> None:
    noise = 0.2 * np.random.default_rng(0).standard_normal(4 * SAMPLE_RATE_HZ).astype(np.float32)
    low, high = corpus.tone(220, 4, SAMPLE_RATE_HZ), corpus.tone(233, 4, SAMPLE_RATE_HZ)
    heard = [tags(sound)[:, :200].mean(axis=0) for sound in (low, high, noise)]
    like, unlike = (float(np.linalg.norm(heard[0] - other)) for other in heard[1:])
    assert unlike > 2 * like


def test_a_step_hears_its_surroundings_and_no_further(y: np.ndarray, whole: np.ndarray) -> None:
    middle = 9  # (9 + 0.5) * 0.5 s = 4.75 s
    centre_s = (middle + 0.5) * STEP_S
    at_s = np.arange(y.size) / SAMPLE_RATE_HZ
    rng = np.random.default_rng(1)

    def changed(where: np.ndarray) -> float:
        other = np.where(where, 0.3 * rng.standard_normal(y.size), y).astype(np.float32)
        return float(np.abs(tags(other)[middle] - whole[middle]).max())

    scale = float(whole.std())
    assert changed(np.abs(at_s - centre_s) > REACH_S) < 1e-3 * scale
    # Not by being deaf: noise within the patch is heard on both sides.
    assert changed((at_s > centre_s - 1.4) & (at_s < centre_s - 0.9)) > 0.1 * scale
    assert changed((at_s > centre_s + 0.9) & (at_s < centre_s + 1.4)) > 0.1 * scale


def test_the_file_holds_the_network_that_the_code_describes() -> None:
    from safetensors.numpy import load_file

    tensors = load_file(tagger._FILE)
    shapes = {name: value.shape for name, value in tensors.items()}
    assert shapes["filterbank"] == (96, 257)
    assert {name.split(".")[0] for name in shapes} == {
        "filterbank", *(f"norm{i}" for i in range(11)), *(f"conv{i}" for i in range(8)), "dense0", "dense1",
    }  # fmt: skip
    # The published network's filters: of timbre (0.4 and 0.7 of the bands high), and of time.
    assert [shapes[f"conv{i}.weight"] for i in (0, 1)] == [(204, 1, 7, height) for height in (38, 67)]
    front = sum(shapes[f"conv{i}.weight"][0] for i in range(5))
    assert [shapes[f"conv{i}.weight"] for i in (2, 3, 4)] == [(51, 1, length, 1) for length in (128, 64, 32)]
    assert [shapes[f"conv{i}.weight"] for i in (5, 6, 7)] == [(64, front, 7), (64, 64, 7), (64, 64, 7)]
    assert shapes["dense0.weight"] == (200, 2 * (front + 3 * 64))
    assert shapes["dense1.weight"] == (50, 200)
    assert sum(shapes[f"dense{i}.weight"][0] for i in range(2)) == N_FEATURES
    assert all(np.isfinite(value).all() for value in tensors.values())
    # Where the norm's factor is negative the filter is negated; both kinds are there, so that the sign matters.
    assert any((tensors[f"norm{i}.factor"] < 0).any() for i in range(1, 6))


@pytest.mark.parametrize("number", range(5))
def test_a_product_of_matrices_is_the_convolution(number: int) -> None:
    import torch
    from torch.nn import functional as F

    network = tagger._tagger()[0]
    x = torch.rand(602, 96, generator=torch.Generator().manual_seed(number))  # more frames than are taken at once
    weight, bias = (network._t[f"conv{number}.{name}"] for name in ("weight", "bias"))
    before = (weight.shape[2] - 1) // 2
    padded = F.pad(x[None, None], (0, 0, before, weight.shape[2] - 1 - before))
    y = F.conv2d(padded, weight, bias, stride=(2, 1)).amax(dim=3)
    expected = network._norm(F.relu(y * network._sign[number][:, None]), number + 1)
    found = network._heard(network._padded(x, number)[0], number)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("changed", [[(300, 320)], [(0, 9), (500, 502)], [(455, 457), (617, 625)], []])
def test_after_a_change_the_same_is_heard_as_from_the_start(changed: list[tuple[int, int]]) -> None:
    import torch

    generator = torch.Generator().manual_seed(0)
    before = torch.rand(625, 96, generator=generator)  # ten seconds
    after, there = before.clone(), np.zeros(625, np.bool_)
    for first, last in changed:
        after[first:last], there[first:last] = 0.5, True
    for first, last in ((0, 20), (6, 14)):  # all of it with both of its ends mirrored, and its middle
        with torch.inference_mode():
            known, expected = tagger.tags_of(before, first, last), tagger.tags_of(after, first, last)
        steps, said = tagger.HeardStretch(before, first, last).again(after, there)
        assert len(steps) < 20
        found = known.index_copy(0, torch.from_numpy(steps - first), said)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
