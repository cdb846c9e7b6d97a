"""Turn the published weights of musicnn into the tagger's file.

    pip download --no-deps musicnn==0.1.0 && unzip musicnn-0.1.0-py3-none-any.whl
    python packaging/import_tagger.py musicnn models/audio/tagger.safetensors

The checkpoints are TensorFlow's (an uncompressed LevelDB table of names beside a file of raw numbers), which a few
lines read without TensorFlow. Batch norm is folded to a factor and an offset per channel; a channel whose factor is
negative has its filter negated, so that a maximum over frequency serves where the network takes the maximum of the
negated map.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

#: The network trained on MagnaTagATune. Its sister of the Million Song Dataset adds nothing beside our descriptors,
#: costs as much again, and was taught listeners' tags ("sad", "happy") of songs that may be among those we measure on.
NETWORK = "MTT_musicnn"
_EPSILON = 1e-3  # TensorFlow's batch norm
_FLOAT = 1


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _block(data: bytes, offset: int, size: int) -> list[tuple[bytes, bytes]]:
    """Keys and values of one block of a LevelDB table."""
    if data[offset + size]:
        raise ValueError("the table is compressed")
    block = data[offset : offset + size]
    end = size - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    at, key, out = 0, b"", []
    while at < end:
        shared, at = _varint(block, at)
        fresh, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + fresh]
        at += fresh
        out.append((key, block[at : at + length]))
        at += length
    return out


def _fields(message: bytes) -> dict[int, list[int | bytes]]:
    """Fields of a protobuf message."""
    out: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = _varint(message, at)
        elif tag & 7 == 2:
            length, at = _varint(message, at)
            value, at = message[at : at + length], at + length
        else:  # a checksum
            value, at = message[at : at + 4], at + 4
        out.setdefault(tag >> 3, []).append(value)
    return out


def read_checkpoint(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return the variables of a TensorFlow checkpoint, without its optimiser's."""
    index = (folder / ".index").read_bytes()
    data = (folder / ".data-00000-of-00001").read_bytes()
    at = 0
    footer = index[-48:]
    for _ in range(2):  # the meta block's place
        _, at = _varint(footer, at)
    offset, at = _varint(footer, at)
    size, _ = _varint(footer, at)
    out = {}
    for _, place in _block(index, offset, size):
        block_offset, at = _varint(place, 0)
        for name, entry in _block(index, block_offset, _varint(place, at)[0]):
            if not name or b"Adam" in name:
                continue
            fields = _fields(entry)
            if fields.get(1, [0])[0] != _FLOAT:
                continue
            shape = [_fields(d).get(1, [0])[0] for d in _fields(fields[2][0]).get(2, [])]  # type: ignore[arg-type]
            start, length = int(fields.get(4, [0])[0]), int(fields[5][0])
            out[name.decode()] = np.frombuffer(data[start : start + length], np.float32).reshape(shape)  # type: ignore[arg-type]
    return out


def _numbered(name: str, number: int) -> str:
    return name if number == 0 else f"{name}_{number}"


def convert(variables: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.generic]]:
    """Return the tensors that `models.audio.tagger` reads, of one network."""
    out: dict[str, NDArray[np.generic]] = {}
    for i in range(11):
        name = _numbered("batch_normalization", i)
        gamma, beta = variables[f"{name}/gamma"], variables[f"{name}/beta"]
        factor = gamma / np.sqrt(variables[f"{name}/moving_variance"] + _EPSILON)
        out[f"norm{i}.factor"] = factor.astype(np.float32)
        out[f"norm{i}.offset"] = (beta - variables[f"{name}/moving_mean"] * factor).astype(np.float32)
    for i in range(8):
        name = _numbered("conv2d", i)
        weight, bias = variables[f"{name}/kernel"].transpose(3, 2, 0, 1), variables[f"{name}/bias"]
        if i < 5:
            sign = np.where(out[f"norm{i + 1}.factor"] < 0, -1, 1).astype(np.float32)
            weight, bias = weight * sign[:, None, None, None], bias * sign
        else:
            weight = weight[:, 0].transpose(0, 2, 1)  # a convolution over time that reads all channels
        out[f"conv{i}.weight"], out[f"conv{i}.bias"] = weight.astype(np.float16), bias.astype(np.float32)
    for i in range(2):
        name = _numbered("dense", i)
        out[f"dense{i}.weight"] = variables[f"{name}/kernel"].T.astype(np.float16)
        out[f"dense{i}.bias"] = variables[f"{name}/bias"].astype(np.float32)
    return out


def main() -> None:
    """Convert the network and its filterbank into one file."""
    package, destination = Path(sys.argv[1]), Path(sys.argv[2])
    converted = convert(read_checkpoint(package / NETWORK))
    tensors = {name: np.ascontiguousarray(value) for name, value in converted.items()}
    tensors["filterbank"] = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=96)
    save_file(tensors, destination, {"source": "musicnn 0.1.0, Jordi Pons, UPF 2019, ISC licence"})


if __name__ == "__main__":
    main()
