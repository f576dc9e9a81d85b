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
