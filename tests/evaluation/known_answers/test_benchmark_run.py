"""The run of a benchmark: what is asked, kept, taken up, refused and concluded; on sets so small that it takes a second."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.errors import Cancelled, InputError, UnknownNameError
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.question import question
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.suppressor_table import suppressor_pair
from xaivision.evaluation.known_answers.benchmark_run import benchmarked
from xaivision.evaluation.known_answers.diffroar import SPREAD
from xaivision.evaluation.known_answers.finding import Finding
from xaivision.evaluation.known_answers.findings import CLAIMS, findings_of
from xaivision.evaluation.known_answers.given_settings import methods_for
from xaivision.evaluation.known_answers.known_answer import KnownAnswer, answered
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.known_row import rows_of
from xaivision.evaluation.known_answers.parts_folder import PartsFolder, key_of
from xaivision.evaluation.known_answers.study_table import study_table
from xaivision.evaluation.known_answers.suite import Asking, Studying, Suite
from xaivision.evaluation.known_answers.suite_summary import method_lines
from xaivision.evaluation.known_answers.suites.built_suite import shortcut_table, verified
from xaivision.evaluation.known_answers.suites.registry import SUITES, suites
from xaivision.explainers import registry
from xaivision.explainers.registry import explainer
from xaivision.models.known_answers.built_networks import built_networks

NAMES = ("saliency", "input_x_gradient", "integrated_gradients")


def weighted(count: int = 12) -> KnownQuestion:
    """A weighted sum of four columns of six, built by hand."""
    found = built_networks(count)[0]
    model = TorchClassifier(found.module, 2, domain="tabular")
    targets = torch.ones(count, dtype=torch.long)
    exact = found.contributions
    return KnownQuestion(
        "weighted", "by hand", model, found.inputs, targets, exact != 0, "model use", "", 1.0, exact=exact,
        given={"baseline": torch.zeros(6)},
    )  # fmt: skip


SUITE = Suite("small", "what", "who", "model use", lambda _size, _seed: [Asking("weighted", lambda: [weighted()])])


def run(tmp_path, choose=lambda _question: NAMES, suite: Suite = SUITE):
    return benchmarked([suite], choose, "quick", PartsFolder(tmp_path))


def test_every_method_has_a_row_for_each_score_beside_the_controls(tmp_path):
    report = run(tmp_path)
    assert report.methods == NAMES
    assert {row.method for row in report.rows if row.control} == {"random", "input_magnitude", "constant"}
    assert {row.score for row in report.rows} == {"mass", "precision", "auc", "rank", "likeness"}
    row = next(row for row in report.rows if (row.method, row.score) == ("integrated_gradients", "likeness"))
    assert row.mean == pytest.approx(1)
    assert {one.control for one in row.ahead} == {"random", "input_magnitude", "constant", "shifted by a cell"}
    assert row.clear_of(["random"])
    assert row.shifted < 0.9


def test_what_is_right_is_clearly_ahead_and_a_control_is_not_ahead_of_itself(tmp_path):
    rows = [row for row in run(tmp_path).rows if row.score == "auc"]
    ahead = {row.method: row.clear_of(["random", "constant"]) for row in rows}
    assert ahead["saliency"]
    assert ahead["input_x_gradient"]
    assert not ahead["constant"]
    assert all(row.reversed_truth == pytest.approx(1 - row.mean, abs=1e-6) for row in rows if row.method == "saliency")


def test_a_run_that_is_taken_up_says_the_same_and_asks_nothing_again(tmp_path, monkeypatch):
    first = run(tmp_path)
    monkeypatch.setattr("xaivision.evaluation.known_answers.benchmark_run.answered", lambda *_: pytest.fail("asked again"))
    again = run(tmp_path)
    assert (first.taken_up, again.taken_up) == (0, 6)
    assert repr(again.rows) == repr(first.rows)  # NaN is not equal to itself
    assert again.seconds_of_all == pytest.approx(first.seconds_of_all)


def test_a_run_that_is_stopped_keeps_what_was_done(tmp_path):
    token, asked = CancelToken(), []

    def choose(_question):
        asked.append(1)
        token.cancel()
        return NAMES

    with pytest.raises(Cancelled), reporting(None, token):
        run(tmp_path, choose)
    two = replace(SUITE, askings=lambda size, seed: [*SUITE.askings(size, seed)] * 2)
    assert run(tmp_path, suite=two).taken_up == 6  # the second question is the first one again
    assert asked == [1]


def test_a_damaged_part_is_asked_again(tmp_path):
    run(tmp_path)
    for file in tmp_path.glob("*.json"):
        file.write_text(file.read_text()[:-5])
    assert run(tmp_path).taken_up == 0


def test_other_settings_seeds_and_inputs_are_other_parts():
    asked, method = weighted(), explainer("integrated_gradients")
    keys = {
        key_of(asked, "a", method, 0),
        key_of(asked, "b", method, 0),
        key_of(asked, "a", explainer("integrated_gradients", steps=9), 0),
        key_of(asked, "a", method, 1),
        key_of(weighted(11), "a", method, 0),
        key_of(replace(asked, truth=~asked.truth), "a", method, 0),
    }
    assert len(keys) == 6


@dataclass(frozen=True)
class Newcomer:
    """A method that nobody here has heard of."""

    about: ClassVar[About] = About(name="newcomer", answers="?", misleads="?", cost="none", source="nobody", needs=Access.SCORES)
    budget: int = 10**6
    baseline: torch.Tensor | None = None

    def explain(self, model, inputs, targets=None, *, seed=0):
        with question(self, model, inputs, targets, seed=seed) as q:
            return q.attribution(inputs * self.budget, "contribution")


def test_a_method_that_is_registered_is_in_the_next_run_with_the_budget_of_all(tmp_path, monkeypatch):
    from xaivision.fitting_methods import fitting_methods

    monkeypatch.setitem(registry.EXPLAINERS, "newcomer", Newcomer)
    methods, _ = methods_for(weighted(), fitting_methods(weighted().model, ("baseline",)), "quick")
    assert methods["newcomer"].budget == 300
    assert methods["newcomer"].baseline is not None
    report = run(tmp_path, lambda asked: [name for name in fitting_methods(asked.model) if name in ("newcomer", "saliency")])
    assert report.methods == ("saliency", "newcomer")


def test_a_method_that_raises_or_lacks_a_setting_is_told_and_stops_nobody(tmp_path):
    report = run(tmp_path, lambda _question: ("expected_gradients", "guided_backprop", "saliency"))
    why = {method: told for _, method, told in report.unanswered}
    assert why["expected_gradients"] == "it needs `background`"
    assert "guided_backprop" in why
    assert report.methods == ("saliency",)


def test_maps_of_another_number_of_inputs_are_refused():
    class Short:
        about = replace(Newcomer.about, name="short")

        def explain(self, model, inputs, targets=None, *, seed=0):
            return explainer("saliency").explain(model, inputs[:3])

    found = answered(weighted(), "short", Short(), 0)
    assert "a map of each of 12 inputs" in found.refusal


def test_an_answer_is_the_same_after_it_was_written_as_json():
    one = KnownAnswer("m", False, {"mass": [0.5, math.nan]}, {"mass": [0.1, 0.2]}, {"mass": [0.3, 0.4]}, {"mass": [[1.0], [2.0]]})
    told = one.as_json()
    assert told["values"]["mass"] == [0.5, None]
    assert KnownAnswer.from_json(told).as_json() == told


def test_an_undefined_score_is_counted_and_has_no_part_in_the_mean():
    nothing = KnownAnswer("m", False, {"mass": [0.5, math.nan]}, {"mass": [0.1, 0.2]}, {"mass": [0.3, 0.4]})
    asked = replace(weighted(2), exact=None)
    (row,) = rows_of("s", asked, [nothing])
    assert (row.mean, row.undefined, row.inputs) == (0.5, 1, 2)


def test_only_inputs_that_every_model_gets_right_are_asked_about_and_only_models_that_have_learned():
    def constant(label):
        layer = torch.nn.Linear(2, 2)
        with torch.no_grad():
            layer.weight.zero_()
            layer.bias.copy_(torch.tensor([0.0, 2.0 * label - 1]))
        return TorchClassifier(layer, 2, domain="tabular")

    known = suppressor_pair(learned=10, tested=40)
    targets = torch.tensor([1] * 36 + [0] * 4)
    mostly = KnownSet(
        known.name, known.learned, Part(known.tested.inputs, targets), known.truth, "association", "", known.class_names
    )
    found = questions_of(mostly, {"right": constant(1), "wrong": constant(0)}, most=30)
    assert {one.model_name: one.learned for one in found} == {"right": True, "wrong": False}
    assert found[0].targets.tolist() == [1] * 30
    assert [one.accuracy for one in found] == pytest.approx([0.9, 0.1])


def test_a_model_that_has_not_learned_its_set_is_told_with_its_accuracy_and_nobody_is_asked_about_it(tmp_path):
    half = replace(weighted(), model_name="half", accuracy=0.53)
    suite = replace(SUITE, askings=lambda _size, _seed: [Asking("weighted", lambda: [weighted(), half])])
    report = run(tmp_path, suite=suite)
    assert [(one.set_name, one.model_name, one.accuracy) for one in report.unlearned] == [("weighted", "half", 0.53)]
    assert {row.model_name for row in report.rows} == {one.model_name for one in report.questions} == {"by hand"}


def test_the_two_definitions_of_truth_are_never_in_one_table(tmp_path):
    rows = run(tmp_path).rows
    with pytest.raises(ValueError, match="must not be in one table"):
        method_lines([*rows, replace(rows[0], definition="association")])
    for suite in SUITES.values():
        assert suite.definition in ("association", "model use")


def test_a_summary_is_best_first_with_controls_last_and_counts_who_is_clearly_ahead(tmp_path):
    lines = method_lines(run(tmp_path).rows)
    assert [line.control for line in lines] == [False] * 3 + [True] * 3
    assert lines[0].scores["auc"].clear == 1
    assert lines[0].questions == 1


def test_the_interval_over_questions_ends_where_the_score_does(tmp_path):
    row = next(row for row in run(tmp_path).rows if (row.method, row.score) == ("saliency", "auc"))
    one, other = replace(row, mean=0.3), replace(row, mean=0.9, set_name="other")
    found = method_lines([one, other])[0].scores["auc"]
    assert (found.mean, found.questions) == (pytest.approx(0.6), 2)
    assert found.interval == (0.0, 1.0)  # of two values so far apart nothing more is known
    below = [replace(one, score="likeness", mean=value) for value in (-0.9, 0.9)]
    assert method_lines([one, *below])[0].scores["likeness"].interval == (-1.0, 1.0)
    assert all(math.isnan(end) for end in method_lines([replace(row, interval=(math.nan, math.nan))])[0].scores["auc"].interval)


def test_a_study_is_kept_with_its_gaps(tmp_path):
    made = []

    def table():
        made.append(1)
        return study_table("A study", ["one", "two"], {"row": (1.0, math.nan)}, notes=("a note",), source="who")

    suite = Suite("studied", "what", "who", "association", studies=lambda _size, _seed: [Studying("a study", table)])
    first, again = (run(tmp_path, suite=suite).studies["a study"] for _ in range(2))
    assert made == [1]
    assert (again.title, again.heads, again.notes, again.source) == (first.title, first.heads, first.notes, first.source)
    assert again.value("row", "one") == 1
    assert math.isnan(again.value("row", "two"))


def test_a_finding_says_that_it_cannot_be_tested_where_nothing_was_run():
    found = findings_of([], {})
    assert len(found) == len(CLAIMS)
    assert {one.standing for one in found} == {"not testable here"}
    assert all(one.numbers.startswith("It needs ") for one in found)


def leakage_of(moving: float, staying: float, robust: float) -> Finding:
    heads = ("clean accuracy", "gradient outside the digit")
    rows = {
        "cnn, digit on top, standard": (1.0, staying),
        "cnn, digit anywhere, standard": (1.0, moving),
        "cnn, digit anywhere, robust l2 1.5": (1.0, robust),
    }
    found = findings_of([], {"leakage": study_table("", heads, rows)})
    return next(one for one in found if "leak" in one.claim)


def test_a_finding_holds_or_does_not_by_its_numbers():
    assert leakage_of(0.5, 0.1, 0.2).standing == "holds"
    assert leakage_of(0.2, 0.1, 0.1).standing == "does not hold"
    assert leakage_of(0.5, 0.1, 0.6).standing == "does not hold"
    assert "0.50 of the standard network's gradient" in leakage_of(0.5, 0.1, 0.2).numbers


@pytest.mark.parametrize(
    ("standard", "random", "standing"), [(0.1, 0.0, "holds"), (0.4, 0.0, "does not hold"), (0.1, 0.2, "does not hold")]
)
def test_diffroar_has_to_have_its_gap_and_random_maps_none(standard, random, standing):
    heads = ("clean accuracy", "10% kept", "20% kept")
    rows = {"standard": (1.0, standard, standard), "robust l2 1": (1.0, 0.6, 0.6), "random": (math.nan, random, random)}
    found = findings_of([], {"diffroar": study_table("", heads, rows)})
    assert next(one for one in found if "far above" in one.claim).standing == standing


def test_the_spread_over_runs_stands_beside_diffroar_where_there_was_more_than_one():
    heads = ("clean accuracy", "10% kept", "20% kept")
    rows = {
        "standard": (1.0, 0.1, 0.05),
        f"standard{SPREAD}": (math.nan, 0.02, 0.01),
        "robust l2 1": (1.0, 0.6, 0.5),
        f"robust l2 1{SPREAD}": (math.nan, math.nan, math.nan),
        "random": (math.nan, 0.01, 0.0),
    }
    found = findings_of([], {"diffroar": study_table("", heads, rows)})
    told = next(one.numbers for one in found if "far above" in one.claim)
    assert "standard 0.10 ± 0.02 and 0.05 ± 0.01; robust l2 1 0.60 and 0.50; random 0.01 and 0.00" in told
    least = next(one.numbers for one in found if "is negative" in one.claim)
    assert "standard 0.05 ± 0.01, with 20% kept" in least


def test_methods_that_no_edge_filter_is_behind_are_counted_where_more_than_linear_models_were_asked(tmp_path):
    row = next(row for row in run(tmp_path).rows if (row.method, row.score) == ("saliency", "precision"))
    ahead = replace(row, suite="tetrominoes", model_name="linear")
    behind = replace(ahead, method="other", ahead=())
    claim = "Many methods do no better"

    def standing(*rows):
        return next(one for one in findings_of(rows, {}) if one.claim.startswith(claim))

    assert standing(ahead, behind).standing == "not testable here"
    found = standing(replace(ahead, model_name="cnn"), behind)
    assert found.standing == "holds"
    assert "1 of 2 methods are not in at least half of their questions: `other`" in found.numbers
    assert standing(replace(ahead, model_name="cnn")).standing == "does not hold"


def test_the_shortcut_rows_that_are_asked_about_turn_the_answer_when_the_shortcut_turns():
    known = shortcut_table(learned=20, tested=100)
    weights = torch.zeros(2, 6)
    weights[:, 0], weights[:, -1] = torch.tensor([-1.0, 1.0]), torch.tensor([-0.5, 0.5])
    layer = torch.nn.Linear(6, 2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weights)
    model = TorchClassifier(layer, 2, domain="tabular")
    kept = verified(known, model)
    assert 0 < len(kept.tested.inputs) < 100
    turned = kept.tested.inputs * torch.tensor([1.0, 1, 1, 1, 1, -1])
    assert bool((model(turned).argmax(1) != model(kept.tested.inputs).argmax(1)).all())


def test_suites_are_named_and_an_unknown_one_is_refused():
    assert [one.name for one in suites(["tables", "built"])] == ["tables", "built"]
    assert len(suites()) == len(SUITES) == 7
    with pytest.raises(UnknownNameError, match="suite"):
        suites(["tablez"])


def test_a_question_whose_truth_does_not_fit_is_refused():
    with pytest.raises(InputError, match="`truth` must say"):
        replace(weighted(), truth=torch.ones(12, 5, dtype=torch.bool))
