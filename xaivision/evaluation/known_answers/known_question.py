"""One question with a known answer: a model, inputs that it gets right, and which features are the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.presenting import in_short, shape_of
from xaivision.data.known_answers.known_set import Definition, KnownSet, check_truth

# A model that is right less often has not learned what the truth is about.
LEARNED = 0.8
# What a model's accuracy is of, if nothing else is said.
TESTED = "all tested inputs"


@dataclass(frozen=True, eq=False, repr=False)
class KnownQuestion:
    """What every method is asked: why `model` gives `targets` (B,) to `inputs` (B, *S); `truth` (B, H, W) or (B, F) is known.

    `accuracy`: of the model on what `accuracy_of` says, on all tested inputs as a rule. `exact` (B, ...): the contributions
    themselves, where they are known too. `given`: what methods get that have such a setting: a `background`, a `baseline`,
    `segments`.
    """

    set_name: str
    model_name: str
    model: ClassifierAdapter
    inputs: Tensor
    targets: Tensor
    truth: Tensor
    definition: Definition
    means: str
    accuracy: float
    cell: int = 1
    exact: Tensor | None = None
    given: Mapping[str, object] = field(default_factory=dict)
    accuracy_of: str = TESTED

    def __post_init__(self) -> None:
        check_truth(self.truth, self.inputs)

    @property
    def name(self) -> str:
        """What the question is called: its set, and the model that is asked."""
        return f"{self.set_name} / {self.model_name}"

    @property
    def learned(self) -> bool:
        """Whether the model has learned the task: else it is told how far it came, and no method is asked about it."""
        return self.accuracy >= LEARNED

    def __repr__(self) -> str:
        """One line: what is asked of whom."""
        return in_short(self, self.name, f"inputs {shape_of(self.inputs)}", f"truth by {self.definition}")


def right_inputs(known: KnownSet, models: Sequence[ClassifierAdapter], most: int) -> tuple[Tensor, list[float]]:
    """(n,) numbers of the first `most` tested inputs that all models get right, and each model's accuracy on all of them.

    Models that have not learned the task (below 80 %) have no say. Only inputs whose truth names something are taken.
    """
    right = [(model(known.tested.inputs).argmax(1).cpu() == known.tested.targets) for model in models]
    accuracies = [float(one.double().mean()) for one in right]
    kept = known.truth.flatten(1).any(1)
    for one, accuracy in zip(right, accuracies, strict=True):
        kept = kept & one if accuracy >= LEARNED else kept
    return kept.nonzero().flatten()[:most], accuracies


def questions_of(
    known: KnownSet, models: Mapping[str, ClassifierAdapter], most: int, given: Mapping[str, object] | None = None
) -> list[KnownQuestion]:
    """A question for each model, about the same inputs: those that all models get right that have learned the task."""
    rows, accuracies = right_inputs(known, list(models.values()), most)
    return [
        KnownQuestion(
            known.name,
            name,
            model,
            known.tested.inputs[rows],
            known.tested.targets[rows],
            known.truth[rows],
            known.definition,
            known.means,
            accuracy,
            known.cell,
            given=dict(given or {}),
        )
        for (name, model), accuracy in zip(models.items(), accuracies, strict=True)
    ]
