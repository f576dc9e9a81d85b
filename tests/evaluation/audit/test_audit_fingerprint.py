"""Two models have one fingerprint where they are the same, in every process, and two where a number differs."""

import subprocess
import sys

import lightgbm
import numpy as np
import onnx
import pytest
import torch
import xgboost
from audit_subjects import linear_model
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from torch import nn

from xaivision.core.access import Access
from xaivision.core.granted import granted
from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.evaluation.audit.fingerprint import model_fingerprint

IN_ANOTHER_PROCESS = """
import torch; from torch import nn
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.audit.fingerprint import model_fingerprint
net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
with torch.no_grad():
    for number, part in enumerate(net.parameters()): part.fill_(0.1 * number)
print(model_fingerprint(TorchClassifier(net, 2, domain="tabular")))
"""


def network(**settings) -> TorchClassifier:
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    with torch.no_grad():
        for number, part in enumerate(net.parameters()):
            part.fill_(0.1 * number)
    return TorchClassifier(net, 2, domain="tabular", **settings)


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rows = np.random.default_rng(seed).random((80, 4))
    return rows, (rows[:, 0] + 0.2 * rows[:, 1] > 0.6).astype(int)


ESTIMATORS = {
    "linear": LogisticRegression,
    "forest": lambda: RandomForestClassifier(4, random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=3, random_state=0),
    "histogram": lambda: HistGradientBoostingClassifier(max_iter=3, random_state=0),
    "pipeline": lambda: make_pipeline(StandardScaler(), LinearSVC(random_state=0)),
    "neighbors": lambda: KNeighborsClassifier(algorithm="kd_tree"),
    "xgboost": lambda: xgboost.XGBClassifier(n_estimators=3, n_jobs=1),
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1, min_child_samples=2),
}


def test_a_network_made_in_another_process_has_the_same_fingerprint():
    answer = subprocess.run([sys.executable, "-c", IN_ANOTHER_PROCESS], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == model_fingerprint(network())
    assert len(model_fingerprint(network())) == 64


def test_one_weight_one_buffer_and_one_setting_of_a_network_each_change_it():
    found = {model_fingerprint(network())}
    weight = network()
    with torch.no_grad():
        weight.model[2].bias[1] += 1e-6
    activation = network()
    activation.model[1] = nn.Tanh()
    slope = network()
    slope.model[1] = nn.LeakyReLU(0.1)
    steeper = network()
    steeper.model[1] = nn.LeakyReLU(0.2)
    unit = network(score_unit="probability")
    for model in (weight, activation, slope, steeper, unit):
        found.add(model_fingerprint(model))
    assert len(found) == 6


def test_a_buffer_and_the_normalization_belong_to_the_model():
    def convolutional(mean: float = 0.4, seen: float = 0.0) -> TorchClassifier:
        net = nn.Sequential(nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(18, 2))
        with torch.no_grad():
            for part in net.parameters():
                part.fill_(0.1)
        net[1].running_mean.fill_(seen)
        return TorchClassifier(net, 2, image_format=ImageFormat(1, 4, 4), mean=[mean], std=[0.5])

    same, other_mean, other_buffer = convolutional(), convolutional(0.5), convolutional(seen=0.1)
    assert model_fingerprint(same) == model_fingerprint(convolutional())
    assert len({model_fingerprint(one) for one in (same, other_mean, other_buffer)}) == 3


def test_asking_a_network_changes_nothing_and_a_grant_neither():
    model = network()
    before = model_fingerprint(model)
    model(torch.rand(3, 4))
    model.model.train()
    assert model_fingerprint(model) == before == model_fingerprint(granted(model, Access.SCORES))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_fitted_again_is_the_same_and_on_other_rows_another(name):
    first, again, other = (classifier(ESTIMATORS[name]().fit(*data(seed))) for seed in (0, 0, 1))
    before = model_fingerprint(first)
    first(torch.rand(5, 4, dtype=torch.float64))
    assert model_fingerprint(first) == before == model_fingerprint(again)
    assert model_fingerprint(other) != before


def onnx_content(weight: float) -> bytes:
    nodes = [onnx.helper.make_node("MatMul", ["rows", "weights"], ["scores"])]
    ends = [onnx.helper.make_tensor_value_info(name, 1, ["batch", side]) for name, side in (("rows", 4), ("scores", 3))]
    weights = onnx.numpy_helper.from_array(np.full((4, 3), weight, dtype=np.float32), "weights")
    graph = onnx.helper.make_graph(nodes, "graph", ends[:1], ends[1:], [weights])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def test_an_onnx_model_is_the_bytes_of_its_file_wherever_they_come_from(tmp_path):
    from xaivision.core.onnx_classifier import OnnxClassifier

    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_content(30.0))
    of_file, of_bytes, other = (
        model_fingerprint(OnnxClassifier(one, score_unit="logit")) for one in (str(path), onnx_content(30.0), onnx_content(31.0))
    )
    assert of_file == of_bytes != other


def test_a_function_shows_nothing_and_that_is_said():
    assert model_fingerprint(linear_model()) == "not available"
