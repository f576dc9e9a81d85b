import json

import pytest
from audit_reports import table_report

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.report.audit_files import NUMBERS, PAGE, write_audit
from xaivision.report.audit_html import audit_html
from xaivision.report.audit_summary import audit_json


def test_a_folder_gets_the_page_and_the_numbers(tmp_path):
    report = table_report()
    written = write_audit(report, tmp_path / "new" / "folder")
    assert [path.name for path in written] == [PAGE, NUMBERS]
    assert written[0].read_text(encoding="utf-8") == audit_html(report)
    assert written[1].read_text(encoding="utf-8") == audit_json(report)
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted([PAGE, NUMBERS])


@pytest.mark.parametrize(("name", "made"), [("a.html", audit_html), ("a.json", audit_json)])
def test_the_ending_of_a_file_says_which_is_meant(tmp_path, name, made):
    assert write_audit(table_report(), tmp_path / name) == (tmp_path / name,)
    assert (tmp_path / name).read_text(encoding="utf-8") == made(table_report())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_another_ending_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(InputError, match=r"a folder, or a file that ends in \.html or \.json. Got `.*a\.pdf`"):
        write_audit(table_report(), tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_name_has_a_dot_is_a_folder_where_it_is_there(tmp_path):
    (tmp_path / "audit.1").mkdir()
    assert len(write_audit(table_report(), tmp_path / "audit.1")) == 2


def test_writing_again_replaces_what_was_there(tmp_path):
    (tmp_path / PAGE).write_text("old")
    write_audit(table_report(), tmp_path)
    assert (tmp_path / PAGE).read_text(encoding="utf-8").endswith("</html>")


def test_save_writes_the_folder_and_says_where_the_page_is(tmp_path):
    assert table_report().save(tmp_path / "kept") == tmp_path / "kept" / PAGE
    assert json.loads((tmp_path / "kept" / NUMBERS).read_text())["schema"] == "xaivision.audit/1"
    assert xv.__version__ in (tmp_path / "kept" / PAGE).read_text()
