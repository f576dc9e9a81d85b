"""Models of other packages are explained as the same model would be here."""

import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.huggingface_classifier import HuggingFaceClassifier
from xaivision.core.onnx_classifier import OnnxClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer

with warnings.catch_warnings():  # the package warns of its own parts while it is imported
    warnings.simplefilter("ignore")
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

SIDE, SHAPE = 16, (1, 6, 6)
WEIGHTS = np.random.default_rng(0).normal(size=(36, 3)).astype(np.float32)
IMAGES = torch.rand(2, *SHAPE, generator=torch.Generator().manual_seed(1))


def onnx_network():
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["z"]),
        helper.make_node("Tanh", ["z"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *one]) for name, one in (("x", SHAPE), ("y", (3,)))]
    graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:], [onnx.numpy_helper.from_array(WEIGHTS, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.mark.parametrize("method", ["occlusion", "random", "sobel"])
def test_an_onnx_model_is_explained_as_the_function_that_it_computes(method):
    def function(images):
        return np.tanh(images.reshape(len(images), -1) @ WEIGHTS)

    told = {"score_unit": "logit", "domain": "image"}
    ours = explainer(method).explain(OnnxClassifier(onnx_network(), score_unit="logit"), IMAGES)
    same = explainer(method).explain(FunctionClassifier(function, 3, **told), IMAGES)
    assert ours.values.shape[-2:] == SHAPE[1:]
    torch.testing.assert_close(ours.values, same.values, rtol=1e-5, atol=1e-6)
    assert ours.diagnostics.model_calls == same.diagnostics.model_calls


def test_every_row_that_an_onnx_model_is_asked_about_is_counted():
    class Session(onnxruntime.InferenceSession):
        rows = 0

        def run(self, output_names, input_feed, run_options=None):
            self.rows += len(input_feed["x"])
            return super().run(output_names, input_feed, run_options)

    session = Session(onnx_network().SerializeToString(), providers=["CPUExecutionProvider"])
    model = OnnxClassifier(session)
    session.rows = 0
    found = explainer("occlusion").explain(model, IMAGES)
    assert found.diagnostics.model_calls == session.rows > len(IMAGES)


@pytest.fixture(scope="module")
def pair():
    """A transformer of Hugging Face, and the same module with the same numbers in an adapter of torch."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
        model = ViTForImageClassification(ViTConfig(**sizes, image_size=SIDE, patch_size=4, num_labels=3))
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.2 * torch.randn_like(weight))
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
    processor = ViTImageProcessor(size={"height": SIDE, "width": SIDE}, image_mean=mean, image_std=std)
    return HuggingFaceClassifier(model, processor), TorchClassifier(model, 3, mean=mean, std=std)


@pytest.mark.parametrize(
    "method",
    [
        "saliency",
        "integrated_gradients",
        "smooth_grad",
        "grad_cam",
        "layer_cam",
        "attention_rollout",
        "transformer_attribution",
        "occlusion",
    ],
)
def test_a_model_of_hugging_face_is_explained_by_methods_of_every_depth(pair, method):
    images = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    ours, same = (explainer(method).explain(model, images) for model in pair)
    assert ours.verdict.status != "refuse"
    assert float(ours.values.abs().max()) > 0
    torch.testing.assert_close(ours.values, same.values, rtol=1e-4, atol=1e-6)
