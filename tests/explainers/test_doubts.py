import pytest
import torch
from explainer_networks import Untouched, drawn, image_classifier, table_classifier
from torch import nn

from xaivision.core.completeness import completeness_tolerance
from xaivision.core.question import question
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.doubts import chance_doubts, missed_changes
from xaivision.explainers.registry import explainer
from xaivision.explainers.saliency import Saliency

GRADIENT_METHODS = ("saliency", "input_x_gradient", "integrated_gradients", "smooth_grad", "smooth_grad_squared", "var_grad")


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_a_cut_gradient_is_refused(name):
    model = TorchClassifier(Untouched(), 2)
    found = explainer(name).explain(model, drawn((2, 1, 4, 4), 0))
    assert not found.values.any()
    for verdict in found.verdicts:
        assert verdict.status == "refuse"
        assert "the gradient is cut: the model's scores do not depend differentiably on the input" in verdict.reasons


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_a_gradient_that_arrives_is_not_doubted(name):
    found = explainer(name).explain(image_classifier(), drawn((2, 2, 8, 8), 0))
    assert found.verdict.status == "ok"


@pytest.mark.parametrize("name", ["saliency", "input_x_gradient", "smooth_grad", "smooth_grad_squared"])
def test_a_zero_map_is_refused_where_the_score_moves_and_doubted_where_it_does_not(name):
    class Dead(nn.Module):
        """Flat around the first input; at the second a constant everywhere."""

        def forward(self, x):
            moving = torch.relu(x.sum(1) - 100) + (x.detach().sum(1) > 0.5)
            margin = torch.where(x[:, 0].detach() > 1, 0 * x.sum(1), moving)
            return torch.stack([margin, -margin], 1)

    def constant(x):
        return torch.cat([x[:, :1] * 0, x[:, :1] * 0 + 1], 1)

    flat = explainer(name).explain(TorchClassifier(Dead(), 2, domain="tabular"), torch.full((1, 4), 0.2).double())
    assert flat.verdict.status == "refuse"
    assert "the map is zero everywhere while the score moves by 1 when the input is replaced" in str(flat.verdict)

    class Still(nn.Module):
        def forward(self, x):
            return constant(x)

    still = explainer(name).explain(TorchClassifier(Still(), 2, domain="tabular"), torch.full((1, 4), 0.2).double())
    assert still.verdict.status == "warn"
    assert "the score does not depend on this input" in str(still.verdict)


def test_a_doubt_of_one_input_is_not_a_doubt_of_its_neighbors():
    class Clipped(nn.Module):
        def forward(self, x):
            margin = x.clamp(max=0.5).sum(1)
            return torch.stack([margin, -margin], 1)

    inputs = torch.tensor([[0.2, 0.3], [0.9, 0.8]]).double()
    found = explainer("saliency").explain(TorchClassifier(Clipped(), 2, domain="tabular"), inputs)
    assert [verdict.status for verdict in found.verdicts] == ["ok", "refuse"]


def test_scores_that_are_not_finite_are_refused():
    module = nn.Sequential(nn.Linear(4, 2).double())
    with torch.no_grad():
        module[0].bias[0] = float("inf")
    found = explainer("saliency").explain(TorchClassifier(module, 2, domain="tabular"), drawn((1, 4), 0), 0)
    assert found.verdict.status == "refuse"
    assert table_classifier()(drawn((1, 4), 0)).isfinite().all()


class Probabilities(nn.Module):
    """Scores as given for the two inputs that are ones and zeros: a question whose change is known to the last bit."""

    def __init__(self, first):
        super().__init__()
        self.first = first

    def forward(self, x):
        return torch.stack([self.first * x[:, 0], 1 - self.first * x[:, 0]], 1)


def notes_of(check, first=1.0):
    """What `check` notes in a question about one row whose score is `first`."""
    model = TorchClassifier(Probabilities(first), 2, domain="tabular", score_unit="probability")
    with question(Saliency(), model, torch.ones(1, 4, dtype=torch.float64), 0) as q:
        check(q)
        return q.notes


