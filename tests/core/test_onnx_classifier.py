import sys

import numpy as np
import onnxruntime
import pytest
import torch
from core_subjects import drawn
from onnx import TensorProto, helper
from onnx_models import constant, converted_estimator, linear_model, linear_scores, model_of, softmax, tensor, weights

from xaivision.core.access import Access
from xaivision.core.errors import FileFormatError, InputError, MissingExtraError, UnknownNameError
from xaivision.core.image_format import ImageFormat
from xaivision.core.metering import metered
from xaivision.core.onnx_classifier import OnnxClassifier
from xaivision.core.wrapping import classifier

ROWS = drawn(7, 4)
ONE = (3, 5, 6)
IMAGES = drawn(5, *ONE)


class CountingSession(onnxruntime.InferenceSession):
    """Knows how many rows each call held, and of which dtype."""

    def __init__(self, model):
        super().__init__(model.SerializeToString(), providers=["CPUExecutionProvider"])
        self.calls = []

    def run(self, output_names, input_feed, run_options=None):
        (array,) = input_feed.values()
        self.calls.append((array.shape, array.dtype))
        return super().run(output_names, input_feed, run_options)


def near(scores, expected):
    torch.testing.assert_close(scores.double(), torch.as_tensor(expected).double(), rtol=1e-6, atol=1e-6)


def test_a_path_bytes_a_model_and_a_session_score_alike_and_as_the_runtime_does(tmp_path):
    model = linear_model()
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    expected = session.run(None, {"x": ROWS.numpy()})[0]
    for source in (path, str(path), model.SerializeToString(), model, session):
        made = OnnxClassifier(source)
        assert torch.equal(made(ROWS), torch.from_numpy(expected))
    near(made(ROWS), linear_scores(ROWS.numpy()))
    assert made.model is session


def test_the_file_says_what_it_takes():
    rows, images = OnnxClassifier(linear_model()), OnnxClassifier(linear_model(ONE))
    assert (rows.domain, rows.input_shape, rows.num_classes, rows.image_format) == ("tabular", (4,), 3, None)
    assert (images.domain, images.input_shape, images.image_format) == ("image", ONE, ImageFormat(*ONE))
    near(images(IMAGES), linear_scores(IMAGES.numpy()))


def test_a_session_that_is_opened_has_torchs_threads_and_only_the_cpu():
    made = OnnxClassifier(linear_model())
    assert made.model.get_session_options().intra_op_num_threads == torch.get_num_threads()
    assert made.model.get_providers() == ["CPUExecutionProvider"]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("asked", [torch.float32, torch.float64], ids=str)
def test_rows_are_cast_to_the_models_type_and_scores_to_that_of_the_rows(dtype, asked):
    session = CountingSession(linear_model(dtype=dtype))
    scores = OnnxClassifier(session)(ROWS.to(asked))
    assert scores.dtype == asked
    assert {kind for _, kind in session.calls} == {np.dtype(dtype)}
    expected = session.run(None, {"x": ROWS.to(asked).numpy().astype(dtype)})[0]
    assert torch.equal(scores, torch.from_numpy(expected).to(asked))


