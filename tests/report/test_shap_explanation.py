import matplotlib
import numpy as np
import pytest
import torch
from torch import nn

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.explainers.deep_lift_shap import DeepLiftShap
from xaivision.explainers.input_x_gradient import InputXGradient
from xaivision.explainers.nearest_examples import NearestExamples
from xaivision.explainers.occlusion import Occlusion
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.shap_package import quiet_shap
from xaivision.report.shap_explanation import OWN_TARGETS, shap_explanation

GENERATOR = torch.Generator().manual_seed(0)
ROWS = torch.rand((4, 3), generator=GENERATOR, dtype=torch.float64)
SCHEMA = TableSchema((Feature("size"), Feature("$color$", categories=("red", "blue")), Feature("weight")))


def table_model(**settings):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2)).double()
    return TorchClassifier(module, 2, domain="tabular", class_names=["cat", "dog"], **settings)


def picture_model(channels):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2)).double()
    return TorchClassifier(module, 2, class_names=["cat", "dog"])


def pictures(channels):
    return torch.rand((2, channels, 8, 8), generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def of_a_table(target=1, **settings):
    return DeepLiftShap(ROWS[:2]).explain(table_model(**settings), ROWS[2:], target)


@pytest.fixture(autouse=True)
def drawing_nowhere():
    matplotlib.use("Agg")
    yield
    matplotlib.pyplot.close("all")


def test_a_table_keeps_its_numbers_and_names():
    ours = of_a_table()
    theirs = shap_explanation(ours)
    assert np.array_equal(theirs.values, ours.values.numpy())
    assert np.array_equal(theirs.base_values, ours.reference_scores.numpy())
    assert np.array_equal(theirs.data, ROWS[2:].numpy())
    np.testing.assert_allclose(theirs.base_values + theirs.values.sum(1), ours.query.scores.numpy(), atol=1e-12)
    assert theirs.feature_names == ["feature 0", "feature 1", "feature 2"]
    assert theirs.output_names == "dog"
    assert theirs.display_data is None


def test_names_of_categories_stand_for_their_codes():
    rows = torch.tensor([[0.5, 1.0, 0.2], [0.1, 0.0, 0.7]], dtype=torch.float64)
    theirs = shap_explanation(DeepLiftShap(rows).explain(table_model(schema=SCHEMA), rows, 1))
    assert theirs.display_data.tolist() == [[0.5, "blue", 0.2], [0.1, "red", 0.7]]
    assert theirs.feature_names[0] == "size"
    assert np.array_equal(theirs.data, rows.numpy())


def test_several_targets_have_no_name_together():
    theirs = shap_explanation(of_a_table([0, 1]))
    assert theirs.output_names == OWN_TARGETS
    assert list(theirs.instance_names) == ["cat", "dog"]


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_pictures_have_their_channels_last(channels):
    images = pictures(channels)
    ours = DeepLiftShap(images).explain(picture_model(channels), images, 1)
    theirs = shap_explanation(ours)
    assert theirs.values.shape == (2, 8, 8, channels, 1)
    assert np.array_equal(theirs.values[..., 0], ours.values.movedim(1, 3).numpy())
    assert np.array_equal(theirs.data, images.movedim(1, 3).numpy())
    np.testing.assert_allclose(theirs.base_values[:, 0] + theirs.values.sum((1, 2, 3, 4)), ours.query.scores.numpy(), atol=1e-12)
    assert list(theirs.output_names) == ["dog"]


def test_a_position_is_spread_over_its_channels():
    images = pictures(3)
    ours = Occlusion(window=2, stride=2).explain(picture_model(3), images, 1)
    theirs = shap_explanation(ours)
    np.testing.assert_allclose(theirs.values[..., 0].sum(3), ours.values[:, 0].numpy(), atol=1e-15)
    assert np.array_equal(theirs.values[..., 0, 0], theirs.values[..., 2, 0])


def test_without_a_reference_there_is_no_base_value():
    ours = InputXGradient().explain(table_model(), ROWS, 1)
    assert shap_explanation(ours).base_values is None


def test_what_is_given_is_a_copy():
    ours = of_a_table()
    before = ours.values.clone(), ours.query.inputs.clone(), ours.reference_scores.clone()
    theirs = shap_explanation(ours)
    for part in (theirs.values, theirs.data, theirs.base_values):
        part[:] = 0
    for kept, part in zip(before, (ours.values, ours.query.inputs, ours.reference_scores), strict=True):
        assert torch.equal(kept, part)


@pytest.mark.parametrize("plot", ["bar", "beeswarm", "heatmap", "violin"])
def test_shaps_plots_draw_a_table(plot):
    theirs = shap_explanation(of_a_table())
    with quiet_shap() as shap:
        getattr(shap.plots, plot)(theirs, show=False)
    assert matplotlib.pyplot.gcf().axes


@pytest.mark.parametrize("plot", ["bar", "waterfall"])
@pytest.mark.parametrize("settings", [{}, {"schema": SCHEMA}])
def test_shaps_plots_draw_one_row_with_its_names(plot, settings):
    rows = torch.tensor([[0.5, 1.0, 0.2], [0.1, 0.0, 0.7]], dtype=torch.float64)
    theirs = shap_explanation(DeepLiftShap(rows).explain(table_model(**settings), rows, 1))
    with quiet_shap() as shap:
        getattr(shap.plots, plot)(theirs[0], show=False)
    figure = matplotlib.pyplot.gcf()
    figure.canvas.draw()
    shown = " ".join(text.get_text() for axes in figure.axes for text in axes.get_yticklabels())
    assert ("size" if settings else "feature 0") in shown
    assert not settings or "blue" in shown


@pytest.mark.parametrize("channels", [1, 3])
def test_shaps_image_plot_draws_pictures(channels):
    images = pictures(channels)
    theirs = shap_explanation(DeepLiftShap(images).explain(picture_model(channels), images, 1))
    with quiet_shap() as shap:
        shap.plots.image(theirs, show=False)
    assert "dog" in [axes.get_title() for axes in matplotlib.pyplot.gcf().axes]


def test_slopes_are_refused():
    with pytest.raises(CapabilityError, match="`saliency` gives slopes, which add up from no base value"):
        shap_explanation(Saliency().explain(table_model(), ROWS, 1))


def test_what_is_refused_is_not_handed_on():
    refused = of_a_table().with_values(torch.full((2, 3), torch.nan, dtype=torch.float64))
    with pytest.raises(CapabilityError, match=r"must not be shown as an explanation\. Got input 0: 3 of 3 values are not finite"):
        shap_explanation(refused)


def test_only_attributions_are_taken():
    near = NearestExamples(background=ROWS).explain(table_model(), ROWS, 1)
    with pytest.raises(InputError, match=r"`attribution` must be an Attribution\. Got Examples"):
        shap_explanation(near)


def test_it_is_had_from_the_top():
    assert xv.shap_explanation is shap_explanation
