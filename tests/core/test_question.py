import time

import numpy as np
import pytest
import torch
from core_subjects import Applied, ControlProbe, GradientProbe, ImageProbe, Probe, convnet, drawn, linear, state_of
from counted_rows import CountsRows
from sklearn.linear_model import LogisticRegression

from xaivision.core import structure
from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.metering import count_recalled_calls, metered
from xaivision.core.question import question
from xaivision.core.sharing import sharing
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.steadiness import steadiness_notes
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema

ROWS = drawn(3, 4, dtype=torch.float64)
MODEL = TorchClassifier(linear(dtype=torch.float64), 3, domain="tabular")


def zeros(q):
    return q.attribution(torch.zeros_like(q.query.inputs), "slope")


def slopes(q):
    return q.attribution(q.torch_model.gradients(q.query.inputs, q.query.target).values, "slope")


def analytic(function, classes=2):
    return TorchClassifier(Applied(function), classes, domain="tabular")


def looked_at():
    """A model that was looked at once, which is the cost of no method, and its count since."""
    counts = CountsRows(linear(dtype=torch.float64))
    model = TorchClassifier(counts, 3, domain="tabular")
    steadiness_notes(model, ROWS)
    counts.batches.clear()
    return model, counts


CONSTANT = analytic(lambda rows: torch.tensor([[1.0, 2.0]], dtype=torch.float64).expand(len(rows), 2))
STEP = analytic(lambda rows: torch.cat([(rows.sum(1, keepdim=True) > 1.0).to(rows), rows[:, :1] * 0], 1))
SATURATED = analytic(lambda rows: torch.sigmoid(1000 * (rows[:, :1] - torch.tensor([[0.5, 0.6]]).to(rows))))


def test_a_map_of_zeros_over_a_constant_model_is_a_warning():
    verdict = Probe(zeros).explain(CONSTANT, ROWS).verdict
    assert verdict.status == "warn"
    assert verdict.reasons == ("the map is zero everywhere: the score does not depend on this input here",)


@pytest.mark.parametrize("model", [STEP, SATURATED], ids=["step", "saturated"])
def test_a_zero_map_of_a_score_that_moves_is_refused(model):
    explanation = Probe(slopes).explain(model, torch.ones(2, 4, dtype=torch.float64), 0)
    assert not explanation.values.any()
    assert explanation.verdict.status == "refuse"
    assert explanation.verdict.reasons == ("the map is zero everywhere while the score moves by 1 when the input is replaced",)


def test_noise_moves_a_score_that_nothing_does_not_move():
    model = analytic(lambda rows: torch.cat([(rows.abs().sum(1, keepdim=True) > 1).to(rows), rows[:, :1] * 0], 1))
    black = torch.zeros(1, 4, dtype=torch.float64)
    assert "the score moves by 1" in Probe(zeros).explain(model, black, 0).verdict.reasons[0]


def test_a_zero_map_of_categories_is_asked_about_with_categories():
    """A function that looks codes up knows no share of one."""
    schema = TableSchema((Feature("size"), Feature("color", categories=("red", "green", "blue"))))
    asked = []

    def scores(rows):
        asked.extend(rows[:, 1].tolist())
        return np.eye(2)[[0] * len(rows)]

    model = FunctionClassifier(scores, 2, score_unit="probability", domain="tabular", schema=schema)
    Probe(zeros).explain(model, torch.tensor([[0.3, 2.0]] * 20, dtype=torch.float64))
    assert len(asked) == 60
    assert set(asked) <= {0.0, 1.0, 2.0}


def test_a_score_that_is_no_number_any_more_has_moved():
    model = analytic(lambda rows: rows[:, :2] / rows[:, :2])
    assert Probe(zeros).explain(model, ROWS, 0).verdict.status == "refuse"


@pytest.mark.parametrize("scale", [1.0, 1e-6])
@pytest.mark.parametrize(("share", "status"), [(5e-5, "warn"), (5e-4, "refuse")])
def test_a_score_has_moved_from_a_ten_thousandth_of_itself_on(scale, share, status):
    ones = torch.ones(2, 4, dtype=torch.float64)
    model = analytic(lambda rows: scale * (1 - share * (rows == 1).all(1, keepdim=True).to(rows)).expand(-1, 2))
    assert Probe(zeros).explain(model, ones, 0).verdict.status == status


