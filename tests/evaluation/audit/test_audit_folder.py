import json

import numpy as np
import pytest

from xaivision.core.errors import FileFormatError, InputError
from xaivision.evaluation.audit import folder as module
from xaivision.evaluation.audit.folder import Folder
from xaivision.evaluation.audit.part import Cost, Curve, Part
from xaivision.evaluation.audit.rows import Row

CONFIGURATION = {"plan": {"seed": 0, "methods": {"saliency": {}}}, "shard_size": 8}


def a_part(shard: int = 3) -> Part:
    return Part(
        shard,
        (
            Row("cat.png", 7, "saliency", "", "deletion", 0.1 + 0.2, "", "ok"),
            Row("dog|?.png", -1, "", "", "", float("nan"), 'it is no "picture"\n', ""),
        ),
        (Cost("saliency", "deletion", 2, 33, 0, 0.25),),
        (Curve("saliency", "deletion", 2, (0.0, 1.0), (1.5, 0.5)),),
        12,
        3,
        1.25,
        2,
        {"saliency": np.full((2, 4, 4), 0.5, dtype=np.float16)},
        np.zeros((2, 3, 4, 4), dtype=np.uint8),
    )


def same(left: Part, right: Part) -> bool:
    return repr(left.rows) == repr(right.rows) and all(
        getattr(left, name) == getattr(right, name)
        for name in ("shard", "costs", "curves", "model_calls", "gradient_calls", "seconds", "items")
    )


@pytest.fixture
def opened(tmp_path) -> Folder:
    folder = Folder(tmp_path / "audit")
    folder.open(CONFIGURATION)
    return folder


def test_a_part_comes_back_as_it_was_to_the_last_bit(opened):
    assert not opened.holds(3)
    opened.write(a_part())
    assert opened.holds(3)
    back = opened.read(3)
    assert same(back, a_part())
    assert np.array_equal(back.maps["saliency"], a_part().maps["saliency"])
    assert np.array_equal(back.pictures, a_part().pictures)


def test_a_part_without_maps_comes_back_without(opened):
    opened.write(Part(0, a_part().rows))
    assert not opened.read(0).maps
    assert opened.read(0).pictures is None


def test_the_rows_can_be_read_by_whoever_reads_parquet(opened):
    import pandas as pd

    opened.write(a_part())
    frame = pd.read_parquet(opened.path / "parts" / "part-000003.parquet")
    assert list(frame.columns) == list(Row._fields)
    assert frame.value[0] == 0.1 + 0.2


def test_the_same_configuration_is_taken_up_and_keeps_what_is_done(opened):
    opened.write(a_part())
    again = Folder(opened.path)
    again.open(json.loads(json.dumps(CONFIGURATION)))
    assert again.holds(3)


def test_another_configuration_is_refused_with_what_differs(opened):
    other = {**CONFIGURATION, "plan": {**CONFIGURATION["plan"], "seed": 1}}
    with pytest.raises(InputError, match=r"`plan\.seed` was 0 and is now 1"):
        Folder(opened.path).open(other)


def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        Folder(tmp_path).open(CONFIGURATION)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("kind", ["parquet", "safetensors"])
def test_a_file_that_was_cut_short_is_said_by_name(opened, kind):
    opened.write(a_part())
    path = opened.path / "parts" / f"part-000003.{kind}"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FileFormatError, match=rf"part-000003\.{kind}` must be as an audit has written it"):
        opened.read(3)


def test_a_disk_that_fills_before_the_rows_leaves_a_part_that_is_not_done(opened, monkeypatch):
    write, calls = module.write_whole, []

    def full_at_the_second(path, *content):
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(path))
        return write(path, *content)

    monkeypatch.setattr(module, "write_whole", full_at_the_second)
    with pytest.raises(OSError, match="No space left"):
        opened.write(a_part())
    assert not opened.holds(3)
    opened.write(a_part())
    assert same(opened.read(3), a_part())
