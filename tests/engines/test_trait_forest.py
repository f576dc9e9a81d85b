import torch

from xaivision.core.random import generator
from xaivision.engines import trait_forest as engine

FOLDS = torch.arange(120) % 4
TARGETS = (torch.arange(120) // 4) % 3


def check_classes_that_a_trait_tells_are_told():
    traits = TARGETS[:, None].double() + 0.1 * torch.rand(120, 1, generator=generator(0), dtype=torch.float64)
    assert torch.equal(engine.out_of_fold(traits, TARGETS, FOLDS).argmax(1), TARGETS)


def check_a_row_is_not_asked_about_by_a_forest_that_learned_from_it():
    """Every row has a trait of its own: whoever learned from it knows it, and nobody else can."""
    traits = torch.rand(120, 1, generator=generator(1), dtype=torch.float64)
    right = (engine.out_of_fold(traits, TARGETS, FOLDS).argmax(1) == TARGETS).double().mean()
    assert float(right) < 0.5


def check_a_rare_class_weighs_as_much_as_a_frequent_one():
    targets = (torch.arange(120) % 12 == 0).long()
    traits = targets[:, None].double() * 0.6 + torch.rand(120, 1, generator=generator(2), dtype=torch.float64)
    called = engine.out_of_fold(traits, targets, torch.arange(120) % 5).argmax(1)
    assert float((called[targets == 1] == 1).double().mean()) >= 0.6


def check_what_is_not_known_tells_too():
    traits = torch.where(TARGETS[:, None] == 1, torch.nan, 0.5).double()
    called = engine.out_of_fold(traits, TARGETS, FOLDS).argmax(1)
    assert bool(((called == 1) == (TARGETS == 1)).all())


def test_classes_that_a_trait_tells_are_told():
    check_classes_that_a_trait_tells_are_told()


def test_a_row_is_not_asked_about_by_a_forest_that_learned_from_it():
    check_a_row_is_not_asked_about_by_a_forest_that_learned_from_it()


def test_a_rare_class_weighs_as_much_as_a_frequent_one():
    check_a_rare_class_weighs_as_much_as_a_frequent_one()


def test_what_is_not_known_tells_too():
    check_what_is_not_known_tells_too()


def test_the_same_seed_gives_the_same_probabilities_of_sum_1():
    traits = torch.rand(120, 3, generator=generator(3), dtype=torch.float64)
    first, again, other = (engine.out_of_fold(traits, TARGETS, FOLDS, seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    torch.testing.assert_close(first.sum(1), torch.ones(120, dtype=torch.float64))


def test_a_class_that_no_other_fold_holds_has_no_probability():
    targets = torch.tensor([0, 1, 0, 1, 0, 1, 0, 1, 2, 2])
    folds = torch.tensor([0, 0, 1, 1, 0, 0, 1, 1, 1, 1])
    chances = engine.out_of_fold(torch.rand(10, 1, generator=generator(4), dtype=torch.float64), targets, folds)
    assert bool((chances[folds == 1][:, 2] == 0).all())
