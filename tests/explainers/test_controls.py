import pytest
import torch
from explainer_networks import drawn, image_classifier, table_classifier

from xaivision.core.errors import CapabilityError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.metering import metered
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.engines.filters import center_bump, sobel_magnitude
from xaivision.explainers.controls import InputMagnitude
from xaivision.explainers.registry import EXPLAINERS, explainer


def scaled_table(typical, ranges):
    """A model of four columns whose schema knows these typical values and ranges."""
    known = typical or [None] * 4
    features = [
        Feature(name, low=0.0, high=width, typical=middle) for name, width, middle in zip("abcd", ranges, known, strict=True)
    ]
    return FunctionClassifier(
        lambda rows: rows[:, :2], 2, score_unit="logit", domain="tabular", array="torch", schema=TableSchema(tuple(features))
    )


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


def test_random_is_normal_noise_decided_by_the_seed_and_by_what_the_input_holds():
    model = image_classifier()
    found = values("random", model, IMAGES)
    assert found.shape == (3, 1, 8, 8)
    assert abs(float(found.mean())) < 0.3
    assert 0.7 < float(found.std()) < 1.3
    assert torch.equal(found, values("random", model, IMAGES))
    assert torch.equal(found[1:2], values("random", model, IMAGES[1:2]))
    assert not torch.equal(found, values("random", model, IMAGES, seed=1))
    assert values("random", table_classifier(), ROWS).shape == (3, 4)


def test_random_maps_of_two_inputs_have_nothing_to_do_with_each_other():
    moved = IMAGES.clone()
    moved[:, 0, 0, 0] += 1e-6
    both = torch.cat([values("random", image_classifier(), IMAGES), values("random", image_classifier(), moved)]).flatten(1)
    assert torch.corrcoef(both).triu(1).abs().max() < 0.5


def test_sobel_is_the_edge_strength_of_the_input():
    assert torch.equal(values("sobel", image_classifier(), IMAGES), sobel_magnitude(IMAGES))


def test_input_magnitude_is_the_absolute_input():
    assert torch.equal(values("input_magnitude", table_classifier(), ROWS - 0.5), (ROWS - 0.5).abs())


def test_input_magnitude_of_a_table_is_the_distance_from_the_typical_value_in_ranges_of_each_column():
    rows = torch.tensor([[300.0, 0.5, 7.0, 2.0], [250.0, 1.0, 8.0, 2.0]], dtype=torch.float64)
    model = scaled_table(typical=(290.0, 0.25, 7.0, 1.0), ranges=(100.0, 0.5, 0.0, 4.0))
    found = InputMagnitude().explain(model, rows)
    expected = torch.tensor([[0.1, 0.5, 0.0, 0.25], [0.4, 1.5, 0.0, 0.25]], dtype=torch.float64)
    assert torch.allclose(found.values, expected, rtol=0, atol=1e-12)
    assert found.verdict.status == "ok"
    other_unit = torch.tensor([1000.0, 1.0, 1.0, 1.0], dtype=torch.float64)
    rescaled = scaled_table(typical=(290_000.0, 0.25, 7.0, 1.0), ranges=(100_000.0, 0.5, 0.0, 4.0))
    assert torch.allclose(InputMagnitude().explain(rescaled, rows * other_unit).values, found.values)


def test_input_magnitude_without_typical_values_is_the_value_in_ranges_of_its_column():
    rows = torch.tensor([[300.0, -0.5, 7.0, 2.0]], dtype=torch.float64)
    found = InputMagnitude().explain(scaled_table(typical=None, ranges=(100.0, 0.5, 7.0, 4.0)), rows)
    assert found.values.tolist() == [[3.0, 1.0, 1.0, 0.5]]


def test_input_magnitude_says_where_the_unit_of_a_column_decides():
    found = InputMagnitude().explain(table_classifier(), ROWS)
    assert found.verdict.status == "warn"
    assert "the one with the largest unit counts most" in found.verdict.reasons[0]
    assert InputMagnitude().explain(image_classifier(), IMAGES).verdict.status == "ok"


def test_only_chance_is_said_to_be_chance():
    assert [name for name, made in EXPLAINERS.items() if made.about.chance] == ["random"]


def test_center_gaussian_is_the_bump_in_the_middle():
    assert torch.equal(values("center_gaussian", image_classifier(), IMAGES), center_bump(8, 8).expand(3, 1, 8, 8))


def test_constant_is_one_everywhere():
    assert torch.equal(values("constant", table_classifier(), ROWS), torch.ones(3, 4).double())
    assert torch.equal(values("constant", image_classifier(), IMAGES), torch.ones(3, 1, 8, 8).double())


@pytest.mark.parametrize("name", ["sobel", "center_gaussian"])
def test_controls_of_pictures_refuse_tables(name):
    with pytest.raises(CapabilityError, match=rf"`{name}` is for image inputs\. Got a model of tabular inputs\."):
        explainer(name).explain(table_classifier(), ROWS)
