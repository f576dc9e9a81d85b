"""The removal operators that the metrics of an audit use: what each of them puts where features are taken away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.random import generator
from xaivision.engines.baselines import Baseline, reference_inputs
from xaivision.engines.removals import Imputation
from xaivision.evaluation.audit.plan import Judge
from xaivision.evaluation.audit.replacements import operator_of

# From numbers (n,) of inputs and what goes of each, (n, H * W) or (n, F) bool, to the inputs without it, (n, *S).
Remove = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class UsedRemoval:
    """`remove` for a given batch of inputs, and the names of the `metrics` that take features away like that."""

    remove: Remove
    metrics: tuple[str, ...]


def removals_of(judges: Mapping[str, Judge], model: ClassifierAdapter, inputs: Tensor, seed: int) -> dict[str, UsedRemoval]:
    """The operators that the judges use on these inputs, by the names that `operator_of` gives; metrics without one have none.

    Raises: InputError, where a baseline does not fit the inputs.
    """
    found: dict[str, list[str]] = {}
    tensors: dict[str, Tensor] = {}
    for name, judge in judges.items():
        operator, given = operator_of(name, judge, model)
        if given is not None:
            tensors[operator] = given
        if operator:
            found.setdefault(operator, []).append(name)
    return {
        operator: UsedRemoval(_remove(operator, tensors.get(operator), model, inputs, seed), tuple(metrics))
        for operator, metrics in found.items()
    }


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


def _remove(operator: str, given: Tensor | None, model: ClassifierAdapter, inputs: Tensor, seed: int) -> Remove:
    if operator == "imputed":
        return imputing(inputs, seed)
    if operator == "flipped":
        return replacing(inputs, 1 - inputs)
    baseline: Baseline = given if given is not None else operator  # type: ignore[assignment]
    return replacing(inputs, reference_inputs(baseline, inputs, generator(seed, "removal baseline"), model.typical))
