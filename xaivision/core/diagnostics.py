"""How well a method did: what it cost and what is known of its error."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

Status = Literal["ok", "warn", "refuse"]


@dataclass(frozen=True)
class Note:
    """Something a method noticed. `inputs`: the inputs it concerns, all of them where None."""

    status: Status
    text: str
    inputs: tuple[int, ...] | None = None

    def concerns(self, index: int) -> bool:
        return self.inputs is None or index in self.inputs


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """Cost and error of one explanation.

    `model_calls`: inputs scored, `gradient_calls`: inputs scored and differentiated, and `seconds` are what the method costs
    alone, also where a job knew some of the scores already. `completeness_gap` (B,): score change to the baseline minus the
    sum of contributions, in score units. `standard_error`: shape of the values. `interval_factor` (B,): how many standard
    errors the half width of the 95 % interval is, which is more where few draws tell the error. `evaluations` (B,): distinct
    choices of features that were scored for each input. `local_fit` (B,): R2 of a local model.
    `load`: processes that wanted a core meanwhile, for each core; NaN where the system does not say.
    """

    model_calls: int = 0
    gradient_calls: int = 0
    seconds: float = 0.0
    load: float = float("nan")
    completeness_gap: Tensor | None = None
    standard_error: Tensor | None = None
    interval_factor: Tensor | None = None
    evaluations: Tensor | None = None
    local_fit: Tensor | None = None
    notes: tuple[Note, ...] = ()
