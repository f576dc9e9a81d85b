"""The page of prototypes: what is trained here and what was handed over, with the library's numbers."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

import xaivision as xv
from xaivision.report.gallery_files import gallery_contents
from xaivision.report.gallery_page import gallery_page, why_table

WINE = {"prototypes_model": "wine, trained here", "prototypes_system": "rbf", "prototypes_epochs": "2", "prototypes_k": "2"}


@pytest.fixture
def prototypes(visit):
    def start(**query):
        page = visit("prototypes", None, **query)
        if "watched question of prototypes_training" in page.at.session_state:
            assert page.job_of("prototypes_training").wait(120)
            page.run()
        return page.settled() if "watched question of prototypes" in page.at.session_state else page

    return start


@pytest.fixture(scope="module")
def squares():
    data = xv.load_dataset("planted_properties", count=40)
    settings = {"backbone": "three_convolutions", "width": 8, "per_class": 1, "epochs": 1, "cycles": 1}
    return xv.train(data, model="proto_part", **settings), data


def cards(page):
    return [card for section in page.data("prototypes")["sections"] for card in section["cards"]]


def test_a_model_that_is_trained_here_is_the_librarys_for_the_same_seed(prototypes):
    page = prototypes(**WINE, prototypes_input="4")
    assert page.errors == []
    data = xv.load_dataset("wine")
    own = xv.train(data, model="rbf", per_class=2, epochs=2, cycles=2, seed=0)
    told = gallery_page(xv.prototype_gallery(own.classifier, data.inputs[own.parts.test][4:5], [], k=2))
    shown = cards(page)
    assert [card["title"] for card in shown] == [one.title for part in told.classes for one in part.shown]
    assert [card["lines"] for card in shown] == [list(one.lines) for part in told.classes for one in part.shown]
    assert [tab.label for tab in page.at.tabs] == ["Gallery", "This looks like that", "Export"]
    page.tab("This looks like that")
    (case,) = told.cases
    (section,) = page.data("prototypes")["sections"]
    assert (section["name"], section["rest"]) == (case.heading, case.rest)
    assert [[card["title"], *card["lines"]] for card in section["cards"]] == [list(pair.lines) for pair in case.pairs]


def test_another_lesson_is_learned_anew_and_another_input_only_looked_at(prototypes):
    page = prototypes(**WINE)
    learned, shown = page.job_of("prototypes_training"), page.job
    page.at.number_input(key="prototypes_input").set_value(7)
    page.run().settled()
    assert page.job_of("prototypes_training") is learned
    assert page.job is not shown
    page.at.slider(key="prototypes_per_class").set_value(1)
    page.run()
    assert page.job_of("prototypes_training") is not learned
    assert page.job_of("prototypes_training").wait(60)
    assert len(page.run().settled().job.result) == 3


def uploaded(prototypes, squares, tmp_path, **query):
    page = prototypes(prototypes_model="a file of your own", **query)
    assert "Hand over a file" in page.at.info[0].value
    content = squares[0].save(tmp_path / "squares").read_bytes()
    page.at.file_uploader(key="prototypes_trained").upload("../<i>mine.safetensors", content, "application/octet-stream")
    return page.run().settled()


def test_a_file_that_train_has_written_shows_its_prototypes_and_finds_them_in_a_picture(prototypes, squares, tmp_path):
    model, data = squares
    page = uploaded(prototypes, squares, tmp_path)
    assert page.errors == []
    (first, *_), told = cards(page), gallery_page(xv.prototype_gallery(model.classifier))
    picture = told.classes[0].shown[0].picture
    assert first["places"][0]["uri"] == picture.uri
    assert first["places"][0]["box"] == list(picture.box)
    assert first["places"][0]["crop"] == picture.crop
    pixels = (data.inputs[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    saved = io.BytesIO()
    Image.fromarray(pixels).save(saved, "PNG")
    page.at.file_uploader(key="prototypes_upload").upload("a.png", saved.getvalue(), "image/png")
    page.run().settled()
    matches = page.job.result.matches
    own = xv.explain(model.classifier, xv.load_images(saved.getvalue(), model.classifier), "prototype_matches", k=2)
    assert torch.equal(matches.contributions, own.contributions)
    page.tab("This looks like that")
    assert [len(card["places"]) for card in cards(page)] == [2, 2]
    page.tab("Why")
    page.job_of("prototypes_why").wait(60)
    rows = page.run().text_tables()["prototypes_why_table"]["rows"]
    table = why_table(xv.explain_prototypes(model.classifier, matches.query.inputs))
    assert [row[2:] for row in rows[:-1]] == [[text for text, _, _ in cells] for _, _, cells in table.rows]
    page.tab("Export")
    assert {one.name: one.content for one in page.job.kept["exports"]} == gallery_contents(page.job.result)


@pytest.mark.slow
def test_a_model_without_prototypes_is_refused_in_one_sentence(prototypes, tmp_path):
    data = xv.load_dataset("planted_squares", count=40)
    content = xv.train(data, "small_cnn", epochs=1).save(tmp_path / "plain").read_bytes()
    page = prototypes(prototypes_model="a file of your own")
    page.at.file_uploader(key="prototypes_trained").upload("plain.safetensors", content, "application/octet-stream")
    (error,) = page.run().settled().errors
    assert "decides by prototypes" in error


def test_a_file_that_is_no_model_is_refused_under_a_name_of_our_own(prototypes):
    page = prototypes(prototypes_model="a file of your own")
    page.at.file_uploader(key="prototypes_trained").upload("../evil.safetensors", b"nothing", "application/octet-stream")
    (error,) = page.run().errors
    assert "evil" not in error


@pytest.mark.slow
@pytest.mark.parametrize("name", ["colored squares, trained here", "digits, trained here"])
@pytest.mark.parametrize("system", ["score_aggregation", "components"])
def test_every_lesson_of_pictures_is_learned_and_shown(prototypes, name, system):
    page = prototypes(prototypes_model=name, prototypes_system=system, prototypes_epochs="1")
    assert page.errors == []
    assert len(cards(page)) == len(page.job.result)
