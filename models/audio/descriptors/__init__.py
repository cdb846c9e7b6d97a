"""Musical descriptors that a musicologist would name, at each half second and of the recording as a whole.

`describe` takes a signal, `DescriptorStream` a signal that arrives in pieces; `DESCRIPTORS` says what each column is.
Only `loudness` depends on the recording's level.
"""

from models.audio.descriptors.stream import Descriptors, DescriptorStream, describe, describe_frames
from models.audio.descriptors.table import DESCRIPTORS, SUMMARY_NAMES, TRACK_DESCRIPTORS, Descriptor

__all__ = [
    "DESCRIPTORS",
    "SUMMARY_NAMES",
    "TRACK_DESCRIPTORS",
    "Descriptor",
    "DescriptorStream",
    "Descriptors",
    "describe",
    "describe_frames",
]
