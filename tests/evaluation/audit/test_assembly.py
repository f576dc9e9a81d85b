import math

import pytest
import torch
from audit_subjects import RAISES, job_of, linear_model, network_model, rows_of, small_plan, touchy_model

from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.metering import metered
from xaivision.core.targets import Target
from xaivision.evaluation.audit import folder as folder_module
from xaivision.evaluation.audit.assembly import Stated, assembled
from xaivision.evaluation.audit.checklist import Auditor, missing
from xaivision.evaluation.audit.checklist_form import from_json, to_json
from xaivision.evaluation.audit.folder import Folder
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.registry import metric


@pytest.fixture(scope="module")
def report():
    return assembled(job_of(inputs=rows_of(24)), Stated(purpose="a test", auditor=Auditor(identity="the tests")))


def test_exact_contributions_of_a_linear_model_are_better_than_every_control(report):
    for label in ("occlusion", "shapley"):
        found = report.findings.of("deletion", label)
        assert found.better_than_all
        assert {one.opponent for one in found.comparisons} == {"random", "input_magnitude", "reversed"}


def test_methods_that_answer_alike_cannot_be_told_apart(report):
    assert report.findings.ranking("deletion").groups == (("occlusion", "shapley"),)
    assert report.agreement.of("occlusion", "shapley").mean == pytest.approx(1.0)


def test_costs_are_the_sums_of_what_each_measurement_cost(report):
    by = {(one.label, one.metric): one for one in report.costs}
    assert by["shapley", ""].items == 24
    assert by["shapley", ""].model_calls == 24 * 2**5
    assert by["random", "deletion"].model_calls == 10 * by["occlusion", "deletion"].model_calls


def test_the_whole_cost_what_was_planned_and_little_for_the_removals(report):
    assert report.spent.planned_calls == report.spent.model_calls == report.calls_now
    assert report.spent.removal_calls == 24 * (1 + 2)  # the originals, and two random halves of one operator
    assert report.spent.identity_calls == 0  # nothing that is kept outlives this process


def test_the_checklist_is_complete_and_comes_back_from_its_text(report):
    assert missing(report.checklist) == ()
    assert report.checklist.subject.purpose == "a test"
    assert report.checklist.auditor.identity == "the tests"
    text = to_json(report.checklist)
    assert to_json(from_json(text)) == text


def test_mean_curves_begin_with_the_mean_score(report):
    curve = next(one for one in report.curves if (one.label, one.metric) == ("occlusion", "deletion"))
    scores = linear_model()(rows_of(24)).softmax(1).amax(1)
    assert curve.items == 24
    assert curve.sums[0] / 24 == pytest.approx(float(scores.mean()))


def test_shown_are_the_best_and_the_worst_item_of_each_method_with_every_map(report):
    finding = report.findings.of("deletion", "occlusion")
    names = {one.item for one in report.shown}
    assert {finding.best.item, finding.worst.item} <= names
    one = next(one for one in report.shown if one.item == finding.worst.item)
    assert set(one.maps) == {"occlusion", "shapley", "random", "input_magnitude"}
    assert torch.equal(torch.from_numpy(one.values), rows_of(24)[int(one.item)])
    assert f"worst deletion of occlusion: {finding.worst.value:.3g}" in one.why


def test_the_removal_that_the_metrics_use_is_measured_once(report):
    assert set(report.shifts) == {"zeros"}
    assert report.shifts["zeros"].inputs == 24


@pytest.mark.parametrize(("make", "calls"), [(network_model, 0), (linear_model, 4)])
def test_a_report_of_an_audit_that_is_done_asks_nothing_but_who_the_model_is_and_says_the_same(tmp_path, make, calls):
    def again():
        job = job_of(make, store=Folder(tmp_path / "audit"))
        job.store.open(job.configuration())
        return assembled(job, Stated())

    first = again()
    with metered() as meter:
        second = again()
    assert meter.model_calls == second.calls_now == calls
    assert first.calls_now == first.spent.model_calls == first.spent.planned_calls
    assert first.spent.identity_calls == calls
    assert any("known by its code" in sentence for sentence in first.cannot_say) == (make is linear_model)
    assert repr(second.findings) == repr(first.findings)
    assert second.spent == first.spent
    assert second.shifts.keys() == first.shifts.keys()
    assert to_json(second.checklist) == to_json(first.checklist)


