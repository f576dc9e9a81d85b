"""What the doors can be asked for, by name, for those who offer a choice: kinds, rankings, methods of a family, fetched sets."""

from collections.abc import Collection
from typing import Any

from xaivision.core.classifier import ClassifierAdapter
from xaivision.data.dataset import Dataset
from xaivision.data.named_sets.named_set import named_sets
from xaivision.data.named_sets.obtaining import set_folder
from xaivision.evaluation.shortcuts.report import JUDGED
from xaivision.explainers.counterfactuals.wishes import Wishes
from xaivision.explainers.prototypes.prototype_question import has_prototypes
from xaivision.explainers.registry import explainers
from xaivision.fitting_methods import fitting_methods
from xaivision.models.prototypes.layer_plan import SYSTEMS
from xaivision.surrogates.curves import DEEPEST
from xaivision.surrogates.growing import KINDS, Growth
from xaivision.surrogates.picture_reading import grid_statistics
from xaivision.surrogates.rankers import OF_READINGS, RANKERS

SURROGATE_KINDS, SURROGATE_RANKINGS, PICTURE_RANKINGS = tuple(KINDS), tuple(RANKERS), OF_READINGS
# How deep the curve of a surrogate goes; how deep it grows, and how many rows a leaf has at least, where nothing is said.
DEEPEST_SURROGATE, USUAL_DEPTH, USUAL_IN_A_LEAF = DEEPEST, Growth.depth, Growth.in_a_leaf
PROTOTYPE_SYSTEMS = tuple(SYSTEMS)
# Test pictures that a model is asked about where shortcuts are looked for.
USUAL_JUDGED = JUDGED


def counterfactual_methods(model: ClassifierAdapter, given: Collection[str] = ()) -> tuple[str, ...]:
    """Names of the methods for rows that find counterfactuals, fit the model and need no setting but those that will be given."""
    fitting = set(fitting_methods(model, given))
    return tuple(name for name, made in explainers().items() if issubclass(made, Wishes) and name in fitting)


def picture_features(pictures: Dataset) -> int:
    """How many named numbers a surrogate may read of each of the pictures, where nothing else is said."""
    return len(grid_statistics(int(pictures.inputs.shape[1])).names)


def decides_by_prototypes(model: ClassifierAdapter) -> bool:
    """Whether `prototype_gallery` has something to show of it."""
    return has_prototypes(model)


def fetched_sets() -> tuple[str, ...]:
    """Names of the sets of pictures that were fetched to this machine."""
    return tuple(name for name in named_sets() if set_folder(name) is not None)


def training_classes(data: Any) -> tuple[str, ...]:
    """The class of each row of a data set's training part; none where it is no data set."""
    if not isinstance(data, Dataset):
        return ()
    return tuple(data.class_names[label] for label in data.train.targets.tolist())
