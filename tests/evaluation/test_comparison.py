"""Comparing methods: one question, controls beside every score, and what happens where one cannot answer."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from linear_models import Columns, linear
from torch import Tensor, nn

from xaivision.core.about import About, AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import Cancelled, InputError
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.question import question
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.targets import Targets
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.verdict import Verdict
from xaivision.evaluation.agreement import AGREEMENTS
from xaivision.evaluation.comparison import Comparison, Plan, agreement, compare
from xaivision.evaluation.completeness import Completeness
from xaivision.evaluation.parameter_randomization import ParameterRandomization
from xaivision.evaluation.removal import Deletion, Insertion
from xaivision.evaluation.sparseness import Sparseness
from xaivision.explainers.controls import Constant, InputMagnitude, Random, Sobel
from xaivision.explainers.grad_cam import GradCam
from xaivision.explainers.integrated_gradients import IntegratedGradients
from xaivision.explainers.nearest_examples import NearestExamples
from xaivision.explainers.occlusion import Occlusion
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.smooth_grad import SmoothGrad

METRICS = {"deletion": Deletion(baseline="black"), "insertion": Insertion(baseline="black")}


class Counted(nn.Module):
    """A small network that counts the inputs it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.at_call = lambda: None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.body = nn.Sequential(nn.Linear(5, 6), nn.Dropout(), nn.Tanh(), nn.Linear(6, 3))

    @property
    def seen(self) -> int:
        return sum(self.batches)

    def forward(self, inputs: Tensor) -> Tensor:
        self.batches.append(len(inputs))
        self.at_call()
        scores: Tensor = self.body(inputs)
        return scores


def table_model() -> tuple[TorchClassifier, Counted]:
    module = Counted()
    model = TorchClassifier(module, 3, domain="tabular", schema=Columns((0.5,) * 5))
    Saliency().explain(model, rows())  # the look at whether inputs mix is no method's cost, and comes once a module
    module.batches.clear()
    return model, module


def rows(count: int = 3) -> Tensor:
    return torch.rand(count, 5, generator=generator(4))


def compared(plan: Plan, targets: Targets = None, inputs: Tensor | None = None) -> Comparison:
    return compare(table_model()[0], rows() if inputs is None else inputs, targets, plan)


@dataclass(frozen=True, eq=False)
class Acting:
    """A method that does something when it is asked, and then answers with its inputs."""

    action: Callable[[], None]
    about: ClassVar[About] = About("acting", "What happens?", "Always.", "none", "a control", Access.LABELS)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            self.action()
            return q.attribution(q.query.inputs.clone(), "contribution")


class Waiting(Acting):
    """Does it before it asks for the model."""

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        self.action()
        return Acting(lambda: None).explain(model, inputs, targets, seed=seed)


def refusing() -> None:
    raise InputError("`reference` must be given. Got None.")


def test_each_answer_is_bit_for_bit_that_of_the_method_alone_with_the_same_seed() -> None:
    methods = {"ig": IntegratedGradients(), "sg": SmoothGrad(samples=5), "occlusion": Occlusion(), "random": Random()}
    found = compared(Plan(methods, {"input_magnitude": InputMagnitude()}, METRICS, seed=8))
    for label, method in methods.items():
        alone = method.explain(table_model()[0], rows(), seed=8)
        assert torch.equal(found.explanations[label].values, alone.values)
        assert torch.equal(found.explanations[label].query.scores, alone.query.scores)
        assert found.explanations[label].origin == alone.origin
    assert found.methods == tuple(methods)
    assert found.controls == ("input_magnitude",)
    assert list(found.explanations) == [*methods, "input_magnitude"]


def test_each_score_is_that_of_the_metric_alone_with_the_same_seed() -> None:
    methods = {"saliency": Saliency(), "constant": Constant()}
    found = compared(Plan(methods, {}, {**METRICS, "sparseness": Sparseness()}, seed=8))
    model = table_model()[0]
    for name, metric in {**METRICS, "sparseness": Sparseness()}.items():
        for label, method in methods.items():
            alone = metric.evaluate(model, method.explain(model, rows(), seed=8), seed=8)
            assert torch.allclose(found.scores[name][label].values, alone.values, rtol=0, atol=1e-9)


