import pytest

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.models.recipe_settings import recipe_of
from xaivision.models.transfer_recipe import TransferRecipe
from xaivision.models.trees.tree_recipe import TreeRecipe


def test_settings_become_a_recipe():
    assert recipe_of(TreeRecipe, {"depth": 2}) == TreeRecipe(depth=2)


def test_an_unknown_setting_is_told_with_what_was_asked_for():
    with pytest.raises(UnknownNameError, match=r"`epoch` is not a known setting of `train`\. Did you mean `epochs`"):
        recipe_of(TransferRecipe, {"epoch": 3})
    with pytest.raises(UnknownNameError, match="`epoch` is not a known setting of `train` with model='vitree'"):
        recipe_of(TreeRecipe, {"epoch": 3}, "vitree")


def test_a_value_that_does_not_fit_is_told_by_the_recipe():
    with pytest.raises(InputError, match=r"`depth` must be a positive integer\. Got 0\."):
        recipe_of(TreeRecipe, {"depth": 0})
