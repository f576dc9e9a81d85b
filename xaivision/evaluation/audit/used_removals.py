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

# From numbers (n,) of inputs and what goes of each, (n, H * W) or (n, F) bool, to the inputs without it, (n, *S).
Remove = Callable[[Tensor, Tensor], Tensor]

# What metrics put into pictures where their setting leaves it to them; all others take the "auto" baseline, which is black.
OF_PICTURES: Mapping[str, str] = {
    "insertion": "blur",
    "irof": "mean",
    "region_perturbation": "noise",
    "pixel_flipping": "flipped",
    "road": "imputed",
}


@dataclass(frozen=True, eq=False)
class UsedRemoval:
    """`remove` for a given batch of inputs, and the names of the `metrics` that take features away like that."""

    remove: Remove
    metrics: tuple[str, ...]


def removals_of(judges: Mapping[str, Judge], model: ClassifierAdapter, inputs: Tensor, seed: int) -> dict[str, UsedRemoval]:
    """The operators that the judges use on these inputs, by name: "black", "zeros", "typical", "mean", "blur", "noise",
    "flipped", "imputed", and "given (metric)" where a metric was given a tensor. Metrics that remove nothing have none.

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
    card = judge.about.name
    baseline = getattr(judge, "baseline", "")
    of_its_own = OF_PICTURES.get(card) if model.domain == "image" else None
    if of_its_own is not None and (baseline is None or (isinstance(baseline, str) and baseline in ("", "auto"))):
        return of_its_own
    if isinstance(baseline, Tensor) or baseline == "":
        return baseline
    if baseline in (None, "auto"):
        baseline = "black" if model.domain == "image" else "zeros" if model.typical is None else "typical"
    return "black" if baseline == "zeros" and model.domain == "image" else str(baseline)


def _remove(operator: str, given: Tensor | None, model: ClassifierAdapter, inputs: Tensor, seed: int) -> Remove:
    if operator == "imputed":
        return imputing(inputs, seed)
    if operator == "flipped":
        return replacing(inputs, 1 - inputs)
    baseline: Baseline = given if given is not None else operator  # type: ignore[assignment]
    return replacing(inputs, reference_inputs(baseline, inputs, generator(seed, "removal baseline"), model.typical))
