"""The operators that an audit looks at are those that its metrics really use."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.random import generator
from xaivision.evaluation.audit.replacements import operator_of
from xaivision.evaluation.audit.used_removals import imputing, removals_of, replacing
from xaivision.evaluation.registry import metric, sanity_check
from xaivision.explainers.registry import explainer

SIDE = 12


class Recorder:
    """A model of pictures that keeps what it is asked about."""

    def __init__(self, seen):
        self.seen = seen

    def __call__(self, batch):
        self.seen.extend(torch.as_tensor(batch).clone())
        total = torch.as_tensor(batch).double().mean((1, 2, 3))
        return torch.stack([total, 1 - total], 1).numpy()


def recorded():
    seen = []
    return FunctionClassifier(Recorder(seen), 2, score_unit="probability", domain="image"), seen


def pictures(count=2):
    return torch.rand(count, 3, SIDE, SIDE, generator=generator(0), dtype=torch.float64).float()


def used(judge, model, inputs, name="it"):
    (found,) = removals_of({name: judge}, model, inputs, 0).items()
    return found


@pytest.mark.parametrize(
    ("name", "operator"),
    [
        ("deletion", "black"),
        ("insertion", "blur"),
        ("pixel_flipping", "flipped"),
        ("region_perturbation", "noise"),
        ("selectivity", "black"),
    ],
)
def test_with_everything_removed_a_metric_asks_about_what_its_operator_makes(name, operator):
    model, seen = recorded()
    inputs = pictures()
    found, one = used(metric(name), model, inputs)
    assert found == operator
    assert one.metrics == ("it",)
    nothing_left = one.remove(torch.arange(2), torch.ones(2, SIDE * SIDE, dtype=torch.bool))
    assert not any(torch.allclose(one, other) for one, other in zip(nothing_left, inputs, strict=True))
    answer = explainer("sobel").explain(model, inputs)
    assert isinstance(answer, Attribution)
    seen.clear()
    metric(name).evaluate(model, answer)
    for wanted in nothing_left:
        assert any(torch.allclose(wanted, asked) for asked in seen)


def test_segments_are_evened_out_and_road_imputes():
    model, _ = recorded()
    inputs = pictures()
    assert used(metric("irof"), model, inputs)[0] == "mean"
    name, road = used(metric("road"), model, inputs)
    assert name == "imputed"
    gone = torch.zeros(2, SIDE * SIDE, dtype=torch.bool)
    gone[:, ::2] = True
    filled = road.remove(torch.tensor([1, 0]), gone)
    kept = ~gone.view(2, 1, SIDE, SIDE).expand(2, 3, SIDE, SIDE)
    assert torch.equal(filled[kept], inputs[[1, 0]][kept])
    assert not torch.allclose(filled, inputs[[1, 0]])


def test_metrics_that_share_an_operator_are_named_together_and_those_that_remove_nothing_have_none():
    model, _ = recorded()
    judges = {
        "deletion": metric("deletion"),
        "selectivity": metric("selectivity"),
        "sparseness": metric("sparseness"),
        "randomized": sanity_check("parameter_randomization"),
        "zeros": metric("deletion", baseline="zeros"),
    }
    found = removals_of(judges, model, pictures(), 0)
    assert {name: one.metrics for name, one in found.items()} == {"black": ("deletion", "selectivity", "zeros")}


def test_a_tensor_that_a_metric_was_given_is_an_operator_of_its_own():
    model, _ = recorded()
    inputs = pictures()
    name, one = used(metric("deletion", baseline=torch.full((3, SIDE, SIDE), 0.25)), model, inputs, "mine")
    assert name == "given (mine)"
    assert (one.remove(torch.tensor([0]), torch.ones(1, SIDE * SIDE, dtype=torch.bool)) == 0.25).all()


def test_each_input_is_given_its_own_substitute_and_noise_is_that_of_the_seed():
    inputs = pictures(3)
    remove = replacing(inputs, torch.arange(3.0).view(3, 1, 1, 1).expand_as(inputs))
    gone = torch.ones(2, SIDE * SIDE, dtype=torch.bool)
    assert remove(torch.tensor([2, 1]), gone).mean((1, 2, 3)).tolist() == [2, 1]
    model, _ = recorded()
    judges = {"it": metric("region_perturbation")}
    first, again, other = (
        removals_of(judges, model, inputs, seed)["noise"].remove(torch.tensor([0, 1]), gone) for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_imputed_pixels_have_a_hundredth_of_noise_where_nothing_else_is_said():
    inputs, gone = pictures(1), torch.ones(1, SIDE * SIDE, dtype=torch.bool)
    gone[0, ::2] = False
    plain, usual, loud = (imputing(inputs, 0, **said)(torch.tensor([0]), gone) for said in ({"noise": 0.0}, {}, {"noise": 1.0}))
    assert 0.005 < float((usual - plain).std()) < 0.015
    torch.testing.assert_close(100 * (usual - plain), loud - plain, atol=1e-3, rtol=0)


def test_tables_take_the_typical_values_of_their_schema():
    rows = torch.ones(2, 3)
    columns = SimpleNamespace(typical=(4.0, 5.0, 6.0), ranges=None, category_names=(), names=("a", "b", "c"), groups={})
    model = FunctionClassifier(lambda rows: rows[:, :2], 2, score_unit="logit", domain="tabular", schema=columns)
    name, one = used(metric("deletion"), model, rows)
    assert name == "typical"
    assert one.remove(torch.tensor([1]), torch.tensor([[True, False, True]])).tolist() == [[4, 1, 6]]


def test_a_metric_of_others_is_done_where_its_operator_is_known_and_left_out_where_it_is_not():
    model, _ = recorded()
    card = AboutEvaluator("road", "How?", "Always.", "2", "you", higher_is_better=True)

    def named(removal, **said):
        return SimpleNamespace(about=replace(card, **said), removal=removal)

    judges = {
        "a": named("blur"),
        "b": named("inpainted"),
        "c": named(torch.zeros(3, SIDE, SIDE)),
        "d": SimpleNamespace(about=card),
    }
    found = removals_of(judges, model, pictures(), 0)
    assert {name: one.metrics for name, one in found.items()} == {"blur": ("a",), "given (c)": ("c",)}
    assert [operator_of(name, judge, model)[0] for name, judge in judges.items()] == ["blur", "", "given (c)", ""]
    assert removals_of({"a": named("blur", trains_again=True)}, model, pictures(), 0) == {}
    assert list(removals_of({"a": named(None, replaces_by="noise")}, model, pictures(), 0)) == ["noise"]
    assert list(removals_of({"a": named(None)}, model, pictures(), 0)) == ["black"]


def test_tables_take_zeros_where_no_typical_value_is_known():
    model = FunctionClassifier(lambda rows: rows[:, :2], 2, score_unit="logit", domain="tabular")
    name, one = used(metric("insertion"), model, torch.ones(2, 5))
    assert name == "zeros"
    gone = torch.tensor([[True, False, True, False, False]])
    assert one.remove(torch.tensor([1]), gone).tolist() == [[0, 1, 0, 1, 1]]


def test_pixels_go_with_all_their_channels_and_numbers_say_of_which_picture():
    inputs = pictures(3)
    gone = torch.zeros(2, SIDE * SIDE, dtype=torch.bool)
    gone[0, 5] = gone[1, 7] = True
    found = replacing(inputs, 1 - inputs)(torch.tensor([2, 0]), gone)
    changed = (found != inputs[[2, 0]]).flatten(2).all(1)
    assert changed.nonzero().tolist() == [[0, 5], [1, 7]]


def test_noise_of_imputation_is_the_same_again():
    inputs = pictures()
    gone = torch.ones(1, SIDE * SIDE, dtype=torch.bool)
    one, again = (imputing(inputs, 4)(torch.tensor([0]), gone) for _ in range(2))
    assert torch.equal(one, again)
    assert not torch.equal(one, imputing(inputs, 5)(torch.tensor([0]), gone))
