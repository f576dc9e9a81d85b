import random

import numpy as np
import pytest
import torch
from explainer_networks import Columns, image_classifier, table_classifier
from torch import nn
from tree_tables import fitted, table, tensor

from xaivision.core.errors import InputError
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.partition_shap import PartitionShap

NUMBERS, _ = table()
BACKGROUND, ROWS = tensor(NUMBERS[:20]), tensor(NUMBERS[-3:])


def pictures(batch=2, channels=1, side=8, seed=3):
    return torch.rand((batch, channels, side, side), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Additive(nn.Module):
    """Every pixel has its own weight: any way of sharing gives it its own."""

    def __init__(self, channels, side):
        super().__init__()
        self.weights = torch.linspace(-1, 1, channels * side * side, dtype=torch.float64).view(channels, side, side)

    def forward(self, images):
        score = (images * self.weights).sum((1, 2, 3))
        return torch.stack([score, -score], 1)


class Pair(nn.Module):
    """One point where the first and the last pixel are both white."""

    def forward(self, images):
        both = images[:, 0, 0, 0] * images[:, 0, -1, -1]
        return torch.stack([both, -both], 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_additive_model_gives_every_pixel_its_own_share(channels):
    model, images = TorchClassifier(Additive(channels, 4), 2), pictures(channels=channels, side=4)
    found = PartitionShap(budget=400).explain(model, images, 0)
    assert found.values.shape == (2, 1, 4, 4)
    expected = (images * model.model.weights).sum(1, keepdim=True)
    torch.testing.assert_close(found.values, expected, atol=1e-12, rtol=0)
    assert found.verdict.status == "ok"


def test_what_is_not_split_is_spread_evenly():
    """Four evaluations are all, none and the two halves."""
    model, images = TorchClassifier(Additive(1, 4), 2), pictures(side=4)
    found = PartitionShap(budget=4).explain(model, images, 0)
    share = (images * model.model.weights).sum(1)
    upper = share[:, :2].mean((1, 2))
    torch.testing.assert_close(found.values[:, 0, :2], upper[:, None, None].expand(2, 2, 4), atol=1e-12, rtol=0)


def test_a_pair_is_shared_between_its_two():
    model, images = TorchClassifier(Pair(), 2), torch.ones(1, 1, 4, 4, dtype=torch.float64)
    found = PartitionShap(budget=300).explain(model, images, 0).values[0, 0]
    expected = torch.zeros(4, 4, dtype=torch.float64)
    expected[0, 0] = expected[-1, -1] = 0.5
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("budget", [4, 5, 21, 30])
def test_no_more_than_the_budget_is_asked(budget):
    found = PartitionShap(budget=budget).explain(image_classifier(1), pictures(), 1)
    # All and none are the scores of the input and of its baseline.
    assert found.diagnostics.model_calls == 2 * (budget - budget % 2)


@pytest.mark.parametrize("baseline", ["black", "mean", "blur", "blur(3,3)", "inpaint_telea", "inpaint_ns", "inpaint"])
def test_values_add_up_whatever_hides_the_pixels(baseline):
    found = PartitionShap(budget=20, baseline=baseline).explain(image_classifier(2), pictures(channels=2), 1)
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-12
    assert found.values.any()


def test_values_of_tables_add_up_to_the_change_from_the_background():
    model = SklearnClassifier(fitted("forest"))
    found = PartitionShap(background=BACKGROUND).explain(model, ROWS, 1)
    assert found.values.shape == ROWS.shape
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-12
    assert found.verdict.status == "ok"
    assert float(found.reference_scores[0]) == pytest.approx(
        model.model.predict_proba(BACKGROUND.numpy())[:, 1].mean(), abs=1e-12
    )


def test_a_budget_that_ends_above_single_columns_is_said():
    found = PartitionShap(budget=8, background=BACKGROUND).explain(SklearnClassifier(fitted("forest")), ROWS, 1)
    assert "the `budget` of 8 ended before all groups of columns were split" in str(found.verdict)


def test_a_given_hierarchy_decides_the_shares():
    """Three switches that count one point together: the two that are joined first share a half of it."""

    class Switches(nn.Module):
        def forward(self, rows):
            score = rows.prod(1)
            return torch.stack([score, -score], 1)

    model = TorchClassifier(Switches(), 2, domain="tabular", schema=Columns(0.0, 0.0, 0.0))
    joined = np.array([[0, 1, 1, 2], [2, 3, 2, 3]], dtype=float)
    found = PartitionShap(hierarchy=joined).explain(model, torch.ones(1, 3, dtype=torch.float64), 0)
    torch.testing.assert_close(found.values, torch.tensor([[0.25, 0.25, 0.5]], dtype=torch.float64), atol=1e-12, rtol=0)
    same = PartitionShap(hierarchy=torch.from_numpy(joined)).explain(model, torch.ones(1, 3, dtype=torch.float64), 0)
    assert torch.equal(same.values, found.values)


def test_one_column_gets_all():
    model = table_classifier(1)
    rows = torch.tensor([[0.4], [-0.3]], dtype=torch.float64)
    found = PartitionShap(background=torch.zeros(2, 1, dtype=torch.float64)).explain(model, rows, 1)
    torch.testing.assert_close(found.values[:, 0], found.query.scores - found.reference_scores, atol=1e-12, rtol=0)


def test_one_pixel_gets_all():
    model = TorchClassifier(Additive(1, 1), 2)
    found = PartitionShap().explain(model, torch.full((1, 1, 1, 1), 0.5, dtype=torch.float64), 0)
    assert float(found.values) == pytest.approx(-0.5, abs=1e-12)


def test_global_generators_are_where_they_were():
    before = np.random.get_state()[1].copy(), torch.get_rng_state(), random.getstate()  # noqa: NPY002
    PartitionShap(budget=20).explain(image_classifier(1), pictures(), 1)
    assert np.array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[1])
    assert random.getstate() == before[2]


class Breaking(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, images):
        self.calls += 1
        if self.calls > 3:
            raise RuntimeError("broken")
        return images.flatten(1)[:, :2]


def test_what_the_model_raises_inside_shap_is_the_models_own():
    with pytest.raises(RuntimeError, match=r"^broken$"):
        PartitionShap().explain(TorchClassifier(Breaking(), 2), pictures(1), 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"budget": 3}, r"`budget` must be at least 4: all, none and two halves\. Got 3"),
        ({"budget": 0}, "`budget` must be a positive integer"),
        ({"background": torch.zeros(3)}, "`background` must be a tensor"),
    ],
)
def test_a_wrong_setting_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        PartitionShap(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, r"`hierarchy` 'correlation' needs a `background` of at least two rows"),
        ({"background": BACKGROUND[:1]}, "needs a `background` of at least two rows"),
        (
            {"background": BACKGROUND, "hierarchy": "cosine"},
            r"must be 'correlation' or a linkage matrix of the columns\. Got 'cosine'",
        ),
        ({"background": BACKGROUND, "hierarchy": np.zeros((4, 4))}, r"must be a linkage matrix of 6 columns, \(5, 4\)"),
        ({"background": BACKGROUND, "hierarchy": np.zeros((5, 4))}, r"must be a linkage matrix of 6 columns, \(5, 4\)"),
        ({"background": BACKGROUND, "baseline": "blur(3,3)"}, r"'blur\(3,3\)' has a meaning for images only"),
        ({"background": BACKGROUND, "baseline": "zeros"}, "must not both be given"),
    ],
)
def test_what_has_no_meaning_for_a_table_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        PartitionShap(**settings).explain(SklearnClassifier(fitted("forest")), ROWS, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hierarchy": np.zeros((63, 4))}, "`hierarchy` is of the columns of a table: pictures are halved"),
        (
            {"baseline": "blur(17,3)"},
            r"must have sides from 1 to less than twice those of the picture, \(8, 8\)\. Got 'blur\(17,3\)'",
        ),
        ({"baseline": "blur(0,3)"}, "must have sides from 1"),
        ({"baseline": "blur(3)"}, r"`baseline` must be one of .*Got 'blur\(3\)'"),
        ({"baseline": "blur(3,3)", "background": pictures(3)}, "must not both be given"),
        ({"baseline": "inpaint_ns", "background": pictures(3)}, "must not both be given"),
    ],
)
def test_what_has_no_meaning_for_a_picture_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        PartitionShap(**settings).explain(image_classifier(1), pictures(), 1)
