"""TPA-BiLSTM, the baseline of the second paper's tables 1 and 2: temporal pattern attention over a BiLSTM."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from models.networks.regressor import N_DIMENSIONS, RegressorSteps, Standardised, check_mask


class TPABiLSTM(Standardised):
    """Temporal pattern attention (Shih, Sun, Lee, Machine Learning 108, 2019) over the states of a BiLSTM.

    Row i of the states of the `window` steps before t meets k filters C_j that are as long as the window (their
    equation 10), and the patterns so found are weighed by how well they go with h_t (11 to 13)::

        H^C_ij = sum_l H_i(t-w+l) C_jl
        alpha_i = sigmoid((H^C_i)^T W_a h_t)
        v_t = sum_i alpha_i H^C_i
        h'_t = W_h h_t + W_v v_t

    The sigmoid is theirs: several rows may count at once. Their output is linear; ours is ``tanh(W h'_t + b)``,
    valence and arousal in (-1, 1), as of the network it is compared with. Steps before the start count as 0.

    Parameters
    ----------
    features : int
        Features per step.
    hidden : int
        Units of the LSTM per direction.
    window : int
        w, steps that a filter covers; the paper's best lag order is 25.
    filters : int
        k.
    dropout : float
        After the LSTM.
    """

    def __init__(
        self, features: int, *, hidden: int = 128, window: int = 25, filters: int = 16, dropout: float = 0.3
    ) -> None:
        super().__init__(features)
        self.window = window
        self.lstm = nn.LSTM(features, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.filters = nn.Conv1d(1, filters, window, bias=False)
        self.relevance = nn.Linear(2 * hidden, filters, bias=False)  # W_a
        self.of_state = nn.Linear(2 * hidden, hidden, bias=False)  # W_h
        self.of_patterns = nn.Linear(filters, hidden, bias=False)  # W_v
        self.head = nn.Linear(hidden, N_DIMENSIONS)

    def patterns(self, h: torch.Tensor) -> torch.Tensor:
        """H^C [shape=(b, t, 2 hidden, filters)]: what the filters find in each row before (not at) each step."""
        batch, steps, rows = h.shape
        before = F.pad(h.transpose(1, 2).reshape(batch * rows, 1, steps), (self.window, -1))
        found: torch.Tensor = self.filters(before).reshape(batch, rows, -1, steps)
        return found.permute(0, 3, 1, 2)

    def estimate(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> RegressorSteps:
        """Values of standardised features [shape=(b, t, f)]; for the mask see `Regressor.estimate`."""
        mask = check_mask(x, mask)
        packed = pack_padded_sequence(x, mask.sum(dim=1).cpu(), batch_first=True, enforce_sorted=False)
        h, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=x.shape[1])
        h = self.dropout(h)
        found = self.patterns(h)
        alpha = torch.sigmoid((found * self.relevance(h)[:, :, None]).sum(dim=3, keepdim=True))
        z = self.of_state(h) + self.of_patterns((alpha * found).sum(dim=2))
        return RegressorSteps(torch.tanh(self.head(z)).float(), None)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Valence and arousal [shape=(b, t, 2)], (-1, 1), of raw features [shape=(b, t, f)]."""
        return self.estimate(self.normalise(x), mask).values
