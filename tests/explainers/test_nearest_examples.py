import pytest
import torch
from explainer_networks import drawn, image_classifier, seeded, table_classifier
from torch import nn

from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.nearest_examples import NearestExamples


def test_rows_are_the_nearest_with_each_column_divided_by_its_spread():
    model, inputs, background = table_classifier(), drawn((3, 4), 0), drawn((9, 4), 1) * torch.tensor([1.0, 5, 0.1, 1])
    found = NearestExamples(background, k=4).explain(model, inputs, [2, 0, 1])
    spread = ((background - background.mean(0)) ** 2).mean(0).sqrt()
    for i, target in enumerate((2, 0, 1)):
        distances = [float((((inputs[i] - row) / spread) ** 2).sum().sqrt()) for row in background]
        expected = sorted(range(9), key=distances.__getitem__)[:4]
        assert found.indices[i].tolist() == expected
        assert torch.equal(found.examples[i], background[expected])
        torch.testing.assert_close(-found.similarity[i], torch.tensor([distances[j] for j in expected]).double())
        torch.testing.assert_close(found.example_scores[i], model(background[expected])[:, target], atol=1e-13, rtol=0)


def test_maps_sum_to_the_similarity():
    background = drawn((9, 2, 8, 8), 1)
    found = NearestExamples(background).explain(image_classifier(), drawn((2, 2, 8, 8), 0))
    assert found.maps.shape == (2, 3, 2, 8, 8)
    torch.testing.assert_close(found.maps.sum((2, 3, 4)), found.similarity, atol=1e-12, rtol=0)


def test_pictures_are_compared_as_they_are():
    background, inputs = drawn((9, 2, 8, 8), 1), drawn((1, 2, 8, 8), 0)
    found = NearestExamples(background, k=1).explain(image_classifier(), inputs)
    distances = (background - inputs).flatten(1).norm(dim=1)
    assert int(found.indices) == int(distances.argmin())
    assert float(found.similarity) == pytest.approx(-float(distances.min()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_constant_column_counts_as_it_is(dtype):
    """Rounding gives 0.1, repeated, a standard deviation of 1e-8: divided by that, it would decide alone."""
    background = torch.stack([torch.arange(50.0) / 50, torch.full((50,), 0.1)], 1).to(dtype)
    inputs = torch.tensor([[0.5, 0.2]], dtype=dtype)
    found = NearestExamples(background, k=1).explain(table_classifier(2), inputs)
    assert int(found.indices) == 25
    assert float(found.similarity) == pytest.approx(-0.1, rel=1e-5)


def test_with_a_layer_distance_is_measured_in_its_output():
    model, inputs, background = image_classifier(), drawn((2, 2, 8, 8), 0), drawn((9, 2, 8, 8), 1)
    found = NearestExamples(background, layer="5").explain(model, inputs)
    with torch.no_grad():
        points, candidates = model.model[:6](inputs), model.model[:6](background)
    distances = torch.cdist(points, candidates, compute_mode="donot_use_mm_for_euclid_dist")
    assert torch.equal(found.indices, distances.argsort(1)[:, :3])
    torch.testing.assert_close(-found.similarity, distances.sort(1).values[:, :3], atol=1e-12, rtol=0)
    assert found.maps is None
    with pytest.raises(CapabilityError, match="`nearest_examples` cannot be read as an attribution"):
        found.as_attribution()


def test_a_layer_that_is_not_called_is_refused():
    class Unused(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused, self.head = nn.Linear(4, 4), nn.Linear(4, 2)

        def forward(self, x):
            return self.head(x)

    model = TorchClassifier(seeded(Unused), 2, domain="tabular")
    found = NearestExamples(drawn((5, 4), 1), layer="unused").explain(model, drawn((1, 4), 0))
    assert found.verdict.status == "refuse"
    assert found.verdict.reasons == ("the layer `unused` was not called in the forward pass",)


def test_without_a_layer_it_asks_for_scores_only():
    model = FunctionClassifier(lambda x: x[:, :2], 2, score_unit="logit", domain="tabular")
    background = drawn((5, 3), 1)
    assert int(NearestExamples(background, k=1).explain(model, background[3:4]).indices) == 3
    with pytest.raises(CapabilityError, match="`nearest_examples` needs a model's activations"):
        NearestExamples(background, layer="0").explain(model, background[:1])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"k": 6}, r"`k` must be from 1 to the 5 examples of the background\. Got 6\."),
        ({"k": 0}, r"`k` must be a positive integer\. Got 0\."),
        ({"k": True}, r"`k` must be a positive integer\. Got True\."),
        ({"k": 2.5}, r"`k` must be a positive integer\. Got 2\.5\."),
        ({"background": "rows"}, r"`background` must be a tensor \(N, \*S\), one example a row\. Got str\."),
        ({"background": torch.tensor(1.0)}, r"`background` must be a tensor \(N, \*S\), one example a row\. Got Tensor\."),
        ({"background": torch.zeros(0, 4)}, r"`k` must be from 1 to the 0 examples of the background\. Got 3\."),
        ({"background": torch.full((5, 4), float("nan"))}, r"`background` must be finite\. Got values that are NaN"),
    ],
)
def test_wrong_settings_are_refused_when_they_are_given(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        NearestExamples(**{"background": drawn((5, 4), 1), **settings})


def test_a_background_of_other_columns_is_refused():
    with pytest.raises(InputError, match=r"`background` must hold inputs of shape \(4,\)\. Got \(3,\)\."):
        NearestExamples(drawn((5, 3), 1)).explain(table_classifier(), drawn((1, 4), 0))


def test_a_background_of_8_bit_pictures_is_refused():
    background = (drawn((5, 2, 8, 8), 1) * 255).to(torch.uint8)
    with pytest.raises(InputError, match=r"`background` must hold images in \[0, 1\]\. Got values from \d+ to 25\d\."):
        NearestExamples(background).explain(image_classifier(), drawn((1, 2, 8, 8), 0))


def test_an_unknown_layer_is_refused():
    with pytest.raises(UnknownNameError, match=r"`head` is not a known layer of this model\."):
        NearestExamples(drawn((5, 4), 1), layer="head").explain(table_classifier(), drawn((1, 4), 0))
