"""The published findings that a run can look for, each with what it takes to hold."""

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import NamedTuple

from xaivision.evaluation.known_answers.diffroar import SPREAD
from xaivision.evaluation.known_answers.finding import Finding, Standing
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.evaluation.known_answers.study_table import StudyTable

Rows = Sequence[KnownRow]
Studies = Mapping[str, StudyTable]
# None: what was run cannot tell.
Told = tuple[bool, str] | None
EDGES = ("random", "sobel")


class _Claim(NamedTuple):
    claim: str
    source: str
    told: Callable[[Rows, Studies], Told]
    needs: str


def findings_of(rows: Rows, studies: Studies) -> tuple[Finding, ...]:
    """Every finding, whether it holds in what was run."""
    return tuple(_finding(one, one.told(rows, studies)) for one in CLAIMS)


def _finding(claim: _Claim, told: Told) -> Finding:
    if told is None:
        return Finding(claim.claim, claim.source, "not testable here", f"It needs {claim.needs}, which was not run.")
    standing: Standing = "holds" if told[0] else "does not hold"
    return Finding(claim.claim, claim.source, standing, told[1])


def _suppressors(rows: Rows, _studies: Studies) -> Told:
    """Of the linear model, on which both backgrounds are learned equally well: mass on the truth of every method."""
    white, smooth = (_masses(rows, f"tetrominoes linear {background} 8", "linear") for background in ("white", "correlated"))
    shared = sorted(set(white) & set(smooth))
    if not shared:
        return None
    fallen = [name for name in shared if smooth[name] < white[name]]
    means = [sum(part[name] for name in shared) / len(shared) for part in (white, smooth)]
    numbers = (
        f"Of {len(shared)} methods {len(fallen)} put less mass on the truth with the smooth background; "
        f"{means[0]:.2f} on average became {means[1]:.2f}."
    )
    return len(fallen) > 0.8 * len(shared) and means[1] < means[0] - 0.1, numbers


def _masses(rows: Rows, set_name: str, model_name: str) -> dict[str, float]:
    return {
        row.method: row.mean
        for row in rows
        if (row.set_name, row.model_name, row.score) == (set_name, model_name, "mass") and not row.control and not isnan(row.mean)
    }


def _edge_filters(rows: Rows, _studies: Studies) -> Told:
    """Whether methods are clearly ahead of chance and of the edge filter in precision, question by question."""
    asked = [row for row in rows if row.suite == "tetrominoes" and row.score == "precision" and not row.control]
    asked = [row for row in asked if not isnan(row.mean)]
    if all(row.model_name == "linear" for row in asked):  # the claim is of models that are more than a template
        return None
    behind = [row for row in asked if not row.clear_of(EDGES)]
    methods = sorted({row.method for row in asked})
    often = [
        name for name in methods if 2 * sum(row.method == name for row in behind) >= sum(row.method == name for row in asked)
    ]
    shown = ", ".join(f"`{name}`" for name in often)
    numbers = (
        f"Of {len(asked)} pairs of method and question {len(behind)} are not clearly ahead of chance and of the edge filter; "
        f"{len(often)} of {len(methods)} methods are not in at least half of their questions{': ' + shown if shown else ''}."
    )
    return len(often) >= 0.25 * len(methods), numbers


def _leaks(_rows: Rows, studies: Studies) -> Told:
    """Of the convolutional networks: gradient outside the digit where it moves, where it stays, and of the robust ones."""
    table = studies.get("leakage")
    if table is None:
        return None
    head = "gradient outside the digit"
    moving, staying = (table.value(f"cnn, digit {where}, standard", head) for where in ("anywhere", "on top"))
    robust = {label: table.value(label, head) for label, _ in table.rows if label.startswith("cnn") and "robust" in label}
    told = " and ".join(f"{value:.2f} of the {label.rsplit(', ', 1)[1]} one" for label, value in robust.items())
    numbers = (
        f"{moving:.2f} of the standard network's gradient lies outside the digit where it moves, {staying:.2f} where it stays on "
        f"top, and {told}."
    )
    return moving > 2.5 * staying and max(robust.values()) < moving, numbers


def _one_hot(_rows: Rows, studies: Studies) -> Told:
    table = studies.get("one hot")
    if table is None:
        return None
    found = {label: table.value(label, "quality") for label, _ in table.rows}
    standard, robust = found["standard"], max(value for label, value in found.items() if label != "standard")
    numbers = f"Quality of attribution, from -1 to 1: {standard:.2f} of the standard network, {robust:.2f} of the robust one."
    return robust - standard > 1, numbers


