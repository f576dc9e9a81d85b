import pytest

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat


def test_the_shape_of_one_input_is_channels_height_width():
    assert ImageFormat(1, 4, 5).shape == (1, 4, 5)


@pytest.mark.parametrize(("sizes", "name"), [((0, 4, 5), "channels"), ((1, -4, 5), "height"), ((1, 4, 0), "width")])
def test_a_size_that_is_not_positive_is_refused_by_name(sizes, name):
    with pytest.raises(InputError, match=f"`{name}` of an image format must be a positive integer"):
        ImageFormat(*sizes)
