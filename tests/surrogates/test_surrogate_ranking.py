import numpy as np
import pytest
import torch
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import mutual_info_score
from surrogate_subjects import columns, linear_box, seen_by, table
from torch import nn

from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.surrogates import permutation_ranking
from xaivision.surrogates.candidates import candidates_of
from xaivision.surrogates.knee import knee
from xaivision.surrogates.mutual_information import binned, mutual_informations
from xaivision.surrogates.observed import probabilities_of
from xaivision.surrogates.permutation_ranking import BLOCK_ROWS, _shuffle, permutation_importances
from xaivision.surrogates.rankers import RankingQuestion, ranked
from xaivision.surrogates.ranking import FeatureRanking, LatentRanking, joined


def question(model, inputs, seed=0):
    seen = seen_by(model, inputs)
    return RankingQuestion(model, seen, columns(inputs.shape[1]), candidates_of(seen.rows), seed)


def slow_permutation(model, rows, column, shuffled):
    """The definition: one column replaced, one call."""
    other = rows.clone()
    other[:, column] = shuffled[:, column]
    return np.abs(probabilities_of(model, other) - probabilities_of(model, rows)).sum(1).mean() / 2


@pytest.mark.parametrize(
    ("together", "expected"), [(BLOCK_ROWS, [90, 540]), (180, [90, 180, 180, 180]), (100, [90, 180, 180, 180])]
)
def test_importances_by_blocks_are_those_of_one_call_a_column(together, expected, monkeypatch):
    monkeypatch.setattr(permutation_ranking, "BLOCK_ROWS", together)
    model, inputs = linear_box([3, 0, -2, 0.5, 0, 1]), table(90)
    seen = []
    calls = []

    def ask(rows):
        calls.append(len(rows))
        seen.append(rows[:0])
        return probabilities_of(model, rows)

    found = permutation_importances(ask, inputs, candidates_of(inputs.numpy()), rows=90, repeats=1, seed=5)
    shuffled = inputs[_shuffle(90, 5, 0)]
    assert found == pytest.approx([slow_permutation(model, inputs, column, shuffled) for column in range(6)], abs=1e-12)
    assert found[1] == found[4] == 0
    assert calls == expected


