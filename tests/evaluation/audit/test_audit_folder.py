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


def test_what_changed_is_named_in_words_a_digest_alone_would_not_say(tmp_path):
    known = {
        "items": {"count": 3, "fingerprint": "aa"},
        "model": {"name": "m", "fingerprint": "bb"},
        "plan": {"methods": {"ig": {"contents": {"baseline": "cc"}, "settings": {"steps": 8}}}, "seed": 0},
    }

    def refused(*path_and_value):
        *path, name, value = path_and_value
        other = json.loads(json.dumps(known))
        inner = other
        for step in path:
            inner = inner[step]
        inner[name] = value
        with pytest.raises(InputError) as refusal:
            Folder(tmp_path / "a").open(other)
        return str(refusal.value)

    Folder(tmp_path / "a").open(known)
    assert "the items hold other values, or have other names or another order" in refused("items", "fingerprint", "xx")
    assert "the model has other weights or other settings" in refused("model", "fingerprint", "xx")
    assert "`baseline` of `ig` holds other values" in refused("plan", "methods", "ig", "contents", "baseline", "xx")
    assert "`plan.methods.ig.settings.steps` was 8 and is now 9" in refused("plan", "methods", "ig", "settings", "steps", 9)
    assert "`plan.methods` has a new `lime`" in refused("plan", "methods", "lime", {})
    assert "`plan` has no longer `seed`" in refused("plan", {"methods": known["plan"]["methods"]})
    fewer = refused("items", {"count": 2, "fingerprint": "xx"})
    assert "`items.count` was 3 and is now 2. Name another folder" in fewer


def test_of_many_differences_three_are_named(opened):
    with pytest.raises(InputError) as refusal:
        Folder(opened.path).open({**CONFIGURATION, **{name: 1 for name in "abcdef"}})
    assert str(refusal.value).count("has a new") == 3


def test_a_setting_of_a_thousand_numbers_is_not_told_in_full(opened):
    with pytest.raises(InputError) as refusal:
        Folder(opened.path).open({**CONFIGURATION, "shard_size": list(range(1000))})
    assert len(str(refusal.value)) < 400


def test_a_folder_whose_first_writing_was_stopped_is_taken_up(tmp_path):
    folder = tmp_path / "audit"
    folder.mkdir()
    (folder / ".audit.json.0123456789abcdef.part").write_bytes(b"{")
    Folder(folder).open(CONFIGURATION)
    assert (folder / "audit.json").is_file()
    with pytest.raises(InputError, match="another configuration"):
        Folder(folder).open({**CONFIGURATION, "shard_size": 9})


def test_the_configuration_stands_before_anything_else_so_that_a_stop_between_leaves_no_folder_of_other_things(
    tmp_path, monkeypatch
):
    def stopped(path, *content):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_whole", stopped)
    with pytest.raises(KeyboardInterrupt):
        Folder(tmp_path / "audit").open(CONFIGURATION)
    assert not any((tmp_path / "audit").iterdir())


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_place_where_no_folder_can_be_is_one_sentence(tmp_path, name):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"`out` must be a folder that can be written\. Got `.*file.*`: .+\. Name another"):
        Folder(tmp_path / name).open(CONFIGURATION)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("kind", ["parquet", "safetensors"])
def test_a_part_of_which_one_file_was_deleted_as_told_is_done_again(opened, kind):
    opened.write(a_part())
    (opened.path / "parts" / f"part-000003.{kind}").unlink()
    assert not opened.holds(3)


def test_what_was_noted_comes_back_and_what_was_damaged_is_said_by_name(opened):
    assert opened.noted("planned") is None
    opened.note("planned", {"model_calls": 3})
    assert opened.noted("planned") == {"model_calls": 3}
    (opened.path / "planned.json").write_bytes(b"{")
    with pytest.raises(FileFormatError, match=r"planned\.json` must be as an audit has written it"):
        opened.noted("planned")


def test_a_configuration_that_was_damaged_is_said_by_name(opened):
    (opened.path / "audit.json").write_bytes(b"{")
    with pytest.raises(FileFormatError, match=r"audit\.json` must be as an audit has written it"):
        Folder(opened.path).open(CONFIGURATION)


@pytest.mark.parametrize("name", [".thesis", ".audit.json.notes"])
def test_hidden_files_of_somebody_are_other_files_too(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        Folder(tmp_path).open(CONFIGURATION)


def test_pictures_are_no_map(opened):
    opened.write(a_part())
    assert list(opened.read(3).maps) == ["saliency"]
