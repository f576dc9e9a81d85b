"""The page of sonar pictures, in which it is known what should be found."""

import numpy as np
import pytest
import torch
from PIL import Image

import xaivision as xv
from desk.models import learned_from
from desk.scene import SOURCES, Shown, doubts_about
from xaivision.data.named_sets.named_set import named_sets
from xaivision.data.named_sets.obtaining import MARK
from xaivision.report.shortcut_files import shortcut_contents
from xaivision.report.shortcut_page import shortcut_page
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
    (table,) = page.text_tables().values()
    assert table["heads"] == ["method", "mass in the mask", "ranks in the mask"]
    assert [row[0] for row in table["rows"]] == [*METHODS, "random (control)", "sobel (control)"]


def test_what_lies_there_is_said(sonar):
    page = sonar(sonar_judge="false").settled()
    assert "What lies there: mine" in [one.value for one in page.at.text]


def test_the_words_are_those_of_sonar(sonar):
    from app_models import tiny

    page = sonar(sonar_scene="2", sonar_judge="false", sonar_tab="In words").settled()
    assert page.job_of("sonar_words").wait(120)
    model = tiny()
    own = xv.narrate(model, sonar_scene(model, "sonar48", 2).inputs, wording="sonar")
    assert page.job_of("sonar_words").result.text == own.text
    assert own.text != xv.narrate(model, sonar_scene(model, "sonar48", 2).inputs).text


@pytest.mark.parametrize(
    ("model", "of"),
    [("sonar48_convnet", "sonar48"), ("uci_sonar_mlp", "uci_sonar"), ("efficientnet_lite0", ""), ("sonar48_of:mine", "")],
)
def test_of_a_named_model_it_is_known_which_set_it_has_learned_from(model, of):
    assert learned_from(model) == of


def test_a_picture_that_is_not_of_the_models_own_set_is_called_such():
    (said,) = doubts_about("sonar48_convnet", Shown("bottle", None))
    assert "has learned from generated pictures alone (small scenes, 48 x 48), and this picture is none of them" in said
    assert doubts_about("sonar48_convnet", Shown("a scene", None, data="sonar_simulator")) == (said,)
    assert doubts_about("sonar48_convnet", Shown("a scene", None, data="sonar48")) == ()
    assert doubts_about("app_models:tiny", Shown("bottle", None)) == (), "nobody knows what it has learned from"


def test_the_page_says_of_which_set_a_scene_is(visit, monkeypatch):
    monkeypatch.setattr("desk.scene.learned_from", lambda name: "sonar48")
    for source, doubted in (("sonar48", False), ("sonar_simulator", True)):
        page = visit("sonar", sonar_methods=["saliency"], sonar_judge="false", sonar_source=SOURCES[source])
        assert any("this picture is none of them" in one for one in page.warnings) == doubted


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
    from app_models import tiny

    asked = page.job.result.query.inputs
    assert asked.shape == (1, 3, 16, 16)
    assert torch.equal(asked, sonar_scene(tiny(), "sonar_simulator", 3, texture=texture).inputs)
    assert page.errors == []


def test_a_classifier_that_train_has_written_explains_the_scene_with_the_librarys_numbers(sonar, tmp_path):
    trained = xv.train(xv.load_dataset("planted_squares", count=40), "small_cnn", side=16, epochs=1, tuning_epochs=1)
    content = trained.save(tmp_path / "mine").read_bytes()
    page = sonar(sonar_scene="2", sonar_mask="shadow", sonar_judge="false")
    page.at.file_uploader(key="sonar_trained").upload("../<b>mine.safetensors", content, "application/octet-stream")
    page.run().settled()
    assert page.errors == []
    scene = sonar_scene(trained.classifier, "sonar48", 2)
    own = xv.compare(trained.classifier, scene.inputs, METHODS, controls=(), metrics=())
    found = page.job.result
    assert torch.equal(found.query.inputs, scene.inputs)
    assert found.query.class_names == trained.classifier.class_names
    for label, explanation in own.explanations.items():
        assert torch.equal(found.explanations[label].values, explanation.values)
    page.tab("Export")
    assert "model = model_from('uploaded.safetensors')" in page.at.code[0].value


def test_a_damaged_classifier_is_refused_in_one_sentence_that_names_no_file_of_ours(sonar):
    page = sonar(sonar_judge="false")
    page.at.file_uploader(key="sonar_trained").upload("../../evil.safetensors", b"no weights at all", "application/octet-stream")
    page.run()
    (error,) = (one.replace("\\", "") for one in page.errors)
    assert "must be a trained classifier" in error
    assert "the uploaded file" in error
    assert "evil" not in error
    assert "xaivision-app" not in error


def test_a_picture_of_ones_own_waits_for_it(sonar):
    page = sonar(sonar_source="A picture of your own", sonar_judge="false")
    assert [one.value for one in page.at.info] == ["Choose a model and a picture in the sidebar."]


SET = {"sonar_about": "Shortcuts of a set", "sonar_pictures": "40"}


def searched(page):
    assert page.job_of("sonar_shortcuts").wait(120)
    return page.run()


