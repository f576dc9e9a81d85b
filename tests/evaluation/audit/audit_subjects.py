"""Small audits: a linear model of tables whose every number is known, and ones that go wrong in known ways."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.audit.executors import SerialExecutor
from xaivision.evaluation.audit.items import GivenItems
from xaivision.evaluation.audit.job import Job
from xaivision.evaluation.audit.part import Part, Shard
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.store import Memory
from xaivision.evaluation.audit.subject import Subject
from xaivision.evaluation.audit.worker import Worker
from xaivision.evaluation.registry import metric, sanity_check
from xaivision.explainers.registry import explainer

WEIGHTS = np.array([2.0, -1.0, 0.5, 0.0, 1.0])
# What the first number of an item says the model shall do.
RAISES, KILLS = 77.0, 99.0


def rows_of(count: int = 11) -> Tensor:
    return torch.randn(count, len(WEIGHTS), generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def linear(rows: np.ndarray) -> np.ndarray:
    score = rows @ WEIGHTS
    return np.stack([score, -score], 1)


def touchy(rows: np.ndarray) -> np.ndarray:
    """Linear, but raises where a row begins with one number."""
    if (rows[:, 0] == RAISES).any():
        raise ValueError("a sensor is broken")
    return linear(rows)


def deadly(marker: str, rows: np.ndarray) -> np.ndarray:
    """Linear, but kills its own process where a row begins with one number; once, where `marker` names a file."""
    if (rows[:, 0] == KILLS).any() and not (marker and Path(marker).exists()):
        if marker:
            Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return linear(rows)


def linear_model() -> FunctionClassifier:
    return FunctionClassifier(linear, 2, score_unit="logit", domain="tabular")


def other_linear(rows: np.ndarray) -> np.ndarray:
    """Linear, with other weights that stand outside of the function, as `linear` has them."""
    score = rows @ (WEIGHTS + 0.01)
    return np.stack([score, -score], 1)


def network_model() -> TorchClassifier:
    """The same scores from weights that it shows."""
    layer = torch.nn.Linear(len(WEIGHTS), 2, bias=False).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(np.stack([WEIGHTS, -WEIGHTS])))
    return TorchClassifier(layer, 2, domain="tabular")


def never(rows: np.ndarray) -> np.ndarray:
    raise ValueError("it never works")


def never_model() -> FunctionClassifier:
    return FunctionClassifier(never, 2, score_unit="logit", domain="tabular")


@dataclass(frozen=True)
class Elsewhere:
    """Stands for processes: a model of its own does the shards, and one item ends its process each time it is asked about."""

    deadly: int = -1

    def run(self, make: Callable[[], Worker], shards: Sequence[Shard], join: Callable[..., Part]) -> Iterator[Part]:
        work = Worker(linear_model(), make().items, make().plan)
        for shard in shards:
            if self.deadly in shard.items:
                alone = [shard._replace(items=(item,)) for item in shard.items]
                yield join(shard, [None if one.items == (self.deadly,) else work(one) for one in alone])
            else:
                yield work(shard)


def touchy_model() -> FunctionClassifier:
    return FunctionClassifier(touchy, 2, score_unit="logit", domain="tabular")


def deadly_model(marker: str = "") -> FunctionClassifier:
    return FunctionClassifier(partial(deadly, marker), 2, score_unit="logit", domain="tabular")


def unmakeable_model() -> FunctionClassifier:
    raise ValueError("the weights are gone")


def pid_part(shard: Shard) -> Part:
    """A part that says which process did it."""
    return Part(shard.number, (), model_calls=os.getpid(), items=len(shard.items))


def pid_work() -> Callable[[Shard], Part]:
    return pid_part


def small_plan(**more: object) -> AuditPlan:
    return AuditPlan(
        {"occlusion": explainer("occlusion", baseline="zeros"), "shapley": explainer("exact_shapley", baseline="zeros")},
        {"random": explainer("random"), "input_magnitude": explainer("input_magnitude")},
        {
            "deletion": metric("deletion", steps=5, baseline="zeros"),
            "sparseness": metric("sparseness"),
            "max_sensitivity": sanity_check("max_sensitivity", samples=2),
        },
        **more,
    )


def job_of(make=linear_model, inputs: Tensor | None = None, **more: object) -> Job:
    settings = {"plan": small_plan(), "executor": SerialExecutor(), "store": Memory(), "shard_size": 4, **more}
    items = GivenItems(rows_of() if inputs is None else inputs)
    return Job(Subject("a model", make(), make), items, **settings)


def worker_of(make=linear_model, inputs: Tensor | None = None, plan: AuditPlan | None = None) -> Worker:
    return Worker(make(), GivenItems(rows_of() if inputs is None else inputs), plan or small_plan())


def everything(worker: Worker) -> Shard:
    return Shard(0, tuple(range(len(worker.items.names))))


def values(rows, **wanted: str) -> dict[str, float]:
    """Values by item of the rows whose fields are as wanted."""
    chosen = [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]
    assert len({row.item for row in chosen}) == len(chosen)
    return {row.item: row.value for row in chosen}
