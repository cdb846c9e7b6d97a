"""A kernel machine: an answer is a weighted mean of what is known of music that sounds alike."""

from __future__ import annotations

import torch
from torch import nn

from models.networks.listener import CLIP

#: How far the fifth nearest known recording may be counts as novelty.
_NEIGHBOURS = 5
#: Quantiles of that distance among the known recordings themselves, kept to compare with.
_QUANTILES = 101


class Memory(nn.Module):
    """Kernel ridge regression with a Gaussian kernel on summaries of recordings (the mean of a Gaussian process).

    ``f(x) = m + sum_i a_i exp(-g |z(x) - z_i|^2 / d)``, with z the z-scores of d features, and a the solution of
    ``(K + r I) a = y - m``. It is what a support vector machine would be with a squared loss; in cross-validation on
    our features the two score alike, and this one is solved exactly and answers in one product of matrices.

    Parameters
    ----------
    features : int
        Per summary.
    outputs : int
        Numbers per answer.
    known : int
        Recordings remembered.
    width : float
        g: how quickly likeness falls with distance.
    """

    def __init__(self, features: int, outputs: int, known: int, *, width: float = 1.0) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("feature_mean", torch.zeros(features))
        self.register_buffer("feature_std", torch.ones(features))
        # Half precision: z-scores within five deviations lose 0.001.
        self.register_buffer("known", torch.zeros(known, features, dtype=torch.float16))
        self.register_buffer("weights", torch.zeros(known, outputs))
        self.register_buffer("mean", torch.zeros(outputs))
        self.register_buffer("usual_distances", torch.linspace(0, 1, _QUANTILES))

    @classmethod
    def fit(cls, x: torch.Tensor, y: torch.Tensor, groups: list[str], *, width: float, ridge: float) -> Memory:
        """Remember recordings.

        Parameters
        ----------
        x : torch.Tensor [shape=(n, features)]
            Summaries.
        y : torch.Tensor [shape=(n, outputs)]
            What is known of each; NaN where nothing is. A recording takes part in the outputs that are known of it.
        groups : list of str
            Song or artist of each: the distances that are usual are those to other groups.
        width, ridge : float
            g and r.
        """
        memory = cls(x.shape[1], y.shape[1], len(x), width=width)
        std = x.std(dim=0)
        memory.get_buffer("feature_mean").copy_(x.mean(dim=0))
        memory.get_buffer("feature_std").copy_(torch.where(std < 1e-6, torch.ones_like(std), std))
        memory.get_buffer("known").copy_(memory.standardise(x))
        distances = memory._distances(x)
        kernel = torch.exp(-width * distances).double()
        for column in range(y.shape[1]):
            there = torch.isfinite(y[:, column])
            if not there.any():
                continue
            target = y[there, column].double()
            mean = target.mean()
            among = kernel[there][:, there] + ridge * torch.eye(int(there.sum()), dtype=torch.float64)
            memory.get_buffer("weights")[there, column] = torch.linalg.solve(among, target - mean).float()
            memory.get_buffer("mean")[column] = mean
        number = {name: i for i, name in enumerate(sorted(set(groups)))}
        ids = torch.tensor([number[name] for name in groups])
        others = distances.masked_fill(ids[:, None] == ids[None, :], float("inf"))
        near = others.kthvalue(min(_NEIGHBOURS, len(x)), dim=1).values
        near = near[torch.isfinite(near)]
        if len(near):
            memory.get_buffer("usual_distances").copy_(torch.quantile(near, torch.linspace(0, 1, _QUANTILES)))
        return memory

    def standardise(self, x: torch.Tensor) -> torch.Tensor:
        """z-scores [shape=(b, features)] of raw summaries, within five deviations."""
        return ((x - self.get_buffer("feature_mean")) / self.get_buffer("feature_std")).clamp(-CLIP, CLIP)

    def _distances(self, x: torch.Tensor) -> torch.Tensor:
        """Mean squared difference of z-scores to each known recording [shape=(b, n)]."""
        return torch.cdist(self.standardise(x), self.get_buffer("known").float()).square() / x.shape[1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answers [shape=(b, outputs)] of raw summaries [shape=(b, features)]."""
        likeness = torch.exp(-self.width * self._distances(x))
        return self.get_buffer("mean") + likeness @ self.get_buffer("weights")

    def novelty(self, x: torch.Tensor) -> torch.Tensor:
        """How unlike all that is remembered a recording is, [0, 1] [shape=(b,)].

        The share of known recordings whose fifth nearest neighbour of another group is nearer than this one's: 0.5 is
        usual, 1 is farther out than any.
        """
        near = self._distances(x).kthvalue(min(_NEIGHBOURS, len(self.get_buffer("known"))), dim=1).values
        usual = self.get_buffer("usual_distances")
        return (torch.searchsorted(usual, near.contiguous()).float() / (_QUANTILES - 1)).clamp(0, 1)
