"""Verdicts of a comparison: what the methods say of themselves, joined with what the controls say of them."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from linear_models import linear
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.protocols import Explainer
from xaivision.core.question import question
from xaivision.core.random import generator
from xaivision.core.targets import Targets
from xaivision.core.verdict import Verdict
from xaivision.evaluation.comparison import Comparison, Plan, compare
from xaivision.evaluation.removal import Deletion, Insertion
from xaivision.evaluation.standing import of_input, standing
from xaivision.explainers.controls import Constant, InputMagnitude, Random
from xaivision.explainers.occlusion import Occlusion

METRICS = {name: kind(baseline="black", output="score") for name, kind in {"deletion": Deletion, "insertion": Insertion}.items()}
SLOPES = (4.0, -4.0, 2.0, -2.0, 3.0, -3.0)


@dataclass(frozen=True, eq=False)
class Noting:
    """The truth about a linear model, or a map of one value everywhere, with a note about it."""

    note: Note
    flat: bool = False
    about: ClassVar[About] = About("noting", "What?", "Always.", "none", "a control", Access.LABELS)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            q.note(self.note)
            slopes = torch.ones(6) if self.flat else torch.tensor(SLOPES)
            return q.attribution(slopes.to(inputs).expand_as(inputs) * (1 if self.flat else inputs), "contribution")


def judged(methods: dict[str, Explainer], count: int = 8, controls: dict[str, Explainer] | None = None) -> Comparison:
    """Methods on a linear model, whose truth is known, beside chance."""
    inputs = torch.rand(count, 6, generator=generator(5), dtype=torch.float64)
    plan = Plan(methods, {"random": Random()} if controls is None else controls, METRICS)
    return compare(linear(SLOPES), inputs, 0, plan)


def test_a_true_map_is_ok_and_maps_that_ignore_the_model_are_named_with_what_they_do_not_beat() -> None:
    found = judged({"truth": Occlusion(baseline="black"), "constant": Constant(), "magnitude": InputMagnitude()})
    assert set(found.verdicts) == {"truth", "constant", "magnitude"}
    assert found.verdicts["truth"] == Verdict("ok")
    assert [found.verdicts[label].status for label in ("constant", "magnitude")] == ["warn", "warn"]
    assert any("no better than `random` on deletion (" in reason for reason in found.verdicts["magnitude"].reasons)
    assert "its reversed ranking does as well on deletion (0 [0, 0])" in found.verdicts["constant"].reasons
    assert found.judging == ("deletion", "insertion")


def test_a_map_that_points_the_wrong_way_is_told_that_its_reversal_does_as_well() -> None:
    @dataclass(frozen=True)
    class Backwards:
        about: ClassVar[About] = About("backwards", "What?", "Always.", "none", "a control", Access.LABELS)

        def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
            true = Occlusion(baseline="black").explain(model, inputs, targets).as_attribution()
            return true.with_values(-true.values)

    reasons = judged({"backwards": Backwards()}).verdicts["backwards"].reasons
    for name in METRICS:
        assert any(reason.startswith(f"its reversed ranking does as well on {name} (-") for reason in reasons)
    assert any(reason.startswith("no better than `random` on deletion (-") for reason in reasons)


def test_one_input_is_judged_by_its_own_values_and_by_the_draws_of_chance() -> None:
    methods: dict[str, Explainer] = {"truth": Occlusion(baseline="black"), "constant": Constant()}
    found = judged(methods, count=3, controls={"random": Random(), "magnitude": InputMagnitude()})
    for index in range(3):
        assert found.verdict_of("truth", index) == Verdict("ok")
        doubt = next(reason for reason in found.verdict_of("constant", index).reasons if reason.startswith("its reversed"))
        assert doubt == "its reversed ranking does as well on deletion (0)"
    first = standing(of_input(found.scores["deletion"]["constant"], 0)).margins[0]
    assert first.control == "random"
    assert first.interval[0] < 0 < first.interval[1]
    numbers = f"{first.mean:.2g} [{first.interval[0]:.2g}, {first.interval[1]:.2g}]"
    (chance,) = [reason for reason in found.verdict_of("constant", 0).reasons if "`random`" in reason]
    assert chance.startswith(f"not clearly better than `random` on deletion ({numbers}) and insertion (")
    alone = judged(methods, count=1)
    assert alone.verdicts["constant"] == alone.verdict_of("constant", 0)


def test_controls_have_no_verdict_but_their_own() -> None:
    found = judged({"truth": Occlusion(baseline="black")}, controls={"random": Random(), "constant": Constant()})
    assert set(found.verdicts) == {"truth"}
    assert found.verdict_of("constant", 0) == Verdict("ok")
    unjudged = replace(found, scores={})
    assert set(unjudged.verdicts) == {"truth"}
    assert unjudged.verdicts["truth"].status == "warn"
    assert unjudged.verdict_of("constant", 0) == Verdict("ok")


def test_the_verdict_of_an_explanation_comes_first_and_a_refused_one_stays_alone() -> None:
    doubted = Note("warn", "it did not converge")
    found = judged({"truth": Noting(doubted), "bad": Noting(doubted, flat=True)})
    assert found.verdicts["truth"] == Verdict("warn", ("it did not converge",))
    assert found.verdicts["bad"].reasons[0] == "it did not converge"
    assert len(found.verdicts["bad"].reasons) > 1
    refused = Note("refuse", "the hook never fired")
    assert judged({"bad": Noting(refused, flat=True)}).verdicts["bad"] == Verdict("refuse", ("the hook never fired",))
    one = judged({"bad": Noting(Note("refuse", "the hook never fired", (0,)), flat=True)})
    assert one.verdicts["bad"].status == "refuse"
    assert one.verdicts["bad"].reasons[0] == "input 0: the hook never fired"
    assert len(one.verdicts["bad"].reasons) > 1
    assert one.verdict_of("bad", 0) == Verdict("refuse", ("the hook never fired",))
    assert one.verdict_of("bad", 1).status == "warn"