def test_all_answer_about_the_class_that_was_predicted_before_any_of_them_was_asked() -> None:
    found = compared(Plan({"saliency": Saliency(), "occlusion": Occlusion()}, {"random": Random()}, {}))
    predicted = table_model()[0](rows()).argmax(1)
    assert torch.equal(found.query.targets, predicted)
    assert all(torch.equal(one.query.targets, predicted) for one in found.explanations.values())
    asked = compared(Plan({"saliency": Saliency()}, {"random": Random()}, {}), targets=[2, 0, 1])
    assert all(one.query.targets.tolist() == [2, 0, 1] for one in asked.explanations.values())


def test_controls_are_attached_to_the_scores_of_methods_and_the_advantage_has_the_sign_of_better() -> None:
    weights = (4.0, -3.0, 0.1, 0.0, 0.0)
    model, inputs = linear(weights), torch.tensor([[0.1, 0.2, 0.9, 0.8, 0.7]], dtype=torch.float64)
    judges = {name: type(one)(baseline="black", output="score") for name, one in METRICS.items()}
    methods = {"truth": Occlusion(baseline="black")}
    controls = {"random": Random(), "input_magnitude": InputMagnitude()}
    found = compare(model, inputs, 0, Plan(methods, controls, judges))
    for name in judges:
        assert set(found.scores[name]["truth"].controls) == {*controls, "reversed"}
        assert all(found.scores[name]["truth"].controls[label] is found.scores[name][label] for label in controls)
        assert all(not found.scores[name][label].controls for label in controls)
        for label in controls:
            assert (found.scores[name]["truth"].advantage(label) > 0).all()
    lost = compare(
        model, inputs, 0, Plan({"input_magnitude": InputMagnitude()}, {"occlusion": Occlusion(baseline="black")}, judges)
    )
    assert all((lost.scores[name]["input_magnitude"].advantage("occlusion") < 0).all() for name in judges)


def test_a_method_that_cannot_answer_is_recorded_in_its_own_sentence_and_the_others_go_on() -> None:
    methods = {"before": Saliency(), "acting": Acting(refusing), "cam": GradCam(), "after": Occlusion()}
    found = compared(Plan(methods, {"sobel": Sobel(), "random": Random()}, METRICS))
    assert found.methods == ("before", "after")
    assert found.controls == ("random",)
    assert set(found.failures) == set(found.unanswered) == {"acting", "cam", "sobel"}
    assert found.failures["acting"] == "`reference` must be given. Got None."
    assert found.failures["cam"] == "`grad_cam` is for image inputs. Got a model of tabular inputs."
    assert all(set(scores) == {"before", "after", "random"} for scores in found.scores.values())
    assert found.agreement_labels == ("before", "after", "random")


def test_a_metric_that_cannot_judge_is_recorded_with_the_method_and_the_others_go_on() -> None:
    near = NearestExamples(background=rows(6), layer="body.0")
    found = compared(
        Plan({"saliency": Saliency(), "ig": IntegratedGradients(), "near": near}, {}, {"completeness": Completeness()})
    )
    assert set(found.scores["completeness"]) == {"ig"}
    assert set(found.failures) == {"completeness of saliency", "completeness of near"}
    assert found.unanswered == {}
    assert "gives slopes" in found.failures["completeness of saliency"]
    assert "cannot be read as an attribution" in found.failures["completeness of near"]
    assert set(found.explanations) == {"saliency", "ig", "near"}
    assert found.agreement_labels == ("saliency", "ig")


def test_a_model_that_breaks_down_at_one_method_is_recorded_and_restored_and_at_all_of_them_raises() -> None:
    model, module = table_model()
    module.train()
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}

    def fail() -> None:
        module.at_call = broken

    def broken() -> None:
        raise RuntimeError("the model broke down")

    found = compare(model, rows(), None, Plan({"acting": Acting(fail), "occlusion": Occlusion()}, {}, {}))
    assert set(found.explanations) == {"acting"}
    assert found.unanswered == {"occlusion": "the model raised RuntimeError: the model broke down"}
    module.at_call = lambda: None

    def stop() -> None:
        raise RuntimeError("the model broke down")

    with pytest.raises(RuntimeError, match="the model broke down"):
        compare(model, rows(), None, Plan({"acting": Acting(stop)}, {"constant": Constant()}, {}))
    assert all(part.training for part in module.modules())
    assert all(torch.equal(tensor, state[name]) for name, tensor in module.state_dict().items())


