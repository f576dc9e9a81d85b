import logging
import random
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from explainer_networks import image_classifier, table_classifier
from sklearn.linear_model import LogisticRegression
from torch import nn
from tree_tables import CONTRAST, fitted, table, tensor

from xaivision.core.errors import CapabilityError, InputError, MissingExtraError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer
from xaivision.explainers.shap_call import ALGORITHMS
from xaivision.explainers.shap_original import Shap

NUMBERS, LABELS = table()
BACKGROUND, ROWS = tensor(NUMBERS[:12]), tensor(NUMBERS[-2:])
MARGINS = Target(1, against=0, output=CONTRAST)
OF_FUNCTIONS = [name for name, algorithm in ALGORITHMS.items() if algorithm.sees == "function"]


def pictures(batch=2, seed=3):
    return torch.rand((batch, 2, 8, 8), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network(activation=nn.ReLU):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(6, 8), activation(), nn.Linear(8, 3)).double()


def fitting(name):
    """(a classifier that the algorithm takes, the question)."""
    if name == "linear":
        return SklearnClassifier(LogisticRegression().fit(NUMBERS, LABELS)), MARGINS
    if name in ("deep", "gradient"):
        return TorchClassifier(network(), 3, domain="tabular"), Target(1)
    return SklearnClassifier(fitted("forest")), Target(1)


def test_settings_are_those_that_shap_takes_by_name():
    one, other = Shap("kernel", BACKGROUND, nsamples=20), Shap("kernel", BACKGROUND, {"nsamples": 20})
    assert (one.algorithm, one.settings) == (other.algorithm, other.settings) == ("kernel", {"nsamples": 20})
    assert explainer("shap", algorithm="kernel", background=BACKGROUND, settings={"nsamples": 20}).settings == {"nsamples": 20}


@pytest.mark.parametrize(
    ("algorithm", "settings", "message"),
    [
        ("kernal", {}, r"`kernal` is not a known algorithm of shap\. Did you mean `kernel`"),
        (3, {}, r"`3` is not a known algorithm of shap"),
        ("kernel", {"nsample": 3}, r"`nsample` is not a known setting of shap's KernelExplainer\. Did you mean `nsamples`"),
        ("tree", {"nsamples": 3}, r"`nsamples` is not a known setting of shap's TreeExplainer"),
    ],
)
def test_an_unknown_name_is_answered_with_the_closest_one(algorithm, settings, message):
    with pytest.raises(UnknownNameError, match=message):
        Shap(algorithm, BACKGROUND, settings)


@pytest.mark.parametrize("name", [name for name, algorithm in ALGORITHMS.items() if algorithm.background])
def test_a_missing_background_is_named(name):
    with pytest.raises(InputError, match=rf"`{name}` of shap needs a `background`"):
        Shap(name)


def test_a_background_must_be_one():
    with pytest.raises(InputError, match="`background` must be a tensor"):
        Shap("kernel", torch.zeros(3))


def test_the_loss_is_no_score():
    with pytest.raises(InputError, match=r"`model_output` must be 'raw' or 'probability'\. Got 'log_loss'"):
        Shap("tree", BACKGROUND, model_output="log_loss")


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name not in ("partition", "deep", "gradient")])
def test_what_is_for_tables_is_refused_for_pictures(name):
    with pytest.raises(CapabilityError, match=rf"`{name}` of shap is for tables"):
        Shap(name, pictures(3)).explain(image_classifier(), pictures(), 1)


@pytest.mark.parametrize(
    ("model", "inputs", "settings", "message"),
    [
        (image_classifier(), pictures(), {"clustering": "correlation"}, "`clustering` is for tables"),
        (SklearnClassifier(fitted("forest")), ROWS, {"mask_value": 0.0}, "`mask_value` is for images"),
        (SklearnClassifier(fitted("forest")), ROWS, {}, "`partition` of shap needs a `background`"),
    ],
)
def test_a_setting_for_other_inputs_is_refused(model, inputs, settings, message):
    with pytest.raises(InputError, match=message):
        Shap("partition", settings=settings).explain(model, inputs, 1)


