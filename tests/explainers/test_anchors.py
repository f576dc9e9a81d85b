"""Anchors hold on draws that nothing was chosen by, and say so where none does."""

from functools import cache

import pytest
import torch
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.registry import load_dataset
from xaivision.engines.rules.table_conditions import Bounds, rows_that_meet
from xaivision.explainers.rules.anchors import Anchors


def _method(background):
    return Anchors(background, threshold=0.9, beam_size=2, most_samples=15_000)


@cache
def answered():
    data = load_dataset("wine")
    tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(data.train.inputs.numpy(), data.train.targets.numpy())
    model = SklearnClassifier(tree)
    rows = data.test.inputs[::9]
    return (
        model,
        data.train.inputs,
        rows,
        _method(data.train.inputs).explain(model, rows),
    )


def test_rules_are_as_precise_on_fresh_draws_as_they_promise():
    model, background, rows, found = answered()
    kept = []
    for index, (rule,) in enumerate(found.rules):
        if found.verdicts[index].status != "ok":
            continue
        bounds = [
            Bounds(one.feature, -torch.inf if one.low is None else one.low, torch.inf if one.high is None else one.high)
            for one in rule.conditions
        ]
        drawn = rows_that_meet(bounds, background, rows[index], 5000, torch.Generator().manual_seed(99))
        share = float((model(drawn).argmax(1) == found.query.targets[index]).double().mean())
        kept.append(share >= 0.9 - 0.05)
        assert rule.precision_bound <= rule.precision
        assert abs(share - rule.precision) < 0.05
        met = torch.stack([one.holds(background[:, one.column].double()) for one in bounds]).all(0)
        assert rule.coverage == pytest.approx(float(met.double().mean()))
        assert all(bool(one.holds(rows[index, one.column].double())) for one in bounds)
    assert len(kept) >= 2  # with so few draws most of them are not sure, and say so
    assert sum(kept) >= 0.9 * len(kept)


def test_the_segments_that_hold_a_picture_are_those_that_decide():
    """Class 1 where the upper left quarter is bright."""

    class Corner(nn.Module):
        def forward(self, images):
            bright = images[:, 0, :4, :4].mean((1, 2))
            return torch.stack([0.5 - bright, bright - 0.5], 1)

    model = TorchClassifier(Corner(), 2, domain="image")
    tiles = (torch.arange(8)[:, None] // 4) * 2 + torch.arange(8) // 4
    found = Anchors(segments=tiles, baseline="black").explain(model, torch.ones(1, 1, 8, 8))
    (rule,) = found.rules[0]
    assert [one.feature for one in rule.conditions] == [0]
    assert rule.precision == 1
    assert rule.coverage == pytest.approx(0.5, abs=0.05)
    assert torch.equal(found.as_attribution().values[0, 0] > 0, tiles == 0)


def test_a_table_without_known_rows_is_refused():
    model, _, rows, _ = answered()
    with pytest.raises(InputError, match="`background` must be given for tables: rules are tried on known rows"):
        Anchors().explain(model, rows)


@pytest.mark.parametrize(("name", "value"), [("threshold", 1.0), ("delta", 0), ("beam_size", 0), ("samples", 1.5)])
def test_settings_that_cannot_be_meant_are_refused(name, value):
    with pytest.raises(InputError, match=f"`{name}` must be"):
        Anchors(**{name: value})
