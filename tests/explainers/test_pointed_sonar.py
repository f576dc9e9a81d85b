"""From map to object on generated sonar: the point lies in the object, the region around it is the object, and it decides."""

import pytest
import torch

from xaivision.core.random import generator
from xaivision.core.targets import Target, TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.registry import load_dataset
from xaivision.engines.baselines import reference_inputs
from xaivision.engines.mask_effects import mask_effects
from xaivision.engines.mask_evidence import points_inside
from xaivision.engines.pointed_objects.naming import point_segmenter
from xaivision.engines.points import EvidencePoint, evidence_points, standing_out
from xaivision.engines.superpixels import Grid
from xaivision.explainers.registry import explainer
from xaivision.models.registry import load_model

# Wider than high, so that rows and columns cannot be in each other's place; the objects lie above row 36.
HEIGHT, COUNT = 40, 16


@pytest.fixture(scope="module")
def explained():
    """Pictures that the network names rightly, their objects with and without shadow, and maps of what makes the class first."""
    # The network itself takes pictures of any size.
    model, data = TorchClassifier(load_model("sonar48_convnet").model, 4), load_dataset("sonar48")
    rows = data.split.test[data.targets[data.split.test] > 0]
    inputs = data.inputs[rows, :, :HEIGHT]
    right = (model(inputs).argmax(1) == data.targets[rows]).nonzero().flatten()[:COUNT]
    objects, both = load_dataset("sonar48", part="object").truth, data.truth
    asked = explainer("permutation_shap", segments=Grid(8, 8), budget=600, baseline="seabed")
    answer = asked.explain(model, inputs[right], Target(output="margin"), seed=0).as_attribution()
    chosen = rows[right]
    maps = answer.feature_values.double()
    gap = maps.flatten(1).sum(1) - (answer.query.scores - answer.reference_scores).double()
    assert float(gap.abs().max()) < 1e-4
    return model, inputs[right], objects[chosen][:, :HEIGHT], both[chosen][:, :HEIGHT], maps


@pytest.fixture(scope="module")
def points(explained):
    _, inputs, _, _, maps = explained
    return [evidence_points(one, detail=standing_out(image)) for one, image in zip(maps, inputs, strict=True)]


def share_inside(points, masks):
    return sum(points_inside(one, mask) for one, mask in zip(points, masks, strict=True)) / len(points)


def mean_overlap(found, truth):
    return float(((found & truth).flatten(1).sum(1) / (found | truth).flatten(1).sum(1)).mean())


def masks_at(name, explained, points):
    _, inputs, _, _, maps = explained
    segmenter = point_segmenter(name)
    return torch.stack([segmenter.segmented(*one).mask for one in zip(inputs, points, maps, strict=True)])


def random_points(maps):
    draws = generator(0, "random points")
    places = [divmod(int(torch.randint(one.numel(), (), generator=draws)), one.shape[1]) for one in maps]
    return [(EvidencePoint(row, column, 1.0),) for row, column in places]


def test_the_point_lies_in_the_object_and_not_with_x_and_y_swapped(explained, points):
    _, _, objects, _, _ = explained
    assert float(objects.double().mean()) < 0.1
    assert share_inside(points, objects) >= 0.9
    swapped = [(EvidencePoint(min(one.column, HEIGHT - 1), one.row, one.evidence),) for (one,) in points]
    assert share_inside(swapped, objects) < 0.5


def test_the_region_grown_from_the_point_is_the_object_and_decides(explained, points):
    """The bounds that the specification sets: 4 times the overlap of a random point, 10 times the drop of a shifted mask."""
    model, inputs, objects, _, maps = explained
    found = masks_at("region_growing", explained, points)
    random = masks_at("region_growing", explained, random_points(maps))
    assert mean_overlap(found, objects) > max(4 * mean_overlap(random, objects), 0.25)
    deletion, shifted = drops(model, inputs, found)
    assert deletion > max(10 * shifted, 0.5)


def test_superpixels_merge_to_the_object_with_its_shadow_which_is_all_that_counts(explained, points):
    model, inputs, _, both, _ = explained
    found = masks_at("superpixel_merge", explained, points)
    assert mean_overlap(found, both) > 0.5
    deletion, shifted = drops(model, inputs, found)
    assert deletion > max(10 * shifted, 0.5)


def drops(model, inputs, masks):
    target = TargetScore(model(inputs).argmax(1), output="probability", score_unit=model.score_unit)
    found = mask_effects(model, inputs, reference_inputs("seabed", inputs, generator(0)), target, masks)
    return float(found.deletion.mean()), float(found.shifted_deletion.mean())
