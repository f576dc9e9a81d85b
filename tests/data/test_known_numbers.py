"""Numbers known of pictures find their pictures."""

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.known_numbers import load_known


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "known.csv"
        path.write_text(text)
        return path

    return written


def test_titles_files_stems_and_rows_find_their_line_in_any_order(file):
    path = file("ink,picture,tilt\n0.5,b.png,3\n0.25,a,1\n0.75,digits row 7,9\n1,12,2\n")
    found = load_known(path, ("cats/a.png", "b.png", "digits row 7", "digits row 12", "c.png"))
    assert list(found) == ["ink", "tilt"]
    assert found["ink"][:4].tolist() == [0.25, 0.5, 0.75, 1]
    assert found["tilt"][:4].tolist() == [1, 3, 9, 2]
    assert bool(torch.stack(list(found.values()))[:, 4].isnan().all())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,ink\na.png,1\n", "`picture` is not a known column of "),
        ("picture,ink\nz.png,1\n", r"`known\.csv` must name pictures that are asked about, such as 'a\.png'"),
        ("picture,ink\na.png,1\na.png,2\n", r"must name every picture once\. Got 'a\.png' more than once"),
        ("picture,ink\na.png,much\n", "ink"),
    ],
)
def test_what_does_not_fit_is_one_sentence(file, text, sentence):
    with pytest.raises(InputError, match=sentence) as raised:
        load_known(file(text), ("a.png",))
    assert "\n" not in str(raised.value)
