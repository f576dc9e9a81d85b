"""Safetensors files in memory: equal content is equal bytes, and safetensors reads them."""

import json

import torch
from safetensors import safe_open
from safetensors.torch import load

from xaivision.models.tensor_bytes import tensor_bytes

TENSORS = {"b": torch.arange(6.0).reshape(2, 3), "a": torch.tensor([True, False, True]), "none": torch.zeros(0, 2)}
SAID = {f"entry {i}": f'text {i} "quoted" ü {{}}' for i in range(12)}


def test_equal_content_is_equal_bytes_and_the_metadata_keep_their_order():
    first = tensor_bytes(TENSORS, SAID)
    assert all(tensor_bytes(TENSORS, SAID) == first for _ in range(5))
    end = 8 + int.from_bytes(first[:8], "little")
    assert list(json.loads(first[8:end])["__metadata__"]) == list(SAID)
    assert end % 8 == 0  # where the tensors begin, for those who map the file


def test_safetensors_reads_every_bit_of_it(tmp_path):
    content = tensor_bytes(TENSORS, SAID)
    assert {name: part.tolist() for name, part in load(content).items()} == {n: t.tolist() for n, t in TENSORS.items()}
    (tmp_path / "file.safetensors").write_bytes(content)
    with safe_open(tmp_path / "file.safetensors", framework="pt") as file:
        assert file.metadata() == SAID
        assert file.get_tensor("none").shape == (0, 2)
