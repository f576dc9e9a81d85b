"""Infidelity of slopes: zero for the gradient of a linear model, and its closed form on quadratic ones."""

import pytest
import torch
from linear_models import linear, mapped, rows_of, scored_by
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.core.sharing import sharing
from xaivision.evaluation.infidelity import Infidelity

WEIGHTS = (2.0, -1.0, 0.5, 3.0)
X = rows_of((1.0, 2.0, -1.0, 0.5), (0.0, 3.0, 3.0, 1.0))
SLOPES = torch.tensor(WEIGHTS, dtype=torch.float64).expand(2, 4)


def slopes_of(model: Classifier, inputs: Tensor, values: Tensor) -> Attribution:
    found = mapped(model, inputs, values)
    return type(found)(found.query, found.origin, found.diagnostics, values, "slope")


def test_the_gradient_of_a_linear_model_has_none() -> None:
    model = linear(WEIGHTS, 0.7)
    assert Infidelity().evaluate(model, slopes_of(model, X, SLOPES)).values.max() < 1e-20
    assert Infidelity(scaled=True).evaluate(model, slopes_of(model, X, 40 * SLOPES)).values.max() < 1e-20


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
def test_exact_slopes_are_all_the_same_however_they_were_rounded(size: float) -> None:
    """In float32 they miss by 1e-14 of the score's square, in float64 by 1e-30: no method is the better for that."""
    weights, bias = tuple((size * torch.randn(200, generator=generator(1, "w"))).tolist()), 3 * size
    inputs = torch.randn(4, 200, generator=generator(2, "x"))
    model = linear(weights, bias)  # counts in what it is given
    exact = torch.tensor([weights], dtype=torch.float64).expand(4, 200)
    jittered = (exact * (1 + 6e-8 * torch.randn(4, 200, generator=generator(3, "jitter")))).float()
    for asked, values in ((inputs, jittered), (inputs, exact.float()), (inputs.double(), exact)):
        assert Infidelity().evaluate(model, slopes_of(model, asked, values)).values.tolist() == [0.0] * 4
    wrong = Infidelity().evaluate(model, slopes_of(model, inputs, (exact * 1.001).float())).values
    assert (wrong > 0).all()


def test_the_error_of_slopes_of_a_linear_model_is_its_length_times_the_noise() -> None:
    """E[(I (a - w))^2] is the squared length of a - w times the noise's variance."""
    model, wrong = linear(WEIGHTS), SLOPES + rows_of((0.0, 1.0, -2.0, 0.0))
    found = Infidelity(budget=20_000).evaluate(model, slopes_of(model, X, wrong)).values
    ranges = X.amax(1) - X.amin(1)
    assert torch.allclose(found, 5 * (0.1 * ranges) ** 2, rtol=0.05)


def test_the_gradient_of_a_square_misses_its_curvature() -> None:
    """f = sum x^2: what the gradient misses of each copy is the square of its noise, of mean square sigma^4 (n^2 + 2 n)."""
    model = scored_by(lambda rows: rows.square().sum(1))
    found = Infidelity(budget=20_000, noise=0.2).evaluate(model, slopes_of(model, X, 2 * X)).values
    sigma = 0.2 * (X.amax(1) - X.amin(1))
    assert torch.allclose(found, 24 * sigma**4, rtol=0.05)


def test_contributions_taken_for_slopes_and_reversed_slopes_fail() -> None:
    model = linear(WEIGHTS)
    judge = Infidelity()
    true, zero = (judge.evaluate(model, slopes_of(model, X, values)).values for values in (SLOPES, 0 * SLOPES))
    times, reversed_ = (judge.evaluate(model, slopes_of(model, X, values)).values for values in (SLOPES * X, -SLOPES))
    assert (true < times).all()
    assert torch.allclose(reversed_, 4 * zero, rtol=1e-9)
    by_size = Infidelity(scaled=True)
    assert torch.equal(by_size.evaluate(model, slopes_of(model, X, -SLOPES)).values, zero)


def test_scaling_takes_the_size_of_the_map_away() -> None:
    model = scored_by(lambda rows: torch.sin(rows).sum(1))
    judge = Infidelity(scaled=True)
    once, often = (judge.evaluate(model, slopes_of(model, X, size * torch.cos(X))).values for size in (1, 512))
    assert torch.allclose(once, often, rtol=1e-9)
    assert (once < Infidelity().evaluate(model, slopes_of(model, X, torch.cos(X))).values).all()


def test_an_input_without_a_range_has_no_value() -> None:
    model, flat = linear(WEIGHTS), torch.full((1, 4), 0.5, dtype=torch.float64)
    inputs = torch.cat([X, flat])
    found = Infidelity().evaluate(model, slopes_of(model, inputs, SLOPES[:1].expand(3, 4)))
    assert found.values.isnan().tolist() == [False, False, True]


def test_one_slope_for_several_channels_is_refused() -> None:
    model = scored_by(lambda images: images.flatten(1).sum(1), domain="image")
    images = torch.rand(2, 3, 4, 4, generator=generator(0), dtype=torch.float64)
    with pytest.raises(InputError, match=r"`infidelity` needs a slope for each channel\. `constant` gives one for several"):
        Infidelity().evaluate(model, slopes_of(model, images, images[:, :1]))


def test_another_map_of_the_same_inputs_asks_the_model_nothing_in_one_job() -> None:
    calls = []
    model = scored_by(lambda rows: calls.append(len(rows)) or rows @ torch.tensor(WEIGHTS).to(rows))
    one, other = slopes_of(model, X, SLOPES), slopes_of(model, X, SLOPES + 1)
    with sharing():
        Infidelity().evaluate(model, one)
        before = sum(calls)
        shared = Infidelity().evaluate(model, other)
        assert sum(calls) == before
    alone = Infidelity().evaluate(model, other)
    assert torch.equal(shared.values, alone.values)
    assert shared.model_calls == alone.model_calls == 2 * 101


@pytest.mark.parametrize("wrong", [{"budget": 0}, {"noise": 0.0}, {"noise": "much"}])
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"`(budget|noise)` must be a positive"):
        Infidelity(**wrong)
