"""Measures of counterfactuals of pictures have their closed forms, and the test of what flips finds the planted object."""

from dataclasses import replace

import pytest
import torch
from torch import nn

import xaivision as xv
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics
from xaivision.core.errors import InputError
from xaivision.core.origin import Origin
from xaivision.core.query import asked
from xaivision.evaluation.picture_counterfactuals import CARDS, flips_through, picture_counterfactual_quality
from xaivision.explainers.counterfactuals.object_counterfactuals import ObjectCounterfactuals
from xaivision.models.generators.picture_autoencoder import AutoencoderRecipe, picture_autoencoder
from xaivision.models.generators.segment_layers import SegmentLayers

# Four tiles of four pixels.
TILES = 2 * (torch.arange(8) // 4)[:, None] + torch.arange(8) // 4


class Corner(nn.Module):
    """Class 1 where the upper left tile is bright."""

    def forward(self, pictures):
        lead = 20 * (pictures[:, :, :4, :4].mean((1, 2, 3)) - 0.5)
        return torch.stack([-lead, lead], 1)


MODEL = xv.classifier(Corner(), domain="image", num_classes=2, score_unit="logit")


def answer():
    """Three inputs of 0.2: one whose upper left tile rose by 0.4, one that a lower tile changed in vain, one not found."""
    inputs = torch.full((3, 1, 8, 8), 0.2)
    changed = inputs[:, None].clone()
    changed[0, 0, :, TILES == 0] += 0.4
    changed[1, 0, :, TILES == 3] += 0.4
    query, found = asked(MODEL, inputs), torch.tensor([[True], [True], [False]])
    rest = (torch.ones(3, dtype=torch.int64), torch.zeros(3, 1), found)
    return Counterfactuals(query, Origin("object_counterfactuals"), Diagnostics(), changed, *rest)


def test_measures_are_what_they_are_by_hand():
    told = picture_counterfactual_quality(MODEL, answer(), segments=TILES)
    assert list(told) == [name for name in CARDS if name != "realism"]
    assert told["validity"].values.tolist() == [1.0, 0.0, 0.0]
    assert told["proximity_l1"].values[0] == pytest.approx(0.1)
    assert told["proximity_l2"].values[0] == pytest.approx(0.2)
    assert told["changed_segments"].values[0] == 0.25
    for name in ("proximity_l1", "proximity_l2", "similarity", "changed_segments"):
        assert told[name].values.isnan().tolist() == [False, False, True]
    assert 0 < float(told["similarity"].values[0]) < 0.9


def test_equal_pictures_are_alike_and_rounding_is_no_change():
    same = answer()
    rounded = (same.query.inputs[:, None] * 255).round() / 255
    told = picture_counterfactual_quality(MODEL, replace(same, counterfactuals=rounded), segments=TILES)
    assert told["similarity"].values[0] == pytest.approx(1)
    assert told["changed_segments"].values[:2].tolist() == [0.0, 0.0]
    assert told["validity"].values.tolist() == [0.0, 0.0, 0.0]


def test_noise_is_less_real_than_a_known_picture():
    draws = torch.Generator().manual_seed(0)
    known = torch.rand(120, 1, 1, 1, generator=draws).expand(-1, 1, 8, 8).contiguous()
    autoencoder = picture_autoencoder(MODEL, known, AutoencoderRecipe(width=2, epochs=15, learning_rate=5e-3))
    noisy = answer()
    pictures = noisy.counterfactuals.clone()
    pictures[0] = torch.rand(1, 1, 8, 8, generator=draws)
    pictures[1] = 0.3
    told = picture_counterfactual_quality(
        MODEL, replace(noisy, counterfactuals=pictures), segments=TILES, autoencoder=autoencoder
    )
    assert float(told["realism"].values[0]) > 5 * float(told["realism"].values[1])


def test_the_model_flips_through_the_planted_object_alone():
    inputs = torch.full((4, 1, 8, 8), 0.2) + 0.05 * torch.arange(4).view(4, 1, 1, 1)
    for objects, share in ((["segment 0"], 1.0), (["segment 1", "segment 2", "segment 3"], 0.0)):
        explainer = ObjectCounterfactuals(SegmentLayers(TILES), objects=objects)
        told = flips_through(MODEL, explainer, inputs, {"style": ["style"], "removal": ["removal"]})
        assert told["style"].mean == share
        assert told["removal"].mean == 0  # what is filled in from the surroundings is as dark


def test_rows_of_a_table_are_refused():
    flat = replace(answer(), counterfactuals=torch.zeros(3, 1, 4))
    with pytest.raises(InputError, match=r"`found` must hold counterfactuals of pictures .* Got shape \(3, 1, 4\)\."):
        picture_counterfactual_quality(MODEL, flat)
