"""The page of photos: every widget, the numbers of the library, and what happens when something is wrong."""

import io

import numpy as np
import pytest
import torch
from app_models import tiny
from comparison_numbers import numbers
from PIL import Image

import xaivision as xv
from desk.in_words import OUTLINERS
from desk.telling import as_text
from xaivision.engines.pointed_objects.naming import POINT_SEGMENTERS
from xaivision.report.narrative_page import narrative_part

METHODS = ["saliency", "occlusion"]


def picture(mode="RGB", size=(40, 30), form="PNG", **options):
    rows = np.arange(size[0] * size[1], dtype=np.uint32).reshape(size[1], size[0])
    if mode == "I;16":
        made = Image.fromarray((rows * 50 % 65536).astype(np.uint16))
    else:
        made = Image.fromarray((rows % 256).astype(np.uint8)).convert(mode)
    stream = io.BytesIO()
    made.save(stream, form, **options)
    return stream.getvalue()


@pytest.fixture
def photos(visit):
    return lambda **query: visit("photos", photos_methods=METHODS, **query)


def test_every_number_is_the_librarys_for_the_same_seed(photos):
    page = photos(photos_seed="3").settled()
    model = tiny()
    own = xv.compare(
        model,
        xv.load_sample_images(["chelsea"], model),
        METHODS,
        seed=3,
        metric_settings={"deletion": {"steps": 16}, "insertion": {"steps": 16}},
    )
    assert numbers(page.job.result) == numbers(own)
    for label, explanation in own.explanations.items():
        assert torch.equal(page.job.result.explanations[label].values, explanation.values)


def test_the_usual_methods_are_shown_with_verdict_cost_and_words(visit):
    page = visit("photos", photos_judge="false").settled()
    cards = page.data("gallery")["cards"]
    assert [card["label"] for card in cards] == page.at.multiselect(key="photos_methods").value
    assert len(cards) == 7
    for card in cards:
        assert card["picture"]["uri"].startswith("data:image/png;base64,")
        assert card["picture"]["alt"].startswith(f"Map by {card['label']}")
        assert card["badge"] in ("ok", "warn")
        assert any("call" in line for line in card["lines"])


def test_controls_stand_behind_the_methods_once_they_are_judged(photos):
    cards = photos().settled().data("gallery")["cards"]
    assert [card["label"] for card in cards] == [*METHODS, "random", "sobel"]
    assert [card["badge"] for card in cards[2:]] == ["control", "control"]
    assert any("deletion" in line for line in cards[0]["lines"])


def test_any_class_is_explained_and_why_it_is_not_another_one(photos):
    page = photos(photos_judge="false").settled()
    page.at.selectbox(key="photos_class").set_value("cup")
    page.at.selectbox(key="photos_against").set_value("rocket")
    query = page.run().settled().job.result.query
    assert query.target_names() == ("cup",)
    assert query.against_names() == ("rocket",)
    assert query.unit == "logit difference"


def test_classes_of_one_name_are_told_apart_by_their_numbers(visit):
    page = visit("photos", "app_models:same_names", photos_methods=["saliency"], photos_judge="false").settled()
    assert {"crane (class 0)", "crane (class 1)"} <= set(page.at.selectbox(key="photos_class").options)
    page.at.selectbox(key="photos_class").set_value("crane (class 1)")
    assert page.run().settled().job.result.query.targets.tolist() == [1]


def test_the_address_is_a_permalink(photos):
    page = photos(
        photos_class="cup", photo="cup of coffee", photos_scale="Each its own", photos_ink="55", photos_judge="false"
    ).settled()
    assert page.job.result.query.target_names() == ("cup",)
    assert page.at.selectbox(key="photo").value == "cup of coffee"
    assert page.at.session_state["photos_scale"] == "each"
    assert page.at.session_state["photos_ink"] == 55
    assert page.at.multiselect(key="photos_methods").value == METHODS


def test_the_address_names_no_factory(visit):
    page = visit("photos", photos_model="os:getcwd", photos_methods=["saliency"])
    assert page.at.selectbox(key="photos_model").value == "app_models:tiny"


