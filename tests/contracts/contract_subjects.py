"""Tiny models of every kind, each with a witness inside that counts what really reaches it and may strike at a call."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any

import lightgbm
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from xaivision.core.boosted_trees_classifier import BoostedTreesClassifier
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.image_format import ImageFormat
from xaivision.core.onnx_classifier import OnnxClassifier
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier

SIDE, FEATURES, CLASSES = 6, 6, 3
# Smaller than the batches of the tests, so that one question takes several calls.
BATCH = 2


class Witness:
    """Sees every call of the model itself, below all adapters."""

    def __init__(self) -> None:
        self.calls = 0
        self.inputs = 0
        self.differentiated = 0
        self._strike: tuple[int, Callable[[], None]] | None = None

    def strike_at(self, call: int, action: Callable[[], None]) -> None:
        """Do this in the middle of that call, counted from 1 from now on."""
        self._strike = (self.calls + call, action)

    def spare(self) -> None:
        self._strike = None

    def saw(self, batch: Any) -> None:
        self.calls += 1
        self.inputs += len(batch)
        if self._strike is not None and self._strike[0] == self.calls:
            self._strike[1]()


@dataclass(frozen=True, eq=False)
class Subject:
    """A model under test. `state()` is equal before and after wherever nothing was changed."""

    model: ClassifierAdapter
    witness: Witness
    one: tuple[int, ...]
    dtype: torch.dtype
    state: Callable[[], Any]

    def inputs(self, batch: int = 3, seed: int = 1) -> Tensor:
        draws = torch.rand((batch, *self.one), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        return (0.1 + 0.8 * draws).to(self.dtype)


@dataclass(frozen=True)
class Columns:
    """A schema: names, typical values, and rows as a data frame."""

    names: tuple[str, ...]
    typical: tuple[float, ...] | None
    ranges: tuple[float, ...] | None = None
    category_names: tuple[tuple[str, ...], ...] = ()

    @property
    def groups(self) -> dict[str, tuple[int, ...]]:
        return {name: (number,) for number, name in enumerate(self.names)}

    def to_frame(self, rows: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=list(self.names))


COLUMNS = Columns(tuple(f"column {number}" for number in range(FEATURES)), (0.45, 0.5, 0.55, 0.4, 0.6, 0.5))


class Watched(nn.Module):
    """Body, mean over positions if there are any, and head."""

    def __init__(self, body: nn.Module, head: nn.Module, witness: Witness) -> None:
        super().__init__()
        self.body, self.head, self.witness = body, head, witness

    def forward(self, inputs: Tensor) -> Tensor:
        found = self.body(inputs)
        self.witness.saw(found)  # not the inputs: a method may go on with more rows from a layer on, and counts those
        scores: Tensor = self.head(found.flatten(2).mean(2) if found.ndim == 4 else found)
        self.witness.differentiated += len(inputs) if scores.requires_grad else 0
        return scores


def _convolutions(channels: int, rectified: bool) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU() if rectified else nn.Tanh(),
        nn.Dropout(0.5),
        nn.Conv2d(4, 5, 3, padding=1),
        nn.ReLU() if rectified else nn.Softplus(),
    )


class Patches(nn.Module):
    """Nine patches of the picture and a class token in front of them, each at its place: (B, 10, 8)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(channels, 8, 2, stride=2)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.places = nn.Parameter(torch.randn(1, 10, 8))

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(len(images), -1, -1), patches], 1) + self.places


class ClassToken(nn.Module):
    def forward(self, tokens: Tensor) -> Tensor:
        return tokens[:, 0]


def _transformer(channels: int) -> nn.Module:
    blocks = [nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, batch_first=True) for _ in range(2)]
    return nn.Sequential(Patches(channels), *blocks, ClassToken(), nn.Linear(8, 5))


def _torch_subject(
    make: Callable[[], nn.Module], one: tuple[int, ...], dtype: torch.dtype, seed: int, balanced: bool = False, **more: Any
) -> Subject:
    """Left as a user may leave a module: half in training, with gradients, frozen weights and hooks. `balanced`: its classes are
    as likely as each other, where without it hardly any input is given another one.
    """
    witness = Witness()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        body = make()
        head = nn.Linear(5, CLASSES)
        with torch.no_grad():
            for name, buffer in body.named_buffers():
                if buffer.is_floating_point():
                    buffer.copy_(torch.rand_like(buffer) + (0.5 if name.endswith("var") else -0.5))
            head.weight.mul_(4)
    module = Watched(body, head, witness).to(dtype)
    if balanced:
        _balance(module, torch.rand((200, *one), generator=torch.Generator().manual_seed(3), dtype=dtype))
    module.body[2].eval()
    head.weight.grad = torch.ones_like(head.weight)
    next(module.parameters()).requires_grad_(False)
    head.register_forward_hook(lambda *_: None)
    module.body[0].register_forward_pre_hook(lambda *_: None)
    return Subject(TorchClassifier(module, CLASSES, batch_size=BATCH, **more), witness, one, dtype, lambda: state_of(module))


