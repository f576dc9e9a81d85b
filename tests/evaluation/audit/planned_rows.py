"""Rows of audits that never ran: planned numbers, and a plan with nothing but cards."""

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from xaivision.core.random import generator
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.rows import Row

NAN = float("nan")


def judge(*, higher: bool = True, faithfulness: bool = True, finest: float = 0.0) -> Any:
    return SimpleNamespace(about=SimpleNamespace(higher_is_better=higher, faithfulness=faithfulness, finest=finest))


def explainer(*, chance: bool = False) -> Any:
    return SimpleNamespace(about=SimpleNamespace(chance=chance))


def plan(methods: Any, controls: Any = (), chance: Any = (), judges: Any = None, seed: int = 0) -> AuditPlan:
    """`chance`: the labels of further controls, which draw at random."""
    named = {label: explainer() for label in controls} | {label: explainer(chance=True) for label in chance}
    return AuditPlan({label: explainer() for label in methods}, named, judges or {"m": judge()}, seed=seed)


def rows(method: str, values: Any, metric: str = "m", variant: str = "", errors: Any = ()) -> list[Row]:
    """One row an item, items named "0", "1", ...; `errors`: which of them failed."""
    return [
        Row(str(item), 0, method, variant, metric, float(value), "it broke." if item in errors else "", "ok")
        for item, value in enumerate(values)
    ]


def chance_rows(method: str, draws: Tensor, metric: str = "m") -> list[Row]:
    """`draws` (n, K): their mean and each of them."""
    single = [row for number, one in enumerate(draws.T) for row in rows(method, one.tolist(), metric, f"draw {number}")]
    return rows(method, draws.mean(1).tolist(), metric) + single


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed, "planned"), dtype=torch.float64)
