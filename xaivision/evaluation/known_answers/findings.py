"""Every published finding that a run can look for, and whether it holds in what was run."""

from xaivision.evaluation.known_answers.finding import Finding
from xaivision.evaluation.known_answers.published.claim import Claim, Rows, Studies
from xaivision.evaluation.known_answers.published.diffroar_gap import FAR_ABOVE, NEGATIVE
from xaivision.evaluation.known_answers.published.edge_filters import NO_BETTER
from xaivision.evaluation.known_answers.published.leaks import LEAKS
from xaivision.evaluation.known_answers.published.near_perfect import DISCONNECTED
from xaivision.evaluation.known_answers.published.one_hot import HARDLY_EVER
from xaivision.evaluation.known_answers.published.suppressor_weights import WEIGHTS
from xaivision.evaluation.known_answers.published.suppressors import SMOOTH_BACKGROUND

CLAIMS: tuple[Claim, ...] = (SMOOTH_BACKGROUND, NO_BETTER, WEIGHTS, LEAKS, HARDLY_EVER, FAR_ABOVE, NEGATIVE, DISCONNECTED)


def findings_of(rows: Rows, studies: Studies) -> tuple[Finding, ...]:
    """Each of them, also where it cannot be tested."""
    return tuple(one.finding(rows, studies) for one in CLAIMS)
