import pytest
import torch
from PIL import Image

from xaivision.core.errors import InputError
from xaivision.models.registry import load_model
from xaivision.naming import items_from, model_from


def test_a_factory_is_a_model(tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text("import torch\ndef small():\n    return torch.nn.Sequential(torch.nn.Linear(3, 2))\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert model_from("my_models:small")(torch.zeros(1, 3)).shape == (1, 2)
    with pytest.raises(InputError, match=r"Write package\.module:factory"):
        model_from("my_models:other")


def test_files_and_folders_get_titles(tmp_path):
    model = load_model("digits_cnn")
    for name in ("b.png", "a.png"):
        Image.new("L", (8, 8), 100).save(tmp_path / name)
    assert items_from([str(tmp_path / "b.png")], model).titles == ("b.png",)
    both = items_from([str(tmp_path)], model)
    assert both.inputs.shape == (2, 1, 8, 8)
    assert both.titles == ("a.png", "b.png")


def test_a_csv_file_is_a_table_and_its_columns_are_never_dropped(tmp_path):
    model = load_model("wine_logistic")
    frame = model.schema.to_frame(torch.tensor(model.schema.typical)[None].numpy())
    frame.to_csv(tmp_path / "wine.csv", index=False)
    found = items_from([str(tmp_path / "wine.csv")], model)
    assert found.titles == ("wine row 0",)
    assert found.inputs.shape == (1, 13)
    frame.assign(label=1).to_csv(tmp_path / "labeled.csv", index=False)
    with pytest.raises(InputError, match="label"):
        items_from([str(tmp_path / "labeled.csv")], model)


def test_nothing_named_is_refused():
    with pytest.raises(InputError, match="Name at least one input"):
        items_from([], load_model("digits_cnn"))


def test_rows_of_a_named_set_of_pictures_can_be_named():
    model = load_model("digits_cnn")
    found = items_from(["digits"], model, rows=(0, 3))
    assert found.inputs.shape == (2, 1, 8, 8)
    assert found.titles == ("digits row 0", "digits row 3")
    with pytest.raises(InputError, match="'uci_sonar' is a table, and this model takes pictures"):
        items_from(["uci_sonar"], model)


def test_a_picture_for_a_model_of_tables_and_a_factory_that_is_none_are_one_sentence(tmp_path):
    Image.new("L", (8, 8), 100).save(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="must be a CSV file, since this model takes table rows"):
        items_from([str(tmp_path / "a.jpg")], load_model("wine_logistic"))
    with pytest.raises(InputError, match=r"must take nothing and return a model|must be a function that takes nothing"):
        model_from("json:dumps")


def test_provenance_names_the_model_and_the_metrics_settings():
    import xaivision as xv

    model, rows = load_model("wine_logistic"), xv.load_dataset("wine").inputs[:1]
    found = xv.compare(model, rows, ["occlusion"], metrics=["deletion"])
    assert found.explanations["occlusion"].origin.model == repr(model)
    assert found.scores["deletion"]["occlusion"].settings["steps"] == 32
