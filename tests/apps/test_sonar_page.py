"""The page of sonar pictures, in which it is known what should be found."""

import pytest
import torch

import xaivision as xv
from xaivision.scenes import sonar_scene

METHODS = ["saliency", "occlusion"]


@pytest.fixture
def sonar(visit):
    return lambda **query: visit("sonar", **{"sonar_methods": METHODS, **query})


def test_mass_in_the_mask_is_the_librarys_beside_controls(sonar):
    page = sonar(sonar_scene="2", sonar_mask="shadow", sonar_tab="Mask").settled()
    from app_models import tiny

    model = tiny()
    scene = sonar_scene(model, "sonar48", 2)
    own = xv.compare(
        model,
        scene.inputs,
        METHODS,
        metrics=["deletion", "insertion", "relevance_mass", "relevance_rank"],
        metric_settings={
            "deletion": {"steps": 16},
            "insertion": {"steps": 16},
            "relevance_mass": {"masks": scene.masks["shadow"]},
            "relevance_rank": {"masks": scene.masks["shadow"]},
        },
    )
    for metric, rows in own.scores.items():
        for label, scores in rows.items():
            assert torch.equal(page.job.result.scores[metric][label].values, scores.values)
    table = next(one.value for one in page.at.dataframe if "mass in the mask" in one.value)
    assert list(table["method"]) == [*METHODS, "random (control)", "sobel (control)"]


def test_what_lies_there_is_said(sonar):
    page = sonar(sonar_judge="false").settled()
    assert "What lies there: mine" in [one.value for one in page.at.text]


def test_bare_seafloor_has_no_mask(sonar):
    page = sonar(sonar_scene="0", sonar_judge="false").settled()
    assert [one.key for one in page.at.selectbox if one.key == "sonar_mask"] == []
    assert page.errors == []


def test_another_mask_judges_anew(sonar):
    page = sonar(sonar_mask="object").settled()
    job = page.job
    page.at.selectbox(key="sonar_mask").set_value("object and shadow")
    page.run().settled()
    assert page.job is not job
    assert page.job.result.scores["relevance_mass"]["saliency"].values != job.result.scores["relevance_mass"]["saliency"].values


@pytest.mark.parametrize("texture", ["flat", "ripples"])
def test_a_side_scan_scene_is_simulated_at_the_models_size(sonar, texture):
    page = sonar(sonar_source="Side-scan scenes", sonar_texture=texture, sonar_scene="3", sonar_judge="false").settled()
    assert page.job.result.query.inputs.shape == (1, 3, 16, 16)
    assert page.errors == []


def test_a_classifier_that_train_has_written_is_taken_and_a_damaged_one_is_refused(sonar):
    page = sonar(sonar_judge="false")
    page.at.file_uploader(key="sonar_trained").upload("../../evil.safetensors", b"no weights at all", "application/octet-stream")
    page.run()
    (error,) = page.errors
    assert "evil" not in error, "the file is known under a name of our own"
    assert "must be a trained classifier" in error


def test_a_picture_of_ones_own_waits_for_it(sonar):
    page = sonar(sonar_source="A picture of your own", sonar_judge="false")
    assert [one.value for one in page.at.info] == ["Choose a model and a picture in the sidebar."]
