import re

import numpy as np
import pytest
import torch
from core_subjects import convnet, drawn, linear

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.query import asked, perturbed_on_purpose
from xaivision.core.torch_classifier import TorchClassifier

IMAGES = TorchClassifier(convnet(), 3, class_names=["cat", "dog", "fox"])
ROWS = TorchClassifier(linear(), 3, domain="tabular")
PHOTOS = drawn(2, 3, 8, 8)


class Columns:
    names = ("height", "width", "depth", "mass")
    typical = None
    ranges = None
    category_names = ()

    def to_frame(self, rows):
        return rows


def test_the_query_holds_the_inputs_their_predicted_classes_and_the_scores_of_those():
    query = asked(IMAGES, PHOTOS)
    scores = IMAGES(PHOTOS)
    assert torch.equal(query.inputs, PHOTOS)
    assert torch.equal(query.targets, scores.argmax(1))
    assert torch.equal(query.scores, scores.amax(1))
    assert query.score_unit == "logit"
    assert len(query) == 2


def test_probabilities_that_do_not_sum_to_one_are_told_with_their_sum():
    given = torch.tensor([[0.04, 0.001, 0.0], [0.5, 0.7, 0.3]])

    def of(scores, unit="probability"):
        return asked(FunctionClassifier(lambda _rows: scores, 3, domain="tabular", score_unit=unit), drawn(2, 4))

    torch.testing.assert_close(of(given).probability_sums, torch.tensor([0.041, 1.5]))
    torch.testing.assert_close(of(given).probabilities, torch.tensor([0.04, 0.7]))
    assert of(given.softmax(1)).probability_sums is None
    assert of(given, "logit").probability_sums is None
    assert of(torch.full((2, 3), torch.nan)).probability_sums is None


def test_a_target_may_be_another_class_than_the_predicted_one():
    query = asked(IMAGES, PHOTOS, [2, 0])
    assert query.targets.tolist() == [2, 0]
    assert torch.equal(query.scores, IMAGES(PHOTOS)[[0, 1], [2, 0]])
    assert query.target_names() == ("fox", "cat")


def test_targets_without_names_are_called_by_their_numbers():
    query = asked(ROWS, drawn(2, 4), 1)
    assert query.target_names() == ("1", "1")


def test_the_columns_of_a_schema_are_named():
    model = TorchClassifier(linear(), 3, domain="tabular", schema=Columns())
    assert asked(model, drawn(2, 4)).feature_names == Columns.names
    assert asked(ROWS, drawn(2, 4)).feature_names == ()


def test_a_graph_of_the_caller_is_not_kept():
    assert not asked(IMAGES, PHOTOS.clone().requires_grad_()).inputs.requires_grad


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(("model", "inputs"), [(IMAGES, PHOTOS), (ROWS, drawn(2, 4))], ids=["images", "rows"])
def test_values_that_are_not_finite_are_refused_and_counted(model, inputs, bad):
    inputs = inputs.clone()
    inputs.flatten()[[1, 3]] = bad
    with pytest.raises(InputError, match=r"must be finite. Got 2 values that are NaN or infinite. Remove or impute them first"):
        asked(model, inputs)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("place", [0, 500, 1006])
def test_one_value_that_is_no_number_is_found_wherever_it_stands(dtype, place):
    model = TorchClassifier(linear(1007, 2, dtype=dtype), 2, domain="tabular")
    rows = drawn(1, 1007, dtype=dtype)
    rows[0, place] = torch.nan
    with pytest.raises(InputError, match=r"must be finite. Got 1 values"):
        asked(model, rows)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (PHOTOS * 255, "Got values from .* to .* Divide by 255"),
        ((PHOTOS - 0.5) / 0.25, "Undo it, and give `mean` and `std` to the classifier"),
        (PHOTOS * 1.5 + 0.1, "Undo it"),
        (PHOTOS - 0.01, r"must be in \[0, 1\]"),
        (PHOTOS + 1e-3 + (1 - PHOTOS.max()), r"must be in \[0, 1\]"),
        ((PHOTOS * 255).to(torch.uint8), "Got uint8. Divide 8-bit images by 255"),
    ],
    ids=["0 to 255", "normalized", "stretched", "below", "above", "uint8"],
)
def test_images_outside_zero_to_one_are_refused_with_the_way_back(inputs, says):
    with pytest.raises(InputError, match=says):
        asked(IMAGES, inputs)


