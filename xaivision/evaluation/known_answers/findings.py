"""The published findings that a run can look for, each with what it takes to hold."""

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import NamedTuple

import torch

from xaivision.core.bootstrap import mean_interval
from xaivision.evaluation.known_answers.diffroar import SPREAD
from xaivision.evaluation.known_answers.finding import Finding, Standing
from xaivision.evaluation.known_answers.known_row import KnownRow
from xaivision.evaluation.known_answers.study_table import StudyTable

Rows = Sequence[KnownRow]
Studies = Mapping[str, StudyTable]
# None: what is needed was not run. Instead of whether it holds, None where what was run cannot tell.
Told = tuple[bool | None, str] | None
EDGES = ("random", "sobel")
# All methods that go back through every layer to the pixels; class activation maps stop at a layer.
PROPAGATING = (
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "blur_integrated_gradients",
    "guided_integrated_gradients",
    "expected_gradients",
    "smooth_grad",
    "smooth_grad_squared",
    "var_grad",
    "deep_lift",
    "deep_lift_shap",
    "layerwise_relevance",
    "full_grad",
    "guided_backprop",
    "deconvolution",
    "guided_grad_cam",
)
NEAR_PERFECT = 0.95
PLUS_MINUS = "± is the standard deviation over pairs of runs."
# Of two accuracies that are held against each other: how far they may lie apart.
COMPARABLE = 0.05
# Random maps have a DiffROAR nearer to nothing than this, at every share.
NOTHING = 0.05
# Little is kept where no more is.
LITTLE = 2


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
    standing: Standing = "not testable here" if told[0] is None else "holds" if told[0] else "does not hold"
    return Finding(claim.claim, claim.source, standing, told[1])


def _suppressors(rows: Rows, studies: Studies) -> Told:
    """Of the linear model: its weights where both backgrounds are learned as well, and mass on the truth of every method."""
    study = studies.get("tetromino suppressors")
    white, smooth = (_masses(rows, f"tetrominoes linear {background} 8", "linear") for background in ("white", "correlated"))
    shared = sorted(set(white) & set(smooth))
    if study is None or not shared:
        return None
    falls = torch.tensor([white[name] - smooth[name] for name in shared], dtype=torch.float64, device="cpu")
    means = [sum(part[name] for name in shared) / len(shared) for part in (white, smooth)]
    low, high = mean_interval(falls)
    one, other = (
        max((label for label, _ in study.rows if label.startswith(kind)), key=_share) for kind in ("white", "correlated")
    )
    accuracies, on, beside = (
        [study.value(label, head) for label in (one, other)] for head in ("accuracy", "on the truth", "next to it")
    )
    clear = study.value(one, "on the truth, from") > study.value(other, "to")
    numbers = (
        f"Of the weights of linear models that are right about {accuracies[0]:.3f} and {accuracies[1]:.3f} of the pictures "
        f"{on[0]:.2f} lies on the truth with white noise and {on[1]:.2f} with smooth noise, {beside[0]:.2f} and {beside[1]:.2f} "
        f"right next to it. With the published contrast, where the smooth background is learned better, "
        f"{int((falls > 0).sum())} of {len(shared)} methods put less mass on the truth: {means[0]:.2f} on average became "
        f"{means[1]:.2f}, the fall {_spanned(float(falls.mean()), low, high)} over methods."
    )
    if abs(accuracies[0] - accuracies[1]) > COMPARABLE:
        return None, f"The models are not comparable. {numbers}"
    return clear and beside[1] > beside[0] and (low > 0 or isnan(low)) and means[1] < means[0], numbers


def _share(label: str) -> float:
    """How much of the picture the pattern is: `white, 0.3 of the picture`."""
    return float(label.split(", ")[1].split()[0])


def _spanned(mean: float, low: float, high: float) -> str:
    return f"{mean:.2f}" if isnan(low) else f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def _masses(rows: Rows, set_name: str, model_name: str) -> dict[str, float]:
    return {
        row.method: row.mean
        for row in rows
        if (row.set_name, row.model_name, row.score) == (set_name, model_name, "mass") and not row.control and not isnan(row.mean)
    }


