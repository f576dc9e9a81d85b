from dataclasses import replace

import numpy as np
import onnx
import pandas as pd
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.linear_model import LogisticRegression

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.wrapping import classifier
from xaivision.data.registry import load_dataset
from xaivision.data.schema import TableSchema
from xaivision.models.registry import load_model
from xaivision.naming import background_from, items_from, model_from


def test_a_factory_is_a_model(tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text("import torch\ndef small():\n    return torch.nn.Sequential(torch.nn.Linear(3, 2))\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert model_from("my_models:small")(torch.zeros(1, 3)).shape == (1, 2)
    with pytest.raises(InputError, match=r"Write package\.module:factory"):
        model_from("my_models:other")


def onnx_file(path, *, then):
    """A linear model of three columns."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node(then, ["z"], ["scores"])]
    sides = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in (("x", 3), ("scores", 2))]
    weights = numpy_helper.from_array(np.eye(3, 2, dtype=np.float32), "w")
    graph = helper.make_graph(nodes, "graph", sides[:1], sides[1:], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return str(path)


def test_an_onnx_file_is_a_model(tmp_path):
    found = model_from(onnx_file(tmp_path / "small.onnx", then="Softmax"))
    assert (found.num_classes, found.score_unit) == (2, "probability")
    assert torch.allclose(found(torch.eye(3))[:, 0], torch.tensor([[1.0, 0], [0, 1], [0, 0]]).softmax(1)[:, 0])


def test_what_an_onnx_file_does_not_say_is_told_beside_it_or_by_a_function(tmp_path):
    path = onnx_file(tmp_path / "squashed.onnx", then="Sigmoid")
    with pytest.raises(InputError, match=r"Give score_unit='probability' .* name a function .*: package\.module:factory\.$"):
        model_from(path)
    assert model_from(path, score_unit="logit").score_unit == "logit"


def test_an_onnx_file_that_is_not_there_or_is_none_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"^`--model` must be .* or an ONNX file\. There is no file nowhere\.onnx\.$"):
        model_from("nowhere.onnx")
    (tmp_path / "bad.onnx").write_text("x")
    with pytest.raises(FileFormatError, match=r"`bad\.onnx` must be an ONNX model"):
        model_from(str(tmp_path / "bad.onnx"))


def test_settings_reach_the_model_that_is_named_or_made(tmp_path, monkeypatch):
    (tmp_path / "set_models.py").write_text("import torch\ndef small():\n    return torch.nn.Sequential(torch.nn.Linear(3, 2))\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert model_from("set_models:small", class_names=("a", "b")).class_names == ("a", "b")
    with pytest.raises(InputError, match=r"`wine_mlp` takes no settings\. Got `seed`"):
        model_from("wine_mlp", seed=1)


def test_files_and_folders_get_titles(tmp_path):
    model = load_model("digits_cnn")
    for name in ("b.png", "a.png"):
        Image.new("L", (8, 8), 100).save(tmp_path / name)
    assert items_from([str(tmp_path / "b.png")], model).titles == ("b.png",)
    both = items_from([str(tmp_path)], model)
    assert both.inputs.shape == (2, 1, 8, 8)
    assert both.titles == ("a.png", "b.png")


def test_a_csv_file_is_a_table_and_a_column_that_is_no_input_is_left_out_and_told(tmp_path):
    model = load_model("wine_logistic")
    frame = model.schema.to_frame(torch.tensor(model.schema.typical)[None].numpy())
    frame.to_csv(tmp_path / "wine.csv", index=False)
    found = items_from([str(tmp_path / "wine.csv")], model)
    assert found.titles == ("wine row 0",)
    assert found.inputs.shape == (1, 13)
    assert found.notes == ()
    frame.assign(label=1).to_csv(tmp_path / "labeled.csv", index=False)
    labeled = items_from([str(tmp_path / "labeled.csv")], model)
    assert torch.equal(labeled.inputs, found.inputs)
    assert labeled.notes == ("Left out of labeled.csv, since the model takes no such column: label.",)
    frame.drop(columns="ash").assign(label=1).to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(InputError, match="must have the column 'ash'"):
        items_from([str(tmp_path / "short.csv")], model)


def test_an_estimator_without_a_schema_takes_the_columns_it_was_fitted_on(tmp_path):
    frame = pd.DataFrame({"b": [0.0, 1.0, 2.0, 3.0], "a": [5.0, 5.0, 5.0, 5.0]})
    model = classifier(LogisticRegression().fit(frame, [0, 0, 1, 1]))
    frame[["a", "b"]].assign(label=0).to_csv(tmp_path / "table.csv", index=False)
    found = items_from([str(tmp_path / "table.csv")], model, rows=None)
    assert found.inputs.tolist() == frame.to_numpy().tolist()
    assert found.notes == ("Left out of table.csv, since the model takes no such column: label.",)


def test_a_model_that_knows_no_columns_takes_them_in_their_order_and_that_is_told(tmp_path):
    (tmp_path / "table.csv").write_text("y,b,a\n1,2,3\n")
    found = items_from([str(tmp_path / "table.csv")], classifier(torch.nn.Linear(2, 2)), label="y")
    assert found.inputs.tolist() == [[2.0, 3.0]]
    assert found.notes == ("This model knows no names of columns: those of table.csv are taken in their order.",)


def test_a_background_is_the_training_part_or_all_of_what_has_none(tmp_path):
    model, wine = load_model("wine_logistic"), load_dataset("wine")
    assert torch.equal(background_from("wine", model).inputs, wine.train.inputs)
    wine.schema.to_frame(wine.inputs.numpy()).assign(y=0).to_csv(tmp_path / "rows.csv", index=False)
    rows = background_from(str(tmp_path / "rows.csv"), model, label="y")
    assert torch.allclose(rows.inputs.float(), wine.inputs)
    assert rows.notes == ()
    small = classifier(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3)), image_format=ImageFormat(1, 8, 8), num_classes=2)
    assert background_from("sample_images", small).inputs.shape == (9, 1, 8, 8)
    for name in ("a.png", "b.png"):
        Image.new("L", (8, 8), 100).save(tmp_path / name)
    (tmp_path / "rows.csv").unlink()
    assert background_from(str(tmp_path), small).titles == ("a.png", "b.png")


def test_a_table_of_other_columns_is_refused_though_their_number_fits():
    wine = load_dataset("wine")
    renamed = TableSchema(tuple(replace(feature, name=f"x{number}") for number, feature in enumerate(wine.schema.features)))
    model = classifier(torch.nn.Linear(13, 3), schema=renamed)
    with pytest.raises(InputError, match=r"'wine' has other columns than this model: it has alcohol, .* takes x0, x1, x2"):
        items_from(["wine"], model)


def test_nothing_named_is_refused():
    with pytest.raises(InputError, match="Name at least one input"):
        items_from([], load_model("digits_cnn"))


def test_rows_of_a_named_set_of_pictures_can_be_named():
    model = load_model("digits_cnn")
    found = items_from(["digits"], model, rows=(0, 3))
    assert found.inputs.shape == (2, 1, 8, 8)
    assert found.titles == ("digits row 0", "digits row 3")
    with pytest.raises(
        InputError, match=r"'uci_sonar' holds table rows, and this model takes pictures\. Name a model of it: uci_sonar_mlp, "
    ):
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
