"""Do input gradients highlight discriminative features? Block pictures, the one-hot problem, and DiffROAR on digits, of standard
and of adversarially robust networks.

Source: Shah, Jain, Netrapalli, 2021, arXiv:2102.12781.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from xaivision.core.bootstrap import mean_interval
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.core.random import seed_for
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Part
from xaivision.data.known_answers.block_digits import Position, block_digits
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.one_hot import one_hot
from xaivision.data.registry import load_dataset
from xaivision.evaluation.known_answers.diffroar import SPREAD, Maps, Retraining, diffroar
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.leakage import leakage, quality
from xaivision.evaluation.known_answers.study_table import StudyTable, study_table
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Studying, Suite
from xaivision.evaluation.known_answers.suites.tetromino_suite import given_of
from xaivision.explainers.registry import explainer
from xaivision.models.construction import construction
from xaivision.models.known_answers.adversarial_training import AdversarialTeaching, Attack
from xaivision.models.known_answers.known_models import known_model
from xaivision.models.known_answers.plain_networks import Kind, cnn, mlp
from xaivision.models.training import Recipe, train

SOURCE = "Shah, Jain, Netrapalli, 2021, arXiv:2102.12781"
STANDARD = "standard"
# By the name of the lesson: what the network is trained against.
BLOCK_ATTACKS: Mapping[str, Attack] = {
    STANDARD: Attack("linf", 0.0),
    "robust l2 1.5": Attack("l2", 1.5, low=0.0, high=1.0),
    "robust linf 0.3": Attack("linf", 0.3, low=0.0, high=1.0),
}
DIGIT_ATTACKS: Mapping[str, Attack] = {
    STANDARD: Attack("linf", 0.0),
    "robust l2 1": Attack("l2", 1.0, low=0.0, high=1.0),
    "robust linf 0.15": Attack("linf", 0.15, low=0.0, high=1.0),
}
ONE_HOT_ATTACKS: Mapping[str, Attack] = {STANDARD: Attack("linf", 0.0), "robust linf 0.35": Attack("linf", 0.35)}
# How many rows are learned from, in batches of how many. There are only 20 different ones: fewer in a batch make as many steps.
ONE_HOT_ROWS: dict[Size, tuple[int, int]] = {"quick": (1600, 40), "full": (10000, 250)}
# A network that classifies clean inputs worse than this has not learned its task, and its gradients say nothing of it.
LEAST_ACCURACY = 0.9
OUTSIDE = "gradient outside the digit"
SHARES: dict[Size, tuple[float, ...]] = {"quick": (0.1, 0.2), "full": (0.1, 0.2, 0.4, 0.6)}
RUNS: dict[Size, int] = {"quick": 2, "full": 3}
# How models are trained anew on what is kept.
RETRAINED = Recipe(epochs=20, batch_size=64, learning_rate=3e-3, weight_decay=1e-2)
UNUSED = Recipe(1, 1, 1.0, 0.0)


def taught(known: KnownSet, kind: Kind, lesson: str, attack: Attack, epochs: int = 12, seed: int = 0) -> TorchClassifier:
    """The small network of the paper's miniature, trained against the attack; its clean accuracy is asserted.

    Raises: XaivisionError, where it has not learned the clean inputs: a large attack without warm-up leads there.
    """
    module = _fresh(known, kind, seed)
    model = known_model(kind, known, UNUSED, AdversarialTeaching(attack, epochs, seed=seed), lesson, module=module)
    return learned_model(model, known, lesson)


def learned_model(model: TorchClassifier, known: KnownSet, lesson: str) -> TorchClassifier:
    """The model, if it classifies the clean tested inputs. Raises: XaivisionError, where it does not."""
    accuracy = accuracy_of(model, known.tested)
    if accuracy < LEAST_ACCURACY:
        raise XaivisionError(
            f"A network must have learned the clean inputs before its gradients are read. The {lesson} one of {known.name} is "
            f"right about {accuracy:.0%}. Train longer, with a smaller attack or a longer warm-up."
        )
    return model


def accuracy_of(model: ClassifierAdapter, part: Part) -> float:
    """The share of the inputs that the model gets right."""
    return float((model(part.inputs).argmax(1).cpu() == part.targets).double().mean())


def gradient_sizes(model: TorchClassifier, inputs: Tensor) -> Tensor:
    """(B, ...) the sizes of the predicted class' slopes."""
    found = explainer("saliency").explain(model, inputs, Target())
    return found.as_attribution().feature_values.abs()