def test_one_call_holds_at_least_20000_rows_whatever_the_number_of_columns():
    calls = []

    def ask(rows):
        calls.append(len(rows))
        return np.tile([0.4, 0.6], (len(rows), 1))

    inputs = table(300, 200)
    permutation_importances(ask, inputs, candidates_of(inputs.numpy()), rows=300, repeats=2)
    assert sum(calls[1:]) == 300 * 200 * 2
    assert all(count >= BLOCK_ROWS for count in calls[1:-1])
    assert len(calls) - 1 == -(-400 // -(-BLOCK_ROWS // 300))


def test_shuffling_leaves_no_row_its_own_value_and_the_inputs_as_they_were():
    assert bool((_shuffle(50, 1, 2) != torch.arange(50)).all())
    assert sorted(_shuffle(50, 1, 2).tolist()) == list(range(50))
    inputs = table(40)
    before = inputs.clone()
    permutation_importances(lambda rows: probabilities_of(linear_box([1] * 6), rows), inputs, candidates_of(inputs.numpy()))
    assert torch.equal(inputs, before)


def test_columns_that_are_the_same_are_shuffled_together_and_constant_ones_are_nothing():
    inputs = table(200)
    inputs[:, 3] = inputs[:, 0]
    inputs[:, 5] = 7
    halves, whole = linear_box([1, 0, 0, 1, 0, 9]), linear_box([2, 0, 0, 0, 0, 9])
    split, alone = (ranked("permutation", question(model, inputs)).values for model in (halves, whole))
    assert split == pytest.approx(alone, abs=1e-6)
    assert split[0] == split[3] > 0
    assert split[5] == 0


def test_candidates_name_what_they_leave_out():
    inputs = table(30)
    inputs[:, 3] = inputs[:, 0]
    inputs[:, 4] = -1
    found = candidates_of(inputs.numpy())
    assert found.usable == (0, 1, 2, 5)
    assert found.constant == (4,)
    assert found.copies == {0: (3,)}
    constant, same = found.notes(tuple("abcdef"))
    assert "`e`" in constant
    assert "`a` stands for `d`" in same


def test_the_gradient_ranking_of_a_linear_network_is_its_weights_times_the_spread():
    network = nn.Linear(4, 2)
    network.weight.data = torch.tensor([[0.0, 0, 0, 0], [1.0, -3, 0, 2]])
    inputs = table(100, 4) * torch.tensor([1.0, 1, 1, 5])
    found = ranked("gradient", question(TorchClassifier(network, 2, domain="tabular"), inputs)).values
    label = (inputs @ network.weight.data[1] + network.bias[1] > network.bias[0]).double().mean()
    expected = label.item() * np.abs([1, -3, 0, 2]) * inputs.double().std(0, correction=0).numpy()
    assert found == pytest.approx(expected, rel=1e-5)


def test_mutual_information_is_scikit_learns_on_the_same_parts_less_what_chance_gives():
    inputs = table(500).numpy()
    labels = (inputs[:, 0] + 0.5 * inputs[:, 1] > 0).astype(int)
    hard = np.eye(2)[labels]
    parts = binned(inputs, 10)
    by_sklearn = np.array([mutual_info_score(labels, parts[:, column]) for column in range(6)])
    assert mutual_informations(inputs, hard) == pytest.approx(np.maximum(by_sklearn - 9 / 1000, 0), abs=1e-12)
    assert mutual_informations(inputs, hard)[0] > mutual_informations(inputs, hard)[1] > 0.01


def test_equal_values_lie_in_one_part():
    column = np.repeat([1.0, 2.0, 3.0], [5, 10, 15])[:, None]
    assert len(np.unique(binned(column, 10))) == 3


def test_mutual_information_sees_nothing_of_columns_that_tell_only_together_and_trees_do():
    inputs = table(600)

    def exclusive(rows):
        right = (rows[:, 0] * rows[:, 1] > 0).astype(np.float64)
        return np.stack([1 - right, right], 1)

    box = FunctionClassifier(exclusive, 2, score_unit="probability", domain="tabular")
    asked = question(box, inputs)
    assert ranked("mutual_information", asked).values[:2].max() < 0.02
    assert set(ranked("permutation", asked).top(2)) == {0, 1}
    assert set(ranked("tree_shapley", asked).top(2)) == {0, 1}


def test_tree_shapley_names_the_columns_that_the_black_box_uses():
    found = ranked("tree_shapley", question(linear_box([3, 0, -2, 0, 0, 0]), table(200)))
    assert found.top(2) == (0, 2)
    assert found.values[0] > 5 * found.values[1]


class Attentive(nn.Module):
    def __init__(self, latents=None):
        super().__init__()
        self.layer = nn.Linear(4, 2)
        self.attends_to = "columns" if latents is None else "latents"
        self.width = latents or 4

    def attention(self, rows):
        return torch.arange(self.width, dtype=rows.dtype).softmax(0).expand(len(rows), -1)

    def forward(self, rows):
        return self.layer(rows)


def test_attention_over_columns_ranks_them():
    found = ranked("attention", question(TorchClassifier(Attentive(), 2, domain="tabular"), table(20, 4)))
    assert found.top(4) == (3, 2, 1, 0)


@pytest.mark.parametrize("latents", [4, 968])
def test_attention_over_latents_never_gets_names_of_columns_even_where_there_are_as_many(latents):
    model = TorchClassifier(Attentive(latents), 2, domain="tabular")
    with pytest.raises(CapabilityError, match=f"attends to {latents} latents"):
        ranked("attention", question(model, table(20, 4)))


def test_a_ranking_of_latents_has_no_place_for_names_and_chooses_no_columns():
    latents = LatentRanking("attention", np.arange(968.0))
    assert not hasattr(latents, "names")
    with pytest.raises(CapabilityError, match="968 latents cannot choose columns"):
        joined([latents])
    with pytest.raises(InputError, match=r"one value for each of 7091 features\. Got 968"):
        FeatureRanking("attention", tuple(f"gene {i}" for i in range(7091)), latents.values)


def test_latents_come_to_columns_by_the_derivative_of_their_encoder():
    encoder = nn.Linear(3, 2, bias=False).double()
    encoder.weight.data = torch.tensor([[1.0, 0, -2], [0, 0, 4]], dtype=torch.float64)
    rows = table(50, 3).double()
    found = LatentRanking("attention", np.array([3.0, 0.5])).through(encoder, rows, ["a", "b", "c"])
    assert found.values == pytest.approx(np.array([3, 0, 6 + 2]) * rows.std(0, correction=0).numpy())
    with pytest.raises(InputError, match=r"`names` must be one for each of 3 columns"):
        LatentRanking("attention", np.array([3.0, 0.5])).through(encoder, rows, ["a", "b"])
    with pytest.raises(InputError, match="must give the 3 latents"):
        LatentRanking("attention", np.ones(3)).through(encoder, rows, ["a", "b", "c"])


def test_rankings_are_joined_by_reciprocal_ranks_with_their_agreement():
    names = tuple("abcd")
    one, two = FeatureRanking("one", names, [4, 3, 2, 1]), FeatureRanking("two", names, [4, 1, 2, 3])
    found = joined([one, two])
    assert found.values == pytest.approx([2 / 61, 1 / 62 + 1 / 64, 2 / 63, 1 / 64 + 1 / 62])
    assert found.correlations[0, 1] == pytest.approx(spearmanr([4, 3, 2, 1], [4, 1, 2, 3]).statistic)
    assert found.w == pytest.approx((1 + found.correlations[0, 1]) / 2)  # of two judges
    assert found.shared(1) == 1
    assert found.shared(2) == 0.5
    assert joined([one]).values.tolist() == [4, 3, 2, 1]
    assert kendalltau([1, 2], [1, 2]).statistic == 1


def test_rankings_of_other_features_and_no_rankings_are_refused():
    with pytest.raises(InputError, match="at least one ranking"):
        joined([])
    with pytest.raises(InputError, match="of the same features"):
        joined([FeatureRanking("one", ("a",), [1]), FeatureRanking("two", ("b",), [1])])
    with pytest.raises(InputError, match="must be finite"):
        FeatureRanking("one", ("a",), [np.nan])


def test_what_a_black_box_does_not_give_is_told_with_what_does():
    asked = question(linear_box([1] * 6), table(20))
    for method in ("gradient", "attention"):
        with pytest.raises(CapabilityError, match="Use `permutation`, which asks any model"):
            ranked(method, asked)
    with pytest.raises(UnknownNameError, match="Did you mean `permutation`"):
        ranked("permutations", asked)


def test_the_knee_is_the_fewest_that_are_as_good_as_the_best_but_for_one_standard_error():
    draws = np.random.default_rng(0)
    noise = draws.normal(size=(5, 400)) * 0.01
    means = np.array([1.0, 0.6, 0.31, 0.3, 0.2999])[:, None]
    assert knee(list(means + noise)) == 4 or knee(list(means + noise)) == 3
    assert knee([np.array([0.3, 0.2]), np.array([0.2, 0.3])]) == 0
    # Behind by less than its standard error, row by row.
    assert knee([np.array([1.0, 2, 3, 4]), np.array([1.1, 1.7, 3.2, 3.9])]) == 0
    assert knee(list(np.array([1.0, 0.5, 0.1])[:, None] + 0.001 * draws.normal(size=(3, 50)))) == 2
