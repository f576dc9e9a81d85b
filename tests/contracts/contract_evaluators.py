"""Every registered metric and sanity check on every tiny model that it fits, with the explanation it is to judge."""

from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from typing import Any

import torch
from contract_subjects import SIDE, SUBJECTS, Subject
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.protocols import Explainer
from xaivision.core.requirements import unmet
from xaivision.core.scores import Scores
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.masked_finetuning import MaskedFinetuning, Masking
from xaivision.evaluation.registry import EVALUATORS
from xaivision.explainers.c_lime import CLime
from xaivision.explainers.occlusion import Occlusion
from xaivision.models.weights_cache import digest

# More than the values of the largest tiny input: slopes for models that have no gradients.
SLOPE_COPIES = 160


@dataclass(frozen=True)
class Rules:
    """What the definition of an evaluator implies.

    `scale_free`: a map times a positive number scores the same. `of_zero`: the score of a map that is zero everywhere, None
    where the definition gives a number that depends on the model. `ranks`: a true map scores strictly better than chance,
    and chance better than the true map reversed; or why that has no meaning.
    """

    scale_free: bool
    of_zero: float | None
    ranks: bool
    because: str = ""


OF_THE_METHOD = "it judges the method: how little its answers differ, not whether they are true"
OF_SIZES = "it reads absolute values: a map and its negative are alike"
BY_TRAINING = "it judges the method, by models that are trained anew: its own tests rank maps of planted data"
BY_A_MASK = "it holds the map against a mask, which the model may not use"
RULES: Mapping[str, Rules] = {
    "deletion": Rules(scale_free=True, of_zero=None, ranks=True),
    "insertion": Rules(scale_free=True, of_zero=None, ranks=True),
    "completeness": Rules(scale_free=False, of_zero=None, ranks=True),
    "sparseness": Rules(scale_free=True, of_zero=0.0, ranks=False, because="it reads absolute values and no model"),
    "entropy": Rules(scale_free=True, of_zero=None, ranks=False, because="it reads absolute values and no model"),
    "effective_complexity": Rules(scale_free=True, of_zero=0.0, ranks=False, because="it reads absolute values and no model"),
    "pointing_game": Rules(scale_free=True, of_zero=0.5, ranks=False, because=BY_A_MASK),
    "relevance_mass": Rules(scale_free=True, of_zero=float("nan"), ranks=False, because=BY_A_MASK),
    "relevance_rank": Rules(scale_free=True, of_zero=0.5, ranks=False, because=BY_A_MASK),
    "top_k_intersection": Rules(scale_free=True, of_zero=0.5, ranks=False, because=BY_A_MASK),
    "attribution_localization": Rules(scale_free=True, of_zero=float("nan"), ranks=False, because=BY_A_MASK),
    "localization_auc": Rules(scale_free=True, of_zero=0.5, ranks=False, because=BY_A_MASK),
    "faithfulness_correlation": Rules(scale_free=True, of_zero=float("nan"), ranks=True),
    "faithfulness_estimate": Rules(scale_free=True, of_zero=float("nan"), ranks=True),
    "mu_fidelity": Rules(scale_free=True, of_zero=float("nan"), ranks=True),
    "sensitivity_n": Rules(scale_free=True, of_zero=float("nan"), ranks=True),
    "max_sensitivity": Rules(scale_free=False, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "avg_sensitivity": Rules(scale_free=False, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "local_lipschitz": Rules(scale_free=False, of_zero=None, ranks=False, because=OF_THE_METHOD),
    "relative_input_stability": Rules(scale_free=False, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "relative_output_stability": Rules(scale_free=False, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "relative_representation_stability": Rules(scale_free=False, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "seed_stability": Rules(scale_free=True, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "infidelity": Rules(scale_free=False, of_zero=None, ranks=True),
    "robust_fidelity": Rules(scale_free=True, of_zero=None, ranks=True),
    "f_fidelity": Rules(
        scale_free=True, of_zero=None, ranks=False, because="it takes a copy of a module: its own tests rank maps by one"
    ),
    "roar": Rules(scale_free=True, of_zero=None, ranks=False, because=BY_TRAINING),
    "kar": Rules(scale_free=True, of_zero=None, ranks=False, because=BY_TRAINING),
    "pixel_flipping": Rules(scale_free=True, of_zero=None, ranks=True),
    "region_perturbation": Rules(scale_free=True, of_zero=None, ranks=True),
    "selectivity": Rules(scale_free=True, of_zero=None, ranks=True),
    "irof": Rules(scale_free=True, of_zero=None, ranks=True),
    "road": Rules(scale_free=True, of_zero=None, ranks=True),
    "monotonicity": Rules(scale_free=True, of_zero=None, ranks=False, because=OF_SIZES),
    "monotonicity_correlation": Rules(scale_free=True, of_zero=float("nan"), ranks=False, because=OF_SIZES),
    "non_sensitivity": Rules(scale_free=True, of_zero=None, ranks=False, because=OF_SIZES),
    "consistency": Rules(scale_free=True, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "sufficiency": Rules(scale_free=True, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "focus": Rules(scale_free=True, of_zero=None, ranks=False, because="it judges the method, on mosaics of its own"),
    "parameter_randomization": Rules(
        scale_free=True, of_zero=float("nan"), ranks=False, because="it judges the method; a map and its negative are alike"
    ),
    "smooth_parameter_randomization": Rules(scale_free=True, of_zero=None, ranks=False, because=OF_THE_METHOD),
    "efficient_parameter_randomization": Rules(
        scale_free=True, of_zero=float("nan"), ranks=False, because="it judges the method: how disordered its answers are"
    ),
    "random_logit": Rules(scale_free=True, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "input_invariance": Rules(scale_free=False, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
    "data_randomization": Rules(scale_free=True, of_zero=float("nan"), ranks=False, because=OF_THE_METHOD),
}


def half(subject: Subject) -> Mapping[str, Any]:
    """A mask of the first half of the positions or columns, the same for every input."""
    mask = torch.zeros(subject.one[-2:] if len(subject.one) == 3 else subject.one)
    mask.view(-1)[: mask.numel() // 2] = 1
    return {"masks": mask}


def nine_tiles(_subject: Subject) -> Mapping[str, Any]:
    """Segments of pictures so small that no segmenter finds eight; tables take no notice."""
    side = torch.arange(SIDE) // 2
    return {"segments": 3 * side[:, None] + side}


def few_sets(_subject: Subject) -> Mapping[str, Any]:
    """A budget that is soon spent."""
    return {"budget": 12}


def twins(subject: Subject) -> Mapping[str, Any]:
    """A background that holds, for each input that is judged here, one next to it."""
    return {"background": 0.9999 * torch.cat([subject.inputs(batch) for batch in (3, 4, 5)]), "k": 1}


def own_copy(subject: Subject) -> Mapping[str, Any]:
    """A copy that is watched like the model, of the mlp where the model has no weights; fine-tuning taught it nothing."""
    given = subject if isinstance(subject.model, TorchClassifier) else SUBJECTS["mlp"](torch.float64)
    twin = copy(given.model)
    twin.model = deepcopy(given.model.model, {id(given.witness): given.witness})
    source = digest(given.model.model.state_dict())
    return {"finetuned": MaskedFinetuning(twin, Masking(0.2, 3), source, 1.0, 1.0), "budget": 4, "shares": (0.2, 0.5, 1.0)}


def same_again(subject: Subject) -> Mapping[str, Any]:
    """In the place of a model trained on random labels, the same one once more, so that its witness sees every call."""
    return {"trained": copy(subject.model)}


def untaught(subject: Subject) -> Mapping[str, Any]:
    """Training that gives the very model back."""
    labeled = (subject.inputs(4, seed=2), torch.tensor([0, 1, 2, 0]))
    return {"fit": lambda _inputs, _labels, _seed: subject.model, "training": labeled, "shares": (0.2, 0.6), "seeds": 2}


def near_twins(subject: Subject) -> Mapping[str, Any]:
    """The same background, for maps that need not be equal."""
    return {"background": twins(subject)["background"]}


def of_all_classes(subject: Subject) -> Mapping[str, Any]:
    """Partners of every class, two of each."""
    return {"partners": (subject.inputs(6, seed=2), torch.tensor([0, 1, 2, 0, 1, 2])), "samples": 2}


# Values for the settings that have no default, or none that is fast enough here.
SETTINGS: Mapping[str, Callable[[Subject], Mapping[str, Any]]] = {
    "pointing_game": half,
    "relevance_mass": half,
    "relevance_rank": half,
    "top_k_intersection": half,
    "attribution_localization": half,
    "localization_auc": half,
    "max_sensitivity": lambda _subject: {"samples": 2},
    "avg_sensitivity": lambda _subject: {"samples": 2},
    "local_lipschitz": lambda _subject: {"samples": 2},
    "relative_input_stability": lambda _subject: {"samples": 2},
    "relative_output_stability": lambda _subject: {"samples": 2},
    "relative_representation_stability": lambda _subject: {"samples": 2},
    "seed_stability": lambda _subject: {"samples": 2},
    "smooth_parameter_randomization": lambda _subject: {"samples": 2},
    "data_randomization": same_again,
    "consistency": twins,
    "faithfulness_correlation": few_sets,
    "mu_fidelity": few_sets,
    "sensitivity_n": lambda _subject: {"budget": 12, "sizes": 3},
    "infidelity": few_sets,
    "monotonicity": lambda _subject: {"steps": 5},
    "monotonicity_correlation": lambda _subject: {"samples": 2, "grid": 3},
    "non_sensitivity": lambda _subject: {"samples": 2, "grid": 3},
    "region_perturbation": lambda _subject: {"patch": 2},
    "selectivity": lambda _subject: {"patch": 2},
    "irof": nine_tiles,
    "road": lambda _subject: {"shares": (0.3, 0.7)},
    "f_fidelity": own_copy,
    "sufficiency": near_twins,
    "focus": of_all_classes,
    "roar": untaught,
    "kar": untaught,
    "robust_fidelity": lambda _subject: {"budget": 5, "shares": (0.2, 0.5)},
}


@dataclass(frozen=True)
class Judge:
    """One evaluator and one model, with the explanation it judges."""

    evaluator: str
    kind: str

    def __str__(self) -> str:
        return f"{self.evaluator}-{self.kind}"

    @property
    def about(self) -> Any:
        return EVALUATORS[self.evaluator].about

    @property
    def rules(self) -> Rules:
        return RULES[self.evaluator]

    def subject(self) -> Subject:
        return SUBJECTS[self.kind](torch.float64)

    def explainer(self) -> Explainer:
        return Occlusion() if "contribution" in self.about.kinds else CLime(budget=SLOPE_COPIES)

    def explanation(self, subject: Subject, batch: int = 3) -> Attribution:
        return self.explainer().explain(subject.model, subject.inputs(batch)).as_attribution()

    def scores(self, subject: Subject, explanation: Attribution, seed: int = 0) -> Scores:
        """What it says of the explanation, with the settings it needs."""
        judge: Any = EVALUATORS[self.evaluator](**self.settings(subject))
        if self.about.judges == "explainer":
            found: Scores = judge.evaluate(subject.model, self.explainer(), explanation, seed=seed)
        else:
            found = judge.evaluate(subject.model, explanation, seed=seed)
        return found

    def settings(self, subject: Subject) -> Mapping[str, Any]:
        return SETTINGS[self.evaluator](subject) if self.evaluator in SETTINGS else {}

    def fits(self) -> bool:
        return not unmet(self.about, self.subject().model)


def rows(explanation: Attribution, chosen: slice) -> Attribution:
    """The explanation of some of the inputs, values bit for bit."""

    def cut(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor[chosen]

    query = explanation.query
    return replace(
        explanation,
        query=replace(query, inputs=query.inputs[chosen], targets=query.targets[chosen], scores=query.scores[chosen]),
        values=explanation.values[chosen],
        baseline=cut(explanation.baseline),
        reference_scores=cut(explanation.reference_scores),
    )


EVALUATOR_CASES = [Judge(name, kind) for name in EVALUATORS for kind in SUBJECTS]
FITTING_EVALUATORS = [case for case in EVALUATOR_CASES if case.fits()]
UNFITTING_EVALUATORS = [case for case in EVALUATOR_CASES if not case.fits()]
