"""The game behind perturbation methods: what the model says of one input when only some of its features are there."""

import time
from collections.abc import Callable, Hashable, Iterable

import numpy as np
import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.metering import count_recalled_calls
from xaivision.core.progress import track
from xaivision.core.sharing import RememberedValue, fingerprint, shared_values
from xaivision.core.targets import TargetScore
from xaivision.engines.removals import Removal

# (n, M) bool on the CPU, True where the player is present.
Coalitions = Tensor
# From coalitions to their values, (n,) in float64 on the CPU.
ValueFunction = Callable[[Coalitions], Tensor]


class Game:
    """The value of coalitions of one input's features: the mean target score over the removal's versions.

    `labels` (H, W) or (F,): which player a position belongs to, 0 to M - 1. Equal coalitions are scored once, also across
    the methods of one job; versions are made a batch at a time, so memory is that of one batch, whatever number of
    references a coalition is scored with. A player whose absence changes nothing is never asked about: in another batch
    the same input is scored with another last bit, and would look like a change.
    """

    def __init__(self, model: ClassifierAdapter, removal: Removal, labels: Tensor, target: TargetScore) -> None:
        self.players = int(labels.max()) + 1
        self._model = model
        self._removal = removal
        self._labels = labels
        self._target = target
        self._still = removal.still(labels)
        self._asked: set[bytes] = set()
        self._whole = self._keys(torch.ones(1, self.players, dtype=torch.bool, device="cpu"))[0]
        self._known = shared_values(model, self._question())

    def settle(self, full: float, empty: float) -> None:
        """Take the values of all players and of none, which the question has asked for already."""
        ends = torch.arange(2, device="cpu")[:, None].expand(2, self.players).bool()
        for key, value in zip(self._keys(ends), (empty, full), strict=True):
            self._known[key] = RememberedValue(value, 0.0)
            self._asked.add(key)

    @property
    def evaluations(self) -> int:
        """How many perturbed versions of the input were asked about, that without any player among them; each counts once,
        whatever number of references it is scored with.
        """
        return len(self._asked - {self._whole})

    @property
    def full(self) -> float:
        """The value of all players."""
        return float(self(torch.ones(1, self.players, dtype=torch.bool, device="cpu")))

    @property
    def empty(self) -> float:
        """The value of none."""
        return float(self(torch.zeros(1, self.players, dtype=torch.bool, device="cpu")))

    def __call__(self, coalitions: Coalitions) -> Tensor:
        """(n,) values of coalitions (n, M).

        Raises: InputError, where the model's score of a perturbed input is not a finite number.
        """
        keys = self._keys(coalitions)
        self._recall(keys)
        new = {key: place for place, key in reversed(list(enumerate(keys))) if key not in self._known}
        places = torch.tensor(sorted(new.values()), dtype=torch.long, device="cpu")
        at_once = max(1, self._versions_a_call() // self._removal.draws)
        for part in track(torch.split(places, at_once), "coalitions") if len(places) else ():
            self._learn([keys[place] for place in part.tolist()], coalitions[part])
        return torch.tensor([self._known[key].value for key in keys], dtype=torch.float64, device="cpu")

    def _keys(self, coalitions: Coalitions) -> list[bytes]:
        """Equal for coalitions that make equal inputs."""
        return [row.tobytes() for row in np.packbits((coalitions.cpu() | self._still).numpy(), axis=1)]

    def _recall(self, keys: Iterable[bytes]) -> None:
        """What another method of the job has asked for is on this one's bill as well."""
        distinct = set(keys) - self._asked
        known = [self._known[key].seconds for key in distinct if key in self._known]
        if known:
            count_recalled_calls(len(known) * self._removal.draws, sum(known))
        self._asked |= distinct

    def _learn(self, keys: list[bytes], coalitions: Coalitions) -> None:
        start = time.perf_counter()
        values = self._values(coalitions).tolist()
        share = (time.perf_counter() - start) / len(keys)
        self._known.update((key, RememberedValue(value, share)) for key, value in zip(keys, values, strict=True))

    def _values(self, coalitions: Coalitions) -> Tensor:
        present = coalitions.to(self._labels.device)[:, self._labels.flatten()]
        kept = present.view(len(coalitions), *self._labels.shape)
        draws = [self._scores(part(kept)).view(len(kept), -1) for part in self._removal.parts(self._versions_a_call())]
        values = torch.cat(draws, 1).mean(1).cpu()
        _check_finite(values)
        return values

    def _scores(self, versions: Tensor) -> Tensor:
        """(n,) float64 of versions (n, *S)."""
        scores = self._model(versions)
        every = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
        return self._target.take(every).of(scores).double()

    def _versions_a_call(self) -> int:
        return self._model.batches.size(self._removal.one[None])

    def _question(self) -> Hashable:
        target = self._target
        against = None if target.against is None else int(target.against[0])
        return ("game", self._removal.key, fingerprint(self._labels), int(target.classes[0]), against, target.output)


def _check_finite(values: Tensor) -> None:
    wrong = values[~values.isfinite()]
    if len(wrong):
        raise InputError(
            f"The model's score must be a finite number also where features are hidden. Got {float(wrong[0])} for {len(wrong)} "
            f"of {len(values)} perturbed inputs. Choose another `baseline`, or mend the model."
        )
