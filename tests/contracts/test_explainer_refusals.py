"""What every explainer must refuse, in one sentence that says what was expected and what came, with nothing changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from contract_cases import FITTING, Case, marks_of
from contract_subjects import CLASSES
from torch import Tensor

from xaivision.core.errors import CapabilityError, InputError


@dataclass(frozen=True)
class Bad:
    """Inputs and targets spoiled in one way, what the message must name, and what came in its words."""

    named: str
    came: str
    inputs: Callable[[Tensor], Any] = lambda good: good
    targets: Any = None
    images_only: bool = False


def with_value(value: float) -> Callable[[Tensor], Tensor]:
    def spoil(good: Tensor) -> Tensor:
        good = good.clone()
        good[-1].view(-1)[-1] = value
        return good

    return spoil


BAD: dict[str, Bad] = {
    "NaN": Bad("`inputs`", "Got 1 values that are NaN or infinite", with_value(float("nan"))),
    "infinite": Bad("`inputs`", "Got 1 values that are NaN or infinite", with_value(-float("inf"))),
    "one input without its batch": Bad("`inputs`", "Got (", lambda good: good[0]),
    "one axis too many": Bad("`inputs`", "Got (1, 3,", lambda good: good[None]),
    "one channel or column too many": Bad("`inputs`", "Got ", lambda good: torch.cat([good, good[:, :1]], 1)),
    "empty batch": Bad("`inputs`", "empty", lambda good: good[:0]),
    "bytes": Bad("`inputs`", "Got uint8", lambda good: (255 * good).to(torch.uint8)),
    "whole numbers": Bad("`inputs`", "Got int64", lambda good: (255 * good).long()),
    "array": Bad("`inputs`", "Got ndarray", lambda good: good.numpy()),
    "0 to 255": Bad("Images", "to 255", lambda good: with_value(255.0)((255 * good).round()), images_only=True),
    "normalized": Bad("Images", "Got values from -", lambda good: (good - 0.5) / 0.25, images_only=True),
    "target beyond the classes": Bad("`targets`", f"Got {CLASSES}.", targets=CLASSES),
    "negative target": Bad("`targets`", "Got -1.", targets=[0, 1, -1]),
    "target with a fraction": Bad("`targets`", "Got float32.", targets=1.0),
    "truth values as targets": Bad("`targets`", "Got bool.", targets=[True, False, True]),
    "too few targets": Bad("`targets`", "Got shape (2,).", targets=[0, 1]),
}


def assert_one_sentence(message: str) -> None:
    assert "\n" not in message
    assert message.endswith(".")
    assert message[0] in "`" or message[0].isupper()


IMAGES = ("cnn3", "cnn1", "function")


@pytest.mark.parametrize(
    ("asked", "bad"),
    [
        pytest.param(case, bad, id=f"{case}-{bad}", marks=marks_of(case.method, case.kind))
        for bad, spoiled in BAD.items()
        for case in FITTING
        if case.kind in IMAGES or not spoiled.images_only
    ],
)
def test_bad_input_gets_one_sentence_and_changes_nothing(asked: Case, bad: str) -> None:
    spoiled, subject = BAD[bad], asked.subject(torch.float32)
    explainer, before = asked.explainer(subject), subject.state()
    inputs = spoiled.inputs(subject.inputs())
    kept = torch.as_tensor(inputs).clone()
    with pytest.raises(InputError) as caught:
        explainer.explain(subject.model, inputs, spoiled.targets)
    message = str(caught.value)
    assert_one_sentence(message)
    assert spoiled.named in message
    assert spoiled.came in message
    assert subject.state() == before
    assert torch.equal(torch.as_tensor(inputs).nan_to_num(0.5), kept.nan_to_num(0.5))


def test_a_model_that_the_method_does_not_fit_is_refused_by_name(misfit: Case) -> None:
    subject = misfit.subject(torch.float32)
    before = subject.state()
    with pytest.raises(CapabilityError) as caught:
        misfit.explainer(subject).explain(subject.model, subject.inputs())
    message = str(caught.value)
    assert_one_sentence(message)
    assert f"`{misfit.method}`" in message
    assert subject.state() == before
    assert subject.witness.calls == 0


def test_something_that_is_no_model_is_refused(case: Case) -> None:
    subject = case.subject()
    with pytest.raises(InputError) as caught:
        case.explainer(subject).explain(object(), subject.inputs())  # type: ignore[arg-type]
    assert_one_sentence(str(caught.value))