def missed(held, first=1.0, reference=0.0):
    """Whether a map whose absolute values sum to `held` counts as missing the change from `reference` to `first`."""
    values = torch.tensor([[held / 2, -held / 2, 0.0, 0.0]], dtype=torch.float64)
    found = notes_of(lambda q: missed_changes(q, values, torch.tensor([reference], dtype=torch.float64)), first)
    assert all(note.status == "refuse" and note.text.startswith("the map is next to zero") for note in found)
    return bool(found)


@pytest.mark.parametrize("first", [1.0, 1e-3, 1e-6, 1e-12])
def test_a_map_that_holds_no_more_than_the_tolerance_has_missed_the_change_however_small_the_score(first):
    score = torch.tensor([first], dtype=torch.float64)
    tolerance = float(completeness_tolerance(score, score))
    assert tolerance == pytest.approx(0.05 * first)
    assert missed(tolerance, first)
    assert missed(1e-3 * tolerance, first)
    assert not missed(1.001 * tolerance, first)
    assert not missed(first, first)


def test_a_map_of_zeros_is_left_to_the_verdict_and_a_still_score_misses_nothing():
    assert not missed(0.0)
    assert not missed(1e-9, first=0.0)
    assert not missed(1e-7, reference=1 - 1e-6)


def test_a_step_that_the_path_misses_is_refused_for_small_probabilities_too():
    class Narrow(nn.Module):
        def forward(self, x):
            small = 1e-6 * torch.sigmoid(1e5 * (x[:, 0] - 0.503))
            return torch.stack([small, 1 - small], 1)

    model = TorchClassifier(Narrow(), 2, domain="tabular", score_unit="probability")
    found = explainer("integrated_gradients", baseline="black", steps=50).explain(model, torch.ones(1, 1).double(), 0)
    assert found.verdict.status == "refuse"
    assert "while the score changes by 1e-06" in str(found.verdict)


def chance(error, values):
    values, error = torch.tensor([values]).double(), None if error is None else torch.tensor([error]).double()
    return [note.text for note in notes_of(lambda q: chance_doubts(q, values, error, "samples"))]


def test_a_map_is_mostly_chance_above_half_of_its_squares():
    assert chance([0.99, 0.0], [1.0, 1.0]) == []
    assert chance([1.0, 0.0], [1.0, 1.0]) == []
    assert len(chance([1.01, 0.0], [1.0, 1.0])) == 1
    (told,) = chance([1.2, 0.0], [1.0, 1.0])
    assert told == "the map is mostly chance: its standard error makes up 72% of its squares; take more `samples`"
    (told,) = chance([9.0, 0.0], [1.0, 1.0])
    assert "makes up 100% of its squares" in told
    assert chance([0.0, 0.0], [0.0, 0.0]) == []


def test_an_error_that_is_unknown_is_told():
    assert chance(None, [1.0, 1.0]) == ["one draw says nothing of its own error; take more `samples`"]


@pytest.mark.parametrize(("first", "reference"), [(0.0, 1.0), (0.2, 0.9), (0.9, 0.2), (0.0, -1.0)])
def test_a_change_downward_is_missed_as_any_other(first, reference):
    assert missed(1e-3, first, reference)
    assert not missed(abs(first - reference), first, reference)


class Late(nn.Module):
    """A step that the nodes of a coarse path pass by: its slope there is next to nothing and not nothing."""

    def forward(self, x):
        margin = torch.sigmoid(1000 * (x[:, 0] - 0.5))
        return torch.stack([margin, -margin], 1)


@pytest.mark.parametrize("target", [0, 1])
def test_a_path_that_passes_by_a_step_is_refused_whichever_way_the_score_goes(target):
    model, ones, zeros = TorchClassifier(Late(), 2, domain="tabular"), torch.ones(1, 3).double(), torch.zeros(1, 3).double()
    coarse = (
        explainer("integrated_gradients", baseline="black", steps=2),
        explainer("expected_gradients", background=zeros, samples=16),
    )
    for method in coarse:
        found = method.explain(model, ones, target)
        held, change = float(found.values.abs().sum()), float(found.query.scores - found.reference_scores)
        assert 0 < held < 1e-6 * abs(change)
        assert found.verdict.status == "refuse"
        assert "the map is next to zero" in str(found.verdict)
