import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from audit_subjects import RAISES, everything, linear, linear_model, rows_of, small_plan, touchy_model, values, worker_of

from xaivision.core.diagnostics import Note
from xaivision.core.errors import Cancelled, InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.metering import metered
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.targets import Target
from xaivision.evaluation.audit.items import GivenItems
from xaivision.evaluation.audit.part import Doubt, Shard, summed_doubts
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.worker import Worker
from xaivision.evaluation.registry import metric
from xaivision.explainers.registry import explainer

METRICS = ("deletion", "sparseness", "max_sensitivity")


def test_every_item_method_control_and_metric_has_its_row():
    worker = worker_of()
    found = worker(everything(worker)).rows
    plain = {(row.item, row.method, row.metric) for row in found if not row.variant and row.metric != "agreement"}
    everyone = ("occlusion", "shapley", "random", "input_magnitude")
    assert plain == {(str(item), label, name) for item in range(11) for label in everyone for name in METRICS}
    assert not any(row.error for row in found)


def test_values_are_those_of_the_metric_asked_about_each_item_alone():
    worker = worker_of()
    found = worker(everything(worker)).rows
    judge, method, model = metric("deletion", steps=5, baseline="zeros"), explainer("occlusion", baseline="zeros"), linear_model()
    for item, row in enumerate(rows_of()):
        alone = judge.evaluate(model, method.explain(model, row[None]))
        told = values(found, method="occlusion", metric="deletion", variant="")[str(item)]
        assert told == pytest.approx(float(alone.values), abs=1e-12)


def test_the_reversed_ranking_is_a_row_of_its_own_for_methods_on_metrics_of_faithfulness_alone():
    worker = worker_of()
    reversed_ = {(row.method, row.metric) for row in worker(everything(worker)).rows if row.variant == "reversed"}
    assert reversed_ == {("occlusion", "deletion"), ("shapley", "deletion")}


def test_a_control_that_is_chance_has_its_draws_and_their_mean():
    worker = worker_of()
    found = worker(everything(worker)).rows
    draws = [values(found, method="random", metric="deletion", variant=f"draw {number}") for number in range(10)]
    mean = values(found, method="random", metric="deletion", variant="")
    for item, value in mean.items():
        assert value == pytest.approx(sum(draw[item] for draw in draws) / 10)
    assert len({draw["0"] for draw in draws}) > 1


def test_the_model_is_not_asked_twice_for_what_two_methods_need():
    worker = worker_of()
    with metered() as meter:
        part = worker(everything(worker))
    alone = sum(cost.model_calls for cost in part.costs)
    assert part.model_calls == meter.model_calls < alone


def test_a_row_that_makes_the_model_raise_fails_alone_and_the_others_are_as_without_it():
    inputs = rows_of()
    broken = inputs.clone()
    broken[4, 0] = RAISES
    without = worker_of(touchy_model, inputs)
    plain = {(*row[:-3], row.value) for row in without(everything(without)).rows if row.item != "4"}
    worker = worker_of(touchy_model, broken)
    found = worker(everything(worker)).rows
    failed = [row for row in found if row.item == "4"]
    assert [(row.method, row.metric, row.target, row.error) for row in failed] == [
        ("", "", -1, "the model raised ValueError: a sensor is broken")
    ]
    rest = {(*row[:-3], row.value) for row in found if row.item != "4"}
    assert {row[:5] for row in rest} == {row[:5] for row in plain}
    numbers = {row[:5]: row[5] for row in plain}
    assert all(row[5] == pytest.approx(numbers[row[:5]], abs=1e-9, nan_ok=True) for row in rest)


def test_an_item_that_is_not_finite_says_so_in_its_row():
    inputs = rows_of(3)
    inputs[1, 2] = math.nan
    worker = worker_of(inputs=inputs)
    failed = [row for row in worker(everything(worker)).rows if row.item == "1"]
    assert len(failed) == 1
    assert "must be finite" in failed[0].error


def test_a_shard_without_one_item_that_can_be_scored_is_a_part_of_errors():
    worker = worker_of(touchy_model, torch.full((2, 5), RAISES, dtype=torch.float64))
    part = worker(everything(worker))
    assert [row.error for row in part.rows] == ["the model raised ValueError: a sensor is broken"] * 2
    assert part.items == 2


def test_a_method_that_cannot_answer_fails_in_its_own_rows_alone():
    plan = small_plan()
    plan = AuditPlan(
        {**plan.methods, "shapley": explainer("exact_shapley", baseline="zeros", budget=4)}, plan.controls, plan.judges
    )
    worker = worker_of(plan=plan)
    found = worker(everything(worker)).rows
    failed = [row for row in found if row.error]
    assert {row.method for row in failed} == {"shapley"}
    assert {row.metric for row in failed} == {""}
    assert len(values(found, method="occlusion", metric="deletion", variant="")) == 11


