"""Single inputs beside both: what each says, the rule that decides, the questions on the way, and what would turn them."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.progress import track
from xaivision.surrogates.decision_tree import Floats
from xaivision.surrogates.observed import probabilities_of
from xaivision.surrogates.reading import Columns
from xaivision.surrogates.same_rows import among
from xaivision.surrogates.stand_in import TreeStandIn
from xaivision.surrogates.study import StudyTargets, SurrogateStudy
from xaivision.surrogates.surrogate_rules import SurrogateRule
from xaivision.surrogates.tree_path import PathStep, paths


@dataclass(frozen=True, eq=False)
class DecidedRow:
    """`black_box` and `surrogate` (K,): the probabilities that each gives. `learned`: the surrogate has learned from this input.

    `rule`: the one that decides it, None where no single one does. `way`: the questions to its leaf, none without a tree.
    `turned`: its counterfactual, None where the surrogate has no tree over columns.
    """

    title: str
    black_box: Floats
    surrogate: Floats
    learned: bool
    rule: SurrogateRule | None
    way: tuple[PathStep, ...]
    turned: Counterfactuals | None


def decided_rows(
    study: SurrogateStudy, inputs: Tensor, titles: Sequence[str], targets: StudyTargets = None
) -> tuple[DecidedRow, ...]:
    """Each input (B, *S) under its title; `targets`: classes that counterfactuals are to reach, the cheapest others where None.

    Raises: InputError, where inputs do not fit; UnknownNameError, where there is no such class.
    """
    rows = study.surrogate.rows(inputs)
    learned = among(rows, study.learned.rows)
    theirs, ours = probabilities_of(study.black_box, inputs), study.surrogate.model.probabilities(rows)
    grows = isinstance(study.surrogate.model, TreeStandIn)
    turns = grows and isinstance(study.surrogate.reading, Columns)
    ways = paths(study.surrogate, inputs) if grows else ((),) * len(inputs)
    rules = study.rule_of(inputs) if study.rules else (None,) * len(inputs)
    return tuple(
        DecidedRow(
            titles[number],
            theirs[number],
            ours[number],
            bool(learned[number]),
            rules[number],
            ways[number],
            study.counterfactual(inputs[number : number + 1], targets) if turns else None,
        )
        for number in track(range(len(inputs)), "single rows")
    )
