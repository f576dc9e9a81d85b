"""`xv.audit`: what people hand over, and what they get."""

import json

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from PIL import Image

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.metering import metered
from xaivision.report.audit_summary import audit_schema, audit_summary

METHODS = ["saliency", "input_x_gradient"]
METRICS = ["deletion", "parameter_randomization"]
FEW = {"metric_settings": {"deletion": {"steps": 4}}}


@pytest.fixture(scope="module")
def digits():
    return xv.load_dataset("digits").test.inputs[:12]


@pytest.fixture(scope="module")
def report(digits):
    return xv.audit("digits_cnn", digits, METHODS, METRICS, **FEW)


def test_an_audit_concludes_on_every_method(report):
    assert [one.method for one in report.conclusions] == METHODS
    assert report.metrics == ("deletion", "parameter_randomization")
    assert report.controls == ("random", "sobel")


def test_the_report_fits_its_published_schema_and_a_wrong_one_does_not(report):
    check = Draft202012Validator(audit_schema())
    told = json.loads(json.dumps(audit_summary(report), allow_nan=False))
    check.validate(told)
    told["conclusions"][0]["standing"] = "excellent"
    assert not check.is_valid(told)


def test_without_names_the_usual_methods_metrics_and_checks_are_asked_that_the_access_allows(digits):
    report = xv.audit("digits_cnn", digits[:2], ["occlusion"], access="scores")
    assert report.metrics == ("deletion", "insertion", "robust_fidelity", "sparseness", "max_sensitivity")
    assert "weights" in report.checklist.access.withheld
    assert any("no sanity check asked a model with other weights" in sentence for sentence in report.cannot_say)


def test_a_method_that_needs_more_than_is_granted_is_an_error_before_anything_is_asked(digits):
    model = xv.load_model("digits_cnn")
    with metered() as meter, pytest.raises(CapabilityError, match=r"`saliency`.*gradients"):
        xv.audit(model, digits, ["saliency", "occlusion"], ["deletion"], access="scores")
    assert meter.model_calls == 0


def test_the_folder_holds_the_page_the_numbers_and_the_rows_and_a_second_run_asks_nothing(digits, tmp_path):
    def again():
        return xv.audit("digits_cnn", digits, METHODS, METRICS, out=tmp_path / "audit", **FEW)

    first = again()
    held = {path.relative_to(tmp_path / "audit").as_posix() for path in (tmp_path / "audit").rglob("*") if path.is_file()}
    assert {"report.html", "report.json", "audit.json", "parts/part-000000.parquet"} <= held
    page = (tmp_path / "audit" / "report.html").read_text()
    with metered() as meter:
        second = again()
    assert (meter.model_calls, meter.gradient_calls) == (0, 0)
    assert (tmp_path / "audit" / "report.html").read_text() == page
    assert repr(first.rows) == repr(second.rows)


def test_a_folder_of_pictures_is_audited_with_a_damaged_one_named(tmp_path, digits):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, one in enumerate(digits[:3]):
        Image.fromarray((one[0].numpy() * 255).astype(np.uint8)).save(folder / f"{number}.png")
    (folder / "9.png").write_bytes(b"no picture")
    report = xv.audit("digits_cnn", folder, ["saliency"], ["deletion"], **FEW)
    assert {row.item for row in report.rows} == {"0.png", "1.png", "2.png", "9.png"}
    assert [row.item for row in report.failures] == ["9.png"]


def test_a_data_set_is_audited_on_its_test_part_and_says_its_license():
    data = xv.load_dataset("uci_sonar")
    report = xv.audit("uci_sonar_logistic", data, ["occlusion"], ["deletion"], **FEW)
    assert report.checklist.data.items == len(data.split.test)
    assert report.checklist.data.license == data.card.license
    assert report.feature_names == data.schema.names


def test_sanity_checks_and_metrics_may_be_objects_and_settings_reach_them(digits):
    from xaivision.evaluation.registry import metric

    report = xv.audit(
        "digits_cnn",
        digits[:2],
        METHODS,
        [metric("sparseness"), "max_sensitivity"],
        metric_settings={"max_sensitivity": {"samples": 2}},
    )
    record = next(one for one in report.checklist.methods if one.label == "max_sensitivity")
    assert record.settings["samples"] == 2


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"methods": ["salience"]}, UnknownNameError, "Did you mean `saliency`"),
        ({"metrics": ["delection"]}, UnknownNameError, "Did you mean `deletion`"),
        ({"access": "score"}, UnknownNameError, "Did you mean `scores`"),
        ({"settings": {"grad_cam": {}}}, UnknownNameError, "method in `settings`"),
        ({"metric_settings": {"insertion": {}}}, UnknownNameError, "metric in `metric_settings`"),
        ({"methods": ["expected_gradients"]}, InputError, "`expected_gradients` needs `background`"),
        ({"targets": [1, 2]}, InputError, "one for each of 12 inputs"),
        ({"targets": 10}, InputError, "class numbers from 0 to 9. Got 10"),
        ({"executor": "cluster"}, UnknownNameError, "executor"),
        ({"metrics": ["deletion", "deletion"]}, InputError, "twice"),
    ],
)
def test_what_does_not_fit_is_one_sentence_before_anything_is_asked(digits, given, error, said):
    model = xv.load_model("digits_cnn")
    arguments = {"methods": METHODS, "metrics": ["deletion"], **given}
    with metered() as meter, pytest.raises(error, match=said):
        xv.audit(model, digits, **arguments)
    assert meter.model_calls == 0


def test_what_it_will_cost_is_said_before_the_rest_is_done(digits):
    told = []
    report = xv.audit("digits_cnn", digits, METHODS, METRICS, on_cost=told.append, **FEW)
    assert told[0].total == 12
    assert 0 < told[0].items < 12
    assert report.spent.planned_calls > told[0].model_calls


def test_a_report_is_one_line_at_the_prompt_a_figure_and_a_page(report, tmp_path):
    assert repr(report).count("\n") == 0
    assert report.show().get_size_inches()[0] > 5
    assert "What this audit cannot say" in report._repr_html_()
    assert report.save(tmp_path / "one.html").read_text().startswith("<!DOCTYPE html>")
