"""The page of audits: started, stopped, gone on with, told."""

import json
import time

import pytest


@pytest.fixture
def audit(visit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def start(**query):
        asked = {
            "audit_data": "sample_images",
            "audit_rows": "0-2",
            "audit_metrics": ["deletion", "sparseness"],
            "audit_methods": ["saliency", "occlusion"],
            "audit_out": "kept",
            **query,
        }
        return visit("audit", **asked)

    return start


def pressed(page):
    next(one for one in page.at.button if one.label == "Start, or go on").click()
    return page.run()


def test_nothing_begins_by_an_address_alone(audit, tmp_path):
    page = audit()
    assert "Name the data in the sidebar" in page.at.info[0].value
    assert not (tmp_path / "kept").exists()


def test_an_audit_is_told_with_the_worst_first_and_its_files(audit, tmp_path):
    page = pressed(audit()).settled()
    assert page.errors == []
    said = "\n".join(one.value for one in page.at.markdown).replace("\\", "")
    assert "saliency" in said
    assert "occlusion" in said
    table = page.at.dataframe[0].value
    values = [float(value) for value in table["deletion"]]
    assert values == sorted(values, reverse=True), "lower is better"
    assert len(values) == 6
    report = json.loads((tmp_path / "kept" / "report.json").read_text())
    assert page.job.kept["files"]["report.json"] == (tmp_path / "kept" / "report.json").read_bytes()
    assert {one["method"] for one in report["conclusions"]} == {"saliency", "occlusion"}


def test_an_audit_that_was_stopped_is_gone_on_with(audit, tmp_path):
    page = pressed(audit(audit_rows="0-8"))
    end = time.monotonic() + 60
    while not list((tmp_path / "kept").glob("parts/*.parquet")) and time.monotonic() < end and not page.job.done:
        time.sleep(0.01)
    page.job.cancel()
    page.settled()
    done = len(list((tmp_path / "kept").glob("parts/*.parquet")))
    assert done >= 1
    if page.job.cancelled:
        assert "Stopped" in page.at.info[0].value
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").glob("parts/*.parquet")}
    pressed(page).settled()
    assert page.errors == []
    assert (tmp_path / "kept" / "report.html").exists()
    assert all(path.stat().st_mtime_ns == when for path, when in written.items()), "what was done is not done again"


def test_what_is_wrong_is_one_sentence(audit):
    page = pressed(audit(audit_data="no_such_set")).settled()
    (error,) = page.errors
    assert "no\\_such\\_set" in error


def test_a_folder_of_another_audit_is_not_overwritten(audit):
    pressed(audit()).settled()
    page = pressed(audit(audit_seed="5")).settled()
    (error,) = page.errors
    assert "holds an audit of another configuration" in error