def test_pixels_are_hidden_by_no_background():
    with pytest.raises(InputError, match="hides pixels of a picture by `mask_value`"):
        Shap("partition", pictures(3)).explain(image_classifier(), pictures(), 1)


@pytest.mark.parametrize("name", ["deep", "gradient"])
def test_what_looks_at_layers_needs_a_module(name):
    model = FunctionClassifier(lambda rows: rows[:, :3], 3, score_unit="logit", domain="tabular")
    with pytest.raises(CapabilityError, match="needs a model's gradients"):
        Shap(name, BACKGROUND).explain(model, ROWS, 1)


@pytest.mark.parametrize(
    ("name", "model"),
    [("linear", SklearnClassifier(fitted("forest"))), ("tree", table_classifier(6))],
)
def test_what_shap_does_not_read_is_refused_in_its_words(name, model):
    with pytest.raises(
        CapabilityError, match=rf"shap's {name.title()}Explainer does not take this model or these settings: .*type"
    ):
        Shap(name, BACKGROUND).explain(model, ROWS, 1)


def test_too_few_evaluations_are_refused_in_shaps_words():
    model = SklearnClassifier(fitted("forest"))
    with pytest.raises(CapabilityError, match="It takes 64 masked evaluations to run the Exact explainer"):
        Shap("exact", BACKGROUND, max_evals=10).explain(model, ROWS, 1)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_input_is_asked_on_its_own(name):
    model, target = fitting(name)
    together = Shap(name, BACKGROUND).explain(model, ROWS, target, seed=4)
    alone = Shap(name, BACKGROUND).explain(model, ROWS[1:], target, seed=4)
    assert together.values.shape == ROWS.shape
    assert torch.equal(together.values[1:], alone.values)


@pytest.mark.parametrize("name", ["permutation", "kernel", "sampling", "gradient"])
def test_draws_depend_on_the_seed_alone(name):
    model, target = fitting(name)
    settings = {"kernel": {"nsamples": 20}, "permutation": {"max_evals": 14}, "gradient": {"nsamples": 5}}.get(name, {})
    method = Shap(name, BACKGROUND, settings)
    found = [method.explain(model, ROWS, target, seed=seed).values for seed in (1, 1, 2)]
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_global_state_is_left_as_it_was(name):
    model, target = fitting(name)
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].copy(), torch.get_rng_state(), random.getstate(), list(warnings.filters)  # noqa: NPY002
    Shap(name, BACKGROUND).explain(model, ROWS, target)
    assert np.array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[1])
    assert random.getstate() == before[2]
    assert warnings.filters == before[3]
    assert logging.getLogger("shap").level == logging.NOTSET


@pytest.mark.parametrize("name", ALGORITHMS)
def test_nothing_is_written_to_the_terminal_or_to_a_log(name, capfd, caplog):
    model, target = fitting(name)
    Shap(name, tensor(NUMBERS[:120]), {"max_evals": 60} if name == "permutation" else {}).explain(model, ROWS, target)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@pytest.mark.parametrize("name", ["deep", "gradient"])
def test_the_module_is_left_as_it_was(name):
    module = network()
    module[0].weight.grad = torch.ones_like(module[0].weight)
    module[1].x = "mine"
    before = {key: value.clone() for key, value in module.state_dict().items()}
    Shap(name, BACKGROUND).explain(TorchClassifier(module, 3, domain="tabular"), ROWS, 1)
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert bool(module[0].weight.grad.eq(1).all())
    assert module[1].x == "mine"
    assert module.training
    assert not any(part._forward_hooks or part._backward_hooks for part in module.modules())


def test_every_call_of_the_model_is_counted():
    calls = []

    def scores(rows):
        calls.append(len(rows))
        return np.stack([rows[:, 0] * rows[:, 1], rows[:, 2]], 1)

    model = FunctionClassifier(scores, 2, score_unit="logit", domain="tabular")
    for name in OF_FUNCTIONS:
        calls.clear()
        found = Shap(name, BACKGROUND).explain(model, ROWS, 0)
        assert found.diagnostics.model_calls == sum(calls) > 2


