"""What every explainer must leave as it was: global draws, the model, the inputs, the caller's modes. And what it must count."""

import random

import numpy as np
import pytest
import torch
from contract_cases import ONE_EACH, Case, answers
from contract_subjects import Subject

from xaivision.core.errors import Cancelled
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.protocols import Explainer

# What a cancelled job may still ask before it notices: the scores, and one pass of each other kind.
CALLS_AFTER_CANCELLING = 10


class BrokenModelError(RuntimeError):
    pass


def break_down() -> None:
    raise BrokenModelError("the model broke down")


def global_states() -> tuple[bytes, str, object]:
    return torch.get_rng_state().numpy().tobytes(), repr(np.random.get_state()), random.getstate()  # noqa: NPY002


def calls_of_another(explainer: Explainer, subject: Subject) -> int:
    """What the method asks of a model that was looked at already, once for all methods."""
    before = subject.witness.calls
    explainer.explain(subject.model, subject.inputs())
    return subject.witness.calls - before


def test_global_generators_are_neither_moved_nor_heard(case: Case) -> None:
    subject = case.subject()
    explainer, inputs = case.explainer(subject), subject.inputs()
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the global generator is what this is about
        random.seed(seed)
        before = global_states()
        found.append(answers(explainer.explain(subject.model, inputs, seed=5)))
        assert global_states() == before
    assert all(torch.equal(values, found[1][name]) for name, values in found[0].items())


def test_the_model_is_left_as_it_was(case: Case, dtype: torch.dtype) -> None:
    subject = case.subject(dtype)
    before = subject.state()
    case.explainer(subject).explain(subject.model, subject.inputs())
    assert subject.state() == before


def test_the_model_is_left_as_it_was_after_it_broke_down(case: Case) -> None:
    subject = case.subject()
    explainer, inputs, before = case.explainer(subject), subject.inputs(), subject.state()
    expected = answers(explainer.explain(subject.model, inputs))
    calls = calls_of_another(explainer, subject)
    for call in sorted({1, 2, calls // 2, calls - 1, calls} & set(range(1, calls + 1))):
        subject.witness.strike_at(call, break_down)
        with pytest.raises(BrokenModelError):
            explainer.explain(subject.model, inputs)
        subject.witness.spare()
        assert subject.state() == before
        assert torch.is_grad_enabled()
    again = explainer.explain(subject.model, inputs)
    assert all(torch.equal(values, expected[name]) for name, values in answers(again).items())


def test_a_cancelled_job_stops_soon_and_leaves_the_model_as_it_was(case: Case) -> None:
    subject = case.subject()
    explainer, inputs, before = case.explainer(subject), subject.inputs(), subject.state()
    expected = answers(explainer.explain(subject.model, inputs))
    calls = calls_of_another(explainer, subject)
    for call in {1, max(1, calls // 2)}:
        token, asked = CancelToken(), subject.witness.calls
        subject.witness.strike_at(call, token.cancel)
        with reporting(None, token):
            try:
                finished = explainer.explain(subject.model, inputs)
            except Cancelled:
                assert subject.witness.calls < asked + calls
            else:  # too few batches to notice: then the answer is whole
                assert all(torch.equal(values, expected[name]) for name, values in answers(finished).items())
        assert subject.witness.calls <= asked + call + CALLS_AFTER_CANCELLING
        assert subject.state() == before


def test_inputs_are_left_as_they_were(case: Case, dtype: torch.dtype) -> None:
    subject = case.subject(dtype)
    inputs = subject.inputs().requires_grad_()
    before = inputs.detach().clone()
    found = case.explainer(subject).explain(subject.model, inputs)
    assert torch.equal(inputs.detach(), before)
    assert inputs.grad is None
    assert inputs.requires_grad
    assert not any(values.requires_grad for values in answers(found).values())


@pytest.mark.parametrize("enabled", [True, False])
def test_the_callers_grad_mode_is_kept_and_changes_nothing(case: Case, enabled: bool) -> None:
    subject = case.subject()
    explainer, inputs = case.explainer(subject), subject.inputs()
    expected = answers(explainer.explain(subject.model, inputs))
    with torch.set_grad_enabled(enabled):
        found = explainer.explain(subject.model, inputs)
        assert torch.is_grad_enabled() == enabled
    assert all(torch.equal(values, expected[name]) for name, values in answers(found).items())


def test_calls_are_counted_as_the_model_saw_them(case: Case) -> None:
    subject = case.subject()
    explainer, inputs, seen = case.explainer(subject), subject.inputs(5), subject.witness
    explainer.explain(subject.model, inputs)  # looks at the model, which is the cost of no method
    before = seen.inputs, seen.differentiated
    found = explainer.explain(subject.model, inputs).diagnostics
    asked, differentiated = seen.inputs - before[0], seen.differentiated - before[1]
    assert found.gradient_calls == differentiated
    assert found.model_calls == asked - differentiated
    assert found.seconds > 0


def test_a_shared_settings_object_is_not_changed_by_use(case: Case) -> None:
    subject = case.subject()
    explainer = case.explainer(subject)
    before = repr(vars(explainer))
    explainer.explain(subject.model, subject.inputs())
    assert repr(vars(explainer)) == before
    name = next(iter(vars(explainer)), "anything")
    with pytest.raises(AttributeError):
        setattr(explainer, name, None)


@pytest.mark.parametrize("around", [lambda: torch.device("meta"), torch.inference_mode], ids=["default device", "inference mode"])
@pytest.mark.parametrize("one", ONE_EACH, ids=str)
def test_tensors_are_made_where_they_are_needed_whatever_the_caller_has_set(one: Case, around) -> None:
    """Nothing on the device "meta" has values: whatever is made there by default cannot be used."""
    subject = one.subject()
    explainer, inputs = one.explainer(subject), subject.inputs()
    expected = answers(explainer.explain(subject.model, inputs))
    with around():
        found = explainer.explain(subject.model, inputs)
    for name, values in answers(found).items():  # under a mode torch takes other kernels for attention: another last bit
        torch.testing.assert_close(values, expected[name], atol=1e-12, rtol=0)