@pytest.mark.parametrize("batch", [1, 2, 3, 8])
def test_a_model_with_a_fixed_batch_answers_for_any_number_of_inputs(batch):
    session = CountingSession(linear_model(ONE, batch=batch))
    made = OnnxClassifier(session)
    session.calls.clear()
    near(made(IMAGES), linear_scores(IMAGES.numpy()))
    assert [shape[0] for shape, _ in session.calls] == [batch] * -(-len(IMAGES) // batch)
    assert made.batches.size(IMAGES) == (batch if batch > 1 else OnnxClassifier(linear_model(ONE)).batches.size(IMAGES))


def test_a_dynamic_batch_is_split_as_told_and_every_input_counted_once():
    session = CountingSession(linear_model())
    made = OnnxClassifier(session, batch_size=3)
    session.calls.clear()
    with metered() as meter:
        scores = made(ROWS)
    assert [shape[0] for shape, _ in session.calls] == [3, 3, 1]
    assert meter.model_calls == 7
    near(scores, OnnxClassifier(linear_model())(ROWS))


def test_looking_at_a_model_when_it_is_wrapped_is_no_methods_cost():
    with metered() as meter:
        OnnxClassifier(linear_model())
    assert meter.model_calls == 0


def test_what_is_asked_is_left_as_it_was():
    before = IMAGES.clone()
    OnnxClassifier(linear_model(ONE), mean=[0.1] * 3, std=[0.5] * 3)(IMAGES)
    assert torch.equal(IMAGES, before)


def test_normalization_is_part_of_the_classifier():
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]
    made = OnnxClassifier(linear_model(ONE), mean=mean, std=std)
    moved = (IMAGES - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    near(made(IMAGES), linear_scores(moved.numpy()))


def test_channels_last_are_recognized_and_put_first():
    made = OnnxClassifier(linear_model((5, 6, 3)))
    assert made.input_shape == ONE
    near(made(IMAGES), linear_scores(np.ascontiguousarray(IMAGES.permute(0, 2, 3, 1).numpy())))


def test_one_channel_stays_one():
    session = CountingSession(linear_model((1, 5, 6)))
    made = OnnxClassifier(session, mean=[0.4], std=[0.2])
    session.calls.clear()
    near(made(IMAGES[:, :1]), linear_scores((IMAGES[:, :1].numpy() - 0.4) / 0.2))
    assert session.calls == [((5, 1, 5, 6), np.dtype(np.float32))]
    with pytest.raises(InputError, match=r"shape \(B, 1, 5, 6\). Got \(5, 3, 5, 6\)"):
        made(IMAGES)


@pytest.mark.parametrize(
    "sides", [(3, 5, 3), ("c", "h", "w"), (5, 6, 7)], ids=["both could be channels", "all may vary", "neither could be"]
)
def test_axes_that_leave_the_layout_open_have_to_be_told(sides):
    one = sides if isinstance(sides[0], int) else (3, 5, 3)
    model = linear_model(one, sides=["n", *sides])
    with pytest.raises(InputError, match=r"`layout` cannot be told .* Give layout='channels_first' \(B, C, H, W\) or"):
        OnnxClassifier(model)


def test_a_layout_that_is_told_is_taken():
    images = drawn(4, 3, 3, 5)
    made = OnnxClassifier(linear_model((3, 5, 3)), layout="channels_last")
    near(made(images), linear_scores(np.ascontiguousarray(images.permute(0, 2, 3, 1).numpy())))
    with pytest.raises(InputError, match=r"`layout` must be one of 'channels_first', 'channels_last'. Got 'nhwc'"):
        OnnxClassifier(linear_model(ONE), layout="nhwc")
    with pytest.raises(InputError, match="`layout` is for images"):
        OnnxClassifier(linear_model(), layout="channels_last")


def test_sides_that_may_vary_are_told_by_an_image_format():
    model = linear_model(ONE, sides=["n", 3, "h", "w"])
    with pytest.raises(InputError, match=r"`score_unit` cannot be told without asking .* or an `image_format`"):
        OnnxClassifier(model)
    made = OnnxClassifier(model, image_format=ImageFormat(*ONE))
    near(made(IMAGES), linear_scores(IMAGES.numpy()))
    told = OnnxClassifier(model, score_unit="logit")
    near(told(IMAGES), linear_scores(IMAGES.numpy()))
    with pytest.raises(InputError, match=r"must have 3 channels. Got 1"):
        told(IMAGES[:, :1])
    with pytest.raises(
        InputError, match=r"`image_format` must be what the ONNX model takes, \(3, 'any', 'any'\). Got \(1, 5, 6\)"
    ):
        OnnxClassifier(model, image_format=ImageFormat(1, 5, 6))


def test_a_file_without_shapes_has_to_be_told_its_domain():
    model = linear_model(sides=None)
    with pytest.raises(InputError, match=r"does not say what its input `x` is. Give domain='image' or domain='tabular'"):
        OnnxClassifier(model)
    with pytest.raises(InputError, match="`num_classes` cannot be read off this ONNX model"):
        OnnxClassifier(model, domain="tabular")
    near(OnnxClassifier(model, domain="tabular", num_classes=3, score_unit="logit")(ROWS), linear_scores(ROWS.numpy()))
    with pytest.raises(InputError, match=r"`domain` must fit the ONNX model, whose input `x` has 2 axes. Got 'image'"):
        OnnxClassifier(linear_model(), domain="image")


def test_rows_that_sum_to_one_are_probabilities_and_numbers_outside_are_logits():
    probable, logits = OnnxClassifier(linear_model(then="Softmax")), OnnxClassifier(linear_model())
    assert (probable.score_unit, probable.access) == ("probability", Access.SCORES)
    assert (logits.score_unit, logits.access) == ("logit", Access.LOGITS)
    near(probable(ROWS), softmax(linear_scores(ROWS.numpy())))
    assert OnnxClassifier(linear_model(then="LogSoftmax")).score_unit == "logit"
    assert OnnxClassifier(linear_model(then="Exp")).score_unit == "logit"  # some above 1, none below 0


@pytest.mark.parametrize("classes", [1, 3], ids=["one score", "several labels"])
def test_scores_between_0_and_1_that_do_not_sum_to_one_may_be_either_and_have_to_be_told(classes):
    model = linear_model(classes=classes, then="Sigmoid")
    with pytest.raises(
        InputError, match=r"`score_unit` cannot be told from .*Give score_unit='probability' or score_unit='logit'"
    ):
        OnnxClassifier(model)
    assert OnnxClassifier(model, score_unit="probability").score_unit == "probability"


def test_scores_that_are_not_finite_say_nothing_of_their_unit():
    with pytest.raises(InputError, match="`score_unit` cannot be told"):
        OnnxClassifier(linear_model(then="Log"))


def test_one_score_is_read_as_two_classes():
    logit = OnnxClassifier(linear_model(classes=1))
    one = torch.from_numpy(linear_scores(ROWS.numpy(), 1))
    near(logit(ROWS), torch.cat([-one / 2, one / 2], 1))
    probability = OnnxClassifier(linear_model(classes=1, then="Sigmoid"), score_unit="probability")
    near(probability(ROWS), torch.cat([1 - one.sigmoid(), one.sigmoid()], 1))


@pytest.mark.parametrize("mapped", [True, False], ids=["maps", "tensor"])
@pytest.mark.parametrize("labels", [["rock", "mine", "fish"], [7, 3, 5]], ids=["words", "numbers"])
def test_of_a_converted_estimator_the_probabilities_are_taken_and_not_the_label(labels, mapped):
    made = OnnxClassifier(converted_estimator(labels, mapped=mapped))
    # The runtime hands over maps with their keys in order, whatever the order in the file.
    order = sorted(range(3), key=lambda place: labels[place]) if mapped else [0, 1, 2]
    near(made(ROWS), softmax(linear_scores(ROWS.numpy()))[:, order])
    assert (made.score_unit, made.num_classes) == ("probability", 3)
    assert made.class_names == (tuple(str(labels[place]) for place in order) if mapped else ("0", "1", "2"))


def two_outputs():
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node("Softmax", ["z"], ["p"])]
    outputs = [tensor("z", ["n", 3]), tensor("p", ["n", 3])]
    return model_of(nodes, [tensor("x", ["n", 4])], outputs, [constant("w", weights(4, 3))])