def test_more_than_100_rows_are_all_asked():
    model = SklearnClassifier(fitted("forest"))
    for name in ("exact", "permutation", "partition", "tree", "linear"):
        classifier, target = fitting(name) if name == "linear" else (model, Target(1))
        found = Shap(name, tensor(NUMBERS[:130])).explain(classifier, ROWS, target)
        assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-7


def test_what_the_model_raises_inside_shap_is_the_models_own():
    answered = []

    def scores(rows):
        answered.append(1)
        if len(answered) > 3:
            raise ValueError("broken")
        return np.stack([rows[:, 0], rows[:, 1]], 1)

    with pytest.raises(ValueError, match=r"^broken$"):
        Shap("exact", BACKGROUND).explain(FunctionClassifier(scores, 2, score_unit="logit", domain="tabular"), ROWS, 0)


def test_columns_that_the_kernel_explainer_drops_are_said():
    wide = torch.rand(4, 13, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    model = table_classifier(13)
    dropped = Shap("kernel", wide[:3]).explain(model, wide[3:], 1)
    assert "shap keeps 10 columns and gives all others 0" in str(dropped.verdict)
    assert int((dropped.values == 0).sum()) >= 3
    kept = Shap("kernel", wide[:3], l1_reg=0).explain(model, wide[3:], 1)
    assert "keeps 10" not in str(kept.verdict)
    assert bool(kept.values.all())


@pytest.mark.parametrize(
    ("name", "settings", "drawn"),
    [
        ("kernel", {}, False),  # enough for all 62 coalitions of six columns
        ("kernel", {"nsamples": 30}, True),
        ("permutation", {}, True),
        ("sampling", {}, True),
        ("gradient", {}, True),
        ("exact", {}, False),
        ("tree", {}, False),
    ],
)
def test_chance_is_said_where_there_is_some(name, settings, drawn):
    model, target = fitting(name)
    found = Shap(name, BACKGROUND, settings).explain(model, ROWS, target)
    assert ("how far its draws" in str(found.verdict)) is drawn


def test_an_order_taken_for_all_is_said():
    model = SklearnClassifier(fitted("forest"))
    found = Shap("tree", approximate=True, check_additivity=False).explain(model, ROWS, 1)
    assert "these are no Shapley values" in str(found.verdict)
    assert "another game" in str(found.verdict)


def test_a_model_that_is_no_sum_of_columns_is_seen_not_to_add_up():
    found = Shap("additive", BACKGROUND).explain(SklearnClassifier(fitted("forest")), ROWS, 1)
    assert "it does not add up" in str(found.verdict)


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, rows):
        return self.second(torch.relu(self.first(rows)))


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)
        self.act = nn.ReLU()

    def forward(self, rows):
        return self.third(self.act(self.second(self.act(self.first(rows)))))


@pytest.mark.parametrize("module", [Functional, Reused])
def test_deep_is_doubted_where_shap_may_have_no_rule(module):
    found = Shap("deep", BACKGROUND, check_additivity=False).explain(classifier_of(module), 5 * ROWS, 1)
    assert "shap may have no rule for relu" in str(found.verdict)
    assert "it does not add up" in str(found.verdict)


@pytest.mark.parametrize("module", [Functional, Reused])
def test_deep_that_does_not_add_up_is_refused_in_shaps_words(module):
    with pytest.raises(CapabilityError, match="SHAP explanations do not sum up to the model's output"):
        Shap("deep", BACKGROUND).explain(classifier_of(module), 5 * ROWS, 1)


def classifier_of(module):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return TorchClassifier(module().double(), 3, domain="tabular")


def test_without_shap_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    for method in (Shap("exact", BACKGROUND), explainer("tree_shap"), explainer("partition_shap", background=BACKGROUND)):
        with pytest.raises(
            MissingExtraError, match=r'The package `shap` is needed\. Install it with: pip install "xaivision\[shap\]"'
        ):
            method.explain(SklearnClassifier(fitted("forest")), ROWS, 1)


def test_shap_and_its_compiler_are_not_imported_before_they_are_needed():
    code = (
        "import sys, xaivision.explainers.registry, xaivision.report.shap_explanation, xaivision as xv; xv.Shap; "
        "print({name.split('.')[0] for name in sys.modules} & {'shap', 'numba', 'llvmlite', 'cv2'})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip() == "set()"