def one_hot_study(size: Size, seed: int) -> StudyTable:
    """How often the largest and the smallest gradient are at the one column that carries the class."""
    learned, batch = ONE_HOT_ROWS[size]
    known, rows = one_hot(learned=learned, seed=seed), {}
    for lesson, attack in ONE_HOT_ATTACKS.items():
        with construction(seed_for(seed, "one hot", lesson)):
            module = mlp(known.tested.inputs.shape[1], 2, (1000,), 0.0)
        # Plain gradient steps, as in the paper: what Adam leads to depends on its own scaling of each weight.
        teaching = AdversarialTeaching(attack, 40, batch, 0.1, seed=seed, optimizer="sgd")
        model = learned_model(known_model("mlp", known, UNUSED, teaching, lesson, module=module), known, lesson)
        sizes = gradient_sizes(model, known.tested.inputs)
        found = quality(sizes, known.truth)
        alike = float(cosine_similarity(sizes, known.tested.inputs.abs()).mean())
        rows[lesson] = (accuracy_of(model, known.tested), found.first, found.last, found.attribution, alike)
    columns = known.tested.inputs.shape[1]
    drawn = explainer("random").explain(model, known.tested.inputs, seed=seed).as_attribution().feature_values.abs()
    chance, alike = quality(drawn, known.truth), float(cosine_similarity(drawn, known.tested.inputs.abs()).mean())
    rows["random map"] = (float("nan"), chance.first, chance.last, chance.attribution, alike)
    heads = ("clean accuracy", "largest is the signal", "smallest is the signal", "quality", "cosine with the input")
    notes = (
        f"By chance the largest and the smallest are the signal in one of {columns} rows each. One network each: there are only "
        f"{2 * columns} different rows, so that no interval over rows means anything.",
        "The paper's standard network has a quality of -0.52, its robust one 1.00.",
    )
    return study_table("The one-hot problem", heads, rows, notes=notes, source=SOURCE)


def block_model(position: Position, kind: Kind, lesson: str, seed: int) -> tuple[KnownSet, TorchClassifier]:
    """The block pictures, and the network that was trained on them in this lesson."""
    known = block_digits(load_dataset("digits"), position, seed=seed)
    return known, taught(known, kind, lesson, BLOCK_ATTACKS[lesson], seed=seed)


def leakage_study(size: Size, seed: int) -> StudyTable:
    """Where the gradients of standard and robust networks lie: on the digit, or on the block that never changes."""
    rows = {}
    kinds: tuple[Kind, ...] = ("cnn",) if size == "quick" else ("mlp", "cnn")
    lessons = [*BLOCK_ATTACKS][:2] if size == "quick" else [*BLOCK_ATTACKS]
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


def diffroar_study(size: Size, seed: int) -> StudyTable:
    """DiffROAR of gradients on digits, of standard and robust perceptrons, beside random maps and an edge filter."""
    digits = load_dataset("digits")
    known = KnownSet("digits", digits.train, digits.test, digits.test.inputs[:, 0] > 0, "association", "ink", digits.class_names)
    rows: dict[str, tuple[float, ...]] = {}
    for lesson, maps, accuracy in _ranked(known, size, seed):
        found = diffroar(Retraining(_Fit(known), RUNS[size], seed=seed), known.learned, known.tested, maps, SHARES[size])
        rows[lesson] = (accuracy, *(one.difference for one in found))
        rows[f"{lesson}{SPREAD}"] = (float("nan"), *(one.spread for one in found))
    heads = ("clean accuracy", *(f"{share:.0%} kept" for share in SHARES[size]))
    notes = (
        "What is gone is black. What the shape of the kept part tells by itself, random maps and the edge filter show.",
        f"Means over {RUNS[size]} runs. Each trains anew with first weights and an order of batches of its own; of random maps "
        "it has a draw of its own, of all others the same maps. The standard deviation is over all pairs of a run on what ranks "
        "first and one on what ranks last: how far single differences lie apart, not how far their mean may be off.",
    )
    return study_table("DiffROAR on digits", heads, rows, notes=notes, source=SOURCE)


