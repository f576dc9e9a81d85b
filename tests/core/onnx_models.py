"""Small ONNX models made by hand, and the same scores by NumPy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

KINDS = {
    np.dtype(np.float16): TensorProto.FLOAT16,
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.float64): TensorProto.DOUBLE,
}
Sides = Sequence[int | str] | None


def model_of(
    nodes: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], constants: Sequence[Any] = ()
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "graph", inputs, outputs, constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def tensor(name: str, sides: Sides, dtype: Any = np.float32) -> Any:
    return helper.make_tensor_value_info(name, KINDS[np.dtype(dtype)], sides)


def constant(name: str, values: np.ndarray) -> Any:
    return onnx.numpy_helper.from_array(values, name)


def weights(features: int, classes: int, dtype: Any = np.float32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(features, classes)).astype(dtype)


def linear_model(
    one: tuple[int, ...] = (4,),
    classes: int = 3,
    *,
    sides: Sides = (),
    batch: int | str = "batch",
    dtype: Any = np.float32,
    then: str | None = None,
) -> onnx.ModelProto:
    """Flattened inputs times `weights`, through one more operation where there is `then`. `sides`: what the file says of them."""
    told = [batch, *one] if sides == () else sides
    nodes = [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("MatMul", ["flat", "w"], ["z"])]
    if then is not None:
        nodes.append(helper.make_node(then, ["z"], ["scores"]))
    end = "z" if then is None else "scores"
    out = None if told is None else [batch, classes]
    return model_of(
        nodes,
        [tensor("x", told, dtype)],
        [tensor(end, out, dtype)],
        [constant("w", weights(int(np.prod(one)), classes, dtype))],
    )


def linear_scores(inputs: np.ndarray, classes: int = 3) -> np.ndarray:
    flat = inputs.reshape(len(inputs), -1)
    return flat @ weights(flat.shape[1], classes, flat.dtype)


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def converted_estimator(labels: Sequence[str] | Sequence[int], *, mapped: bool) -> onnx.ModelProto:
    """As sklearn-onnx writes a classifier: a label, and probabilities as a tensor or as one map a row."""
    words = isinstance(labels[0], str)
    named = {"classlabels_strings" if words else "classlabels_int64s": list(labels)}
    table = np.array(labels, dtype=object if words else np.int64)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["z"]),
        helper.make_node("Softmax", ["z"], ["probabilities"]),
        helper.make_node("ArgMax", ["z"], ["best"], axis=1, keepdims=0),
        helper.make_node("Gather", ["table", "best"], ["label"]),
    ]
    kind = TensorProto.STRING if words else TensorProto.INT64
    outputs = [helper.make_tensor_value_info("label", kind, ["batch"])]
    if mapped:
        nodes.append(helper.make_node("ZipMap", ["probabilities"], ["output_probability"], domain="ai.onnx.ml", **named))
        rows = helper.make_map_type_proto(kind, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
        outputs.append(helper.make_value_info("output_probability", helper.make_sequence_type_proto(rows)))
    else:
        outputs.append(tensor("probabilities", ["batch", len(labels)]))
    constants = [constant("w", weights(4, len(labels))), helper.make_tensor("table", kind, [len(labels)], _plain(table, words))]
    return model_of(nodes, [tensor("x", ["batch", 4])], outputs, constants)


def _plain(table: np.ndarray, words: bool) -> list[Any]:
    return [name.encode() for name in table] if words else table.tolist()
