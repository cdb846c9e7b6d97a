"""Playback: QtMultimedia where it works, otherwise a silent clock, with a position that is smooth either way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, QUrl, Signal

from app.jobs.qt_quiet import quiet_multimedia
from app.ui.strings import tr

SPEEDS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
#: The media's own position moves in steps of 50 to 93 ms; the clock between them is trusted within this.
_DRIFT_S = 0.15
_FRAME_MS = 16
#: The platform answers a seek late: its older positions are not believed for this long.
_SETTLE_MS = 250


class Player(QObject):
    """Plays one file; all times in seconds.

    Parameters
    ----------
    sound : bool
        False plays on the clock alone, without QtMultimedia (tests, and systems without it).
    """

    position_changed = Signal(float)
    playing_changed = Signal(bool)
    speed_changed = Signal(float)
    loop_changed = Signal(bool)
    volume_changed = Signal(float)
    trouble = Signal(str)  # why there is no sound, in a sentence

    def __init__(self, parent: QObject | None = None, *, sound: bool = True) -> None:
        super().__init__(parent)
        self._wants_sound = sound
        self._media: Any = None  # QMediaPlayer, made when it is first needed
        self._output: Any = None
        self._path: Path | None = None
        self._loaded: Path | None = None
        self._duration_s = 0.0
        self._base_s = 0.0
        self._looked_s = 0.0  # where the playhead was at the last frame
        self._clock = QElapsedTimer()
        self._since_seek = QElapsedTimer()
        self._since_seek.start()
        self._playing = False
        self._placed = False
        self._speed = 1.0
        self._loop = False
        self._region: tuple[float, float] | None = None
        self._once: tuple[float, float] | None = None
        self._volume = 0.8
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._tick)

    # State

    @property
    def position_s(self) -> float:
        """Where the playhead is."""
        at = self._base_s
        if self._playing:
            at += self._clock.nsecsElapsed() * 1e-9 * self._speed
        return min(max(at, 0.0), self._duration_s)

    @property
    def path(self) -> Path | None:
        """What is open."""
        return self._path

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._playing

    @property
    def speed(self) -> float:
        """Rate of playback, 0.5..2."""
        return self._speed

    @property
    def loop(self) -> bool:
        """Whether the selection, or the whole, is repeated."""
        return self._loop

    @property
    def volume(self) -> float:
        """Loudness on the slider, 0..1."""
        return self._volume

    @property
    def duration_s(self) -> float:
        """Length of what is open."""
        return self._duration_s

    # What a person does

    def open(self, path: Path | None, duration_s: float) -> None:
        """Take another file, at rest at its beginning."""
        self.pause()
        self._path = path
        self._duration_s = max(duration_s, 0.0)
        self._once = None
        self._base_s = 0.0
        self.position_changed.emit(0.0)

    def change_over(self, path: Path, duration_s: float, at_s: float) -> None:
        """Take another file and go on at a place in it: what played plays on, as soon as the file can be read."""
        if self._media is not None and self._playing:
            self._media.pause()
        self._path, self._duration_s = path, max(duration_s, 0.0)
        self._region = self._once = None
        self._placed = False
        if self._media is not None and self._playing:
            self._load()
        self._jump(at_s)

    def set_duration(self, duration_s: float) -> None:
        """Correct the length once the file has been decoded."""
        self._duration_s = max(duration_s, 0.0)

    def play(self) -> None:
        """Play from where the playhead is; from the beginning if it is at the end."""
        if self._playing or self._path is None or self._duration_s <= 0:
            return
        first, last = self._bounds()
        if self.position_s >= last - 0.02 or (self._loop and self._region and self.position_s < first):
            self._base_s = first
        self._looked_s = self._base_s
        self._ensure_media()
        self._playing = True
        self._restart_clock()
        if self._media is not None:
            self._load()
            self._place_media()
        self._timer.start()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Rest where the playhead is."""
        if not self._playing:
            return
        self._base_s = self.position_s
        self._playing = False
        self._once = None
        self._timer.stop()
        if self._media is not None:
            self._media.pause()
        self.playing_changed.emit(False)
        self.position_changed.emit(self._base_s)

    def toggle(self) -> None:
        """Play or pause."""
        if self._playing:
            self.pause()
        else:
            self.play()

    def seek(self, time_s: float) -> None:
        """Put the playhead somewhere; it goes on playing if it played."""
        self._once = None
        self._jump(time_s)

    def play_from(self, time_s: float) -> None:
        """Put the playhead somewhere and play."""
        self.seek(time_s)
        self.play()

    def play_region(self, start_s: float, end_s: float) -> None:
        """Play a region once (or over and over, with loop on) and rest at its end."""
        self._jump(start_s)
        self.play()
        self._once = (start_s, end_s)

    def set_region(self, region: tuple[float, float] | None) -> None:
        """Take the region that loop repeats; None is the whole."""
        self._region = region

    def set_loop(self, on: bool) -> None:
        """Repeat the selection, or the whole."""
        if on != self._loop:
            self._loop = on
            self.loop_changed.emit(on)

    def set_speed(self, speed: float) -> None:
        """Play slower or faster, 0.5..2; the pitch stays where the platform can keep it."""
        speed = min(max(speed, SPEEDS[0]), SPEEDS[-1])
        if speed == self._speed:
            return
        self._base_s = self.position_s
        self._speed = speed
        self._restart_clock()
        if self._media is not None:
            self._media.setPlaybackRate(speed)
        self.speed_changed.emit(speed)

    def step_speed(self, steps: int) -> None:
        """Go to the next slower or faster speed."""
        nearest = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - self._speed))
        self.set_speed(SPEEDS[min(max(nearest + steps, 0), len(SPEEDS) - 1)])

    def set_volume(self, volume: float) -> None:
        """Make it louder or softer, 0..1."""
        self._volume = min(max(volume, 0.0), 1.0)
        self._apply_volume()
        self.volume_changed.emit(self._volume)

    def close(self) -> None:
        """Let go of the file and of the platform's player."""
        self.pause()
        self._timer.stop()
        if self._media is not None:
            self._media.stop()
            self._media.setSource(QUrl())
            self._media.deleteLater()
            self._output.deleteLater()
            self._media = self._output = None
        self._wants_sound = False

    # Behind it

    def _bounds(self) -> tuple[float, float]:
        if self._once is not None:
            return self._once
        if self._loop and self._region is not None:
            return self._region
        return 0.0, self._duration_s

    def _restart_clock(self) -> None:
        self._clock.start()

    def _jump(self, time_s: float) -> None:
        self._base_s = self._looked_s = min(max(time_s, 0.0), self._duration_s)
        self._restart_clock()
        self._since_seek.start()
        if self._media is not None and self._playing:
            self._place_media()
        self.position_changed.emit(self._base_s)

    def _tick(self) -> None:
        at = self.position_s
        first, last = self._bounds()
        # Only who runs over the end of the region turns back: a playhead put behind it plays on. What counts is where
        # it was at the last look, however long ago: a busy machine looks late.
        before, self._looked_s = self._looked_s, at
        if before < last - 1e-3 <= at or at >= self._duration_s - 1e-3:
            if self._loop:
                self._jump(first)
            else:
                self.pause()
                self._jump(last)
            return
        self.position_changed.emit(at)

    def _ensure_media(self) -> None:
        if self._media is not None or not self._wants_sound:
            return
        self._wants_sound = False
        silent = tr("There is no sound: {reason}. The playhead moves without it.")
        try:
            quiet_multimedia()
            from PySide6.QtMultimedia import QAudioOutput, QMediaDevices, QMediaPlayer
        except ImportError as error:
            self.trouble.emit(silent.format(reason=str(error).split(":")[0]))
            return
        media = QMediaPlayer(self)
        if not media.isAvailable():
            media.deleteLater()
            self.trouble.emit(silent.format(reason=tr("this system's media support could not be started")))
            return
        if not QMediaDevices.audioOutputs():
            self.trouble.emit(silent.format(reason=tr("no loudspeaker or headphones were found")))
        self._media = media
        self._output = QAudioOutput(self)
        self._media.setAudioOutput(self._output)
        self._media.positionChanged.connect(self._heard)
        self._media.errorOccurred.connect(self._failed)
        self._media.mediaStatusChanged.connect(self._status_changed)
        if hasattr(self._media, "setPitchCompensation"):
            self._media.setPitchCompensation(True)
        self._apply_volume()

    def _load(self) -> None:
        if self._loaded != self._path and self._path is not None:
            self._loaded = self._path
            self._media.setSource(QUrl.fromLocalFile(str(self._path)))
        self._media.setPlaybackRate(self._speed)

    def _place_media(self) -> None:
        """Let the media play from the clock's position: now, or as soon as it has been loaded."""
        status = type(self._media).MediaStatus
        self._placed = self._media.mediaStatus() not in (status.NoMedia, status.LoadingMedia)
        if self._placed:
            self._since_seek.start()
            self._media.setPosition(int(self.position_s * 1000))
            self._media.play()

    def _status_changed(self, _status: object) -> None:
        if self._playing and not self._placed and self._media is not None:
            self._place_media()

    def _apply_volume(self) -> None:
        if self._output is not None:
            # A slider is heard evenly when it moves in steps of loudness, not of amplitude.
            self._output.setVolume(self._volume**2)

    def _heard(self, position_ms: int) -> None:
        """Hold the clock to the media's position, without jumps where they nearly agree."""
        settled = self._placed and self._since_seek.elapsed() >= _SETTLE_MS
        if not self._playing or self._loaded != self._path or not settled:
            return
        heard_s = position_ms / 1000.0
        error_s = heard_s - self.position_s
        if abs(error_s) > _DRIFT_S:
            self._base_s = heard_s
        else:
            self._base_s = self.position_s + 0.1 * error_s
        self._restart_clock()

    def _failed(self, _error: object, message: str) -> None:
        self.trouble.emit(
            tr("{file} cannot be played here: {reason}. The playhead moves without sound.").format(
                file=self._path.name if self._path else "", reason=message.rstrip(".") or tr("unknown format")
            )
        )
        if self._media is not None:
            self._media.stop()
            self._media.deleteLater()
            self._output.deleteLater()
            self._media = self._output = self._loaded = None
        # The next file has its chance.
        self._wants_sound = True
