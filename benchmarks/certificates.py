"""Every metric on questions whose answer is known from a formula, beside what the peers answer.

The model is linear over 64 pixels, so that each answer can be written down. `python -m benchmarks certificates` writes the
table that the page on metrics shows. Quantus is asked where it can be imported (its license is the GPL: it is no dependency,
and the group `quantus` of pyproject.toml names it); without it nothing is written.
"""

import json
import math
import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.linear_game import BIAS, CLASS, PIXELS, SIDE, Game, area
from xaivision.evaluation.registry import METRICS, metric, sanity_check
from xaivision.explainers.registry import explainer

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "certificates.json"
AS_GIVEN = {"normalise": False, "abs": False, "disable_warnings": True}

Peer = Callable[[Game], float]
Summary = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class Question:
    """One metric on one map; `truth` is its value by formula, and `why` the formula in words."""

    metric: str
    map: str
    truth: Callable[[Game], float]
    why: str
    settings: dict[str, Any] = field(default_factory=dict)
    quantus: Peer | None = None
    captum: Peer | None = None
    method: str = "saliency"  # whom a sanity check asks again


def first(found: np.ndarray) -> float:
    return float(found[0])


def quantus_answer(name: str, map_: str, *, masks: bool = False, of: Summary = first, **settings: Any) -> Peer:
    """What the metric of that name gives for the map, or for the method where `map_` names one; `of` sums up its list."""

    def ask(game: Game) -> float:
        import quantus

        one = getattr(quantus, name)(**{**AS_GIVEN, **settings})
        found = one(
            model=deepcopy(game.module).float(),  # it hands every model float32
            x_batch=game.inputs.float().numpy(),
            y_batch=np.array([CLASS]),
            a_batch=game.values(map_).reshape(1, 1, SIDE, SIDE) if map_ != "saliency" else None,
            s_batch=game.mask[None, None] if masks else None,
            explain_func=_gradients,
            channel_first=True,
            softmax=False,
        )
        return float(of(np.ravel(found)))

    return ask


def _gradients(model: Any, inputs: Any, targets: Any, **_: Any) -> np.ndarray:
    asked = torch.as_tensor(inputs).float().requires_grad_()
    scores = model(asked)[torch.arange(len(asked)), torch.as_tensor(np.asarray(targets))]
    return torch.autograd.grad(scores.sum(), asked)[0].numpy()


def captum_infidelity(game: Game) -> float:
    from captum.metrics import infidelity

    def noise(inputs: Tensor) -> tuple[Tensor, Tensor]:
        moved = 0.1 * torch.randn(inputs.shape, dtype=inputs.dtype, generator=torch.Generator().manual_seed(0))
        return moved, inputs - moved

    slopes = torch.from_numpy(game.weights).view(1, 1, SIDE, SIDE)
    return float(infidelity(game.module, noise, game.inputs, slopes, target=CLASS, n_perturb_samples=10))


def captum_sensitivity(game: Game) -> float:
    from captum.attr import Saliency
    from captum.metrics import sensitivity_max

    method = Saliency(game.module)
    explain = lambda inputs, target: method.attribute(inputs[0] if isinstance(inputs, tuple) else inputs, target, abs=False)  # noqa: E731
    return float(
        sensitivity_max(lambda inputs, target: explain(inputs, target), game.inputs.clone().requires_grad_(), target=CLASS)
    )


EACH = {"baseline": "zeros", "output": "score", "steps": PIXELS}
BLACK = {"perturb_baseline": 0.0}
TO_MASK = {"masks": "mask"}

