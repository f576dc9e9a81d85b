import pytest
import torch
from explainer_networks import Columns, drawn, image_classifier, linear_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.explainers.occlusion import Occlusion


def starts(extent, window, stride):
    found = [0]
    while found[-1] + window < extent:
        found.append(found[-1] + stride)
    return found


def plain_values(model, one, baseline, target, window, stride):
    """(H, W): hide one window after the other; each pixel gets the mean of its windows' drops, each by its area."""
    height, width = one.shape[1:]
    score = model(one[None])[0, target]
    total, windows = torch.zeros(height, width).double(), torch.zeros(height, width)
    for top in starts(height, window, stride):
        for left in starts(width, window, stride):
            hidden = one.clone()
            place = (slice(top, top + window), slice(left, left + window))
            hidden[:, *place] = baseline[:, *place]
            total[place] += (score - model(hidden[None])[0, target]) / windows[place].numel()
            windows[place] += 1
    return total / windows


@given(st.integers(0, 10**6), st.integers(1, 8), st.data())
@settings(max_examples=12, deadline=None)
def test_values_are_the_definition_with_windows_cut_at_the_edge(seed, window, data):
    stride = data.draw(st.integers(1, window))
    model, inputs, baseline = image_classifier(seed=seed), drawn((2, 2, 8, 8), seed), drawn((2, 2, 8, 8), seed + 1)
    found = Occlusion(window=window, stride=stride, baseline=baseline).explain(model, inputs, [2, 0])
    assert found.values.shape == (2, 1, 8, 8)
    for i, target in enumerate((2, 0)):
        expected = plain_values(model, inputs[i], baseline[i], target, window, stride)
        torch.testing.assert_close(found.values[i, 0], expected, atol=1e-13, rtol=0)


def test_the_default_window_is_a_fourteenth_of_the_shorter_side_and_the_stride_half_of_it():
    model, inputs = linear_classifier(drawn((1, 60, 70), 0)), drawn((1, 1, 60, 70), 1)
    found = Occlusion().explain(model, inputs, 0)
    same = Occlusion(window=4, stride=2).explain(model, inputs, 0)
    assert torch.equal(found.values, same.values)
    assert found.diagnostics.model_calls == 2 + 29 * 34


def test_in_a_table_one_column_after_the_other_is_replaced_by_its_typical_value():
    model = table_classifier(schema=Columns(0.1, 0.2, 0.3, 0.4))
    inputs, targets = drawn((2, 4), 0), torch.tensor([2, 0])
    found = Occlusion().explain(model, inputs, targets)
    for column, typical in enumerate((0.1, 0.2, 0.3, 0.4)):
        hidden = inputs.clone()
        hidden[:, column] = typical
        drop = (model(inputs) - model(hidden)).gather(1, targets[:, None])[:, 0]
        torch.testing.assert_close(found.values[:, column], drop, atol=1e-13, rtol=0)
    assert found.diagnostics.model_calls == 2 + 2 + 8


def test_a_window_over_columns_shares_its_drop_among_them():
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0]).double()
    inputs = torch.ones(1, 4).double()
    found = Occlusion(window=2, stride=2, baseline="black").explain(linear_classifier(weights), inputs, 0)
    torch.testing.assert_close(found.values, torch.tensor([[1.5, 1.5, 3.5, 3.5]]).double(), atol=1e-13, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_the_input_is_its_baseline_values_are_exactly_zero(dtype):
    model, inputs = image_classifier(), drawn((3, 2, 8, 8), 0).to(dtype)
    model.model.to(dtype)
    inputs[1, :, :5] = 0
    inputs[2] = 0
    found = Occlusion(window=2, stride=1).explain(model, inputs)
    assert not found.values[1, :, :4].any()
    assert not found.values[2].any()
    assert found.values[0].all()


def test_it_asks_for_scores_only():
    model = FunctionClassifier(lambda x: x[:, :2] * [[1.0, -1.0]], 2, score_unit="logit", domain="tabular")
    found = Occlusion(baseline="black").explain(model, drawn((1, 3), 0), 0)
    torch.testing.assert_close(found.values, drawn((1, 3), 0) * torch.tensor([1.0, 0, 0]), atol=1e-14, rtol=0)


@pytest.mark.parametrize("name", ["window", "stride"])
@pytest.mark.parametrize("value", [0, -1, True, 2.0, "2"])
def test_windows_and_strides_that_are_no_positive_integers_are_refused(name, value):
    with pytest.raises(InputError, match=rf"`{name}` must be a positive integer\. Got "):
        Occlusion(**{name: value})


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"window": 9}, r"`window` height must be from 1 to 8\. Got 9\."),
        ({"window": 3, "stride": 4}, r"`stride` must be from 1 to the window's height, 3, .* Got 4\."),
    ],
)
def test_windows_that_do_not_fit_the_picture_are_refused(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        Occlusion(**wrong).explain(image_classifier(), drawn((1, 2, 8, 8), 0))


def test_a_window_wider_than_a_table_is_refused():
    with pytest.raises(InputError, match=r"`window` width must be from 1 to 4\. Got 5\."):
        Occlusion(window=5, baseline="black").explain(table_classifier(), drawn((1, 4), 0))
