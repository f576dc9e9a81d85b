from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from xaivision.core.cache_folder import cache_directory
from xaivision.models.weights_cache import digest, keep_weights, kept_weights

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def weights():
    return {"w": torch.arange(6, dtype=torch.float32).view(2, 3), "b": torch.ones(2, dtype=torch.float64)}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def file(weights, home):
    keep_weights("net", KEY, weights)
    (path,) = (home / "xaivision" / "models").iterdir()
    return path


def test_what_was_kept_comes_back_bit_for_bit(weights, file):
    back = kept_weights("net", KEY, weights)
    assert back.keys() == weights.keys()
    assert all(torch.equal(back[part], weights[part]) and back[part].dtype == weights[part].dtype for part in weights)


def test_nothing_kept_is_none(weights):
    assert kept_weights("net", KEY, weights) is None


def test_another_key_finds_nothing(weights, file):
    assert kept_weights("net", OTHER, weights) is None


def test_a_file_of_another_key_under_this_name_is_not_trusted(weights, file):
    file.rename(file.with_name(f"net-{OTHER[:16]}.safetensors"))
    assert kept_weights("net", OTHER, weights) is None


@pytest.mark.parametrize("keep", [0, 10, 200, -1], ids=["empty", "header cut", "values cut", "last byte cut"])
def test_a_cut_file_is_not_trusted(weights, file, keep):
    file.write_bytes(file.read_bytes()[:keep])
    assert kept_weights("net", KEY, weights) is None


def test_one_flipped_bit_is_not_trusted(weights, file):
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert kept_weights("net", KEY, weights) is None


def test_a_file_from_elsewhere_is_not_trusted(weights, file):
    save_file(weights, file)
    assert kept_weights("net", KEY, weights) is None
    file.write_bytes(b"\x80\x04K\x01.")  # a pickle
    assert kept_weights("net", KEY, weights) is None


@pytest.mark.parametrize("change", ["shape", "dtype", "name"])
def test_weights_that_do_not_fit_the_network_are_not_trusted(weights, file, change):
    like = {
        "shape": {**weights, "w": torch.zeros(3, 2)},
        "dtype": {**weights, "b": torch.ones(2)},
        "name": {"w": weights["w"], "c": weights["b"]},
    }[change]
    assert kept_weights("net", KEY, like) is None


def test_keeping_leaves_one_file_and_replaces_a_damaged_one(weights, file):
    file.write_bytes(b"damaged")
    keep_weights("net", KEY, weights)
    assert list(file.parent.iterdir()) == [file]
    assert kept_weights("net", KEY, weights) is not None


def test_a_cache_that_cannot_be_written_is_done_without(weights, home):
    (home / "xaivision").write_text("a file where the directory would be")
    keep_weights("net", KEY, weights)
    assert kept_weights("net", KEY, weights) is None


def test_the_digest_sees_names_shapes_dtypes_and_values(weights):
    others = [
        {"w": weights["w"], "c": weights["b"]},
        {**weights, "w": weights["w"].view(3, 2)},
        {**weights, "b": torch.zeros(2, dtype=torch.float64)},
        {**weights, "w": weights["w"].view(torch.int32)},
    ]
    assert len({digest(one) for one in [weights, *others]}) == 5
    assert digest(weights) == digest(dict(reversed(weights.items())))


def test_the_directory_is_the_users_cache(monkeypatch, tmp_path):
    assert cache_directory() == tmp_path / "xaivision"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_directory() == tmp_path / "home" / ".cache" / "xaivision"


def test_without_a_home_nothing_is_kept_and_nothing_fails(monkeypatch, weights):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    keep_weights("net", KEY, weights)
    assert kept_weights("net", KEY, weights) is None