@torch.no_grad()
def _balance(module: Watched, inputs: Tensor) -> None:
    """Subtract from each class what it scores on average."""
    module.eval()
    module.head.bias -= module(inputs).mean(0)
    module.train()


def state_of(module: nn.Module) -> dict[str, Any]:
    """Everything of a module that an explanation could leave changed."""
    tensors = {
        name: (id(tensor), _bytes(tensor), tensor.requires_grad, None if tensor.grad is None else _bytes(tensor.grad))
        for name, tensor in (*module.named_parameters(), *module.named_buffers())
    }
    flags = {name: (part.training, _hooks(part)) for name, part in module.named_modules()}
    return {"tensors": tensors, "flags": flags}


def _hooks(part: nn.Module) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((name, tuple(hooks)) for name, hooks in vars(part).items() if name.endswith("_hooks"))


def _bytes(tensor: Tensor) -> bytes:
    return tensor.detach().cpu().contiguous().numpy().tobytes()


def cnn_of_three_channels(dtype: torch.dtype, seed: int = 0, rectified: bool = False, balanced: bool = False) -> Subject:
    return _torch_subject(lambda: _convolutions(3, rectified), (3, SIDE, SIDE), dtype, seed, balanced, domain="image")


def cnn_of_one_channel(dtype: torch.dtype, seed: int = 0, rectified: bool = False, balanced: bool = False) -> Subject:
    return _torch_subject(
        lambda: _convolutions(1, rectified), (1, SIDE, SIDE), dtype, seed, balanced, domain="image", mean=[0.4], std=[0.3]
    )


def mlp(dtype: torch.dtype, seed: int = 0) -> Subject:
    def make() -> nn.Module:
        return nn.Sequential(nn.Linear(FEATURES, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 5), nn.Softplus())

    return _torch_subject(make, (FEATURES,), dtype, seed, domain="tabular", schema=COLUMNS)


class WatchedRegression(LogisticRegression):
    """An estimator with a witness."""

    witness: Witness

    def predict_proba(self, X: Any) -> Any:
        self.witness.saw(X)
        return super().predict_proba(X)


def estimator(dtype: torch.dtype, seed: int = 0) -> Subject:
    fitted, witness = copy(_fitted(seed)), Witness()
    fitted.witness = witness
    model = SklearnClassifier(fitted, schema=COLUMNS, batch_size=BATCH)
    return Subject(model, witness, (FEATURES,), dtype, lambda: (fitted.coef_.tobytes(), fitted.intercept_.tobytes()))


@cache
def _fitted(seed: int) -> WatchedRegression:
    draws = np.random.default_rng(seed)
    rows = draws.random((90, FEATURES))
    labels = np.argmax(rows @ draws.normal(size=(FEATURES, CLASSES)), axis=1)
    return WatchedRegression(C=20.0).fit(COLUMNS.to_frame(rows), labels)


class WatchedForest(RandomForestClassifier):
    """A forest with a witness."""

    witness: Witness

    def predict_proba(self, X: Any) -> Any:
        self.witness.saw(X)
        return super().predict_proba(X)


def forest(dtype: torch.dtype, seed: int = 0) -> Subject:
    grown, witness = copy(_forest(seed)), Witness()
    grown.witness = witness
    model = SklearnClassifier(grown, schema=COLUMNS, batch_size=BATCH)
    return Subject(model, witness, (FEATURES,), dtype, lambda: [_tree_state(tree.tree_) for tree in grown.estimators_])


def _tree_state(tree: Any) -> bytes:
    return b"".join(part.tobytes() for part in (tree.threshold, tree.value, tree.weighted_n_node_samples))


@cache
def _forest(seed: int) -> WatchedForest:
    draws = np.random.default_rng(seed)
    rows = draws.random((200, FEATURES))
    labels = np.argmax((rows - 0.5) @ draws.normal(size=(FEATURES, CLASSES)), axis=1)
    return WatchedForest(8, max_depth=5, random_state=seed).fit(COLUMNS.to_frame(rows), labels)


