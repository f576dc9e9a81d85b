from math import log

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.engines import self_consistency as engine

ORACLE = 1e-12


def found(prediction, words):
    return engine.self_consistency(prediction, words, generator(0, "test"))


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed, "drawn"), dtype=torch.float64)


def check_the_same_shares_are_one_whatever_their_scale():
    phi = drawn(12)
    for words in (phi, 3 * phi, phi[:, None].repeat(1, 7), phi[:, None] * torch.tensor([1.0, 5.0, 0.2])):
        assert abs(found(phi, words).cosine - 1) < ORACLE
        assert abs(found(phi, words).correlation - 1) < ORACLE
        assert abs(found(phi, words).mse) < ORACLE


def check_the_opposite_is_minus_one():
    phi = drawn(12)
    assert abs(found(phi, -phi).cosine + 1) < ORACLE
    assert abs(found(phi, -phi).kl) < ORACLE  # the same parts weigh as much


def check_each_word_counts_the_same():
    loud, quiet = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1e-3])
    shares = engine.contribution_shares(torch.stack([loud, quiet], 1))
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.5], dtype=torch.float64), rtol=0, atol=ORACLE)


def check_words_that_nothing_contributes_to_do_not_count():
    words = torch.stack([torch.tensor([2.0, -2.0]), torch.zeros(2)], 1)
    torch.testing.assert_close(engine.contribution_shares(words), torch.tensor([0.5, -0.5], dtype=torch.float64))
    assert found(torch.tensor([1.0, 2.0]), torch.zeros(2)).cosine != found(torch.tensor([1.0, 2.0]), torch.zeros(2)).cosine


def check_divergences_are_those_of_the_absolute_shares():
    told = found(torch.tensor([1.0, -1.0]), torch.tensor([3.0, 1.0]))
    assert abs(told.kl - (0.75 * log(1.5) + 0.25 * log(0.5))) < ORACLE
    middle = (0.625, 0.375)
    js = 0.5 * sum(p * log(p / m) for p, m in zip((0.5, 0.5), middle, strict=True))
    js += 0.5 * sum(p * log(p / m) for p, m in zip((0.75, 0.25), middle, strict=True))
    assert abs(told.js - js) < ORACLE
    assert abs(found(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])).js - log(2)) < ORACLE


def check_the_null_is_that_of_random_directions():
    assert abs(engine.cosine_by_chance(12) - 0.2352) < 1e-4
    assert abs(engine.chance_limit(12) - 0.5529) < 1e-4
    assert abs(engine.cosine_by_chance(2) - 2 / torch.pi) < ORACLE
    pairs = torch.nn.functional.normalize(drawn(20_000, 2, 12), dim=2)
    cosines = (pairs[:, 0] * pairs[:, 1]).sum(1).abs()
    assert abs(float(cosines.mean()) - engine.cosine_by_chance(12)) < 0.01
    assert abs(float(cosines.quantile(0.95)) - engine.chance_limit(12)) < 0.01


def check_permuted_players_average_out_and_the_p_value_counts_them():
    phi = drawn(12)
    told = [found(phi, phi[torch.randperm(12, generator=generator(seed, "order"))]).cosine for seed in range(500)]
    assert abs(sum(told) / len(told)) < 0.1
    assert found(phi, phi).permuted == 1 / 501
    assert found(phi, -phi).permuted > 0.99


def check_tiny_contributions_are_told():
    assert found(torch.tensor([0.5, 0.2]), torch.tensor([0.009, 0.001])).small
    assert not found(torch.tensor([0.5, 0.2]), torch.tensor([0.011, 0.001])).small


CHECKS = [one for name, one in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_cc_shap(check):
    check()


@pytest.mark.parametrize(
    ("prediction", "words", "sentence"),
    [
        (torch.ones(3), torch.ones(4), "of the same M players"),
        (torch.ones(1), torch.ones(1), "At least two players"),
        (torch.ones(3), torch.tensor([1.0, torch.nan, 2.0]), "must be finite"),
        (torch.ones(3), torch.ones(3, 0), "of the same M players"),
    ],
)
def test_what_cannot_be_compared_is_refused(prediction, words, sentence):
    with pytest.raises(InputError, match=sentence):
        found(prediction, words)
