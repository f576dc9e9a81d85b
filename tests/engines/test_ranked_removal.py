"""Inputs without their first features, against the definition in slow loops."""

import torch

from xaivision.engines import ranked_removal as engine

CHANCE = torch.Generator().manual_seed(0)
PICTURES = torch.rand(4, 3, 2, 5, generator=CHANCE, dtype=torch.float64)
ROWS = torch.rand(4, 6, generator=CHANCE, dtype=torch.float64)


def check_the_first_positions_go_with_all_their_channels():
    order = torch.stack([torch.randperm(10, generator=CHANCE) for _ in range(4)])
    others = torch.rand(3, 2, 5, generator=CHANCE, dtype=torch.float64)
    for count in (0, 1, 4, 10):
        expected = PICTURES.clone()
        for picture in range(4):
            for place in order[picture, :count].tolist():
                expected[picture, :, place // 5, place % 5] = others[:, place // 5, place % 5]
        assert torch.equal(engine.without_first(PICTURES, others, order, count), expected)


def check_columns_of_each_row_go_by_its_own_order():
    order = torch.stack([torch.randperm(6, generator=CHANCE) for _ in range(4)])
    others = torch.arange(6, dtype=torch.float64)
    for count in (0, 2, 6):
        expected = ROWS.clone()
        for row in range(4):
            for column in order[row, :count].tolist():
                expected[row, column] = others[column]
        assert torch.equal(engine.without_first(ROWS, others, order, count), expected)


def check_means_are_those_of_columns_and_of_channels():
    assert torch.allclose(engine.mean_features(ROWS), ROWS.mean(0), atol=1e-15)
    found = engine.mean_features(PICTURES)
    assert found.shape == (3, 2, 5)
    for channel in range(3):
        mean = PICTURES[:, channel].sum() / 40
        assert torch.allclose(found[channel], mean.expand(2, 5), atol=1e-15)
    assert engine.mean_features(PICTURES.float()).dtype == torch.float32


def check_heights_are_means_over_the_shares():
    curves = torch.tensor([[1.0, 0.5, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    shares = torch.tensor([0.0, 0.2, 1.0], dtype=torch.float64)
    assert torch.allclose(engine.mean_height(curves, shares), torch.tensor([0.35, 0.4], dtype=torch.float64), atol=1e-15)
    shares = torch.tensor([0.1, 0.3, 0.5], dtype=torch.float64)
    assert torch.allclose(engine.mean_height(curves, shares), torch.tensor([0.5, 0.25], dtype=torch.float64), atol=1e-15)
    assert engine.mean_height(curves[:, :1], shares[:1]).tolist() == [1.0, 0.0]


def test_the_first_positions_go_with_all_their_channels():
    check_the_first_positions_go_with_all_their_channels()


def test_columns_of_each_row_go_by_its_own_order():
    check_columns_of_each_row_go_by_its_own_order()


def test_means_are_those_of_columns_and_of_channels():
    check_means_are_those_of_columns_and_of_channels()


def test_heights_are_means_over_the_shares():
    check_heights_are_means_over_the_shares()
