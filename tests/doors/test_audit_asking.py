"""The words of an audit become a subject, items and settings, before any method is asked."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from xaivision.audit_asking import asked_audit
from xaivision.audit_request import AuditRequest
from xaivision.auditing import prepared
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.data.registry import load_dataset
from xaivision.facade import usual_methods
from xaivision.naming import model_from

WINE = AuditRequest(model="wine_mlp", inputs=("wine",))


def test_the_test_part_of_a_named_set_is_audited_unless_rows_are_named():
    assert len(asked_audit(WINE).items.names) == len(load_dataset("wine").split.test) == 53
    some = asked_audit(WINE.overridden(rows="2-4")).items
    assert some.names == ("wine row 2", "wine row 3", "wine row 4")
    assert torch.equal(some.load(1), load_dataset("wine").inputs[3])


def test_pictures_are_files_that_are_read_when_their_turn_comes(tmp_path):
    Image.new("L", (8, 8), 100).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no picture")
    digits = AuditRequest(model="digits_cnn", inputs=(str(tmp_path),))
    items = asked_audit(digits).items
    assert items.names == ("a.png", "b.png")
    assert items.load(0).shape == (1, 8, 8)
    with pytest.raises(InputError, match=r"b\.png"):
        items.load(1)
    with pytest.raises(InputError, match=r"`rows` are those of a table or a data set\. Got '0'"):
        asked_audit(digits.overridden(rows="0"))
    with pytest.raises(InputError, match=r"c\.png` must be a picture file\. There is no such file\."):
        asked_audit(digits.overridden(inputs=[str(tmp_path / "c.png")]))
    with pytest.raises(InputError, match="`--label` is for the columns of a CSV file"):
        asked_audit(digits.overridden(label="a"))


def test_a_csv_file_is_read_without_its_label(tmp_path):
    wine = load_dataset("wine")
    wine.schema.to_frame(wine.inputs[:3].numpy()).assign(grower=1).to_csv(tmp_path / "rows.csv", index=False)
    asked = asked_audit(WINE.overridden(inputs=[str(tmp_path / "rows.csv")]))
    assert asked.items.names == ("rows row 0", "rows row 1", "rows row 2")
    assert asked.notes == ("Left out of rows.csv, since the model takes no such column: grower.",)


def test_another_process_can_make_the_model():
    again = pickle.loads(pickle.dumps(asked_audit(WINE).subject))  # noqa: S301 - as processes of our own hand it over
    row = load_dataset("wine").inputs[:1]
    assert again.name == "wine_mlp"
    assert torch.equal(again.model(row), model_from("wine_mlp")(row))


def test_words_are_passed_on_as_the_audit_takes_them():
    request = WINE.overridden(
        methods="saliency,occlusion",
        metrics="deletion,parameter_randomization",
        controls="random",
        target="1",
        score="logit",
        access="gradients",
        said=["occlusion.window=2", "deletion.steps=4"],
        seed=5,
        out=Path("found"),
        purpose="why",
    )
    given = asked_audit(request).arguments
    assert given["methods"] == {"saliency": "saliency", "occlusion": "occlusion"}
    assert given["metrics"] == ("deletion", "parameter_randomization")
    assert given["settings"] == {"occlusion": {"window": 2}}
    assert given["metric_settings"] == {"deletion": {"steps": 4}}
    assert (given["targets"].classes, given["targets"].output) == (1, "logit")
    assert (given["controls"], given["seed"], given["out"], given["access"]) == (("random",), 5, Path("found"), "gradients")
    assert given["stated"].purpose == "why"


def test_what_is_left_out_is_for_the_audit_to_choose_but_for_the_usual_methods():
    given = asked_audit(WINE).arguments
    assert (given["metrics"], given["controls"], given["access"], given["background"]) == (None, None, None, None)
    assert tuple(given["methods"]) == usual_methods(model_from("wine_mlp"))


def test_usual_metrics_can_be_set_without_being_named():
    assert asked_audit(WINE.overridden(said=["insertion.steps=4"])).arguments["metric_settings"] == {"insertion": {"steps": 4}}


def test_every_argument_is_one_of_an_audit_that_is_prepared(tmp_path):
    asked = asked_audit(WINE.overridden(rows="0-3", methods="saliency", metrics="sparseness", out=tmp_path / "new"))
    made = prepared(asked.subject, asked.items, **asked.arguments)
    assert (tuple(made.plan.methods), tuple(made.plan.judges)) == (("saliency",), ("sparseness",))
    assert made.run().findings.of("sparseness", "saliency").items == 4


def test_what_a_data_set_says_of_itself_is_stated_unless_something_else_is():
    stated = asked_audit(WINE.overridden(rows="0-3")).arguments["stated"]
    assert (stated.license, stated.selection) == ("CC BY 4.0", "rows 0-3")
    assert stated.source.startswith("wine: ")
    said = replace(WINE, stated={"selection": "every row"}, auditor={"identity": "us"})
    stated = asked_audit(said).arguments["stated"]
    assert (stated.license, stated.selection, stated.auditor.identity) == ("CC BY 4.0", "every row", "us")


def test_a_background_is_the_training_part_of_a_data_set():
    given = asked_audit(WINE.overridden(methods="saliency,nearest_examples", background="wine")).arguments
    assert torch.equal(given["background"], load_dataset("wine").train.inputs)


def test_a_misspelled_model_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownNameError, match=r"`wine_mpl` is not a known model\. Did you mean `wine_mlp`"):
        asked_audit(WINE.overridden(model="wine_mpl"))


def test_an_audit_of_nothing_is_refused():
    with pytest.raises(InputError, match=r"Name what is to be audited: .* or as `inputs` under \[data\]\."):
        asked_audit(AuditRequest())
