"""The run of a benchmark: what is asked, kept, taken up, refused and concluded; on sets so small that it takes a second."""

import importlib
import math
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.errors import Cancelled, InputError, UnknownNameError, XaivisionError
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.question import question
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.known_answers.benchmark_run import benchmarked
from xaivision.evaluation.known_answers.diffroar import FROM, SPREAD, TO
from xaivision.evaluation.known_answers.finding import Finding
from xaivision.evaluation.known_answers.findings import CLAIMS, findings_of
from xaivision.evaluation.known_answers.given_settings import methods_for
from xaivision.evaluation.known_answers.known_answer import KnownAnswer, answered
from xaivision.evaluation.known_answers.known_question import KnownQuestion
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


def test_what_counts_its_draws_is_held_to_these_and_not_to_a_clock():
    known = weighted()
    methods, _ = methods_for(replace(known, given={"background": known.inputs}), ["anchors"], "quick")
    assert (methods["anchors"].most_samples, methods["anchors"].max_seconds) == (1000, None)


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


class Refusing:
    """Gives a map of zeros of the first inputs, where the score moves: the library refuses to show it."""

    about = replace(Newcomer.about, name="refusing")

    def __init__(self, zeros: int) -> None:
        self._zeros = zeros

    def explain(self, model, inputs, targets=None, *, seed=0):
        found = explainer("integrated_gradients", baseline=torch.zeros(6)).explain(model, inputs, targets)
        rows = torch.arange(len(inputs)) >= self._zeros
        return found.with_values(found.values * rows[:, None])


def test_a_map_that_the_library_refuses_is_no_answer():
    found = answered(weighted(), "refusing", Refusing(5), 0)
    assert sum(found.refused.values()) == 5
    assert all("zero everywhere while the score changes" in reason for reason in found.refused)
    assert all(math.isnan(value) for values in found.values.values() for value in values[:5])
    assert found.values["auc"][5:] == [1.0] * 7  # with the refused ones at 0.5 the mean would be lower
    row = next(row for row in rows_of("s", weighted(), [found]) if row.score == "auc")
    assert (row.mean, row.undefined, row.refused, row.inputs) == (1, 5, 5, 12)
    line = method_lines([row])[0].scores["auc"]
    assert (line.inputs, line.undefined, line.refused, line.silent) == (12, 5, 5, 0)
    assert KnownAnswer.from_json(found.as_json()).refused == found.refused


def test_who_is_refused_everywhere_has_not_answered_and_the_report_says_how_often(tmp_path, monkeypatch):
    assert answered(weighted(), "refusing", Refusing(12), 0).refusal.startswith("every map is refused, such as the first one")
    benchmark_run = "xaivision.evaluation.known_answers.benchmark_run"
    monkeypatch.setattr(f"{benchmark_run}.methods_for", lambda *_: ({"some": Refusing(5), "all": Refusing(12)}, {}))
    report = run(tmp_path)
    assert report.methods == ("some",)
    assert {one.method: one.inputs for one in report.refused} == {"some": 5, "all": 12}
    assert [method for _, method, _ in report.unanswered] == ["all"]


class Doubting:
    """Says the truth, but warns of the first inputs: what it adds up to is not what the score moved by."""

    about = replace(Newcomer.about, name="doubting")

    def __init__(self, doubts: int) -> None:
        self._doubts = doubts

    def explain(self, model, inputs, targets=None, *, seed=0):
        found = explainer("integrated_gradients", baseline=torch.zeros(6)).explain(model, inputs, targets)
        gaps = torch.where(torch.arange(len(inputs)) < self._doubts, 9.0, 0.0)
        return replace(found, diagnostics=replace(found.diagnostics, completeness_gap=gaps))


