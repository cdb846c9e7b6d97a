"""What the literature associates with elements of music: Table 2 of the third paper, word for word.

"Linking structural elements of music to emotional responses", Table 2 of the third of the papers this program stands
on: real-time music emotion recognition by multimodal fusion. The table sums up what listeners tend to say across
studies of Western music; it is no law of what a passage does to anyone.
"""

from __future__ import annotations

from typing import NamedTuple

#: How the table is named beside what it says.
SOURCE = "Table 2 of the third paper (real-time multimodal fusion)"


class Row(NamedTuple):
    """A row of the table: a feature, and the emotions at its two ends.

    Attributes
    ----------
    description : str
        Of the feature, in the table's words.
    high, low : str
        What the table calls the ends: where our descriptor is above, and where it is below.
    of_high, of_low : str
        Emotions associated with them.
    """

    description: str
    high: str
    of_high: str
    low: str
    of_low: str


TABLE: dict[str, Row] = {
    "Tempo": Row(
        "Speed or pace of music", "Fast", "excitement, happiness, anger", "Slow", "calm, sadness, tranquility"
    ),
    "Mode": Row("Type of musical scale", "Major", "joy, optimism", "Minor", "sorrow, introspection"),
    "Loudness": Row("Intensity and amplitude of sound", "High", "power, aggression", "Low", "peace, relaxation"),
    "Pitch": Row("Perceived frequency of a sound", "High", "excitement, tension", "Low", "melancholy, calm"),
    "Melody": Row(
        "Sequence of notes perceived as a cohesive whole",
        "Harmonious",
        "joy, relaxation",
        "Dissonant",
        "unease, tension",
    ),
    "Rhythm": Row("Pattern of beats and timing", "Steady", "peace, happiness", "Irregular", "surprise, tension"),
    "Harmony": Row("Combination of notes or chords", "Consonant", "comfort, joy", "Dissonant", "anxiety, suspense"),
    "Timbre": Row("Tone color or quality of sound", "Bright", "cheerfulness", "Dark", "sadness, mystery"),
    "Dynamics": Row("Variation in loudness across a piece", "Crescendo", "excitement", "Decrescendo", "calmness"),
    "Articulation": Row(
        "Style of note execution (e.g., staccato, legato)",
        "Staccato",
        "playfulness, energy",
        "Legato",
        "serenity, smoothness",
    ),
    "Contour": Row("Shape of pitch movement over time", "Ascending", "hope, excitement", "Descending", "sadness"),
    "Texture": Row(
        "Layers and interaction of musical lines", "Thick", "intensity, power", "Thin", "simplicity, loneliness"
    ),
}