def test_only_the_input_with_the_zero_map_is_doubted_and_asked_about():
    model, counts = looked_at()
    values = torch.ones(3, 4)
    values[1] = 0
    answered = Probe(lambda q: q.attribution(values, "slope")).explain(model, ROWS)
    assert [verdict.status for verdict in answered.verdicts] == ["ok", "refuse", "ok"]
    assert answered.verdict.reasons[0].startswith("input 1: the map is zero everywhere while the score moves by ")
    assert counts.batches == [3, 1, 1]
    assert answered.diagnostics.model_calls == 5


def test_a_control_ignores_the_model_and_is_not_doubted():
    answered = ControlProbe(zeros).explain(MODEL, ROWS)
    assert answered.verdict.status == "ok"
    assert answered.diagnostics.model_calls == 3


def test_a_method_that_adds_up_is_held_to_its_gap():
    contributions = MODEL.model.weight.detach()[MODEL(ROWS).argmax(1)] * ROWS

    def answer(off):
        def explained(q):
            reference = MODEL(torch.zeros_like(q.query.inputs)).gather(1, q.query.targets[:, None])[:, 0]
            return q.attribution(contributions + off, "contribution", reference_scores=reference, adds_up=True)

        return explained

    right, wrong = (Probe(answer(off)).explain(MODEL, ROWS) for off in (0.0, 1.0))
    assert right.verdict.status == "ok"
    assert right.diagnostics.completeness_gap.abs().max() < 1e-12
    assert wrong.verdict.status == "warn"
    assert torch.allclose(wrong.diagnostics.completeness_gap, torch.full((3,), -4.0, dtype=torch.float64))


def test_a_method_that_does_not_promise_to_add_up_has_no_gap():
    answered = Probe(lambda q: q.attribution(q.query.inputs, "contribution", reference_scores=torch.zeros(3))).explain(
        MODEL, ROWS
    )
    assert answered.diagnostics.completeness_gap is None


def test_notes_reach_the_verdict():
    def noted(q):
        q.note(Note("warn", "half of it is guessed"))
        q.note(Note("refuse", "the rest too", (2,)))
        return q.attribution(torch.ones_like(q.query.inputs), "slope")

    answered = Probe(noted).explain(MODEL, ROWS)
    assert [verdict.status for verdict in answered.verdicts] == ["warn", "warn", "refuse"]
    assert answered.verdict.reasons == ("half of it is guessed", "input 2: the rest too")


def test_the_cost_of_everything_asked_is_on_the_bill():
    def answer(q):
        q.model(q.query.inputs)
        return slopes(q)

    with metered() as outer:
        answered = Probe(answer).explain(MODEL, ROWS)
    assert (answered.diagnostics.model_calls, answered.diagnostics.gradient_calls) == (6, 3)
    assert (outer.model_calls, outer.gradient_calls) == (6, 3)
    assert answered.diagnostics.seconds > 0


def test_scores_that_the_job_knows_are_not_asked_again_and_every_bill_is_that_of_the_method_alone():
    model, counts = looked_at()
    with sharing():
        bills = [Probe(slopes).explain(model, ROWS).diagnostics for _ in range(2)]
    assert [bill.model_calls for bill in bills] == [3, 3]
    assert counts.rows == 3 + 3 + 3


def test_scores_that_the_job_knows_take_the_seconds_that_they_took_when_they_were_asked():
    def recalled(q):
        count_recalled_calls(2, 1000.0)
        return zeros(q)

    bill = Probe(recalled).explain(CONSTANT, ROWS).diagnostics
    assert 1000 < bill.seconds < 1100


def test_the_answer_says_who_gave_it():
    origin = Probe(slopes).explain(MODEL, ROWS, seed=7).origin
    assert (origin.method, origin.seed) == ("probe", 7)
    assert set(origin.settings) == {"answer"}
    assert "torch" in origin.library_versions


def test_draws_depend_on_the_seed_the_method_and_the_purpose():
    def draw(q, *path):
        return float(torch.rand((), generator=q.generator(*path)))

    def of(seed, *path):
        with question(Probe(slopes), MODEL, ROWS, seed=seed) as q:
            return draw(q, *path)

    with question(GradientProbe(slopes), MODEL, ROWS, seed=1) as q:
        other_method = draw(q, "a")
    draws = [of(1, "a"), of(1, "b"), of(2, "a"), other_method]
    assert len(set(draws)) == 4
    assert of(1, "a") == draws[0]


def test_answers_carry_no_graph():
    values = torch.ones(3, 4, requires_grad=True) * 2
    assert not Probe(lambda q: q.attribution(values, "slope")).explain(MODEL, ROWS).values.requires_grad


def test_examples_are_answers_too():
    def answer(q):
        return q.examples(q.query.inputs[:, None], torch.zeros(3, 1, dtype=torch.long), torch.zeros(3, 1), maps=None)

    answered = Probe(answer).explain(MODEL, ROWS)
    assert answered.examples.shape == (3, 1, 4)
    assert answered.diagnostics.model_calls == 3
    assert answered.method == "probe"


