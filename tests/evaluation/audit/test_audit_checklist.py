"""The checklist: complete or refused, and the same bytes after a round trip."""

import json
import math
from dataclasses import replace

import pytest
import torch
from audit_subjects import everything, linear_model, rows_of, small_plan, worker_of
from torch import nn

from xaivision.core.access import Access
from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.granted import granted
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.audit.checklist import (
    NOT_PART,
    REQUIRED,
    Auditor,
    Checklist,
    DataRecord,
    MethodRecord,
    Reproduction,
    check_complete,
    missing,
)
from xaivision.evaluation.audit.checklist_form import from_dict, from_json, to_dict, to_json
from xaivision.evaluation.audit.checklist_records import method_records, subject_record, tools_record, validity_records
from xaivision.evaluation.audit.facts import audit_facts
from xaivision.evaluation.audit.findings import findings
from xaivision.evaluation.audit.items import GivenItems
from xaivision.evaluation.audit.limits import cannot_say
from xaivision.evaluation.audit.part import Cost
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.rows import Row
from xaivision.evaluation.audit.scope import access_spec, scope
from xaivision.evaluation.audit.worker import Worker
from xaivision.evaluation.registry import metric, sanity_check
from xaivision.explainers.registry import explainer


def complete() -> Checklist:
    """Of a real, small audit."""
    model, plan, items = linear_model(), small_plan(), GivenItems(rows_of())
    part = worker_of(lambda: model, plan=plan)(everything(worker_of()))
    access = access_spec(model, reasons={"weights": "the vendor's secret — 企業秘密"})
    return Checklist(
        subject=subject_record("a linear model", model, "2026-01-02", purpose="tests"),
        access=access,
        auditor=Auditor(identity="A. Auditor", conflicts="none"),
        methods=method_records(plan, part.costs),
        data=DataRecord(11, items.fingerprint, source="drawn", license="none needed", selection="all"),
        tools=tools_record(),
        validity=validity_records(plan, part.rows, findings(part.rows, plan)),
        findings=({"metric": "deletion", "p": math.nan, "interval": (0.1, math.inf), "null": True},),
        cannot_say=cannot_say(scope(access, plan), audit_facts(plan, part.rows, 11, 2)),
        reproduction=Reproduction(plan.as_plain(), {"items": items.fingerprint}),
    )


@pytest.fixture(scope="module")
def checklist() -> Checklist:
    return complete()


def test_the_text_of_a_checklist_is_the_same_bytes_after_a_round_trip(checklist):
    text = to_json(checklist)
    again = from_json(text)
    assert to_json(again).encode() == text.encode()
    assert to_dict(again) == to_dict(checklist)
    assert "企業秘密" in text
    assert again.methods == checklist.methods
    assert isinstance(again.access.granted, tuple)


def test_the_order_in_which_a_mapping_was_filled_changes_no_byte(checklist):
    turned = dict(reversed(list(checklist.access.withheld.items())))
    assert list(turned) != list(checklist.access.withheld)
    assert to_json(replace(checklist, access=replace(checklist.access, withheld=turned))) == to_json(checklist)


def test_numbers_that_are_not_finite_are_null(checklist):
    (finding,) = json.loads(to_json(checklist))["findings"]
    assert finding == {"metric": "deletion", "p": None, "interval": [0.1, None], "null": True}


def test_what_json_cannot_hold_is_refused(checklist):
    with pytest.raises(InputError, match="Got Tensor"):
        to_json(replace(checklist, findings=({"values": torch.ones(2)},)))


def test_a_checklist_of_a_real_audit_is_complete(checklist):
    assert missing(checklist) == ()
    check_complete(checklist)
    assert (checklist.attacks, checklist.robustness, checklist.data_audit) == (NOT_PART,) * 3


@pytest.mark.parametrize("field", [name for name, parts in REQUIRED.items() if not parts])
def test_an_empty_list_that_is_required_fails_validation(checklist, field):
    lacking = replace(checklist, **{field: ()})
    assert field in missing(lacking)
    with pytest.raises(InputError, match=rf"Missing: .*{field}"):
        check_complete(lacking)


