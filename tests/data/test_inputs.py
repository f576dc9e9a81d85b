import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.images import load_image
from xaivision.data.inputs import as_inputs
from xaivision.data.schema import TableSchema

FORMAT = ImageFormat(3, 8, 8)
FRAME = pd.DataFrame({"age": [20, 30, 40], "job": ["a", "b", "a"], "score": [0.5, 1.5, 2.5]})
SCHEMA = TableSchema.from_frame(FRAME)
ROWS = [[20.0, 0.0, 0.5], [30.0, 1.0, 1.5], [40.0, 0.0, 2.5]]


def images(anything, **more):
    return as_inputs(anything, domain="image", **more)


def rows(anything, **more):
    return as_inputs(anything, domain="tabular", **more)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 5, 6), (2, 3, 5, 6), (1, 5, 6), (2, 1, 5, 6)])
def test_float_arrays_and_tensors_of_images_are_taken_as_they_are(dtype, shape):
    array = np.random.default_rng(0).random(shape).astype(dtype)
    for given in (array, torch.from_numpy(array)):
        batch = images(given)
        assert str(batch.dtype) == f"torch.{dtype}"
        assert batch.shape == (shape if len(shape) == 4 else (1, *shape))
        assert np.array_equal(batch.numpy().reshape(shape), array)


@pytest.mark.parametrize("shape", [(5, 6, 3), (5, 6, 1), (5, 6, 4), (2, 5, 6, 3), (224, 224, 3)])
def test_channels_last_are_refused(shape):
    sentence = r"must have shape \(C, H, W\) or \(B, C, H, W\), channels first\. Got .* which has them last"
    with pytest.raises(InputError, match=sentence):
        images(np.zeros(shape, dtype=np.float32))
    with pytest.raises(InputError, match=sentence):
        images(torch.zeros(shape), image_format=FORMAT)


def test_with_a_format_its_channels_decide_what_comes_first():
    assert images(torch.zeros(4, 6, 3), image_format=ImageFormat(4, 6, 3)).shape == (1, 4, 6, 3)
    with pytest.raises(InputError, match="channels first"):
        images(torch.zeros(3, 6, 5), image_format=ImageFormat(5, 3, 6))
    assert images(torch.zeros(3, 6, 3)).shape == (1, 3, 6, 3)
    assert images(torch.zeros(7, 6, 5)).shape == (1, 7, 6, 5)  # a multispectral picture


@pytest.mark.parametrize("shape", [(5,), (5, 6), (1, 2, 3, 5, 6)])
def test_images_without_their_axes_are_refused(shape):
    with pytest.raises(InputError, match=r"must have shape \(C, H, W\) or \(B, C, H, W\)\. Got"):
        images(np.zeros(shape))


@pytest.mark.parametrize("shape", [(2, 5, 4, 4), (5, 4, 4), (2, 7, 3, 3)])
def test_a_square_of_features_is_never_taken_for_channels_at_the_end(shape):
    array = np.random.default_rng(0).random(shape)
    for format in (None, ImageFormat(shape[-3], *shape[-2:])):
        batch = images(array, image_format=format)
        assert np.array_equal(batch.numpy().reshape(shape), array)


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1), (20, 30, 3), (20, 30, 4)])
@pytest.mark.parametrize("format", [FORMAT, ImageFormat(1, 8, 8), None])
def test_a_photo_is_the_same_as_a_path_a_pillow_image_and_an_8_bit_array(tmp_path, shape, format):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    picture = Image.fromarray(array.squeeze())
    picture.save(tmp_path / "a.png")
    truth = images(tmp_path / "a.png", image_format=format)
    for given in (picture, array, [array], array[::-1][::-1]):
        assert torch.equal(images(given, image_format=format), truth)
    assert torch.equal(images(np.stack([array, array]).reshape(2, 20, 30, -1), image_format=format), torch.cat([truth, truth]))


@pytest.mark.parametrize("shape", [(3, 20, 30), (2, 3, 20, 30), (3, 20, 3), (2, 1, 20, 4), (20,), (5, 20, 30), (1, 2, 20, 30, 3)])
def test_8_bit_arrays_that_are_not_certainly_pictures_are_refused(shape):
    with pytest.raises(InputError, match=r"8-bit pictures must have shape \(H, W\), \(H, W, C\) or .* Got .* Move the channels"):
        images(np.zeros(shape, dtype=np.uint8), image_format=FORMAT)


