import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.text import Text
from report_results import attribution, comparison, every_explanation, image_query, refused, table_query

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.core.presenting import Presenter
from xaivision.report.figure import figure_of, png
from xaivision.report.presenter import ReportPresenter


def words(figure):
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def test_every_result_can_be_shown_saved_and_rendered_by_itself(tmp_path):
    query = table_query(2)
    made = comparison(query)
    for result in (*every_explanation(query), made, made.scores["deletion"]["saliency"]):
        assert isinstance(result.show(), Figure)
        assert type(xv.load(result.save(tmp_path / "r"))) is type(result)
        assert "<img" in result._repr_html_()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("a.png", r"show\(\)\.savefig"), ("a.HTML", "A page shows a comparison"), ("a.json", "Leave the suffix out")],
)
def test_a_name_that_asks_for_another_kind_of_file_is_refused_with_the_remedy(name, remedy, tmp_path):
    with pytest.raises(InputError, match=remedy):
        attribution(table_query()).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert attribution(table_query()).save(tmp_path / "sonar.v1").name == "sonar.v1.safetensors"


def test_a_comparison_is_saved_as_a_page_where_its_name_says_so(tmp_path):
    written = comparison(table_query(2)).save(tmp_path / "page.html")
    assert written == tmp_path / "page.html"
    assert written.read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    with pytest.raises(InputError, match="savefig"):
        comparison(table_query(2)).save(tmp_path / "page.png")


def test_a_class_of_another_package_is_named_in_the_figure():
    made = attribution(image_query(), "captum")
    made = replace(made, origin=replace(made.origin, settings={"method": "Saliency", "settings": {}}))
    assert "captum Saliency" in words(made.show())
    assert "captum Saliency" in made._repr_html_()


def test_the_presenter_keeps_its_promise():
    presenter: Presenter = ReportPresenter()
    assert "saliency" in presenter.html(attribution(image_query()))


def test_an_index_shows_that_input():
    query = image_query(3)
    for result in (*every_explanation(query), comparison(query)):
        assert png(result.show()) == png(result.show(0))
        shown = result.show(2)
        assert "Input 2 of 3" in words(shown)
        assert "owl" in words(shown)
        assert png(shown) == png(figure_of(result, 2))
    assert "Input 1 of 3" in words(attribution(query).show(np.int64(1)))


def test_an_index_out_of_range_is_refused_in_one_sentence():
    for index in (2, -1, 1.0, "1", True):
        with pytest.raises(InputError) as caught:
            attribution(image_query(2)).show(index)
        assert str(caught.value) == f"`index` must be a whole number from 0 to 1, the number of an input. Got {index!r}."


def test_scores_have_one_figure_of_all_inputs():
    made = comparison(image_query(3)).scores["deletion"]["saliency"]
    with pytest.raises(InputError, match=r"in one figure\. Got the index 0\. Leave it out"):
        made.show(0)


def test_every_result_names_itself_on_one_short_line():
    query = replace(image_query(2, size=64), class_names=("a\nb", "c" * 1000, "owl"))
    made = comparison(query, failures={"lime": "x" * 1000})
    for result in (query, *every_explanation(query), made, made.scores["deletion"]["saliency"]):
        said = repr(result)
        assert said.startswith(f"{type(result).__name__}(")
        assert "\n" not in said
        assert "tensor" not in said
        assert len(said) < 200


def test_the_line_says_method_kind_shape_and_verdict():
    query = image_query(2)
    made = comparison(query, failures={"lime": "no segments"})
    assert [repr(result) for result in (query, *every_explanation(query), made, made.scores["deletion"]["saliency"])] == [
        "Query(inputs (2, 3, 16, 16), targets [cat, dog], logit)",
        "Attribution(saliency, contribution (2, 1, 16, 16), verdict ok)",
        "Examples(nearest_examples, examples (2, 3, 3, 16, 16), verdict ok)",
        "Counterfactuals(growing_spheres, counterfactuals (2, 2, 3, 16, 16), verdict ok)",
        "Rules(anchors, inputs 2, rules 2, verdict ok)",
        "ConceptScores(tcav, concepts [stripes, fur, whiskers, sky], values (2, 4), verdict ok)",
        "Narrative(vale, regions (2, 16, 16), verdict ok)",
        "Comparison([saliency, doubtful], controls [random, sobel], metrics [deletion, insertion], failures [lime], "
        "inputs (2, 3, 16, 16), verdict warn)",
        f"Scores(deletion of saliency, values (2,), mean {made.scores['deletion']['saliency'].mean:.3g}, "
        "controls [random, sobel])",
    ]
    assert repr(refused(query)) == "Attribution(broken, contribution (2, 1, 16, 16), verdict refuse)"
    many = comparison(query, {f"m{number}": attribution(query) for number in range(9)}, ())
    assert repr(many).startswith("Comparison([m0, m1, m2, m3, ...], metrics")
    against = replace(query, against=torch.tensor([1, 2]))
    assert repr(against) == "Query(inputs (2, 3, 16, 16), targets [cat, dog], against [dog, owl], logit difference)"


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
