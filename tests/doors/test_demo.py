import json

import pytest

from xaivision.demo import run_demo


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run_demo(tmp_path_factory.mktemp("demo"), quick=True)


@pytest.mark.slow
def test_the_demo_writes_a_figure_for_each_input_a_report_and_its_numbers(made):
    names = {path.name for path in made.written}
    assert {"report.html", "demo.json", "chelsea.png", "shortcuts.html", "shortcuts.json", "sonar_masks.png"} <= names
    assert len(names) == len(made.comparisons) + 5
    assert all(path.stat().st_size > 1000 for path in made.written)


@pytest.mark.slow
def test_the_demo_has_at_least_five_methods_and_two_controls_for_each_input(made):
    for _, comparison in made.comparisons:
        assert len(comparison.methods) >= 5
        assert len(comparison.controls) >= 2
        assert comparison.failures == {}
        doubted = {label for label, explanation in comparison.explanations.items() if explanation.verdict.status != "ok"}
        assert doubted <= {
            "smooth_grad",
            "lime_image",
        }  # with 50 samples, a photo's map is mostly noise: that is what the verdict is for
        assert all(explanation.verdict.status != "refuse" for explanation in comparison.explanations.values())


@pytest.mark.slow
def test_the_demo_calls_the_cat_a_cat_and_its_json_holds_the_same_numbers(made):
    title, comparison = made.comparisons[0]
    assert "cat" in comparison.query.target_names()[0]
    numbers = json.loads(next(path for path in made.written if path.suffix == ".json").read_text())
    found = numbers[title]["methods"]["grad_cam"]["scores"]["deletion"]
    assert found["mean"] == pytest.approx(comparison.scores["deletion"]["grad_cam"].mean)
