"""What the threads work with, imported when it is first needed and replaceable in tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.jobs.teaching import Card, Loaded, Teaching
from app.paths import own_models
from models.analysis import Analysis, Overview
from models.cards import base_id
from models.jobs import AnalysisRequest, CancelToken, Decoder, Progress

if TYPE_CHECKING:
    from models.audio.tags import Tags
    from models.explain.explanation import Explanation, Method, Target
    from models.explain.sound import Sound
    from models.live.corrections import HeardMusic
    from models.structure.structure import Structure

__all__ = ["Card", "Loaded", "Tools", "Worker", "lineage"]


def lineage(card: Card) -> list[tuple[str, str | None]]:
    """Ids and versions whose results may stand for a model's in the list, the best first; None is any version.

    A personal model has a new version with every correction: what it said before, or else what its base says, is shown
    until a recording is analysed anew, rather than nothing.
    """
    base = base_id(card.raw)
    own: list[tuple[str, str | None]] = [(card.id, card.version)]
    return [*own, (card.id, None), (base, None)] if base else own


def _list_models() -> Sequence[Card]:
    from models.hub import list_models

    return list_models(own_models())


def _identify(model: str) -> Card:
    from models.hub import find_model

    return find_model(model, own_models())


def _load_model(model: str, device: str) -> Loaded:
    from models.hub import load_model

    return load_model(model, device, own_models())


def _analyse(
    request: AnalysisRequest,
    model: Any,
    cancel: CancelToken,
    fallback: Decoder | None,
    keep: Callable[[Any], None] | None = None,
) -> Iterator[Progress | Overview | Analysis]:
    from models.inference.analyse import analyse

    return iter(analyse(request, model, cancel, fallback, keep))


def _read_sound(path: Path, cancel: CancelToken, fallback: Decoder | None, heard: HeardMusic | None) -> Sound:
    from models.explain.explain import read_sound
    from models.runtime import one_core_here

    one_core_here()
    return read_sound(path, cancel, fallback, heard)


def _explain(
    sound: Sound,
    path: Path,
    target: Target,
    method: Method,
    region: tuple[float, float] | None,
    model: Any,
    cancel: CancelToken,
) -> Iterator[Progress | Explanation]:
    from models.explain.asked import ask
    from models.explain.explain import ExplainRequest, explain_sound
    from models.runtime import one_core_here

    one_core_here()
    start_s, end_s = region or (None, None)
    request = ExplainRequest(0, path, target, method, start_s, end_s)
    yield from explain_sound(request, ask(model, target), sound, model, cancel)


def _what_if(
    path: Path,
    model: Any,
    changes: Sequence[Any],
    start_s: float | None,
    end_s: float | None,
    cancel: CancelToken,
    fallback: Decoder | None,
) -> Iterator[Any]:
    from models.explain.counterfactual import what_if
    from models.runtime import one_core_here

    one_core_here()
    yield from what_if(path, model, changes, start_s, end_s, cancel, fallback)


def _look(request: AnalysisRequest, cancel: CancelToken, fallback: Decoder | None) -> Iterator[Progress | Structure]:
    from models.structure.look import look

    yield from look(request, cancel, fallback)


@dataclass(frozen=True)
class Worker:
    """How models are listed, found, loaded, asked, corrected and explained; `fallback` decodes what soundfile cannot.

    `look` finds how a recording is built, without a model; `explain` is asked about what `read_sound` read,
    which spares what an analysis has heard of it.

    The last argument of `analyse` takes what was heard of the recording, where the model can be asked again about it.
    """

    load_model: Callable[[str, str], Loaded] = _load_model
    analyse: Callable[
        [AnalysisRequest, Any, CancelToken, Decoder | None, Callable[[Any], None]],
        Iterator[Progress | Overview | Analysis],
    ] = _analyse
    identify: Callable[[str], Card] = _identify
    list_models: Callable[[], Sequence[Card]] = _list_models
    teaching: Teaching = field(default_factory=Teaching)
    fallback: Decoder | None = None
    read_sound: Callable[[Path, CancelToken, Decoder | None, HeardMusic | None], Any] = _read_sound
    explain: Callable[..., Iterator[Progress | Explanation]] = _explain
    what_if: Callable[..., Iterator[Any]] = _what_if
    look: Callable[[AnalysisRequest, CancelToken, Decoder | None], Iterator[Progress | Structure]] = _look


def _find_audio(paths: Iterable[Path]) -> Sequence[Path]:
    from models.audio.decode import find_audio

    return find_audio(paths)


def _read_tags(path: Path) -> Tags:
    from models.audio.tags import read_tags

    return read_tags(path)


def _sha256_of(path: Path) -> str:
    from models.audio.decode import sha256_of

    return sha256_of(path)


@dataclass(frozen=True)
class Tools:
    """How folders are looked through, tags read and files hashed."""

    find_audio: Callable[[Iterable[Path]], Sequence[Path]] = _find_audio
    read_tags: Callable[[Path], Tags] = _read_tags
    sha256_of: Callable[[Path], str] = _sha256_of
