"""What is done to log-mel while training, so that loudness, recording quality and single bands are no shortcut."""

from __future__ import annotations

import torch

from models.audio.log_mel import DB_PER_UNIT, FLOOR, N_BANDS
from models.training.recipes import Augmentation


def change_level(x: torch.Tensor, how: Augmentation, random: torch.Generator) -> torch.Tensor:
    """Change level and tilt of raw log-mel [shape=(b, 128, frames)], never below silence."""
    if how.gain_db == 0 and how.tilt_db == 0:
        return x
    gain, tilt = (torch.rand(2, len(x), 1, 1, generator=random) * 2 - 1).unbind()
    slope = torch.linspace(-1, 1, N_BANDS)[:, None]
    return (x + (how.gain_db * gain + how.tilt_db * tilt * slope) / DB_PER_UNIT).clamp_min_(FLOOR)


def mask(x: torch.Tensor, how: Augmentation, random: torch.Generator) -> torch.Tensor:
    """Set stretches of bands and frames of standardised log-mel to 0, in place."""
    for axis, longest in ((1, how.band_mask), (2, how.time_mask)):
        if longest == 0:
            continue
        size = x.shape[axis]
        position = torch.arange(size)
        for _ in range(2):
            width = torch.randint(0, longest + 1, (len(x), 1), generator=random)
            start = (torch.rand(len(x), 1, generator=random) * (size - width)).long()
            hit = (position >= start) & (position < start + width)
            x.masked_fill_(hit[:, :, None] if axis == 1 else hit[:, None, :], 0.0)
    return x


def mix(
    x: torch.Tensor, targets: torch.Tensor, how: Augmentation, random: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mix each clip with another of the batch, and their targets [shape=(b, 4)] alike (mixup)."""
    if how.mixup == 0:
        return x, targets
    # A Beta(a, a) variable from two Gammas; torch's own Beta takes no generator.
    gammas = torch._standard_gamma(torch.full((2, len(x)), how.mixup), generator=random)
    share = gammas[0] / gammas.sum(dim=0).clamp_min(1e-8)
    other = torch.randperm(len(x), generator=random)
    mixed = share[:, None, None] * x + (1 - share[:, None, None]) * x[other]
    return mixed, share[:, None] * targets + (1 - share[:, None]) * targets[other]