@pytest.mark.parametrize(("field", "part"), [(field, part) for field, parts in REQUIRED.items() for part in parts])
def test_an_empty_part_that_is_required_fails_validation(checklist, field, part):
    record = getattr(checklist, field)
    value = getattr(record, part)
    if field == "access":  # a spec cannot grant nothing without withholding everything
        emptied = replace(record, granted=(), withheld={**dict.fromkeys(record.granted, "x"), **record.withheld})
    else:
        emptied = replace(record, **{part: type(value)()})
    assert missing(replace(checklist, **{field: emptied})) == (f"{field}.{part}",)


def test_what_nobody_told_says_so_openly_and_is_content(checklist):
    assert missing(replace(checklist, auditor=Auditor())) == ()
    assert to_dict(Auditor())["funding"] == "not stated"


def test_a_method_without_its_record_of_validity_is_missing(checklist):
    assert missing(replace(checklist, validity=checklist.validity[1:])) == ("validity.occlusion",)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda values: values.pop("auditor"), "auditor"),
        (lambda values: values.update(more=1), "more"),
        (lambda values: values["subject"].pop("name"), "name"),
        (lambda values: values["methods"][0].update(seed="0"), r"checklist\.methods\[0\]\.seed"),
        (lambda values: values["methods"][0].update(seed=True), r"seed` must be int. Got bool"),
        (lambda values: values.update(cannot_say="nothing"), "cannot_say` must be a list"),
        (lambda values: values["tools"].update(versions=[]), "versions` must be a mapping"),
        (lambda values: values["access"]["withheld"].pop("code"), "`code` is neither"),
    ],
)
def test_a_text_of_something_else_is_refused_by_its_field(checklist, change, named):
    values = json.loads(to_json(checklist))
    change(values)
    with pytest.raises(FileFormatError, match=named):
        from_dict(values)


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_text_that_is_no_checklist_is_refused(text):
    with pytest.raises(FileFormatError):
        from_json(text)


def test_each_method_control_and_judge_has_a_record_with_its_role_and_what_it_used(checklist):
    roles = {one.label: (one.role, one.access_used) for one in checklist.methods}
    assert roles == {
        "occlusion": ("method", ("scores",)),
        "shapley": ("method", ("scores",)),
        "random": ("control", ("labels",)),
        "input_magnitude": ("control", ("labels",)),
        "deletion": ("metric", ("scores",)),
        "sparseness": ("metric", ("labels",)),
        "max_sensitivity": ("sanity check", ("scores",)),
    }
    occlusion = checklist.methods[0]
    assert (occlusion.algorithm, occlusion.replaces, occlusion.seed) == ("occlusion", "baseline: zeros", 0)
    assert occlusion.settings["baseline"] == "zeros"
    assert occlusion.source


def test_costs_are_summed_over_shards_and_apart_for_explaining_and_judging():
    costs = [
        Cost("occlusion", "", 2, 10, 1, 0.5),
        Cost("occlusion", "", 1, 5, 0, 0.25),
        Cost("occlusion", "deletion", 3, 7, 0, 0.125),
        Cost("random", "deletion", 3, 4, 0, 0.125),
    ]
    found = {one.label: (one.queries, one.gradients, one.seconds) for one in method_records(small_plan(), costs)}
    assert found["occlusion"] == (15, 1, 0.75)
    assert found["deletion"] == (11, 0, 0.25)
    assert found["shapley"] == (0, 0, None)


def test_queries_of_the_record_are_those_that_a_granted_network_was_asked():
    seen = []
    net = nn.Sequential(nn.Linear(5, 2))
    net.register_forward_pre_hook(lambda _module, given: seen.append(len(given[0])))
    model = granted(TorchClassifier(net, 2, domain="tabular"), Access.SCORES)
    plan = AuditPlan({"occlusion": explainer("occlusion", baseline="zeros")}, {}, {"sparseness": metric("sparseness")})
    worker = Worker(model, GivenItems(rows_of(3).float()), plan)
    part = worker(everything(worker))
    (record,) = [one for one in method_records(plan, part.costs) if one.label == "occlusion"]
    assert record.queries == part.model_calls == sum(seen) > 0


def row(method: str, metric: str, value: float, verdict: str = "", item: str = "0", variant: str = "") -> Row:
    return Row(item, 0, method, variant, metric, value, "", verdict)


