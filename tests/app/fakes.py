"""A tiny seeded science with slow, out-of-memory and crash modes, and a message pump without Qt."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from app.jobs.messages import Message
from app.jobs.teaching import Teaching
from app.jobs.tools import Worker
from app.library.rows import Label, Rating
from models.analysis import Analysis, Climax, DescriptorCurves, Domain, GemsEstimate, Overview, Transition
from models.data.labelled import GEMS
from models.errors import JobError
from models.explain.counterfactual import Answer as AnswerOfChanged
from models.explain.counterfactual import Change, WhatIf
from models.explain.explanation import Explanation, Method, Target
from models.jobs import AnalysisRequest, CancelToken, Decoder, Progress
from models.layers import Layer
from models.live.corrections import Answer, Update
from models.structure.structure import Section, Structure

STEP_S = 0.37


def sha_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_overview(duration_s: float = 12.0, seed: int = 0) -> Overview:
    rng = np.random.default_rng(seed)
    n = max(1, int(duration_s * 20))
    height = rng.uniform(0.1, 1.0, n).astype(np.float32)
    return Overview(
        duration_s=duration_s,
        sample_rate_hz=44_100,
        channels=2,
        waveform=np.stack((-height, height), axis=1),
        waveform_bin_s=0.05,
        spectrogram=rng.integers(0, 255, (128, n), dtype=np.uint8),
        spectrogram_bin_s=0.05,
        spectrogram_range_db=(-60.0, 20.0),
        band_hz=np.linspace(0, 11_025, 128, dtype=np.float32),
        loudness_db=rng.uniform(-60, -6, n).astype(np.float32),
        loudness_bin_s=0.05,
    )


def make_analysis(
    sha256: str, duration_s: float = 12.0, model_id: str = "fake", model_version: str = "1", seed: int = 0
) -> Analysis:
    rng = np.random.default_rng(seed)
    t = max(2, int(duration_s / STEP_S))
    over_time = rng.dirichlet(np.ones(4), t).astype(np.float32)
    p = over_time.mean(axis=0)
    p /= p.sum()
    return Analysis(
        sha256=sha256,
        duration_s=duration_s,
        sample_rate_hz=44_100,
        model_id=model_id,
        model_version=model_version,
        probabilities=p,
        times_s=(np.arange(t, dtype=np.float32) + 0.5) * np.float32(STEP_S),
        step_s=STEP_S,
        quadrants_over_time=over_time,
        contributions=rng.normal(0, 0.1, (t, 4)).astype(np.float32),
        bias=np.zeros(4, np.float32),
        attention=np.full(t, 1 / t, np.float32),
        valence=float(p[0] + p[3] - p[1] - p[2]),
        arousal=float(p[0] + p[1] - p[2] - p[3]),
        valence_over_time=over_time[:, 0] + over_time[:, 3] - over_time[:, 1] - over_time[:, 2],
        arousal_over_time=over_time[:, 0] + over_time[:, 1] - over_time[:, 2] - over_time[:, 3],
        valence_arousal_source="derived",
        climaxes=(Climax(duration_s * 0.4, duration_s * 0.6, duration_s * 0.8, 0.7),),
        notes=("A test's invention.",),
    )


def make_full_analysis(sha256: str, duration_s: float = 12.0, seed: int = 0) -> Analysis:
    """An analysis with all that a model may add: bands, domain, GEMS, descriptors, cues and a transition."""
    analysis = make_analysis(sha256, duration_s, seed=seed)
    rng = np.random.default_rng(seed + 1)
    t, k = 2 * max(1, int(duration_s)), 3
    cues = np.random.default_rng(seed).uniform(-0.1, 0.3, (len(analysis.times_s), 2)).astype(np.float32)
    values = rng.uniform(0, 120, (t, k)).astype(np.float32)
    values[0, 1] = np.nan  # no key in the silence at the beginning

    def band(curve: np.ndarray) -> np.ndarray:
        return np.clip(np.stack((curve - 0.3, curve + 0.2), axis=1), -1, 1).astype(np.float32)

    return replace(
        analysis,
        valence_band_over_time=band(analysis.valence_over_time),
        arousal_band_over_time=band(analysis.arousal_over_time),
        valence_band=(max(-1.0, analysis.valence - 0.3), min(1.0, analysis.valence + 0.2)),
        arousal_band=(max(-1.0, analysis.arousal - 0.3), min(1.0, analysis.arousal + 0.2)),
        band_coverage=0.8,
        domain=Domain(0.12, False, "speech", "This sounds like speech."),
        gems=tuple(GemsEstimate(name, float(share)) for name, share in zip(GEMS, rng.uniform(size=9), strict=True)),
        descriptors=DescriptorCurves(
            ("tempo", "key_clarity", "loudness"),
            ("BPM", "0..1", "dBFS"),
            (np.arange(t, dtype=np.float32) + 0.5) / 2,
            values,
            {"track_tempo": 96.0, "track_pulse_clarity": 0.61, "dynamic_range": 18.5},
        ),
        cue_names=("loudness", "register"),
        cues_over_time=cues,
        intensity_over_time=cues.sum(axis=1),
        transitions=(Transition(duration_s / 2, (-0.2, 0.1), (0.3, 0.4), 0.69),),
    )


def explained(
    target: Target = "Q1",
    method: Method = "occlusion",
    region: tuple[float, float] | None = None,
    duration_s: float = 12.0,
    model_id: str = "fake",
    model_version: str = "1",
) -> Explanation:
    """High sounds speak for the target in the first half of what is explained, low ones against it in the second."""
    start_s, end_s = region or (0.0, duration_s)
    first, last = int(start_s * 2), max(int(start_s * 2) + 2, int(np.ceil(end_s * 2)))
    map_ = np.zeros((32, last - first), np.float32)
    half = (last - first) // 2
    map_[16:, :half] = 0.5
    if method != "saliency":
        map_[:16, half:] = -0.25
    over_time = map_.sum(axis=0)
    if method in ("attention", "contribution"):
        map_ = np.empty((0, last - first), np.float32)
    return Explanation(
        target=target,
        method=method,
        model_id=model_id,
        model_version=model_version,
        number=0.5,
        times_s=((np.arange(first, last) + 0.5) / 2).astype(np.float32),
        over_time=over_time,
        frequencies_hz=np.linspace(100, 10_000, len(map_), dtype=np.float32),
        map=map_,
        note="A test's invention.",
        start_s=None if region is None else start_s,
        end_s=None if region is None else end_s,
    )


def make_rating(track_id: int, rater_id: str, seconds: float = 1.0) -> Rating:
    """Twenty points a second on a slow curve, with one chill."""
    times_s = np.arange(int(seconds * 20), dtype=np.float32) / np.float32(20)
    valence = np.sin(times_s).astype(np.float32)
    made = "2026-11-20T12:00:00+00:00"
    return Rating("t1", track_id, rater_id, "both", made, times_s, valence, -valence, (0.5,))


def make_layer(name: str = "tempo", n: int = 5, seed: int = 0) -> Layer:
    """A curve over time with a gap."""
    times_s = np.arange(n, dtype=np.float64) / 4
    values = np.random.default_rng(seed).uniform(60, 120, n)
    values[1] = np.nan
    return Layer(name, "values", times_s, values, None, ("",) * n, "bpm", (0.0, 300.0), "imported from tempo.csv")


def make_structure(sha256: str, duration_s: float = 12.0) -> Structure:
    """Two sections, a beat each half second."""
    beats_s = np.arange(0, duration_s, 0.5, dtype=np.float32)
    sections = (Section(0.0, duration_s / 2, "A"), Section(duration_s / 2, duration_s, "B"))
    chroma = np.random.default_rng(1).uniform(0, 1, (12, int(duration_s * 5))).astype(np.float32)
    return Structure(sha256, duration_s, 120.0, beats_s, beats_s[::4], sections, chroma, 0.2)


def make_explanation(target: Target = "arousal", duration_s: float = 12.0) -> Explanation:
    """Four bands over half seconds."""
    n = int(duration_s * 2)
    cells = np.random.default_rng(2).normal(0, 1, (4, n)).astype(np.float32)
    times_s = ((np.arange(n) + 0.5) / 2).astype(np.float32)
    bands_hz = np.array([100, 400, 1600, 6400], np.float32)
    over_time = cells.sum(axis=0)
    return Explanation(target, "occlusion", "fake", "1", 0.25, times_s, over_time, bands_hz, cells, note="A test's.")


def same(a: Any, b: Any) -> bool:
    """Whether two results are equal in every field, type and bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
    if is_dataclass(a):
        return all(same(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))
    return bool(a == b)


