"""Where torch runs and how: the device, the allocator, the number format."""

from __future__ import annotations

import ctypes
import sys
import threading
from functools import cache
from pathlib import Path

from models.errors import JobError

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


@cache
def tune_allocator() -> bool:
    """Keep freed memory for the next batch instead of handing it back to the kernel (glibc only).

    Convolutions free and take tens of megabytes at each step; under glibc's defaults each goes through mmap and page
    faults, which makes training and batches two to three times slower. Returns whether it was done.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return (
        bool(mallopt(_M_MMAP_MAX, 0))
        and bool(mallopt(_M_TRIM_THRESHOLD, 1 << 30))
        and bool(mallopt(_M_TOP_PAD, 64 << 20))
    )


def choose_device(device: str = "auto") -> str:
    """Return "cuda", "mps" or "cpu" for a wish of "auto" or one of these.

    Raises
    ------
    JobError
        "bad_data" for a device that is unknown or not on this machine.
    """
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if device not in there:
        raise JobError("bad_data", f"There is no device called {device!r}: use auto, cpu, cuda or mps.")
    if not there[device]:
        raise JobError("bad_data", f"This machine has no usable {device} device: use auto or cpu.")
    return device


def one_core_here() -> None:
    """Let torch compute on one core in the thread that calls; other threads, also later ones, keep their number.

    For many short computations beside other work. torch's helpers wait for each other by spinning: on a machine of two
    busy cores, what took 19 s on one core took 275 s on two, and fifteen times the processor's time.
    """
    import torch

    usual = torch.get_num_threads()
    if usual == 1:
        return
    torch.set_num_threads(1)
    # torch remembers the number that it was told last for threads that begin later.
    teller = threading.Thread(target=torch.set_num_threads, args=(usual,))
    teller.start()
    teller.join()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device's memory, or the machine's, was used up; torch says the latter as a plain RuntimeError."""
    # torch's own class is told by its name: importing torch here would make a window wait.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    words = str(error)
    if "Cannot allocate memory" in words:  # the system's own words, which file readers pass on
        return True
    return isinstance(error, RuntimeError) and ("DefaultCPUAllocator" in words or "out of memory" in words.lower())


def is_graphics_card_full(error: BaseException) -> bool:
    """Whether it was the memory of a GPU that was used up, not the machine's."""
    words = str(error)
    of_machine = isinstance(error, MemoryError) or "DefaultCPUAllocator" in words or "Cannot allocate memory" in words
    return is_out_of_memory(error) and not of_machine


@cache
def fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware (AVX512-BF16 or AMX)."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