def test_items_that_fail_are_counted_and_named_and_the_audit_goes_on():
    inputs = rows_of(24)
    inputs[3, 0], inputs[7, 1] = RAISES, math.nan
    report = assembled(job_of(touchy_model, inputs), Stated())
    assert {(row.item, row.method) for row in report.failures} == {("3", ""), ("7", "")}
    found = report.findings.of("deletion", "occlusion")
    assert (found.items, found.failed, found.undefined) == (24, 2, 0)
    assert any("2 of 24 items" in sentence for sentence in report.cannot_say)


def test_given_classes_are_explained_not_the_predicted_ones():
    classes = [index % 2 for index in range(11)]
    report = assembled(job_of(plan=small_plan(target=Target(classes))), Stated())
    assert {int(row.item): row.target for row in report.rows} == dict(enumerate(classes))


def test_what_was_outside_the_model_and_why_something_was_withheld_reaches_the_checklist():
    stated = Stated(outside=("code",), reasons={"training_data": "it is of patients"})
    report = assembled(job_of(), stated)
    assert "code" in report.checklist.access.granted
    assert report.checklist.access.withheld["training_data"] == "it is of patients"
    assert not any("how the model was trained" in sentence for sentence in report.cannot_say)


def test_a_shift_says_which_metrics_use_the_removal(report):
    assert report.shifts["zeros"].metrics == ("deletion",)


def test_removals_are_measured_on_the_items_that_work_where_one_does_not():
    inputs = rows_of(12)
    inputs[3, 0], inputs[7, 1] = RAISES, math.nan
    found = assembled(job_of(touchy_model, inputs), Stated()).shifts["zeros"]
    kept = [item for item in range(12) if item not in (3, 7)]
    alone = assembled(job_of(inputs=inputs[kept]), Stated()).shifts["zeros"]
    assert found.inputs == 10
    assert found.auc == pytest.approx(alone.auc)


def test_a_metric_whose_baseline_does_not_fit_fails_in_its_rows_and_the_report_is_made():
    plan = small_plan()
    judges = {**plan.judges, "insertion": metric("insertion", baseline=torch.zeros(3))}
    report = assembled(job_of(plan=AuditPlan(plan.methods, plan.controls, judges)), Stated())
    assert {row.metric for row in report.failures} == {"insertion"}
    assert set(report.shifts) == {"zeros"}


def test_an_audit_in_which_every_item_fails_has_a_report_that_says_so():
    report = assembled(job_of(touchy_model, torch.full((2, 5), RAISES, dtype=torch.float64)), Stated())
    assert len(report.failures) == 2
    assert report.shifts == {}
    assert {one.standing for one in report.conclusions} == {"not judged"}


def test_what_cannot_be_said_names_what_was_really_put_in():
    judges = {"deletion": metric("deletion", steps=5)}  # "auto": zeros, for rows of which nothing is known
    report = assembled(job_of(plan=AuditPlan(small_plan().methods, {}, judges)), Stated())
    assert any("one kind of value (`zeros`)" in sentence for sentence in report.cannot_say)


def test_a_full_disk_at_the_last_note_is_one_sentence(tmp_path, monkeypatch):
    job = job_of(store=Folder(tmp_path / "audit"))
    job.store.open(job.configuration())
    list(job.parts())
    write = folder_module.write_whole

    def full(path, *content):
        if path.name == "removal_shift.json":
            raise OSError(28, "No space left on device", str(path))
        return write(path, *content)

    monkeypatch.setattr(folder_module, "write_whole", full)
    with pytest.raises(XaivisionError, match=r"No space left on device\. 11 of 11 items are kept"):
        assembled(job, Stated())


def test_a_row_that_is_gone_when_the_report_is_made_costs_its_values_alone():
    job = job_of()
    list(job.parts())
    load, calls = job.items.load, []
    assembled(job, Stated())

    def gone(item):
        calls.append(item)
        raise InputError("It is gone.")

    object.__setattr__(job.items, "load", gone)
    again = assembled(job, Stated())
    assert calls
    assert again.shown
    assert all(one.values is None and one.maps for one in again.shown)
    assert load


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_items_are_audited_as_many_are(count):
    report = assembled(job_of(inputs=rows_of(count)), Stated())
    assert report.findings.of("deletion", "occlusion").items == count
    assert not report.failures
