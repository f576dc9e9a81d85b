"""captum's own attribution classes behind the house's interface, their numbers unchanged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.map_layers import MapLayer
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.requirements import lacking
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.activation_maps import spread_over_input
from xaivision.explainers.captum_call import CaptumCall, checked_call
from xaivision.explainers.captum_doubts import conservation_doubts, explosion_doubts, rule_doubts, sampling_doubts
from xaivision.explainers.captum_errors import captums_errors
from xaivision.explainers.captum_module import as_found
from xaivision.explainers.global_draws import seeded
from xaivision.explainers.operations_seen import ExplainedNumber
from xaivision.explainers.own_copy import own_copy
from xaivision.explainers.reference import baseline_of


@dataclass(frozen=True, eq=False, init=False)
class Captum:
    """What a class of `captum.attr` answers, unchanged: the original beside the house's own methods.

    `method`: the class, such as "IntegratedGradients". `settings`: what its constructor and its `attribute` take, by
    captum's names; they may be given as keywords too, as in `Captum("Saliency", abs=False)`. `baselines` may be a name that
    the house's methods take; `layer` is a submodule's name, and None the last layer with a map; a noise tunnel takes
    `attribution_method` as a name. captum's defaults hold, absolute values of saliency included. Each input is asked about
    on its own, with draws that depend on the seed alone. A layer's answer is summed over its channels and spread over the
    input; layers without a map are refused.
    """

    about: ClassVar[About] = About(
        name="captum",
        answers="What does this method of captum answer to the same question?",
        misleads="As the method does, and where captum is wrong without an error: repeated or functional activations, and "
        "modules it has no rule for. What is known of that is a warning here.",
        cost="captum's own, one input at a time (+ 2 gradients of the first input where it has rules for operations)",
        source="Kokhlikyan et al., 2020, arXiv:2009.07896",
        needs=Access.SCORES,
    )

    method: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    __repr__ = told_settings

    def __init__(self, method: str, settings: Mapping[str, Any] | None = None, **more: Any) -> None:
        object.__setattr__(self, "method", method)
        object.__setattr__(self, "settings", {**(settings or {}), **more})
        checked_call(self.method, self.settings)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Values of the shape of the inputs as captum gives them, or (B, 1, H, W) where they are a layer's.

        Raises: CapabilityError, where the model does not fit the method, or captum says so; InputError, where a setting
        does not fit the inputs or a layer has no map.
        """
        call = checked_call(self.method, self.settings)
        with question(self, model, inputs, targets, seed=seed) as q:
            if call.takes_gradients and (why := lacking(self.about, q.model, Access.GRADIENTS)):
                raise CapabilityError(why)
            rule_doubts(q, call)
            baseline = _baseline(q, call)
            reference = None
            if call.adds_up and baseline is not None:
                reference = q.query.target.of(shared_scores(q.model, baseline))
            values = _values(q, call, baseline, self.settings.get("layer"))
            explosion_doubts(q, call, values)
            conservation_doubts(q, call, lambda model: _values_of_one(q, call, model, None, dict(call.asking), 0))
            sampling_doubts(q, call)
            return q.attribution(
                values, call.result, baseline=baseline, reference_scores=reference, adds_up=reference is not None
            )


def _values(q: Question, call: CaptumCall, baseline: Tensor | None, layer: str | None) -> Tensor:
    where = q.torch_model.map_layer(layer, None, q.query.inputs) if call.takes_layer else None
    # LRP changes weights for a while, and an error would leave them so.
    model = own_copy(q.torch_model) if call.changes_weights else q.model
    rows = track(range(len(q.query)), f"{call.kind.__name__} of captum")
    return torch.cat([_values_of_one(q, call, model, where, _asking(q, call, baseline, row), row) for row in rows])


def _values_of_one(
    q: Question, call: CaptumCall, model: ClassifierAdapter, where: MapLayer | None, asking: Mapping[str, Any], row: int
) -> Tensor:
    one, target = q.query.inputs[row : row + 1], q.query.target.take(slice(row, row + 1))
    with torch.inference_mode(False), seeded(q, one.device), captums_errors(call):
        if call.takes_gradients and isinstance(model, TorchClassifier):
            number = ExplainedNumber(model, target)
            with torch.enable_grad(), as_found(number):
                made = call.made(number, None if where is None else model.model.get_submodule(where.layer.name))
                found = made.attribute(one.detach().clone().requires_grad_(), **asking)
        else:
            made = call.made(lambda given: target.take(_repeated(given)).of(model(given)))
            found = made.attribute(one.detach().clone(), **asking)
    return _laid_out(found, one, call, where)


def _repeated(given: Tensor) -> Tensor:
    """Number 0 for each: captum asks about many versions of the one input."""
    return torch.zeros(len(given), dtype=torch.long, device="cpu")


def _laid_out(found: Any, one: Tensor, call: CaptumCall, where: MapLayer | None) -> Tensor:
    """What captum answered as a map over the input.

    Raises: InputError, where it is none.
    """
    found = found[0] if isinstance(found, tuple) and len(found) == 1 else found
    shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
    name = call.kind.__name__
    if not call.answers_layer or where is None:
        if shape != tuple(one.shape):
            raise InputError(f"captum's {name} must answer in the shape of the input, {tuple(one.shape)}. Got {shape}.")
        answer: Tensor = found.detach().to(one)
        return answer
    if not isinstance(found, Tensor) or where.layout is None:
        raise InputError(f"`layer` must name a layer whose output is one tensor of maps. `{where.layer.name}` gives {shape}.")
    maps = where.layout.to_maps(found.detach()).sum(1, keepdim=True)
    height, width = one.shape[2:]
    return spread_over_input(maps, height, width).to(one)


def _baseline(q: Question, call: CaptumCall) -> Tensor | None:
    """(B, *S) the baseline of each input; None where the method has none, or draws it."""
    if not call.takes("baselines") or call.draws_baselines:
        return None
    given = call.asking.get("baselines", 0)
    if isinstance(given, int | float) and not isinstance(given, bool):
        return torch.full_like(q.query.inputs, given)
    return _reference(q, given)


def _reference(q: Question, given: Any) -> Tensor:
    return baseline_of(q, given)


def _asking(q: Question, call: CaptumCall, baseline: Tensor | None, row: int) -> dict[str, Any]:
    """The settings as this input alone needs them."""
    inputs = q.query.inputs
    one = {name: _row_of(value, inputs, row) if name.endswith("_mask") else value for name, value in call.asking.items()}
    given = one.get("baselines")
    if call.draws_baselines:
        one["baselines"] = given.detach().to(inputs) if isinstance(given, Tensor) else _reference(q, given)[row : row + 1]
    elif isinstance(given, Tensor | str) and baseline is not None:
        one["baselines"] = baseline[row : row + 1]
    return one


def _row_of(value: Any, inputs: Tensor, row: int) -> Any:
    batched = isinstance(value, Tensor) and value.ndim == inputs.ndim and len(value) == len(inputs)
    return value[row : row + 1] if batched else value
