"""How well a method did: what it cost and what is known of its error."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from xaivision.core.presenting import in_short, shape_of

Status = Literal["ok", "warn", "refuse"]


@dataclass(frozen=True)
class Note:
    """Something a method noticed. `inputs`: the inputs it concerns, all of them where None."""

    status: Status
    text: str
    inputs: tuple[int, ...] | None = None

    def __str__(self) -> str:
        """`input 3: not found: every feature is frozen`; the text alone where it concerns all inputs."""
        return self.text if self.inputs is None else f"{numbered(self.inputs)}: {self.text}"

    def concerns(self, index: int) -> bool:
        return self.inputs is None or index in self.inputs


def numbered(inputs: Sequence[int]) -> str:
    """`input 3`, or `inputs 0, 3`: the first five."""
    shown = ", ".join(map(str, inputs[:5])) + (", ..." if len(inputs) > 5 else "")
    return f"input {shown}" if len(inputs) == 1 else f"inputs {shown}"


@dataclass(frozen=True, eq=False, repr=False)
class Diagnostics:
    """Cost and error of one explanation.

    `model_calls`: inputs scored, `gradient_calls`: inputs scored and differentiated, and `seconds` are what the method costs
    alone, also where a job knew some of the scores already. `completeness_gap` (B,): score change to the baseline minus the
    sum of contributions, in score units. `standard_error`: shape of the values. `interval_factor` (B,): how many standard
    errors the half width of the 95 % interval is, which is more where few draws tell the error. `evaluations` (B,): perturbed
    versions of each input that the model was asked about, what is left when everything is absent among them and the input
    itself not; never more than a method's `budget`. A version that takes the rows of a background in turn is one, and costs
    as many `model_calls` as there are rows. None where a method perturbs nothing. `local_fit` (B,): R2 of a local model.
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

    def __repr__(self) -> str:
        """One line: the cost, what is known of the error in shapes and worst cases, and how many notes of which kind."""
        statuses = [note.status for note in self.notes]
        kinds = [f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses)]
        return in_short(
            self,
            f"{self.model_calls} model calls, {self.gradient_calls} gradient calls, {self.seconds:.3g} s",
            _worst("completeness gap up to", self.completeness_gap, lambda gap: gap.abs().amax()),
            "" if self.standard_error is None else f"standard error {shape_of(self.standard_error)}",
            _worst("evaluations up to", self.evaluations, lambda evaluations: evaluations.amax()),
            _worst("local fit from", self.local_fit, lambda fit: fit.amin()),
            f"notes: {' and '.join(kinds)}" if kinds else "",
        )


def _worst(said: str, values: Tensor | None, worst: Callable[[Tensor], Tensor]) -> str:
    """The worst of the inputs; empty where nothing is known."""
    return f"{said} {float(worst(values.double())):.3g}" if values is not None and values.numel() else ""
