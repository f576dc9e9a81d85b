"""The page, the figures, the table and the numbers of a classifier by distributions."""

import json

import pytest
import torch

import xaivision as xv
from xaivision.core.access import Access
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.granted import granted
from xaivision.explainers.prototypes.distribution_gallery import distribution_gallery
from xaivision.models.distributions.distribution_plan import DistributionPlan, built_distributions
from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.report.distribution_figure import distribution_figure, telling_columns
from xaivision.report.distribution_table import distribution_table
from xaivision.report.table import as_text

NAMES = ("<b>low", "high")


def model(shape, side, components=1):
    layer = LayerPlan(2, 2, 2, "squared", "negative", "dense", "diagonal", components)
    return built_distributions(DistributionPlan(layer, NAMES, shape, side, 8))


@pytest.fixture(scope="module")
def rows():
    made = model((3,), None)
    made.model.encoder.standardize(torch.tensor([[0.0, 10.0, 1.0], [2.0, 30.0, 1.0]]))
    return distribution_gallery(made, torch.tensor([[0.0, 10.0, 1.0], [2.0, 30.0, 1.0]]), name="mine <script>")


@pytest.fixture(scope="module")
def pictures():
    return distribution_gallery(model((1, 8, 8), 8, components=2), k=3)


def words(figure):
    return [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]


def test_the_mean_of_each_class_is_told_in_the_columns_units_those_first_that_set_it_apart(rows):
    apart = (rows.draws.means[1] - rows.means) / rows.spread
    assert telling_columns(rows, 1) == apart.abs().argsort(descending=True, stable=True).tolist()
    said = words(distribution_figure(rows, 1))
    assert all(f"feature {column}" in said for column in range(3))
    assert f"{float(rows.draws.means[1, 1]):.2f}" in said


def test_pictures_are_decoded_mean_draws_walks_and_parts(pictures):
    figure = distribution_figure(pictures, 0)
    shown = [axes.get_label() for axes in figure.axes if axes.images]
    assert shown[:4] == ["mean", "draw 1", "draw 2", "draw 3"]
    assert [one for one in shown if one.startswith("direction 1")] == [
        f"direction 1: {step}" for step in ("\N{MINUS SIGN}2", "\N{MINUS SIGN}1", "0", "+1", "+2")
    ]
    assert shown[-2:] == ["part 1", "part 2"]
    assert any("A mixture of 2 parts" in one for one in words(figure))


def test_the_table_says_how_sure_it_is_of_each_row_and_without_rows_what_it_holds(rows, pictures):
    text = as_text(distribution_table(rows, ("first", "second")))
    lines = [line.split() for line in text.splitlines() if line.strip().startswith(("first", "second"))]
    assert [line[2] for line in lines] == list(rows.doubts.readings)
    assert "parts and their shares" in as_text(distribution_table(pictures))


def test_it_is_shown_saved_and_put_into_notebooks_as_every_result(rows, pictures, tmp_path):
    page = rows.save(tmp_path / "folder")
    assert {one.name for one in page.parent.iterdir()} == {
        "prototypes.html",
        "prototypes.json",
        *(f"{what}_{number}.png" for what in ("prototypes", "uncertainty") for number in (0, 1)),
    }
    told = json.loads((page.parent / "prototypes.json").read_text())
    assert told["prototypes"][1]["mean"] == pytest.approx(rows.draws.means[1].tolist())
    text = page.read_text()
    assert "<script" not in text
    assert "<b>low" not in text
    assert "&lt;b&gt;low" in text
    assert text.count("<img") == 4
    assert pictures.show(1).axes
    assert pictures._repr_html_().count("<img") == 2
    assert repr(rows) == "DistributionGallery(mine <script>, 2 distributions, asked about 2 inputs)"


def test_what_does_not_fit_is_one_sentence(rows):
    with pytest.raises(InputError, match=r"`label` must be a class from 0 to 1\. Got 2\."):
        rows.show(2)
    with pytest.raises(CapabilityError, match="`distribution_gallery` needs a model whose prototypes are distributions"):
        xv.distribution_gallery(xv.load_model("wine_logistic"))
    with pytest.raises(CapabilityError, match="whose prototypes are distributions"):
        xv.distribution_gallery(granted(model((3,), None), Access.GRADIENTS))