def test_the_rounding_of_a_resized_image_is_let_through():
    asked(IMAGES, PHOTOS.clamp(0, 1) * (1 + 1e-4) - 5e-5)


def test_the_values_of_a_table_are_free():
    assert asked(ROWS, drawn(2, 4) * 1000 - 500).scores.shape == (2,)


@pytest.mark.parametrize("inputs", [torch.zeros(0, 3, 8, 8), torch.zeros(2, 3, 8, 0)], ids=["no image", "no pixel"])
def test_an_empty_batch_is_refused(inputs):
    with pytest.raises(InputError, match=r"at least one input. Got an empty batch"):
        asked(IMAGES, inputs)


def test_a_refused_question_costs_no_model_call(monkeypatch):
    monkeypatch.setattr(IMAGES.model, "forward", lambda _inputs: pytest.fail("the module was asked"))
    with pytest.raises(InputError):
        asked(IMAGES, PHOTOS * 255)


def test_probabilities_that_were_said_to_be_logits_are_refused():
    rows = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    module = torch.nn.Sequential(torch.nn.Linear(5, 3), torch.nn.Softmax(1))
    with pytest.raises(InputError, match="Give the classifier score_unit='probability'"):
        asked(TorchClassifier(module, 3, domain="tabular"), rows)
    assert asked(TorchClassifier(module, 3, domain="tabular", score_unit="probability"), rows).score_unit == "probability"
    assert asked(TorchClassifier(module[0], 3, domain="tabular"), rows).score_unit == "logit"


@pytest.mark.parametrize("scores", [(-2.0, 3.0), (0.2, 1.4), (-0.4, 0.6)])
def test_scores_outside_zero_to_one_that_were_said_to_be_probabilities_are_refused(scores):
    model = FunctionClassifier(lambda rows: np.tile(scores, (len(rows), 1)), 2, score_unit="probability", domain="tabular")
    low, high = (re.escape(f"{score:g}") for score in scores)
    told = rf"probabilities, which are in \[0, 1\]\. Got scores from {low} to {high}\. Give the classifier score_unit='logit'"
    with pytest.raises(InputError, match=told):
        asked(model, drawn(3, 4))


@pytest.mark.parametrize("scores", [(-5e-4, 1 + 5e-4), (0.9, 0.8), (0.0, 0.0), (float("nan"), 0.4), (float("inf"), 0.4)])
def test_rounding_and_classes_that_do_not_exclude_each_other_are_let_through_as_probabilities(scores):
    model = FunctionClassifier(lambda rows: np.tile(scores, (len(rows), 1)), 2, score_unit="probability", domain="tabular")
    assert asked(model, drawn(3, 4), 1).scores.tolist() == pytest.approx([scores[1]] * 3)


def test_noisy_copies_may_leave_the_range_of_pixels_where_a_method_says_so_and_only_inside():
    for _ in range(2):
        with pytest.raises(InputError, match="Images must be in"):
            asked(IMAGES, PHOTOS + 1)
        with perturbed_on_purpose():
            assert torch.equal(asked(IMAGES, PHOTOS + 1).inputs, PHOTOS + 1)
    with pytest.raises(ZeroDivisionError), perturbed_on_purpose():
        raise ZeroDivisionError
    with pytest.raises(InputError, match="Images must be in"):
        asked(IMAGES, PHOTOS - 1)


def test_noisy_copies_are_checked_in_every_other_way():
    with perturbed_on_purpose():
        with pytest.raises(InputError, match="must be finite"):
            asked(IMAGES, PHOTOS * float("nan"))
        with pytest.raises(InputError, match="`targets` must be class numbers"):
            asked(IMAGES, PHOTOS + 1, 99)