def _ranked(known: KnownSet, size: Size, seed: int) -> list[tuple[str, list[Maps], float]]:
    """By what the features are ranked in each run, with the clean accuracy of who ranks them."""
    lessons = [*DIGIT_ATTACKS][:2] if size == "quick" else [*DIGIT_ATTACKS]
    models = {lesson: taught(known, "mlp", lesson, DIGIT_ATTACKS[lesson], epochs=30, seed=seed) for lesson in lessons}
    found = []
    for lesson, model in models.items():
        maps = Maps(*(gradient_sizes(model, part.inputs).flatten(1) for part in (known.learned, known.tested)))
        found.append((lesson, [maps], accuracy_of(model, known.tested)))
    for name, draws in (("random", RUNS[size]), ("sobel", 1)):
        seeds = [seed_for(seed, "draw", run) if run else seed for run in range(draws)]
        found.append((name, [_control(name, models[STANDARD], known, one) for one in seeds], float("nan")))
    return found


def _control(name: str, model: TorchClassifier, known: KnownSet, seed: int) -> Maps:
    parts = (known.learned, known.tested)
    answers = [explainer(name).explain(model, part.inputs, seed=seed).as_attribution() for part in parts]
    return Maps(*(one.feature_values.flatten(1) for one in answers))


class _Fit:
    """Trains a fresh network of the same kind on what is left of the inputs."""

    def __init__(self, known: KnownSet) -> None:
        self._known = known

    def __call__(self, inputs: Tensor, targets: Tensor, seed: int) -> TorchClassifier:
        module = _fresh(self._known, "mlp", seed)
        with construction(seed):
            train(module, inputs, targets, replace(RETRAINED, seed=seed), "retraining")
        return TorchClassifier(module.eval(), len(self._known.class_names))


def _fresh(known: KnownSet, kind: Kind, seed: int) -> nn.Module:
    """Untrained: two convolutions of 24 and 48 channels, or two layers of 128 units."""
    shape, classes = known.tested.inputs.shape[1:], len(known.class_names)
    with construction(seed_for(seed, known.name, kind)):
        return (
            cnn((shape[0], shape[1], shape[2]), classes, (24, 48))
            if kind == "cnn"
            else mlp(shape.numel(), classes, (128, 128), 0.0)
        )


def _block_questions(position: Position, size: Size, seed: int) -> list[KnownQuestion]:
    lessons = [STANDARD] if position == "top" else [*BLOCK_ATTACKS][:2]
    made = {lesson: block_model(position, "cnn", lesson, seed) for lesson in lessons}
    known = made[lessons[0]][0]
    return questions_of(known, {f"{lesson} cnn": model for lesson, (_, model) in made.items()}, INPUTS[size], given_of(known))


def _askings(size: Size, seed: int) -> Sequence[Asking]:
    positions: tuple[Position, ...] = ("random",) if size == "quick" else ("random", "top")
    return [Asking(f"blocks {position}", partial(_block_questions, position, size, seed)) for position in positions]


def _studies(size: Size, seed: int) -> Sequence[Studying]:
    return [
        Studying("one hot", partial(one_hot_study, size, seed)),
        Studying("leakage", partial(leakage_study, size, seed)),
        Studying("diffroar", partial(diffroar_study, size, seed)),
    ]


BLOCKS = Suite(
    "blocks",
    "Block pictures: a digit that decides the class, and a shape that never changes; with DiffROAR and the one-hot problem",
    f"Do input gradients highlight discriminative features? {SOURCE}",
    "association",
    _askings,
    _studies,
)
