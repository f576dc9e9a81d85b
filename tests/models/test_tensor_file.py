import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save

from xaivision.models.tensor_file import read_tensors

TENSORS = {"a": torch.arange(4.0), "b": torch.ones(2, 2, dtype=torch.bfloat16)}


def test_tensors_and_metadata_come_back(tmp_path):
    path = tmp_path / "one.safetensors"
    path.write_bytes(save(TENSORS, metadata={"key": "k"}))
    tensors, said = read_tensors(path)
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], part) and tensors[name].dtype == part.dtype for name, part in TENSORS.items())
    assert said == {"key": "k"}


def test_a_file_without_metadata_says_nothing(tmp_path):
    path = tmp_path / "one.safetensors"
    path.write_bytes(save(TENSORS))
    assert read_tensors(path)[1] == {}


def test_what_was_read_stays_when_the_file_changes(tmp_path):
    path = tmp_path / "one.safetensors"
    path.write_bytes(save(TENSORS))
    tensors, _ = read_tensors(path)
    with path.open("r+b") as stream:  # the same file, of which a mapped tensor would show the new bytes
        stream.seek(-24, 2)
        stream.write(bytes(24))
    assert all(torch.equal(tensors[name], part) for name, part in TENSORS.items())


def test_another_kind_of_file_is_told(tmp_path):
    path = tmp_path / "one.safetensors"
    path.write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(SafetensorError):
        read_tensors(path)
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "none.safetensors")
