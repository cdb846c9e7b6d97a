"""ResNet-50 on the spectrogram as an image, the strongest baseline of the first paper's table 3."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.networks.base import N_QUADRANTS, ContextNetwork

#: Blocks per stage and their inner width (He et al., CVPR 2016, table 1); a block's output is four times as wide.
_STAGES = ((3, 64), (4, 128), (6, 256), (3, 512))
_EXPANSION = 4


class Bottleneck(nn.Module):
    """Convolutions 1x1, 3x3 and 1x1 with batch norm, and the input added: ``relu(x W_s + F(x))``."""

    def __init__(self, channels_in: int, width: int, stride: int) -> None:
        super().__init__()
        out = width * _EXPANSION
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            # The stride lies on the 3x3 convolution, as in every implementation today, and not on the 1x1 before.
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, out, 1, bias=False),
            nn.BatchNorm2d(out),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != out:
            self.shortcut = nn.Sequential(nn.Conv2d(channels_in, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [shape=(b, c, f, t)] to [shape=(b, 4 width, f / stride, t / stride)]."""
        return F.relu(self.shortcut(x) + self.body(x), inplace=True)


class ResNet50(ContextNetwork):
    """50 layers in 16 bottleneck blocks, the mean over bands and time, and a linear layer; 23.5 million weights.

    The paper fine-tunes "a pre-trained image classification model". This one starts from random weights, because
    weights trained on ImageNet are neither ours to ship nor at hand where the program trains; and it reads one channel
    where pictures have three.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 64, 7, 2, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, padding=1),
        )
        blocks: list[nn.Module] = []
        channels = 64
        for stage, (count, width) in enumerate(_STAGES):
            for i in range(count):
                blocks.append(Bottleneck(channels, width, 2 if stage and i == 0 else 1))
                channels = width * _EXPANSION
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, N_QUADRANTS)

    def answer_and_context(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [shape=(b, 4)] and what they are made of [shape=(b, 2048)], of [shape=(b, 128, frames)]."""
        y = self.blocks(self.stem(x[:, None].contiguous(memory_format=torch.channels_last)))
        context = y.mean(dim=(2, 3))
        return self.classifier(context), context

    def early_layers(self) -> list[nn.Module]:
        """All convolutions."""
        return [self.stem, self.blocks]
