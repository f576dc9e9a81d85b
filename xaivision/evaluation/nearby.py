"""A method asked again about inputs next to those that it has explained."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter, batch_size_of
from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.core.settings import check_number_from_zero, check_positive_integer
from xaivision.engines.stability import box_draws
from xaivision.engines.streaming import pairs
from xaivision.evaluation.measurement import Measurement
from xaivision.evaluation.same_method import check_same

NO_RANGES = "the model knows no ranges of its columns: `radius` is in the units of each"


class Near(NamedTuple):
    """Copies (n, *S) next to the inputs with the numbers `rows` (n,), and the method's `values` (n, ...) for them."""

    rows: Tensor
    copies: Tensor
    values: Tensor


class Around(Protocol):
    """The settings that say what is near: `samples` copies of each input, no value of which is farther than `radius`."""

    @property
    def samples(self) -> int: ...

    @property
    def radius(self) -> float: ...


def check_around(settings: Around) -> None:
    """Raises: InputError, where a setting is not what it must be."""
    check_positive_integer("samples", settings.samples)
    check_number_from_zero("radius", settings.radius)


def found_nearby(
    m: Measurement, explainer: Explainer, settings: Around, seed: int, judge: Callable[[Near], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """By name (B, samples) what `judge` says of each copy, in float64 on the CPU.

    Each copy is asked about the target of its input, with the seed of the first answer. Copies of several inputs are asked
    together, and one batch of them is kept at a time. Draws are the same for every input; images stay in [0, 1].

    Raises: InputError, where the explanation is not this explainer's.
    """
    check_same(explainer, m.explanation)
    inputs, reach = m.explanation.query.inputs, _reach(m.model, settings.radius)
    found: dict[str, Tensor] = {}
    for part in track(pairs(len(inputs), settings.samples, batch_size_of(m.model, inputs)), "nearby inputs"):
        noise = reach * box_draws(inputs.shape[1:], part.versions.tolist(), seed)
        copies = inputs[part.inputs] + noise.to(inputs)
        if m.model.domain == "image":
            copies = copies.clamp(0, 1)
        near = Near(part.inputs, copies, _values(m, explainer, copies, part.inputs))
        for name, numbers in judge(near).items():
            whole = found.setdefault(name, torch.empty(len(inputs), settings.samples, dtype=torch.float64, device="cpu"))
            whole[part.inputs, part.versions] = numbers.double().cpu()
    return found


def doubts(model: ClassifierAdapter) -> tuple[str, ...]:
    """What is to be said of the radius."""
    return (NO_RANGES,) if model.domain == "tabular" and model.ranges is None else ()


def _reach(model: ClassifierAdapter, radius: float) -> Tensor:
    """How far each value goes: of tables a share of each column's range where it is known; codes of categories stay."""
    reach = torch.tensor(radius, dtype=torch.float64, device="cpu")
    if model.ranges is not None:
        reach = reach * torch.tensor(model.ranges, dtype=torch.float64, device="cpu")
    numbers = numeric_columns(model)
    return reach if numbers is None else reach * numbers.double()


def numeric_columns(model: ClassifierAdapter) -> Tensor | None:
    """(F,) whether each column of a table holds numbers, not codes of categories; None where all values are numbers."""
    if model.schema is None or not any(model.schema.category_names):
        return None
    return torch.tensor([not names for names in model.schema.category_names], device="cpu")


def _values(m: Measurement, explainer: Explainer, copies: Tensor, rows: Tensor) -> Tensor:
    query = m.explanation.query
    again = explainer.explain(m.model, copies, query.target.take(rows), seed=m.explanation.origin.seed).as_attribution()
    if again.values.shape[1:] != m.explanation.values.shape[1:]:
        raise InputError(
            f"`explanation` must have values of the shape that `{explainer.about.name}` gives, "
            f"{tuple(again.values.shape[1:])} for each input. Got {tuple(m.explanation.values.shape[1:])}."
        )
    return again.values
