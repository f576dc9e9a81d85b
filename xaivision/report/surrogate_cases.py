"""A surrogate beside its black box, row by row: where they part, and whether a counterfactual of one turns the other."""

from dataclasses import dataclass

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.report.wording import plain
from xaivision.surrogates.leaf_counterfactuals import follow_rate
from xaivision.surrogates.study import SurrogateStudy
from xaivision.surrogates.surrogate_rules import rule_text


@dataclass(frozen=True)
class Case:
    """A held-out row: the class that each of both gives it, how probable that class is to the one who gives it, and whether
    it is the same one.
    """

    row: int
    black_box: str
    black_box_probability: float
    surrogate: str
    surrogate_probability: float
    agrees: bool


def cases_of(study: SurrogateStudy) -> tuple[Case, ...]:
    """Every held-out row; those where the two disagree come first, of these those that the black box is most sure of."""
    asked, names = study.held_out.probabilities, tuple(map(plain, study.surrogate.class_names))
    given = study.surrogate.model.probabilities(study.held_out.rows)
    found = [
        Case(row, names[first], float(theirs[first]), names[second], float(ours[second]), first == second)
        for row, (theirs, ours) in enumerate(zip(asked, given, strict=True))
        for first, second in [(int(theirs.argmax()), int(ours.argmax()))]
    ]
    return tuple(sorted(found, key=lambda one: (one.agrees, -one.black_box_probability)))


def rule_sentence(study: SurrogateStudy, row: int) -> str:
    """The rule that decides this held-out row, in words.

    Raises: CapabilityError, where no single rule does.
    """
    (rule,) = study.rule_of(study.held_out.inputs[row : row + 1])
    return plain(rule_text(rule, study.surrogate))


def follow_sentence(study: SurrogateStudy, found: Counterfactuals) -> str:
    """Whether the black box, asked about the first counterfactual of one input, turns as the surrogate does."""
    goal = plain(study.surrogate.class_names[int(found.goals[0])])
    if not bool(found.found[0, 0]):
        told = next((note.text for note in found.diagnostics.notes if note.concerns(0)), f"no leaf of {goal} can be entered")
        return f"Nothing turns it: {told}."
    if int(study.black_box(found.query.inputs[:1]).argmax(1)[0]) == int(found.goals[0]):
        return f"The black box takes the row for {goal} as it is: there is nothing to turn."
    if bool(follow_rate(study.black_box, found)[1][0]):
        return f"Checked: the black box, too, takes the changed row for {goal}."
    return f"Checked: the black box does not follow. It does not take the changed row for {goal}; do not act on this one."