def _edge_filters(rows: Rows, _studies: Studies) -> Told:
    """Whether methods are clearly ahead of chance and of the edge filter in precision, question by question."""
    found = [row for row in rows if row.suite == "tetrominoes" and row.score == "precision" and not row.control]
    asked = [row for row in found if not isnan(row.mean) and 2 * (row.silent + row.undefined) < row.inputs]
    if all(row.model_name == "linear" for row in asked):  # the claim is of models that are more than a template
        return None
    methods = sorted({row.method for row in asked})
    often = [name for name in methods if _is_often_behind([row for row in asked if row.method == name])]
    behind = sum(not row.clear_of(EDGES) for row in asked)
    numbers = (
        f"By precision, of {len(asked)} pairs of method and question {behind} are not clearly ahead of both a random map and the "
        f"edge filter; {len(often)} of {len(methods)} methods are not in at least half of their questions{_named(often)}. "
        f"{len(found) - len(asked)} pairs do not count: at least half of their maps are refused, or the same everywhere."
    )
    if len(often) == len(methods):  # then the truth may be wrong as well
        return None, f"No method is ahead, so that nothing tells whether the truth can be found at all. {numbers}"
    return len(often) >= 0.25 * len(methods), numbers


def _is_often_behind(rows: Rows) -> bool:
    return 2 * sum(not row.clear_of(EDGES) for row in rows) >= len(rows)


def _named(methods: Sequence[str]) -> str:
    return f": {', '.join(f'`{name}`' for name in methods)}" if methods else ""


def _leaks(_rows: Rows, studies: Studies) -> Told:
    """Of the convolutional networks: gradient outside the digit where it moves, where it stays, and of the robust ones."""
    table = studies.get("leakage")
    if table is None:
        return None
    moving, staying = ("cnn, digit anywhere, standard", "cnn, digit on top, standard")
    robust = [label for label, _ in table.rows if label.startswith("cnn") and "robust" in label]
    told = " and ".join(f"{_outside(table, label)} of the {label.rsplit(', ', 1)[1]} one" for label in robust)
    numbers = (
        f"Of the convolutional networks, with chance at 0.5: {_outside(table, moving)} of the standard one's gradient lies "
        f"outside the digit's block where it moves, {_outside(table, staying)} where it stays on top, and {told}. Intervals are "
        f"over pictures, of one network each."
    )
    values = {label: table.value(label, "gradient outside the digit") for label in (moving, staying, *robust)}
    return values[moving] > 2.5 * values[staying] and max(values[label] for label in robust) < values[moving], numbers


def _outside(table: StudyTable, label: str) -> str:
    heads = ("gradient outside the digit", "gradient outside, from", "to")
    return _spanned(*(table.value(label, head) for head in heads))


def _one_hot(_rows: Rows, studies: Studies) -> Told:
    """How often the largest is the signal: hardly ever is less than by chance, always is always."""
    table = studies.get("one hot")
    if table is None:
        return None
    first, quality, chance = "largest is the signal", "quality", table.value("random map", "largest is the signal")
    (robust,) = (label for label, _ in table.rows if label.startswith("robust"))
    numbers = (
        f"The largest gradient is the signal in {table.value('standard', first):.2f} of the rows of the standard network and in "
        f"{table.value(robust, first):.2f} of the robust one's, {chance:.2f} of a random map's. Quality of attribution, from -1 "
        f"to 1: {table.value('standard', quality):.2f} and {table.value(robust, quality):.2f}; published are -0.52 and 1.00."
    )
    return table.value("standard", first) < chance and table.value(robust, first) > 0.99, numbers


def _diffroar(_rows: Rows, studies: Studies) -> Told:
    """At the two smallest shares kept robust at least 0.3 ahead of standard, and random near nothing at all of them."""
    table = studies.get("diffroar")
    if table is None:
        return None
    every = table.heads[1:]
    heads = every[:LITTLE]
    standard = [table.value("standard", head) for head in heads]
    robust = {label: [table.value(label, head) for head in heads] for label, _ in table.rows if _names_robust(label)}
    gaps = [one - other for values in robust.values() for one, other in zip(values, standard, strict=True)]
    told = "; ".join(_with_spread(table, label, heads) for label in ("standard", *robust))
    numbers = (
        f"With {' and '.join(heads)}: {told}. {_beside_edges(table, heads)}At {', '.join(every)}: "
        f"{_with_spread(table, 'random', every)}. {PLUS_MINUS}"
    )
    return min(gaps) > 0.3 and max(abs(table.value("random", head)) for head in every) < NOTHING, numbers


