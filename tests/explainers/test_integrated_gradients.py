import pytest
import torch
from explainer_networks import Columns, drawn, gradient_of, image_classifier, linear_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from xaivision.core.completeness import completeness_tolerance
from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.quadrature import quadrature_rule
from xaivision.explainers.integrated_gradients import IntegratedGradients


class Ridge(nn.Module):
    """A sigmoid in the mean, as steep as the first column says."""

    def forward(self, x):
        margin = torch.sigmoid(300 * x[:, 0].detach() * (x[:, 1:].mean(1) - 0.4))
        return torch.stack([margin, -margin], 1)


def ridge():
    inputs = torch.cat([torch.tensor([0.01, 0.2, 1.0])[:, None].double(), 0.3 + 0.7 * drawn((3, 4), 1)], 1)
    baseline = torch.cat([inputs[:, :1], torch.zeros(3, 4).double()], 1)
    return TorchClassifier(Ridge(), 2, domain="tabular"), inputs, baseline


@given(st.integers(0, 10**6), st.sampled_from(["midpoint", "gauss_legendre"]), st.integers(1, 8))
@settings(max_examples=10, deadline=None)
def test_fixed_steps_are_the_definition(seed, rule, steps):
    model, inputs, baseline = image_classifier(seed=seed), drawn((2, 2, 8, 8), seed), drawn((2, 8, 8), seed + 1)
    found = IntegratedGradients(steps=steps, rule=rule, baseline=baseline).explain(model, inputs, [2, 1])
    nodes, weights = quadrature_rule(rule, steps)
    for i, target in enumerate((2, 1)):
        mean = sum(
            weight * gradient_of(model, baseline + node * (inputs[i] - baseline), target)
            for node, weight in zip(nodes, weights, strict=True)
        )
        torch.testing.assert_close(found.values[i], mean * (inputs[i] - baseline), atol=1e-13, rtol=0)


def test_the_reference_is_the_score_of_the_baseline_and_the_gap_is_measured_from_it():
    model, inputs, baseline = ridge()
    found = IntegratedGradients(steps=5, baseline=baseline).explain(model, inputs, [0, 1, 0])
    targets = torch.tensor([0, 1, 0])[:, None]
    torch.testing.assert_close(found.reference_scores, model(baseline).gather(1, targets)[:, 0])
    change = model(inputs).gather(1, targets)[:, 0] - found.reference_scores
    torch.testing.assert_close(found.diagnostics.completeness_gap, change - found.values.sum(1), atol=1e-14, rtol=0)
    assert torch.equal(found.baseline, baseline)


def test_automatic_steps_are_spent_where_they_are_needed_and_told():
    model, inputs, baseline = ridge()
    alone = [
        IntegratedGradients(baseline=baseline[i : i + 1]).explain(model, inputs[i : i + 1]).diagnostics.gradient_calls
        for i in range(3)
    ]
    together = IntegratedGradients(baseline=baseline).explain(model, inputs).diagnostics
    assert alone == sorted(alone)
    assert alone[0] == 63 < alone[2]
    assert together.gradient_calls == sum(alone)
    assert together.model_calls == 6  # the inputs and their baselines


def test_automatic_steps_end_in_a_verdict_that_is_ok_within_the_budget():
    model, inputs, baseline = ridge()
    found = IntegratedGradients(baseline=baseline).explain(model, inputs)
    change = found.query.scores - found.reference_scores
    assert (found.diagnostics.completeness_gap.abs() <= completeness_tolerance(change)).all()
    assert found.verdict.status == "ok"


@pytest.mark.parametrize("most", [63, 126, 127, 300])
def test_automatic_steps_never_exceed_the_most(most):
    model, inputs, baseline = ridge()
    found = IntegratedGradients(max_steps=most, baseline=baseline[2:]).explain(model, inputs[2:])
    assert found.diagnostics.gradient_calls <= most


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (
            {"max_steps": 63},
            "the map has not settled: it differs by 93% of its magnitude from that of half the 63 steps; take more",
        ),
        ({"steps": 16}, "it does not add up: the score changes by 1, the contributions sum to"),
    ],
)
def test_a_budget_that_is_too_small_is_a_warning_that_names_what_is_missing(settings, missing):
    model, inputs, baseline = ridge()
    found = IntegratedGradients(**settings, baseline=baseline).explain(model, inputs)
    assert [verdict.status for verdict in found.verdicts] == ["ok", "ok", "warn"]
    assert missing in str(found.verdicts[2])


def test_the_baseline_of_a_table_is_its_typical_row():
    weights = torch.tensor([1.0, -2.0, 3.0, 0.5]).double()
    model = linear_classifier(weights)
    model.schema = Columns(0.5, 0.5, 1.0, 2.0)
    inputs = drawn((2, 4), 0)
    found = IntegratedGradients().explain(model, inputs, 0)
    typical = torch.tensor([0.5, 0.5, 1.0, 2.0]).double()
    torch.testing.assert_close(found.values, weights * (inputs - typical), atol=1e-12, rtol=0)


