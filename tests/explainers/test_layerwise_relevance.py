import pytest
import torch
from explainer_networks import drawn, seeded
from torch import nn

from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.relevance import COMPOSITES, relevance
from xaivision.explainers import layerwise_relevance
from xaivision.explainers.registry import explainer


def network(bias=True):
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, bias=bias),
            nn.BatchNorm2d(4, affine=False),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, bias=bias),
            nn.SiLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(),
            nn.Linear(6, 3, bias=bias),
        )
    )


def asked(model, inputs, targets=None, **settings):
    return explainer("layerwise_relevance", **settings).explain(model, inputs, targets)


@pytest.mark.parametrize("name", COMPOSITES)
def test_without_biases_contributions_sum_to_the_score_or_the_difference(name):
    model, inputs = TorchClassifier(network(bias=False), 3), drawn((2, 2, 8, 8), 0)
    for target in (Target(1), Target(1, against=2), Target(0, output="margin")):
        found = asked(model, inputs, target, composite=name, epsilon=1e-9)
        assert found.kind == "contribution"
        torch.testing.assert_close(found.values.sum((1, 2, 3)), found.query.scores, rtol=1e-4, atol=0)


def test_a_difference_is_the_difference_of_the_maps_under_the_epsilon_rule():
    model, inputs = TorchClassifier(network(), 3), drawn((2, 2, 8, 8), 0)
    one, other, both = (asked(model, inputs, target, composite="epsilon").values for target in (1, 2, Target(1, against=2)))
    torch.testing.assert_close(both, one - other, atol=1e-12, rtol=0)


def test_without_a_name_photos_get_the_box_and_tables_the_epsilon_rule():
    model, inputs = TorchClassifier(network(), 3), drawn((2, 2, 8, 8), 0)
    assert torch.equal(asked(model, inputs).values, asked(model, inputs, composite="epsilon_gamma_box").values)
    table = TorchClassifier(seeded(lambda: nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 3))), 3, domain="tabular")
    rows = drawn((2, 5), 0)
    assert torch.equal(asked(table, rows).values, asked(table, rows, composite="epsilon").values)
    with pytest.raises(InputError, match="for pixels between 0 and 1"):
        asked(table, rows, composite="epsilon_gamma_box")


def shifted(bias):
    model = TorchClassifier(network(bias=False), 3)
    model.model[-1] = seeded(lambda: nn.Linear(6, 3))
    with torch.no_grad():
        model.model[-1].bias.fill_(bias)
    return model


def test_what_biases_keep_is_told_of_every_input_and_doubted_where_it_is_most():
    inputs = drawn((2, 2, 8, 8), 0)
    size = float(shifted(0.0)(inputs)[:, 1].abs().min())
    for bias, status in ((0.1 * size, "ok"), (10 * float(shifted(0.0)(inputs).abs().max()), "warn")):
        found = asked(shifted(bias), inputs, 1)
        held = found.values.sum((1, 2, 3))
        kept = found.query.scores - held
        ends = [f": the map shares out {float(part):.3g}" if status == "warn" else "" for part in held]
        assert [note.text for note in found.diagnostics.notes if note.inputs is not None] == [
            f"of {float(score):.3g}, biases and the stabilizer keep {float(part):.3g}{end}"
            for score, part, end in zip(found.query.scores, kept, ends, strict=True)
        ]
        assert [verdict.status for verdict in found.verdicts] == [status] * 2


def test_what_an_activation_keeps_is_not_laid_on_biases():
    """Softplus gives ln 2 for 0, and the network has no bias."""
    ends = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    module = seeded(lambda: nn.Sequential(nn.Conv2d(2, 4, 3, bias=False), nn.Softplus(), *ends, nn.Linear(4, 3, bias=False)))
    model, inputs = TorchClassifier(module, 3), drawn((1, 2, 8, 8), 0)
    with torch.no_grad():
        model.model[-1].weight.fill_(1.0)
    found = asked(model, inputs, 1, composite="epsilon", epsilon=1e-12)
    kept = float(found.query.scores - found.values.sum())
    assert found.verdict.status == "warn"
    assert f"constants of `softplus` keep {kept:.3g}: the map shares out" in str(found.verdict)
    assert float(found.query.scores) * 0.5 < kept


