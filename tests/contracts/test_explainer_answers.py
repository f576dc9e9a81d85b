"""What every explainer must answer: shapes, dtypes, one answer an input whatever its neighbors, seeds, a clean verdict."""

import re

import pytest
import torch
from contract_cases import FINDS_NOTHING, FITTING, Case, answers
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.explanation import Explanation
from xaivision.explainers.controls import UNSCALED
from xaivision.explainers.lime_package import PER_DEVIATION
from xaivision.explainers.noisy_copies import UNKNOWN_RANGES

TARGET = 1
# Relevance starts at softplus, which is ln 2 at zero: of this network it shares out a twentieth of the score, and says so.
SHARES_OUT_LITTLE = ("layerwise_relevance", "cnn1")
# Networks of pictures whose prediction no hidden tile changes: the rule for it is "always", whatever the seed and the weights.
ALWAYS = (("anchors", "cnn3"),)
# There no draw changes the rule, though other weights do.
SEED_HAS_NO_SAY = (*ALWAYS, ("anchors", "cnn1"))
# What these must say of a table: of columns without known ranges, as the tables here, or of lime's own unit.
WITHOUT_RANGES = {
    "c_lime": UNKNOWN_RANGES.text,
    "input_magnitude": UNSCALED.text,
    "lime_package": PER_DEVIATION.text,
    "smooth_grad": UNKNOWN_RANGES.text,
    "smooth_grad_squared": UNKNOWN_RANGES.text,
    "var_grad": UNKNOWN_RANGES.text,
}


def tolerance(dtype: torch.dtype, values: Tensor) -> float:
    scale = max(1.0, float(values.double().abs().max()))
    return (1e-6 if dtype == torch.float32 else 1e-12) * scale


def assert_same_bits(first: Explanation, second: Explanation) -> None:
    ours, theirs = answers(first), answers(second)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        assert torch.equal(values, theirs[name]), name


def differ(first: Explanation, second: Explanation) -> bool:
    theirs = answers(second)
    return any(not torch.equal(values, theirs[name]) for name, values in answers(first).items())


def test_an_input_alone_gets_what_it_gets_in_a_batch(case: Case, dtype: torch.dtype) -> None:
    subject = case.subject(dtype)
    explainer, inputs = case.explainer(subject), subject.inputs(5)
    together = answers(explainer.explain(subject.model, inputs, seed=3))
    for index in range(len(inputs)):
        alone = answers(explainer.explain(subject.model, inputs[index : index + 1], seed=3))
        for name, values in alone.items():
            expected = together[name][index : index + 1]
            assert values.shape == expected.shape, name
            assert torch.allclose(values, expected, rtol=0, atol=tolerance(dtype, expected)), name


def test_the_order_of_the_batch_does_not_matter(case: Case) -> None:
    subject = case.subject()
    explainer, inputs = case.explainer(subject), subject.inputs(4)
    forth = answers(explainer.explain(subject.model, inputs, seed=3))
    back = answers(explainer.explain(subject.model, inputs.flip(0), seed=3))
    for name, values in forth.items():
        assert torch.allclose(values, back[name].flip(0), rtol=0, atol=tolerance(torch.float64, values)), name


