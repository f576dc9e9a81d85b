"""A trained classifier as one safetensors file, and back. Nothing in it can name code."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from math import nan
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from xaivision.core.errors import FileFormatError
from xaivision.core.whole_file import write_whole
from xaivision.models.backbones import architecture
from xaivision.models.construction import construction
from xaivision.models.frozen_features import network_of
from xaivision.models.learning_parts import LearningParts
from xaivision.models.network_plan import NetworkPlan, built
from xaivision.models.prototypes import prototype_file
from xaivision.models.prototypes.trained_prototypes import TrainedPrototypes
from xaivision.models.trained_card import ClassCounts, TrainedCard
from xaivision.models.trained_content import content_digest
from xaivision.models.trained_model import TrainedModel
from xaivision.models.trained_scores import Recall, ReliabilityPart, TrainedScores
from xaivision.models.transfer_recipe import TransferRecipe

SCHEMA, SUFFIX = "xaivision trained classifier 1", ".safetensors"
WEIGHTS, SPLIT = "network.", "split."


def save_trained(model: TrainedModel, path: str | Path) -> Path:
    """Path of the file written, ".safetensors" added where it is missing."""
    path = Path(path)
    path = path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)
    state = network_of(model.classifier).state_dict()
    tensors = {WEIGHTS + name: part.detach().cpu().clone().contiguous() for name, part in state.items()}
    tensors |= {SPLIT + part.name: getattr(model.parts, part.name).clone() for part in fields(LearningParts)}
    told = json.dumps({"plan": asdict(model.plan), "card": model.card.plain()}, allow_nan=False)
    metadata = {"schema": SCHEMA, "told": told, "content": content_digest(tensors, told)}
    return write_whole(path, save(tensors, metadata=metadata))


def load_trained(path: str | Path) -> TrainedModel | TrainedPrototypes:
    """The trained classifier that `save` has written, on the CPU. Nothing is downloaded.

    Raises: FileNotFoundError; FileFormatError, where the file is damaged or of another kind; MissingExtraError, where the
    package of its backbone is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`load_trained` needs a file that `save` has written. Got `{path}`, which does not exist.")
    schema, tensors, told = _read(path)
    try:
        if schema == prototype_file.SCHEMA:
            return prototype_file.prototypes_from(tensors, told)
        plan = _made(NetworkPlan, told["plan"])
        card = _card(told["card"])
        parts = LearningParts(**{part.name: tensors[SPLIT + part.name] for part in fields(LearningParts)})
        module, width = architecture(plan.backbone)
        if width != plan.width_of_features:
            raise ValueError(f"the features of `{plan.backbone}` are {width} numbers here and {plan.width_of_features} there")
        classifier = built(plan, module)
        with construction(seed=0):
            state = {name.removeprefix(WEIGHTS): part for name, part in tensors.items() if name.startswith(WEIGHTS)}
            network_of(classifier).load_state_dict(state)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise _misfit(path, str(error).splitlines()[0]) from error
    return TrainedModel(classifier, card, parts, plan)


def _read(path: Path) -> tuple[str, dict[str, Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as file:
            said = file.metadata() or {}
            # Copies: the file is mapped, and a mapped file that is cut kills the process.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - not a mapping
    except SafetensorError as error:
        raise _misfit(path, "it is damaged or another kind of file") from error
    if said.get("schema") not in (SCHEMA, prototype_file.SCHEMA):
        raise _misfit(path, "it holds something else")
    if said.get("content") != content_digest(tensors, said.get("told", "")):
        raise _misfit(path, "its content does not match its checksum: it was damaged or changed")
    return said["schema"], tensors, json.loads(said["told"])


def _misfit(path: Path, why: str) -> FileFormatError:
    return FileFormatError(f"`{path}` must be a trained classifier written by `save`. Got a file that does not fit: {why}.")


def _card(told: Mapping[str, Any]) -> TrainedCard:
    scores = dict(told["scores"])
    scores["recalls"] = tuple(_recall(one) for one in scores["recalls"])
    scores["confusion"] = tuple(tuple(row) for row in scores["confusion"])
    scores["reliability"] = tuple(ReliabilityPart(**one) for one in scores.get("reliability", ()))
    parts = {
        "counts": tuple(ClassCounts(**one) for one in told["counts"]),
        "recipe": TransferRecipe(**told["recipe"]),
        "scores": TrainedScores(**scores),
    }
    card: TrainedCard = _made(TrainedCard, {**told, **parts})
    return card


def _recall(told: Mapping[str, Any]) -> Recall:
    values: dict[str, Any] = {name: nan if part is None else part for name, part in told.items()}
    return Recall(**values)


def _made(kind: Any, parts: Mapping[str, Any]) -> Any:
    """The dataclass, with tuples for JSON's lists."""
    return kind(**{name: tuple(part) if isinstance(part, list) else part for name, part in parts.items()})