def test_an_explanation_that_is_refused_has_no_value_on_any_metric():
    class Refused(type(explainer("occlusion"))):
        def explain(self, model, inputs, targets=None, *, seed=0):
            found = super().explain(model, inputs, targets, seed=seed)
            values = found.values.clone()
            values[0] = math.inf
            return found.with_values(values)

    plan = small_plan()
    worker = worker_of(plan=AuditPlan({"broken": Refused(baseline="zeros")}, plan.controls, plan.judges))
    found = [row for row in worker(everything(worker)).rows if row.method == "broken"]
    assert {row.verdict for row in found if row.item == "0"} == {"refuse"}
    assert all(math.isnan(row.value) for row in found if row.item == "0")
    assert not any(math.isnan(row.value) for row in found if row.item == "1" and row.metric == "deletion")


class Doubted(type(explainer("occlusion"))):
    """Finite maps, of which the first is no explanation, and of which all have a doubt with a number of their own."""

    def explain(self, model, inputs, targets=None, *, seed=0):
        found = super().explain(model, inputs, targets, seed=seed)
        own = [Note("warn", f"it sums to {0.5 + item}, by layers.2", (item,)) for item in range(len(inputs))]
        refused = Note("refuse", "it is cut", (0,))
        return replace(found, diagnostics=replace(found.diagnostics, notes=(refused, *own)))


def test_a_finite_map_that_is_refused_has_no_value_and_a_control_has_no_verdict_whatever_it_says():
    doubted = Doubted(baseline="zeros")
    worker = worker_of(plan=AuditPlan({"method": doubted}, {"control": doubted}, small_plan().judges))
    part = worker(everything(worker))
    first = [row for row in part.rows if row.item == "0" and row.metric in METRICS]
    assert all(math.isnan(row.value) for row in first if row.method == "method")
    assert not any(math.isnan(row.value) for row in first if row.method == "control" and row.metric == "deletion")
    assert {row.verdict for row in first if row.method == "method"} == {"refuse"}
    assert {row.verdict for row in part.rows if row.method == "control"} == {""}


def test_reasons_are_counted_by_method_without_their_numbers_and_those_of_controls_are_not():
    doubted = Doubted(baseline="zeros")
    worker = worker_of(plan=AuditPlan({"method": doubted}, {"control": doubted}, small_plan().judges))
    sums = "it sums to \N{HORIZONTAL ELLIPSIS}, by layers.2"
    assert set(worker(everything(worker)).doubts) == {Doubt("method", sums, 11), Doubt("method", "it is cut", 1)}
    assert summed_doubts([Doubt("a", "x", 1), Doubt("a", "y", 2), Doubt("a", "x", 4)]) == (Doubt("a", "x", 5), Doubt("a", "y", 2))


def test_a_curve_that_is_not_finite_everywhere_is_in_no_sum():
    class Cut(type(metric("deletion"))):
        def evaluate(self, model, explanation, *, seed=0):
            found = super().evaluate(model, explanation, seed=seed)
            curves = found.curves.clone()
            curves[3, 1] = math.inf
            return replace(found, curves=curves)

    plan = small_plan()
    worker = worker_of(plan=AuditPlan(plan.methods, {}, {"deletion": Cut(steps=5, baseline="zeros")}))
    assert {one.items for one in worker(everything(worker)).curves} == {10}


def test_agreement_of_every_two_explanations_is_their_rank_correlation():
    worker = worker_of()
    found = values(worker(everything(worker)).rows, metric="agreement", method="occlusion|shapley")
    assert found == pytest.approx(dict.fromkeys(map(str, range(11)), 1.0))  # both are exact for a linear model


def test_masks_of_all_items_are_handed_to_the_items_they_belong_to():
    method = explainer("occlusion", baseline="zeros")
    largest = method.explain(linear_model(), rows_of()).values.argmax(1)
    assert largest[[8, 2, 0, 1]].tolist() == [1, 0, 4, 0]  # the mask of another item would miss
    masks = torch.nn.functional.one_hot(largest, 5).bool()
    plan = AuditPlan({"occlusion": method}, {}, {"found": metric("pointing_game", masks=masks)})
    found = worker_of(plan=plan)(Shard(1, (8, 2))).rows
    assert values(found, metric="found", variant="") == {"8": 1.0, "2": 1.0}


@pytest.mark.parametrize("shape", [(10, 5), (11, 1, 5)])
def test_masks_of_no_item_of_a_table_are_refused_and_not_guessed(shape):
    masks = torch.ones(shape, dtype=torch.bool)
    plan = AuditPlan({"occlusion": explainer("occlusion", baseline="zeros")}, {}, {"found": metric("pointing_game", masks=masks)})
    found = worker_of(plan=plan)(Shard(1, (2, 3))).rows
    assert {row.item for row in found if "`masks` must have the shape" in row.error} == {"2", "3"}


