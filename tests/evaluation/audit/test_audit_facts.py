"""The facts of an audit, read off its plan and its rows."""

import math
from dataclasses import fields, replace
from types import SimpleNamespace

import pytest
import torch
from audit_subjects import everything, small_plan, touchy_model, worker_of

from xaivision.core.about import AboutEvaluator
from xaivision.evaluation.audit.facts import audit_facts, changes_weights
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.replacements import in_words
from xaivision.evaluation.audit.rows import Row
from xaivision.evaluation.f_fidelity import FFidelity
from xaivision.evaluation.registry import EVALUATORS, metric, sanity_check
from xaivision.explainers.registry import explainer


def row(item="0", target=0, method="occlusion", metric="deletion", error="", verdict="ok") -> Row:
    return Row(item, target, method, "", metric, math.nan if error else 1.0, error, verdict)


def facts_with(**judges):
    plan = AuditPlan(small_plan().methods, small_plan().controls, judges)
    return audit_facts(plan, [row()], 1, 2)


def test_items_classes_and_explanations_are_counted_once():
    rows = [
        row(),
        row(metric="sparseness"),
        row(method="shapley", verdict="refuse"),
        row(method="shapley", verdict="refuse", metric="sparseness"),
        row(method="random", verdict="ok"),
        row("1", 1, "random", "", "It failed.", ""),
        row("1", target=1),
        row("2", target=-1, method="", metric="", error="It is broken.", verdict=""),
    ]
    found = audit_facts(small_plan(), rows, 3, 4)
    assert (found.items, found.failed, found.explanations, found.refused) == (3, 1, 3, 1)
    assert (found.classes, found.num_classes) == (2, 4)


def test_what_a_worker_gives_has_its_failures_counted():
    inputs = torch.randn(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    inputs[2, 0] = 77.0
    worker = worker_of(touchy_model, inputs)
    found = audit_facts(small_plan(), worker(everything(worker)).rows, 5, 2)
    assert (found.items, found.failed, found.explanations) == (5, 1, 8)


def test_the_small_plan_is_seen_as_it_is():
    found = audit_facts(small_plan(), [row()], 1, 2)
    assert found.controls == ("random", "input_magnitude")
    assert (found.faithfulness, found.removals) == (("deletion",), ("zeros",))
    assert (found.masks, found.changes_weights, found.nearby, found.other_seeds) == (False, False, True, False)
    assert not found.trains_again


def test_masks_are_seen():
    without = {name for name, kind in EVALUATORS.items() if not kind.about.shown_truth}
    assert not {name for name in without if "masks" in {part.name for part in fields(EVALUATORS[name])}}
    assert facts_with(pointing=metric("pointing_game", masks=torch.ones(5))).masks


def test_sanity_checks_are_told_apart():
    assert facts_with(check=sanity_check("parameter_randomization")).changes_weights
    assert not facts_with(check=sanity_check("seed_stability")).changes_weights
    assert facts_with(check=sanity_check("seed_stability")).other_seeds
    assert not facts_with(check=sanity_check("seed_stability")).nearby
    assert facts_with(check=sanity_check("relative_input_stability")).nearby


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("parameter_randomization", True),
        ("smooth_parameter_randomization", True),
        ("data_randomization", True),
        ("efficient_parameter_randomization", False),  # it looks at the disorder of each map, and holds none against the other
        ("random_logit", False),
        ("max_sensitivity", False),
        ("deletion", False),
    ],
)
def test_checks_that_hold_maps_against_those_of_another_model_are_told_by_their_cards(name, found):
    assert changes_weights(EVALUATORS[name].about) == found


def card(name: str, **said) -> SimpleNamespace:
    usual = {"higher_is_better": True, "judges": "explainer"}
    return SimpleNamespace(about=AboutEvaluator(name, "How?", "Always.", "2", "you", **{**usual, **said}))


def test_the_checks_of_others_are_judged_by_what_their_cards_say_and_not_by_their_names():
    named = facts_with(
        a=card("my_randomization"), b=card("sensitivity_of_mine"), c=card("seed_stability"), d=card("roar"), e=card("focus")
    )
    said = facts_with(
        a=card("a", asks_again="another model"),
        b=card("b", asks_again="nearby inputs"),
        c=card("c", asks_again="other seeds"),
        d=card("d", trains_again=True),
        e=card("e", shown_truth=True),
    )
    for facts, expected in ((named, False), (said, True)):
        assert (facts.changes_weights, facts.nearby, facts.other_seeds, facts.trains_again, facts.masks) == (expected,) * 5


def test_a_metric_of_others_says_what_it_puts_in_the_place_of_features():
    told = card("inpainted", judges="explanation", faithfulness=True)
    told.removal = "inpainted"
    by_card = card("quiet", judges="explanation", faithfulness=True, replaces_by="hum")
    assert facts_with(a=told, b=by_card).removals == ("inpainted", "hum")
    told.removal = torch.zeros(3)
    assert in_words(told) == "given values"


def test_removals_are_told_in_words_and_counted_once():
    found = facts_with(
        one=metric("deletion", baseline="zeros"),
        two=metric("insertion", baseline="zeros"),
        three=metric("deletion", baseline=torch.zeros(5)),
        four=metric("sparseness"),
        five=metric("road"),
    )
    assert found.removals == ("zeros", "given values", "imputed")


def test_a_metric_that_replaces_nothing_has_no_removal():
    assert in_words(metric("sparseness")) == ""
    assert in_words(metric("pixel_flipping")) == "its own default"


def test_mosaics_show_where_a_class_is_as_masks_do():
    assert facts_with(focus=SimpleNamespace(about=EVALUATORS["focus"].about)).masks


def test_a_metric_over_a_fine_tuned_copy_replaces_features_as_its_copy_was_taught_to():
    masking = SimpleNamespace(masking=SimpleNamespace(baseline="mean"))
    removal = FFidelity.removal.fget(SimpleNamespace(finetuned=masking))
    found = facts_with(f=SimpleNamespace(about=FFidelity.about, removal=removal))
    assert (found.removals, found.trains_again) == (("mean",), True)


def test_a_plan_without_controls_has_none():
    assert audit_facts(replace(small_plan(), controls={}), [], 1, 2).controls == ()
    assert explainer("random").about.control


def test_what_is_really_put_in_is_told_where_it_is_known_and_settings_where_not():
    plan = AuditPlan(
        small_plan().methods, {}, {"deletion": metric("deletion"), "insertion": metric("insertion", baseline="mean")}
    )
    assert audit_facts(plan, [row()], 1, 2, {"black": ("deletion", "sparseness")}).removals == ("black", "mean")
    assert audit_facts(plan, [row()], 1, 2, {"black": ("deletion",), "blur": ("insertion",)}).removals == ("black", "blur")
    assert audit_facts(plan, [row()], 1, 2, {"blur": ("something",)}).removals == audit_facts(plan, [row()], 1, 2).removals
