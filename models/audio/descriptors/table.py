"""The descriptors: what each is called, what it means, its unit and what is usual. The order is that of every array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.audio.descriptors.chords import CHORDS
from models.audio.descriptors.ranges import RANGES
from models.audio.descriptors.rhythm import MODULATION_HZ
from models.audio.descriptors.spectrum import CONTRAST_HZ, N_MFCC

Family = Literal["dynamics", "timbre", "rhythm", "articulation", "register", "melody", "consonance", "chords", "key"]


@dataclass(frozen=True)
class Descriptor:
    """One musical descriptor.

    Attributes
    ----------
    name : str
    unit : str
        Unit or range; "share" is from 0 to 1.
    definition : str
        One sentence.
    family : str
    low, high : float
        Where nine out of ten values lie in the music it was looked at on (5th and 95th percentile).
    """

    name: str
    unit: str
    definition: str
    family: Family
    low: float
    high: float


_INTERVALS = (
    "unison", "minor second", "major second", "minor third", "major third", "fourth", "tritone", "fifth",
    "minor sixth", "major sixth", "minor seventh", "major seventh",
)  # fmt: skip
_DEGREES = (
    "1", "flat 2", "2", "flat 3", "3", "4", "sharp 4", "5", "flat 6", "6", "flat 7", "7",
)  # fmt: skip
_CLASSES = ("seconds", "major seconds", "minor thirds", "major thirds", "fourths and fifths", "tritones")
_FOURIER = (
    "chromatic clusters",
    "two clusters a tritone apart",
    "augmented triads: three clusters of major thirds",
    "diminished sevenths: four clusters of minor thirds",
    "diatonicity: neighbours on the circle of fifths",
    "the whole-tone scale",
)
_REGISTERS = {"low": "C1 to B2", "middle": "C3 to B4", "high": "C5 to B7"}
_BANDS = {"low": "below 200 Hz", "middle": "200 to 1,600 Hz", "high": "1.6 to 9 kHz"}
_ENVELOPES = ("below 200 Hz", "200 to 700 Hz", "0.7 to 2.4 kHz", "2.4 to 9 kHz")


def _span(edges: tuple[float, ...], i: int, unit: str = "Hz") -> str:
    return f"{edges[i]:g} to {edges[i + 1]:g} {unit}"


def _chord(name: str) -> str:
    return "single notes" if name == "single" else f"{name.replace('_', ' ')} chords"


_Row = tuple[str, str, str]

_FRAMEWISE: dict[Family, list[_Row]] = {
    "dynamics": [
        ("loudness", "dBFS", "A-weighted level over 1 s; a full-scale sine at 1 kHz reads 0."),
        ("loudness_relative", "dB", "A-weighted level over 1 s against the recording's mean, floored at -40."),
        ("loudness_slope", "dB/s", "Slope of the level over 4 s: crescendo above 0, diminuendo below."),
        ("loudness_variation", "dB", "Standard deviation of the level over 3 s."),
    ],
    "timbre": [
        ("brightness", "octaves re 1 kHz", "Spectral centroid on a logarithmic frequency axis, of magnitudes."),
        ("spread", "octaves", "Standard deviation of the spectrum around its centroid."),
        ("skewness", "", "Skewness of the spectrum: below 0 where a tail reaches down from a bright bulk."),
        ("rolloff", "octaves re 1 kHz", "Frequency below which 85% of the energy lies."),
        ("flatness", "nepers", "Log of the geometric over the arithmetic mean of band powers: 0 is noise."),
        ("tilt", "nepers/octave", "Slope of the log spectrum."),
        ("low_share", "nepers", "Log share of the energy below 150 Hz."),
        ("high_share", "nepers", "Log share of the energy from 3 to 9 kHz."),
        *(
            (f"contrast_{i + 1}", "nepers", f"How far the strongest band stands out of {_span(CONTRAST_HZ, i)}.")
            for i in range(len(CONTRAST_HZ) - 1)
        ),
        ("brightness_variation", "octaves", "Standard deviation of the brightness over 2 s."),
        *(
            (f"mfcc_{i}", "", f"Cepstral coefficient {i} of the log-mel spectrum: its coarse shape.")
            for i in range(1, N_MFCC + 1)
        ),
    ],
    "rhythm": [
        ("flux", "nepers/frame", "Mean rise of the log-mel bands from frame to frame (23 ms), over 1 s."),
        *(
            (f"onset_flux_{n}", "nepers/frame", f"Mean rise of the bands {span}, over 1 s.")
            for n, span in _BANDS.items()
        ),
        ("decay", "nepers/frame", "Mean fall of the log-mel bands from frame to frame, over 1 s."),
        ("change", "nepers/frame", "Mean absolute change of the log-mel bands from frame to frame, over 1 s."),
        ("tempo", "BPM", "The pulse that best fits the onsets' autocorrelation over 8 s, with a prior around 110."),
        ("pulse_clarity", "-1 to 1", "Autocorrelation of the onsets at one to four beats of that tempo."),
        ("regularity", "", "Strongest autocorrelation of the onsets over 8 s at any distance above 0.19 s."),
        ("tempo_ambiguity", "0 to 1", "Entropy of the tempi's strengths: 0 where only one will do."),
        ("onset_rate", "1/s", "Onsets per second over 4 s."),
        ("flux_variation", "nepers", "Standard deviation of the log onset curve over 4 s: even or eventful."),
        *(
            (f"modulation_{i + 1}", "log power", f"Envelopes' motion at {_span(MODULATION_HZ, i)}, over 6 s.")
            for i in range(len(MODULATION_HZ) - 1)
        ),
    ],
    "articulation": [
        ("onset_strength", "nepers/frame", "Height of the onsets over 4 s."),
        ("event_sharpness", "", "Height of the onsets against the onset curve around them."),
        ("percussiveness", "share", "Share of the bands that rise together at an onset: drums raise all."),
        ("attack_slope", "dB/s", "How fast the level rises where it rises, over 4 s."),
        ("decay_slope", "dB/s", "How fast the level falls, averaged over 4 s."),
        ("staccato", "dB", "Range of the level within half a second, over 3 s: short notes with gaps, or legato."),
        ("sustain", "share", "Share of the notes' strength that lasts 0.28 s: held against moving notes, over 2 s."),
    ],
    "register": [
        ("register", "MIDI note", "Mean pitch of what sounds; strong overtones raise it a little."),
        ("register_low", "MIDI note", "Pitch below which a tenth of the sounding strength lies."),
        ("register_high", "MIDI note", "Pitch below which nine tenths of it lie."),
        ("register_range", "semitones", "From the one to the other."),
        ("bass_share", "share", "Share of the sounding strength below G3."),
        ("polyphony", "notes", "Effective number of notes that sound together (inverse participation ratio)."),
        ("note_count", "notes", "Notes at more than a quarter of the strongest one."),
        ("note_rate", "1/s", "Notes that start per second, over 4 s."),
        ("note_motion", "share/frame", "How much of the notes' strength is new from frame to frame (93 ms), over 2 s."),
    ],
    "melody": [
        ("melody_pitch", "MIDI note", "Pitch of the leading voice: the strongest note around D5."),
        ("melody_strength", "share", "Share of the sounding strength that the leading voice has."),
        ("melody_motion", "share", "Share of the frames in which the leading voice moves, over 3 s."),
        ("melody_interval", "semitones", "Mean size of its steps, an octave at most, over 3 s."),
        ("melody_contour", "semitones/s", "Slope of the leading voice over 3 s: rising above 0."),
        ("melody_range", "semitones", "Standard deviation of its pitch over 6 s."),
    ],
    "consonance": [
        ("roughness", "", "Sensory dissonance of all pairs of spectral peaks (Sethares 1993), free of level."),
        *(
            (f"tonalness_{n}", "share", f"Share of the energy from {span} that lies in spectral peaks.")
            for n, span in _REGISTERS.items()
        ),
        ("inharmonicity", "share", "Share of what stands out of the spectrum that no harmonic note explains."),
        ("intonation", "0 to 1", "How firmly the peaks keep to one tuning: high for keyboards, low for voices, noise."),
        ("consonance", "Huron's scale", "Mean consonance of all pairs of notes by interval class (Huron 1994)."),
        ("chroma_entropy", "0 to 1", "Entropy of the twelve pitch classes: few notes or all of them."),
        ("bass_agreement", "", "How far the bass plays what the upper voices play; 1 by chance."),
        *((f"above_bass_{k}", "share", f"Strength a {_INTERVALS[k]} above the bass.") for k in range(1, 12)),
        *(
            (f"fourier_{k}", "0 to 1", f"Fourier component {k} of the pitch classes: {_FOURIER[k - 1]}.")
            for k in range(1, 7)
        ),
        *(
            (f"interval_class_{k}", "share", f"Share of {_CLASSES[k - 1]} among pairs of pitch classes.")
            for k in range(1, 7)
        ),
        ("harmonic_change", "", "Motion of the tonal centroid in half a second (Harte 2006)."),
    ],
    "chords": [
        *((f"chord_{n}", "share", f"Share of {_chord(n)}.") for n in CHORDS),
        ("chord_mode", "-1 to 1", "Major and dominant chords less minor and diminished ones."),
        ("chord_ambiguity", "0 to 1", "Entropy of the chords' shares."),
        ("chord_change", "share", "How much the chord's root differs from half a second before: harmonic rhythm."),
    ],
    "key": [
        ("mode", "-2 to 2", "Best correlation with a major key less that with a minor key, over 10 s."),
        ("mode_on_tonic", "-2 to 2", "The recording's tonic as major against as minor, over 10 s."),
        ("key_clarity", "-1 to 1", "Best correlation with any key, over 10 s."),
        ("key_ambiguity", "0 to 1", "Entropy of the beliefs in the 24 keys."),
        ("key_change", "0 to 1", "How much these beliefs differ from 2 s before: modulation."),
    ],
}

_WHOLE: dict[Family, list[_Row]] = {
    "dynamics": [
        ("dynamic_range", "dB", "From the 5th to the 95th percentile of the level."),
        ("compression", "dB", "Mean power over the median level: small where loudness is even."),
        ("quiet_share", "share", "Share of the time more than 10 dB below the mean."),
        ("crest", "dB", "Loudest frame over the mean."),
        ("fluctuation_exponent", "", "How the level's drift grows with time (detrended fluctuation, 0.3 to 5 s)."),
    ],
    "timbre": [
        *(
            (f"mfcc_{i}_frame_{s}", "", f"{what} of cepstral coefficient {i} from frame to frame.")
            for i in range(1, N_MFCC + 1)
            for s, what in (("std", "Standard deviation"), ("step", "Mean absolute change"))
        ),
        *(
            (f"mfcc_correlation_{i}_{j}", "-1 to 1", f"Correlation of cepstral coefficients {i} and {j} over frames.")
            for i in range(1, 9)
            for j in range(i + 1, 9)
        ),
        *(
            (f"timbre_recurrence_{s}", "-1 to 1", f"Likeness of the timbre to that of {s} s before.")
            for s in (1, 2, 4, 8)
        ),
    ],
    "rhythm": [
        ("track_tempo", "BPM", "Tempo of the whole recording."),
        ("track_pulse_clarity", "-1 to 1", "Autocorrelation of all onsets at one to four beats of that tempo."),
        *(
            (f"tempo_{n}", "-1 to 1", f"Autocorrelation at {what} that tempo.")
            for n, what in (("third", "a third of"), ("half", "half"), ("double", "twice"), ("triple", "three times"))
        ),
        *(
            (f"tempogram_{i + 1}", "-1 to 1", f"Strongest pulse from {a:.0f} to {b:.0f} BPM.")
            for i, (a, b) in enumerate((35 * 1.015 ** (17 * i), 35 * 1.015 ** (17 * i + 16)) for i in range(8))
        ),
        ("onset_interval", "s", "Median time between onsets."),
        ("onset_interval_variation", "", "Coefficient of variation of the times between onsets."),
        *(
            row
            for n, span in _BANDS.items()
            for row in (
                (f"pulse_clarity_{n}", "-1 to 1", f"Clearest pulse {span}."),
                (f"onset_share_{n}", "nepers", f"Log of the rise {span} over that of all bands."),
            )
        ),
        *(
            (
                f"modulation_{i + 1}_band_{b + 1}",
                "log power",
                f"Motion of the envelope {span} at {_span(MODULATION_HZ, i)}.",
            )
            for i in range(len(MODULATION_HZ) - 1)
            for b, span in enumerate(_ENVELOPES)
        ),
    ],
    "melody": [
        ("melody_semitones", "share", "Share of semitones among the leading voice's steps."),
        ("melody_seconds", "share", "Share of minor and major seconds."),
        ("melody_thirds", "share", "Share of thirds."),
        ("melody_fourths", "share", "Share of fourths, tritones and fifths."),
        ("melody_leaps", "share", "Share of larger steps."),
        ("melody_ascent", "share", "Share of steps upward."),
    ],
    "chords": [
        ("chord_variety", "0 to 1", "Entropy of the chords of the recording."),
        *(
            (f"chord_{m}_on_{k}", "share", f"Share of {m} chords on degree {_DEGREES[k]} of the tonic.")
            for k in range(12)
            for m in ("major", "minor")
        ),
        *(
            (f"root_motion_{k}", "share", f"Share of roots that lie {k} semitones up a second later, octaves aside.")
            for k in range(12)
        ),
    ],
    "key": [
        ("tuning", "semitones", "How far the recording is tuned above A4 = 440 Hz, -0.5 to 0.5."),
        *(
            row
            for p in ("krumhansl", "temperley", "albrecht")
            for row in (
                (f"mode_{p}", "-2 to 2", f"Best major less best minor key of the whole, {p.title()}'s profiles."),
                (f"key_clarity_{p}", "-1 to 1", f"Best correlation of the whole with a key, {p.title()}'s profiles."),
            )
        ),
        ("mode_belief", "-1 to 1", "Belief in the major keys less that in the minor ones."),
        ("mode_parallel", "-2 to 2", "The tonic as major against the same tonic as minor."),
        ("track_key_ambiguity", "0 to 1", "Entropy of the beliefs in the 24 keys."),
        *(
            (f"{n}_{k}", "share", f"Share of degree {_DEGREES[k]} of the tonic in {what}.")
            for n, what in (
                ("degree", "all that sounds"),
                ("bass_degree", "the bass"),
                ("melody_degree", "the leading voice's register"),
            )
            for k in range(12)
        ),
        ("third", "share", "Major less minor third of the tonic."),
        ("sixth", "share", "Major less minor sixth."),
        ("seventh", "share", "Major less minor seventh."),
        ("diatonicity", "share", "Share of the major scale's degrees."),
        ("chromaticism", "0 to 1", "Entropy of the pitch classes of the whole."),
        *(
            (f"track_fourier_{k}", "0 to 1", f"Fourier component {k} of the whole's pitch classes: {_FOURIER[k - 1]}.")
            for k in range(1, 7)
        ),
        *(
            (f"harmony_recurrence_{s}", "-1 to 1", f"Likeness of the harmony to that of {s} s before.")
            for s in (1, 2, 4, 8)
        ),
    ],
}


def _table(rows: dict[Family, list[_Row]]) -> tuple[Descriptor, ...]:
    return tuple(
        Descriptor(name, unit, definition, family, *RANGES.get(name, (0.0, 1.0)))
        for family, of_family in rows.items()
        for name, unit, definition in of_family
    )


#: What is told at each instant.
DESCRIPTORS = _table(_FRAMEWISE)
#: What is told of the recording as a whole, besides statistics of those.
TRACK_DESCRIPTORS = _table(_WHOLE)
NAMES = tuple(d.name for d in DESCRIPTORS)
TRACK_NAMES = tuple(d.name for d in TRACK_DESCRIPTORS)
#: Over time: mean, standard deviation, 10th, 50th and 90th percentile, mean absolute change from instant to instant.
STATISTICS = ("mean", "std", "p10", "p50", "p90", "step")
SUMMARY_NAMES = (*(f"{name}.{statistic}" for name in NAMES for statistic in STATISTICS), *TRACK_NAMES)
