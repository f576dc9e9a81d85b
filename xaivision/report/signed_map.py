"""One explanation of one input as a signed map, and the words that keep its magnitude in sight."""

from dataclasses import dataclass, replace

import numpy as np

from xaivision.core.attribution import Attribution
from xaivision.core.completeness import score_change
from xaivision.core.concept_scores import ConceptScores
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import CapabilityError
from xaivision.core.explanation import Explanation
from xaivision.core.rules import Rules
from xaivision.explainers.registry import explainers
from xaivision.report.marks import marked_of
from xaivision.report.palette import Floats
from xaivision.report.shared_values import Columns, Labels, group_names, groups_of, segments_of
from xaivision.report.wording import number, signed

# The values of a control, and of methods whose card says so, mean nothing but their order: no number of logits may be read
# off them.
ARBITRARY = "arbitrary unit"
# What the map of an explanation holds that is no attribution by itself: no share of the score.
MEANINGS: dict[type[Explanation], str] = {
    Counterfactuals: "change of the input",
    Rules: "precision of the rule",
    ConceptScores: "concept score times map",
}


@dataclass(frozen=True, eq=False)
class SignedMap:
    """`values` (H, W), summed over channels, or (F,): raw and signed. `unit` says what they are, `magnitude` how large.

    `groups`: where columns were asked together, the columns that each value of a table stands for, and `names` theirs.
    `segments` (H, W): the segment of each pixel, where they share one value and their outlines can be drawn. `marked` (H, W): the
    numbers of the segments that the words name, -1 elsewhere.
    """

    values: Floats
    unit: str
    magnitude: str
    groups: tuple[Columns, ...] = ()
    names: tuple[str, ...] = ()
    segments: Labels | None = None
    marked: Labels | None = None

    @property
    def total(self) -> float:
        """Sum of the absolute values."""
        return float(np.abs(self.values).sum())

    @property
    def blank(self) -> bool:
        """Whether it is zero everywhere."""
        return not self.values.any()

    @property
    def shares(self) -> Floats:
        """The values as shares of `total`; zero everywhere for a blank map."""
        if self.blank:
            return self.values
        relative = self.values / np.abs(self.values).max()  # first, so that neither tiny nor huge values leave the float range
        return np.asarray(relative / np.abs(relative).sum(), dtype=np.float64)


def control_map(shown: SignedMap) -> SignedMap:
    """The map of a control, whose numbers have no unit."""
    return replace(shown, unit=ARBITRARY, magnitude="control: ignores the model")


def refused(explanation: Explanation, index: int) -> bool:
    """Whether the numbers for this input must not be shown as an explanation."""
    return explanation.verdicts[index].status == "refuse"


def signed_map(explanation: Explanation, index: int) -> SignedMap | None:
    """The explanation of one input as a map; None where it is refused or cannot be read as an attribution."""
    if refused(explanation, index):
        return None
    try:
        attribution = explanation.as_attribution()
    except CapabilityError:
        return None
    groups = groups_of(attribution, index)
    shared = attribution.player_values if groups else None
    values = (attribution.feature_values if shared is None else shared)[index].detach().double().cpu().numpy()
    if not np.isfinite(values).all():
        return None
    unit = MEANINGS.get(type(explanation), unit_of(attribution))
    magnitude = _magnitude(attribution, values, index, unit)
    names = group_names(attribution, groups)
    segments, marked = segments_of(attribution, index), marked_of(explanation, index)
    return SignedMap(values, unit, magnitude, groups, names, segments, marked)


def unit_of(attribution: Attribution) -> str:
    """`logit` for contributions, `logit per unit of input` for slopes; "arbitrary unit" where only the order counts."""
    if order_only(attribution):
        return ARBITRARY
    unit = attribution.query.unit
    return unit if attribution.kind == "contribution" else f"{unit} per unit of input"


def order_only(explanation: Explanation) -> bool:
    """Whether only the order of its values means something, by the card of its method."""
    kind = explainers().get(explanation.origin.method)
    return kind is not None and kind.about.order_only


def _magnitude(attribution: Attribution, values: Floats, index: int, unit: str) -> str:
    """Net and total, and what the net should be where contributions have a baseline that was scored."""
    if unit == ARBITRARY:
        return "only the order of its values means something"
    net, total = signed(float(values.sum())), number(float(np.abs(values).sum()))
    if attribution.kind == "slope":
        return f"slopes: net {net}, total {total}"
    change = ""
    if attribution.reference_scores is None:
        return f"net {net}, total {total}"  # no share of a change that was measured: no number of logits may be read off it
    if attribution.diagnostics.completeness_gap is not None:
        change = f" of {signed(float(score_change(attribution.query.scores, attribution.reference_scores)[index]))}"
    return f"net {net}{change} {unit}, total {total}"
