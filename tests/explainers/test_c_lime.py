import pytest
import torch
from explainer_networks import Columns, drawn, gradient_of, image_classifier, linear_classifier, table_classifier

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.explainers.c_lime import CLime
from xaivision.explainers.smooth_grad import SmoothGrad


class Ranged(Columns):
    """A schema that knows its columns' ranges."""

    def __init__(self, *ranges):
        super().__init__(*[0.0] * len(ranges))
        self.ranges = ranges


def test_of_a_linear_model_the_slopes_are_its_weights_with_a_perfect_fit():
    weights = drawn((2, 4, 5), 0) - 0.5
    found = CLime(budget=60).explain(linear_classifier(weights, 0.3), drawn((2, 2, 4, 5), 1), 0)
    torch.testing.assert_close(found.values, weights.expand(2, 2, 4, 5), atol=1e-10, rtol=0)
    torch.testing.assert_close(found.diagnostics.local_fit, torch.ones(2).double(), atol=1e-12, rtol=0)
    assert found.kind == "slope"
    assert found.diagnostics.model_calls == 2 * 61
    assert found.verdict.status == "ok"


def test_it_is_the_least_squares_line_through_the_scores_of_the_copies():
    seen, model = [], table_classifier()

    def scores(rows):
        seen.append(torch.as_tensor(rows).clone())
        return model(seen[-1]).numpy()

    spy = FunctionClassifier(scores, 3, score_unit="logit", domain="tabular")
    one = drawn((1, 4), 0)
    found = CLime(budget=50, noise=0.4).explain(spy, one, 2)
    copies = seen[-1]
    assert copies.shape == (50, 4)
    design = torch.cat([torch.ones(50, 1).double(), copies - one], 1)
    expected = torch.linalg.lstsq(design, model(copies)[:, 2:]).solution[1:, 0]
    torch.testing.assert_close(found.values[0], expected, atol=1e-12, rtol=0)


def test_the_copies_are_those_of_smooth_grad():
    seen = {}
    one = drawn((2, 4), 0)
    for name, method in (("c_lime", CLime(budget=30)), ("smooth_grad", SmoothGrad(samples=30))):
        model, rows = table_classifier(), []
        model.model.register_forward_pre_hook(lambda _module, given, rows=rows: rows.append(given[0].detach().clone()))
        method.explain(model, one, 0, seed=6)
        seen[name] = torch.cat([batch for batch in rows if len(batch) == 60])
    assert seen["c_lime"].shape == (60, 4)
    assert torch.equal(seen["c_lime"], seen["smooth_grad"][-60:])


def test_with_little_noise_the_slopes_are_the_gradient():
    model, one = image_classifier(), drawn((1, 2, 8, 8), 3)
    found = CLime(budget=400, noise=1e-4).explain(model, one, 1)
    torch.testing.assert_close(found.values[0], gradient_of(model, one[0], 1), atol=1e-4, rtol=0)


@pytest.mark.slow
def test_a2_with_many_copies_it_is_smooth_grad_with_other_draws():
    model, one = table_classifier(6, schema=Ranged(*[1.0] * 6)), drawn((1, 6), 0)
    ours = CLime(budget=200_000, noise=0.3).explain(model, one, 0, seed=1).values[0]
    theirs = SmoothGrad(samples=200_000, noise=0.3).explain(model, one, 0, seed=2).values[0]
    assert float(torch.cosine_similarity(ours, theirs, dim=0)) > 0.999
    assert float((ours - theirs).norm() / theirs.norm()) < 0.01


def test_with_a_few_thousand_copies_it_is_near_smooth_grad_and_not_near_the_gradient():
    """The relation of the slow test with fewer copies, and that it can fail: much noise shows another slope than none."""
    model, one = table_classifier(6, schema=Ranged(*[1.0] * 6)), drawn((1, 6), 0)
    found = CLime(budget=20_000, noise=1.5).explain(model, one, 0, seed=1)
    theirs = SmoothGrad(samples=20_000, noise=1.5).explain(model, one, 0, seed=1).values[0]
    assert float((found.values[0] - theirs).norm() / theirs.norm()) < 0.05
    gradient = gradient_of(model, one[0], 0)
    assert float((found.values[0] - gradient).norm() / gradient.norm()) > 0.2


def test_standard_errors_are_how_far_another_seed_moves_the_slopes():
    model, one = table_classifier(schema=Ranged(1.0, 2.0, 3.0, 4.0)), drawn((1, 4), 0)
    answers = [CLime(budget=200, noise=0.5).explain(model, one, 0, seed=seed) for seed in range(60)]
    spread = torch.stack([found.values for found in answers]).std(0)
    told = torch.stack([found.diagnostics.standard_error for found in answers]).mean(0)
    assert bool(((told / spread - 1).abs() < 0.45).all())


def test_a_column_without_a_range_is_not_varied_and_that_is_said():
    model = table_classifier(3, schema=Ranged(1.0, 0.0, 2.0))
    found = CLime(budget=40).explain(model, drawn((2, 3), 0), 0)
    assert found.values[:, 1].tolist() == [0, 0]
    assert bool(found.values[:, [0, 2]].all())
    assert "1 columns have no range and were not varied: their slopes are not known, and shown as 0" in found.verdict.reasons


def test_a_bent_score_fits_poorly_and_is_doubted():
    model = FunctionClassifier(lambda rows: ((rows - 0.5) ** 2)[:, :2], 2, score_unit="logit", domain="tabular")
    row = torch.tensor([[0.5, 0.5, 0.9]]).double()
    found = CLime(budget=2000, noise=0.3).explain(model, row, 0)
    assert float(found.diagnostics.local_fit) < 0.1
    assert any(reason.startswith("the local model fits poorly") for reason in found.verdict.reasons)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"budget": 5}, "`budget` must be at least 6: a line through 4 values needs more copies than that. Got 5."),
        ({"budget": True}, "`budget` must be a positive integer. Got True."),
        ({"noise": 0}, "`noise` must be above 0, a share of the input's range. Got 0."),
        ({"noise": -1}, "`noise` must be a number from 0, a share of the input's range. Got -1."),
    ],
)
def test_settings_that_do_not_fit_get_one_sentence(settings, sentence):
    with pytest.raises(InputError) as refused:
        CLime(**settings).explain(table_classifier(), drawn((1, 4), 0), 0)
    assert str(refused.value).startswith(sentence)


def test_a_model_that_gives_no_number_for_a_copy_gets_one_sentence():
    def scores(rows):
        return torch.where(torch.as_tensor(rows[:, :2]) > 0.6, torch.nan, torch.as_tensor(rows[:, :2])).numpy()

    model = FunctionClassifier(scores, 2, score_unit="logit", domain="tabular")
    with pytest.raises(InputError, match=r"also on perturbed inputs\. Got nan for \d+ of 1000\. Take less `noise`"):
        CLime(noise=0.9).explain(model, torch.tensor([[0.5, 0.4, 0.0]]).double(), 0)