def test_8_bit_arrays_whose_first_axis_has_the_models_channels_are_refused():
    array = np.zeros((5, 20, 3), dtype=np.uint8)
    assert images(array).shape == (1, 3, 5, 20)
    with pytest.raises(InputError, match="8-bit pictures must have shape"):
        images(array, image_format=ImageFormat(5, 20, 3))


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "uint16"])
def test_whole_numbers_as_images_are_refused_with_the_remedy(dtype):
    if dtype != "uint8":
        with pytest.raises(
            InputError, match=rf"must be floating-point numbers in \[0, 1\]\. Got {dtype}\. Use `load_images`.* or divide"
        ):
            images(np.zeros((5, 6, 3), dtype=dtype))
    with pytest.raises(InputError, match=rf"must be floating-point numbers in \[0, 1\]\. Got {dtype}\. Divide it by 255"):
        images(torch.zeros(3, 5, 6).to(getattr(torch, dtype)))


def test_pictures_and_paths_are_loaded_in_the_models_format(tmp_path, encoded):
    picture = Image.new("L", (20, 10), 51)
    path = tmp_path / "a.png"
    picture.save(path)
    truth = load_image(picture, FORMAT).unsqueeze(0)
    with path.open("rb") as file:
        for given in (picture, path, str(path), path.read_bytes(), file, [picture], [path], tmp_path, f"{tmp_path}/*.png"):
            assert torch.equal(images(given, image_format=FORMAT), truth)
    assert images(picture).shape == (1, 1, 10, 20)


def test_lists_become_one_batch_of_any_kinds():
    array = np.zeros((3, 8, 8), dtype=np.float32)
    batch = images([array, torch.ones(3, 8, 8), Image.new("RGB", (9, 9)), torch.ones(2, 3, 8, 8)], image_format=FORMAT)
    assert batch.flatten(1).mean(1).tolist() == [0, 1, 0, 1, 1]
    assert images((array, array)).shape == (2, 3, 8, 8)


def test_lists_of_different_shapes_are_refused():
    with pytest.raises(InputError, match=r"one list must have one shape\. Got \(3, 8, 8\) first and \(3, 8, 9\) for input 1"):
        images([torch.zeros(3, 8, 8), torch.zeros(3, 8, 9)])
    with pytest.raises(InputError, match=r"one list must have one shape\. Got \(2,\) first and \(3,\) for input 1"):
        rows([[1, 2], [1, 2, 3]])


def test_empty_lists_are_refused():
    for convert in (images, rows):
        with pytest.raises(InputError, match=r"must hold at least one\. Got an empty list"):
            convert([])


@pytest.mark.parametrize("thing", [None, 3.5, {"a": 1}, FRAME, [[0.1, 0.2]]])
def test_other_things_are_no_images(thing):
    with pytest.raises(InputError, match="Images must be tensors or NumPy arrays in"):
        images(thing)


def test_a_text_called_a_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("text")
    with pytest.raises(FileFormatError, match="Got a text file"):
        images(tmp_path / "a.png")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_keep_their_precision_and_a_vector_becomes_a_batch(dtype):
    array = np.array(ROWS, dtype=dtype)
    for given in (array, torch.from_numpy(array), list(array), list(torch.from_numpy(array))):
        batch = rows(given)
        assert str(batch.dtype) == f"torch.{dtype}"
        assert batch.tolist() == ROWS
    assert rows(array[1]).tolist() == [ROWS[1]]
    assert rows(torch.from_numpy(array[1])).tolist() == [ROWS[1]]


@pytest.mark.parametrize("given", [[1, 2.5, True], np.array([1, 2, 1]), np.array([[1, 2, 1]], np.uint8), torch.tensor([1, 2, 1])])
def test_numbers_and_whole_numbers_become_float64_rows(given):
    batch = rows(given)
    assert batch.dtype == torch.float64
    assert batch.shape == (1, 3)
    assert batch[0, 2] == 1


def test_nested_lists_are_rows():
    assert rows(ROWS).tolist() == ROWS


@pytest.mark.parametrize("given", [np.zeros((2, 3, 4)), torch.zeros(1, 2, 3, 4), np.array(1.0)])
def test_rows_of_other_shapes_are_refused(given):
    with pytest.raises(InputError, match=r"Table rows must have shape \(F,\) or \(B, F\)\. Got"):
        rows(given)


@pytest.mark.parametrize("given", [np.array(["a", "b"]), np.array([1, "b"], dtype=object), np.array([1j]), torch.tensor([1j])])
def test_rows_that_are_no_numbers_are_refused(given):
    with pytest.raises(InputError, match=r"must be numbers, float32 or float64\. Got .* as a data frame with a `schema`"):
        rows(given)


@pytest.mark.parametrize("thing", [None, {"a": 1}, Image.new("L", (2, 2)), "text"])
def test_other_things_are_no_rows(thing):
    with pytest.raises(InputError, match="Table rows must be a data frame, a tensor, a NumPy array or a list of these"):
        rows(thing)


