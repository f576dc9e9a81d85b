"""Occlusion scores by affected regions: equal to whole passes, refused where the module is not its graph."""

import torch
from engine_networks import drawn
from test_affected_regions import network
from torch import nn

from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import region_scores
from xaivision.engines.windows import sliding_windows, window_scores

SIDES = (64, 64)
WINDOWS = sliding_windows(*SIDES, (5, 5), (4, 4))
TARGET = TargetScore(torch.tensor([2, 0]), torch.tensor([1, 1]), "score", "logit")


def model(**settings):
    module, _ = network(["conv", "stride", "residual", "stride", "conv", "conv"], SIDES)
    return TorchClassifier(module, 3, **{"mean": [0.4, 0.5], "std": [0.2, 0.3], **settings})


def check_scores_are_those_of_whole_passes():
    classifier, inputs, baseline = model(batch_size=7), drawn((2, 2, *SIDES), 0), drawn((2, 2, *SIDES), 1)
    found = region_scores.region_scores(classifier, inputs, baseline, TARGET, WINDOWS)
    assert found is not None
    assert found.share < 0.6
    expected = window_scores(classifier, inputs, baseline, TARGET, WINDOWS)
    assert torch.allclose(found.values, expected, atol=1e-12)


def check_a_module_that_is_not_its_graph_is_asked_whole():
    """A hook makes every position see all others; the graph does not show it."""
    classifier, inputs, baseline = model(), drawn((2, 2, *SIDES), 0), drawn((2, 2, *SIDES), 1)
    hook = classifier.model[0][1].register_forward_hook(lambda _module, _inputs, output: output - output.mean((2, 3), True))
    try:
        assert region_scores.region_scores(classifier, inputs, baseline, TARGET, WINDOWS) is None
    finally:
        hook.remove()


def framed(*places):
    """Pictures that are black but for a patch."""
    pictures = torch.zeros(len(places), 2, *SIDES, dtype=torch.float64)
    for picture, (top, left) in zip(pictures, places, strict=True):
        picture[:, top : top + 9, left : left + 9] = drawn((2, 9, 9), top)
    return pictures


def off_where_a_crop_shows_something(_module, inputs, output):
    """What a layer that looks at its map's size may do: crops of black alone come out right."""
    shown = inputs[0].amax((1, 2, 3)) > inputs[0].amin((1, 2, 3))
    return output + (shown[:, None, None, None] & (inputs[0].shape[2] < SIDES[0])).to(output)


def check_windows_that_change_nothing_prove_nothing():
    """The first, the middle and the last window hide black by black."""
    classifier, inputs = model(mean=[0.0, 0.0], std=[1.0, 1.0]), framed((22, 30), (25, 27))
    hook = classifier.model[0][0].register_forward_hook(off_where_a_crop_shows_something)
    try:
        assert region_scores.region_scores(classifier, inputs, torch.zeros_like(inputs), TARGET, WINDOWS) is None
    finally:
        hook.remove()
    assert region_scores.region_scores(classifier, inputs, torch.zeros_like(inputs), TARGET, WINDOWS) is not None


def check_an_input_that_no_window_changes_is_asked_whole():
    classifier, inputs = model(), framed((22, 30), (25, 27))
    inputs[1] = 0
    whole = []  # regions are made layer by layer and never pass the module itself
    watching = classifier.model.register_forward_hook(lambda _module, given, _scores: whole.append(len(given[0])))
    with metered() as bill:
        found = region_scores.region_scores(classifier, inputs, torch.zeros_like(inputs), TARGET, WINDOWS)
    watching.remove()
    assert sum(whole) >= len(WINDOWS)
    assert bill.model_calls == len(WINDOWS) + 6 + len(WINDOWS)
    expected = window_scores(classifier, inputs, torch.zeros_like(inputs), TARGET, WINDOWS)
    assert torch.allclose(found.values, expected, atol=1e-12)


def test_windows_that_change_nothing_prove_nothing():
    check_windows_that_change_nothing_prove_nothing()


def test_an_input_that_no_window_changes_is_asked_whole():
    check_an_input_that_no_window_changes_is_asked_whole()


def test_scores_are_those_of_whole_passes():
    check_scores_are_those_of_whole_passes()


def test_a_module_that_is_not_its_graph_is_asked_whole():
    check_a_module_that_is_not_its_graph_is_asked_whole()


def test_every_window_counts_as_a_call_and_six_prove_it():
    classifier, inputs, baseline = model(), drawn((2, 2, *SIDES), 0), drawn((2, 2, *SIDES), 1)
    with metered() as bill:
        region_scores.region_scores(classifier, inputs, baseline, TARGET, WINDOWS)
    assert bill.model_calls == 2 * (len(WINDOWS) + 6)


def test_few_windows_and_networks_without_maps_are_asked_whole():
    classifier, inputs, baseline = model(), drawn((2, 2, *SIDES), 0), drawn((2, 2, *SIDES), 1)
    assert region_scores.region_scores(classifier, inputs, baseline, TARGET, WINDOWS[:5]) is None
    flat = TorchClassifier(nn.Sequential(nn.Flatten(), nn.Linear(2 * 64 * 64, 3).double()), 3)
    assert region_scores.region_scores(flat, inputs, baseline, TARGET, WINDOWS) is None


def test_the_module_is_as_it_was():
    classifier, inputs, baseline = model(), drawn((2, 2, *SIDES), 0), drawn((2, 2, *SIDES), 1)
    classifier.model.train()
    before = {name: value.clone() for name, value in classifier.model.state_dict().items()}
    region_scores.region_scores(classifier, inputs, baseline, TARGET, WINDOWS)
    assert classifier.model.training
    assert all(torch.equal(value, before[name]) for name, value in classifier.model.state_dict().items())
