"""Which prototypes a model found, where, and what each added: on a tiny network whose answers are known."""

from math import log

import pytest
import torch
from prototype_cells import Cells

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.prototypes.prototype_matches import PrototypeMatches
from xaivision.models.construction import construction
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.layer_plan import layer_plan
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.prototypes.prototype_sources import PrototypeSources


def sourced(network, inputs, width):
    count = len(inputs)
    boxes = torch.tensor([[0, 0, 4, 4]]).expand(count, 4)
    network.set_sources(
        PrototypeSources(inputs, torch.arange(count) + 10, network.reasoning.owners, torch.zeros(count).long(), boxes)
    )
    return network


@pytest.fixture
def colors():
    """Prototypes of red and green for the first class, of blue and white for the second."""
    with construction(0):
        network = PrototypeNetwork(Cells(), layer_plan("proto_part", 4, 3, 2), (3, 8, 8)).double()
    with torch.no_grad():
        network.prototypes.centers.copy_(torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [1.0, 1.0, 1.0]]))
    examples = network.prototypes.centers.detach()[:, :, None, None].expand(4, 3, 8, 8).contiguous()
    return TorchClassifier(sourced(network, examples, 3).eval(), 2, class_names=("warm", "cold"))


@pytest.fixture
def picture():
    """Black, with a red quarter at the lower left and a bluish one at the upper right."""
    one = torch.zeros(1, 3, 8, 8, dtype=torch.float64)
    one[0, 0, 4:, :4] = 1.0
    one[0, 2, :4, 4:] = 0.8
    return one


def test_the_prototype_that_is_there_comes_first_with_its_example_and_place(colors, picture):
    found = PrototypeMatches(k=4).explain(colors, picture, 0)
    assert found.indices[0, 0] == 10
    assert float(found.similarity[0, 0]) == pytest.approx(9.2103, abs=1e-3)
    assert torch.equal(found.examples[0, 0, :, 0, 0], torch.tensor([1.0, 0, 0], dtype=torch.float64))
    top, left, bottom, right = found.boxes[0, 0].tolist()
    assert (top >= 4, left, bottom, right <= 5) == (True, 0, 8, True)
    assert found.weights[0].tolist() == [1.0, -0.5, 1.0, -0.5]


def test_what_speaks_against_a_class_is_shown_before_what_hardly_speaks_for_it(colors, picture):
    found = PrototypeMatches(k=4).explain(colors, picture)
    sizes = found.contributions[0].abs()
    assert torch.equal(sizes, sizes.sort(descending=True).values)
    assert float(found.contributions[0, 1]) < 0 < float(found.contributions[0, 2])


@pytest.mark.parametrize("k", [1, 3, 4])
def test_contributions_and_the_rest_add_up_to_the_logit(colors, picture, k):
    for target in (0, 1, Target(0, against=1), Target(1, output="margin")):
        found = PrototypeMatches(k=k).explain(colors, picture, target)
        torch.testing.assert_close(found.contributions.sum(1) + found.remainder, found.query.scores, atol=1e-9, rtol=0)
    assert float(found.remainder) == pytest.approx(0, abs=1e-9) or k < 4


@pytest.mark.parametrize("maps", ["similarity", "place"])
def test_maps_sum_to_the_contributions_and_together_to_the_score(colors, picture, maps):
    found = PrototypeMatches(k=4, maps=maps).explain(colors, picture, 0)
    torch.testing.assert_close(found.maps.sum((2, 3, 4)), found.contributions)
    told = found.as_attribution()
    assert told.values.shape == (1, 1, 8, 8)
    torch.testing.assert_close(told.values.sum((1, 2, 3)), found.query.scores)


def test_the_place_map_is_on_the_cell_that_was_taken(colors, picture):
    found = PrototypeMatches(k=1, maps="place").explain(colors, picture, 0)
    quarter = found.maps[0, 0, 0, 4:, :4].sum() / found.maps.sum()
    assert float(quarter) > 0.7  # the rest is what bilinear enlargement takes over the edge


def test_the_perturbation_map_is_where_hiding_takes_the_similarity_away(colors, picture):
    found = PrototypeMatches(k=1, maps="perturbation", window=4, stride=4).explain(colors, picture, 0)
    inside = torch.zeros(8, 8, dtype=torch.bool)
    inside[4:, :4] = True
    assert bool((found.maps[0, 0, 0][inside] > 0).all())
    assert float(found.maps[0, 0, 0][~inside].abs().max()) < 1e-12
    gone = picture.clone()
    gone[:, :, 4:, :4] = 0
    after = PrototypeMatches(k=4).explain(colors, gone, 0)
    red = int((after.indices[0] == 10).nonzero())
    torch.testing.assert_close(found.maps.sum(), found.contributions[0, 0] - after.contributions[0, red])
    assert found.diagnostics.model_calls == 5


