"""What one may want to know of a prediction, and which methods are made for that, by theory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from xaivision.core.about import Domain

Purpose = Literal["small change", "removal", "share"]

# Registered names of the methods that are weighed, in the order in which nothing is meant.
CANDIDATES: Mapping[Domain, tuple[str, ...]] = {
    "image": (
        "kernel_shap", "lime_image", "feature_ablation", "integrated_gradients", "input_x_gradient", "c_lime", "smooth_grad",
        "saliency",
    ),
    "tabular": (
        "kernel_shap", "lfa", "feature_ablation", "integrated_gradients", "input_x_gradient", "c_lime", "smooth_grad", "saliency",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class PurposeCard:
    """`asks`: the question in words. `tested_on`: the neighborhood of the cross-table that losses are measured on, and what a
    loss is there. `answered_by`: the methods that are made for it, and why; `otherwise`: why the others are not.
    """

    asks: str
    tested_on: str
    tested_in_words: str
    answered_by: Mapping[str, str]
    otherwise: Mapping[str, str]


_NOT_A_SLOPE = "its values are contributions of the whole way from the baseline, not slopes"
_NOT_A_LOSS = "a slope says what a small change does, not what is lost without the feature"
_NEVER_AWAY = "it follows gradients and never takes a feature away by itself"
_NO_SHARE = "slopes are no shares of the score"
_ADDS_UP_IF_LINEAR = "its values add up to the change of the score for linear models only"
_LINE_OF_REMOVALS = "it fits a line to removals of about half of the {parts}, as LIME does"

PURPOSES: Mapping[Purpose, PurposeCard] = {
    "small change": PurposeCard(
        "what happens to the score when values change a little?",
        "small steps",
        "when all columns take small random steps, of 2 % of their range",
        {
            "saliency": "it is the slope at the input itself",
            "smooth_grad": "it is the mean slope over copies of the input with noise of 15 % of the range",
            "c_lime": "it fits a line to the scores of copies with noise of 15 % of the range, without gradients",
        },
        dict.fromkeys(
            ("kernel_shap", "lfa", "lime_image", "feature_ablation", "integrated_gradients", "input_x_gradient"), _NOT_A_SLOPE
        ),
    ),
    "removal": PurposeCard(
        "what if this evidence were not there?",
        "masks",
        "when about half of the features, drawn at random, take the values of the baseline",
        {
            "kernel_shap": "it fits a line to removals of few, many and all features",
            "lfa": _LINE_OF_REMOVALS.format(parts="columns"),
            "lime_image": _LINE_OF_REMOVALS.format(parts="segments"),
            "feature_ablation": "it removes one feature at a time",
        },
        {
            "integrated_gradients": _NEVER_AWAY,
            "input_x_gradient": _NEVER_AWAY,
            "c_lime": _NOT_A_LOSS,
            "smooth_grad": _NOT_A_LOSS,
            "saliency": _NOT_A_LOSS,
        },
    ),
    "share": PurposeCard(
        "how is the change of the score from the baseline shared among the features?",
        "masks of all sizes",
        "when some of the features, any number of them, take the values of the baseline: whether the shares of those that "
        "are left add up to what they reach together",
        {
            "kernel_shap": "its values add up for any model, and each is what the feature adds on average over all orders",
            "integrated_gradients": "its values add up for any smooth model, along the straight way from the baseline",
        },
        {
            **dict.fromkeys(("lfa", "lime_image", "feature_ablation", "input_x_gradient"), _ADDS_UP_IF_LINEAR),
            **dict.fromkeys(("c_lime", "smooth_grad", "saliency"), _NO_SHARE),
        },
    ),
}
