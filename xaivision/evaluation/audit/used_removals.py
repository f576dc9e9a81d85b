"""The removal operators that the metrics of an audit use: what each of them puts where features are taken away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.random import generator
from xaivision.engines.baselines import BASELINE_NAMES, Baseline, reference_inputs
from xaivision.engines.removals import Imputation
from xaivision.evaluation.audit.facts import removal_setting
from xaivision.evaluation.audit.plan import Judge

# From numbers (n,) of inputs and what goes of each, (n, H * W) or (n, F) bool, to the inputs without it, (n, *S).
Remove = Callable[[Tensor, Tensor], Tensor]

# What can be done here: the baselines, and two that are none. What somebody else's metric puts in may have another name.
KNOWN = (*BASELINE_NAMES, "flipped", "imputed")


@dataclass(frozen=True, eq=False)
class UsedRemoval:
    """`remove` for a given batch of inputs, and the names of the `metrics` that take features away like that."""

    remove: Remove
    metrics: tuple[str, ...]


def removals_of(judges: Mapping[str, Judge], model: ClassifierAdapter, inputs: Tensor, seed: int) -> dict[str, UsedRemoval]:
    """The operators that the judges use on these inputs, by name: "black", "zeros", "typical", "mean", "blur", "noise",
    "flipped", "imputed", and "given (metric)" where a metric was given a tensor. Metrics that remove nothing have none, nor
    have those of which nobody knows how they do it, and those that train the model on what is left: to it that is nothing new.

    Where a metric takes the explanation's own baseline, the "auto" one stands for it.

    Raises: InputError, where a baseline does not fit the inputs.
    """
    found: dict[str, list[str]] = {}
    tensors: dict[str, Tensor] = {}
    for name, judge in judges.items():
        operator = _operator(name, judge, model)
        if isinstance(operator, Tensor):
            tensors[f"given ({name})"], operator = operator, f"given ({name})"
        if operator:
            found.setdefault(operator, []).append(name)
    return {
        operator: UsedRemoval(_remove(operator, tensors.get(operator), model, inputs, seed), tuple(metrics))
        for operator, metrics in found.items()
    }


def operator_name(name: str, judge: Judge, model: ClassifierAdapter) -> str:
    """What this metric puts in the place of features, by the name that it has in `removals_of`; "" where it removes nothing."""
    operator = _operator(name, judge, model)
    return f"given ({name})" if isinstance(operator, Tensor) else operator


def replacing(inputs: Tensor, substitutes: Tensor) -> Remove:
    """Features that go take the values of `substitutes`, of the shape of the inputs (B, *S)."""
    sides = [1, *inputs.shape[2:]] if inputs.ndim == 4 else list(inputs.shape[1:])

    def remove(numbers: Tensor, gone: Tensor) -> Tensor:
        return torch.where(gone.to(inputs.device).view(-1, *sides), substitutes[numbers], inputs[numbers])

    return remove


def imputing(inputs: Tensor, seed: int, noise: float = 0.01) -> Remove:
    """Pixels that go are imputed from their neighbors, with a little noise on top; see `Imputation` for what it costs."""
    draw = torch.randn(inputs.shape[1:], generator=generator(seed, "road"), dtype=torch.float64, device="cpu")

    def remove(numbers: Tensor, gone: Tensor) -> Tensor:
        kept = ~gone.view(-1, *inputs.shape[2:]).to(inputs.device)
        imputed = [
            Imputation(inputs[number], noise * draw.to(inputs))(mask[None])
            for number, mask in zip(numbers.tolist(), kept, strict=True)
        ]
        return torch.cat(imputed)

    return remove


def _operator(name: str, judge: Judge, model: ClassifierAdapter) -> str | Tensor:
    """The name of what this metric puts in, the tensor it was given, or "" where it removes nothing."""
    removal = "" if judge.about.trains_again else removal_setting(judge)
    if isinstance(removal, Tensor):
        return removal
    picture = model.domain == "image"
    if removal in (None, "auto"):
        usual = "black" if picture else "zeros" if model.typical is None else "typical"
        return (judge.about.replaces_by if picture else None) or usual
    known = removal if removal in KNOWN else ""
    return "black" if known == "zeros" and picture else known


def _remove(operator: str, given: Tensor | None, model: ClassifierAdapter, inputs: Tensor, seed: int) -> Remove:
    if operator == "imputed":
        return imputing(inputs, seed)
    if operator == "flipped":
        return replacing(inputs, 1 - inputs)
    baseline: Baseline = given if given is not None else operator  # type: ignore[assignment]
    return replacing(inputs, reference_inputs(baseline, inputs, generator(seed, "removal baseline"), model.typical))