def test_two_comparisons_of_one_model_take_turns_method_by_method() -> None:
    """Who asks later has all its answers before the other one's last method has begun."""
    model, _ = table_model()
    asked, answered = threading.Event(), threading.Event()
    found = []

    def wait() -> None:
        asked.set()
        assert answered.wait(30)

    plan = Plan({"occlusion": Occlusion(), "later": Waiting(wait)}, {}, {})
    first = threading.Thread(target=lambda: found.append(compare(model, rows(), None, plan)))
    first.start()
    assert asked.wait(30)
    second = compare(model, rows(), None, Plan({"occlusion": Occlusion()}, {}, {}))
    answered.set()
    first.join(30)
    assert found[0].failures == {}, "it need not have waited"
    assert torch.equal(second.explanations["occlusion"].values, found[0].explanations["occlusion"].values)  # type: ignore[union-attr]


@pytest.mark.parametrize("stage", ["methods", "metrics"])
def test_a_cancelled_comparison_raises_and_restores_the_model(stage: str) -> None:
    model, module = table_model()
    module.train()
    token = CancelToken()
    methods = {"first": Saliency(), "acting": Acting(token.cancel if stage == "methods" else lambda: None), "last": Occlusion()}
    metrics = {"sparseness": Sparseness(), "cancelling": Cancelling(token)} if stage == "metrics" else {}
    with reporting(None, token), pytest.raises(Cancelled):
        compare(model, rows(), None, Plan(methods, {}, {**metrics, "deletion": Deletion(baseline="black")}))
    assert all(part.training for part in module.modules())
    again = compare(model, rows(), None, Plan(methods, {}, {})).explanations["first"].values
    assert torch.equal(again, Saliency().explain(table_model()[0], rows()).values)


@pytest.mark.parametrize("call", [2, 4])
@pytest.mark.parametrize("plan", [Plan({"last": Occlusion()}, {}, {}), Plan({"constant": Constant()}, {}, METRICS)])
def test_a_job_cancelled_in_its_last_step_is_no_failure_of_that_step(plan: Plan, call: int) -> None:
    module, token = Counted(), CancelToken()
    model = TorchClassifier(module, 3, domain="tabular", schema=Columns((0.5,) * 5), batch_size=1)

    def count() -> None:
        if module.seen == call:
            token.cancel()

    module.at_call = count
    only = Plan(plan.explainers, {}, dict([*plan.metrics.items()][-1:]))
    with reporting(None, token), pytest.raises(Cancelled):
        compare(model, rows(1), None, only)


@dataclass(frozen=True, eq=False)
class Cancelling:
    """A metric during which the user gives up."""

    token: CancelToken
    about: ClassVar[AboutEvaluator] = AboutEvaluator("cancelling", "When?", "Always.", "none", "a control", True)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        self.token.cancel()
        return Scores("cancelling", explanation.method, torch.zeros(len(explanation.query)), True)


def test_scores_that_several_need_are_asked_once() -> None:
    methods = {"ig": IntegratedGradients(steps=4), "occlusion": Occlusion(), "saliency": Saliency()}
    model, module = table_model()
    compare(model, rows(), None, Plan(methods, {"random": Random()}, {"completeness": Completeness()}))
    # The rows and their baselines once for all; then 4 gradients and 5 hidden columns a row, and the rows' own gradients.
    assert module.seen == 3 + 3 + 3 * 4 + 3 * 5 + 3


def test_agreement_is_symmetric_one_with_itself_and_undefined_for_constant_maps() -> None:
    methods = {"saliency": Saliency(), "occlusion": Occlusion(), "constant": Constant()}
    found = compared(Plan(methods, {"random": Random()}, {})).agreement
    assert found.shape == (3, 4, 4)
    assert torch.equal(found.nan_to_num(7), found.mT.nan_to_num(7))
    assert found[:, 2, :].isnan().all()
    defined = found[:, [0, 1, 3]][:, :, [0, 1, 3]]
    assert torch.allclose(defined.diagonal(dim1=1, dim2=2), torch.ones(3, 3, dtype=torch.float64), rtol=0, atol=1e-12)
    assert (defined.abs() <= 1).all()


def test_agreement_is_the_rank_correlation_of_positions_input_by_input() -> None:
    model, inputs = linear((1.0,) * 4), torch.rand(2, 4, generator=generator(1), dtype=torch.float64)
    base = Constant().explain(model, inputs, 0)
    ours = base.with_values(torch.tensor([[1.0, 2, 3, 4], [4, 3, 2, 1]]))
    theirs = base.with_values(torch.tensor([[10.0, 20, 30, 40], [2, 1, 4, 3]]))
    found = agreement([ours, theirs])
    assert found[:, 0, 1].tolist() == pytest.approx([1.0, -0.6], abs=1e-12)


