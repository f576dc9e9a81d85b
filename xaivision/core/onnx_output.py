"""What an ONNX model answers: the one output with the scores, and in which unit they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.onnx_input import FLOATS
from xaivision.core.targets import ScoreUnit

# How far from 1 the probabilities of float32, or of float16, may sum.
OFF_ONE = 1e-3


@dataclass(frozen=True)
class OnnxOutput:
    """`classes`: number of scores in a row where the file says it. `mapped`: each row is a map from class to score."""

    name: str
    classes: int | None
    mapped: bool

    def scores(self, answer: Any) -> "np.ndarray":
        """(B, K) scores; (B, 1) where the model gives one number an input."""
        if self.mapped:
            return np.array([list(row.values()) for row in answer])
        found = np.asarray(answer)
        return found[:, None] if found.ndim == 1 else found

    def class_names(self, answer: Any) -> tuple[str, ...] | None:
        """What the maps call the classes."""
        return tuple(map(str, answer[0])) if self.mapped and len(answer) else None


def onnx_output(session: Any, told: str | None) -> OnnxOutput:
    """The named output, or the only one that can be scores. Labels, as converted estimators give them too, cannot.

    Raises: UnknownNameError; InputError, where there is none, or more than one.
    """
    outputs = {one.name: one for one in session.get_outputs()}
    if told is not None:
        if told not in outputs:
            raise UnknownNameError("output of this ONNX model", told, outputs)
        outputs = {told: outputs[told]}
    fitting = [one for one in outputs.values() if _may_be_scores(one)]
    if len(fitting) == 1:
        return _described(fitting[0])
    listed = ", ".join(f"`{one.name}` {one.type} {one.shape}" for one in outputs.values())
    if fitting:
        raise InputError(
            f"The scores cannot be told from the other outputs of the ONNX model: {listed}. Give `output`, as in "
            f"output={fitting[0].name!r}."
        )
    raise InputError(
        f"The ONNX model must have an output of scores (B, K). Got {listed}. Export it with its probabilities or logits."
    )


def unit_shown(scores: "np.ndarray") -> ScoreUnit | None:
    """The unit of scores (B, K) where they leave no doubt: rows that sum to 1, or numbers that are no probabilities.

    NaN is none of these.
    """
    if scores.min() < -OFF_ONE or scores.max() > 1 + OFF_ONE:
        return "logit"
    sums_to_one = bool((np.abs(scores.sum(1, dtype=np.float64) - 1) < OFF_ONE).all())
    return "probability" if scores.shape[1] > 1 and sums_to_one else None


def _may_be_scores(one: Any) -> bool:
    if _is_map(one):
        return True
    return one.type in FLOATS and len(one.shape) in (0, 1, 2)


def _is_map(one: Any) -> bool:
    return bool(one.type.startswith("seq(map(")) and any(one.type.endswith(f"{kind}))") for kind in FLOATS)


def _described(one: Any) -> OnnxOutput:
    columns = one.shape[1] if not _is_map(one) and len(one.shape) == 2 else None
    return OnnxOutput(one.name, columns if isinstance(columns, int) and columns > 0 else None, _is_map(one))
