"""The page of audits: started, stopped, gone on with, told."""

import json
from threading import Event

import pytest

from xaivision.evaluation.audit.folder import Folder


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


def parts_of(folder):
    """The finished parts of an audit: what each holds, and when it was written."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.glob("parts/*.parquet")}


def test_an_audit_that_was_stopped_is_gone_on_with_and_ends_as_one_that_was_not(audit, tmp_path, monkeypatch):
    write, written, going = Folder.write, Event(), Event()

    def gated(folder, part):
        write(folder, part)
        written.set()
        assert going.wait(60)

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "write", gated)
        page = pressed(audit(audit_rows="0-8"))
        assert written.wait(60)
        next(one for one in page.run().at.button if one.label == "Stop").click()
        page.run()
        going.set()
        page.settled()
    assert page.job.cancelled
    assert "Stopped" in page.at.info[0].value
    done = parts_of(tmp_path / "kept")
    assert len(done) == 1
    assert not (tmp_path / "kept" / "report.html").exists()
    pressed(page).settled()
    assert page.errors == []
    finished = parts_of(tmp_path / "kept")
    assert len(finished) == 2
    assert {name: finished[name] for name in done} == done, "what was done is not done again"
    pressed(audit(audit_rows="0-8", audit_out="whole")).settled()
    reports = [json.loads((tmp_path / name / "report.json").read_text()) for name in ("kept", "whole")]
    assert reports[0]["conclusions"] == reports[1]["conclusions"]


def test_what_is_wrong_is_one_sentence(audit):
    page = pressed(audit(audit_data="no_such_set")).settled()
    (error,) = page.errors
    assert "no\\_such\\_set" in error


def test_a_folder_of_another_audit_is_not_overwritten(audit):
    pressed(audit()).settled()
    page = pressed(audit(audit_seed="5")).settled()
    (error,) = page.errors
    assert "holds an audit of another configuration" in error