def function(dtype: torch.dtype, seed: int = 0) -> Subject:
    weights = np.random.default_rng(seed).normal(size=(3 * SIDE * SIDE, CLASSES))
    witness = Witness()

    def scores(images: np.ndarray) -> np.ndarray:
        witness.saw(images)
        mixed = np.tanh((images - 0.3).reshape(len(images), -1) @ weights.astype(images.dtype) / 4)
        images[:] = 0  # a careless function: what it is given must be its own copy
        return mixed

    model = FunctionClassifier(
        scores,
        CLASSES,
        score_unit="logit",
        domain="image",
        image_format=ImageFormat(3, SIDE, SIDE),
        batch_size=BATCH,
    )
    return Subject(model, witness, (3, SIDE, SIDE), dtype, weights.tobytes)


class WatchedSession(onnxruntime.InferenceSession):
    """A session with a witness."""

    witness: Witness

    def run(self, output_names: Any, input_feed: Any, run_options: Any = None) -> Any:
        (batch,) = input_feed.values()
        self.witness.saw(batch)
        return super().run(output_names, input_feed, run_options)


def onnx_of_one_channel(dtype: torch.dtype, seed: int = 0) -> Subject:
    """A black box of one-channel images whose pixels are normalized outside it."""
    kind = np.float64 if dtype == torch.float64 else np.float32
    weights = np.random.default_rng(seed).normal(size=(SIDE * SIDE, CLASSES)).astype(kind)
    nodes = [
        onnx.helper.make_node("Flatten", ["images"], ["flat"]),
        onnx.helper.make_node("MatMul", ["flat", "weights"], ["mixed"]),
        onnx.helper.make_node("Tanh", ["mixed"], ["scores"]),
    ]
    one = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    ends = (("images", ["batch", 1, SIDE, SIDE]), ("scores", ["batch", CLASSES]))
    taken, given = ([onnx.helper.make_tensor_value_info(name, one, sides)] for name, sides in ends)
    graph = onnx.helper.make_graph(nodes, "graph", taken, given, [onnx.numpy_helper.from_array(weights / 4, "weights")])
    proto = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    session, witness = WatchedSession(proto.SerializeToString(), providers=["CPUExecutionProvider"]), Witness()
    session.witness = Witness()  # wrapping looks at a few inputs, which no method has asked for
    model = OnnxClassifier(session, score_unit="logit", mean=[0.3], std=[1.0], batch_size=BATCH)
    session.witness = witness
    return Subject(model, witness, (1, SIDE, SIDE), dtype, lambda: [part.name for part in session.get_inputs()])


class WatchedBooster(lightgbm.Booster):
    """A booster with a witness."""

    witness: Witness

    def predict(self, data: Any, **settings: Any) -> Any:
        self.witness.saw(data)
        return super().predict(data, **settings)


def boosted_trees(dtype: torch.dtype, seed: int = 0) -> Subject:
    """Margins of trees: steps, and flat between them."""
    booster, witness = WatchedBooster(model_str=_grown(seed)), Witness()
    booster.witness = witness
    model = BoostedTreesClassifier(booster, score_unit="logit", schema=COLUMNS, batch_size=BATCH)
    return Subject(model, witness, (FEATURES,), dtype, booster.model_to_string)


@cache
def _grown(seed: int) -> str:
    draws = np.random.default_rng(seed)
    rows = draws.random((300, FEATURES))
    labels = np.argmax((rows - 0.5) @ draws.normal(size=(FEATURES, CLASSES)), axis=1)
    settings = {"objective": "multiclass", "num_class": CLASSES, "num_leaves": 8, "verbose": -1, "num_threads": 1, "seed": seed}
    grown: str = lightgbm.train(settings, lightgbm.Dataset(rows, labels), 20).model_to_string()
    return grown


def transformer_of_three_channels(dtype: torch.dtype, seed: int = 0) -> Subject:
    return _torch_subject(lambda: _transformer(3), (3, SIDE, SIDE), dtype, seed, domain="image")


def transformer_of_one_channel(dtype: torch.dtype, seed: int = 0) -> Subject:
    return _torch_subject(lambda: _transformer(1), (1, SIDE, SIDE), dtype, seed, domain="image", mean=[0.4], std=[0.3])


SUBJECTS: dict[str, Callable[..., Subject]] = {
    "cnn3": cnn_of_three_channels,
    "cnn1": cnn_of_one_channel,
    "mlp": mlp,
    "sklearn": estimator,
    "function": function,
    "onnx": onnx_of_one_channel,
    "trees": boosted_trees,
}
# Trees in the place of other models of tables.
TREES: dict[str, Callable[..., Subject]] = {"mlp": boosted_trees, "sklearn": forest}
# The same kinds with attention instead of convolutions.
TRANSFORMERS: dict[str, Callable[..., Subject]] = {
    "cnn3": transformer_of_three_channels,
    "cnn1": transformer_of_one_channel,
}
