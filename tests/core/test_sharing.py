import time
from dataclasses import dataclass

import pytest
import torch
from core_subjects import drawn, linear
from counted_rows import CountsRows

from xaivision.core.metering import count_gradient_calls, metered
from xaivision.core.sharing import shared_scores, shared_work, sharing, unshared
from xaivision.core.torch_classifier import TorchClassifier

ROWS = drawn(5, 4)


def counted(seed=0):
    module = CountsRows(linear(seed=seed))
    return module, TorchClassifier(module, 3, domain="tabular")


def test_the_same_inputs_are_asked_once_and_not_counted_again():
    module, model = counted()
    with sharing(), metered() as meter:
        first = shared_scores(model, ROWS)
        again = shared_scores(model, ROWS.clone())
    assert torch.equal(first, again)
    assert torch.equal(first, model.model.module(ROWS))
    assert module.batches == [5]
    assert meter.model_calls == 5


def test_only_new_inputs_of_a_batch_are_asked_and_every_score_stays_with_its_input():
    module, model = counted()
    mixed = torch.cat([drawn(2, 4, seed=9), ROWS[[3, 0]], drawn(1, 4, seed=8)])
    with sharing():
        shared_scores(model, ROWS)
        found = shared_scores(model, mixed)
    assert torch.allclose(found, linear()(mixed))
    assert module.batches == [5, 3]


def test_what_was_recalled_is_counted_with_the_seconds_it_took_when_it_was_asked():
    _, model = counted()
    with sharing():
        with metered() as first:
            start = time.perf_counter()
            shared_scores(model, ROWS)
            took = time.perf_counter() - start
        with metered() as second:
            shared_scores(model, torch.cat([ROWS[:2], drawn(1, 4, seed=9)]))
        with metered() as third:
            shared_scores(model, ROWS[:3])
            shared_scores(model, ROWS[3:])
    assert (first.model_calls, first.recalled_calls, first.recalled_seconds) == (5, 0, 0.0)
    assert (second.model_calls, second.recalled_calls) == (1, 2)
    assert (third.model_calls, third.recalled_calls) == (0, 5)
    assert [meter.model_calls_alone for meter in (first, second, third)] == [5, 3, 5]
    assert 0 < third.recalled_seconds <= took
    assert second.recalled_seconds == pytest.approx(third.recalled_seconds * 2 / 5)


def test_outside_everything_is_asked():
    module, model = counted()
    with sharing():
        shared_scores(model, ROWS)
    for _ in range(2):
        shared_scores(model, ROWS)
    assert module.batches == [5, 5, 5]


def test_a_nested_job_shares_with_the_outer_one():
    module, model = counted()
    with sharing():
        with sharing():
            shared_scores(model, ROWS)
        shared_scores(model, ROWS)
    assert module.rows == 5


def test_unshared_neither_recalls_nor_remembers():
    module, model = counted()
    with sharing():
        before = shared_scores(model, ROWS)
        with unshared(), torch.no_grad():
            module.module.weight.add_(1)
            changed = shared_scores(model, ROWS)
            module.module.weight.sub_(1)
        assert not torch.equal(before, changed)
        assert torch.equal(shared_scores(model, ROWS), before)
    assert module.rows == 10


def test_sharing_goes_on_after_an_error_in_an_unshared_part():
    module, model = counted()
    with sharing():
        shared_scores(model, ROWS)
        with pytest.raises(ZeroDivisionError), unshared():
            raise ZeroDivisionError
        shared_scores(model, ROWS)
    assert module.rows == 5


def test_two_models_are_not_taken_for_each_other():
    models = [counted(seed)[1] for seed in (1, 2)]
    with sharing():
        found = [shared_scores(model, ROWS) for model in models]
    assert not torch.equal(*found)


def test_a_model_made_where_another_one_was_is_not_taken_for_it():
    with sharing():
        for seed in range(50):
            model = counted(seed)[1]
            assert torch.allclose(shared_scores(model, ROWS), linear(seed=seed)(ROWS))
            del model


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_inputs_of_every_dtype_are_known_again_and_not_taken_for_those_of_another(dtype):
    module, model = counted()
    with sharing():
        for kind in (dtype, dtype, torch.float32):
            shared_scores(model, torch.zeros(1, 4, dtype=kind))
    assert module.rows == (1 if dtype == torch.float32 else 2)


def test_inputs_are_known_by_their_values_whatever_their_layout():
    module, model = counted()
    with sharing():
        shared_scores(model, ROWS)
        shared_scores(model, ROWS.T.contiguous().T)
        shared_scores(model, ROWS.flip(1))
    assert module.rows == 10


def test_writing_on_an_answer_does_not_change_what_is_remembered():
    _, model = counted()
    with sharing():
        shared_scores(model, ROWS).zero_()
        shared_scores(model, ROWS).zero_()
        assert shared_scores(model, ROWS).any()


@dataclass(frozen=True)
class Answer:
    values: torch.Tensor
    whole: bool = True


def counting_work(model, inputs, kind="gradients", question=0):
    """The answer, and whether it was worked out."""
    asked = []

    def ask():
        asked.append(1)
        count_gradient_calls(len(inputs))
        return Answer(inputs * 2)

    return shared_work(model, inputs, kind, question, ask), bool(asked)


def test_work_on_the_same_question_is_done_once_and_every_answer_is_its_askers_own():
    model = counted()[1]
    with sharing():
        first, worked = counting_work(model, ROWS)
        assert worked
        first.values.zero_()
        with metered() as meter:
            second, worked = counting_work(model, ROWS.clone())
        assert not worked
        assert torch.equal(second.values, ROWS * 2)
        second.values.zero_()
        assert counting_work(model, ROWS)[0].values.any()
    assert (meter.gradient_calls, meter.recalled_gradient_calls, meter.gradient_calls_alone) == (0, 5, 5)
    assert meter.recalled_seconds > 0


def test_other_inputs_questions_kinds_and_models_are_other_work():
    model = counted()[1]
    asked = [
        (model, ROWS, "gradients", 0),
        (model, ROWS[:4], "gradients", 0),
        (model, ROWS, "gradients", 1),
        (model, ROWS, "layers", 1),
        (counted()[1], ROWS, "layers", 1),
    ]
    with sharing():
        assert all(counting_work(*question)[1] for question in asked)
        assert not counting_work(*asked[3])[1]
        assert counting_work(*asked[0])[1]  # of each kind the last answer is remembered, so that memory stays small


def test_work_outside_and_on_a_changed_model_is_done_each_time():
    model = counted()[1]
    assert all(counting_work(model, ROWS)[1] for _ in range(2))
    with sharing():
        counting_work(model, ROWS)
        with unshared():
            assert counting_work(model, ROWS)[1]
        assert not counting_work(model, ROWS)[1]
