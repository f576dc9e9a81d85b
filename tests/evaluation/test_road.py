"""ROAD: what neighbors say counts for nothing, and the sign of the map turns the order around."""

import pytest
import torch
from linear_models import mapped, scored_by

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.engines.imputation import imputed
from xaivision.evaluation.road import Road
from xaivision.explainers.controls import Sobel

WEIGHTS = torch.randn(1, 6, 7, generator=generator(3), dtype=torch.float64)
IMAGES = torch.rand(6, 1, 6, 7, generator=generator(1), dtype=torch.float64)
MODEL = scored_by(lambda images: (images * WEIGHTS).flatten(1).sum(1), domain="image")
TRUE = mapped(MODEL, IMAGES, WEIGHTS * (IMAGES - IMAGES.mean((2, 3), keepdim=True)))


def test_scores_are_those_of_pictures_imputed_one_by_one() -> None:
    found = Road(shares=(0.25, 0.5), noise=0.0, output="score").evaluate(MODEL, TRUE)
    for row, picture in enumerate(IMAGES):
        order = TRUE.values[row].flatten().argsort(descending=True)
        for place, count in enumerate((10, 21)):
            for name, first in (("morf", order[:count]), ("lerf", order[-count:])):
                kept = torch.ones(42, dtype=torch.bool)
                kept[first] = False
                expected = float((imputed(picture, kept.view(6, 7)) * WEIGHTS).sum())
                assert float(found.details[name][row, place]) == pytest.approx(expected, abs=1e-9)
    combined = (found.details["lerf"] - found.details["morf"]) / 2
    assert torch.equal(found.curves, combined)
    assert torch.equal(found.values, combined.mean(1))


def test_most_first_of_a_map_is_least_first_of_the_reversed_map() -> None:
    judge = Road(output="score")
    found, turned = (judge.evaluate(MODEL, TRUE.with_values(sign * TRUE.values)) for sign in (1, -1))
    assert torch.allclose(found.details["morf"], turned.details["lerf"], rtol=0, atol=1e-5)
    assert torch.allclose(found.values, -turned.values, rtol=0, atol=1e-5)


def test_true_maps_are_above_edges_and_edges_above_reversed_maps() -> None:
    judge = Road(output="score")
    true, edges = judge.evaluate(MODEL, TRUE), judge.evaluate(MODEL, Sobel().explain(MODEL, IMAGES, 0))
    turned = judge.evaluate(MODEL, TRUE.with_values(-TRUE.values))
    assert (true.values > edges.values).all()
    assert (edges.values > turned.values).all()


def test_a_constant_picture_without_noise_shows_nothing_whatever_the_map() -> None:
    flat = torch.full_like(IMAGES, 0.4)
    noise = torch.randn(IMAGES.shape, generator=generator(2), dtype=torch.float64)
    assert Road(noise=0.0, output="score").evaluate(MODEL, mapped(MODEL, flat, noise)).values.abs().max() < 1e-5


def test_noise_is_the_same_for_every_picture_and_map() -> None:
    judge = Road(noise=0.5, output="score")
    together = judge.evaluate(MODEL, TRUE, seed=3)
    alone = judge.evaluate(MODEL, mapped(MODEL, IMAGES[2:3], TRUE.values[2:3]), seed=3)
    assert torch.allclose(alone.values, together.values[2:3], rtol=0, atol=1e-9)
    assert not torch.equal(judge.evaluate(MODEL, TRUE, seed=4).values, together.values)


@pytest.mark.parametrize("shares", [(), 0.5, (0.0,), (0.5, 1.0)])
def test_shares_that_are_no_tuple_of_shares_are_refused(shares: object) -> None:
    with pytest.raises(InputError, match="`shares` must be a "):
        Road(shares=shares)
