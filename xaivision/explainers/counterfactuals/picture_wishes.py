"""What the methods that edit pictures through a generator can be told beside where to look: what to reach, how many, how far."""

from dataclasses import dataclass

from xaivision.core.origin import told_settings
from xaivision.core.settings import check_number_from_zero, check_positive_integer, check_positive_number
from xaivision.explainers.counterfactuals.wishes import check_desired_class


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PictureWishes:
    """`desired_class`: the name or number of the class to reach; "opposite" is the runner-up where the explained class is
    predicted, and else that class. `total_CFs`: how many different ones are handed out, each with none of the edits of those
    before it; three at least are looked for, and the fewest edits come first, then what changes the picture less.
    `proximity_weight`: None takes the smallest change that turns the decision. A number is what a change counts beside the doubt
    that is left, -log of the probability of the class to reach beside the next one: less gives surer pictures, farther away
    (OCTET's lambda, 0.3 there). `max_seconds`: when the whole search ends with what it has.
    """

    desired_class: int | str = "opposite"
    total_CFs: int = 1
    proximity_weight: float | None = None
    max_seconds: float | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_desired_class(self.desired_class)
        check_positive_integer("total_CFs", self.total_CFs)
        if self.proximity_weight is not None:
            check_number_from_zero("proximity_weight", self.proximity_weight)
        if self.max_seconds is not None:
            check_positive_number("max_seconds", self.max_seconds)