def test_of_several_outputs_that_could_be_scores_one_has_to_be_named():
    with pytest.raises(InputError, match=r"cannot be told from the other outputs .*`z` .*`p` .* Give `output`, as in output='z'"):
        OnnxClassifier(two_outputs())
    near(OnnxClassifier(two_outputs(), output="p")(ROWS), softmax(linear_scores(ROWS.numpy())))
    assert OnnxClassifier(two_outputs(), output="z").score_unit == "logit"
    with pytest.raises(UnknownNameError, match="`q` is not a known output of this ONNX model"):
        OnnxClassifier(two_outputs(), output="q")


def test_a_model_without_scores_is_refused():
    model = model_of(
        [helper.make_node("ArgMax", ["x"], ["label"], axis=1, keepdims=0)],
        [tensor("x", ["n", 4])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])],
    )
    with pytest.raises(InputError, match=r"must have an output of scores \(B, K\). Got `label` tensor\(int64\)"):
        OnnxClassifier(model)


def test_a_model_of_several_inputs_whole_numbers_or_other_axes_is_refused():
    both = model_of(
        [helper.make_node("Add", ["a", "b"], ["y"])], [tensor("a", ["n", 4]), tensor("b", ["n", 4])], [tensor("y", None)]
    )
    with pytest.raises(InputError, match=r"must have one input. Got 2: `a`, `b`"):
        OnnxClassifier(both)
    whole = model_of(
        [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)],
        [helper.make_tensor_value_info("x", TensorProto.UINT8, ["n", 3, 5, 6])],
        [tensor("y", None)],
    )
    with pytest.raises(InputError, match=r"must take floating-point numbers .* takes tensor\(uint8\)"):
        OnnxClassifier(whole)
    with pytest.raises(InputError, match=r"Its input `x` has 3. "):
        OnnxClassifier(linear_model((4, 5)))