def test_curves_are_summed_over_the_items_and_begin_at_the_score():
    worker = worker_of()
    curves = {(one.label, one.metric): one for one in worker(everything(worker)).curves}
    one = curves["occlusion", "deletion"]
    assert one.items == 11
    assert (one.shares[0], one.shares[-1]) == (0.0, 1.0)
    scores = linear_model()(rows_of()).softmax(1).amax(1)
    assert one.sums[0] == pytest.approx(float(scores.sum()))


def test_maps_are_kept_on_a_scale_of_one_in_the_order_of_the_items():
    worker = worker_of()
    shard = Shard(1, (4, 2))
    kept = worker(shard).maps["occlusion"]
    values_ = explainer("occlusion", baseline="zeros").explain(linear_model(), rows_of()[[4, 2]]).values
    assert torch.allclose(torch.from_numpy(kept).double(), values_ / values_.abs().amax(1, keepdim=True), atol=1e-3)


def test_cancelling_stops_the_worker():
    token = CancelToken()
    token.cancel()
    worker = worker_of()
    with pytest.raises(Cancelled), reporting(None, token):
        worker(everything(worker))


def one_method(explain, **more) -> AuditPlan:
    class Odd(type(explainer("occlusion"))):
        def explain(self, model, inputs, targets=None, *, seed=0):
            return explain(lambda some: super(Odd, self).explain(model, some, seed=seed), inputs)

    return AuditPlan({"odd": Odd(baseline="zeros"), **small_plan().methods}, {}, {"sparseness": metric("sparseness"), **more})


@pytest.mark.parametrize("explain", [lambda usual, inputs: None, lambda usual, inputs: inputs])
def test_a_method_that_gives_no_explanation_fails_in_its_own_rows_alone(explain):
    worker = worker_of(plan=one_method(explain))
    found = worker(everything(worker)).rows
    assert {row.method for row in found if row.error} == {"odd"}
    assert all("must give an explanation of 1 inputs. Got" in row.error for row in found if row.error)
    assert len(values(found, method="occlusion", metric="sparseness", variant="")) == 11


def test_a_method_that_forgets_an_item_is_asked_about_each_alone():
    worker = worker_of(plan=one_method(lambda usual, inputs: usual(inputs[:1])))
    found = worker(everything(worker)).rows
    assert not any(row.error for row in found)
    alone = values(found, method="odd", metric="sparseness", variant="")
    assert alone == pytest.approx(values(found, method="occlusion", metric="sparseness", variant=""))


def test_a_metric_that_gives_no_value_for_each_input_fails_in_its_own_rows_alone():
    class Odd(type(metric("sparseness"))):
        def evaluate(self, model, attribution, *, seed=0):
            found = super().evaluate(model, attribution, seed=seed)
            return replace(found, values=torch.zeros(3)) if found.method == "occlusion" else None

    judges = {"odd": Odd(), "sparseness": metric("sparseness")}
    worker = worker_of(plan=AuditPlan(small_plan().methods, {}, judges))
    found = worker(everything(worker)).rows
    assert {(row.method, row.metric) for row in found if row.error} == {("occlusion", "odd"), ("shapley", "odd")}
    told = {row.method: row.error for row in found if row.error}
    assert told["occlusion"].endswith("one value for each of 1 inputs. Got values of the shape (3,).")
    assert "NoneType" in told["shapley"]


def test_a_score_that_is_no_number_is_the_failure_of_its_item():
    def score(rows):
        return np.where(rows[:, :1] == RAISES, np.nan, linear(rows))

    inputs = rows_of(4)
    inputs[2, 0] = RAISES
    worker = worker_of(lambda: FunctionClassifier(score, 2, score_unit="logit", domain="tabular"), inputs)
    failed = [row for row in worker(everything(worker)).rows if row.error]
    assert [(row.item, row.method) for row in failed] == [("2", "")]
    assert "must give a finite logit. Got [nan]" in failed[0].error


def summing(rows: np.ndarray) -> np.ndarray:
    total = rows.sum(1)
    return np.stack([total, -total], 1)


def test_items_of_several_shapes_are_each_asked_about_whatever_shard_they_are_in():
    class Ragged:
        names, fingerprint = ("a", "b", "c", "d"), ""

        def load(self, index):
            return rows_of(4)[index][: 5 if index % 2 else 4]

    model = FunctionClassifier(summing, 2, score_unit="logit", domain="tabular")
    plan = AuditPlan({"occlusion": explainer("occlusion", baseline="zeros")}, {}, {"deletion": metric("deletion", steps=2)})
    worker = Worker(model, Ragged(), plan)
    together, alone = worker(Shard(0, (0, 1, 2, 3))).rows, [row for item in range(4) for row in worker(Shard(item, (item,))).rows]
    assert not any(row.error for row in together)
    assert repr(together) == repr(tuple(alone))