def _diffroar(_rows: Rows, studies: Studies) -> Told:
    """At the two smallest shares kept: robust at least 0.3 ahead of standard, random near nothing."""
    table = studies.get("diffroar")
    if table is None:
        return None
    heads = table.heads[1:3]
    standard, random = ([table.value(label, head) for head in heads] for label in ("standard", "random"))
    robust = {label: [table.value(label, head) for head in heads] for label, _ in table.rows if _names_robust(label)}
    gaps = {label: [one - other for one, other in zip(values, standard, strict=True)] for label, values in robust.items()}
    told = "; ".join(_with_spread(table, label, heads) for label in ("standard", *robust))
    numbers = f"With {heads[0]} and {heads[1]}: {told}; {_with_spread(table, 'random', heads)}. ± is over runs."
    return all(gap > 0.3 for one in gaps.values() for gap in one) and max(map(abs, random)) < 0.05, numbers


def _names_robust(label: str) -> bool:
    return label.startswith("robust") and not label.endswith(SPREAD)


def _with_spread(table: StudyTable, label: str, heads: Sequence[str]) -> str:
    """The means of a row, each with the spread over runs where there is one."""
    labels = [name for name, _ in table.rows]
    told = []
    for head in heads:
        spread = table.value(f"{label}{SPREAD}", head) if f"{label}{SPREAD}" in labels else float("nan")
        told.append(f"{table.value(label, head):.2f}{'' if isnan(spread) else f' ± {spread:.2f}'}")
    return f"{label} {' and '.join(told)}"


def _negative(_rows: Rows, studies: Studies) -> Told:
    """Whether standard gradients do worse than their own reversal; digits are known to be too easy for that."""
    table = studies.get("diffroar")
    if table is None:
        return None
    values = {head: table.value("standard", head) for head in table.heads[1:]}
    least = min(values, key=lambda head: values[head])
    return values[least] < 0, f"The least of {_with_spread(table, 'standard', [least])}, with {least}; ± is over runs."


def _disconnected(rows: Rows, _studies: Studies) -> Told:
    """Mass on the cell that the class sees, of methods that propagate back, beside the grid that is seen whole."""
    propagating = ("saliency", "input_x_gradient", "integrated_gradients", "guided_backprop", "layerwise_relevance", "deep_lift")
    apart, whole = (_masses(rows, f"{kind}grids of digits", "cnn") for kind in ("disconnected ", ""))
    known = [name for name in propagating if name in apart]
    if not known:
        return None
    least = min(apart[name] for name in known)
    beside = [name for name in known if name in whole]
    mean = sum(whole[name] for name in beside) / len(beside) if beside else float("nan")
    numbers = (
        f"Of {len(known)} methods that propagate back none puts less than {least:.3f} of its mass on the cell the class sees; "
        f"where the network sees the whole grid, they put {mean:.2f} there on average."
    )
    return least > 0.99, numbers


def _suppressor_weights(_rows: Rows, studies: Studies) -> Told:
    table = studies.get("suppressor pair")
    if table is None:
        return None
    head = "share of the suppressor"
    weights, pattern = table.value("sizes of the weights", head), table.value("pattern", head)
    numbers = f"The suppressor's share: {weights:.3f} of the weights' size, {pattern:.3f} of the pattern's."
    return weights > 0.45 and pattern < 0.1, numbers


CLAIMS: tuple[_Claim, ...] = (
    _Claim(
        "A smooth background draws attribution to suppressors.",
        "Clark et al., 2023, arXiv:2306.12816",
        _suppressors,
        "the linear tetrominoes on both backgrounds",
    ),
    _Claim(
        "Many methods do no better than chance or an edge filter.",
        "Clark et al., 2023, arXiv:2306.12816",
        _edge_filters,
        "the tetrominoes, asked of more than linear models",
    ),
    _Claim(
        "Weights of a linear model name a suppressor, the pattern that they read does not.",
        "Haufe et al., 2014, doi:10.1016/j.neuroimage.2013.10.067",
        _suppressor_weights,
        "the suppressor pair",
    ),
    _Claim(
        "Gradients of standard networks leak into the null block when the signal moves, and those of robust ones less.",
        "Shah, Jain, Netrapalli, 2021, arXiv:2102.12781",
        _leaks,
        "the block pictures",
    ),
    _Claim(
        "On the one-hot problem the largest gradient of a standard network is hardly ever the signal, of a robust one always.",
        "Shah, Jain, Netrapalli, 2021, arXiv:2102.12781",
        _one_hot,
        "the one-hot problem",
    ),
    _Claim(
        "DiffROAR of robust networks is far above that of standard ones.",
        "Shah, Jain, Netrapalli, 2021, arXiv:2102.12781",
        _diffroar,
        "DiffROAR on digits",
    ),
    _Claim(
        "DiffROAR of standard networks is negative where little is kept.",
        "Shah, Jain, Netrapalli, 2021, arXiv:2102.12781",
        _negative,
        "DiffROAR on digits",
    ),
    _Claim(
        "Backpropagation methods become near-perfect where each class sees one cell only.",
        "Rao, Boehle, Schiele, 2022, arXiv:2205.10435",
        _disconnected,
        "the disconnected grids",
    ),
)
