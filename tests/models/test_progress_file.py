import pytest
import torch
from safetensors.torch import save

from xaivision.core.errors import FileFormatError, InputError
from xaivision.models.cycle_file import CycleFile
from xaivision.models.progress_file import ProgressFile
from xaivision.models.training_state import StateFile

TENSORS = {"at": torch.arange(6, dtype=torch.float64).view(2, 3), "step": torch.tensor(3.0)}


@pytest.fixture
def file(tmp_path):
    return ProgressFile(tmp_path / "state.safetensors", "k", "walks 1")


def whole(tensors, told):
    return tensors, told


def test_what_was_written_comes_back_bit_for_bit_with_what_was_told(file):
    file.write(TENSORS, {"losses": [0.1, 1e-300], "epoch": 2})
    tensors, told = file.read(whole)
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], part) and tensors[name].dtype == part.dtype for name, part in TENSORS.items())
    assert told == {"losses": [0.1, 1e-300], "epoch": 2}


def test_a_tensor_in_another_order_of_memory_comes_back_as_it_was(file):
    file.write({"at": TENSORS["at"].T}, {})
    assert torch.equal(file.read(whole)[0]["at"], TENSORS["at"].T)


def test_no_file_is_none_and_nothing_is_taken_up(file):
    assert file.read(lambda *_state: pytest.fail("nothing was kept")) is None


def test_a_file_of_another_key_is_another_training(file):
    file.write(TENSORS, {})
    with pytest.raises(InputError, match="must be the file of this very training"):
        ProgressFile(file.path, "other", file.schema).read(whole)


def test_a_file_of_another_schema_is_another_kind_of_file_whatever_its_key(file):
    file.write(TENSORS, {})
    with pytest.raises(FileFormatError, match=r"cannot be gone on from: it is damaged or no such file\. Remove it"):
        ProgressFile(file.path, file.key, "walks 2").read(whole)


def test_a_changed_bit_of_a_tensor_is_told(file):
    file.write(TENSORS, {})
    content = bytearray(file.path.read_bytes())
    content[-1] ^= 1
    file.path.write_bytes(content)
    with pytest.raises(FileFormatError, match="it is damaged or no such file"):
        file.read(whole)


def test_a_safetensors_file_of_someone_else_is_refused(file):
    file.path.write_bytes(save(TENSORS))
    with pytest.raises(FileFormatError, match="it is damaged or no such file"):
        file.read(whole)


@pytest.mark.parametrize("error", [ValueError, KeyError, RuntimeError])
def test_a_state_that_does_not_fit_is_told_as_such(file, error):
    def unfit(_tensors, _told):
        raise error("of another shape")

    file.write(TENSORS, {})
    with pytest.raises(FileFormatError, match="its state is not that of this network") as told:
        file.read(unfit)
    assert isinstance(told.value.__cause__, error)


def test_the_two_kinds_of_training_do_not_take_each_others_files(tmp_path):
    path, module = tmp_path / "state.safetensors", torch.nn.Linear(1, 1)
    CycleFile(path, "k").write(module, module.state_dict(), [1.0], [0.0])
    parameters = dict(module.named_parameters())
    with pytest.raises(FileFormatError, match="it is damaged or no such file"):
        StateFile(path, "k").read(parameters, torch.optim.AdamW(module.parameters()))
