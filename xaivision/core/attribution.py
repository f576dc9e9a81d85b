"""Attribution: a signed number for each feature."""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from xaivision.core.about import Kind
from xaivision.core.completeness import completeness_gap, score_change
from xaivision.core.errors import InputError
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import shape_of
from xaivision.core.verdict import Verdict, judged

# Standard errors in half the width of a 95 % interval, where the error itself is known well.
NORMAL = 1.959964


@dataclass(frozen=True, eq=False, repr=False)
class Attribution(Explanation):
    """`values` (B, *S), or (B, 1, H, W) for methods that see positions only; signed and raw.

    `kind` "slope": like a gradient, score units per input unit. "contribution": a share of the score's change from the
    `baseline` (shape of the inputs), whose scores are `reference_scores` (B,). `players` (shape of the values' last
    axes, integers): segments or groups whose share is spread evenly over their features. `interactions`: for each input
    an (M, M) matrix of its players, or features, whose rows sum to what each of them got.
    """

    values: Tensor
    kind: Kind
    baseline: Tensor | None = None
    reference_scores: Tensor | None = None
    players: Tensor | None = None
    interactions: tuple[Tensor, ...] | None = None

    def __post_init__(self) -> None:
        inputs = tuple(self.query.inputs.shape)
        allowed = {inputs, (inputs[0], 1, *inputs[2:])} if len(inputs) == 4 else {inputs}
        if tuple(self.values.shape) not in allowed:
            raise InputError(f"`values` must have the shape of the inputs, {inputs}. Got {tuple(self.values.shape)}.")
        shapes = [tuple(one.shape) for one in self.interactions or ()]
        if self.interactions is not None and (len(shapes) != inputs[0] or any(len(s) != 2 or s[0] != s[1] for s in shapes)):
            raise InputError(f"`interactions` must be {inputs[0]} square matrices, one an input. Got shapes {shapes}.")

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        return judged(self.values, self.query.scores, self.diagnostics, self.reference_scores)

    def _content(self) -> tuple[str, ...]:
        matrices = self.interactions or ()
        return (f"{self.kind} {shape_of(self.values)}", *(f"interactions {shape_of(one)}" for one in matrices[:1]))

    @property
    def feature_values(self) -> Tensor:
        """One number for each position or column: (B, H, W), summed over channels, or (B, F)."""
        return self.values.sum(1) if self.values.ndim == 4 else self.values

    @property
    def interval(self) -> tuple[Tensor, Tensor] | None:
        """Lower and upper ends of each value's 95 % interval, in the shape of the values; None where no error is known.

        Without an `interval_factor` the draws are taken as many, and the errors as normal.
        """
        error, factor = self.diagnostics.standard_error, self.diagnostics.interval_factor
        if error is None:
            return None
        many = torch.full((len(error),), NORMAL, dtype=torch.float64, device="cpu")
        half = error * (many if factor is None else factor).to(error).view(-1, *[1] * (error.ndim - 1))
        return self.values - half, self.values + half

    @property
    def player_values(self) -> tuple[Tensor, ...] | None:
        """For each input what each of its players got, (M,); None where the features are the players."""
        if self.players is None:
            return None
        pairs = zip(self.feature_values, self.players, strict=True)
        return tuple(_sums(values.flatten(), labels.flatten().to(values.device)) for values, labels in pairs)

    def as_attribution(self) -> "Attribution":
        """Itself."""
        return self

    def as_contribution(self, baseline: Tensor) -> "Attribution":
        """Slope times (input - baseline): the contributions of a linear model with these slopes.

        Raises: InputError, where the values are contributions already, or have one channel for several.
        """
        if not isinstance(baseline, Tensor):
            raise InputError(f"`baseline` must be a tensor of the shape of the inputs. Got {type(baseline).__name__}.")
        if self.kind == "contribution":
            raise InputError(f"`{self.method}` gives contributions already.")
        if self.values.shape != self.query.inputs.shape:
            raise InputError(f"`{self.method}` gives one slope for several channels; it cannot be multiplied by the input.")
        values = self.values * (self.query.inputs - baseline)
        return replace(
            self, values=values, kind="contribution", baseline=baseline.expand_as(self.query.inputs), interactions=None
        )

    def with_values(self, values: Tensor) -> "Attribution":
        """The same question answered with other values: what controls and degraded maps are made of.

        What was measured on the old values is measured anew, or dropped.
        """
        gap = self.diagnostics.completeness_gap
        if gap is not None and self.reference_scores is not None:
            gap = completeness_gap(values, score_change(self.query.scores, self.reference_scores))
        kept = replace(self.diagnostics, completeness_gap=gap, standard_error=None, interval_factor=None)
        return replace(self, values=values, diagnostics=kept, interactions=None)


def _sums(values: Tensor, labels: Tensor) -> Tensor:
    """(M,) the sum of the values that each label from 0 to M - 1 stands at."""
    sums = torch.zeros(int(labels.max()) + 1, dtype=torch.float64, device=values.device)
    return sums.index_add(0, labels, values.double()).to(values.dtype)
