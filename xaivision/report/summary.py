"""Results as plain values that JSON can hold: numbers, words and lists. What is not a number is null, never NaN."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from xaivision.core.diagnostics import Diagnostics
from xaivision.core.errors import InputError
from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.query import Query
from xaivision.core.scores import Scores
from xaivision.core.verdict import Verdict
from xaivision.evaluation.comparison import Comparison
from xaivision.evaluation.standing import Standing, standing
from xaivision.report.answer import answer_text
from xaivision.report.remarks import remarks

SCHEMA = "xaivision.summary/1"


def comparison_summary(comparison: Comparison, titles: Sequence[str] = ()) -> dict[str, Any]:
    """Verdicts, reasons, costs, scores next to controls and agreement of every method; `titles` name the inputs.

    "verdict" joins the explanation's "own_verdict" with what the controls say. Costs of a method are those it has alone,
    costs at the top those of everything together.

    Raises: InputError, where there are titles, but not one for each input.
    """
    failed = comparison.unanswered
    return {
        "schema": SCHEMA,
        "inputs": _inputs(comparison.query, titles),
        "controls": list(comparison.controls),
        "methods": {label: _method(comparison, label) for label in comparison.explanations},
        "failures": dict(failed),
        "unjudged": {name: why for name, why in comparison.failures.items() if name not in failed},
        "agreement": _agreement(comparison),
        "judging": list(comparison.judging),
        "model_calls": comparison.model_calls,
        "gradient_calls": comparison.gradient_calls,
        "seconds": _finite(comparison.seconds),
    }


def explanation_summary(explanation: Explanation, titles: Sequence[str] = ()) -> dict[str, Any]:
    """Verdict, reasons, cost, provenance and the answers in words of one explanation.

    Raises: InputError, where there are titles, but not one for each input.
    """
    answers = [answer_text(explanation, index) for index in range(len(explanation.query))]
    told = {"schema": SCHEMA, "inputs": _inputs(explanation.query, titles), **_explanation(explanation), "answers": answers}
    if isinstance(explanation, Examples):
        told["examples"] = [example_numbers(explanation, index) for index in range(len(explanation.query))]
    return told


def example_numbers(explanation: Examples, index: int) -> list[dict[str, Any]]:
    """Each example of one input with the numbers that are known of it; boxes are top, left, bottom, right."""
    parts = {
        "index": explanation.indices,
        "similarity": explanation.similarity,
        "score": explanation.example_scores,
        "weight": explanation.weights,
        "contribution": explanation.contributions,
        "box": explanation.boxes,
        "example_box": explanation.example_boxes,
    }
    known = {name: part[index] for name, part in parts.items() if part is not None}
    return [{name: _numbers(part[rank]) for name, part in known.items()} for rank in range(explanation.indices.shape[1])]


def evaluation_summary(scores: Scores, titles: Sequence[str] = ()) -> dict[str, Any]:
    """What one metric or sanity check says of one method, with the names of both; `titles` name the inputs.

    Raises: InputError, where there are titles, but not one for each input.
    """
    names = _titles(len(scores.values), titles)
    return {"schema": SCHEMA, "inputs": names, "metric": scores.metric, "method": scores.method, **scores_summary(scores)}


def scores_summary(scores: Scores) -> dict[str, Any]:
    """Values, mean and interval of a metric, and by how much each control is beaten."""
    found = standing(scores)
    return {
        "unit": scores.unit,
        "settings": plain_value(scores.settings),
        "higher_is_better": scores.higher_is_better,
        **_spread(found),
        "values": _numbers(scores.values),
        "undefined": scores.undefined,
        "beaten_controls": found.beaten,
        "controls": {name: _control(control, found, name) for name, control in scores.controls.items()},
        "curves": None if scores.curves is None else _numbers(scores.curves),
        "details": {name: _numbers(detail) for name, detail in scores.details.items()},
        "notes": list(scores.notes),
        "model_calls": scores.model_calls,
        "gradient_calls": scores.gradient_calls,
        "seconds": _finite(scores.seconds),
    }


def _method(comparison: Comparison, label: str) -> dict[str, Any]:
    rows = {metric: rows[label] for metric, rows in comparison.scores.items() if label in rows}
    explanation = comparison.explanations[label]
    return {
        **_explanation(explanation),
        "verdict": _verdict(comparison.verdicts.get(label, explanation.verdict)),
        "verdicts": [_verdict(comparison.verdict_of(label, index)) for index in range(len(comparison.query))],
        "own_verdict": _verdict(explanation.verdict),
        "control": label in comparison.controls,
        "scores": {metric: scores_summary(scores) for metric, scores in rows.items()},
    }


def _explanation(explanation: Explanation) -> dict[str, Any]:
    return {
        "method": explanation.method,
        "settings": plain_value(explanation.origin.settings),
        "seed": explanation.origin.seed,
        "model": explanation.origin.model,
        "library_versions": dict(explanation.origin.library_versions),
        "verdict": _verdict(explanation.verdict),
        "verdicts": [_verdict(one) for one in explanation.verdicts],
        "notes": [list(remarks(explanation, index)) for index in range(len(explanation.query))],
        **_cost(explanation.diagnostics),
    }


def _cost(diagnostics: Diagnostics) -> dict[str, Any]:
    gap, evaluations = diagnostics.completeness_gap, diagnostics.evaluations
    return {
        "model_calls": diagnostics.model_calls,
        "gradient_calls": diagnostics.gradient_calls,
        "seconds": _finite(diagnostics.seconds),
        "completeness_gap": None if gap is None else _numbers(gap),
        "evaluations": None if evaluations is None else _numbers(evaluations),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"status": verdict.status, "reasons": list(verdict.reasons)}


def _inputs(query: Query, titles: Sequence[str]) -> list[dict[str, Any]]:
    names = _titles(len(query), titles)
    return [
        {
            "title": names[index],
            "target": int(query.targets[index]),
            "target_name": query.target_names()[index],
            "score": _finite(float(query.scores[index])),
            "against": None if query.against is None else int(query.against[index]),
            "against_name": None if (rivals := query.against_names()) is None else rivals[index],
            "output": query.output,
            "unit": query.unit,
            "score_unit": query.score_unit,
            "probability": None if query.probabilities is None else _finite(float(query.probabilities[index])),
            "probability_sum": None if query.probability_sums is None else _finite(float(query.probability_sums[index])),
        }
        for index in range(len(query))
    ]


def _titles(inputs: int, titles: Sequence[str]) -> list[str]:
    if titles and len(titles) != inputs:
        raise InputError(f"`titles` must be one for each of {inputs} inputs. Got {len(titles)}.")
    return list(titles) or [str(index) for index in range(inputs)]


def _control(control: Scores, found: Standing, name: str) -> dict[str, Any]:
    margin = next((margin for margin in found.margins if margin.control == name), None)
    return {
        "mean": _finite(control.mean),
        "values": _numbers(control.values),
        "advantage": None if margin is None else _finite(margin.mean),
        "advantage_interval": None if margin is None else _interval(margin.interval),
    }


def _spread(found: Standing) -> dict[str, Any]:
    return {"mean": _finite(found.mean), "interval": _interval(found.interval)}


def _agreement(comparison: Comparison) -> dict[str, Any]:
    mean = comparison.agreement.double().nanmean(0) if len(comparison.agreement) else torch.empty(0, 0)
    return {"labels": list(comparison.agreement_labels), "mean": _numbers(mean), "values": _numbers(comparison.agreement)}


def _interval(interval: tuple[float, float]) -> list[float] | None:
    return None if any(map(math.isnan, interval)) else list(interval)


def _numbers(values: Tensor) -> Any:
    return plain_value(values.detach().cpu().tolist())


def plain_value(value: Any) -> Any:
    """The value with null for every number that is not finite, lists for tuples, and words for what JSON has no name for."""
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, Mapping):
        return {str(name): plain_value(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(part) for part in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