def test_a_path_to_a_table_says_how_to_read_it():
    with pytest.raises(InputError, match=r"Got the path `table\.csv`; read it with pandas\.read_csv"):
        rows("table.csv")


def test_frames_series_and_lists_of_them_go_through_the_schema():
    assert rows(FRAME, schema=SCHEMA).tolist() == ROWS
    assert rows(FRAME[["score", "job", "age"]], schema=SCHEMA).tolist() == ROWS
    assert rows(FRAME.iloc[1], schema=SCHEMA).tolist() == [ROWS[1]]
    assert rows([FRAME.iloc[0], FRAME.iloc[2]], schema=SCHEMA).tolist() == [ROWS[0], ROWS[2]]
    assert rows([FRAME, FRAME], schema=SCHEMA).tolist() == ROWS * 2


def test_what_the_schema_refuses_is_refused():
    with pytest.raises(InputError, match="must have the column 'job'"):
        rows(FRAME.drop(columns="job"), schema=SCHEMA)
    with pytest.raises(InputError, match="must have the column 'job'"):
        rows(FRAME.drop(columns="job").iloc[0], schema=SCHEMA)
    with pytest.raises(InputError, match="`job` must hold known categories: 'a', 'b'"):
        rows(FRAME.assign(job="c"), schema=SCHEMA)


def test_a_numeric_frame_needs_no_schema_and_keeps_float32():
    frame = FRAME[["age", "score"]]
    assert rows(frame).tolist() == [[20.0, 0.5], [30.0, 1.5], [40.0, 2.5]]
    assert rows(frame).dtype == torch.float64
    assert rows(frame.astype("float32")).dtype == torch.float32
    assert rows(frame.iloc[0]).tolist() == [[20.0, 0.5]]
    assert rows(pd.DataFrame({"a": pd.array([1, 2], dtype="Int64")})).tolist() == [[1.0], [2.0]]


def test_missing_numbers_stay_missing_for_the_check_at_the_model():
    frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [np.nan, 2.0]})
    assert torch.equal(rows(frame).isnan(), torch.tensor([[False, True], [True, False]]))


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (FRAME, r"must have numeric columns only\. Got `job`\. Give the classifier a `schema`"),
        (FRAME.assign(flag=True), r"Got `job` and 1 more\. Give"),
        (FRAME.iloc[0], r"Got `job`\. Give"),
        (pd.DataFrame({"flag": [True]}), r"Got `flag`\. Give"),
        (FRAME.assign(job=pd.Categorical([1, 2, 1])), r"Got `job`\. Give"),
    ],
)
def test_other_columns_without_a_schema_are_refused(frame, sentence):
    with pytest.raises(InputError, match=sentence):
        rows(frame)


def test_a_schema_that_cannot_encode_is_refused():
    class NamesOnly:
        names = ("age",)
        typical = None
        ranges = None
        category_names = ()

        def to_frame(self, rows):
            return rows

    with pytest.raises(InputError, match=r"must be a TableSchema, which encodes data frames\. Got NamesOnly"):
        rows(FRAME, schema=NamesOnly())


def test_a_row_with_repeated_labels_is_refused():
    with pytest.raises(InputError, match="must name each column once"):
        rows(pd.Series([1.0, 2.0], index=["a", "a"]))


def test_read_only_reversed_and_foreign_arrays_are_copied_without_a_warning():
    array = np.arange(6.0).reshape(2, 3)
    array.setflags(write=False)
    assert rows(array).tolist() == array.tolist()
    assert rows(array[::-1, ::-1]).tolist() == array[::-1, ::-1].tolist()
    assert rows(array.astype(">f8")).tolist() == array.tolist()
    batch = rows(array)
    batch.zero_()
    assert array[1, 2] == 5


def test_tensors_are_detached():
    assert not images(torch.zeros(1, 3, 4, 4, requires_grad=True)).requires_grad


def test_what_comes_out_is_what_a_classifier_takes():
    class Means(torch.nn.Module):
        def forward(self, inputs):
            return inputs.mean((2, 3))[:, :2]

    model = TorchClassifier(Means(), 2, domain="image", image_format=FORMAT)
    assert model(images(Image.new("RGB", (30, 20), "red"), image_format=model.image_format)).tolist() == [[1.0, 0.0]]


def test_arrays_need_no_pandas():
    code = (
        "import sys, numpy as np\n"
        "from xaivision.data.inputs import as_inputs\n"
        "as_inputs(np.zeros((2, 3)), domain='tabular')\n"
        "print('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
