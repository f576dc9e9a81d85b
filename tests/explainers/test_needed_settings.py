"""Settings that a method needs: those without a default, and those whose default means nothing in a table."""

import numpy as np
import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.random import generator
from xaivision.explainers.lime_package import LimePackage
from xaivision.explainers.needed_settings import IN_TABLES, lacking_of, lacking_settings
from xaivision.explainers.owen import Owen
from xaivision.explainers.partition_shap import PartitionShap
from xaivision.explainers.registry import EXPLAINERS, explainer


def scored(rows):
    return np.stack([rows.sum(1), rows[:, 0]], 1)


TABLE = FunctionClassifier(scored, 2, score_unit="logit", domain="tabular")


def rows(count):
    return torch.rand(count, 4, generator=generator(1))


@pytest.mark.parametrize("name", sorted(IN_TABLES))
def test_what_a_table_needs_is_missing_there_and_not_in_a_picture(name):
    setting = IN_TABLES[name][0]
    assert lacking_settings(EXPLAINERS[name], {}, "tabular") == (setting,)
    assert lacking_settings(EXPLAINERS[name], {}, "image") == ()
    given = {"hierarchy": [[0, 1], [2, 3]], "background": rows(4)}[setting]
    assert lacking_settings(EXPLAINERS[name], {setting: given}, "tabular") == ()


@pytest.mark.parametrize("name", sorted(IN_TABLES))
def test_without_what_a_table_needs_the_method_itself_refuses(name):
    with pytest.raises(InputError):
        explainer(name).explain(TABLE, rows(1), 0)


def test_settings_without_a_default_are_missing_everywhere_until_given():
    for domain in ("image", "tabular"):
        assert lacking_settings(EXPLAINERS["expected_gradients"], {}, domain) == ("background",)
        assert lacking_settings(EXPLAINERS["expected_gradients"], {"background": rows(2)}, domain) == ()
        assert lacking_settings(EXPLAINERS["captum"], {"settings": {}}, domain) == ("method",)


def test_a_method_that_is_made_is_asked_what_it_has():
    assert lacking_of(Owen(), "tabular") == ("hierarchy",)
    assert lacking_of(Owen(hierarchy=[[0, 1]]), "tabular") == ()
    assert lacking_of(Owen(), "image") == ()
    assert lacking_of(LimePackage(), "tabular") == ("background",)
    assert lacking_of(PartitionShap(background=rows(3)), "tabular") == ()
    assert lacking_of(object(), "tabular") == ()
