"""Our results as `shap.Explanation`, which shap's own plots draw."""

from typing import Any

import numpy as np
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.query import Query
from xaivision.explainers.shap_package import quiet_shap
from xaivision.report.signed_map import refused
from xaivision.report.wording import feature_names

# Beside one class for all, which has its own name.
OWN_TARGETS = "each input's own target"


def shap_explanation(attribution: Attribution) -> Any:
    """A `shap.Explanation` of the explained number: values (B, F) of tables, (B, H, W, C, 1) of pictures, sums unchanged.

    Base values are the reference scores of a method whose values add up from them (`kernel_shap`, `integrated_gradients`):
    shap's waterfall and force plots start from them, its bar and image plots need none. A position's value is spread evenly
    over the channels. `instance_names` are the targets; `display_data` has the names of categories in the place of their codes.

    Raises: CapabilityError, where the result is of slopes, which add up from no base value, or is refused; InputError, where
    it is no attribution; MissingExtraError.
    """
    if not isinstance(attribution, Attribution):
        raise InputError(f"`attribution` must be an Attribution. Got {type(attribution).__name__}. Try its `as_attribution()`.")
    _check_shown(attribution)
    query, picture = attribution.query, attribution.query.inputs.ndim == 4
    values, data = attribution.values.expand_as(query.inputs), query.inputs
    values = values * (attribution.values.shape[1] / values.shape[1])
    names = query.target_names()
    target = names[0] if len(set(names)) == 1 else OWN_TARGETS
    base = _base_values(attribution)
    with quiet_shap() as shap:
        return shap.Explanation(
            values=_channels_last(values)[..., None] if picture else _array(values),
            base_values=base[:, None] if picture and base is not None else base,
            data=_channels_last(data) if picture else _array(data),
            display_data=_displayed(query),
            instance_names=list(names),
            feature_names=None if picture else list(feature_names(query, data.shape[1])),
            output_names=[target] if picture else target,
        )


def _check_shown(attribution: Attribution) -> None:
    if attribution.kind == "slope":
        raise CapabilityError(
            f"shap draws contributions, and `{attribution.method}` gives slopes, which add up from no base value. Use a method "
            "that gives contributions, or `as_contribution(baseline)`."
        )
    if found := [row for row in range(len(attribution.query)) if refused(attribution, row)]:
        raise CapabilityError(
            f"A refused result must not be shown as an explanation. Got input {found[0]}: "
            f"{'; '.join(attribution.verdicts[found[0]].reasons)}. Explain the others without it."
        )


def _base_values(attribution: Attribution) -> "np.ndarray | None":
    """(B,) the reference scores of a method that promises to add up from them; None of others, or f(x) would be drawn wrong."""
    scores = attribution.reference_scores
    adds_up = attribution.diagnostics.completeness_gap is not None
    return _array(scores.double()) if adds_up and scores is not None else None


def _displayed(query: Query) -> "np.ndarray | None":
    """(B, F) with names in the place of codes; None where no column has categories."""
    if not any(query.category_names):
        return None
    rows = _array(query.inputs).astype(object)
    for column, names in enumerate(query.category_names):
        if names:
            rows[:, column] = [names[round(code)] for code in rows[:, column]]
    return rows


def _channels_last(images: Tensor) -> "np.ndarray":
    return _array(images.movedim(1, 3))


def _array(tensor: Tensor) -> "np.ndarray":
    found: np.ndarray = tensor.detach().cpu().numpy().copy()
    return found