def test_of_fewer_prototypes_than_asked_for_all_are_shown(colors, picture):
    """The usual 5 of a model of 4 as well."""
    whole = PrototypeMatches(k=4).explain(colors, picture, 0)
    for method in (PrototypeMatches(), PrototypeMatches(k=99)):
        assert torch.equal(method.explain(colors, picture, 0).indices, whole.indices)


def test_one_pass_is_all_it_costs(colors, picture):
    found = PrototypeMatches(k=2).explain(colors, picture.expand(6, 3, 8, 8))
    assert (found.diagnostics.model_calls, found.diagnostics.gradient_calls) == (6, 0)


def table_model(system):
    with construction(0):
        network = PrototypeNetwork(TableEncoder(3), layer_plan(system, 4, 3, 2), (3,)).double()
        rows = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        with torch.no_grad():
            network.encoder.metric.matrix.add_(0.3 * torch.randn(3, 3))
            network.prototypes.centers.copy_(network.encoder(rows))
            if network.plan.scaled:
                network.prototypes.start_scale(rows)
    unit = "logit" if network.plan.logits else "probability"
    return TorchClassifier(sourced(network, rows, 3).eval(), 2, domain="tabular", score_unit=unit)


@pytest.mark.parametrize("system", ["proto_part", "score_aggregation", "rbf", "components"])
def test_columns_of_a_table_share_what_the_similarity_lacks(system):
    model = table_model(system)
    rows = torch.randn(5, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    found = PrototypeMatches(k=4).explain(model, rows, 0)
    torch.testing.assert_close(found.contributions.sum(1), found.query.scores)
    assert found.boxes is None
    sums = found.maps.sum(2)
    if system == "score_aggregation":
        torch.testing.assert_close(sums, found.contributions)
    else:
        most = log(1e4) if system == "proto_part" else 1.0
        torch.testing.assert_close(sums, found.weights * (found.similarity - most))


def test_other_models_are_refused_with_what_takes_them(picture):
    with pytest.raises(
        CapabilityError, match=r"`prototype_matches` needs a model that decides by prototypes.*`nearest_examples`"
    ):
        xv.explain(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 8), torch.nn.Flatten()), picture.float(), "prototype_matches")


def test_probabilities_of_logits_are_no_sum_over_prototypes(colors, picture):
    with pytest.raises(CapabilityError, match=r"which a logit is\. Got output='probability'\. Leave it out\."):
        PrototypeMatches(k=1).explain(colors, picture, Target(0, output="probability"))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"k": 0}, r"`k` must be a positive integer\. Got 0\."),
        ({"maps": "heat"}, r"`maps` must be one of 'similarity', 'place', 'perturbation'\. Got 'heat'\."),
        ({"window": 0, "k": 1}, r"`window` must be a positive integer\. Got 0\."),
    ],
)
def test_wrong_settings_are_refused(colors, picture, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        PrototypeMatches(**settings).explain(colors, picture)


def test_it_is_saved_and_loaded_whole(colors, picture, tmp_path):
    found = PrototypeMatches(k=2).explain(colors, picture)
    found.save(tmp_path / "found")
    back = xv.load(tmp_path / "found")
    for name in ("examples", "weights", "contributions", "remainder", "boxes", "example_boxes", "maps"):
        assert torch.equal(getattr(back, name), getattr(found, name)), name


def test_comparison_takes_it_beside_attributions(colors, picture):
    inputs = torch.cat([picture, picture.flip(3)])
    compared = xv.compare(
        colors, inputs, ["prototype_matches", "saliency"], settings={"prototype_matches": {"k": 2}}, metrics=["deletion"]
    )
    assert compared.failures == {}
    assert set(compared.scores["deletion"]) >= {"prototype_matches", "saliency"}


def test_only_models_of_prototypes_are_offered_it(colors):
    from xaivision.fitting_methods import fitting_methods

    assert "prototype_matches" in fitting_methods(colors)
    assert "prototype_matches" not in fitting_methods(xv.classifier(torch.nn.Linear(3, 2)))