def _beside_edges(table: StudyTable, heads: Sequence[str]) -> str:
    """What an edge filter has, and where it is ahead of a robust network."""
    if not any(label == "sobel" for label, _ in table.rows):
        return ""
    robust = [label for label, _ in table.rows if _names_robust(label)]
    behind = [
        f"{label} with {head}" for head in heads for label in robust if table.value(label, head) <= table.value("sobel", head)
    ]
    ahead = f", and is ahead of {' and '.join(behind)}" if behind else ""
    return f"An edge filter has {_with_spread(table, 'sobel', heads).removeprefix('sobel ')}{ahead}. "


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
    heads = table.heads[1 : 1 + LITTLE]
    numbers = f"With {' and '.join(heads)}: {_with_spread(table, 'standard', heads)}. {PLUS_MINUS}"
    return max(table.value("standard", head) for head in heads) < 0, numbers


def _disconnected(rows: Rows, _studies: Studies) -> Told:
    """Mass on the cell that the class sees, of all methods that propagate back, beside the grid that is seen whole."""
    apart, whole = (_masses(rows, f"{kind}grids of digits", "cnn") for kind in ("disconnected ", ""))
    known = {name: apart[name] for name in PROPAGATING if name in apart}
    if not known:
        return None
    least = min(known, key=lambda name: known[name])
    near = [name for name, mass in known.items() if mass > NEAR_PERFECT]
    beside = [whole[name] for name in known if name in whole]
    mean = sum(beside) / len(beside) if beside else float("nan")
    numbers = (
        f"Of {len(known)} methods that propagate back {len(near)} put more than {NEAR_PERFECT:.2f} of their mass on the cell "
        f"that the class sees (truth by model use), the least `{least}` with {known[least]:.2f}; a ninth is chance. Where the "
        f"network sees the whole grid, they put {mean:.2f} on the cell of the class (truth by association, in another table)."
        f"{_ties(rows, near)}"
    )
    return len(near) >= 0.9 * len(known), numbers


def _ties(rows: Rows, methods: Sequence[str]) -> str:
    """What keeps the AUC of methods down whose whole mass is in the right place."""
    found = {
        row.method: row.mean
        for row in rows
        if (row.set_name, row.score) == ("disconnected grids of digits", "auc") and row.method in methods
    }
    low = sorted(name for name, auc in found.items() if auc < NEAR_PERFECT)
    if not low:
        return ""
    return (
        f" By AUC they have {min(found.values()):.2f} to {max(found.values()):.2f}: pixels of the cell that get nothing, such as "
        f"black ones under a product with the input, tie with those outside{_named(low)}."
    )


def _suppressor_weights(_rows: Rows, studies: Studies) -> Told:
    table = studies.get("suppressor pair")
    if table is None:
        return None
    head = "share of the suppressor"
    weights, pattern = table.value("sizes of the weights", head), table.value("pattern", head)
    error = table.value("pattern", "standard error")
    numbers = (
        f"The suppressor's share: {weights:.3f} of the weights' size, {pattern:.3f} of the pattern's, with a standard error of "
        f"{error:.3f}; of two columns a map that knows nothing gives it 0.5."
    )
    return weights > 0.45 and pattern < 0.1, numbers


CLAIMS: tuple[_Claim, ...] = (
    _Claim(
        "A smooth background draws attribution to suppressors.",
        "Clark et al., 2023, arXiv:2306.12816",
        _suppressors,
        "the linear tetrominoes on both backgrounds, and the study of their suppressors",
    ),
    _Claim(
        "Many methods do no better than chance or an edge filter in precision.",
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
        "On the one-hot problem the largest gradient of a standard network is more rarely the signal than by chance, of a robust "
        "one always.",
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