@dataclass(frozen=True)
class FakeCard:
    id: str = "fake"
    version: str = "1"
    name: str = "A fake"
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass
class FakeModel:
    card: FakeCard
    device: str


@dataclass(frozen=True)
class FakeSound:
    """What is read of a recording that is to be explained."""

    duration_s: float = 12.0


@dataclass(frozen=True)
class FakeRecording:
    """What was heard of a recording."""

    sha256: str
    overview: Overview
    path: Path

    @property
    def heard(self) -> Path:
        return self.path


@dataclass
class FakePupil:
    """A personal model whose version counts what it learned; saving it puts its card among the science's."""

    science: FakeScience
    base: Any
    folder: Path
    learned: list[Any] = field(default_factory=list)

    @property
    def model(self) -> FakeModel:
        raw = {"network": {"kind": "personal", "base": self.base.card.id}}
        return FakeModel(FakeCard(self.folder.name, f"1+{len(self.learned)}", self.folder.name, raw), self.base.device)

    @property
    def corrections(self) -> int:
        return len(self.learned)

    def undo(self) -> None:
        self.learned.pop()

    def save(self) -> FakeCard:
        if self.science.full_disk:
            raise JobError("no_space", "The disk is full.")
        self.science.cards[self.folder.name] = self.model.card
        return self.model.card


