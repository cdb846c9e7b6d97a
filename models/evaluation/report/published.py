"""What the papers report, as they print it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedQuadrants:
    """A row of Lu and Kim (2026), tables 3 and 4: percentages and shares; None where they give none."""

    accuracy: float
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


#: Recipe of ours -> the paper's data set -> its figures.
QUADRANTS: dict[str, dict[str, PublishedQuadrants]] = {
    "crnn-paper": {
        "PMEmo": PublishedQuadrants(88.4, 0.88, 0.87, 0.87),
        "EMOPIA": PublishedQuadrants(87.9, 0.87, 0.86, 0.86),
    },
    "crnn-paper-no-attention": {"PMEmo": PublishedQuadrants(84.6), "EMOPIA": PublishedQuadrants(83.8)},
    "lstm2-paper": {"PMEmo": PublishedQuadrants(78.5, 0.77, 0.78, 0.77)},
    "cnn5-paper": {
        "PMEmo": PublishedQuadrants(76.2, 0.75, 0.74, 0.74),
        "EMOPIA": PublishedQuadrants(74.8, 0.73, 0.72, 0.72),
    },
    "resnet50-paper": {
        "PMEmo": PublishedQuadrants(83.1, 0.82, 0.81, 0.81),
        "EMOPIA": PublishedQuadrants(82.5, 0.81, 0.82, 0.81),
    },
}


@dataclass(frozen=True)
class PublishedRegression:
    """A row of Qiu, Lin and Lin (2025) on its 0..1 scale; MAPE as a share."""

    r2: float
    rmse: float
    mae: float
    mape: float


#: Tables 1 and 2, test part: our name of the variant -> dimension -> figures.
TRACES: dict[str, dict[str, PublishedRegression]] = {
    "ours": {
        "arousal": PublishedRegression(0.845, 0.0740, 0.0581, 0.1062),
        "valence": PublishedRegression(0.78649, 0.0726, 0.0569, 0.1049),
    },
    "tpa-bilstm": {
        "arousal": PublishedRegression(0.3771, 0.1401, 0.1595, 0.1390),
        "valence": PublishedRegression(0.2911, 0.1564, 0.1598, 0.1450),
    },
}
#: Table 3, "ablation", PMEmo arousal; which part it is of is not said.
ABLATION: dict[str, PublishedRegression] = {
    "ours": PublishedRegression(0.9392, 0.043, 0.033, 0.055),
    "without-cnn": PublishedRegression(0.0, 0.380, 0.337, 0.712),
    "without-bilstm": PublishedRegression(0.7439, 0.088, 0.068, 0.129),
    "without-both": PublishedRegression(0.8774, 0.061, 0.048, 0.085),
}
