"""One training that goes in cycles: the model that learns, what from, and the cycle that is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor, nn

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.models.cycle_file import CycleFile
from xaivision.models.learning_parts import LearningParts
from xaivision.models.passes import batches, class_weights

# The loss after a cycle, and what else is told of it in numbers.
OneCycle = Callable[[int], tuple[float, Sequence[float]]]


@dataclass(frozen=True, eq=False)
class CycleLesson:
    """The model that learns in place, and what from. The `recipe` has a seed, class weights and a batch size."""

    model: TorchClassifier
    dataset: Dataset
    parts: LearningParts
    recipe: Any

    @cached_property
    def labels(self) -> Tensor:
        """(n,) the classes of the training inputs."""
        return self.dataset.targets[self.parts.train]

    @cached_property
    def weights(self) -> Tensor | None:
        """(K,) what an input of each class counts, on average 1, on the device; None where all count the same."""
        found = class_weights(self.labels, len(self.dataset.class_names), self.recipe.class_weights)
        return None if found is None else found.to(self.recipe.device)

    def batches(self, number: int) -> list[Tensor]:
        """The row numbers of one pass in an order of its own, on the CPU."""
        return batches(len(self.labels), self.recipe.batch_size, self.recipe.seed, "order", number)


def run_cycles(network: nn.Module, count: int, one_cycle: OneCycle, file: CycleFile | None) -> tuple[list[float], list[float]]:
    """The losses after each cycle and what else was told of them; the network is left as it was after the one with the lowest.

    After each cycle the state is kept in the file, and taken up again from there.
    """
    losses, told, best = file.read(network) if file is not None else ([], [], {})
    for cycle in range(len(losses), count):
        loss, more = one_cycle(cycle)
        losses, told = [*losses, loss], [*told, *more]
        if loss == min(losses):
            best = {name: part.detach().clone() for name, part in network.state_dict().items()}
        if file is not None:
            file.write(network, best, losses, told)
    network.load_state_dict(best)
    return losses, told