def test_looking_in_another_way_asks_the_model_nothing(visit):
    page = visit("photos", "app_models:counted", photos_methods=METHODS, photos_judge="false").settled()
    from desk.shared import model

    module, job = model("app_models:counted").model, page.job
    before = page.data("gallery")["cards"][0]["picture"]["uri"]
    asked = module.asked
    seen = [before]
    for change in (
        lambda: page.at.slider(key="photos_ink").set_value(80),
        lambda: page.at.select_slider(key="photos_clip").set_value(90.0),
        lambda: page.set("photos_scale", "each"),
    ):
        change()
        page.run()
        seen.append(page.data("gallery")["cards"][0]["picture"]["uri"])
    assert len(set(seen)) == 4
    assert page.data("gallery")["bar"] is None, "each map has a scale of its own"
    assert module.asked == asked
    assert page.job is job


def test_another_method_asks_only_what_was_not_asked(visit):
    page = visit("photos", "app_models:counted", photos_methods=["saliency"], photos_judge="false").settled()
    from desk.shared import memory

    known = len(memory())
    page.at.multiselect(key="photos_methods").set_value(METHODS)
    page.run().settled()
    assert len(memory()) == known + 1
    assert set(page.job.result.explanations) == set(METHODS)


@pytest.mark.parametrize("tab", ["Faithfulness", "Agreement", "Two maps", "Region", "Export"])
def test_every_tab_is_drawn(photos, tab):
    page = photos(photos_tab=tab).settled()
    assert page.errors == []
    if tab == "Agreement":
        assert [row["label"] for row in page.data("matrix")["rows"]] == [*METHODS, "random", "sobel"]
    if tab == "Two maps":
        wiped = page.data("wipe")
        assert [wiped["left"]["label"], wiped["right"]["label"]] == METHODS


@pytest.mark.parametrize("asked", [{}, pytest.param({"photos_class": "rocket", "photos_against": "cup"}, marks=pytest.mark.slow)])
def test_the_words_and_how_they_were_checked_are_the_librarys(photos, asked):
    page = photos(photos_tab="In words", photos_judge="false", **asked).settled()
    assert page.job_of("photos_words").wait(120)
    page.run()
    model = tiny()
    target = xv.Target("rocket", "cup") if asked else None
    own = xv.narrate(model, xv.load_sample_images(["chelsea"], model), targets=target)
    part = narrative_part(own, 0, "cat")
    told = page.job_of("photos_words").result
    assert told.text == own.text
    assert torch.equal(told.attribution.values, own.attribution.values)
    assert torch.equal(told.regions, own.regions)
    assert page.data("wide_picture")["alt"] == part.picture.alt
    tables = page.text_tables()
    assert tables["photos_words_checks"]["rows"] == [list(row) for row in part.checks]
    assert [row[:2] for row in tables["photos_words_stages"]["rows"]] == [list(row[:2]) for row in part.stages]
    assert page.warnings == ["  \n".join(map(as_text, part.reasons))] * bool(part.reasons)
    assert [one.proto.label for one in page.at.get("download_button")] == ["HTML", "PNG", "SAFETENSORS"]
    assert page.errors == []


def test_another_way_to_outline_the_object_is_asked_anew_and_only_then(photos):
    page = photos(photos_tab="In words", photos_judge="false").settled()
    first = page.job_of("photos_words")
    assert first.wait(120)
    assert page.run().job_of("photos_words") is first
    page.at.selectbox(key="photos_words_outliner").set_value("grid")
    assert page.run().job_of("photos_words") is not first
    assert page.job_of("photos_words").wait(120)
    assert page.job_of("photos_words").result.evidence[0]["region"]["segmenter"] == repr(POINT_SEGMENTERS["grid"])


def test_every_way_to_outline_that_needs_no_file_is_offered():
    assert tuple(OUTLINERS) == tuple(POINT_SEGMENTERS)


def test_the_page_says_which_classes_there_are(visit):
    told = [one.value for one in visit("photos", photos_methods=["saliency"], photos_judge="false").at.caption]
    assert "The model knows 4 classes \\(cat, cup, rocket, clock\\), and takes whatever it is shown for one of them\\." in told


