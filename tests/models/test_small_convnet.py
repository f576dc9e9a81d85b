import pytest
import torch

from xaivision.models.small_convnet import SmallConvnet


@pytest.mark.parametrize("side", [8, 13, 48])
def test_maps_are_a_quarter_of_the_side_and_scores_one_a_class(side):
    network = SmallConvnet(5, 4)
    images = torch.rand(3, 1, side, side)
    assert network.maps(images).shape == (3, 20, side // 4, side // 4)
    assert network(images).shape == (3, 4)
    assert torch.allclose(network(images), network.head(network.maps(images).mean((2, 3))))


def test_an_object_moved_by_whole_cells_away_from_the_border_keeps_its_score():
    network = SmallConvnet(4, 3)
    here, there = torch.zeros(2, 1, 48, 48)
    here[0, 16:20, 16:20] = 1
    there[0, 24:28, 20:24] = 1
    with torch.no_grad():
        scores = network(torch.stack([here, there]))
    torch.testing.assert_close(scores[0], scores[1])
