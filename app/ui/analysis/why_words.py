"""What explanations are called in the window: targets, methods, both ends of a heat, and where "here" is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.ui.strings import DASH, clock, hertz_range, percent, quadrant_label, signed, tr
from models.analysis import QUADRANTS, Analysis
from models.explain.explanation import TARGETS, Explanation, Method, Target
from models.explain.method_words import METHOD_WORDS


def target_label(target: str) -> str:
    """Return "Q3 sad", "valence" or "arousal"."""
    if target in QUADRANTS:
        return quadrant_label(target, short=True)
    return tr("valence") if target == "valence" else tr("arousal")


def likeliest(analysis: Analysis, region: tuple[float, float] | None, peak_s: float | None = None) -> Target:
    """Return the quadrant that is the most probable at a peak, else on average in a stretch, or of the whole."""
    probabilities = probabilities_in(analysis, region, peak_s)
    if probabilities is not None:
        return TARGETS[int(probabilities.argmax())]  # the quadrants come first among them
    return TARGETS[QUADRANTS.index(analysis.quadrant)]


def probabilities_in(
    analysis: Analysis, region: tuple[float, float] | None, peak_s: float | None = None
) -> NDArray[np.float32] | None:
    """Return those of the four quadrants at a peak, or on average in a stretch (seconds); None where neither is."""
    if region is None or not len(analysis.times_s):
        return None
    if peak_s is not None:
        return np.asarray(analysis.quadrants_over_time[int(np.abs(analysis.times_s - peak_s).argmin())])
    inside = (analysis.times_s >= region[0]) & (analysis.times_s <= region[1])
    return np.asarray(analysis.quadrants_over_time[inside].mean(axis=0)) if inside.any() else None


def targets_of(
    analysis: Analysis | None, region: tuple[float, float] | None = None, peak_s: float | None = None
) -> tuple[Target, ...]:
    """Return what can be asked about, the quadrant that is the most probable there first."""
    if analysis is None:
        return TARGETS
    first = likeliest(analysis, region, peak_s)
    return tuple(sorted(TARGETS, key=lambda target: target != first))


def how_probable(
    analysis: Analysis | None, target: Target, region: tuple[float, float] | None, peak_s: float | None
) -> str:
    """Return "Q2 tense: 53 % at the peak, 0:46." of a quadrant; nothing of what has no probability there."""
    probabilities = None if analysis is None else probabilities_in(analysis, region, peak_s)
    if probabilities is None or region is None or target not in QUADRANTS:
        return ""
    text = tr("{target}: {percent} on average over {times}.")
    if peak_s is not None:
        text = tr("{target}: {percent} at the peak, {peak}.")
    return text.format(
        target=target_label(target),
        percent=percent(float(probabilities[QUADRANTS.index(target)])),
        times=stretch_times(*region),
        peak="" if peak_s is None else clock(peak_s),
    )


def method_name(method: Method) -> str:
    """Return a method's short name."""
    return tr(METHOD_WORDS[method].name)


def method_text(method: Method) -> str:
    """Return what a method shows, and how faithful that was measured to be."""
    words = METHOD_WORDS[method]
    return tr("{name} shows {meaning}. {standing}").format(
        name=tr(words.name), meaning=tr(words.meaning), standing=tr(words.standing)
    )


def lacks(method: Method, target: Target) -> str:
    """Return why a method says nothing of a target; nothing where it does."""
    if method == "contribution" and target not in QUADRANTS:
        return tr("Contributions add up to the quadrants only: {target} has none.").format(target=target_label(target))
    return ""


def legend(explanation: Explanation) -> str:
    """Return what a heat shows: "Occlusion, Q3 sad (coarse)"."""
    name = method_name(explanation.method)
    if explanation.method == "attention":  # the same for every target
        text = tr("{method}: where the model weighted").format(method=name)
    elif explanation.method == "contribution":
        text = tr("{method}: what pushed it to {target}").format(method=name, target=target_label(explanation.target))
    else:
        text = tr("{method}: what carries {target}").format(method=name, target=target_label(explanation.target))
    # Whether a finer one follows stands beside the progress: it may have been stopped.
    return text if explanation.is_final else tr("{text} (coarse)").format(text=text)


def ends(explanation: Explanation) -> tuple[str, str]:
    """Return what the weakest (or most negative) and the strongest tint stand for."""
    if explanation.method == "attention":
        return tr("no weight"), tr("most")
    if not explanation.is_signed:
        return tr("nothing"), tr("most")
    if explanation.target in QUADRANTS:
        return tr("against"), tr("for")
    return tr("lowers it"), tr("raises it")


def finding(explanation: Explanation) -> str:
    """Return in a sentence what an explanation comes to: for or against in sum, when most, and at which pitch."""
    along = explanation.over_time
    if not len(along) or not np.any(along):
        return tr("Nothing here carries the answer.")
    total = float(along.sum())
    # Of what speaks as the sum does, the strongest moment; all of it has no other sign where there is none.
    sided = along * (np.sign(total) or 1.0) if explanation.is_signed else along
    at = int(sided.argmax())
    when = clock(float(explanation.times_s[at]))
    if explanation.method == "attention":
        return tr("The model weighted {time} most.").format(time=when)
    if not explanation.is_signed:
        text = tr("Most sensitive at {time}").format(time=when)
    else:
        text = _side(explanation, total).format(target=target_label(explanation.target), time=when)
    if explanation.map.size:
        column = explanation.map[:, at] * (np.sign(total) or 1.0) if explanation.is_signed else explanation.map[:, at]
        where = hertz_range(*explanation.range_of(int(column.argmax())))
        text = tr("{text}, {frequencies}").format(text=text, frequencies=where)
    return f"{text}."


def _side(explanation: Explanation, total: float) -> str:
    if explanation.method == "contribution":
        away = tr("In sum it pushed away from {target}, most at {time}")
        return tr("In sum it pushed to {target}, most at {time}") if total > 0 else away
    if explanation.target in QUADRANTS:
        against = tr("In sum it speaks against {target}, most at {time}")
        return tr("In sum it speaks for {target}, most at {time}") if total > 0 else against
    lowers = tr("In sum it lowers {target}, most at {time}")
    return tr("In sum it raises {target}, most at {time}") if total > 0 else lowers


def no_frequencies(explanation: Explanation) -> str:
    """Return why nothing lies over the spectrogram, and nothing will."""
    return tr("{method} knows moments, not frequencies: see the waveform").format(
        method=method_name(explanation.method)
    )


def carried_label(explanation: Explanation) -> str:
    """Return the name of what is read out at a point of a heat."""
    if explanation.method == "attention":
        return tr("attention")
    if explanation.method == "saliency":
        return tr("saliency")
    target = target_label(explanation.target)
    return (tr("for {target}") if explanation.target in QUADRANTS else tr("on {target}")).format(target=target)


def carried(explanation: Explanation, value: float, most: float) -> str:
    """Return a value of a heat: signed in the unit of what is explained, else relative to the largest, `most`."""
    if explanation.is_signed:
        return signed(value, 3)
    return tr("{value} of max.").format(value=f"{value / most if most else 0.0:.2f}")


def stretch_times(start_s: float, end_s: float) -> str:
    """Return "0:36-0:54" with a dash."""
    return f"{clock(start_s)}{DASH}{clock(end_s)}"
