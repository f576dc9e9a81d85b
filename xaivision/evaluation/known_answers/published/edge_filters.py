"""Many methods do no better than chance or an edge filter."""

from math import isnan

from xaivision.evaluation.known_answers.published.claim import Claim, Rows, Studies, Told, named

# Controls that say where edges are, or nothing at all.
EDGES = ("random", "sobel")


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
        f"edge filter; {len(often)} of {len(methods)} methods are not in at least half of their questions{named(often)}. "
        f"{len(found) - len(asked)} pairs do not count: at least half of their maps are refused, or the same everywhere."
    )
    if len(often) == len(methods):  # then the truth may be wrong as well
        return None, f"No method is ahead, so that nothing tells whether the truth can be found at all. {numbers}"
    return len(often) >= 0.25 * len(methods), numbers


def _is_often_behind(rows: Rows) -> bool:
    return 2 * sum(not row.clear_of(EDGES) for row in rows) >= len(rows)


NO_BETTER = Claim(
    "Many methods do no better than chance or an edge filter in precision.",
    "Clark et al., 2023, arXiv:2306.12816",
    _edge_filters,
    "the tetrominoes, asked of more than linear models",
)
