"""Metrics and sanity checks by name."""

import pytest

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.evaluation.parameter_randomization import ParameterRandomization
from xaivision.evaluation.registry import EVALUATORS, METRICS, SANITY_CHECKS, metric, sanity_check
from xaivision.evaluation.removal import Deletion


def test_settings_reach_the_evaluator() -> None:
    found = metric("deletion", steps=7, output="score")
    assert isinstance(found, Deletion)
    assert (found.steps, found.output) == (7, "score")
    assert sanity_check("parameter_randomization", order="top_down") == ParameterRandomization("top_down")


def test_every_evaluator_is_a_metric_or_a_sanity_check_and_never_both() -> None:
    assert not set(METRICS) & set(SANITY_CHECKS)
    assert set(EVALUATORS) == set(METRICS) | set(SANITY_CHECKS)
    assert set(METRICS) >= {"deletion", "insertion", "completeness", "sparseness"}
    assert set(SANITY_CHECKS) >= {"parameter_randomization"}


def test_an_unknown_name_suggests_the_closest() -> None:
    with pytest.raises(UnknownNameError, match=r"`Deltion` is not a known metric\. Did you mean `deletion`\?"):
        metric("Deltion")
    with pytest.raises(UnknownNameError, match=r"`parameter_randomisation` is not a known sanity check\. Did you mean"):
        sanity_check("parameter_randomisation")


def test_an_unknown_setting_suggests_the_closest() -> None:
    with pytest.raises(UnknownNameError, match=r"`step` is not a known setting of `deletion`\. Did you mean `steps`\?"):
        metric("deletion", step=3)


def test_a_wrong_setting_is_refused() -> None:
    with pytest.raises(InputError, match="`steps` must be a positive integer"):
        metric("insertion", steps=0)
