"""What a page shows can be had without it: its script asks the library the same, and the settings that it gives are said."""

import io

import pytest
import torch
from comparison_numbers import numbers
from PIL import Image

import xaivision as xv

USUAL = "integrated_gradients.steps=64"


@pytest.fixture
def asked(visit):
    """A page whose question is answered, on its tab of exports."""
    return lambda page, model="app_models:tiny", **query: visit(page, model, **{f"{page}_tab": "Export"}, **query).settled()


def script(page):
    (found,) = (one.value for one in page.at.code)
    return found


def same(page):
    """Whether the script gives every number that the page has, and every map."""
    made = {}
    exec(script(page), made)  # noqa: S102 - it is what is tested
    own, shown = made["comparison"].explanations, page.job.result.explanations
    maps = [(one.values, shown[label].values) for label, one in own.items() if isinstance(one, xv.Attribution)]
    return numbers(made["comparison"]) == numbers(page.job.result) and all(torch.equal(*pair) for pair in maps)


def test_the_script_of_a_photo_asks_the_same_with_its_settings_and_its_seed(asked):
    page = asked(
        "photos",
        photos_methods=["integrated_gradients", "smooth_grad"],
        photos_settings="smooth_grad.samples=3",
        photos_class="cup",
        photos_against="rocket",
        photos_output="logit",
        photos_seed="5",
    )
    assert "'steps': 64" in script(page)
    assert same(page)


def test_the_script_of_a_scene_holds_maps_against_its_mask(asked):
    page = asked("sonar", sonar_methods=["saliency"], sonar_scene="2", sonar_mask="shadow")
    assert "relevance_mass" in script(page)
    assert same(page)


def test_the_script_of_an_edited_row_names_the_edit_and_the_background(asked):
    row = {"tables_table": "wine", "tables_model": "wine_logistic", "tables_row": "3", "tables_judge": "false"}
    page = asked("tables", None, tables_methods=["occlusion", "nearest_examples"], **row)
    page.set("tables_what_if_wine_logistic_3", {"edited_rows": {12: {"what if": 9.5}}, "added_rows": [], "deleted_rows": []})
    page.settled()
    assert "inputs[0, 12] = 9.5" in script(page)
    assert "background=data" in script(page)
    assert same(page)


def test_the_name_of_an_upload_is_text_in_the_script(asked):
    stream = io.BytesIO()
    Image.new("RGB", (40, 30)).save(stream, "PNG")
    page = asked("photos", photos_methods=["saliency"], photos_judge="false")
    page.at.file_uploader(key="upload").upload("a'); raise SystemExit('.png", stream.getvalue(), "image/png")
    page.run().settled()
    compile(script(page), "script", "exec")
    assert "\"a'); raise SystemExit('.png\"" in script(page)


def test_the_settings_that_a_page_gives_stand_in_its_field_and_follow_its_methods(visit):
    page = visit("photos", photos_judge="false").settled()
    assert page.at.text_area(key="photos_settings").value == USUAL
    (gradients,) = (one for one in page.job.result.explanations.values() if one.origin.method == "integrated_gradients")
    assert gradients.diagnostics.gradient_calls == 64
    page.at.multiselect(key="photos_methods").set_value(["saliency"])
    assert page.run().at.text_area(key="photos_settings").value == ""
    page.at.multiselect(key="photos_methods").set_value(["saliency", "integrated_gradients"])
    assert page.run().settled().at.text_area(key="photos_settings").value == USUAL


@pytest.mark.parametrize(
    ("said", "methods"),
    [
        ("integrated_gradients.steps=auto", ["integrated_gradients", "saliency"]),
        ("steps=auto", ["integrated_gradients"]),
        (" integrated_gradients.steps = 16\nseedless=3", ["integrated_gradients", "saliency"]),
    ],
)
def test_what_a_visitor_says_stays(said, methods):
    from desk.methods import completed

    assert completed(said, methods, [USUAL]) == said


def test_an_address_without_settings_is_completed_at_once(visit):
    page = visit(
        "photos", photos_methods=["integrated_gradients", "occlusion"], photos_settings="occlusion.window=8", photos_judge="false"
    )
    assert page.at.text_area(key="photos_settings").value == f"occlusion.window=8\n{USUAL}"
    assert page.errors == []
