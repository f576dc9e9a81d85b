import json
import subprocess
import sys

import pytest
from matplotlib.figure import Figure
from report_results import attribution, comparison, every_explanation, image_query, table_query

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.core.presenting import Presenter
from xaivision.report.presenter import ReportPresenter


def test_every_result_can_be_shown_saved_and_rendered_by_itself(tmp_path):
    query = table_query(2)
    made = comparison(query)
    for result in (*every_explanation(query), made, made.scores["deletion"]["saliency"]):
        assert isinstance(result.show(), Figure)
        assert type(xv.load(result.save(tmp_path / "r"))) is type(result)
        assert "<img" in result._repr_html_()


def test_the_presenter_keeps_its_promise():
    presenter: Presenter = ReportPresenter()
    assert "saliency" in presenter.html(attribution(image_query()))


def test_what_is_no_result_is_refused(tmp_path):
    for ask in (ReportPresenter().show, ReportPresenter().html, lambda result: ReportPresenter().save(result, tmp_path / "x")):
        with pytest.raises(InputError, match="Got dict"):
            ask({})


def test_a_result_reaches_matplotlib_only_when_it_is_shown():
    program = """
import sys, json
sys.path.insert(0, sys.argv[1])
import xaivision
from report_results import attribution, table_query
made = attribution(table_query())
before = "matplotlib" in sys.modules
made.show()
print(json.dumps([before, "matplotlib" in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, __file__.rpartition("/")[0]], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [False, True]