@pytest.mark.slow
def test_the_shortcut_report_of_a_set_has_the_librarys_numbers(visit):
    page = searched(visit("sonar", None, **SET))
    assert page.errors == []
    data = xv.load_dataset("sonar48", count=40)
    told = shortcut_page(xv.shortcuts(data, masks=data.truth))
    said = "\n".join(one.value for one in page.at.markdown).replace("\\", "")
    assert all(sentence in said for sentence in told.sentences)
    assert [section.sentence for section in told.sections if section.sentence.strip() not in said] == []
    bars = page.keyed("share_bars")
    for section in told.sections:
        if section.bar is not None:
            (first, *_) = bars[f"sonar_shortcuts_{section.anchor}_told"]["bars"]
            assert (first["text"], first["place"]) == (section.bar.text, section.bar.place)
    files = {one.name: one.content for one in page.job_of("sonar_shortcuts").kept["exports"]}
    assert files == shortcut_contents(page.job_of("sonar_shortcuts").result)


@pytest.mark.slow
def test_a_model_is_asked_about_the_set_beside_the_masks(visit):
    page = searched(visit("sonar", None, **SET, sonar_judged="sonar48_convnet", sonar_most="20"))
    data = xv.load_dataset("sonar48", count=40)
    own = xv.shortcuts(data, xv.load_model("sonar48_convnet"), masks=data.truth, most=20)
    assert page.job_of("sonar_shortcuts").result.sentences == own.sentences
    bars = page.keyed("share_bars")
    assert [one["text"] for one in bars["sonar_shortcuts_on_target"]["bars"]] == [
        one.text for one in shortcut_page(own).on_target
    ]


def search(page):
    """After the visitor has said that the folders may be read."""
    next(one for one in page.at.button if one.label == "Search").click()
    return page.run()


def test_a_folder_has_to_be_named_and_to_be_there(visit):
    page = visit("sonar", None, sonar_about="Shortcuts of a set", sonar_set="a folder of this machine")
    assert "Name the folder." in [one.value for one in page.at.info]
    page.at.text_input(key="sonar_folder").set_value("no/such/folder")
    (error,) = searched(search(page.run())).errors
    assert "must be a folder of class folders" in error


def asks(page):
    """Whether the page asks before it reads."""
    return any("lets the app read what you have named" in one.value for one in page.at.info)


@pytest.mark.parametrize(
    "named",
    [
        {"sonar_set": "a folder of this machine", "sonar_folder": "somewhere"},
        {"sonar_set": "a folder of this machine", "sonar_folder": "somewhere", "sonar_masks": "masks"},
    ],
)
def test_no_folder_is_read_because_an_address_names_it(visit, monkeypatch, named):
    read = []
    monkeypatch.setattr("desk.shortcut_question.shortcuts", lambda data, *_, masks, **__: read.append((data, masks)))
    page = visit("sonar", None, sonar_about="Shortcuts of a set", **named)
    assert "watched question of sonar_shortcuts" not in page.at.session_state
    assert asks(page)
    searched(search(page))
    assert read == [("somewhere", named.get("sonar_masks"))]
    page.at.text_input(key="sonar_folder").set_value("elsewhere")
    assert asks(page.run()), "that is another folder"
    assert len(read) == 1


@pytest.fixture
def named_set(tmp_path, monkeypatch):
    """A named set as it lies in the cache directory once it was fetched; only its pictures are ours."""
    wanted = next(iter(named_sets().values()))
    folder = tmp_path / "xaivision" / "datasets" / wanted.name
    for number, name in enumerate(wanted.classes):
        (folder / name).mkdir(parents=True)
        for place in range(6):
            pixels = np.random.default_rng(10 * number + place).integers(0, 255, (24, 30), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{place}.png")
    (folder / MARK).write_text("{}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return wanted, folder


def test_a_named_set_that_is_on_this_machine_is_offered_and_shown_by_class(sonar, named_set):
    wanted, folder = named_set
    kind = wanted.classes[1]
    page = sonar(sonar_source=wanted.name, sonar_kind=kind, sonar_number="4", sonar_judge="false").settled()
    from app_models import tiny

    assert torch.equal(page.job.result.query.inputs, xv.load_images([folder / kind / "4.png"], tiny()))
    assert f"What lies there: {kind}" in [one.value for one in page.at.text]
    assert page.errors == []


@pytest.mark.slow
def test_a_named_set_is_searched_for_shortcuts(visit, named_set):
    wanted, folder = named_set
    masks = folder.parent / "masks"
    masks.mkdir()
    Image.new("L", (30, 24), 255).save(masks / "whole.png")
    for number, path in enumerate(sorted(folder.glob("*/*.png"))):
        path.rename(path.with_name(f"{number}.png"))
    Image.new("L", (30, 24), 255).save(masks / "3.png")
    page = searched(search(visit("sonar", None, **{**SET, "sonar_set": wanted.name, "sonar_masks": str(masks)})))
    assert page.errors == []
    report = page.job_of("sonar_shortcuts").result
    assert (report.pictures, report.masked) == (6 * len(wanted.classes), 1)


def test_without_fetched_sets_none_is_offered(sonar, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert len(sonar(sonar_judge="false").at.selectbox(key="sonar_source").options) == 3
