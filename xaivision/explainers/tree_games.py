"""Shapley values of an ensemble of trees by shap, kept exact where shap's own reading of the numbers is not.

shap compares with thresholds that it has rounded to 32 bits, and takes time for every output of the trees. So the rows and
the thresholds are replaced by their ranks, which no rounding changes, and the outputs by their one weighted sum that is asked
for: Shapley values are linear in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError
from xaivision.core.progress import track
from xaivision.core.question import Question
from xaivision.core.targets import TargetScore
from xaivision.explainers.shap_package import quiet_shap, shaps_errors
from xaivision.explainers.tree_models import ASKING_THE_MODEL, Ensemble, Tree, Unit

A_CONTRAST = 'Target(1, against=0, output="log_probability")'
COMPARISONS = ("feature", "threshold", "left")
# Nodes are counted in 16 bits by shap where there is a background; with more the process crashes.
MOST_NODES = 2**15 - 1
# A row, a row of the background and a tree take about a microsecond: a second between two looks at whether to go on.
PASSES_A_CALL = 10**6
# Leaves are added up in 32 bits by shap; far more than their rounding is missing where its weights overflow in deep trees.
ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class TreeShares:
    """`values` (B, F) and what they add up from, `base` (B,): the average over the background or the training rows."""

    values: np.ndarray
    base: np.ndarray


def output_weights(method: str, model: ClassifierAdapter, unit: Unit, outputs: int, target: TargetScore) -> np.ndarray:
    """(B, K) how often each of K outputs of the model's trees, or of its weights, is in the explained number of each input.

    One output stands for the second of two classes. `unit`: what the outputs are; `method` is for the message.

    Raises: CapabilityError, where that number is no weighted sum of them.
    """
    contrast = target.output == "log_probability" and target.against is not None
    if unit == "probability":
        plain = target.score_unit == "probability" and target.output in ("score", "probability")
        remedy = "Ask for the probability, alone or `against` another class"
    elif target.score_unit == "logit":
        plain, remedy = target.output in ("score", "logit") or contrast, "Ask for the score"
    else:
        plain, remedy = contrast, f"Ask for a difference of margins, such as `{A_CONTRAST}`"
    if not plain:
        raise CapabilityError(
            f"`{method}` explains weighted sums of what {type(model.model).__name__} adds up, which is the {unit}. "
            f"The {target.unit} is none. {remedy}, or use {ASKING_THE_MODEL}."
        )
    # One output m stands for scores (-m, m), where these are logits of probabilities for half of it each way.
    half = 0.5 if unit == "margin" and model.gives_probabilities else 1.0
    rows = np.eye(outputs) if outputs > 1 else np.array([[-half], [half]])
    weights: np.ndarray = rows[target.classes.cpu().numpy()]
    return weights if target.against is None else weights - rows[target.against.cpu().numpy()]


def tree_shares(
    q: Question, ensemble: Ensemble, weights: np.ndarray, rows: np.ndarray, references: np.ndarray | None
) -> TreeShares:
    """The shares of columns in the weighted outputs, for rows (B, F) against references (N, F) or the training rows.

    Raises: MissingExtraError; CapabilityError, where a tree is too large for shap.
    """
    if references is not None:
        _check_sizes(ensemble)
    ranks = _Ranks(ensemble.trees)
    placed, others = ranks.of(rows), None if references is None else ranks.of(references)
    found = TreeShares(np.zeros(rows.shape), np.zeros(len(rows)))
    different, which = np.unique(weights, axis=0, return_inverse=True)
    for number, asked in enumerate(different):
        mine = np.flatnonzero(which.reshape(-1) == number)
        found.base[mine] = ensemble.offset @ asked
        trees = ranks.trees(asked)
        if trees:
            values, base, missing = _shares(trees, placed[mine], others)
            found.values[mine] = values
            found.base[mine] += base
            _doubt_sums(q, mine[missing])
    return found


def _shares(trees: list[dict[str, Any]], rows: np.ndarray, references: np.ndarray | None) -> tuple[Any, float, Any]:
    """Values (n, F), the average they add up from, and for each row whether they do not add up."""
    with quiet_shap() as shap, shaps_errors("TreeExplainer"):
        # Given bare, a background of more than 100 rows would be cut to 100.
        masker = None if references is None else shap.maskers.Independent(references, max_samples=len(references))
        explainer = shap.TreeExplainer({"trees": trees}, masker)
        passes = len(trees) * (1 if references is None else len(references))
        size = max(1, PASSES_A_CALL // passes)
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        values = np.concatenate([explainer.shap_values(part) for part in track(parts, "rows")])
        base, outputs = float(np.squeeze(explainer.expected_value)), explainer.model.predict(rows)
    scale = max(1.0, sum(float(np.abs(tree["values"]).max()) for tree in trees))
    return values, base, np.abs(base + values.sum(1) - outputs) > ROUNDING * scale


def _check_sizes(ensemble: Ensemble) -> None:
    largest = max(len(tree.left) for tree in ensemble.trees)
    if largest > MOST_NODES:
        raise CapabilityError(
            f"`tree_shap` with a background takes trees of at most {MOST_NODES} nodes, which shap counts in 16 bits. Got one of "
            f"{largest}. Leave out `background`, or use {ASKING_THE_MODEL}."
        )


def _doubt_sums(q: Question, rows: np.ndarray) -> None:
    if len(rows):
        text = "shap's values do not add up to what the trees give: its weights overflow where many columns differ in deep trees"
        q.note(Note("refuse", text, tuple(rows.tolist())))


class _Ranks:
    """Trees and rows with every threshold replaced by its number among those of its column, and values likewise."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        self._trees = trees
        self._sorted: dict[int, np.ndarray] = {}
        features, thresholds, left = (np.concatenate([getattr(tree, name) for tree in trees]) for name in COMPARISONS)
        places = np.zeros(len(features))
        inner = np.flatnonzero(left >= 0)
        by_column = inner[np.argsort(features[inner], kind="stable")]
        columns, starts = np.unique(features[by_column], return_index=True)
        for column, nodes in zip(columns.tolist(), np.split(by_column, starts[1:]), strict=False):  # no columns, one empty part
            self._sorted[column], places[nodes] = np.unique(thresholds[nodes], return_inverse=True)
        self._places = np.split(places, np.cumsum([len(tree.left) for tree in trees])[:-1])

    def of(self, rows: np.ndarray) -> np.ndarray:
        """(n, F) how many thresholds of its column lie below each value: at most i where it is at most number i."""
        ranks = np.zeros(rows.shape)
        for column, known in self._sorted.items():
            ranks[:, column] = np.searchsorted(known, rows[:, column], side="left")
        return ranks

    def trees(self, weights: np.ndarray) -> list[dict[str, Any]]:
        """The trees as shap takes them, with one output; those that give nothing are left out."""
        made = [
            _as_shap_takes(tree, places, tree.values @ weights) for tree, places in zip(self._trees, self._places, strict=True)
        ]
        return [tree for tree in made if tree["values"].any()]


def _as_shap_takes(tree: Tree, places: np.ndarray, values: np.ndarray) -> dict[str, Any]:
    return {
        "children_left": tree.left,
        "children_right": tree.right,
        "children_default": tree.left,
        "features": tree.feature,
        "thresholds": places,
        "values": values[:, None],
        "node_sample_weight": np.array(tree.weights, dtype=np.float64),  # shap writes on it: never on the model
    }