def test_the_same_seed_gives_the_same_noise_baseline():
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0)
    first, again, other = (IntegratedGradients(baseline="noise").explain(model, inputs, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.baseline, again.baseline)
    assert torch.equal(first.values, again.values)
    assert not torch.equal(first.baseline, other.baseline)


def test_an_input_that_is_its_own_baseline_gets_zeros_and_is_told_why():
    inputs = drawn((1, 4), 0)
    found = IntegratedGradients(baseline=inputs[0]).explain(table_classifier(), inputs)
    assert not found.values.any()
    assert str(found.verdict) == "warn: the map is zero everywhere: the score is practically that of the baseline"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"steps": 0}, r"`steps` must be a positive integer\. Got 0\."),
        ({"steps": True}, r"`steps` must be a positive integer\. Got True\."),
        ({"steps": 2.0}, r"`steps` must be a positive integer\. Got 2\.0\."),
        ({"steps": "many"}, r"`steps` must be a positive integer\. Got 'many'\."),
        ({"rule": "simpson"}, r"`rule` must be 'midpoint' or 'gauss_legendre'\. Got 'simpson'\."),
        ({"rule": "simpson", "steps": 8}, r"`rule` must be 'midpoint' or 'gauss_legendre'\. Got 'simpson'\."),
        ({"rule": "gauss_legendre"}, r"`rule` 'gauss_legendre' needs a fixed number of `steps`"),
        ({"max_steps": 62}, r"`max_steps` must be at least 63\. Got 62\."),
        ({"max_steps": 100.5}, r"`max_steps` must be a positive integer\. Got 100\.5\."),
        ({"max_steps": True}, r"`max_steps` must be a positive integer\. Got True\."),
    ],
)
def test_wrong_settings_are_refused_when_they_are_given(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        IntegratedGradients(**wrong)


@pytest.mark.parametrize(
    ("baseline", "sentence"),
    [
        ("grey", r"`baseline` must be one of 'auto', 'black', .* Got 'grey'\."),
        (torch.zeros(3), r"`baseline` must have the shape of one input, \(4,\), or of the batch\. Got \(3,\)\."),
        (torch.full((4,), float("nan")), r"`baseline` must be finite\."),
        ("typical", r"`baseline` 'typical' needs a table whose schema knows typical values\."),
        ("blur", r"`baseline` 'blur' has a meaning for images only\."),
    ],
)
def test_a_baseline_that_does_not_fit_is_refused(baseline, sentence):
    with pytest.raises(InputError, match=sentence):
        IntegratedGradients(baseline=baseline).explain(table_classifier(), drawn((2, 4), 0))


def test_a_table_of_which_nothing_is_known_starts_from_zeros_and_that_is_doubted():
    model, rows = TorchClassifier(nn.Linear(4, 2).double(), 2, domain="tabular"), drawn((2, 4), 0)
    found = IntegratedGradients().explain(model, rows)
    assert torch.equal(found.baseline, torch.zeros_like(rows))
    assert found.verdict.status == "warn"
    assert found.verdict.reasons == (
        "no typical values of the columns are known, so the baseline is zeros: give the model a schema, or set `baseline`",
    )
    assert IntegratedGradients(baseline="zeros").explain(model, rows).verdict.status == "ok"


class Opposed(nn.Module):
    """Two steep changes of the score in two columns that cancel on the way, and a flat one in a third."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self.width = width

    def forward(self, x):
        up, down = (5 * ((x[:, i] - 0.37) / self.width).clamp(0, 1) for i in (0, 1))
        margin = up - down + 0.2 * x[:, 2]
        return torch.stack([margin, -margin], 1)


ROW = torch.full((1, 3), 0.9).double()


def opposed(width=0.01, **settings):
    model = TorchClassifier(Opposed(width), 2, domain="tabular")
    return IntegratedGradients(baseline=torch.zeros(3).double(), **settings).explain(model, ROW, 0)


@pytest.mark.parametrize("settings", [{}, {"steps": 64}, {"steps": 64, "rule": "gauss_legendre"}])
def test_errors_that_cancel_in_the_sum_are_seen_in_a_map_that_moves(settings):
    found = opposed(**settings)
    assert abs(float(found.diagnostics.completeness_gap)) < 1e-6
    assert not torch.allclose(found.values, torch.tensor([[5.0, -5.0, 0.18]]).double(), atol=0.05)
    assert found.verdict.status == "warn"
    assert "the map has not settled: it differs by" in str(found.verdict)


def test_with_enough_steps_the_map_settles_on_the_truth():
    for chosen in ({"max_steps": 8193}, {"steps": 2048}):
        found = opposed(**chosen)
        assert found.verdict.status == "ok"
        assert torch.allclose(found.values, torch.tensor([[5.0, -5.0, 0.18]]).double(), atol=0.4)


def test_one_step_says_nothing_of_its_own_error_and_a_gentle_score_is_no_doubt():
    assert opposed(width=1.0, steps=1).diagnostics.gradient_calls == 1
    assert opposed(width=1.0, steps=64).verdict.status == "ok"
    assert opposed(width=1.0).verdict.status == "ok"
