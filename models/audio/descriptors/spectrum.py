"""What one frame of the log-mel says: level, timbre, and what rises or falls against the frame before."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.audio.log_mel import N_BANDS, band_centres_hz

if TYPE_CHECKING:
    import torch

FloatArray = NDArray[np.float32]

#: Mel bands whose centres lie below/above these frequencies are "low", "middle" and "high" for rhythm.
EDGES_HZ = (200.0, 1600.0)
#: Edges of the bands whose contrast is measured.
CONTRAST_HZ = (60.0, 250.0, 700.0, 1800.0, 4000.0, 9000.0)
#: Nothing above is read: many files hold nothing there.
TOP_HZ = 9000.0
N_MFCC = 13
#: How far below the recording's loud level (in nepers of power) a band counts as silent: 60 dB.
FLOOR_BELOW = 13.8
#: How far below the recording's mean a level is still told apart (dB); deeper, the front end's own floor would speak.
DEPTH_DB = 40.0
#: Soft floor of what counts as an onset: 40 dB below the loud level.
ONSET_GAIN = 1e4

NAMES = (
    "level", "power", "brightness", "spread", "skewness", "rolloff", "flatness", "tilt", "low_share", "high_share",
    "contrast_1", "contrast_2", "contrast_3", "contrast_4", "contrast_5",
    "change", "flux", "flux_low", "flux_middle", "flux_high", "decay", "broadband",
    *(f"mfcc_{i}" for i in range(1, N_MFCC + 1)),
    *(f"envelope_{i}" for i in range(1, 5)),
)  # fmt: skip
INDEX = {name: i for i, name in enumerate(NAMES)}


def _a_weight(f: NDArray[np.float64]) -> NDArray[np.float64]:
    """A-weighting (IEC 61672) as a factor of power, 1 at 1 kHz."""
    f2 = f**2
    gain = 12194**2 * f2**2 / ((f2 + 20.6**2) * np.sqrt((f2 + 107.7**2) * (f2 + 737.9**2)) * (f2 + 12194**2))
    return np.asarray((gain * 10 ** (2.0 / 20)) ** 2)


@cache
def _constants() -> dict[str, torch.Tensor]:
    import torch

    centres = band_centres_hz().astype(np.float64)
    edges = np.concatenate(([centres[0] - (centres[1] - centres[0])], centres, [centres[-1] * 1.03]))
    width = (edges[2:] - edges[:-2]) / 2
    top = int(np.searchsorted(centres, TOP_HZ))
    octave = np.log2(centres[:top] / 1000)
    line = octave - octave.mean()
    k = np.arange(1, N_MFCC + 1)[:, None]
    dct = np.sqrt(2 / top) * np.cos(np.pi * k * (np.arange(top)[None, :] + 0.5) / top)
    low, high = np.searchsorted(centres, EDGES_HZ)
    groups = np.zeros((4, top))
    groups[0, :] = 1 / top
    groups[1, :low] = 1 / low
    groups[2, low:high] = 1 / (high - low)
    groups[3, high:] = 1 / (top - high)
    bands = np.zeros((4, top))
    at = np.searchsorted(centres, (0, 200, 700, 2400, TOP_HZ))
    for i in range(4):
        bands[i, at[i] : at[i + 1]] = 1 / (at[i + 1] - at[i])
    make = {
        "octave": octave, "width": width[:top], "a": (_a_weight(centres) * width), "line": line / (line**2).sum(),
        "dct": dct, "groups": groups, "bands": bands,
    }  # fmt: skip
    out = {name: torch.from_numpy(np.ascontiguousarray(v, np.float32)) for name, v in make.items()}
    out["top"] = torch.tensor(top)
    out["contrast"] = torch.from_numpy(np.searchsorted(centres, CONTRAST_HZ))
    out["low"] = torch.tensor(int(np.searchsorted(centres, 150)))
    out["high"] = torch.tensor(int(np.searchsorted(centres, 3000)))
    return out


def frame_features(S: FloatArray, reference: float, before: FloatArray | None) -> FloatArray:  # noqa: N803
    """Features of log-mel frames.

    Parameters
    ----------
    S : np.ndarray [shape=(128, k)]
        Log-mel frames.
    reference : float
        The recording's loud level: the natural logarithm of a loud band's power.
    before : np.ndarray [shape=(128, 1)] or None
        The frame before the first, None at the start.

    Returns
    -------
    np.ndarray [shape=(k, len(NAMES)), dtype=float32]
    """
    import torch

    assert S.shape[0] == N_BANDS
    c = _constants()
    top, low, high = int(c["top"]), int(c["low"]), int(c["high"])
    with torch.inference_mode():
        relative = torch.from_numpy(np.concatenate((S[:, :1] if before is None else before, S), axis=1)) - reference
        power_all = torch.exp(relative)
        L = torch.clamp(relative[:top, 1:], min=-FLOOR_BELOW)
        P = power_all[:top, 1:]
        k = L.shape[1]
        out = torch.zeros(len(NAMES), k)

        def put(name: str, value: torch.Tensor) -> None:
            out[INDEX[name]] = value

        loud = c["a"] @ power_all[:, 1:]
        put("power", loud)
        put("level", 10 * torch.log10(loud + 1e-9))
        A = torch.exp(0.5 * L)
        weight = A * c["width"][:, None].sqrt()
        mass = weight.sum(0)
        centre = (c["octave"] @ weight) / mass
        put("brightness", centre)
        second = (c["octave"].square() @ weight) / mass - centre.square()
        spread = second.clamp(min=1e-6).sqrt()
        put("spread", spread)
        third = (c["octave"] ** 3 @ weight) / mass - 3 * centre * second - centre**3
        put("skewness", third / spread**3)
        energy = (P + float(np.exp(-FLOOR_BELOW))) * c["width"][:, None]
        running = energy.cumsum(0)
        total = running[-1]
        put("rolloff", c["octave"][(running < 0.85 * total).sum(0).clamp(max=top - 1)])
        put("flatness", L.mean(0) - torch.log(torch.exp(L).mean(0)))
        put("tilt", c["line"] @ L)
        put("low_share", torch.log(running[low - 1] / total))
        put("high_share", torch.log((total - running[high - 1]) / total))
        edges = c["contrast"].tolist()
        for i, (a, b) in enumerate(pairwise(edges)):
            put(f"contrast_{i + 1}", L[a:b].amax(0) - L[a:b].mean(0))
        put_at = INDEX["mfcc_1"]
        out[put_at : put_at + N_MFCC] = c["dct"] @ L
        C = torch.log1p(ONSET_GAIN * power_all[:top])
        step = C[:, 1:] - C[:, :-1]
        rise = step.clamp(min=0)
        put_at = INDEX["flux"]
        out[put_at : put_at + 4] = c["groups"] @ rise
        put("decay", (rise - step).mean(0))
        put("change", step.abs().mean(0))
        put("broadband", (step > 0.35).float().mean(0))
        put_at = INDEX["envelope_1"]
        out[put_at : put_at + 4] = c["bands"] @ C[:, 1:]
        features: FloatArray = out.T.contiguous().numpy()
    return features


def mean_level_db(frames: FloatArray) -> float:
    """Level of the mean power of frames [shape=(n, len(NAMES))] in dB against the reference."""
    return float(10 * np.log10(frames[:, INDEX["power"]].mean(dtype=np.float64) + 1e-9))
