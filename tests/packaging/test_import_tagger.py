"""Converting the published tagger: a checkpoint made here as TensorFlow writes one, and the arithmetic of folding."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

import import_tagger  # noqa: E402

Variables = dict[str, NDArray[np.float32]]
FLOAT, INT64 = 1, 9


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """A block of a LevelDB table: keys share what they have in common with the one before."""
    out, before = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(before)) and key[shared] == before[shared]:
            shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return out + struct.pack("<II", 0, 1)  # one restart, at the start


def entry(dtype: int, shape: tuple[int, ...], offset: int, size: int) -> bytes:
    """What a checkpoint says of a variable, as a protobuf message; zeros are left out, a checksum ends it."""
    dims = b"".join(b"\x12" + varint(len(d)) + d for d in (b"\x08" + varint(n) for n in shape))
    out = b"\x08" + varint(dtype) + b"\x12" + varint(len(dims)) + dims
    return out + (b"\x20" + varint(offset) if offset else b"") + b"\x28" + varint(size) + b"\x35" + bytes(4)


def write_checkpoint(folder: Path, variables: Variables, per_block: int = 5, compression: int = 0) -> None:
    """Write variables beside their optimiser's and a counter, in blocks of a few."""
    folder.mkdir(parents=True)
    data, entries = b"", [(b"", b"\x08\x01")]
    everything: dict[str, NDArray[np.generic]] = {"global_step": np.array([7], np.int64)}
    for name, value in variables.items():
        everything |= {name: value, f"{name}/Adam": np.zeros_like(value)}
    for name, array in sorted(everything.items()):
        raw = array.tobytes()
        dtype = FLOAT if array.dtype == np.float32 else INT64
        entries.append((name.encode(), entry(dtype, array.shape, len(data), len(raw))))
        data += raw
    index, places = b"", []
    for at in range(0, len(entries), per_block):
        one = block(entries[at : at + per_block])
        places.append((entries[min(at + per_block, len(entries)) - 1][0], varint(len(index)) + varint(len(one))))
        index += one + bytes([compression]) + bytes(4)
    top = block(places)
    handles = varint(len(index)) + varint(0) + varint(len(index)) + varint(len(top))
    index += top + bytes(5) + handles.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
    (folder / ".index").write_bytes(index)
    (folder / ".data-00000-of-00001").write_bytes(data)


@pytest.fixture(scope="module")
def variables() -> Variables:
    """A network of the published one's parts, with two or three channels each."""
    random = np.random.default_rng(0)
    out: Variables = {}

    def put(name: str, *shape: int) -> None:
        out[name] = random.normal(size=shape).astype(np.float32)

    def numbered(name: str, number: int) -> str:
        return f"{name}_{number}" if number else name

    for i in range(11):
        channels = 1 if i == 0 else 3
        for part in ("gamma", "beta", "moving_mean", "moving_variance"):
            put(f"{numbered('batch_normalization', i)}/{part}", channels)
        out[f"{numbered('batch_normalization', i)}/moving_variance"] **= 2
    for i in range(8):
        put(f"{numbered('conv2d', i)}/kernel", *((4, 5, 1, 3) if i < 5 else (7, 3, 1, 3)))
        put(f"{numbered('conv2d', i)}/bias", 3)
    for i in range(2):
        put(f"{numbered('dense', i)}/kernel", 6, 3)
        put(f"{numbered('dense', i)}/bias", 3)
    return out


def test_a_checkpoint_is_read_without_tensorflow(variables: Variables, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "net", variables)
    read = import_tagger.read_checkpoint(tmp_path / "net")
    assert read.keys() == variables.keys()  # no optimiser's, no counter
    for name, value in variables.items():
        np.testing.assert_array_equal(read[name], value)


def test_a_compressed_table_is_refused(variables: Variables, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "net", variables, compression=1)
    with pytest.raises(ValueError, match="compressed"):
        import_tagger.read_checkpoint(tmp_path / "net")


def test_the_folded_front_says_what_the_published_one_says(variables: Variables) -> None:
    """Batch norm after the convolution, then the maximum over frequency: some factors here are negative."""
    ours = {name: torch.from_numpy(np.asarray(v, np.float32)) for name, v in import_tagger.convert(variables).items()}
    assert (ours["norm1.factor"] < 0).any()
    assert (ours["norm1.factor"] > 0).any()
    x = torch.randn(1, 1, 12, 9, generator=torch.Generator().manual_seed(0))  # time, frequency
    theirs = {part: torch.from_numpy(variables[f"batch_normalization_1/{part}"]) for part in
              ("gamma", "beta", "moving_mean", "moving_variance")}  # fmt: skip
    kernel = torch.from_numpy(variables["conv2d/kernel"]).permute(3, 2, 0, 1)
    y = F.relu(F.conv2d(x, kernel, torch.from_numpy(variables["conv2d/bias"])))
    y = F.batch_norm(
        y, theirs["moving_mean"], theirs["moving_variance"], theirs["gamma"], theirs["beta"], eps=import_tagger._EPSILON
    )
    expected = y.amax(dim=3)
    sign = torch.where(ours["norm1.factor"] < 0, -1.0, 1.0)
    z = F.conv2d(x, ours["conv0.weight"], ours["conv0.bias"]).amax(dim=3)
    z = F.relu(z * sign[:, None]) * ours["norm1.factor"][:, None] + ours["norm1.offset"][:, None]
    torch.testing.assert_close(z, expected, atol=2e-2, rtol=1e-2)  # filters are kept in half precision


def test_the_file_holds_what_the_tagger_reads(
    variables: Variables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_checkpoint(tmp_path / "musicnn" / import_tagger.NETWORK, variables)
    file = tmp_path / "tagger.safetensors"
    monkeypatch.setattr(sys, "argv", ["import_tagger.py", str(tmp_path / "musicnn"), str(file)])
    import_tagger.main()
    made, shipped = load_file(file), load_file(ROOT / "models" / "audio" / "tagger.safetensors")
    assert made.keys() == shipped.keys()
    assert {name: value.dtype for name, value in made.items()} == {n: v.dtype for n, v in shipped.items()}
    np.testing.assert_allclose(made["filterbank"], shipped["filterbank"], atol=1e-6)
    np.testing.assert_allclose(made["dense0.weight"], variables["dense/kernel"].T, atol=2e-3)
    # Over time, reading all channels: [out, in, length].
    np.testing.assert_allclose(made["conv5.weight"][2, 1, 4], variables["conv2d_5/kernel"][4, 1, 0, 2], atol=2e-3)
