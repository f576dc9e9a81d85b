"""What a surrogate's numbers mean, in sentences and rows of words."""

from collections.abc import Sequence
from math import isnan

from torch import Tensor

from xaivision.core.rules import Condition
from xaivision.core.telling_apart import told_apart
from xaivision.report.wording import counted, plain
from xaivision.surrogates.disagreement import Region
from xaivision.surrogates.fidelity import Measure
from xaivision.surrogates.study import SurrogateStudy
from xaivision.surrogates.surrogate_rules import condition_text

REGION_HEADS = ("region", "where", "expected", "disagreement", "rows", "black box, not surrogate")
LINES = ("", "surrogate", "one class", "random features", "gain over them")
# The share of draws that chosen features have to be better than, to be called better.
CLEARLY = 0.95
MOST_VALUES = 8


def fidelity_lines(study: SurrogateStudy) -> tuple[tuple[str, ...], ...]:
    """Rows of `LINES`: each measure of the surrogate, of always saying the commonest class, of as many random features, and what
    the surrogate gains over these.
    """
    found, usual, random = study.fidelity, study.commonest, study.random
    rows = [
        ("same class as the black box", found.agreement, usual.agreement, random.agreement, random.agreement_gain),
        ("R\N{SUPERSCRIPT TWO} of its probabilities", found.r2, None, random.r2, random.r2_gain),
        ("accuracy of the surrogate", found.accuracy, usual.accuracy, None, None),
        ("accuracy of the black box", found.black_box_accuracy, usual.accuracy, None, None),
        (f"agrees by a rule of confidence {study.plan.sure:g}", study.explained, None, None, None),
        (f"of {study.follows.rows} counterfactuals turn the black box", study.follows, None, None, None),
        (f"of {study.cheapest_follows.rows}, with the cheapest leaf alone", study.cheapest_follows, None, None, None),
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
    told = [] if study.near is None else [_near(study, study.near)]
    told.append(
        f"It gives {100 * agreement.value:.1f} % of {study.fidelity.rows} held-out rows the black box's class; always the "
        f"commonest class is that of {100 * study.commonest.agreement.value:.1f} %, and as many features drawn at random give "
        f"{100 * random.agreement.value:.1f} %. {_gain(study)}"
    )
    if not isnan(study.fidelity.accuracy.value):
        told.append(
            f"Its accuracy is {study.fidelity.accuracy.value:.3f}, the black box's "
            f"{study.fidelity.black_box_accuracy.value:.3f}, and that of one class alone "
            f"{study.commonest.accuracy.value:.3f}: faithful is not the same as right."
        )
    if study.regions and study.regions[0].conditions:
        told.append(_most_disagreement(study))
    if not isnan(study.explained.value):
        told.append(
            f"On {100 * study.explained.value:.0f} % of held-out rows it agrees by a rule that is right on at least "
            f"{100 * study.plan.sure:g} % of the rows it was learned from."
        )
    if not isnan(study.follows.value):
        told.append(_follows(study))
    if study.steadiness is not None:
        steady = study.steadiness
        told.append(
            f"On other samples of the rows its decisions are the same for {100 * steady.agreement:.0f} % of held-out rows."
        )
    if len(study.ranking.parts) > 1:
        shared, w = study.ranking.shared(study.k), study.ranking.w
        told.append(f"Two rankings share {100 * shared:.0f} % of the first {study.k} features on average (Kendall's W {w:.2f}).")
    return (*told, *map(plain, study.notes))


def near_text(study: SurrogateStudy) -> str:
    """The values of what a local surrogate reads of its row; empty for a global one."""
    if study.near is None:
        return ""
    told = [
        f"{plain(name)} {value_text(study, feature, float(study.near[feature]))}"
        for feature, name in zip(study.surrogate.features, study.surrogate.names, strict=True)
    ]
    more = f" and {len(told) - MOST_VALUES} more" if len(told) > MOST_VALUES else ""
    return ", ".join(told[:MOST_VALUES]) + more


def value_text(study: SurrogateStudy, column: int, value: float) -> str:
    """A category by its name, a number with the digits that a file of float32 has."""
    known = study.surrogate.category_names[column] if study.surrogate.category_names else ()
    return plain(known[round(value)]) if known and 0 <= round(value) < len(known) else f"{value:.7g}"


def change_texts(study: SurrogateStudy, column: int, before: float, after: float) -> tuple[str, str]:
    """Two values of a column, with as many digits as tell them apart: leaves end right beside what is known."""
    words = value_text(study, column, before), value_text(study, column, after)
    return words if words[0] != words[1] else told_apart(before, after, "{:.{}g}".format, 8)


def _near(study: SurrogateStudy, row: Tensor) -> str:
    """Which row a local surrogate is for, and what both say of it."""
    theirs, ours = (
        plain(study.surrogate.class_names[int(model(row[None]).argmax(1)[0])]) for model in (study.black_box, study.surrogate)
    )
    return (
        f"It is local: it stands for the black box near one row alone ({near_text(study)}). The black box gives that row "
        f"{theirs}, and it {ours}. Held-out rows, too, are made of that row and of known ones."
    )


def _most_disagreement(study: SurrogateStudy) -> str:
    """The region that was expected to be the worst, beside the others: it need not be."""
    worst, others = study.regions[0], [one for one in study.regions[1:] if one.rows]
    where, expected = _where(study, worst), f"{100 * worst.found:.0f} %"
    if not worst.rows:
        return f"Most disagreement is expected where {where} ({expected} of the rows to learn from): no held-out row lies there."
    here = f"on {100 * worst.rate.value:.0f} % of {counted(worst.rows, 'held-out row')}"
    rest = sum(one.rows for one in others)
    wrong = sum(one.rate.value * one.rows for one in others)
    there = f", and on {100 * wrong / rest:.0f} % of the other {rest}" if rest else ""
    if worst.rate.value > max((one.rate.value for one in others), default=0.0):
        return f"It disagrees most where {where}: {here}{there}."
    return (
        f"Most disagreement was expected where {where} ({expected} of the rows to learn from). It is not most there: it "
        f"disagrees {here}{there}."
    )


def _follows(study: SurrogateStudy) -> str:
    told = f"Of {study.follows.rows} counterfactuals the black box follows {100 * study.follows.value:.0f} %"
    if not isnan(study.copied.value):
        told += (
            f"; {100 * study.copied.value:.0f} % of those that it follows take every column that is read and may change from one "
            "known row"
        )
    if isnan(study.cheapest_follows.value):
        return f"{told}."
    return f"{told}. Those of the cheapest leaf alone it follows in {100 * study.cheapest_follows.value:.0f} %."


def region_lines(study: SurrogateStudy) -> tuple[tuple[str, ...], ...]:
    """Rows of `REGION_HEADS`: its number on the map, where it is, how often it was expected and is, on how many rows, and the two
    classes that are given there where they differ.
    """
    classes = study.surrogate.class_names
    return tuple(
        (
            str(number),
            _where(study, region),
            f"{region.found:.3f}",
            measure_text(region.rate),
            str(region.rows),
            "" if region.black_box < 0 else f"{plain(classes[region.black_box])}, not {plain(classes[region.surrogate])}",
        )
        for number, region in enumerate(study.regions, 1)
    )


def region_sentence(study: SurrogateStudy, region: Region) -> str:
    """`petal length <= 2.45: 12 % of 40 rows`."""
    rows = f"{100 * region.rate.value:.0f} % of {counted(region.rows, 'row')}" if region.rows else "no row"
    return f"{_where(study, region)}: {rows}"


def _where(study: SurrogateStudy, region: Region) -> str:
    return conditions_text(study, region.conditions) or "anywhere"


def conditions_text(study: SurrogateStudy, conditions: Sequence[Condition]) -> str:
    """What holds of a row, empty where that is nothing; categories in place of codes."""
    names = tuple(map(plain, study.held_out.names))
    categories = tuple(tuple(map(plain, one)) for one in study.surrogate.category_names)
    return " and ".join(condition_text(one, names, categories) for one in conditions)


def _gain(study: SurrogateStudy) -> str:
    """Whether the chosen features are better than random ones: surely so on other rows, and better than nearly every draw."""
    gain, draws = study.random.agreement_gain, len(study.random.agreements)
    if study.k >= len(study.candidates.usable):
        return "It may read every feature that varies: none was chosen, and random ones are the same."
    beaten = round(study.random.beaten * draws)
    if gain.interval[0] > 0 and study.random.beaten >= CLEARLY:
        return f"The chosen features do better, than {beaten} of {draws} draws."
    return (
        f"The chosen features do not clearly do better ({draws - beaten} of {draws} draws agree as often or more): their names "
        "say little."
    )
