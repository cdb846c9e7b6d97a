"""Train and test the classifier that tells music from speech, noise and drums alone.

    apt-get install --no-install-recommends espeak-ng flite fluidsynth fluid-soundfont-gm
    python packaging/train_domain.py 4QAED EMOTIFY EMOPIA VGMIDI --strangers MEMOMUSIC --cache DIR

The folders are laid out as for `affekt train`. Everything that is not music is synthesised, from fixed seeds; `--cache`
keeps what the tagger heard, so that a run that was stopped goes on. Prints what `docs/domain.md` says: false alarms on
music by cross-validation over groups, and hits on voices, languages, kits and noises that were not learned from.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from domain_sounds import drums, effects, music, noise, speech
from safetensors.numpy import save_file

from models.audio.decode import decode
from models.audio.overview import LOUDNESS_BIN_SAMPLES
from models.audio.tagger import N_FEATURES, tags
from models.data.labelled import read_labelled_folder
from models.inference import domain

#: How many excerpts are made of each: to learn from, and to test on.
COUNTS = {"speech": 124, "speech, flite": 48, "noise": 142, "drum loop": 124, "music": 140}
ROUGHENED_SHARE = 0.13  # of the real recordings also give an excerpt with another history
TESTED = 42
FOLDS = 5
#: Share of the loss that each kind gets. Music weighs most: a false alarm costs more than a miss.
WEIGHTS = {"music": 0.55, "speech": 0.15, "noise": 0.15, "drum loop": 0.15}
PENALTY = 1e-2


@dataclass(frozen=True)
class Clip:
    """A recording or an excerpt: how it is made, what it is, and whether it is learned from before the tests."""

    name: str
    kind: str
    source: str
    group: str
    learned: bool
    maker: str = ""
    path: Path | None = None
    roughened: bool = True
    turn: float = 0.0  # [0, 1]: all kinds are made in step, so that a run that is cut short has some of everything


@dataclass
class Heard:
    """What the tagger heard in a clip, and where it was to be heard at all."""

    clip: Clip
    tags: np.ndarray
    loudness_db: np.ndarray
    windows: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        steps = domain.heard_steps(self.loudness_db, len(self.tags))
        spans = domain.windows(steps)
        if len(spans) > 4:
            spans = [spans[i] for i in np.linspace(0, len(spans) - 1, 4).astype(int)]
        if self.clip.roughened:  # short files are judged too
            half = len(self.tags) // 2
            spans += [(0, half), (half, len(self.tags))]
        spans = [(a, b) for a, b in spans if steps[a:b].any()]
        rows = [domain.window_features(self.tags[a:b][steps[a:b]]) for a, b in spans]
        self.windows = np.array(rows).reshape(len(rows), 2 * N_FEATURES)


def _both(maker: Callable[..., np.ndarray]) -> Callable[[np.random.Generator, float], np.ndarray]:
    return lambda rng, seconds: maker(rng, seconds, unheard=True)


MAKERS: dict[str, Callable[[np.random.Generator, float], np.ndarray]] = {
    "speech": speech.speech,
    "speech, other voices and languages": _both(speech.speech),
    "speech, flite": speech.flite,
    "speech, other flite": _both(speech.flite),
    "noise": noise.noise,
    "drums, kits": drums.kit_loop,
    "drums, other kits": _both(drums.kit_loop),
    "drums, computed": drums.computed_loop,
    **{f"noise, {kind.__name__}": lambda rng, s, kind=kind: noise.noise(rng, s, kind) for kind in noise.UNHEARD_KINDS},
    **{f"music, {kind.__name__}": kind for kind in dict.fromkeys(music.KINDS)},
}


def clips(folders: Sequence[Path], strangers: Sequence[Path]) -> list[Clip]:
    """List all that is learned from or tested on."""
    out = []
    for folder in [*folders, *strangers]:
        learned = folder in folders
        for clip in read_labelled_folder(folder):
            facts = (clip.path.name, "music", folder.name, f"{folder.name}/{clip.group or clip.path.name}", learned)
            out.append(Clip(*facts, path=clip.path, roughened=False))
            drawn = zlib.crc32(clip.path.name.encode()) / 2**32
            if learned and drawn < ROUGHENED_SHARE:
                out.append(Clip(f"rough {facts[0]}", *facts[1:], path=clip.path, turn=drawn / ROUGHENED_SHARE))
    made = {
        "speech": ("speech",),
        "speech, flite": ("speech, flite",),
        "noise": ("noise",),
        "drum loop": ("drums, kits", "drums, computed"),
        "music": tuple(name for name in MAKERS if name.startswith("music, ")),
    }
    for what, makers in made.items():
        for i in range(COUNTS[what]):
            maker = makers[i % len(makers)]
            facts = (f"{what} {i}", what.partition(",")[0], maker, f"{what} {i}")
            out.append(Clip(*facts, learned=True, maker=maker, turn=i / COUNTS[what]))
    tests = {"speech, other voices and languages": "speech", "speech, other flite": "speech"}
    tests |= {"drums, other kits": "drum loop"}
    tests |= {f"noise, {kind.__name__}": "noise" for kind in noise.UNHEARD_KINDS}
    for maker, kind in tests.items():
        count = TESTED if kind != "noise" else TESTED // 2
        for i in range(count):
            facts = (f"test {maker} {i}", kind, maker, f"test {maker} {i}")
            out.append(Clip(*facts, learned=False, maker=maker, turn=i / count))
    return out


def _loudness_db(y: np.ndarray) -> np.ndarray:
    whole = y[: y.size - y.size % LOUDNESS_BIN_SAMPLES].reshape(-1, LOUDNESS_BIN_SAMPLES)
    return 10 * np.log10(np.maximum((whole**2).mean(axis=1), 1e-9))


def make(clip: Clip, cache: Path) -> None:
    """Make a clip and keep what the tagger hears in it."""
    kept = cache / clip.source / f"{clip.name}.npz"
    if kept.exists():
        return
    torch.set_num_threads(1)
    kept.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(zlib.crc32(clip.name.encode()))
    seconds = float(rng.uniform(9, 13))
    if clip.path is None:
        y = MAKERS[clip.maker](rng, seconds)
    else:
        y = np.asarray(decode(clip.path), np.float32)
        if clip.roughened:
            n = int(seconds * effects.RATE)
            start = int(rng.integers(0, max(1, y.size - n)))
            y = y[start : start + n]
    if clip.roughened:
        y = effects.roughened(y, rng)
    np.savez(kept, tags=tags(y).astype(np.float16), loudness_db=_loudness_db(y).astype(np.float16))


def read(clip: Clip, cache: Path) -> Heard:
    """Read back what was heard."""
    with np.load(cache / clip.source / f"{clip.name}.npz") as kept:
        return Heard(clip, kept["tags"].astype(np.float32), kept["loudness_db"].astype(np.float32))


def fit(material: Sequence[Heard]) -> dict[str, np.ndarray]:
    """Fit the classifier; within a kind every source weighs the same, and music weighs most."""
    x = np.concatenate([heard.windows for heard in material]).astype(np.float64)
    labels = np.concatenate([[domain.KINDS.index(h.clip.kind)] * len(h.windows) for h in material])
    sources = [f"{h.clip.kind}/{_weighed_as(h.clip)}" for h in material for _ in h.windows]
    sizes = Counter(sources)
    of_kind = Counter(source.split("/")[0] for source in sizes)
    weights = np.array([WEIGHTS[(kind := s.split("/")[0])] / of_kind[kind] / sizes[s] for s in sources])
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    inputs = torch.from_numpy((x - mean) / scale).float()
    targets, weighing = torch.from_numpy(labels), torch.from_numpy(weights).float()
    weight = torch.zeros(len(domain.KINDS), inputs.shape[1], requires_grad=True)
    bias = torch.zeros(len(domain.KINDS), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=150, history_size=20, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        each = torch.nn.functional.cross_entropy(inputs @ weight.T + bias, targets, reduction="none")
        total = (weighing * each).sum() + PENALTY * weight.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    values = {"mean": mean, "scale": scale, "weight": weight.detach().numpy(), "bias": bias.detach().numpy()}
    return {name: np.ascontiguousarray(value, np.float32) for name, value in values.items()}


def _weighed_as(clip: Clip) -> str:
    """Real recordings by their folder; what is made up for learning together."""
    return clip.source if clip.path is not None else "made"


def judged(heard: Heard, weights: dict[str, np.ndarray]) -> domain.Domain:
    """Judge a clip by weights that are not those of the program."""
    domain._weights = lambda: domain._Weights(**weights)  # type: ignore[assignment]
    return domain.judge_domain(heard.tags, heard.loudness_db)


def tell(title: str, found: Sequence[tuple[Clip, domain.Domain]]) -> dict[str, object]:
    """Print and return the counts of one row."""
    kinds = Counter(verdict.kind for _, verdict in found)
    parts = sum(1 for _, verdict in found if verdict.is_familiar and verdict.message)
    row: dict[str, object] = {"what": title, "n": len(found), **kinds, "in part": parts}
    print(json.dumps(row), flush=True)
    return row


def cross_validated(material: Sequence[Heard]) -> list[tuple[Clip, domain.Domain]]:
    """Judge every clip by a classifier that has not met its group."""
    out = []
    for fold in range(FOLDS):
        away = [zlib.crc32(heard.clip.group.encode()) % FOLDS == fold for heard in material]
        weights = fit([heard for heard, out_of in zip(material, away, strict=True) if not out_of])
        tested = [heard for heard, out_of in zip(material, away, strict=True) if out_of]
        out += [(heard.clip, judged(heard, weights)) for heard in tested]
    return out


def by_source(found: Sequence[tuple[Clip, domain.Domain]], protocol: str) -> None:
    """Print a row for each source, and for it with other histories."""
    rows: dict[str, list[tuple[Clip, domain.Domain]]] = {}
    for clip, verdict in found:
        rough = ", roughened" if clip.path is not None and clip.roughened else ""
        rows.setdefault(f"{clip.source}{rough} ({protocol})", []).append((clip, verdict))
    for title, row in rows.items():
        tell(title, row)
    wrong = [f"{clip.source}/{clip.name}: {v.kind}" for clip, v in found if clip.path and not v.is_familiar]
    print("\n".join(wrong))


def main() -> None:
    """Make the material, test by cross-validation and on what was held out, train and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("music", type=Path, nargs="+", help="labelled folders of music to learn from")
    parser.add_argument("--strangers", type=Path, nargs="*", default=[], help="labelled folders of music to test on")
    parser.add_argument("--cache", type=Path, required=True, help="folder for what the tagger heard")
    parser.add_argument("--workers", type=int, default=2, help="processes that make the material")
    parser.add_argument("--out", type=Path, default=domain.WEIGHTS, help="file to write")
    arguments = parser.parse_args()

    wanted = clips(arguments.music, arguments.strangers)
    with ProcessPoolExecutor(arguments.workers) as pool:
        in_turn = sorted(wanted, key=lambda clip: clip.turn)
        for i, _ in enumerate(pool.map(make, in_turn, [arguments.cache] * len(in_turn), chunksize=4)):
            if i % 100 == 0:
                print(f"{i} of {len(wanted)} clips", flush=True)
    material = [read(clip, arguments.cache) for clip in wanted]
    learned = [heard for heard in material if heard.clip.learned]
    strangers = [heard for heard in material if heard.clip.path is not None and not heard.clip.learned]
    held_out = [heard for heard in material if heard.clip.path is None and not heard.clip.learned]
    weights = fit(learned)
    by_source([(heard.clip, judged(heard, weights)) for heard in held_out], "generators not learned from")
    for family in ("drums, kits", "drums, computed", "speech, flite"):
        others = fit([heard for heard in learned if heard.clip.source != family])
        found = [(heard.clip, judged(heard, others)) for heard in learned if heard.clip.source == family]
        tell(f"{family} (learned without them)", found)
    # What is shipped knows all generators, so its false alarms are measured with all of them, too.
    by_source(cross_validated(learned + held_out), f"{FOLDS}-fold by group")
    weights = fit(learned + held_out)
    by_source([(heard.clip, judged(heard, weights)) for heard in strangers], "data set not learned from")
    save_file(weights, arguments.out)


if __name__ == "__main__":
    main()
