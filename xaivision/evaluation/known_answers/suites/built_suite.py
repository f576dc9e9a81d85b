"""Networks built by hand, and a model whose shortcut was verified by turning it around: truth by what the model uses."""

from collections.abc import Sequence
from functools import partial

import torch

from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Suite
from xaivision.evaluation.known_answers.suites.given import given_of
from xaivision.evaluation.known_answers.suites.recipes import RECIPES
from xaivision.models.known_answers.built_networks import BUILDERS, COLUMNS
from xaivision.models.known_answers.known_models import known_model

SOURCE = "Lee et al., XAI-Units, 2025, arXiv:2506.01059"
# Columns of the shortcut table: the shortcut is the last.
SHORTCUT_COLUMNS = 6


def _built(name: str, size: Size, seed: int) -> list[KnownQuestion]:
    found = BUILDERS[name](200, seed)
    model = TorchClassifier(found.module, 2, domain="tabular")
    rows = (model(found.inputs).argmax(1) == 1).nonzero().flatten()[: INPUTS[size]]
    zeros = torch.zeros(COLUMNS, device="cpu")
    exact = found.contributions[rows]
    return [
        KnownQuestion(
            f"built: {name}",
            "by hand",
            model,
            found.inputs[rows],
            torch.ones_like(rows),
            exact != 0,
            "model use",
            f"the columns that contribute to {found.what}",
            1.0,
            exact=exact,
            given={"baseline": zeros},
        )
    ]


def shortcut_table(learned: int = 2000, tested: int = 400, seed: int = 0) -> KnownSet:
    """Rows (6,): a weak signal, noise, and a last column that gives the class away. `truth` is for the model to verify."""
    draws = generator(seed, "shortcut table")
    count = learned + tested
    targets = torch.arange(count, device="cpu") % 2
    rows = torch.randn(count, SHORTCUT_COLUMNS, generator=draws, device="cpu")
    signs = 2.0 * targets - 1
    rows[:, 0] += 0.5 * signs
    rows[:, -1] = 2 * signs + 0.2 * rows[:, -1]
    truth = torch.zeros(tested, SHORTCUT_COLUMNS, dtype=torch.bool, device="cpu")
    truth[:, -1] = True
    means = (
        "the shortcut: turning it around turns the model's answer around, turning all the others around together does not; the "
        "model may use the weak signal too, so that a mass below 1 can be right"
    )
    names = ("signal", *(f"noise {number}" for number in range(1, SHORTCUT_COLUMNS - 1)), "shortcut")
    parts = (Part(rows[:learned], targets[:learned]), Part(rows[learned:], targets[learned:]))
    return KnownSet("shortcut table", *parts, truth, "model use", means, ("negative", "positive"), feature_names=names)


def verified(known: KnownSet, model: TorchClassifier) -> KnownSet:
    """The tested rows whose answer turns around when the shortcut alone does, and not when all other columns do: what decides
    there is known.
    """
    rows = known.tested.inputs
    signs = torch.ones(rows.shape[1], device="cpu")
    signs[-1] = -1
    answer, other_shortcut, other_rest = (model(one).argmax(1) for one in (rows, rows * signs, -rows * signs))
    flips = (other_shortcut != answer) & (other_rest == answer)
    tested = Part(known.tested.inputs[flips], known.tested.targets[flips])
    return KnownSet(
        known.name,
        known.learned,
        tested,
        known.truth[flips],
        known.definition,
        known.means,
        known.class_names,
        feature_names=known.feature_names,
    )


def _shortcut(size: Size, seed: int) -> list[KnownQuestion]:
    known = shortcut_table(seed=seed)
    found: list[KnownQuestion] = []
    for kind in ("linear", "mlp"):
        model = known_model(kind, known, RECIPES[kind])
        found += questions_of(verified(known, model), {kind: model}, INPUTS[size], given_of(known))
    return found


def _askings(size: Size, seed: int) -> Sequence[Asking]:
    names = ("weighted", "rippled") if size == "quick" else tuple(BUILDERS)
    asked = [Asking(f"built: {name}", partial(_built, name, size, seed)) for name in names]
    return [*asked, Asking("shortcut table", partial(_shortcut, size, seed))]


BUILT = Suite(
    "built",
    "Networks built by hand with contributions that are known exactly, and a shortcut that was verified by turning it around",
    SOURCE,
    "model use",
    _askings,
)
