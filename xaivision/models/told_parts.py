"""What a file of a trained classifier tells in JSON, as the dataclasses that it was told by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from math import nan
from typing import Any, TypeVar

from xaivision.core.classifier import ClassifierAdapter
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.models.class_counts import ClassCounts
from xaivision.models.trained_scores import Recall, ReliabilityPart, TrainedScores

Made = TypeVar("Made")


def made(kind: Callable[..., Made], told: Mapping[str, Any]) -> Made:
    """The dataclass, with tuples for JSON's lists.

    Raises: TypeError, where its fields are others.
    """
    return kind(**{name: tuple(part) if isinstance(part, list) else part for name, part in told.items()})


def card_made(kind: Callable[..., Made], recipe: Callable[..., object], told: Mapping[str, Any]) -> Made:
    """The card of this kind, whose training was told by such a recipe.

    Raises: KeyError, TypeError, ValueError, AttributeError, where its parts are others.
    """
    parts = {
        "counts": tuple(ClassCounts(**one) for one in told["counts"]),
        "recipe": recipe(**told["recipe"]),
        "scores": _scores(told["scores"]),
    }
    return made(kind, {**told, **parts})


def columns_told(classifier: ClassifierAdapter) -> list[dict[str, Any]] | None:
    """The columns of the rows that it takes, as JSON can hold them; None where it takes pictures."""
    schema = classifier.schema
    return [asdict(feature) for feature in schema.features] if isinstance(schema, TableSchema) else None


def schema_made(columns: Sequence[Mapping[str, Any]] | None) -> TableSchema | None:
    """The schema of what `columns_told` has told."""
    return None if columns is None else TableSchema(tuple(made(Feature, one) for one in columns))


def _scores(told: Mapping[str, Any]) -> TrainedScores:
    parts = {
        "recalls": tuple(_recall(one) for one in told["recalls"]),
        "confusion": tuple(tuple(row) for row in told["confusion"]),
        # It has a default: a file may tell nothing of it.
        "reliability": tuple(ReliabilityPart(**one) for one in told.get("reliability", ())),
    }
    return TrainedScores(**{**told, **parts})


def _recall(told: Mapping[str, Any]) -> Recall:
    values: dict[str, Any] = {name: nan if part is None else part for name, part in told.items()}
    return Recall(**values)
