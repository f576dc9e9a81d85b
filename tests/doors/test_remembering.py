import threading

import pytest
import torch
from comparison_numbers import numbers
from torch import nn

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.facade import evaluator_with, explainer_with
from xaivision.remembering import Memory, RememberingExplainer, RememberingMetric, bytes_of


class Counted(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 3))
        self.asked = 0

    def forward(self, inputs):
        self.asked += len(inputs)
        return self.net(inputs)


@pytest.fixture
def model():
    return xv.classifier(
        Counted().eval(), domain="image", num_classes=3, score_unit="logit", image_format=xv.ImageFormat(1, 8, 8)
    )


INPUTS = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def compared(model, memory, inputs=INPUTS, targets=None, seed=0, steps=8, told=None):
    methods = {name: RememberingExplainer(explainer_with(model, name, {}), memory, told) for name in ("saliency", "occlusion")}
    metrics = [RememberingMetric(evaluator_with(model, "deletion", {"steps": steps}), memory)]
    return xv.compare(model, inputs, methods, targets=targets, metrics=metrics, seed=seed)


def test_the_answers_are_those_of_who_remembers_nothing(model):
    own = xv.compare(model, INPUTS, ["saliency", "occlusion"], metrics=["deletion"], metric_settings={"deletion": {"steps": 8}})
    assert numbers(compared(model, Memory())) == numbers(own)


def test_what_was_answered_is_not_asked_again(model):
    memory = Memory()
    first = compared(model, memory)
    before = model.model.asked
    again = compared(model, memory)
    assert model.model.asked == before + len(INPUTS), "the scores that are explained, and no more"
    assert numbers(again)["methods"] == numbers(first)["methods"]


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": INPUTS.where(torch.arange(8) != 7, 0.123)},
        {"targets": 1},
        {"targets": xv.Target(0, 1)},
        {"targets": xv.Target(0, output="probability")},
        {"seed": 1},
    ],
)
def test_another_question_is_asked(model, change):
    memory = Memory()
    compared(model, memory)
    known = len(memory)
    compared(model, memory, **change)
    assert len(memory) >= known + 2


def test_one_changed_pixel_of_a_large_picture_is_another_question():
    memory, told = Memory(), []
    large = xv.classifier(nn.Flatten(), domain="image", num_classes=3 * 420 * 420, score_unit="logit")
    inputs = torch.rand(1, 3, 420, 420, generator=torch.Generator().manual_seed(0))
    changed = inputs.clone()
    changed[0, 2, 419, 300] = 0.5
    explainer = RememberingExplainer(explainer_with(large, "random", {}), memory, told.append)
    for one in (inputs, changed, inputs):
        explainer.explain(large, one)
    assert len(memory) == 2
    assert told[0] is told[2]


def test_other_settings_and_another_model_are_another_question(model):
    memory = Memory()
    compared(model, memory)
    known = len(memory)
    compared(model, memory, steps=4)
    assert len(memory) > known
    other = xv.classifier(
        Counted().eval(), domain="image", num_classes=3, score_unit="logit", image_format=xv.ImageFormat(1, 8, 8)
    )
    before = other.model.asked
    compared(other, memory)
    assert other.model.asked > before + len(INPUTS)


def test_the_same_map_of_other_inputs_is_another_question(model):
    memory = Memory()
    metric = RememberingMetric(evaluator_with(model, "deletion", {"steps": 8}), memory)
    first, second = (xv.explain(model, inputs, "saliency", 0) for inputs in (INPUTS, INPUTS.flip(0)))
    same = second.with_values(first.values)
    found = [metric.evaluate(model, one).values for one in (first, same)]
    assert torch.equal(found[1], metric.metric.evaluate(model, same).values)
    assert not torch.equal(*found)
    assert len(memory) == 2


def test_another_mask_of_the_same_shape_is_another_question(model):
    memory, explanation = Memory(), xv.explain(model, INPUTS, "saliency")
    masks = torch.zeros(2, 8, 8, dtype=torch.bool)
    masks[:, :4] = True
    found = [
        RememberingMetric(evaluator_with(model, "relevance_mass", {"masks": one}), memory).evaluate(model, explanation).values
        for one in (masks, ~masks)
    ]
    assert len(memory) == 2
    assert torch.allclose(found[0] + found[1], torch.ones(2, dtype=torch.float64))


def test_every_answer_is_told_known_or_new(model):
    memory, told = Memory(), []
    compared(model, memory, told=lambda one: told.append(one.method))
    compared(model, memory, told=lambda one: told.append(one.method))
    assert told == ["saliency", "occlusion"] * 2


def test_the_oldest_answers_are_dropped_where_they_hold_too_much():
    memory = Memory(most_bytes=1000)
    for number in range(5):
        memory.answered(number, lambda: torch.zeros(100))
    assert memory.bytes <= 1000
    assert len(memory) == 2
    memory.answered(4, lambda: pytest.fail("asked again"))
    assert memory.answered(0, lambda: "anew") == "anew"


def test_an_answer_that_is_larger_than_the_bound_is_kept_alone():
    memory = Memory(most_bytes=1000)
    memory.answered("small", lambda: torch.zeros(10))
    memory.answered("large", lambda: torch.zeros(10_000))
    assert len(memory) == 1


def test_an_error_is_not_remembered():
    memory = Memory()
    with pytest.raises(InputError):
        memory.answered("question", lambda: (_ for _ in ()).throw(InputError("no")))
    assert memory.answered("question", lambda: "yes") == "yes"


def test_many_threads_share_one_memory():
    memory, wrong = Memory(most_bytes=4000), []

    def ask():
        for number in range(300):
            if memory.answered(number % 7, lambda number=number: torch.full((100,), float(number % 7)))[0] != number % 7:
                wrong.append(number)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    assert memory.bytes <= 4000


def test_a_tensor_that_stands_in_several_places_is_counted_once(model):
    one = torch.zeros(25)
    assert bytes_of((one, {"again": one}, [torch.zeros(5)])) == 120
    explanation = xv.explain(model, INPUTS, "saliency")
    assert bytes_of(explanation) >= explanation.values.nbytes + INPUTS.nbytes