@dataclass
class FakeScience:
    """Stands for `models`; its fields say what shall happen.

    `steps` progress messages, `slow_s` apart; `bad` names fail with a `JobError`, `crash` names with a fault;
    `strange` names are nothing the model knows; `full` devices are out of memory; `hold` names wait inside the analysis
    (and `"explain"` or `"suppose"` inside those, after what comes first) until `go` is set (or they are cancelled);
    `inexplicable` names fail when they are to be explained, `shapeless` ones when their sections are looked for (which
    `"look at NAME"` in `hold` holds up). `sound` is what is read of a recording that is to be explained. `asked` and
    `looked` say what was, `threads` and `lookers` by which threads, `read` what was read, `known` what was known of it.
    """

    steps: int = 3
    slow_s: float = 0.0
    gpu: bool = False
    bad: set[str] = field(default_factory=set)
    crash: set[str] = field(default_factory=set)
    strange: set[str] = field(default_factory=set)
    full: set[str] = field(default_factory=set)
    hold: set[str] = field(default_factory=set)
    inexplicable: set[str] = field(default_factory=set)
    shapeless: set[str] = field(default_factory=set)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    known: list[Any] = field(default_factory=list)
    sound: FakeSound = field(default_factory=FakeSound)
    looked: list[str] = field(default_factory=list)
    lookers: set[str] = field(default_factory=set)
    unloadable: bool = False
    unteachable: str = ""
    full_disk: bool = False
    lessons: list[Any] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    kept_heard: dict[Path, Path] = field(default_factory=dict)
    cards: dict[str, FakeCard] = field(default_factory=lambda: {"": FakeCard(), "other": FakeCard("other")})
    go: threading.Event = field(default_factory=threading.Event)
    held: threading.Event = field(default_factory=threading.Event)
    loads: list[tuple[str, str]] = field(default_factory=list)
    analysed: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def worker(self) -> Worker:
        cards = lambda: list(self.cards.values())  # noqa: E731
        return Worker(
            self.load_model,
            self.analyse,
            self.identify,
            cards,
            self.teaching(),
            read_sound=self.read_sound,
            explain=self.explain,
            what_if=self.what_if,
            look=self.look,
        )

    def teaching(self) -> Teaching:
        return Teaching(
            self.personal_folder,
            self.open_pupil,
            self.learn,
            lambda recording, model: self.judge(recording.sha256, model),
            lambda path, folder: self.kept_heard.get(path),
            lambda path, folder, heard: self.kept_heard.__setitem__(path, heard),
            lambda folder: self.cards.pop(folder.name),
        )

    def open_pupil(self, base: Any, folder: Path) -> FakePupil:
        self.opened.append(folder.name)
        return FakePupil(self, base, folder)

    def personal_folder(self, card: Any, rater: str, others: Any) -> tuple[str, Path]:
        if card.id == "deaf":
            raise JobError("bad_model", "It cannot learn: choose affekt-base.")
        return card.raw.get("network", {}).get("base", card.id), Path("/models") / rater

    def learn(self, pupil: FakePupil, heard: Path, label: Label) -> Update:
        self.threads.add(threading.current_thread().name)
        if self.unteachable:
            raise JobError("bad_data", self.unteachable)
        before = Answer((0.7, 0.1, 0.1, 0.1), 0.5, 0.5)
        after = Answer((0.1, 0.1, 0.1, 0.7), 0.5, -0.5)
        pupil.learned.append(label)
        self.lessons.append((heard.stem, label.quadrant))
        return Update(len(pupil.learned), 0.01, False, "", before, after)

    def judge(self, sha256: str, model: FakeModel) -> Analysis:
        seed = int(sha256[:8], 16)
        heard = np.random.default_rng(seed).normal(0, 1, 12).astype(np.float32)
        analysis = replace(make_analysis(sha256, seed=seed), heard=heard)
        return replace(analysis, model_id=model.card.id, model_version=model.card.version)

    def identify(self, model: str) -> FakeCard:
        for name, card in self.cards.items():
            if model in (name, card.id):
                return card
        raise JobError("missing_model", f"There is no model “{model}”.")

    def load_model(self, model: str, device: str) -> FakeModel:
        self.threads.add(threading.current_thread().name)
        if self.unloadable:
            raise JobError("bad_model", "The model's weights are damaged.")
        if device == "auto":
            device = "cuda" if self.gpu else "cpu"
        self.loads.append((model, device))
        return FakeModel(self.identify(model), device)

    def analyse(
        self,
        request: AnalysisRequest,
        model: Any,
        cancel: CancelToken,
        fallback: Decoder | None,
        keep: Callable[[Any], None] = lambda _: None,
    ) -> Iterator[Progress | Overview | Analysis]:
        name = request.path.name
        self.threads.add(threading.current_thread().name)
        self.analysed.append(name)
        yield Progress(request.job_id, 0.0, "reading")
        if not request.path.exists():
            raise JobError("not_found", f"“{name}” was not found.")
        if name in self.bad:
            raise JobError("damaged", f"“{name}” is damaged.")
        seed = int(sha_of(request.path)[:8], 16)
        yield make_overview(seed=seed)
        if model.device in self.full:
            raise JobError("out_of_memory", "out of memory")
        if name in self.crash:
            raise ZeroDivisionError("a fault in the science")
        while name in self.hold and not self.go.is_set():
            self.held.set()
            cancel.check()
            time.sleep(0.002)
        for i in range(self.steps):
            time.sleep(self.slow_s)
            cancel.check()
            yield Progress(request.job_id, (i + 1) / self.steps, "listening")
        keep(FakeRecording(sha_of(request.path), make_overview(seed=seed), request.path))
        domain = Domain(0.1, False, "speech", "This sounds like speech.") if name in self.strange else None
        yield replace(self.judge(sha_of(request.path), model), domain=domain)

    def _wait(self, what: str, cancel: CancelToken) -> None:
        while what in self.hold and not self.go.is_set():
            self.held.set()
            cancel.check()
            time.sleep(0.002)

    def read_sound(self, path: Path, cancel: CancelToken, fallback: Decoder | None, heard: Any) -> FakeSound:
        self.read.append(path.name)
        self.known.append(heard)
        return self.sound

    def explain(
        self,
        sound: FakeSound,
        path: Path,
        target: Target,
        method: Method,
        region: tuple[float, float] | None,
        model: FakeModel,
        cancel: CancelToken,
    ) -> Iterator[Progress | Explanation]:
        self.threads.add(threading.current_thread().name)
        self.asked.append((path.name, target, method, region))
        yield Progress(0, 0.1, "listening again")
        if path.name in self.inexplicable:
            raise JobError("damaged", f"“{path.name}” is damaged.")
        if path.name in self.crash:
            raise ZeroDivisionError("a fault in the science")
        made = explained(target, method, region, model_id=model.card.id, model_version=model.card.version)
        yield replace(made, is_final=False, map=-made.map, over_time=-made.over_time)
        self._wait("explain", cancel)
        for i in range(self.steps):
            time.sleep(self.slow_s)
            cancel.check()
            yield Progress(0, 0.2 + 0.8 * (i + 1) / self.steps, "listening again")
        yield made

    def look(
        self, request: AnalysisRequest, cancel: CancelToken, fallback: Decoder | None
    ) -> Iterator[Progress | Structure]:
        name = request.path.name
        self.lookers.add(threading.current_thread().name)
        self.looked.append(name)
        yield Progress(request.job_id, 0.1, "reading")
        if name in self.shapeless:
            raise JobError("damaged", f"“{name}” is damaged.")
        if name in self.crash:
            raise ZeroDivisionError("a fault in the science")
        self._wait(f"look at {name}", cancel)
        yield make_structure(request.sha256)

    def what_if(
        self,
        path: Path,
        model: FakeModel,
        changes: Sequence[Change],
        start_s: float | None,
        end_s: float | None,
        cancel: CancelToken,
        fallback: Decoder | None,
    ) -> Iterator[Progress | WhatIf]:
        self.threads.add(threading.current_thread().name)
        for change in changes:
            self.asked.append((path.name, change, start_s, end_s))
            yield Progress(0, 0.5, "listening")
            self._wait("suppose", cancel)
            if path.name in self.inexplicable:
                raise JobError("bad_data", f"“{path.name}” cannot be changed so.")
            was = AnswerOfChanged(np.array([0.1, 0.2, 0.3, 0.4], np.float32), 0.25, -0.5)
            now = AnswerOfChanged(np.array([0.6, 0.2, 0.1, 0.1], np.float32), 0.5, 0.125)
            far = Domain(0.1, False, "noise", "This sounds like noise.") if path.name in self.strange else None
            note = "The recording was changed, not the music."
            yield WhatIf(change, start_s or 0.0, end_s or 12.0, was, now, was, now, None, far, note)


class HandPump:
    """Delivers messages when the test says so, on the test's thread."""

    def __init__(self, deliver: Callable[[Message], None], wanted: Callable[[Message], bool]) -> None:
        self._deliver = deliver
        self._wanted = wanted
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self.delivered: list[Message] = []
        self.dropped: list[Message] = []
        self.stopped = False

    def post(self, message: Message) -> None:
        self._messages.put(message)

    def stop(self) -> None:
        self.stopped = True

    def until(self, condition: Callable[[], Any], timeout_s: float = 20.0) -> None:
        """Deliver messages until the condition holds."""
        end = time.monotonic() + timeout_s
        while not condition():
            left_s = end - time.monotonic()
            if left_s <= 0:
                raise AssertionError("it did not come to that")
            try:
                message = self._messages.get(timeout=min(left_s, 0.02))
            except Empty:
                continue
            self._one(message)

    def flush(self, quiet_s: float = 0.2) -> None:
        """Deliver messages until none has come for a while."""
        while True:
            try:
                self._one(self._messages.get(timeout=quiet_s))
            except Empty:
                return

    def _one(self, message: Message) -> None:
        if self._wanted(message):
            self.delivered.append(message)
            self._deliver(message)
        else:
            self.dropped.append(message)
