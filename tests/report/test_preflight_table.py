"""Every method has its row, with its standing and its reasons; foreign text is never markup."""

from xaivision.explainers.preflight import Finding, Preflight
from xaivision.report.preflight_table import preflight_table, reason
from xaivision.report.table import as_text

FOUND = Preflight(
    "TorchClassifier(Net)",
    ("the model is [red]random[/red]",),
    (
        Finding("deep_lift", "refused", ("no rule for [bold]SiLU[/bold]",)),
        Finding("guided_backprop", "repaired", tuple(f"repair {number}" for number in range(5))),
        Finding("saliency", "valid"),
        Finding("integrated_gradients", "doubtful", ("it does not add up",)),
    ),
)


def test_every_method_has_a_row_the_trusted_ones_first():
    lines = [line.strip() for line in as_text(preflight_table(FOUND)).splitlines()]
    order = [line.split()[0] for line in lines if line.split()[:1] and line.split()[0] in {one.method for one in FOUND.findings}]
    assert order == ["saliency", "guided_backprop", "integrated_gradients", "deep_lift"]
    for finding in FOUND.findings:
        (row,) = [line for line in lines if line.startswith(f"{finding.method} ")]
        assert finding.standing in row
        assert all(part in row for part in finding.reasons[:1])


def test_foreign_text_is_shown_as_it_is():
    text = as_text(preflight_table(FOUND))
    assert "[bold]SiLU[/bold]" in text
    assert "The model: the model is [red]random[/red]." in text


def test_many_repairs_are_counted():
    assert reason(FOUND.findings[1]) == "repair 0, and 4 more repairs"
    assert reason(Finding("deep_lift", "repaired", ("one", "two"))) == "one; two"
