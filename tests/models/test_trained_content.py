import json
from math import nan

import pytest
import torch

from xaivision.models.learning_parts import LearningParts
from xaivision.models.tensor_file import read_tensors
from xaivision.models.trained_content import content_digest, put_weights, split_of, write_content

PARTS = LearningParts(torch.tensor([0, 3]), torch.tensor([1]), torch.tensor([2, 4, 5]))


def network():
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


def test_what_is_written_is_read_back_into_a_network_of_its_kind(tmp_path):
    one, two = network(), network()
    path = write_content(tmp_path / "mine", "shape 1", one, PARTS, {"plan": [1, None]})
    tensors, said = read_tensors(path)
    assert (said["schema"], json.loads(said["told"])) == ("shape 1", {"plan": [1, None]})
    assert said["content"] == content_digest(tensors, said["told"])
    put_weights(two, tensors)
    assert all(torch.equal(part, two.state_dict()[name]) for name, part in one.state_dict().items())
    assert all(torch.equal(rows, PARTS.named[name]) for name, rows in split_of(tensors).named.items())


@pytest.mark.parametrize(
    ("given", "written"), [("mine", "mine.safetensors"), ("v1.2", "v1.2.safetensors"), ("a.safetensors", "a.safetensors")]
)
def test_the_ending_is_added_where_it_is_missing_and_nothing_is_cut_off(tmp_path, given, written):
    assert write_content(str(tmp_path / given), "shape 1", network(), PARTS, {}) == tmp_path / written
    assert [path.name for path in tmp_path.iterdir()] == [written]


def test_the_digest_is_of_names_values_and_text():
    tensors = {"a": torch.zeros(2), "b": torch.ones(2)}
    others = [({"a": tensors["a"]}, "t"), ({"a": tensors["b"], "b": tensors["a"]}, "t"), (tensors, "u")]
    assert content_digest(tensors, "t") == content_digest(dict(reversed(tensors.items())), "t")
    assert content_digest(tensors, "t") not in [content_digest(*one) for one in others]


def test_what_json_cannot_hold_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_content(tmp_path / "mine", "shape 1", network(), PARTS, {"share": nan})
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_network_or_a_split_without_a_part_do_not_fit(tmp_path):
    tensors, _ = read_tensors(write_content(tmp_path / "mine", "shape 1", network(), PARTS, {}))
    with pytest.raises(RuntimeError):
        put_weights(torch.nn.Linear(3, 2), tensors)
    del tensors["split.test"]
    with pytest.raises(KeyError):
        split_of(tensors)
