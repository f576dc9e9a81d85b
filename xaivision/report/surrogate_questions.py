"""The questions of a surrogate's tree in one line or two, as wide as the longest of them needs."""

import math

from xaivision.core.rules import Condition
from xaivision.report.canvas import CAPTION_SIZE
from xaivision.report.lettering import shortened, width_of
from xaivision.report.wording import plain
from xaivision.surrogates.study import SurrogateStudy
from xaivision.surrogates.surrogate_rules import meant

# Inches: a question that is wider than the first becomes two lines, and no line is wider than the second.
ONE_LINE, WIDEST = 1.7, 2.6


def question_lines(study: SurrogateStudy, node: int) -> tuple[str, ...]:
    """What a node of the tree asks: `mean radius ≤ 15.2`; name and bound in two lines where one would be too long."""
    tree = study.surrogate.tree
    column = int(tree.feature[node])
    name, bound = plain(study.held_out.names[column]), _bound(study, column, float(tree.threshold[node]))
    whole = f"{name} {bound}"
    if width_of(whole, CAPTION_SIZE) <= ONE_LINE:
        return (whole,)
    return tuple(shortened(one, WIDEST, CAPTION_SIZE) for one in (name, bound))


def question_width(study: SurrogateStudy) -> float:
    """Inches that the widest question of the tree takes."""
    tree = study.surrogate.tree
    lines = [line for node in range(len(tree.left)) if tree.left[node] >= 0 for line in question_lines(study, node)]
    return max((width_of(line, CAPTION_SIZE) for line in lines), default=0.0)


def _bound(study: SurrogateStudy, column: int, threshold: float) -> str:
    """`≤ 0.15`; of categories those that it holds of, or those that it does not where they are fewer."""
    known = study.surrogate.category_names[column] if study.surrogate.category_names else ()
    if not known:
        return f"\N{LESS-THAN OR EQUAL TO} {threshold!r}"
    within = meant(Condition(column, high=threshold), known)
    others = meant(Condition(column, low=threshold, high=math.inf), known)
    return f"is {plain(' or '.join(within))}" if len(within) <= len(others) else f"is not {plain(' or '.join(others))}"