QUESTIONS = (
    Question(
        "sparseness", "one pixel", lambda g: 63 / 64, "(n - 1) / n", quantus=quantus_answer("Sparseness", "one pixel", abs=True)
    ),
    Question(
        "sparseness",
        "16 equal pixels",
        lambda g: 0.75,
        "1 - k / n",
        quantus=quantus_answer("Sparseness", "16 equal pixels", abs=True),
    ),
    Question("entropy", "uniform", lambda g: math.log(64), "ln n", quantus=quantus_answer("Complexity", "uniform", abs=True)),
    Question(
        "effective_complexity",
        "16 equal pixels",
        lambda g: 16,
        "k",
        quantus=quantus_answer("EffectiveComplexity", "16 equal pixels", abs=True),
    ),
    Question(
        "deletion",
        "contributions",
        lambda g: area(g.curve("contributions")),
        "trapezoids under the sums left over",
        EACH,
        quantus_answer("PixelFlipping", "contributions", of=area, features_in_step=1, **BLACK),
    ),
    Question(
        "insertion",
        "contributions",
        lambda g: area(g.curve("contributions", insertion=True)),
        "trapezoids under the sums",
        EACH,
    ),
    Question(
        "selectivity",
        "contributions",
        lambda g: area(g.curve("contributions")),
        "as deletion, patches of one pixel",
        {**EACH, "patch": 1},
        quantus_answer("Selectivity", "contributions", of=area, patch_size=1, **BLACK),
    ),
    Question(
        "region_perturbation",
        "contributions",
        lambda g: float((g.curve("contributions")[0] - g.curve("contributions")).mean()),
        "mean fall over the steps and the input",
        {**EACH, "patch": 1},
        quantus_answer("RegionPerturbation", "contributions", of=np.mean, patch_size=1, regions_evaluation=64, **BLACK),
    ),
    Question(
        "faithfulness_correlation",
        "contributions",
        lambda g: 1.0,
        "1: sums of shares are the falls",
        {"baseline": "zeros"},
        quantus_answer("FaithfulnessCorrelation", "contributions", subset_size=13, **BLACK),
    ),
    Question(
        "faithfulness_estimate",
        "contributions",
        lambda g: 1.0,
        "1: each share is a fall",
        {"baseline": "zeros", "grid": SIDE},
        quantus_answer("FaithfulnessEstimate", "contributions", features_in_step=1, **BLACK),
    ),
    Question(
        "sensitivity_n",
        "contributions",
        lambda g: 1.0,
        "1 at every size",
        {"baseline": "zeros"},
        quantus_answer("SensitivityN", "contributions", features_in_step=8, return_aggregate=True, **BLACK),
    ),
    Question("mu_fidelity", "contributions", lambda g: 1.0, "1 over cells of a grid", {"baseline": "zeros", "grid": SIDE}),
    Question("mu_fidelity", "reversed contributions", lambda g: -1.0, "-1", {"baseline": "zeros", "grid": SIDE}),
    Question(
        "infidelity",
        "slopes",
        lambda g: 0.0,
        "0: noise times slope is the fall",
        quantus=quantus_answer("Infidelity", "slopes", perturb_patch_sizes=[1], **BLACK),
        captum=captum_infidelity,
    ),
    Question(
        "robust_fidelity",
        "contributions",
        lambda g: _fidelity(g, 13),
        "sum of the 13 largest shares less the sum of the others",
        {"alpha1": 1.0, "alpha2": 0.0, "shares": (0.2,), "grid": SIDE, "baseline": "zeros", "output": "score"},
    ),
    Question(
        "completeness",
        "contributions",
        lambda g: 0.0,
        "0: no gap (Quantus tells 1 where it finds none)",
        quantus=quantus_answer("Completeness", "contributions"),
    ),
    Question(
        "monotonicity",
        "reversed contributions",
        lambda g: float(
            (np.diff(BIAS + np.concatenate([[0], np.cumsum(g.contributions[np.argsort(np.abs(g.contributions))])])) >= 0).all()
        ),
        "0: evidence against the class makes it fall",
        EACH,
        quantus_answer("Monotonicity", "reversed contributions", features_in_step=1, **BLACK),
    ),
    Question(
        "monotonicity_correlation",
        "slopes",
        lambda g: 1.0,
        "1: squares of slopes rank as their magnitudes",
        {"grid": SIDE, "samples": 400},
        quantus_answer("MonotonicityCorrelation", "slopes", features_in_step=1, nr_samples=400, abs=True),
    ),
    Question(
        "non_sensitivity",
        "slopes",
        lambda g: 0.0,
        "0: the ten pixels without weight",
        {"grid": SIDE},
        quantus_answer("NonSensitivity", "slopes", features_in_step=1, abs=True),
    ),
    Question(
        "pointing_game",
        "uniform",
        lambda g: 0.25,
        "the mask's share of the pixels, by chance",
        TO_MASK,
        quantus_answer("PointingGame", "uniform", masks=True),
    ),
    Question(
        "relevance_mass",
        "uniform",
        lambda g: 0.25,
        "the mask's share",
        TO_MASK,
        quantus_answer("RelevanceMassAccuracy", "uniform", masks=True),
    ),
    Question(
        "relevance_rank",
        "uniform",
        lambda g: 0.25,
        "the mask's share, by chance",
        TO_MASK,
        quantus_answer("RelevanceRankAccuracy", "uniform", masks=True),
    ),
    Question(
        "top_k_intersection",
        "the mask",
        lambda g: 1.0,
        "1",
        {**TO_MASK, "k": 8},
        quantus_answer("TopKIntersection", "the mask", masks=True, k=8),
    ),
    Question(
        "attribution_localization",
        "the mask",
        lambda g: 1.0,
        "1: all of it lies there",
        {**TO_MASK, "area_weight": False},
        quantus_answer("AttributionLocalisation", "the mask", masks=True),
    ),
    Question("localization_auc", "uniform", lambda g: 0.5, "one half", TO_MASK, quantus_answer("AUC", "uniform", masks=True)),
    Question(
        "max_sensitivity",
        "saliency",
        lambda g: 0.0,
        "0: the gradient is the same everywhere",
        quantus=quantus_answer("MaxSensitivity", "saliency", nr_samples=10, lower_bound=0.02),
        captum=captum_sensitivity,
    ),
    Question(
        "avg_sensitivity",
        "saliency",
        lambda g: 0.0,
        "0",
        quantus=quantus_answer("AvgSensitivity", "saliency", nr_samples=10, lower_bound=0.02),
    ),
    Question(
        "local_lipschitz",
        "saliency",
        lambda g: 0.0,
        "0",
        quantus=quantus_answer("LocalLipschitzEstimate", "saliency", nr_samples=20),
    ),
    Question("parameter_randomization", "sobel", lambda g: 1.0, "1: it ignores the model", method="sobel"),
    Question("relative_input_stability", "saliency", lambda g: 0.0, "0"),
    Question("relative_output_stability", "saliency", lambda g: 0.0, "0"),
    Question("seed_stability", "saliency", lambda g: 1.0, "1: nothing is drawn"),
    Question("random_logit", "saliency", lambda g: -1.0, "-1: the other class's score is the negative"),
    Question("input_invariance", "saliency", lambda g: 0.0, "0: a move does not change the slopes"),
    Question(
        "input_invariance",
        "input_x_gradient",
        lambda g: float(np.linalg.norm(g.weights) / np.linalg.norm(g.contributions)),
        "norm of the slopes over that of the contributions, for a move by 1",
        method="input_x_gradient",
    ),
    Question("efficient_parameter_randomization", "sobel", lambda g: 0.0, "0: it ignores the model", method="sobel"),
)


