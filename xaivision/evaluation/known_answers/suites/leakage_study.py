"""Where the gradients of standard and robust networks lie: on the digit, or on the block that never changes."""

from collections.abc import Mapping

from xaivision.core.bootstrap import mean_interval
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.block_digits import Position, block_digits
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.registry import load_dataset
from xaivision.evaluation.known_answers.leakage import leakage
from xaivision.evaluation.known_answers.study_table import StudyTable, study_table
from xaivision.evaluation.known_answers.suite import Size
from xaivision.evaluation.known_answers.suites.robust_networks import (
    PLAIN,
    SOURCE,
    STANDARD,
    accuracy_of,
    gradient_sizes,
    taught,
)
from xaivision.explainers.registry import explainer
from xaivision.models.known_answers.adversarial_training import Attack
from xaivision.models.known_answers.plain_networks import Kind

# By the name of the lesson: what the network is trained against.
ATTACKS: Mapping[str, Attack] = {
    STANDARD: PLAIN,
    "robust l2 1.5": Attack("l2", 1.5, low=0.0, high=1.0),
    "robust linf 0.3": Attack("linf", 0.3, low=0.0, high=1.0),
}
OUTSIDE = "gradient outside the digit"


def block_model(position: Position, kind: Kind, lesson: str, seed: int) -> tuple[KnownSet, TorchClassifier]:
    """The block pictures, and the network that was trained on them in this lesson."""
    known = block_digits(load_dataset("digits"), position, seed=seed)
    return known, taught(known, kind, lesson, ATTACKS[lesson], seed=seed)


def leakage_study(size: Size, seed: int) -> StudyTable:
    """Where the gradients of standard and robust networks lie: on the digit, or on the block that never changes."""
    rows = {}
    kinds: tuple[Kind, ...] = ("cnn",) if size == "quick" else ("mlp", "cnn")
    lessons = [*ATTACKS][:2] if size == "quick" else [*ATTACKS]
    plan: list[tuple[Position, str]] = [("top", STANDARD), *(("random", lesson) for lesson in lessons)]
    for position, lesson in plan:
        for kind in kinds:
            known, model = block_model(position, kind, lesson, seed)
            found = leakage(gradient_sizes(model, known.tested.inputs), known.truth)
            interval = mean_interval(found.mass)
            numbers = (accuracy_of(model, known.tested), float(found.mass.mean()), float(found.top.mean()), *interval)
            rows[f"{kind}, digit {'on top' if position == 'top' else 'anywhere'}, {lesson}"] = numbers
    known, _ = block_model("random", "cnn", STANDARD, seed)
    chance = explainer("random").explain(model, known.tested.inputs, seed=seed).as_attribution()
    lost = leakage(chance.feature_values, known.truth)
    rows["random map"] = (float("nan"), float(lost.mass.mean()), float(lost.top.mean()), *mean_interval(lost.mass))
    heads = ("clean accuracy", OUTSIDE, "of its largest tenth", "gradient outside, from", "to")
    notes = (
        f"From and to: the 95 % interval of the mean over {len(known.tested.inputs)} tested pictures, of one network each.",
        "Half of every picture lies outside the digit's block: a map that knows nothing has 0.5.",
    )
    return study_table("Leakage of gradients in block pictures", heads, rows, notes=notes, source=SOURCE)
