"""A classifier by prototypes as one safetensors file, and back. Nothing in it can name code."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from math import nan
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from xaivision.core.whole_file import write_whole
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.models.construction import construction
from xaivision.models.learning_parts import LearningParts
from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.models.prototypes.prototype_card import PrototypeCard
from xaivision.models.prototypes.prototype_plan import PatchPlan, PrototypePlan, built_classifier, network_of
from xaivision.models.prototypes.prototype_recipe import PrototypeRecipe
from xaivision.models.prototypes.trained_prototypes import TrainedPrototypes
from xaivision.models.trained_card import ClassCounts
from xaivision.models.trained_content import content_digest
from xaivision.models.trained_scores import Recall, ReliabilityPart, TrainedScores

SCHEMA, SUFFIX = "xaivision prototype classifier 1", ".safetensors"
WEIGHTS, SPLIT = "network.", "split."


def save_prototypes(model: TrainedPrototypes, path: str | Path) -> Path:
    """Path of the file written, ".safetensors" added where it is missing."""
    path = Path(path)
    path = path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)
    tensors = {WEIGHTS + name: part.detach().cpu().clone().contiguous() for name, part in model.network.state_dict().items()}
    tensors |= {SPLIT + part.name: getattr(model.parts, part.name).clone() for part in fields(LearningParts)}
    schema = model.classifier.schema
    columns = [asdict(feature) for feature in schema.features] if isinstance(schema, TableSchema) else None
    told = json.dumps({"plan": asdict(model.plan), "card": model.card.plain(), "columns": columns}, allow_nan=False)
    metadata = {"schema": SCHEMA, "told": told, "content": content_digest(tensors, told)}
    return write_whole(path, save(tensors, metadata=metadata))


def prototypes_from(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> TrainedPrototypes:
    """The classifier that a file of `save_prototypes` holds, on the CPU.

    Raises: KeyError, TypeError, ValueError, AttributeError, RuntimeError, where its parts do not fit together.
    """
    plan = _plan(told["plan"])
    columns = told["columns"]
    schema = None if columns is None else TableSchema(tuple(_made(Feature, one) for one in columns))
    classifier = built_classifier(plan, schema=schema)
    with construction(seed=0):
        state = {name.removeprefix(WEIGHTS): part for name, part in tensors.items() if name.startswith(WEIGHTS)}
        network_of(classifier).load_state_dict(state)
    parts = LearningParts(**{part.name: tensors[SPLIT + part.name] for part in fields(LearningParts)})
    return TrainedPrototypes(classifier, _card(told["card"]), parts, plan)


def _plan(told: Mapping[str, Any]) -> PrototypePlan:
    layer, patches = _made(LayerPlan, told["layer"]), told["patches"]
    plan: PrototypePlan = _made(
        PrototypePlan, {**told, "layer": layer, "patches": None if patches is None else _made(PatchPlan, patches)}
    )
    return plan


def _card(told: Mapping[str, Any]) -> PrototypeCard:
    scores = dict(told["scores"])
    scores["recalls"] = tuple(_recall(one) for one in scores["recalls"])
    scores["confusion"] = tuple(tuple(row) for row in scores["confusion"])
    scores["reliability"] = tuple(ReliabilityPart(**one) for one in scores["reliability"])
    parts = {
        "counts": tuple(ClassCounts(**one) for one in told["counts"]),
        "recipe": PrototypeRecipe(**told["recipe"]),
        "scores": TrainedScores(**scores),
    }
    card: PrototypeCard = _made(PrototypeCard, {**told, **parts})
    return card


def _recall(told: Mapping[str, Any]) -> Recall:
    values: dict[str, Any] = {name: nan if part is None else part for name, part in told.items()}
    return Recall(**values)


def _made(kind: Any, parts: Mapping[str, Any]) -> Any:
    """The dataclass, with tuples for JSON's lists."""
    return kind(**{name: tuple(part) if isinstance(part, list) else part for name, part in parts.items()})