def _fidelity(game: Game, count: int) -> float:
    order = np.argsort(-game.contributions)
    return float(game.contributions[order[:count]].sum() - game.contributions[order[count:]].sum())


def main(quick: bool = False) -> list[dict[str, object]]:
    """A row for each question; `quick`: nothing is written."""
    game = Game()
    rows = [answered(question, game) for question in QUESTIONS]
    for row in rows:
        print(row, flush=True)
    if find_spec("quantus") is None:
        print("Quantus is not installed (uv pip install --group quantus): its column is missing, and nothing is written.")
    elif not quick:
        RESULT.write_text(
            json.dumps({"rows": rows, "quantus": _version("quantus"), "captum": _version("captum")}, indent=1) + "\n"
        )
    return rows


def answered(question: Question, game: Game) -> dict[str, object]:
    """What everybody answers."""
    return {
        "metric": question.metric,
        "map": question.map,
        "why": question.why,
        "truth": question.truth(game),
        "ours": ours(question, game),
        "quantus": _peer(question.quantus, game) if find_spec("quantus") is not None else "",
        "captum": _peer(question.captum, game),
    }


def ours(question: Question, game: Game) -> float:
    settings = {
        name: torch.from_numpy(game.mask)[None] if value == "mask" else value for name, value in question.settings.items()
    }
    if question.metric in METRICS:
        scores = metric(question.metric, **settings).evaluate(game.model, game.attribution(question.map))
    else:
        method = explainer(question.method)
        answer = method.explain(game.model, game.inputs, CLASS).as_attribution()
        scores = sanity_check(question.metric, **settings).evaluate(game.model, method, answer)
    return float(scores.values)


def _peer(ask: Peer | None, game: Game) -> float | str:
    """A number, or what stood in the way."""
    if ask is None:
        return ""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return ask(game)
        except Exception as error:  # a peer that breaks down is a finding
            return f"raises {type(error).__name__}: {' '.join(str(error).split())[:80]}"


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)