def test_a_map_that_the_library_warns_of_has_a_score_and_is_counted_with_its_reason(tmp_path, monkeypatch):
    found = answered(weighted(), "doubting", Doubting(5), 0)
    assert (sum(found.doubted.values()), found.refused) == (5, {})
    assert found.values["auc"] == [1.0] * 12
    assert KnownAnswer.from_json(found.as_json()).doubted == found.doubted
    row = next(row for row in rows_of("s", weighted(), [found]) if row.score == "auc")
    assert (row.mean, row.undefined, row.doubted) == (1, 0, 5)
    assert method_lines([row])[0].scores["auc"].doubted == 5
    monkeypatch.setattr(
        "xaivision.evaluation.known_answers.benchmark_run.methods_for", lambda *_: ({"doubting": Doubting(5)}, {})
    )
    report = run(tmp_path)
    assert [(one.question, one.method, one.inputs) for one in report.doubted] == [("weighted / by hand", "doubting", 5)]
    assert report.refused == ()


def test_a_map_that_is_the_same_everywhere_is_counted_as_silent():
    found = answered(weighted(), "constant", explainer("constant"), 0)
    assert (found.silent, found.refused) == (12, {})
    assert answered(weighted(), "saliency", explainer("saliency"), 0).silent == 0


OWN = """
from dataclasses import dataclass
from typing import ClassVar
from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.question import question

@dataclass(frozen=True)
class Own:
    about: ClassVar[About] = About(name="own", answers="?", misleads="?", cost="none", source="me", needs=Access.SCORES)

    def explain(self, model, inputs, targets=None, *, seed=0):
        {first}
        with question(self, model, inputs, targets, seed=seed) as q:
            return q.attribution(inputs * {factor}, "contribution")
"""


def test_a_method_of_ones_own_is_asked_again_once_it_is_repaired_or_changed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", True)

    def report(first="pass", factor=1, afresh=False):
        (tmp_path / "own_method.py").write_text(OWN.format(first=first, factor=factor))
        sys.modules.pop("own_method", None)
        importlib.invalidate_caches()
        monkeypatch.setitem(registry.EXPLAINERS, "own", importlib.import_module("own_method").Own)
        parts = PartsFolder(tmp_path / "parts", afresh=afresh)
        return benchmarked([SUITE], lambda _question: ("own",), "quick", parts)

    broken = report(first="raise RuntimeError('my bug')")
    assert [told for _, _, told in broken.unanswered] == ["my bug"]
    assert report(first="raise RuntimeError('my bug')").taken_up == 3  # the controls: who raised is asked again
    repaired = report()
    assert repaired.methods == ("own",)
    assert report().taken_up == 4
    assert report(factor=-1).taken_up == 3
    assert report(factor=-1, afresh=True).taken_up == 0


