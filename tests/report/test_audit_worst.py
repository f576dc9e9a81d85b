from types import SimpleNamespace

import pytest

from xaivision.evaluation.audit.rows import Row
from xaivision.report.audit_worst import worst_first


def row(item, method, metric, value, error="", variant=""):
    return Row(item, 0, method, variant, metric, value, error, "ok")


ROWS = (
    row("a", "saliency", "deletion", 0.3),
    row("b", "saliency", "deletion", 0.1),
    row("c", "saliency", "deletion", float("nan")),
    row("d", "saliency", "", float("nan"), "out of memory"),
    row("a", "saliency", "deletion", 0.9, variant="reversed"),
    row("a", "saliency", "insertion", 0.5),
    row("a", "random", "deletion", 0.8),
)


@pytest.mark.parametrize(("upward", "expected"), [(False, "dcab"), (True, "dcba")])
def test_failures_come_first_then_what_is_undefined_then_the_worst(upward, expected):
    report = SimpleNamespace(rows=ROWS, controls=("random",), cards={"deletion": SimpleNamespace(higher_is_better=upward)})
    assert "".join(one.item for one in worst_first(report, "deletion")) == expected
