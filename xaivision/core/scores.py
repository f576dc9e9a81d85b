"""Scores: what a metric or a sanity check measured, one number for each input, never a bare float."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from xaivision.core.bootstrap import mean_interval
from xaivision.core.presenting import Presentable, few, shape_of


@dataclass(frozen=True, eq=False, repr=False)
class Scores(Presentable):
    """`values` (B,), NaN where undefined. `controls`: the same metric on maps that ignore the model,
    and under "reversed", where faithfulness is judged, on the same map with its ranking reversed.

    `curves` (B, steps + 1): the curve behind each value, where there is one, over `curve_shares` (steps + 1,), the share
    that is done at each step. `details`: further numbers for each input, (B,) or (B, n). `unit` says what the values are,
    `settings` those of the metric.
    """

    metric: str
    method: str
    values: Tensor
    higher_is_better: bool
    unit: str = ""
    controls: Mapping[str, "Scores"] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    curves: Tensor | None = None
    curve_shares: Tensor | None = None
    details: Mapping[str, Tensor] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    model_calls: int = 0
    gradient_calls: int = 0
    seconds: float = 0.0

    def _in_short(self) -> tuple[str, ...]:
        undefined = f"{self.undefined} undefined, " if self.undefined else ""
        against = (f"controls {few(self.controls)}",) if self.controls else ()
        return (
            f"{self.metric} of {self.method}",
            f"values {shape_of(self.values)}",
            f"{undefined}mean {self.mean:.3g}",
            *against,
        )

    @property
    def undefined(self) -> int:
        """How many inputs have no value."""
        return int(self.values.isnan().sum())

    @property
    def mean(self) -> float:
        """Mean over the inputs that have a value; NaN where none has."""
        return float(self.values.double().nanmean())

    def interval(self, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
        """Bootstrap interval of the mean over inputs; NaN with fewer than two values."""
        return mean_interval(self.values, level, seed)

    def advantage(self, control: str) -> Tensor:
        """(B,) by how much each input's value is better than the control's; negative where it is worse."""
        difference = self.values - self.controls[control].values
        return difference if self.higher_is_better else -difference