@pytest.mark.parametrize("given", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_shape_dtype_and_device_are_those_of_the_inputs(case: Case, given: torch.dtype) -> None:
    subject = case.subject(given)
    inputs = subject.inputs()
    found = case.explainer(subject).explain(subject.model, inputs, TARGET)
    assert torch.equal(found.query.inputs, inputs)
    assert found.query.targets.tolist() == [TARGET] * len(inputs)
    assert found.query.inputs.dtype == given
    floating = [values for name, values in answers(found).items() if values.is_floating_point() and values.ndim > 1]
    for values in floating:
        assert len(values) == len(inputs)
        assert values.device == inputs.device
        assert not values.requires_grad
    if isinstance(found, Attribution):
        positions = (len(inputs), 1, *inputs.shape[2:]) if inputs.ndim == 4 else tuple(inputs.shape)
        assert tuple(found.values.shape) in {tuple(inputs.shape), positions}
        assert found.values.dtype == given
        assert found.values.isfinite().all()
        assert bool(found.values.any())


def test_the_answer_names_method_settings_and_seed(case: Case) -> None:
    subject = case.subject()
    explainer = case.explainer(subject)
    found = explainer.explain(subject.model, subject.inputs(), seed=11)
    assert found.method == case.method == explainer.about.name
    assert found.origin.seed == 11
    assert set(found.origin.settings) == set(vars(explainer))


def test_the_same_seed_gives_the_same_bits_in_another_model_object(case: Case, dtype: torch.dtype) -> None:
    first, second = case.subject(dtype), case.subject(dtype)
    assert_same_bits(
        case.explainer(first).explain(first.model, first.inputs(), seed=4),
        case.explainer(second).explain(second.model, second.inputs(), seed=4),
    )


def test_another_seed_changes_the_answer_of_random_methods_only(case: Case) -> None:
    subject = case.subject()
    explainer, inputs = case.explainer(subject), subject.inputs()
    first = explainer.explain(subject.model, inputs, seed=0)
    for seed in (1, 2**40):
        other = explainer.explain(subject.model, inputs, seed=seed)
        random = case.random and (case.method, case.kind) not in SEED_HAS_NO_SAY
        assert differ(first, other) == random, f"`{case.method}`: see DRAWN_AT_RANDOM in tests/contracts/contract_cases.py"


def test_targets_may_be_none_a_number_a_list_or_a_tensor(case: Case) -> None:
    subject = case.subject()
    explainer, inputs = case.explainer(subject), subject.inputs()
    predicted = subject.model(inputs).argmax(1)
    unasked = explainer.explain(subject.model, inputs)
    assert_same_bits(unasked, explainer.explain(subject.model, inputs, predicted.tolist()))
    assert_same_bits(unasked, explainer.explain(subject.model, inputs, predicted))
    one = explainer.explain(subject.model, inputs, TARGET)
    assert_same_bits(one, explainer.explain(subject.model, inputs, [TARGET] * len(inputs)))
    other = explainer.explain(subject.model, inputs, (TARGET + 1) % subject.model.num_classes)
    assert one.query.targets.tolist() == [TARGET] * len(inputs)
    assert differ(one, other)


def test_memory_layout_of_the_inputs_does_not_matter(case: Case, dtype: torch.dtype) -> None:
    subject = case.subject(dtype)
    explainer, inputs = case.explainer(subject), subject.inputs()
    expected = answers(explainer.explain(subject.model, inputs))
    spaced = torch.full((len(inputs), *(2 * side for side in subject.one)), 7.0, dtype=dtype)
    every_second = spaced[(slice(None), *[slice(None, None, 2)] * len(subject.one))]
    every_second.copy_(inputs)
    reversed_axes = inputs.permute(*reversed(range(inputs.ndim))).contiguous().permute(*reversed(range(inputs.ndim)))
    for laid_out in (every_second, reversed_axes):
        assert not laid_out.is_contiguous() or inputs.shape[1] == 1
        for name, values in answers(explainer.explain(subject.model, laid_out)).items():
            assert torch.allclose(values, expected[name], rtol=0, atol=tolerance(dtype, values)), name


def test_a_repeated_input_costs_no_copy_and_gets_one_answer(case: Case) -> None:
    subject = case.subject()
    explainer, inputs = case.explainer(subject), subject.inputs(1)
    once = answers(explainer.explain(subject.model, inputs))
    for name, values in answers(explainer.explain(subject.model, inputs.expand(3, *inputs.shape[1:]))).items():
        assert torch.allclose(values, once[name].expand_as(values), rtol=0, atol=1e-12), name


def test_the_verdict_on_a_clean_model_is_ok(case: Case, dtype: torch.dtype) -> None:
    subject = case.subject(dtype)
    found = case.explainer(subject).explain(subject.model, subject.inputs())
    if case.method in WITHOUT_RANGES and subject.model.domain == "tabular":
        assert found.verdict.reasons == (WITHOUT_RANGES[case.method],)
        return
    if (case.method, case.kind) == SHARES_OUT_LITTLE:
        assert all("constants of `softplus` keep" in reason for verdict in found.verdicts for reason in verdict.reasons)
        assert [verdict.status for verdict in found.verdicts] == ["warn"] * len(found.query)
        return
    if nothing := FINDS_NOTHING.get(case.method):
        assert all(re.search(nothing, reason) for verdict in found.verdicts for reason in verdict.reasons)
        assert all(verdict.reasons or verdict.status == "ok" for verdict in found.verdicts)
        return
    assert found.verdict.status == "ok", str(found.verdict)
    assert [verdict.status for verdict in found.verdicts] == ["ok"] * len(found.query)


def test_controls_ignore_the_model_and_no_other_method_does(case: Case) -> None:
    one, other = case.subject(seed=0), case.subject(seed=1)
    explainer, inputs = case.explainer(one), one.inputs()
    first = explainer.explain(one.model, inputs, TARGET)
    second = explainer.explain(other.model, inputs, TARGET)
    ours, theirs = answers(first), answers(second)
    same = all(torch.equal(values, theirs[name]) for name, values in ours.items() if name != "scores of the query")
    assert same == (case.about.control or (case.method, case.kind) in ALWAYS)
    if case.about.control:
        assert first.diagnostics.gradient_calls == 0
        assert first.diagnostics.model_calls == len(inputs)


@pytest.mark.parametrize("gray", [case for case in FITTING if case.kind == "cnn1"], ids=str)
def test_a_one_channel_model_keeps_one_channel(gray: Case) -> None:
    subject = gray.subject()
    found = gray.explainer(subject).explain(subject.model, subject.inputs())
    assert found.query.inputs.shape[1] == 1
    pictures = [values for values in answers(found).values() if values.ndim >= 4 and values.is_floating_point()]
    assert all(values.shape[-3] == 1 for values in pictures)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_any_integer_is_a_seed(case: Case, seed: int) -> None:
    subject = case.subject()
    explainer, inputs = case.explainer(subject), subject.inputs(1)
    assert_same_bits(
        explainer.explain(subject.model, inputs, seed=seed),
        explainer.explain(subject.model, inputs, seed=seed),
    )
