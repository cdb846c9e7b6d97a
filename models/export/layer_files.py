"""All layers of a recording become files at once: tables, JAMS, Sonic Visualiser's two formats, Audacity's labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

from models.errors import JobError
from models.export.file_names import distinct, file_name
from models.export.layer_jams import jams_of
from models.export.layer_svl import svl_of
from models.export.layer_text import audacity_labels, curve_tables, sonic_visualiser_csv, spans_table
from models.export.whole_file import write_whole
from models.layers import Layer

Format = Literal["csv", "jams", "svl", "sv-csv", "audacity"]
FORMATS: tuple[Format, ...] = get_args(Format)


def export_layers(
    layers: Sequence[Layer],
    folder: Path,
    stem: str,
    formats: Sequence[Format] = FORMATS,
    *,
    duration_s: float,
    sample_rate_hz: int,
    title: str = "",
    artist: str = "",
) -> list[Path]:
    """Write layers.

    Parameters
    ----------
    layers : sequence of Layer
        What to write (see `models.export.layers_of`).
    folder : Path
        Where; made when missing. Files of the same names are replaced, each as a whole.
    stem : str
        What the files' names begin with: the recording's own.
    formats : sequence of {"csv", "jams", "svl", "sv-csv", "audacity"}
        "csv" is a table per time base with named columns and one of instants and regions; "jams" is one file; the
        others are one file per layer, "audacity" for instants and regions only.
    duration_s, sample_rate_hz : float, int
        Of the recording.
    title, artist : str
        For JAMS.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    JobError
        "bad_data" without any layer; "no_space" when a file cannot be written: those before it stand, and an earlier
        one of its name is still there.
    """
    if not layers:
        raise JobError("bad_data", f"{stem}: there is no layer to export.")
    written = []
    for wanted in formats:
        for name, text in _files(wanted, layers, duration_s, sample_rate_hz, title or stem, artist):
            target = folder / f"{stem}.{name}"
            write_whole(target, text.encode("utf-8", "backslashreplace"))
            written.append(target)
    return written


def _files(
    wanted: Format, layers: Sequence[Layer], duration_s: float, sample_rate_hz: int, title: str, artist: str
) -> Iterator[tuple[str, str]]:
    if wanted == "csv":
        tables = list(curve_tables(layers))
        names = distinct([file_name(name) for name, _ in tables])
        yield from ((f"{name}.csv", table) for name, (_, table) in zip(names, tables, strict=True))
        if spans := spans_table(layers):
            yield "regions.csv", spans
    elif wanted == "jams":
        document = jams_of(layers, title, artist, duration_s)
        yield "jams", json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n"
    else:
        names = distinct([file_name(layer.name) for layer in layers])
        for name, layer in zip(names, layers, strict=True):
            if wanted == "svl":
                yield f"{name}.svl", svl_of(layer, sample_rate_hz)
            elif wanted == "sv-csv":
                yield f"{name}.sv.csv", sonic_visualiser_csv(layer)
            elif layer.kind != "values":
                yield f"{name}.audacity.txt", audacity_labels(layer)
