"""Eight known methods as choices of a neighborhood, a loss and a class of functions."""

from xaivision.engines.neighborhoods import Gaussian, Masks, OneAbsent, Scales
from xaivision.explainers.lfa import Lfa


def lfa_presets(budget: int = 1000, noise: float = 0.15) -> dict[str, Lfa]:
    """The local function approximation that each of eight methods is, by the method's registered name.

    `lfa`: LIME as the paper has it, on masks of columns or segments and without a penalty, which is what `lfa` does by default.
    `feature_ablation`: the paper's occlusion, one column or segment away at a time.

    Source: Han, Srinivas, Lakkaraju, 2022, arXiv:2206.01254, Table 1.
    """
    matching = {"loss": "gradient_matching"}
    return {
        "lfa": Lfa(Masks("cosine"), budget=budget),
        "c_lime": Lfa(Gaussian(noise), budget=budget),
        "kernel_shap": Lfa(Masks("shapley"), budget=budget),
        "feature_ablation": Lfa(OneAbsent(), model_class="linear_without_intercept", budget=budget),
        "saliency": Lfa(Gaussian(0.0), budget=1, **matching),  # type: ignore[arg-type]
        "smooth_grad": Lfa(Gaussian(noise), budget=budget, **matching),  # type: ignore[arg-type]
        "input_x_gradient": Lfa(Scales(1.0, 1.0), budget=1, **matching),  # type: ignore[arg-type]
        "integrated_gradients": Lfa(Scales(), budget=budget, **matching),  # type: ignore[arg-type]
    }
