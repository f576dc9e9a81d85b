import pytest
import torch
from explainer_networks import drawn, image_classifier, table_classifier

from xaivision.core.errors import CapabilityError
from xaivision.core.metering import metered
from xaivision.engines.filters import center_bump, sobel_magnitude
from xaivision.explainers.registry import EXPLAINERS, explainer

CONTROLS = [name for name, made in EXPLAINERS.items() if made.about.control]
IMAGES, ROWS = drawn((3, 2, 8, 8), 0), drawn((3, 4), 0)


def values(name, model, inputs, seed=0):
    return explainer(name).explain(model, inputs, seed=seed).values


def test_the_controls_are_these():
    assert CONTROLS == ["random", "sobel", "input_magnitude", "center_gaussian", "constant"]


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_ignores_the_model_and_the_target(name):
    first = explainer(name).explain(image_classifier(seed=0), IMAGES, 0)
    other = explainer(name).explain(image_classifier(seed=1), IMAGES, 2)
    assert torch.equal(first.values, other.values)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_costs_no_more_than_asking_for_the_scores(name):
    with metered() as meter:
        explainer(name).explain(image_classifier(), IMAGES)
    assert (meter.model_calls, meter.gradient_calls) == (3, 0)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_is_given_no_doubt_of_its_own(name):
    assert explainer(name).explain(image_classifier(), IMAGES * 0).verdict.status == "ok"


def test_random_is_normal_noise_the_same_for_every_input_and_decided_by_the_seed():
    found = values("random", image_classifier(), drawn((3, 2, 8, 8), 0))
    assert found.shape == (3, 1, 8, 8)
    assert (found == found[0]).all()
    assert abs(float(found[0].mean())) < 0.5 < float(found[0].std()) < 1.5
    assert torch.equal(found, values("random", image_classifier(), IMAGES))
    assert not torch.equal(found, values("random", image_classifier(), IMAGES, seed=1))
    assert values("random", table_classifier(), ROWS).shape == (3, 4)


def test_sobel_is_the_edge_strength_of_the_input():
    assert torch.equal(values("sobel", image_classifier(), IMAGES), sobel_magnitude(IMAGES))


def test_input_magnitude_is_the_absolute_input():
    assert torch.equal(values("input_magnitude", table_classifier(), ROWS - 0.5), (ROWS - 0.5).abs())


def test_center_gaussian_is_the_bump_in_the_middle():
    assert torch.equal(values("center_gaussian", image_classifier(), IMAGES), center_bump(8, 8).expand(3, 1, 8, 8))


def test_constant_is_one_everywhere():
    assert torch.equal(values("constant", table_classifier(), ROWS), torch.ones(3, 4).double())
    assert torch.equal(values("constant", image_classifier(), IMAGES), torch.ones(3, 1, 8, 8).double())


@pytest.mark.parametrize("name", ["sobel", "center_gaussian"])
def test_controls_of_pictures_refuse_tables(name):
    with pytest.raises(CapabilityError, match=rf"`{name}` is for image inputs\. Got a model of tabular inputs\."):
        explainer(name).explain(table_classifier(), ROWS)
