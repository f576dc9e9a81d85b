"""What a surrogate's numbers mean, in sentences and rows of words."""

from collections.abc import Sequence
from math import isnan

from xaivision.core.rules import Condition
from xaivision.report.wording import counted, plain
from xaivision.surrogates.disagreement import Region
from xaivision.surrogates.fidelity import Measure
from xaivision.surrogates.study import SurrogateStudy
from xaivision.surrogates.surrogate_rules import condition_text

LINES = ("", "surrogate", "random features", "gain over them")


def fidelity_lines(study: SurrogateStudy) -> tuple[tuple[str, ...], ...]:
    """Rows of `LINES`: each measure of the surrogate, of as many random features, and the difference."""
    found, random = study.fidelity, study.random
    rows = [
        ("same class as the black box", found.agreement, random.agreement, random.agreement_gain),
        ("R\N{SUPERSCRIPT TWO} of its probabilities", found.r2, random.r2, random.r2_gain),
        ("accuracy of the surrogate", found.accuracy, None, None),
        ("accuracy of the black box", found.black_box_accuracy, None, None),
        (f"explained by a rule of confidence {study.plan.sure:g}", study.explained, None, None),
        ("counterfactuals the black box follows", study.follows, None, None),
        ("of the cheapest leaf alone", study.cheapest_follows, None, None),
    ]
    return tuple(
        (name, *("" if one is None else measure_text(one) for one in measures))
        for name, *measures in rows
        if measures[0] is not None and not isnan(measures[0].value)
    )


def measure_text(one: Measure) -> str:
    """`0.912 [0.860, 0.946]`; empty where it is not defined."""
    if isnan(one.value):
        return ""
    return f"{one.value:.3f}" if isnan(one.interval[0]) else str(one)


def summary_sentences(study: SurrogateStudy) -> tuple[str, ...]:
    """What can be said of the surrogate, the limits first."""
    agreement, random = study.fidelity.agreement, study.random
    told = [
        f"It gives {100 * agreement.value:.1f} % of {study.fidelity.rows} "
        "held-out rows the black box's class; as many features drawn "
        f"at random give {100 * random.agreement.value:.1f} %. {_gain(random.agreement_gain)}"
    ]
    if not isnan(study.fidelity.accuracy.value):
        told.append(
            f"Its accuracy is {study.fidelity.accuracy.value:.3f}, and the black box's "
            f"{study.fidelity.black_box_accuracy.value:.3f}: faithful is not the same as right."
        )
    if study.regions and (worst := study.regions[0]).rows and worst.rate.value > 0 and worst.conditions:
        told.append(
            f"It disagrees most where {_where(study, worst)}: on {100 * worst.rate.value:.0f} % of {counted(worst.rows, 'row')}."
        )
    if not isnan(study.explained.value):
        told.append(f"{100 * study.explained.value:.0f} % of decisions are explained by a rule that is sure, and agree.")
    if not isnan(study.follows.value):
        told.append(
            f"Of its counterfactuals the black box follows {100 * study.follows.value:.0f} %; of those of the cheapest leaf "
            f"alone {100 * study.cheapest_follows.value:.0f} %."
        )
    if study.steadiness is not None:
        steady = study.steadiness
        told.append(
            f"On other samples of the rows its decisions are the same for {100 * steady.agreement:.0f} % of held-out rows."
        )
    if len(study.ranking.parts) > 1:
        shared, w = study.ranking.shared(study.k), study.ranking.w
        told.append(f"Two rankings share {100 * shared:.0f} % of the first {study.k} features on average (Kendall's W {w:.2f}).")
    return (*told, *map(plain, study.notes))


def region_words(study: SurrogateStudy, region: Region) -> tuple[str, ...]:
    """Where, how often, and the two classes that are given there where they differ."""
    classes = study.surrogate.class_names
    apart = "" if region.black_box < 0 else f"{plain(classes[region.black_box])}, not {plain(classes[region.surrogate])}"
    return (_where(study, region), measure_text(region.rate), str(region.rows), apart)


def _where(study: SurrogateStudy, region: Region) -> str:
    return conditions_text(study, region.conditions) or "anywhere"


def conditions_text(study: SurrogateStudy, conditions: Sequence[Condition]) -> str:
    """What holds of a row, empty where that is nothing; categories in place of codes."""
    names = tuple(map(plain, study.held_out.names))
    categories = tuple(tuple(map(plain, one)) for one in study.surrogate.category_names)
    return " and ".join(condition_text(one, names, categories) for one in conditions)


def _gain(gain: Measure) -> str:
    if isnan(gain.interval[0]):
        return ""
    if gain.interval[0] > 0:
        return "The chosen features do better."
    return "The chosen features do not do better: their names say little."
