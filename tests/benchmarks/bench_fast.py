"""How fast the small network is against the CRNN: milliseconds per window on one thread, and the ratio.

Run with `make bench`, on an otherwise idle machine; the ratio travels, milliseconds do not. Time is that of the thread,
so that another program's share is not counted.
"""

from __future__ import annotations

import statistics
import time

import torch

from models.audio.log_mel import FRAME_S
from models.networks.base import LogMelNetwork
from models.networks.crnn import CRNN
from models.networks.fast import FastNet
from models.runtime import tune_allocator

RUNS = 40


def _median_ms(network: LogMelNetwork, frames: int) -> float:
    network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.randn(1, 128, frames) * 3 - 7
    times = []
    with torch.inference_mode():
        for run in range(RUNS + 5):
            began = time.thread_time()
            network(x)
            if run >= 5:  # the first warm up
                times.append(time.thread_time() - began)
    return statistics.median(times) * 1e3


def main() -> None:
    """Print the figures."""
    tune_allocator()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    networks = {"CRNN": CRNN(), "FastNet": FastNet()}
    for seconds in (3, 30):
        frames = round(seconds / FRAME_S)
        crnn, fast = (_median_ms(network, frames) for network in networks.values())
        aim = " (aims: 5 ms, 3 x)" if seconds == 3 else ""
        print(
            f"{seconds}-s window, one thread, float32: FastNet {fast:.1f} ms, CRNN {crnn:.1f} ms, "
            f"{crnn / fast:.1f} x as fast{aim}"
        )


if __name__ == "__main__":
    main()