def test_a_point_chooses_a_region_and_tells_each_maps_share_of_it(photos):
    page = photos(photos_tab="Region", photos_judge="false").settled()
    from desk.region import loupe_key

    key = loupe_key("photos", page.watch_of("photos").question[0])
    assert page.data("loupe")["points"] == []
    page.set(key, {"points": [[4, 5, 1], [900, 1, 1], "no point"]})
    assert page.data("loupe")["points"] == [[4, 5, 1]]
    table = next(one.value for one in page.at.dataframe if "share" in one.value)
    assert list(table["method"]) == METHODS
    assert ((table["share"] >= 0) & (table["share"] <= 1)).all()
    page.set(key, {"points": [[4, 5, 0]]})
    assert page.errors == []
    assert "Nothing is left of the region" in page.at.info[0].value


def test_the_points_of_a_picture_are_in_the_address_and_are_none_of_anothers(visit, photos):
    page = photos(photos_tab="Region", photos_judge="false").settled()
    from desk.region import loupe_key

    points = [[4, 5, 1], [9, 2, 0]]
    page.set(loupe_key("photos", page.watch_of("photos").question[0]), {"points": points})
    said = dict(page.at.query_params)
    assert said["photos_points"].endswith("~4.5.1,9.2.0")
    assert visit("photos", **said).settled().data("loupe")["points"] == points
    assert visit("photos", **{**said, "photo": "rocket"}).settled().data("loupe")["points"] == []
    assert visit("photos", **{**said, "photos_points": "nonsense~4.5.1"}).settled().data("loupe")["points"] == []


@pytest.mark.parametrize("said", ["4.5", "4.5.1.6", "x.y.1", "-4.5.1", "900.1.1", ".", ",,", "4,5,1"])
def test_an_address_that_says_no_points_sets_none(photos, said):
    from desk.address import mark_of

    mark = mark_of(xv.load_sample_images(["chelsea"], tiny()))
    page = photos(photos_tab="Region", photos_judge="false", photos_points=f"{mark}~{said}")
    assert page.settled().data("loupe")["points"] == []


def test_the_open_pair_is_in_the_address(visit, photos):
    page = photos(photos_tab="Agreement").settled()
    assert page.data("matrix")["pair"] == [0, 1]
    page.set("photos_matrix", {"pair": [1, 3]})
    said = dict(page.at.query_params)
    assert said["photos_open"] == "occlusion~sobel"
    other = visit("photos", **said).settled()
    assert other.data("matrix")["pair"] == [1, 3]
    wiped = other.data("wipe")
    assert [wiped["left"]["label"], wiped["right"]["label"]] == ["occlusion", "sobel"]
    unknown = visit("photos", **{**said, "photos_open": "occlusion~nobody"}).settled()
    assert unknown.data("matrix")["pair"] == [0, 1]


def test_how_maps_are_looked_at_is_in_the_address_whichever_tab_is_opened_first(photos):
    looked = {"photos_scale": "Each its own", "photos_ink": "55", "photos_clip": "90.0"}
    page = photos(photos_tab="Two maps", photos_judge="false", **looked).settled()
    assert {name: page.at.query_params[name] for name in looked} == looked
    usual = photos(photos_tab="Two maps", photos_judge="false").settled()
    assert page.data("wipe")["left"]["uri"] != usual.data("wipe")["left"]["uri"]
    maps = photos(photos_judge="false", **looked).settled().data("gallery")["cards"]
    assert page.data("wipe")["left"]["uri"] == maps[0]["picture"]["uri"]


def test_what_is_drawn_is_drawn_again_only_where_it_is_another_thing(photos, monkeypatch):
    """A slider moved there and back, a tab left and opened again, a redraw of the page."""
    import desk.region
    import desk.scores
    import desk.view

    made = []

    def noted(module, name):
        make = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args: (made.append(name), make(*args))[1])

    for module, name in ((desk.view, "wall"), (desk.scores, "table_rows"), (desk.region, "region_at"), (desk.region, "mass_in")):
        noted(module, name)
    page = photos().settled()
    made.clear()
    page.run().run()
    assert made == []
    page.tab("Faithfulness").run().run()
    assert made == ["table_rows"]
    page.tab("Region")
    page.run()
    from desk.region import loupe_key

    page.set(loupe_key("photos", page.watch_of("photos").question[0]), {"points": [[4, 5, 1]]})
    page.run().run()
    assert made == ["table_rows", "region_at", "region_at", "mass_in"]
    page.tab("Maps")
    page.at.slider(key="photos_ink").set_value(80)
    page.run().run()
    assert made[4:] == ["wall"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("gray.png", picture("L")),
        ("deep.png", picture("I;16")),
        ("alpha.png", picture("RGBA")),
        ("print.jpg", picture("CMYK", form="JPEG")),
        ("palette.gif", picture("P", form="GIF")),
        ("moving.gif", picture("P", form="GIF", save_all=True, append_images=[Image.new("P", (40, 30))])),
        ("named_as_something_else.png", picture("RGB", form="JPEG")),
    ],
)
def test_an_upload_of_any_kind_is_explained(photos, name, content):
    page = photos(photos_judge="false")
    page.at.file_uploader(key="upload").upload(name, content, "image/png")
    page.run().settled()
    assert page.errors == []
    model = tiny()
    assert torch.equal(page.job.result.query.inputs, xv.load_images(content, model))