class Canceling(nn.Module):
    """What two branches leave of each other: relevance grows with `factor` on its way through them."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor
        self.branch, self.rest = (nn.Conv2d(2, 4, 3, padding=1, bias=False) for _ in range(2))
        self.head = nn.Linear(4, 3, bias=False)

    def forward(self, x):
        large = self.factor * self.branch(x)
        return self.head((self.rest(x) + large - large).mean((2, 3)))


@pytest.mark.parametrize(("factor", "status"), [(1.0, "ok"), (1e3, "warn"), (1e6, "refuse")])
def test_relevance_that_explodes_is_doubted_then_refused_with_the_number(factor, status):
    model, inputs = TorchClassifier(seeded(lambda: Canceling(factor)), 3), drawn((2, 2, 6, 6), 0)
    found = asked(model, inputs, composite="epsilon")
    assert [verdict.status for verdict in found.verdicts] == [status] * 2
    assert ("relevance grows" in str(found.verdict)) == (status != "ok")


def test_the_same_network_under_z_plus_does_not_explode():
    model, inputs = TorchClassifier(seeded(lambda: Canceling(1e6)), 3), drawn((2, 2, 6, 6), 0)
    found = asked(model, inputs, composite="epsilon_plus")
    assert found.verdict.status == "ok"
    assert (found.values.abs().sum((1, 2, 3)) < 10 * found.query.scores.abs()).all()


def test_an_operation_without_a_rule_is_refused_by_name():
    module = nn.Sequential(network()[:8], nn.LayerNorm(6), seeded(lambda: nn.Linear(6, 3))).double()
    with pytest.raises(CapabilityError, match="`layer_norm` has no rule") as caught:
        asked(TorchClassifier(module, 3), drawn((2, 2, 8, 8), 0))
    assert "\n" not in str(caught.value)


def test_the_network_is_not_changed():
    module, inputs = network().train(), drawn((2, 2, 8, 8), 0)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    asked(TorchClassifier(module, 3), inputs)
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert all(part.training for part in module.modules())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in module.parameters())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_have_the_dtype_of_the_inputs_whatever_the_model_computes_in(dtype):
    model = TorchClassifier(network(), 3)
    found = asked(model, drawn((2, 2, 8, 8), 0).to(dtype))
    assert found.values.dtype == dtype


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"composite": "epsilon_plos"}, UnknownNameError, "`epsilon_plus`"),
        ({"epsilon": -1.0}, InputError, "`epsilon` must be a number that is not negative. Got -1.0."),
        ({"epsilon": "much"}, InputError, "`epsilon` must be a number"),
        ({"gamma": float("nan")}, InputError, "`gamma` must be a number"),
        ({"gamma": True}, InputError, "`gamma` must be a number"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, error, text):
    with pytest.raises(error) as caught:
        explainer("layerwise_relevance", **settings)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("measured", "status", "reason"),
    [
        ({"growth": 99.0, "error": 9e-4}, "ok", ""),
        ({"growth": 101.0}, "warn", "relevance grows 101 times on its way"),
        ({"growth": 9.9e3}, "warn", "relevance grows"),
        ({"growth": 1.01e4}, "refuse", "relevance grows"),
        ({"growth": float("nan")}, "refuse", "relevance grows"),
        ({"error": 2e-3}, "refuse", "a layer hands on 0.2% more or less relevance than it got"),
        ({"error": float("nan")}, "refuse", "more or less relevance than it got"),
    ],
)
def test_the_lines_of_doubt_are_drawn_for_each_input_by_itself(monkeypatch, measured, status, reason):
    def with_second(*asked):
        found = relevance(*asked)
        changed = {name: torch.tensor([1.0 if name == "growth" else 0.0, value]).double() for name, value in measured.items()}
        return found._replace(**changed)

    monkeypatch.setattr(layerwise_relevance, "relevance", with_second)
    found = asked(TorchClassifier(network(bias=False), 3), drawn((2, 2, 8, 8), 0), composite="epsilon", epsilon=1e-9)
    assert [verdict.status for verdict in found.verdicts] == ["ok", status]
    assert reason in str(found.verdicts[1])