ESTIMATOR = SklearnClassifier(LogisticRegression().fit(ROWS.numpy(), [0, 1, 0]))
FUNCTION = FunctionClassifier(lambda rows: rows[:, :3], 3, score_unit="logit", domain="tabular")


@pytest.mark.parametrize("model", [ESTIMATOR, FUNCTION], ids=repr)
def test_a_gradient_method_on_a_model_that_gives_scores_only_is_refused_with_another_method(model):
    says = f"`gradient_probe` needs a model's gradients, and {type(model).__name__} gives no more than its {model.access}. .*"
    with metered() as meter, pytest.raises(CapabilityError, match=says + "`occlusion`"):
        GradientProbe(slopes).explain(model, ROWS)
    assert meter.model_calls == 0


def test_a_setting_that_asks_for_layers_is_refused_where_there_are_none():
    with pytest.raises(CapabilityError, match=r"`probe` needs a model's activations, .*`occlusion`"):
        Probe(lambda q: q.torch_model).explain(FUNCTION, ROWS)


def test_a_method_for_images_is_refused_on_a_table():
    with pytest.raises(CapabilityError, match=r"`image_probe` is for image inputs. Got a model of tabular inputs"):
        ImageProbe(slopes).explain(MODEL, ROWS)


def test_inputs_are_checked_before_the_method_runs():
    with pytest.raises(InputError, match="finite"):
        Probe(lambda _q: pytest.fail("it ran")).explain(MODEL, ROWS * float("nan"))


def test_anything_that_can_be_wrapped_can_be_asked():
    assert Probe(slopes).explain(linear(dtype=torch.float64), ROWS).values.shape == (3, 4)


def test_the_module_is_in_evaluation_mode_while_the_method_works_and_given_back_after_an_error():
    net = convnet().train()
    before = state_of(net)

    def broken(q):
        assert not any(part.training for part in net.modules())
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        Probe(broken).explain(TorchClassifier(net, 3), drawn(1, 3, 8, 8))
    assert state_of(net) == before


def test_a_zero_map_can_be_probed_under_the_callers_default_device():
    with torch.device("meta"):
        verdict = Probe(zeros).explain(MODEL, ROWS).verdict
    assert verdict.status == "refuse"


def test_the_scores_that_a_method_gets_from_its_own_pass_are_in_its_bill():
    """Else the first method of a job would seem free, and the next one that shares its pass dear."""

    def slowly(model, inputs):
        time.sleep(0.05)
        return model(inputs)

    with question(Probe(slopes), MODEL, ROWS, scorer=slowly) as q:
        found = q.attribution(torch.ones_like(ROWS), "slope")
    assert found.diagnostics.seconds >= 0.05


def test_a_question_walks_over_the_parts_once_whatever_asks_for_them(monkeypatch):
    walks = []
    walk = structure._structure
    monkeypatch.setattr(structure, "_structure", lambda module, closely: walks.append(module) or walk(module, closely))
    model, photos = TorchClassifier(convnet(), 3), drawn(2, 3, 8, 8)

    def scores(adapter, inputs):
        adapter.map_layer(None, None, inputs)
        return adapter(inputs)

    for _ in range(2):
        with question(ImageProbe(zeros), model, photos, scorer=scores):
            pass
    assert walks == [model.model] * 2


def test_a_model_that_was_changed_between_two_questions_or_within_one_is_looked_at_anew():
    model, photos = TorchClassifier(convnet().eval(), 3), drawn(1, 3, 8, 8)

    def notes():
        with question(ImageProbe(zeros), model, photos, scorer=scores) as q:
            return [note.text[:40] for note in q.notes]

    def scores(adapter, inputs):
        layers.append(adapter.map_layer(None, None, inputs).layer.name)
        return adapter(inputs)

    layers = []
    assert notes() == []
    model.model[7] = Applied(lambda rows: rows - rows.mean(0))
    model.model[4] = torch.nn.Sequential(torch.nn.ReLU())
    model.model.eval()
    assert notes() == ["inputs are not independent: in a batch t"]
    assert layers == ["4", "4.0"]


def test_what_the_method_itself_asks_after_its_question_is_no_older_walk():
    model, photos = TorchClassifier(convnet(), 3), drawn(1, 3, 8, 8)
    with question(ImageProbe(zeros), model, photos):
        before = structure.module_structure(model.model)
        model.model[7].p = 0.25
        assert structure.module_structure(model.model) != before
