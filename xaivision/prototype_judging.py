"""Whether a model's prototypes each mean one part, on pictures that are meant by a word: a data set or class folders."""

from pathlib import Path

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.data.dataset import Dataset, Part
from xaivision.data.registry import available_datasets, load_dataset
from xaivision.evaluation.prototypes.evaluating import evaluate_prototypes
from xaivision.evaluation.prototypes.prototype_scores import PrototypeScores
from xaivision.explainers.prototypes.prototype_question import network_of_pictures
from xaivision.labeled_folders import pictures_of, unlearned
from xaivision.models.learned_inputs import LearnedInputs, learned_doubts
from xaivision.true_classes import true_classes

NO_PARTS = "No parts of the objects are known in {}: whether a prototype means one is not told. In Python, give `parts`."


def judged_prototypes(model: ClassifierAdapter, word: str, *, seed: int = 0) -> tuple[PrototypeScores, tuple[str, ...]]:
    """The scores on the test part of what is named, and what has to be said of them.

    Of a generated set, what was planted are the parts.

    Raises: as `evaluate_prototypes`; InputError, where the word means no pictures with classes.
    """
    network_of_pictures("evaluate_prototypes", model)
    if word in available_datasets() and not Path(word).exists():
        data = load_dataset(word)
        labels = [data.class_names[number] for number in data.test.targets.tolist()]
        parts = {name: masks[data.split.test].bool() for name, masks in _planted(data).items()}
        part = Part(data.test.inputs, true_classes(model, labels))
        unknown = () if parts else (NO_PARTS.format(word),)
        return evaluate_prototypes(model, part, parts or None, seed=seed), (*unknown, *_learned(model, part))
    folder = unlearned(word, model)
    if folder is None:
        raise InputError(f"`--judge` must be a data set of pictures, or a folder of class folders. Got {word!r}.")
    part = Part(pictures_of(folder, model), true_classes(model, list(folder.labels)))
    notes = (
        *_learned(model, part),
        *folder.notes(),
        f"Judged on the test part of {word}, as `xaivision train` splits it.",
        NO_PARTS.format(word),
    )
    return evaluate_prototypes(model, part, seed=seed), notes


def _learned(model: ClassifierAdapter, part: Part) -> tuple[str, ...]:
    return tuple(f"Note: {said}." for said in learned_doubts(LearnedInputs(model).among(part.inputs), len(part.inputs)))


def _planted(data: Dataset) -> dict[str, Tensor]:
    """Masks (N, H, W) of what was planted, by name; nothing of a table, or where nothing was."""
    if data.domain != "image":
        return {}
    if data.masks:
        return dict(data.masks)
    return {} if data.truth is None or data.truth.ndim != 3 else {"object": data.truth}
