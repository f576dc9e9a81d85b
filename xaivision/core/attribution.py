"""Attribution: a signed number for each feature."""

from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from xaivision.core.about import Kind
from xaivision.core.completeness import completeness_gap, score_change
from xaivision.core.errors import InputError
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import shape_of
from xaivision.core.verdict import Verdict, judged


@dataclass(frozen=True, eq=False, repr=False)
class Attribution(Explanation):
    """`values` (B, *S), or (B, 1, H, W) for methods that see positions only; signed and raw.

    `kind` "slope": like a gradient, score units per input unit. "contribution": a share of the score's change from the
    `baseline` (shape of the inputs), whose scores are `reference_scores` (B,). `players` (shape of the values' last
    axes, integers): segments or groups whose share is spread evenly over their features.
    """

    values: Tensor
    kind: Kind
    baseline: Tensor | None = None
    reference_scores: Tensor | None = None
    players: Tensor | None = None

    def __post_init__(self) -> None:
        inputs = tuple(self.query.inputs.shape)
        allowed = {inputs, (inputs[0], 1, *inputs[2:])} if len(inputs) == 4 else {inputs}
        if tuple(self.values.shape) not in allowed:
            raise InputError(f"`values` must have the shape of the inputs, {inputs}. Got {tuple(self.values.shape)}.")

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        return judged(self.values, self.query.scores, self.diagnostics, self.reference_scores)

    def _content(self) -> tuple[str, ...]:
        return (f"{self.kind} {shape_of(self.values)}",)

    @property
    def feature_values(self) -> Tensor:
        """One number for each position or column: (B, H, W), summed over channels, or (B, F)."""
        return self.values.sum(1) if self.values.ndim == 4 else self.values

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
        return replace(self, values=values, kind="contribution", baseline=baseline.expand_as(self.query.inputs))

    def with_values(self, values: Tensor) -> "Attribution":
        """The same question answered with other values: what controls and degraded maps are made of.

        What was measured on the old values is measured anew, or dropped.
        """
        gap = self.diagnostics.completeness_gap
        if gap is not None and self.reference_scores is not None:
            gap = completeness_gap(values, score_change(self.query.scores, self.reference_scores))
        return replace(self, values=values, diagnostics=replace(self.diagnostics, completeness_gap=gap, standard_error=None))