def test_a_method_that_no_metric_could_judge_says_so() -> None:
    near = NearestExamples(background=rows(6), layer="body.0")
    found = compared(Plan({"near": near, "saliency": Saliency()}, {"random": Random()}, METRICS))
    said = "nothing tells whether it beats the controls: it has no value on deletion or insertion"
    assert found.verdicts["near"] == Verdict("warn", (said,))
    assert said not in found.verdicts["saliency"].reasons


def test_metrics_that_do_not_judge_faithfulness_and_none_at_all_give_no_doubt() -> None:
    for metrics in ({}, {"sparseness": Sparseness()}):
        found = compared(Plan({"constant": Constant()}, {"random": Random()}, metrics))
        assert found.judging == ()
        assert found.verdicts["constant"] == Verdict("ok")


def test_a_control_may_not_take_the_name_of_the_reversal() -> None:
    with pytest.raises(InputError, match=r"`reversed` is the control that every method has already\."):
        Plan({"saliency": Saliency()}, {"reversed": Random()}, METRICS)


@pytest.mark.parametrize("turned", [False, True])
def test_each_row_costs_what_it_costs_alone_in_whatever_order(turned: bool) -> None:
    methods = {"ig": IntegratedGradients(steps=4), "occlusion": Occlusion(), "saliency": Saliency()}
    order = dict(reversed(methods.items())) if turned else methods
    model, module = table_model()
    found = compare(model, rows(), None, Plan(order, {"random": Random()}, {"completeness": Completeness()}))
    for label, method in {**methods, "random": Random()}.items():
        alone = method.explain(table_model()[0], rows()).diagnostics
        together = found.explanations[label].diagnostics
        assert (together.model_calls, together.gradient_calls) == (alone.model_calls, alone.gradient_calls)
    for label in ("ig", "occlusion"):
        alone = Completeness().evaluate(table_model()[0], methods[label].explain(table_model()[0], rows()))
        assert found.scores["completeness"][label].model_calls == alone.model_calls == 6
    assert found.model_calls + found.gradient_calls == module.seen
    assert found.gradient_calls == 3 * 4 + 3


def test_a_plan_without_methods_with_a_label_twice_or_with_a_sanity_check_is_refused() -> None:
    with pytest.raises(InputError, match=r"`methods` must name at least one method\. Got none\."):
        Plan({}, {"random": Random()}, {})
    with pytest.raises(InputError, match=r"`random` is named as a method and as a control\. Name it once\."):
        Plan({"random": Random()}, {"random": Random()}, {})
    with pytest.raises(InputError, match=r"`parameter_randomization` is a sanity check"):
        Plan({"saliency": Saliency()}, {}, {"parameter_randomization": ParameterRandomization()})


def test_an_edge_map_out_of_a_comparison_fails_the_sanity_check() -> None:
    model = TorchClassifier(nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(48, 2)), 2)
    images = torch.rand(2, 1, 6, 6, generator=generator(2))
    edges = compare(model, images, None, Plan({"saliency": Saliency()}, {"sobel": Sobel()}, {})).explanations["sobel"]
    found = ParameterRandomization().evaluate(model, Sobel(), edges.as_attribution())
    assert found.values.tolist() == pytest.approx([1, 1], abs=1e-12)


@pytest.mark.parametrize("spoiled", [torch.full((1, 5), float("nan")), torch.rand(0, 5), torch.rand(5)])
def test_inputs_that_fit_no_method_are_the_callers_error_not_a_failure_of_each(spoiled: Tensor) -> None:
    with pytest.raises(InputError, match="`inputs` must"):
        compared(Plan({"saliency": Saliency()}, {}, {}), inputs=spoiled)


def test_agreement_by_another_measure_has_the_same_labels() -> None:
    found = compared(Plan({"saliency": Saliency(), "same": Saliency()}, {"random": Random()}, {}))
    for measure in sorted(set(AGREEMENTS) - {"structural_similarity"}):
        by = found.agreement_by(measure, k=2)
        assert by.shape == found.agreement.shape
        assert bool((by[:, 0, 1] - 1).abs().max() < 1e-12)
        assert bool((by[:, 0, 2] < 1).any())
    assert torch.allclose(found.agreement_by("rank_correlation"), found.agreement, rtol=0, atol=1e-12)
    with pytest.raises(InputError, match="SSIM is for pictures"):
        found.agreement_by("structural_similarity")
