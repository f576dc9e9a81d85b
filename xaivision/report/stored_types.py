"""What a file may hold: a closed table of result types, and what makes their parts fit together."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.concept_scores import ConceptScores
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics, Note
from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.origin import Origin
from xaivision.core.query import Query
from xaivision.core.rules import Condition, Rule, Rules
from xaivision.core.scores import Scores
from xaivision.evaluation.comparison import Comparison
from xaivision.evaluation.standing import DRAWS

RESULTS: tuple[type, ...] = (
    Attribution,
    Examples,
    Counterfactuals,
    Rules,
    ConceptScores,
    Narrative,
    Scores,
    Comparison,
)
STORED: dict[str, type] = {kind.__name__: kind for kind in (*RESULTS, Query, Origin, Diagnostics, Note, Rule, Condition)}

FIELDS: dict[type, dict[str, Any]] = {
    kind: {field.name: hint for field in fields(kind) for name, hint in get_type_hints(kind).items() if name == field.name}
    for kind in STORED.values()
}

# Fields whose first axis runs over the inputs: whoever reads a result indexes them.
PER_INPUT: dict[type, tuple[str, ...]] = {
    Query: ("inputs", "targets", "scores", "probabilities", "against"),
    Diagnostics: ("completeness_gap", "interval_factor", "evaluations", "local_fit"),
    Attribution: ("values", "baseline", "reference_scores", "interactions"),
    Examples: (
        "examples",
        "indices",
        "similarity",
        "example_scores",
        "maps",
        "weights",
        "contributions",
        "remainder",
        "boxes",
        "example_boxes",
    ),
    Counterfactuals: ("counterfactuals", "goals", "scores", "found", "edits", "places", "costs", "column_costs"),
    Rules: ("rules", "players"),
    ConceptScores: ("values", "maps"),
    Narrative: ("regions", "text"),
    Scores: ("values", "curves"),
}


def fields_of(kind: type) -> dict[str, Any]:
    """Type of each field of a stored class."""
    return FIELDS[kind]


def required_of(kind: type) -> set[str]:
    """The fields that every file has: one that came later has a default, and files from before are without it."""
    return {field.name for field in fields(kind) if field.default is MISSING}


def misfit(value: Any) -> str:
    """What keeps this stored object from being whole; empty where nothing does."""
    for name, hint in fields_of(type(value)).items():
        if not conforms(getattr(value, name), hint):
            return f"`{name}` of {type(value).__name__} is a {type(getattr(value, name)).__name__} of the wrong kind"
    if isinstance(value, Query):
        return _uneven(value, len(value.targets) if value.targets.ndim else -1) or _targets(value)
    if isinstance(value, Explanation):
        return _uneven(value, len(value.query)) or _uneven(value.diagnostics, len(value.query)) or _inside(value)
    if isinstance(value, Scores):
        return _uneven(value, len(value.values) if value.values.ndim else -1) or _beside(value) or _shares(value)
    return _comparison(value) if isinstance(value, Comparison) else ""


def conforms(value: Any, hint: Any) -> bool:
    """Whether a value is what a field's type says; whole numbers may stand for floats."""
    if hint is Any:
        return True
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(conforms(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is tuple:
        return isinstance(value, tuple) and all(conforms(part, parts[0]) for part in value)
    if origin is not None:
        return isinstance(value, Mapping) and all(conforms(k, parts[0]) and conforms(v, parts[1]) for k, v in value.items())
    if hint in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, int | float) if hint is float else isinstance(value, hint)


def _uneven(value: Any, inputs: int) -> str:
    for name in PER_INPUT.get(type(value), ()):
        part = getattr(value, name)
        scalar = isinstance(part, Tensor) and part.ndim == 0
        if part is not None and (scalar or len(part) != inputs):
            return f"`{name}` of {type(value).__name__} is not one for each input"
    return ""


def _targets(query: Query) -> str:
    if query.targets.is_floating_point() or query.targets.ndim != 1 or query.scores.ndim != 1 or query.inputs.ndim < 2:
        return "the parts of the Query have the wrong shapes"
    rivals = query.targets[:0] if query.against is None else query.against
    if rivals.is_floating_point() or rivals.ndim != 1:
        return "`against` of the Query has the wrong shape"
    asked = torch.cat([query.targets, rivals])
    known = len(query.class_names)
    outside = bool((asked < 0).any()) or (known > 0 and bool((asked >= known).any()))
    return "a target of the Query is no class" if outside else ""


def _beside(scores: Scores) -> str:
    """Controls and details are held against the values input by input; a control's draws have a column each."""
    inputs = len(scores.values)
    if any(control.values.shape != scores.values.shape for control in scores.controls.values()):
        return "the controls of the Scores are not about the same inputs"
    if any(detail.ndim == 0 or len(detail) != inputs for detail in scores.details.values()):
        return "`details` of Scores is not one for each input"
    draws = scores.details.get(DRAWS)
    return "" if draws is None or (draws.ndim == 2 and draws.shape[1] > 0) else "`draws` of Scores has the wrong shape"


def _shares(scores: Scores) -> str:
    if scores.curve_shares is None:
        return ""
    steps = None if scores.curves is None else scores.curves.shape[1:]
    return "" if scores.curve_shares.shape == steps else "`curve_shares` of Scores is not one for each step of its curves"


def _inside(explanation: Explanation) -> str:
    """What keeps the parts of an explanation from fitting together beyond their first axis."""
    if isinstance(explanation, ConceptScores) and explanation.values.shape[1:] != (len(explanation.names),):
        return "`names` of ConceptScores is not one for each concept"
    return _each(explanation) if isinstance(explanation, Counterfactuals) else ""


def _each(told: Counterfactuals) -> str:
    """Of each input as many counterfactuals, each with its score, whether it was found, and what it and its columns cost."""
    each, own = told.found.shape, (len(told.found), *told.found.shape[1:], *told.query.inputs.shape[1:])
    if told.found.ndim != 2 or told.counterfactuals.shape != own:
        return "`counterfactuals` of Counterfactuals are not as many as `found`, or not of the shape of the inputs"
    for name in ("scores", "costs"):
        if (part := getattr(told, name)) is not None and part.shape != each:
            return f"`{name}` of Counterfactuals is not one for each counterfactual"
    if told.column_costs is not None and told.column_costs.shape != own:
        return "`column_costs` of Counterfactuals is not one for each column"
    if told.edits is not None and any(len(mine) != each[1] for mine in told.edits):
        return "`edits` of Counterfactuals is not one for each counterfactual"
    return ""


def _comparison(comparison: Comparison) -> str:
    inputs, named = len(comparison.query), len(comparison.agreement_labels)
    if any(len(one.query) != inputs for one in comparison.explanations.values()):
        return "the explanations of the Comparison are not about the same inputs"
    rows = [score for scores in comparison.scores.values() for score in scores.values()]
    if any(len(score.values) != inputs for score in rows):
        return "the scores of the Comparison are not one for each input"
    if comparison.agreement.shape not in ((inputs, named, named), (0, 0, 0)):
        return "`agreement` of the Comparison is not one for each pair of labels"
    labels = {
        *comparison.controls,
        *comparison.agreement_labels,
        *(label for scores in comparison.scores.values() for label in scores),
    }
    return "" if labels <= set(comparison.explanations) else "the Comparison names a label that it does not hold"
