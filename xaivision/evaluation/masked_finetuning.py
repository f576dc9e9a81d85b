"""A copy of a model to which inputs with replaced features are nothing new: it was trained on such inputs."""

from copy import copy, deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.locks import lock_of
from xaivision.core.random import generator
from xaivision.core.settings import check_positive_integer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.data.dataset import Dataset, Part
from xaivision.data.split import stratified_split
from xaivision.engines.baselines import Baseline, reference_inputs
from xaivision.engines.regions import grid_regions, sides_of
from xaivision.evaluation.faithfulness_correlation import check_share
from xaivision.evaluation.labeled_inputs import LabeledInputs, fitting_inputs, labeled_inputs
from xaivision.models.training import Recipe, train
from xaivision.models.weights_cache import digest

RECIPE = Recipe(epochs=5, batch_size=64, learning_rate=1e-3, weight_decay=0.0)
# A copy that has lost more accuracy than that is another model, and says nothing of the first.
MOST_LOST = 0.02


@dataclass(frozen=True, eq=False)
class Masking:
    """Each element is replaced by the `baseline` at the chance `share`: a column, or a cell of a picture's grid.

    The grid has at most `grid` times `grid` cells.
    """

    share: float = 0.1
    grid: int = 14
    baseline: Baseline = "auto"

    def __post_init__(self) -> None:
        check_share("share", self.share)
        check_positive_integer("grid", self.grid)


@dataclass(frozen=True, eq=False)
class MaskedFinetuning:
    """`model`: the copy. `masking`: what it was trained with. `source`: a digest of the weights it started from.

    `accuracy_before` and `accuracy`: of the model and of the copy, on inputs as they are that neither step was shown here.

    Raises: InputError, where the copy is more than 2 points less accurate than the model.
    """

    model: TorchClassifier
    masking: Masking
    source: str
    accuracy_before: float
    accuracy: float

    def __post_init__(self) -> None:
        if self.accuracy < self.accuracy_before - MOST_LOST:
            raise InputError(
                f"The fine-tuned copy must lose at most {100 * MOST_LOST:.0f} points of accuracy. "
                f"Got {self.accuracy:.3f} after {self.accuracy_before:.3f}. Give more training data, a smaller share, or a "
                "`recipe` of another learning rate."
            )

    def check_made_from(self, model: TorchClassifier) -> None:
        """Raises: InputError, where the copy was made from other weights than the model's."""
        if digest(model.model.state_dict()) != self.source:
            raise InputError(
                f"`finetuned` must be a copy of the model that is explained. Got one of other weights than {model!r}. "
                "Make it with `masked_finetuning(model, training)`."
            )


def masked_finetuning(
    model: Classifier,
    training: LabeledInputs,
    masking: Masking | None = None,
    recipe: Recipe = RECIPE,
    held_out: LabeledInputs | None = None,
) -> MaskedFinetuning:
    """The model's copy, fine-tuned on `training` with elements of every input replaced at random, anew each time it is seen.

    What is replaced does not depend on any explanation. The model stays as it is; all weights of the copy are trained, and
    the one result serves all explanations of the model. `masking` None: a tenth of the elements. `held_out`: inputs on which
    accuracy is measured before and after; None: three in ten of each class of `training`, which the copy is not shown, and
    which the model may know by heart.

    Raises: CapabilityError, where the model is no torch module or cannot be copied; InputError, where the data does not fit
    it, or the copy lost more than 2 points of accuracy; Cancelled.

    Source: Zheng et al., 2025, arXiv:2410.02970.
    """
    adapter, chosen = classifier(model), masking or Masking()
    if not isinstance(adapter, TorchClassifier):
        raise CapabilityError(f"`masked_finetuning` needs a torch module. Got {adapter!r}.")
    shown, kept = _parts(adapter, training, held_out)
    with adapter.held():
        twin, source = _copied(adapter), digest(adapter.model.state_dict())
        before = _accuracy(adapter, kept)
    train(_Masked(twin, chosen, recipe.seed), shown.inputs, shown.targets.to(adapter.device), recipe, "fine-tuning")
    for parameter in twin.model.parameters():
        parameter.requires_grad_(False).grad = None
    return MaskedFinetuning(twin, chosen, source, before, _accuracy(twin, kept))


def _parts(model: TorchClassifier, training: LabeledInputs, held_out: LabeledInputs | None) -> tuple[Part, Part]:
    """What the copy is shown, and what its accuracy is measured on."""
    data = labeled_inputs("training", training)
    one = torch.Size(model.input_shape or data.inputs.shape[1:])
    fitting_inputs("training", data, model, one)
    if held_out is not None:
        kept = labeled_inputs("held_out", held_out.test if isinstance(held_out, Dataset) else held_out)
        fitting_inputs("held_out", kept, model, one)
        return data, kept
    split = stratified_split(data.targets)
    if not len(split.test):
        raise InputError(f"`training` must have two inputs or more of a class, to hold some out. Got {len(data.inputs)} in all.")
    shown, kept = (Part(data.inputs[rows], data.targets[rows]) for rows in (split.train, split.test))
    return shown, kept


class _Masked(nn.Module):
    """The classifier asked about inputs of which random elements are replaced; every seed replaces others."""

    def __init__(self, model: TorchClassifier, masking: Masking, seed: int) -> None:
        super().__init__()
        self.module = model.model
        self._ask, self._typical, self._unit = model.forward, model.typical, model.score_unit
        self._masking, self._seed = masking, seed
        self._draws = generator(seed, "masked elements")

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, K) logits, or logarithms of probabilities, which the cross entropy takes for the same."""
        scores = self._ask(self._masked(inputs))
        return scores if self._unit == "logit" else scores.clamp_min(torch.finfo(scores.dtype).tiny).log()

    def _masked(self, inputs: Tensor) -> Tensor:
        sides = sides_of(inputs)
        regions = grid_regions(sides, self._masking.grid, self._masking.grid)
        draws = torch.rand(len(inputs), int(regions.max()) + 1, generator=self._draws, device="cpu")
        gone = (draws < self._masking.share)[:, regions].to(inputs.device)
        others = reference_inputs(self._masking.baseline, inputs, generator(self._seed, "removal baseline"), self._typical)
        return torch.where(gone.view(len(inputs), *([1] * (inputs.ndim == 4)), *sides), others, inputs)


def _copied(model: TorchClassifier) -> TorchClassifier:
    """The same classifier over weights of its own, all of which learn."""
    twin = copy(model)
    try:
        with torch.inference_mode(False):
            twin.model = deepcopy(model.model)
            for parameter in twin.model.parameters():
                parameter.requires_grad_(parameter.is_floating_point())
    except Exception as error:  # a lock, an open file, a kept graph: whatever a module may hold
        raise CapabilityError(f"`masked_finetuning` needs a module that can be copied. This one cannot be: {error}") from error
    twin._lock = lock_of(twin.model)
    return twin


def _accuracy(model: TorchClassifier, data: Part) -> float:
    found = model(data.inputs).argmax(1).cpu() == data.targets.cpu()
    return float(found.double().mean())
