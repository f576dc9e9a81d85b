"""The page, the figures, the table and the numbers of a sheet of attributes."""

import json
import re

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.core.generator import Code, Direction
from xaivision.report.attribute_figure import TURNED, attribute_figure
from xaivision.report.attribute_files import attribute_html, attribute_summary
from xaivision.report.attribute_table import attribute_table
from xaivision.report.attribute_words import attribute_name, company_words, doubts, steps_of, turning_words
from xaivision.report.table import as_text

NAMES = ("<b>dark", "bright")


class Levels:
    """The level of a picture, and how far the lower half is from the upper one; brought back too bright by `off`."""

    def __init__(self, off=0.0):
        self.off = off

    def encode(self, picture):
        upper, lower = picture[:, :4].mean(), picture[:, 4:].mean()
        directions = (Direction("level", "style", "<i>all", 0.0, 1.0), Direction("value", "attribute", "attribute 1", -0.5, 0.5))
        return Code(torch.stack([upper, lower - upper]).double(), directions)

    def decode(self, code, values):
        upper, lower = values[:, 0] + self.off, values[:, 0] + self.off + values[:, 1]
        return torch.stack([upper, lower], 1).repeat_interleave(4, 1)[:, None, :, None].expand(-1, 1, 8, 6).clamp(0, 1)


def bright(inputs):
    lead = 20 * (inputs[:, :, :4].mean((1, 2, 3)) - 0.5)
    return np.stack([-lead, lead], 1)


def sheet_of(off=0.0, k=2):
    model = xv.classifier(bright, domain="image", num_classes=2, score_unit="logit", class_names=NAMES)
    draws = torch.rand(12, 2, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.2
    pictures = draws.repeat_interleave(4, 1)[:, None, :, None].expand(-1, 1, 8, 6).contiguous()
    attributes = xv.find_attributes(model, Levels(off), pictures, k)
    return xv.attribute_sheet(
        model, attributes, pictures, known={"<u>rare": torch.full((12,), torch.nan)}, shown=2, name="a <script>"
    )


@pytest.fixture(scope="module")
def sheet():
    return sheet_of()


def test_steps_say_what_the_model_calls_them_and_which_are_another_class(sheet):
    row = sheet.shown[0]
    steps = steps_of(sheet, sheet.strips[0][0], row)
    own = int(sheet.answer.query.targets[row])
    expected = [value > 0.5 for value in torch.linspace(0, 1, 7).tolist()]
    assert [step.turned for step in steps if step.value != "0.5"] == [
        above != bool(own) for above, value in zip(expected, range(7), strict=True) if value != 3
    ]
    assert steps[0].called == "<b>dark 100%"
    assert not any(step.turned for step in steps_of(sheet, sheet.strips[0][1], row))


def test_words_name_attributes_and_their_company(sheet):
    assert (attribute_name(sheet, 0), attribute_name(sheet, 1)) == ("<i>all: level", "attribute 1")
    assert "brightness +" in company_words(sheet, 0)
    assert "<u>rare" not in company_words(sheet, 0)
    assert turning_words(sheet, 0).startswith("To reach ")
    assert doubts(sheet) == []


def test_a_generator_that_loses_decisions_and_sliders_that_do_not_turn_are_doubted():
    lost = sheet_of(off=0.3)
    assert lost.preserved < 0.95
    assert f"Only {lost.preserved:.0%} of the pictures keep their decision" in doubts(lost)[0]
    assert "are turned by these attributes" in doubts(lost)[-1]
    assert "Doubt: Only" in as_text(attribute_table(lost))
    row = next(row for row in range(12) if not bool(lost.answer.found[row].any()))
    assert turning_words(lost, row).startswith("Not found: the generator's own version of this picture is decided otherwise")


def test_a_strip_that_leads_elsewhere_is_no_answer_and_the_words_say_where_it_leads():
    """Three classes by the level, the dark one's runner-up being nowhere: `other` is reached, and `never` is not."""

    def levels(inputs):
        level = inputs[:, :, :4].mean((1, 2, 3))
        return np.stack([10 * (0.6 - level), 2 + 0 * level - 9 * (level > 0.4), 10 * (level - 0.6)], 1)

    model = xv.classifier(levels, domain="image", num_classes=3, score_unit="logit", class_names=("dark", "never", "other"))
    pictures = torch.full((12, 1, 8, 6), 0.1) + torch.linspace(0, 0.1, 12).view(-1, 1, 1, 1)
    attributes = xv.find_attributes(model, Levels(), pictures, 1)
    found = xv.attribute_sheet(model, attributes, pictures, shown=2)
    row = found.shown[0]
    assert not found.answer.found.any()
    assert any(step.turned for step in steps_of(found, found.strips[0][0], row))
    words = "Not found: none of the moves of these attributes that were tried makes it never."
    assert turning_words(found, row) == f"{words} The framed steps are of other classes: other."
    hidden = next(one for one in range(12) if one not in found.shown)
    assert turning_words(found, hidden) == words


def test_the_figure_has_a_row_for_each_attribute_and_frames_what_is_turned(sheet):
    figure = attribute_figure(sheet, 1)
    labels = [axes.get_label() for axes in figure.axes]
    turned = sum(step.turned for strip in sheet.strips[1] for step in steps_of(sheet, strip, sheet.shown[1]))
    assert (labels.count("picture"), labels.count("turned"), labels.count("step")) == (2, turned, 14 - turned)
    assert turned > 0
    for axes in figure.axes:
        frames = [one for one in axes.patches + axes.artists if isinstance(one, Rectangle) and one.get_linewidth() > 2]
        assert len(frames) == (axes.get_label() == "turned")
    assert TURNED == "#d55e00"
    with pytest.raises(InputError, match=r"`index` must be from 0 to 1, one of the pictures shown\. Got 2\."):
        sheet.show(2)


def test_the_page_shows_every_strip_and_foreign_names_are_text(sheet, tmp_path):
    page = attribute_html(sheet, [f"<s>{row}.png" for row in range(12)])
    for evil in ("<script", "<b>dark", "<i>all", "<u>rare", "<s>"):
        assert evil not in page
    assert page.count("<figure") == 2 * (2 + 2 * 7)
    assert page.count('class="turned"') == sum(
        step.turned
        for index, row in enumerate(sheet.shown)
        for strip in sheet.strips[index]
        for step in steps_of(sheet, strip, row)
    )

    shown = re.findall(r'<img src="([^"]+)" alt="([^"]+)">', page)
    assert len(shown) == page.count("<img") == page.count("<figure")
    assert all(source.startswith("data:image/png;base64,") for source, _ in shown)
    assert sheet.save(tmp_path / "sheet").name == "attributes.html"
    assert {one.name for one in (tmp_path / "sheet").iterdir()} == {
        "attributes.html",
        "attributes.json",
        "attributes_0.png",
        "attributes_1.png",
    }
    assert sheet._repr_html_().count("<img") == 2


def test_the_numbers_are_json_and_undefined_is_null(sheet):
    told = json.loads(json.dumps(attribute_summary(sheet), allow_nan=False))
    assert told["validity"] == sheet.validity
    assert [one["number"] for one in told["attributes"]] == list(sheet.attributes.numbers)
    assert told["attributes"][0]["correlations"]["<u>rare"] is None
    assert told["attributes"][0]["correlations"]["brightness"] == float(sheet.correlations["brightness"][0])
    assert [one["found"] for one in told["counterfactuals"]] == sheet.answer.found.any(1).tolist()