def test_rows_of_another_width_are_refused_before_the_model_is_asked():
    session = CountingSession(linear_model())
    made = OnnxClassifier(session)
    session.calls.clear()
    with pytest.raises(InputError, match=r"shape \(B, 4\). Got \(7, 3\)"):
        made(ROWS[:, :3])
    assert session.calls == []


def test_what_the_runtime_refuses_is_told_in_one_sentence():
    model = linear_model(ONE, sides=["n", 3, "h", "w"])
    with pytest.raises(InputError, match=r"It was given `x` \(1, 3, 9, 9\) and says: .*(MatMul|dimension)") as caught:
        OnnxClassifier(model, score_unit="logit")(drawn(1, 3, 9, 9))
    assert "\n" not in str(caught.value)


class FullSession(CountingSession):
    """Memory for two rows and no more."""

    def run(self, output_names, input_feed, run_options=None):
        if len(next(iter(input_feed.values()))) > 2 and self.calls:
            from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

            raise RuntimeException("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for requested buffer")
        return super().run(output_names, input_feed, run_options)


def test_where_the_runtime_has_no_memory_batches_are_halved():
    session = FullSession(linear_model())
    made = OnnxClassifier(session)
    near(made(ROWS), linear_scores(ROWS.numpy()))
    assert made.batches.size(ROWS) == 1


def test_scores_that_are_no_numbers_are_handed_on():
    made = OnnxClassifier(linear_model(then="Sqrt"), score_unit="logit")
    scores = linear_scores(ROWS.numpy())
    expected = np.where(scores < 0, np.float32("nan"), np.sqrt(np.abs(scores)))
    assert np.isnan(expected).any()
    torch.testing.assert_close(made(ROWS), torch.from_numpy(expected), equal_nan=True, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("source", "error", "says"),
    [
        ("nowhere.onnx", InputError, "There is no file `nowhere.onnx`"),
        (b"no model", FileFormatError, "`model` must be an ONNX model that onnxruntime can read"),
        (3, InputError, "must be a path, bytes, an InferenceSession .* Got int"),
    ],
    ids=["no file", "no model", "nothing of the kind"],
)
def test_what_is_no_model_is_refused(source, error, says):
    with pytest.raises(error, match=says):
        OnnxClassifier(source)


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(linear_model().SerializeToString()[:-40])
    with pytest.raises(FileFormatError, match=r"`broken.onnx` must be an ONNX model"):
        OnnxClassifier(path)


def test_without_the_runtime_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r'`onnxruntime` is needed. .*"xaivision\[onnx\]"'):
        OnnxClassifier(linear_model())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"mean": [0.5]}, "`mean` and `std` must be given together"),
        ({"mean": [0.5] * 2, "std": [0.5] * 2}, "one number for each of 3 channels. Got 2"),
        ({"mean": [0.5], "std": [0.0]}, "with positive `std`"),
    ],
)
def test_normalization_that_makes_no_sense_is_refused(settings, says):
    with pytest.raises(InputError, match=says):
        OnnxClassifier(linear_model(ONE), **settings)


def test_tables_are_not_normalized_here():
    with pytest.raises(InputError, match="`mean` and `std` are for images"):
        OnnxClassifier(linear_model(), mean=[0.5], std=[0.5])


def test_the_factory_takes_what_is_certainly_an_onnx_model(tmp_path):
    path = tmp_path / "Model.ONNX"
    path.write_bytes(linear_model().SerializeToString())
    for source in (path, str(path), linear_model(), CountingSession(linear_model())):
        made = classifier(source, class_names="abc")
        assert isinstance(made, OnnxClassifier)
        assert made.class_names == ("a", "b", "c")
    with pytest.raises(InputError, match=r"Got bytes. Where these are the bytes of an ONNX file, use OnnxClassifier\(content\)"):
        classifier(linear_model().SerializeToString())
    with pytest.raises(UnknownNameError, match="`array` is not a known setting of OnnxClassifier"):
        classifier(path, array="torch")
