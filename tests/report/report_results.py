"""Results made by hand: every type, small and exact, without asking any model."""

from dataclasses import replace

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
from xaivision.evaluation.comparison import Comparison, agreement

VERSIONS = {"xaivision": "0.1.0", "torch": "2.15.0"}
STEPS = 8


def draws(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def image_query(batch: int = 1, channels: int = 3, size: int = 16, names: tuple[str, ...] = ("cat", "dog", "owl")) -> Query:
    inputs = draws(batch, channels, size, size).sigmoid()
    targets = torch.arange(batch) % len(names)
    return Query(inputs, targets, torch.linspace(1, 2, batch), "logit", names)


def table_query(batch: int = 1, columns: int = 12, dtype: torch.dtype = torch.float64) -> Query:
    features = tuple(f"column {number}" for number in range(columns))
    inputs = draws(batch, columns, dtype=dtype) * 100
    return Query(
        inputs, torch.arange(batch) % 2, torch.linspace(0.5, 0.9, batch, dtype=dtype), "probability", ("no", "yes"), features
    )


def origin(method: str, **settings: object) -> Origin:
    return Origin(method, settings, 7, VERSIONS)


def diagnostics(**more: object) -> Diagnostics:
    return Diagnostics(model_calls=64, gradient_calls=3, seconds=0.5, **more)


def attribution(query: Query, method: str = "saliency", seed: int = 1, **more: object) -> Attribution:
    shape = (len(query), 1, *query.inputs.shape[2:]) if query.inputs.ndim == 4 else tuple(query.inputs.shape)
    values = more.pop("values", draws(*shape, seed=seed, dtype=query.inputs.dtype))
    kind = more.pop("kind", "contribution")
    found = more.pop("diagnostics", diagnostics())
    return Attribution(query, origin(method, steps=3), found, values=values, kind=kind, **more)


def refused(query: Query, method: str = "broken", reason: str = "the hook never fired") -> Attribution:
    return attribution(query, method, diagnostics=diagnostics(notes=(Note("refuse", reason),)))


def doubted(query: Query, method: str = "doubtful", reason: str = "it did not converge") -> Attribution:
    return attribution(query, method, diagnostics=diagnostics(notes=(Note("warn", reason),)))


def zero(query: Query, method: str = "zero") -> Attribution:
    return attribution(query, method, values=torch.zeros_like(query.inputs))


def examples(query: Query, k: int = 3) -> Examples:
    batch, shape = len(query), tuple(query.inputs.shape[1:])
    found = draws(batch, k, *shape, seed=3, dtype=query.inputs.dtype)
    found = found.sigmoid() if query.inputs.ndim == 4 else found * 100
    indices = torch.arange(batch * k).view(batch, k)
    return Examples(
        query,
        origin("nearest_examples"),
        diagnostics(),
        examples=found,
        indices=indices,
        similarity=-torch.arange(1, k + 1, dtype=query.inputs.dtype).expand(batch, k),
        example_scores=draws(batch, k, seed=4),
        maps=-(found**2),
    )


def counterfactuals(query: Query, k: int = 2) -> Counterfactuals:
    changed = query.inputs[:, None].repeat(1, k, *[1] * (query.inputs.ndim - 1))
    changed.flatten(2)[:, :, :3] *= 0.5
    found = torch.ones(len(query), k, dtype=torch.bool)
    found[0, -1] = False
    goals = (query.targets + 1) % len(query.class_names)
    return Counterfactuals(
        query,
        origin("growing_spheres"),
        diagnostics(),
        counterfactuals=changed,
        goals=goals,
        scores=draws(len(query), k),
        found=found,
    )


def rules(query: Query) -> Rules:
    long = Rule((Condition(0, 0.25), Condition(1, None, 3.5), Condition(2, -1.0, 2.0)), 0.97, 0.21)
    found = tuple(((long, Rule((), 0.5, 1.0)) if index % 2 == 0 else ()) for index in range(len(query)))
    return Rules(query, origin("anchors"), diagnostics(), rules=found)


def concept_scores(query: Query) -> ConceptScores:
    maps = draws(len(query), 4, *query.inputs.shape[2:], seed=9) if query.inputs.ndim == 4 else None
    names = ("stripes", "fur", "whiskers", "sky")
    return ConceptScores(query, origin("tcav"), diagnostics(), values=draws(len(query), 4, seed=8), names=names, maps=maps)


def narrative(query: Query) -> Narrative:
    regions = torch.zeros(len(query), *query.inputs.shape[2:], dtype=torch.int64)
    text = tuple(f"The model looked at the left of input {index}." for index in range(len(query)))
    evidence = tuple({"points": [1, 2], "score": 0.25, "kept": True, "none": None} for _ in range(len(query)))
    return Narrative(
        query,
        origin("vale"),
        diagnostics(),
        attribution=attribution(query, "lime_image"),
        regions=regions,
        text=text,
        evidence=evidence,
    )


def every_explanation(query: Query) -> list[Explanation]:
    pictures = [narrative(query)] if query.inputs.ndim == 4 else []
    return [attribution(query), examples(query), counterfactuals(query), rules(query), concept_scores(query), *pictures]


def scores(metric: str, method: str, batch: int, seed: int, controls: dict[str, Scores] | None = None) -> Scores:
    curves = draws(batch, STEPS + 1, seed=seed, dtype=torch.float64).sigmoid()
    return Scores(
        metric,
        method,
        curves.mean(1),
        higher_is_better=metric == "insertion",
        unit="mean probability",
        controls=controls or {},
        curves=curves,
        notes=("two draws",),
        model_calls=9,
        seconds=0.1,
    )


def comparison(
    query: Query, methods: dict[str, Explanation] | None = None, controls: tuple[str, ...] = ("random", "sobel"), **more: object
) -> Comparison:
    methods = {"saliency": attribution(query), "doubtful": doubted(query)} if methods is None else methods
    ignoring = {name: attribution(query, name, seed=20 + place) for place, name in enumerate(controls)}
    explanations = {**methods, **ignoring}
    maps = [one for one in explanations.values() if isinstance(one, Attribution)]
    made = Comparison(
        query=query,
        explanations=explanations,
        controls=controls,
        scores={metric: _rows(metric, explanations, controls, len(query)) for metric in ("deletion", "insertion")},
        agreement=agreement(maps),
        agreement_labels=tuple(label for label, one in explanations.items() if isinstance(one, Attribution)),
        failures={},
        seconds=1.5,
    )
    return replace(made, **more)


def _rows(metric: str, explanations: dict[str, Explanation], controls: tuple[str, ...], batch: int) -> dict[str, Scores]:
    beaten = {name: scores(metric, name, batch, 50 + place) for place, name in enumerate(controls)}
    judged = {
        label: scores(metric, one.method, batch, 70 + place, beaten)
        for place, (label, one) in enumerate(explanations.items())
        if label not in controls and isinstance(one, Attribution)
    }
    return {**judged, **beaten}


def losing(query: Query, method: str = "saliency") -> Comparison:
    """A comparison in which the method beats chance by 0.25 and loses to the edge filter by 0.25, on every input."""
    made = comparison(query, {method: attribution(query, method)})
    values = {"random": 0.75, "sobel": 0.25, method: 0.5}
    rows = {
        label: replace(row, values=torch.full((len(query),), values[label], dtype=torch.float64), controls={})
        for label, row in made.scores["deletion"].items()
    }
    controls = {name: rows[name] for name in ("random", "sobel")}
    judged = {**rows, method: replace(rows[method], controls=controls)}
    return replace(made, scores={"deletion": judged}, judging=("deletion",), model_calls=321, gradient_calls=12)
