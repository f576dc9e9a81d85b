"""What shap's own answers must confess to the verdict."""

from collections.abc import Mapping
from typing import Any

from xaivision.core.diagnostics import Note
from xaivision.core.question import Question
from xaivision.explainers.operations_seen import seen_now
from xaivision.explainers.rescaling import RESCALE
from xaivision.explainers.shap_call import ShapAlgorithm
from xaivision.explainers.tree_shap import ANOTHER_GAME

# Columns that shap's KernelExplainer keeps where it is not told otherwise.
KEPT_COLUMNS = 10


def shap_doubts(q: Question, algorithm: ShapAlgorithm, settings: Mapping[str, Any], background: object) -> None:
    """Warn where shap is wrong, or answers another question, without saying so."""
    if algorithm.draws and not _enumerates(q, algorithm, settings):
        q.note(Note("warn", "shap does not say how far its draws leave the values: ask again with another seed"))
    if algorithm.kind == "KernelExplainer" and "l1_reg" not in settings and q.query.inputs.shape[1] > KEPT_COLUMNS:
        text = f"shap keeps {KEPT_COLUMNS} columns and gives all others 0, however many samples it takes: pass `l1_reg=0`"
        q.note(Note("warn", text))
    if algorithm.kind == "TreeExplainer":
        _tree_doubts(q, settings, background)
    if algorithm.kind == "DeepExplainer":
        _rule_doubts(q)


def _enumerates(q: Question, algorithm: ShapAlgorithm, settings: Mapping[str, Any]) -> bool:
    """Whether the kernel explainer has samples enough for all coalitions: then there is no chance in it."""
    columns = q.query.inputs.shape[1]
    samples = settings.get("nsamples", "auto")
    return algorithm.kind == "KernelExplainer" and (samples if isinstance(samples, int) else 2 * columns + 2048) >= 2**columns - 2


def _tree_doubts(q: Question, settings: Mapping[str, Any], background: object) -> None:
    if background is None or settings.get("feature_perturbation") == "tree_path_dependent":
        q.note(ANOTHER_GAME)
    if settings.get("model_output") == "probability" and hasattr(q.model.model, "learning_rate"):  # boosted
        text = (
            "where trees give margins, shap stretches the margin's values to the probability: these are no Shapley values of it"
        )
        q.note(Note("warn", text))
    if settings.get("approximate"):
        q.note(Note("warn", "`approximate` looks at one order of the columns: these are no Shapley values"))


def _rule_doubts(q: Question) -> None:
    """Layers are known to shap by the names of their classes; what a function does gets the plain gradient."""
    steps = seen_now(q.torch_model, q.query.target, q.query.inputs).steps
    if uncovered := RESCALE.uncovered(steps):
        more = f" and {len(uncovered) - 1} more" if len(uncovered) > 1 else ""
        q.note(Note("warn", f"shap may have no rule for {uncovered[0]}{more}, and take the plain gradient there"))
    if entangled := RESCALE.entangled(steps):
        q.note(Note("warn", f"shap's hooks get in each other's way at {entangled[0]}: its input is not its own"))
