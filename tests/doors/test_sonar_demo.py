"""The sonar part of the demo says what it is there to say."""

import pytest

from xaivision.sonar_demo import KINDS, METHODS, run_sonar_demo


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run_sonar_demo(tmp_path_factory.mktemp("sonar"))


@pytest.mark.slow
def test_the_mark_is_found_where_it_is_and_nothing_where_it_is_not(made):
    assert "marks" in [one.probe for one in made.shortcut.found]
    assert made.without.found == ()


@pytest.mark.slow
def test_the_network_has_learned_the_mark_and_the_report_says_so(made):
    use = next(use for use in made.shortcut.uses if use.probe == "marks")
    assert use.removed.before > use.removed.after + 0.3
    assert use.removed.drop_beyond[0] > 0
    assert "the model goes by it" in " ".join(made.shortcut.sentences)


@pytest.mark.slow
def test_scenes_are_explained_beside_controls_and_judged_by_the_masks(made):
    assert len(made.comparisons) == 2
    for _, comparison in made.comparisons:
        assert comparison.failures == {}
        assert set(METHODS) <= set(comparison.methods)
        assert set(comparison.scores) == {"deletion", "relevance_mass"}
        assert comparison.query.class_names == KINDS
    assert {path.name for path in made.written} == {"sonar_masks.png", "shortcuts.html", "shortcuts.json"}