def huge():
    """A PNG of 300 megapixels in its header, and a few hundred bytes."""
    whole = picture("L", (8, 8))
    import struct
    import zlib

    header = whole[16:29]
    changed = struct.pack(">II", 20_000, 15_000) + header[8:]
    return whole[:16] + changed + struct.pack(">I", zlib.crc32(b"IHDR" + changed)) + whole[33:]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a picture at all", "must be a PNG, JPEG, WebP, BMP, TIFF or GIF picture"),
        (picture()[: len(picture()) // 2], "must be a complete picture"),
        (huge(), "at most 50 megapixels"),
        (b"", "an empty file"),
    ],
)
def test_an_upload_that_is_no_picture_is_one_plain_sentence(photos, content, said):
    page = photos(photos_judge="false")
    page.at.file_uploader(key="upload").upload("![x](http://example.org).png", content, "image/png")
    page.run()
    (error,) = page.errors
    assert said in error.replace("\\", "")
    assert "![" not in error, "the file's name must not be markup"
    assert [one.value for one in page.at.info] == ["There is nothing to explain yet: the sidebar says why."]


def test_a_method_that_runs_out_of_memory_leaves_the_others_shown(photos, monkeypatch):
    from xaivision.explainers.saliency import Saliency

    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Saliency, "explain", full)
    page = photos(photos_judge="false").settled()
    assert [card["label"] for card in page.data("gallery")["cards"]] == ["occlusion", "saliency"]
    assert page.data("gallery")["cards"][1]["badge"] == "refuse"
    assert "out of memory" in page.warnings[0]


def test_a_model_that_raises_is_told_in_one_sentence_as_text(visit):
    page = visit("photos", "app_models:raises", photos_methods=["occlusion"], photos_judge="false").settled()
    (error,) = page.errors
    assert "never meant for" in error
    assert "![" not in error


def test_a_model_that_raises_at_its_first_input_is_told_in_one_sentence_too(visit):
    page = visit("photos", "app_models:broken", photos_methods=["occlusion"], photos_judge="false")
    assert page.errors == ["The model raised KeyError\\: 'no answer for \\(1, 3, 16, 16\\)'"]
    assert not page.at.exception


@pytest.mark.parametrize(
    ("setting", "said"), [("occlusion.windo=3", "windo"), ("occlusion window 3", "`Settings` must be setting=value")]
)
def test_a_wrong_setting_is_told_in_one_sentence_in_the_words_of_the_page(photos, setting, said):
    page = photos(photos_judge="false", photos_settings=setting).settled()
    (error,) = page.errors
    assert said in error.replace("\\", "")
    assert "--" not in error


def test_a_fault_of_the_librarys_own_is_not_said_to_be_the_models(photos, monkeypatch):
    from xaivision.explainers.occlusion import Occlusion

    monkeypatch.setattr(Occlusion, "explain", lambda *_, **__: [][0])
    page = photos(photos_judge="false").settled()
    (said,) = page.warnings
    assert "occlusion could not answer: a fault of xaivision" in said.replace("\\", "")
    assert "none of the model" in said


def test_without_a_method_the_page_says_what_to_do(photos):
    page = photos(photos_judge="false").settled()
    page.at.multiselect(key="photos_methods").set_value([])
    assert [one.value for one in page.run().at.info] == ["Choose at least one method."]
