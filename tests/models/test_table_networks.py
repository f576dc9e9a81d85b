import pytest
import torch

import xaivision as xv
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.models.attention_network import AttentionNetwork
from xaivision.models.table_autoencoder import convolutional_autoencoder, reconstruction_error
from xaivision.models.table_networks import NETWORKS, train_table


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_learns_breast_cancer_and_is_asked_in_the_columns_own_units(network):
    data = xv.load_dataset("breast_cancer")
    model = train_table(data, network, epochs=12)
    rows, targets = data.test
    assert (model(rows).argmax(1) == targets).double().mean() > 0.92
    assert model.schema is data.schema
    assert not model.model.training


@pytest.mark.parametrize("network", NETWORKS)
def test_the_same_seed_gives_the_same_weights_and_takes_nothing_from_the_global_draws(network):
    data = xv.load_dataset("wine")
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first = train_table(data, network, epochs=2, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    second, third = train_table(data, network, epochs=2, seed=1), train_table(data, network, epochs=2, seed=2)
    rows = data.test.inputs[:5]
    assert torch.equal(first(rows), second(rows))
    assert not torch.equal(first(rows), third(rows))


def test_attention_is_a_share_and_an_even_one_leaves_the_row_as_it_is():
    network = AttentionNetwork(6, 2).eval()
    rows = torch.randn(4, 6)
    assert torch.allclose(network.attention(rows).sum(1), torch.ones(4))
    for head in network.heads:
        head.weight.data.zero_()
        head.bias.data.zero_()
    expected = network.output(torch.selu(network.hidden(rows)))
    assert torch.allclose(network(rows), expected, atol=1e-6)


def test_wide_rows_have_heads_of_low_rank():
    weights = sum(one.numel() for one in AttentionNetwork(5000, 2).parameters())
    assert weights < 2 * (2 * 32 * 5000 + 5000) + 33 * 5000 + 200


def test_an_autoencoder_gives_back_more_than_the_columns_means():
    data = xv.load_dataset("breast_cancer")
    model = train_table(data, "dense_autoencoder", epochs=15, latents=8)
    untrained = NETWORKS["dense_autoencoder"](30, 2, latents=8)
    untrained.encoder.standardizing.learn(data.train.inputs)
    error, before = (reconstruction_error(one.eval(), data.test.inputs).item() for one in (model.model, untrained))
    assert before > 0.8
    assert error < 0.5


@pytest.mark.parametrize("features", [13, 64, 65, 7129])
def test_rows_of_any_length_are_folded_into_squares_and_come_back_as_long(features):
    network = convolutional_autoencoder(features, 3).eval()
    rows = torch.randn(2, features)
    assert network(rows).shape == (2, 3)
    assert network.decode(network.encoder(rows)).shape == (2, features)


def test_attention_ranks_columns_and_latents_stay_without_names():
    data = xv.load_dataset("wine")
    model = train_table(data, "self_attention", epochs=8)
    study = xv.surrogate(model, data, rankings=["attention", "permutation"], k=3, draws=2, resamples=2)
    assert study.ranking.parts[0].names == data.schema.names
    assert study.ranking.parts[0].values.sum() == pytest.approx(1, abs=1e-5)


def test_what_does_not_fit_is_told():
    with pytest.raises(UnknownNameError, match="Did you mean `self_attention`"):
        train_table(xv.load_dataset("wine"), "selfattention")
    with pytest.raises(InputError, match="takes a table"):
        train_table(xv.load_dataset("digits"))
    with pytest.raises(InputError, match="`epochs` must be a positive integer"):
        train_table(xv.load_dataset("wine"), epochs=0)