def test_an_item_of_a_shape_that_the_model_does_not_know_fails_alone():
    class Ragged:
        names, fingerprint = ("a", "b", "c"), ""

        def load(self, index):
            return rows_of(3)[index][: 5 if index < 2 else 4]

    found = replace(worker_of(), items=Ragged())(Shard(0, (0, 1, 2))).rows
    assert {row.item for row in found if row.error} == {"c"}
    assert len(values(found, method="occlusion", metric="deletion", variant="")) == 2


def test_pictures_of_the_others_are_kept_where_one_cannot_be_read(tmp_path):
    class OneDamaged:
        names, fingerprint = ("a", "b", "c"), ""

        def load(self, index):
            if index == 1:
                raise InputError("It is damaged.")
            return torch.full((1, 4, 4), index / 2)

    model = FunctionClassifier(
        lambda x: np.stack([x.mean((1, 2, 3)), 0 * x.mean((1, 2, 3))], 1), 2, score_unit="logit", domain="image"
    )
    plan = AuditPlan({"occlusion": explainer("occlusion", window=2)}, {}, {"sparseness": metric("sparseness")})
    part = Worker(model, OneDamaged(), plan)(Shard(0, (0, 1, 2)))
    assert part.pictures[:, 0, 0, 0].tolist() == [0, 0, 255]
    assert np.isnan(part.maps["occlusion"][1]).all()
    assert not np.isnan(part.maps["occlusion"][0]).any()


def picture_worker(plan: AuditPlan, count: int = 4) -> Worker:
    pictures = torch.rand(count, 1, 4, 4, generator=torch.Generator().manual_seed(1))

    def score(x):
        total = (x * np.arange(16).reshape(4, 4)).sum((1, 2, 3))
        return np.stack([total, -total], 1)

    return Worker(FunctionClassifier(score, 2, score_unit="logit", domain="image"), GivenItems(pictures), plan)


def test_masks_and_baselines_of_all_items_reach_each_item_in_whatever_shard_it_is():
    masks = torch.zeros(4, 4, 4, dtype=torch.bool)
    masks[[0, 2], 3, 3] = True  # where the model's largest weight is
    masks[[1, 3], 0, 0] = True
    baselines = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 1, 4, 4).contiguous()
    usual = explainer("occlusion", window=1, baseline=baselines)
    worker = picture_worker(AuditPlan({"occlusion": usual}, {}, {"pointing_game": metric("pointing_game", masks=masks)}))
    together = values(worker(Shard(0, (0, 1, 2, 3))).rows, metric="pointing_game")
    alone = {k: v for item in range(4) for k, v in values(worker(Shard(item, (item,))).rows, metric="pointing_game").items()}
    assert together == alone
    expected = usual.explain(worker.model, worker.items.inputs)
    assert list(together.values()) == metric("pointing_game", masks=masks).evaluate(worker.model, expected).values.tolist()
    assert len(set(together.values())) == 2


def test_an_item_that_cannot_be_read_has_a_row_that_says_so():
    class OneDamaged:
        names, fingerprint = ("a", "b"), ""

        def load(self, index):
            if index:
                raise OSError("The drive is gone.")
            return rows_of(2)[0]

    failed = [row for row in replace(worker_of(), items=OneDamaged())(Shard(0, (0, 1))).rows if row.error]
    assert [(row.item, row.method, row.target) for row in failed] == [("b", "", -1)]
    assert failed[0].error == "reading it raised OSError: The drive is gone."


def test_the_class_that_it_is_held_against_is_each_items_own():
    def score(rows):
        return np.stack([rows[:, 0], 2 * rows[:, 1], 4 * rows[:, 2]], 1)

    plan = AuditPlan(
        {"occlusion": explainer("occlusion", baseline="zeros")},
        {},
        {"deletion": metric("deletion", steps=2, baseline="zeros")},
        Target([0, 0, 1], [1, 2, 2]),
    )
    worker = worker_of(lambda: FunctionClassifier(score, 3, score_unit="logit", domain="tabular"), rows_of(3), plan)
    kept = worker(Shard(0, (0, 1, 2))).maps["occlusion"]
    assert [np.flatnonzero(one).tolist() for one in kept] == [[0, 1], [0, 2], [1, 2]]


def test_the_seed_reaches_the_metrics():
    seen = []

    class Seeing(type(metric("sparseness"))):
        def evaluate(self, model, attribution, *, seed=0):
            seen.append(seed)
            return super().evaluate(model, attribution, seed=seed)

    plan = AuditPlan({"input_magnitude": explainer("input_magnitude")}, {}, {"sparseness": Seeing()}, seed=7)
    worker = worker_of(plan=plan)
    worker(everything(worker))
    assert seen == [7]