def test_validity_tells_checks_controls_and_verdicts_of_each_method():
    plan = AuditPlan(
        {"good": explainer("occlusion"), "bad": explainer("saliency")},
        {"random": explainer("random"), "constant": explainer("constant")},
        {
            "deletion": metric("deletion"),
            "randomized": sanity_check("parameter_randomization"),
            "still": sanity_check("max_sensitivity"),
        },
    )
    lower = not plan.judges["deletion"].about.higher_is_better
    assert lower
    rows = [
        row("good", "deletion", 1.0, "ok"),
        row("good", "deletion", 2.0, "warn", "1"),
        row("good", "deletion", 99.0, "warn", "1", "reversed"),
        row("good", "randomized", 0.25, "ok"),
        row("good", "still", math.nan, "ok"),
        row("bad", "deletion", 5.0, "refuse"),
        row("random", "deletion", 4.0),
        row("constant", "deletion", 6.0),
    ]
    good, bad = validity_records(plan, rows, findings(rows, plan))
    assert (good.method, good.validated, good.verdicts) == ("good", False, {"ok": 1, "warn": 1})
    assert good.checks == {"randomized": 0.25, "still": None}
    assert good.controls == {"deletion": "2 of 2"}
    assert (bad.validated, bad.controls, bad.verdicts) == (False, {"deletion": "1 of 2"}, {"refuse": 1})


def validated(own: float, control: float | None, columns: int | None = None) -> bool:
    """Of a method that is so alike, beside a control that is or beside none."""
    controls = {} if control is None else {"random": explainer("random")}
    plan = AuditPlan({"good": explainer("occlusion")}, controls, {"check": sanity_check("parameter_randomization")})
    rows = [row("good", "check", own, "ok", str(item)) for item in range(8)]
    rows += [row("random", "check", control, item=str(item)) for item in range(8) if control is not None]
    (record,) = validity_records(plan, rows, findings(rows, plan), columns)
    assert record.checks == {"check": own}
    return record.validated


def test_validated_is_what_changes_with_the_model_far_more_than_a_control_does():
    assert validated(0.25, 1.0)
    assert not validated(1.0, 1.0)
    assert not validated(0.83, 1.0)
    assert not validated(0.25, None)
    assert not validated(1.0, None)
    assert validated(0.7, 1.0, columns=4)
    assert not validated(0.7, 1.0, columns=40)


def test_what_is_infinite_is_no_mean():
    plan = AuditPlan({"good": explainer("occlusion")}, {}, {"still": sanity_check("max_sensitivity")})
    rows = [row("good", "still", value, "ok", str(item)) for item, value in enumerate((0.5, math.inf, math.nan))]
    assert validity_records(plan, rows, findings(rows, plan))[0].checks == {"still": 0.5}


def test_an_audit_that_does_not_say_what_it_cannot_say_is_incomplete(checklist):
    assert missing(replace(checklist, cannot_say=())) == ("cannot_say",)
    for field in ("methods", "validity", "findings"):
        assert field in missing(replace(checklist, **{field: ()}))


def test_the_subject_is_told_as_it_is_whatever_was_granted():
    whole = TorchClassifier(nn.Sequential(nn.Linear(5, 2)), 2, domain="tabular")
    record = subject_record("mine", granted(whole, Access.SCORES), "2026-01-02", version="3")
    assert record == subject_record("mine", whole, "2026-01-02", version="3")
    assert record.architecture == "Sequential, 12 parameters"
    assert record.framework == f"torch {torch.__version__}"
    assert (record.version, record.deployed_is_audited) == ("3", "not stated")
    assert subject_record("f", linear_model(), "2026-01-02").framework == "a Python function"
    assert subject_record("f", linear_model(), "2026-01-02").fingerprint == "not available"


def test_tools_name_the_packages_and_the_machine():
    record = tools_record()
    assert record.versions["torch"] == torch.__version__.partition("+")[0] or record.versions["torch"] == torch.__version__
    assert "Python 3." in record.machine


def test_a_method_record_is_plain_values(checklist):
    assert all(isinstance(one, MethodRecord) for one in checklist.methods)
    assert json.loads(json.dumps(to_dict(checklist.methods))) == to_dict(checklist.methods)
