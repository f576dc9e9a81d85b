"""`Shap(algorithm)`, and shap's explainers asked directly: the same numbers."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from xaivision.core.random import generator
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.exact_shapley import ExactShapley
from xaivision.explainers.global_draws import seeded
from xaivision.explainers.shap_original import Shap
from xaivision.explainers.shap_package import quiet_shap

DRAWS = np.random.default_rng(0)
NUMBERS = DRAWS.normal(size=(130, 7))
LABELS = np.digitize(NUMBERS[:, 0] * NUMBERS[:, 1] + NUMBERS[:, 2], [-0.5, 0.5])
BACKGROUND, ROWS = NUMBERS[:110], NUMBERS[-2:]


def tensor(rows):
    return torch.from_numpy(np.ascontiguousarray(rows))


def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(7, 9), nn.ReLU(), nn.Linear(9, 9), nn.Tanh(), nn.Linear(9, 3)).double()


MODULE = network()
MODEL = TorchClassifier(MODULE, 3, domain="tabular")


def score(rows):
    with torch.no_grad():
        return MODULE(tensor(rows))[:, 1].numpy()


class Seed:
    """Of a question what `seeded` asks for: the seed that `Shap` starts shap from."""

    def generator(self, purpose):
        return generator(3, "shap", purpose)


def one_by_one(ask):
    """shap's answers, each input's draws from the same start."""
    found = []
    for row in ROWS:
        with quiet_shap() as shap, seeded(Seed(), torch.device("cpu")):
            found.append(np.asarray(ask(shap, row[None])).reshape(-1))
    return np.stack(found)


def independent(shap):
    return shap.maskers.Independent(BACKGROUND, max_samples=len(BACKGROUND))


def permutation(shap, row):
    explainer = shap.PermutationExplainer(score, independent(shap), seed=int(np.random.randint(2**31)))  # noqa: NPY002
    return explainer(row, max_evals=40, silent=True).values


DIRECTLY = {
    "exact": (lambda shap, row: shap.ExactExplainer(score, independent(shap))(row).values, {}),
    "permutation": (permutation, {"max_evals": 40}),
    "kernel": (
        lambda shap, row: shap.KernelExplainer(score, BACKGROUND).shap_values(row, nsamples=50, l1_reg=0, silent=True),
        {"nsamples": 50, "l1_reg": 0},
    ),
    "sampling": (
        lambda shap, row: shap.SamplingExplainer(score, BACKGROUND).shap_values(row, nsamples=300, silent=True),
        {"nsamples": 300},
    ),
    "additive": (lambda shap, row: shap.AdditiveExplainer(score, independent(shap))(row).values, {}),
    "deep": (lambda shap, row: shap.DeepExplainer(MODULE, tensor(BACKGROUND)).shap_values(tensor(row))[..., 1], {}),
    "gradient": (
        lambda shap, row: shap.GradientExplainer(MODULE.float(), tensor(BACKGROUND).float()).shap_values(
            tensor(row).float(), nsamples=30
        )[..., 1],
        {"nsamples": 30},
    ),
}


@pytest.mark.parametrize("name", DIRECTLY)
def test_the_numbers_are_shaps(name):
    ask, settings = DIRECTLY[name]
    found = Shap(name, tensor(BACKGROUND), settings).explain(MODEL, tensor(ROWS), 1, seed=3)
    expected = one_by_one(ask)
    MODULE.double()
    np.testing.assert_allclose(found.values.numpy(), expected, atol=1e-5 if name == "gradient" else 1e-10, rtol=0)


def test_exact_is_the_houses_own():
    ours = ExactShapley(background=tensor(BACKGROUND)).explain(MODEL, tensor(ROWS), 1)
    shaps = Shap("exact", tensor(BACKGROUND)).explain(MODEL, tensor(ROWS), 1)
    torch.testing.assert_close(ours.values, shaps.values, atol=1e-10, rtol=0)


@pytest.mark.parametrize("classes", [2, 3])
def test_s13_linear_is_the_weight_times_the_distance_from_the_mean(classes):
    estimator = LogisticRegression().fit(NUMBERS, np.minimum(LABELS, classes - 1))
    last = classes - 1
    weights = estimator.coef_[0] if classes == 2 else estimator.coef_[last] - estimator.coef_[0]
    found = Shap("linear", tensor(BACKGROUND)).explain(
        SklearnClassifier(estimator), tensor(ROWS), Target(last, against=0, output="log_probability")
    )
    np.testing.assert_allclose(found.values.numpy(), weights * (ROWS - BACKGROUND.mean(0)), atol=1e-10, rtol=0)
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-10


def test_deep_about_pictures_is_shaps():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        body = (nn.Conv2d(2, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3))
        module = nn.Sequential(*body).double()
    images = torch.rand((6, 2, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with quiet_shap() as shap:
        expected = shap.DeepExplainer(module, images[2:]).shap_values(images[:2])[..., 2]
    found = Shap("deep", images[2:]).explain(TorchClassifier(module, 3), images[:2], 2)
    np.testing.assert_allclose(found.values.numpy(), expected, atol=1e-12, rtol=0)
