"""Backpropagation methods become near-perfect where each class sees one cell only."""

from collections.abc import Sequence

from xaivision.evaluation.known_answers.decimals import decimals
from xaivision.evaluation.known_answers.published.claim import Claim, Rows, Studies, Told, masses, named

# All methods that go back through every layer to the pixels; class activation maps stop at a layer.
PROPAGATING = (
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "blur_integrated_gradients",
    "guided_integrated_gradients",
    "expected_gradients",
    "smooth_grad",
    "smooth_grad_squared",
    "var_grad",
    "deep_lift",
    "deep_lift_shap",
    "layerwise_relevance",
    "full_grad",
    "guided_backprop",
    "deconvolution",
    "guided_grad_cam",
)
NEAR_PERFECT = 0.95


def _disconnected(rows: Rows, _studies: Studies) -> Told:
    """Mass on the cell that the class sees, of all methods that propagate back, beside the grid that is seen whole."""
    apart, whole = (masses(rows, f"{kind}grids of digits", "cnn") for kind in ("disconnected ", ""))
    known = {name: apart[name] for name in PROPAGATING if name in apart}
    if not known:
        return None
    least = min(known, key=lambda name: known[name])
    near = [name for name, mass in known.items() if mass > NEAR_PERFECT]
    beside = [whole[name] for name in known if name in whole]
    mean = sum(beside) / len(beside) if beside else float("nan")
    numbers = (
        f"Of {len(known)} methods that propagate back {len(near)} put more than {decimals(NEAR_PERFECT)} of their mass on the "
        f"cell that the class sees (truth by model use), the least `{least}` with {decimals(known[least])}; a ninth is chance. "
        f"Where the network sees the whole grid, they put {decimals(mean)} on the cell of the class (truth by association, in "
        "another table)."
        f"{_ties(rows, near)}"
    )
    return len(near) >= 0.9 * len(known), numbers


def _ties(rows: Rows, methods: Sequence[str]) -> str:
    """What keeps the AUC of methods down whose whole mass is in the right place."""
    found = {
        row.method: row.mean
        for row in rows
        if (row.set_name, row.score) == ("disconnected grids of digits", "auc") and row.method in methods
    }
    low = sorted(name for name, auc in found.items() if auc < NEAR_PERFECT)
    if not low:
        return ""
    return (
        f" By AUC they have {decimals(min(found.values()))} to {decimals(max(found.values()))}: pixels of the cell that get "
        f"nothing, such as black ones under a product with the input, tie with those outside{named(low)}."
    )


DISCONNECTED = Claim(
    "Backpropagation methods become near-perfect where each class sees one cell only.",
    "Rao, Boehle, Schiele, 2022, arXiv:2205.10435",
    _disconnected,
    "the disconnected grids",
)