def test_a_cache_that_cannot_be_written_is_told_once_and_the_run_goes_on(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(RuntimeWarning, match="XDG_CACHE_HOME") as told:
        report = benchmarked([SUITE], lambda _question: NAMES, "quick", PartsFolder(tmp_path / "file" / "parts"))
    assert len(told) == 1
    assert str(tmp_path / "file" / "parts") in str(told[0].message)
    assert report.methods == NAMES


def test_a_cache_that_fills_up_is_told_once_and_the_run_goes_on(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xaivision.evaluation.known_answers.parts_folder.write_whole", full)
    with pytest.warns(RuntimeWarning, match="No space left") as told:
        assert run(tmp_path).methods == NAMES
    assert len(told) == 1


def test_a_study_or_a_set_that_raises_costs_itself_alone(tmp_path):
    def fails():
        raise XaivisionError("it has not learned the clean inputs")

    suite = replace(
        SUITE,
        askings=lambda size, seed: [Asking("broken", fails), *SUITE.askings(size, seed)],
        studies=lambda _size, _seed: [Studying("bad", fails), Studying("good", lambda: study_table("", ["a"], {"row": [1.0]}))],
    )
    report = run(tmp_path, suite=suite)
    assert [(where, who) for where, who, _ in report.unanswered] == [("broken", "every method"), ("bad", "bad")]
    assert {why for *_, why in report.unanswered} == {"it has not learned the clean inputs"}
    assert (report.methods, list(report.studies)) == (NAMES, ["good"])
    stopped = replace(suite, askings=lambda _size, _seed: [], studies=lambda _size, _seed: [Studying("stopped", cancels)])
    with pytest.raises(Cancelled):
        run(tmp_path, suite=stopped)


def cancels():
    raise Cancelled("stopped")


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
    below = [replace(one, score="likeness", mean=value, set_name=str(value)) for value in (-0.9, 0.9)]
    assert method_lines([one, *below])[0].scores["likeness"].interval == (-1.0, 1.0)
    assert all(math.isnan(end) for end in method_lines([replace(row, interval=(math.nan, math.nan))])[0].scores["auc"].interval)


def test_models_that_are_asked_about_the_same_inputs_are_no_questions_of_their_own_to_an_interval(tmp_path):
    row = next(row for row in run(tmp_path).rows if (row.method, row.score) == ("saliency", "auc"))
    sets = [replace(row, mean=mean, set_name=name, model_name=model)
            for name, mean in (("one", 0.6), ("two", 0.7), ("three", 0.8)) for model in ("linear", "mlp")]  # fmt: skip
    twice, once = (method_lines(rows)[0].scores["auc"] for rows in (sets, sets[::2]))
    assert twice.interval == pytest.approx(once.interval)
    assert (twice.questions, once.questions) == (6, 3)


def test_no_interval_reaches_beyond_the_score(tmp_path):
    answer = KnownAnswer("m", False, {"auc": [0.4, 1.0, 1.0]}, {"auc": [0.0] * 3}, {"auc": [0.0] * 3})
    (row,) = rows_of("s", replace(weighted(3), exact=None), [answer])
    assert 0 <= row.interval[0] < row.mean < row.interval[1] == 1


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


def finding(claim: str, rows=(), **studies) -> Finding:
    found = findings_of(rows, {name.replace("_", " "): one for name, one in studies.items()})
    return next(one for one in found if claim in one.claim)


def leakage_of(moving: float, staying: float, robust: float) -> Finding:
    heads = ("clean accuracy", "gradient outside the digit", "gradient outside, from", "to")
    rows = {
        "mlp, digit anywhere, standard": (1.0, 0.9, 0.8, 1.0),
        "cnn, digit on top, standard": (1.0, staying, staying - 0.01, staying + 0.01),
        "cnn, digit anywhere, standard": (1.0, moving, moving - 0.01, moving + 0.01),
        "cnn, digit anywhere, robust l2 1.5": (1.0, robust, math.nan, math.nan),
        "random map": (math.nan, 0.5, 0.49, 0.51),
    }
    return finding("leak", leakage=study_table("", heads, rows))


def test_a_finding_holds_or_does_not_by_its_numbers():
    assert leakage_of(0.5, 0.1, 0.2).standing == "holds"
    assert leakage_of(0.2, 0.1, 0.1).standing == "does not hold"
    assert leakage_of(0.5, 0.1, 0.6).standing == "does not hold"
    told = leakage_of(0.5, 0.1, 0.2).numbers
    assert "Of the convolutional networks, with chance at 0.5: 0.50 [0.49, 0.51] of the standard one's gradient" in told
    assert "0.20 of the robust l2 1.5 one" in told


@pytest.mark.parametrize(
    ("standard", "robust", "standing"), [(0.0, 1.0, "holds"), (0.2, 1.0, "does not hold"), (0.0, 0.9, "does not hold")]
)
def test_hardly_ever_is_less_than_by_chance_and_always_is_always(standard, robust, standing):
    heads = ("largest is the signal", "quality", "quality, from", "to")
    rows = {
        "standard": (standard, -0.9, -1.0, -0.8),
        "robust linf 0.35": (robust, 1.0, math.nan, math.nan),
        "random map": (0.1, 0.0, -0.001, 0.1),
    }
    found = finding("one-hot", one_hot=study_table("", heads, rows))
    assert found.standing == standing
    assert "from -1 to 1: -0.90 [-1.00, -0.80] and 1.00, with" in found.numbers
    assert "published are -0.52" in found.numbers


def diffroar_of(claim: str, standard, random, robust=(0.6, 0.6, 0.6), **more) -> Finding:
    heads = ("clean accuracy", "10% kept", "20% kept", "60% kept")
    rows = {"standard": (1.0, *standard), "robust l2 1": (1.0, *robust), "random": (math.nan, *random)}
    return finding(claim, diffroar=study_table("", heads, {**rows, **more}))


@pytest.mark.parametrize(
    ("standard", "random", "standing"),
    [
        ((0.29, 0.29), (0.0, 0.0), "holds"),
        ((0.31, 0.0), (0.0, 0.0), "does not hold"),
        ((0.0, 0.31), (0.0, 0.0), "does not hold"),
        ((0.1, 0.1), (0.04, -0.04), "holds"),
        ((0.1, 0.1), (0.06, 0.0), "does not hold"),
        ((0.1, 0.1), (0.0, -0.06), "does not hold"),
    ],
)
def test_diffroar_has_to_have_its_gap_and_random_maps_none_where_little_is_kept(standard, random, standing):
    for beyond in (0.0, 0.9):  # where more is kept nothing is asked
        assert diffroar_of("far above", (*standard, beyond), (*random, beyond)).standing == standing


def test_what_random_maps_have_where_more_is_kept_is_told_with_whether_it_is_near_nothing():
    for beyond, near in ((-0.04, "also"), (-0.06, "not")):
        found = diffroar_of("far above", [0.1] * 3, (0.0, 0.0, beyond))
        assert found.standing == "holds"
        assert f"With 60% kept: random {beyond:.2f}, {near} within 0.05 of nothing." in found.numbers


def test_an_edge_filter_that_is_ahead_of_a_robust_network_is_named():
    told = diffroar_of("far above", [0.1] * 3, [0.0] * 3, (0.6, 0.5, 0.1), sobel=(math.nan, 0.55, 0.51, 0.1)).numbers
    assert "An edge filter has 0.55 and 0.51, and is ahead of robust l2 1 with 20% kept." in told


def test_negative_where_little_is_kept_is_asked_where_little_is_kept():
    claim, nothing = "is negative", (0.0, 0.0, 0.0)
    most = diffroar_of(claim, (0.1, 0.05, -0.2), nothing)
    assert most.standing == "does not hold"
    assert "With 10% kept and 20% kept: standard 0.10 and 0.05." in most.numbers
    assert diffroar_of(claim, (-0.1, -0.05, 0.2), nothing).standing == "holds"


def test_the_interval_over_runs_stands_beside_diffroar_where_there_was_more_than_one():
    ends = {
        f"standard{FROM}": (math.nan, 0.08, 0.04, 0.0),
        f"standard{TO}": (math.nan, 0.12, 0.06, 0.0),
        f"robust l2 1{FROM}": (math.nan,) * 4,
        f"robust l2 1{TO}": (math.nan,) * 4,
        f"robust l2 1{SPREAD}": (math.nan, 0.0, 0.0, 0.0),
    }
    told = diffroar_of("far above", (0.1, 0.05, 0.0), (0.01, -0.001, 0.02), **ends).numbers
    assert "standard 0.10 [0.08, 0.12] and 0.05 [0.04, 0.06]; robust l2 1 0.60 and 0.60; random 0.01 and 0.00." in told
    assert "-0.00" not in told


def suppressors_of(tmp_path, smooth: float, accuracy: float = 1.0) -> Finding:
    row = next(row for row in run(tmp_path).rows if (row.method, row.score) == ("saliency", "mass"))
    row = replace(row, suite="tetrominoes", model_name="linear")
    rows = [
        replace(row, set_name=f"tetrominoes linear {background} 8", method=name, mean=mean + more)
        for background, mean in (("white", 0.7), ("correlated", smooth))
        for name, more in (("a", 0.0), ("b", 0.01), ("c", 0.02))
    ]
    heads = ("accuracy", "on the truth", "next to it", "on the truth, from", "to")
    study = {
        "white, 0.18 of the picture": (0.8, 0.75, 0.1, 0.74, 0.76),
        "white, 0.3 of the picture": (0.99, 0.6, 0.2, 0.55, 0.65),
        "correlated, 0.05 of the picture": (accuracy, smooth, 0.4, smooth - 0.05, smooth + 0.05),
    }
    return finding("suppressors", rows, tetromino_suppressors=study_table("", heads, study))


def test_suppressors_are_looked_for_where_both_backgrounds_are_learned_as_well(tmp_path):
    found = suppressors_of(tmp_path, 0.4)
    assert found.standing == "holds"
    assert "right about 0.990 and 1.000 of the pictures 0.60 lies on the truth" in found.numbers
    assert "0.20 and 0.40 right next to it" in found.numbers
    assert "3 of 3 methods put less mass on the truth: 0.71 on average became 0.41" in found.numbers
    assert suppressors_of(tmp_path, 0.58).standing == "does not hold"  # within the intervals
    assert suppressors_of(tmp_path, 0.4, accuracy=0.8).standing == "not testable here"


def test_all_methods_that_propagate_back_count_and_the_least_is_named(tmp_path):
    row = next(row for row in run(tmp_path).rows if (row.method, row.score) == ("saliency", "mass"))

    def of(masses):
        rows = [replace(row, set_name="disconnected grids of digits", model_name="cnn", method=name, mean=mass)
                for name, mass in masses.items()]  # fmt: skip
        whole = [replace(one, set_name="grids of digits", mean=0.12) for one in rows]
        ties = [replace(one, score="auc", mean=0.75) for one in rows]
        return finding("near-perfect", [*rows, *whole, *ties])

    right = dict.fromkeys(("saliency", "deep_lift", "full_grad", "grad_cam"), 1.0)
    assert of(right).standing == "holds"
    assert "Of 3 methods that propagate back 3" in of(right).numbers
    assert "a ninth is chance" in of(right).numbers
    assert "By AUC they have 0.75 to 0.75" in of(right).numbers
    leaking = of({**right, "full_grad": 0.7})
    assert leaking.standing == "does not hold"
    assert "the least `full_grad` with 0.70" in leaking.numbers


def test_methods_that_no_edge_filter_is_behind_are_counted_where_more_than_linear_models_were_asked(tmp_path):
    row = next(row for row in run(tmp_path).rows if (row.method, row.score) == ("saliency", "precision"))
    ahead = replace(row, suite="tetrominoes", model_name="linear")
    behind = replace(ahead, method="other", ahead=())
    refused = replace(behind, method="refused", refused=6, undefined=6)
    silent = replace(behind, method="silent", silent=12)

    def standing(*rows):
        return finding("Many methods do no better", rows)

    assert standing(ahead, behind).standing == "not testable here"
    network = replace(ahead, model_name="cnn")
    found = standing(network, behind, refused, silent)
    assert found.standing == "holds"
    assert "By precision, of 2 pairs" in found.numbers
    assert "1 of 2 methods are not in at least half of their questions: `other`. 2 pairs do not count" in found.numbers
    assert standing(network).standing == "does not hold"


def test_a_truth_that_no_method_finds_proves_nothing_about_methods(tmp_path):
    """Turned around, every truth leaves all methods behind: that must not read as a finding."""
    rows = [row for row in run(tmp_path).rows if row.score == "precision" and not row.control]
    lost = [replace(row, suite="tetrominoes", model_name="cnn", ahead=()) for row in rows]
    found = finding("Many methods do no better", lost)
    assert found.standing == "not testable here"
    assert "nothing tells whether the truth can be found" in found.numbers


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
    answers = model(kept.tested.inputs).argmax(1)
    assert bool((model(turned).argmax(1) != answers).all())
    assert bool((model(-turned).argmax(1) == answers).all())  # all the others together do not


def test_suites_are_named_and_an_unknown_one_is_refused():
    assert [one.name for one in suites(["tables", "built"])] == ["tables", "built"]
    assert len(suites()) == len(SUITES) == 7
    with pytest.raises(UnknownNameError, match="suite"):
        suites(["tablez"])


def test_a_question_whose_truth_does_not_fit_is_refused():
    with pytest.raises(InputError, match="`truth` must say"):
        replace(weighted(), truth=torch.ones(12, 5, dtype=torch.bool))
