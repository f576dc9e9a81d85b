"""What a run hands on to what it asks: the seed, the size, and the controls that the kind of input has."""

from dataclasses import replace

import pytest
import torch

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.known_answers.benchmark_run import benchmarked
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.parts_folder import PartsFolder
from xaivision.evaluation.known_answers.study_table import study_table
from xaivision.evaluation.known_answers.suite import Asking, Studying, Suite


def pictures(count: int = 3) -> KnownQuestion:
    """A network that adds up the middle of a picture."""
    layer = torch.nn.Linear(64, 2, bias=False)
    truth = torch.zeros(8, 8, dtype=torch.bool)
    truth[2:6, 2:6] = True
    with torch.no_grad():
        layer.weight.copy_(torch.stack([torch.zeros(64), truth.flatten().float()]))
    model = TorchClassifier(torch.nn.Sequential(torch.nn.Flatten(), layer), 2)
    inputs = torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return KnownQuestion(
        "middle", "by hand", model, inputs, torch.ones(count, dtype=torch.long), truth.expand(count, -1, -1), "model use", "", 1.0
    )


def suite_of(*questions: KnownQuestion) -> Suite:
    return Suite("small", "what", "who", "model use", lambda _size, _seed: [Asking("middle", lambda: questions)])


def test_pictures_have_an_edge_filter_among_their_controls():
    report = benchmarked([suite_of(pictures())], lambda _question: ("saliency",), "quick", PartsFolder(None))
    assert {row.method for row in report.rows if row.control} == {"random", "sobel", "input_magnitude", "constant"}
    row = next(row for row in report.rows if (row.method, row.score) == ("saliency", "auc"))
    assert {one.control for one in row.ahead} >= {"random", "sobel", "input_magnitude", "constant"}


def test_a_set_of_which_no_input_is_right_is_told_and_nobody_is_asked():
    nothing = replace(pictures(0), model_name="never right", accuracy=0.9)
    report = benchmarked([suite_of(nothing, pictures())], lambda _question: ("saliency",), "quick", PartsFolder(None))
    assert [(one.model_name, one.accuracy) for one in report.unlearned] == [("never right", 0.9)]
    assert {row.model_name for row in report.rows} == {"by hand"}


@pytest.mark.parametrize("size", ["quick", "full"])
@pytest.mark.parametrize("seed", [0, 3])
def test_the_suites_get_the_size_and_the_seed_of_the_run(size, seed):
    got = []

    def askings(*settings):
        got.append(("asked", *settings))
        return [Asking("middle", lambda: [pictures()])]

    def studies(*settings):
        got.append(("studied", *settings))
        return [Studying("a study", lambda: study_table("A study", ["one"], {"row": [0.25]}, source="nobody"))]

    suite = Suite("small", "what", "who", "model use", askings, studies)
    report = benchmarked([suite], lambda _question: (), size, PartsFolder(None), seed)
    assert got == [("asked", size, seed), ("studied", size, seed)]
    assert (report.size, report.seed) == (size, seed)


def test_methods_draw_from_the_seed_of_the_run(tmp_path):
    def chance(seed):
        report = benchmarked([suite_of(pictures())], lambda _question: (), "quick", PartsFolder(tmp_path), seed)
        return next(row.mean for row in report.rows if (row.method, row.score) == ("random", "auc")), report.taken_up

    (first, _), (other, taken_up), (again, all_taken) = chance(0), chance(1), chance(0)
    assert first == again != other
    assert (taken_up, all_taken) == (0, 4)


def test_a_study_of_another_seed_or_size_is_made_anew(tmp_path):
    made = []

    def studies(size, seed):
        def table():
            made.append((size, seed))
            return study_table("A study", ["one"], {"row": [float(seed)]}, source="nobody")

        return [Studying("a study", table)]

    suite = Suite("small", "what", "who", "association", studies=studies)
    plan = [("quick", 0), ("quick", 1), ("full", 1), ("quick", 0)]
    for size, seed in plan:
        report = benchmarked([suite], lambda _question: (), size, PartsFolder(tmp_path), seed)
        assert report.studies["a study"].value("row", "one") == seed
    assert made == plan[:3]
