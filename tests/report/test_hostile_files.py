"""Files that lie. Each is refused with one sentence, and nothing in it is run."""

import hashlib
import json
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from report_results import attribution, comparison, image_query, scores, table_query
from safetensors.torch import load as tensors_from
from safetensors.torch import save as tensors_to

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.scores import Scores
from xaivision.report import files
from xaivision.report.files import load, save

RAN = []


def run():
    RAN.append("executed")


class Bomb:
    def __reduce__(self):
        return (run, ())


@pytest.fixture
def parts(tmp_path):
    """A good file taken apart: its tree and its tensors by name."""
    return taken_apart(save(attribution(table_query(2)), tmp_path / "good"))


def taken_apart(path):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    return json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["result"]), tensors_from(content)


def entries(body, **metadata):
    """A header as `save` writes it, before its checksum is known."""
    return {"schema": "xaivision-result", "version": "2", "sha256": "0" * 64, "result": body, **metadata}


def sealed(content):
    """The file with its checksum: an attacker can compute one too."""
    return content.replace(b'"sha256":"' + b"0" * 64, b'"sha256":"' + hashlib.sha256(content).hexdigest().encode(), 1)


def put_together(path, tree, tensors, **metadata):
    body = tree if isinstance(tree, str) else json.dumps(tree)
    path.write_bytes(sealed(tensors_to(tensors, entries(body, **metadata))))
    return path


def with_header(path, header, body=b""):
    encoded = json.dumps(header, separators=(",", ":")).encode()
    path.write_bytes(sealed(len(encoded).to_bytes(8, "little") + encoded + body))
    return path


def refusal(path):
    with pytest.raises(FileFormatError) as caught:
        load(path)
    sentence = str(caught.value)
    assert path.name in sentence
    assert "\n" not in sentence
    assert len(sentence) < 400
    assert RAN == []
    return sentence


def test_taking_a_file_apart_and_putting_it_together_is_fair(parts, tmp_path):
    assert load(put_together(tmp_path / "x", *parts)).method == "saliency"


def test_a_pickle_is_refused_and_not_run(tmp_path):
    for name, protocol in (("a", 0), ("b", 2), ("c", 5)):
        (tmp_path / name).write_bytes(pickle.dumps(Bomb(), protocol=protocol))
        refusal(tmp_path / name)
    assert "a pickle" in refusal(tmp_path / "c")


def test_a_torch_file_with_a_pickle_inside_is_refused_and_not_run(tmp_path):
    torch.save({"a": Bomb()}, tmp_path / "x.pt")
    assert "zip archive" in refusal(tmp_path / "x.pt")


def test_numpy_arrays_of_objects_are_refused_and_not_run(tmp_path):
    objects = np.array([Bomb()], dtype=object)
    np.savez(tmp_path / "x.npz", a=objects)
    np.save(tmp_path / "y.npy", objects)
    assert "zip archive" in refusal(tmp_path / "x.npz")
    assert "NumPy array" in refusal(tmp_path / "y.npy")


def test_an_array_whose_header_lies_about_its_size_is_refused(tmp_path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000,), }".ljust(117) + b"\n"
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    assert "NumPy array" in refusal(tmp_path / "x.npy")


def test_a_zip_with_names_that_climb_out_of_it_is_refused_and_unpacked_nowhere(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(folder / "x.npz", "w") as archive:
        archive.writestr("../../climbed.npy", b"x")
    refusal(folder / "x.npz")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["x.npz"]


@pytest.mark.parametrize(
    "content", [b"", b"\x01", b"\x10" + bytes(7), b"<html>hello</html>", b'{"a": 1}', b"\x89PNG\r\n\x1a\n" + bytes(50)]
)
def test_what_is_no_result_at_all_is_refused(content, tmp_path):
    (tmp_path / "x").write_bytes(content)
    refusal(tmp_path / "x")


def test_a_truncated_file_is_refused_wherever_it_was_cut(tmp_path):
    content = save(attribution(table_query()), tmp_path / "good").read_bytes()
    for length in (*range(0, 64, 7), len(content) // 2, len(content) - 1):
        (tmp_path / "cut").write_bytes(content[:length])
        refusal(tmp_path / "cut")


def test_a_header_longer_than_the_file_is_refused(tmp_path):
    content = save(attribution(table_query()), tmp_path / "good").read_bytes()
    for claimed in (2**63, 2**64 - 1, len(content), 0):
        (tmp_path / "x").write_bytes(claimed.to_bytes(8, "little") + content[8:])
        refusal(tmp_path / "x")


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F64", "shape": [10**10], "data_offsets": [0, 8 * 10**10]},
        {"dtype": "F64", "shape": [2**62, 2**62], "data_offsets": [0, 8]},
        {"dtype": "F64", "shape": [3], "data_offsets": [0, 8]},
        {"dtype": "F64", "shape": [1], "data_offsets": [8, 0]},
        {"dtype": "F64", "shape": [-1], "data_offsets": [0, 8]},
        {"dtype": "object", "shape": [1], "data_offsets": [0, 8]},
        {"dtype": "F64", "shape": [1]},
        "a text",
    ],
)
def test_a_tensor_whose_header_lies_is_refused(entry, tmp_path):
    said = refusal(with_header(tmp_path / "x", {"__metadata__": entries("null"), "values": entry}, bytes(8)))
    assert "its tensors cannot be read" in said


def test_a_file_larger_than_any_result_is_not_even_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_FILE", 1000)
    path = save(attribution(image_query()), tmp_path / "x")
    assert "more than any result" in refusal(path)


def test_a_safetensors_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(tensors_to({"weight": torch.zeros(2)}))
    assert "of something else" in refusal(tmp_path / "x.safetensors")


def test_a_result_of_a_later_release_says_so(parts, tmp_path):
    assert "version '3'" in refusal(put_together(tmp_path / "x", *parts, version="3"))


def test_a_result_of_an_earlier_release_has_no_checksum_and_says_so(parts, tmp_path):
    tree, tensors = parts
    old = {"schema": "xaivision-result", "version": "1", "result": json.dumps(tree)}
    (tmp_path / "x").write_bytes(tensors_to(tensors, old))
    said = refusal(tmp_path / "x")
    assert "by an earlier release, without a checksum" in said
    assert said.endswith("save its answer with this release.")


def test_a_result_whose_checksum_was_taken_out_is_refused(parts, tmp_path):
    tree, tensors = parts
    (tmp_path / "x").write_bytes(tensors_to(tensors, {k: v for k, v in entries(json.dumps(tree)).items() if k != "sha256"}))
    assert "other entries" in refusal(tmp_path / "x")


@pytest.mark.parametrize("given", ["0" * 64, "", "A" * 64, "0" * 63, "é" * 64, "f" * 64])
def test_a_checksum_that_is_none_is_refused(given, parts, tmp_path):
    tree, tensors = parts
    (tmp_path / "x").write_bytes(tensors_to(tensors, entries(json.dumps(tree), sha256=given)))
    assert "does not match its checksum" in refusal(tmp_path / "x")


def test_a_text_that_looks_like_the_checksum_is_not_taken_for_it(parts, tmp_path):
    tree, tensors = parts
    tree["fields"]["origin"]["fields"]["model"] = '"sha256":"' + "0" * 64 + '"'
    assert load(put_together(tmp_path / "x", tree, tensors)).origin.model.startswith('"sha256"')


def test_a_header_with_further_entries_is_refused(parts, tmp_path):
    assert "other entries" in refusal(put_together(tmp_path / "x", *parts, more="x"))


def test_names_of_tensors_that_climb_are_names_of_nothing(parts, tmp_path):
    tree, tensors = parts
    tensors["../../etc/passwd"] = torch.zeros(1)
    assert "belong to nothing" in refusal(put_together(tmp_path / "x", tree, tensors))
    tree["fields"]["values"] = {"tensor": "../../etc/shadow"}
    refusal(put_together(tmp_path / "x", tree, tensors))


def test_a_missing_tensor_is_refused(parts, tmp_path):
    tree, tensors = parts
    del tensors["values"]
    assert "`values` refers to what is not there" in refusal(put_together(tmp_path / "x", tree, tensors))


@pytest.mark.parametrize("name", ["os.system", "Bomb", "Path", "object", "Presentable", "Explanation", "", "__class__"])
def test_a_class_outside_the_table_is_refused(name, parts, tmp_path):
    tree, tensors = parts
    tree["is"] = name
    assert "no result type" in refusal(put_together(tmp_path / "x", tree, tensors))


def test_an_unknown_or_missing_field_is_refused(parts, tmp_path):
    tree, tensors = parts
    tree["fields"]["__class__"] = "x"
    assert "has not the fields of Attribution" in refusal(put_together(tmp_path / "x", tree, tensors))
    del tree["fields"]["__class__"], tree["fields"]["kind"]
    assert "has not the fields of Attribution" in refusal(put_together(tmp_path / "x", tree, tensors))


@pytest.mark.parametrize(
    ("field", "node"),
    [
        ("kind", "steepness"),
        ("kind", None),
        ("values", 3.5),
        ("values", {"tuple": [1]}),
        ("query", None),
        ("query", {"same": "origin"}),
        ("query", {"same": "nowhere"}),
        ("baseline", "black"),
        ("reference_scores", {"float": "infinity"}),
        ("players", {"tensor": ["values"]}),
        ("players", {"exec": "import os"}),
        ("players", {}),
        ("players", [1]),
        ("players", {"map": [["a"]]}),
        ("players", {"map": "ab"}),
        ("diagnostics", {"is": ["Diagnostics"], "fields": {}}),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(field, node, parts, tmp_path):
    tree, tensors = parts
    tree["fields"][field] = node
    refusal(put_together(tmp_path / "x", tree, tensors))


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("query.targets", torch.tensor([0, 99])),
        ("query.targets", torch.tensor([0, -1])),
        ("query.targets", torch.tensor([0.0, 1.0])),
        ("query.targets", torch.tensor([0])),
        ("query.targets", torch.tensor(0)),
        ("query.scores", torch.zeros(3)),
        ("query.inputs", torch.zeros(())),
        ("values", torch.zeros(2, 11, dtype=torch.float64)),
        ("values", torch.zeros(0)),
        ("values", torch.zeros(())),
    ],
)
def test_tensors_that_do_not_fit_together_are_refused(name, tensor, parts, tmp_path):
    tree, tensors = parts
    tensors[name] = tensor
    refusal(put_together(tmp_path / "x", tree, tensors))


def test_a_tree_nested_without_end_is_refused(parts, tmp_path):
    deep = '{"list":[' * 50_000 + "]}" * 50_000
    refusal(put_together(tmp_path / "x", deep, parts[1]))


@pytest.mark.parametrize(
    "body", ["NaN", "{", '{"is": "Scores", "is": "Scores", "fields": {}}', "1e999", "[]", "null", '"text"', "9" * 5000]
)
def test_a_tree_that_is_no_result_is_refused(body, parts, tmp_path):
    refusal(put_together(tmp_path / "x", body, parts[1]))


def test_json_that_only_lenient_readers_accept_is_refused(parts, tmp_path):
    tree, tensors = parts
    text = json.dumps(tree)
    for lenient in (text.replace('"seed": 7', '"seed": 7, "seed": 8'), text.replace('["steps", 3]', '["steps", NaN]')):
        assert lenient != text
        assert "not the JSON it should be" in refusal(put_together(tmp_path / "x", lenient, tensors))


@pytest.mark.parametrize("calls", [True, 1.5, "3", None, {"tuple": []}])
def test_counts_must_be_whole_numbers(calls, parts, tmp_path):
    tree, tensors = parts
    tree["fields"]["diagnostics"]["fields"]["model_calls"] = calls
    assert "`model_calls` of Diagnostics" in refusal(put_together(tmp_path / "x", tree, tensors))


@pytest.mark.parametrize(
    ("name", "spoiled", "said"),
    [
        ("controls.0.values", torch.zeros(3, dtype=torch.float64), "`details` of Scores"),
        ("controls.1.values", torch.zeros(3, dtype=torch.float64), "the controls of the Scores"),
        ("controls.0.details.0", torch.zeros(3, 2, dtype=torch.float64), "`details` of Scores"),
        ("controls.0.details.0", torch.zeros(2, dtype=torch.float64), "`draws` of Scores"),
        ("controls.0.details.0", torch.zeros(2, 0, dtype=torch.float64), "`draws` of Scores"),
    ],
)
def test_controls_and_draws_that_do_not_fit_the_scores_are_refused(name, spoiled, said, tmp_path):
    chance = Scores("m", "random", torch.zeros(2, dtype=torch.float64), True, details={"draws": torch.ones(2, 4).double()})
    other = Scores("m", "sobel", torch.full((2,), 2.0, dtype=torch.float64), True)
    made = replace(scores("insertion", "m", 2, 0), controls={"random": chance, "sobel": other})
    tree, tensors = taken_apart(save(made, tmp_path / "good"))
    assert name in tensors
    tensors[name] = spoiled
    assert said in refusal(put_together(tmp_path / "x", tree, tensors))


def test_parts_of_a_comparison_that_do_not_belong_together_are_refused(tmp_path):
    made = comparison(table_query(2))
    tree, tensors = taken_apart(save(made, tmp_path / "good"))
    tree["fields"]["controls"] = {"tuple": ["a control that is not there"]}
    assert "a label that it does not hold" in refusal(put_together(tmp_path / "x", tree, tensors))
    tree, tensors = taken_apart(tmp_path / "good.safetensors")
    tensors["agreement"] = torch.zeros(2, 3, 3, dtype=torch.float64)
    assert "`agreement` of the Comparison" in refusal(put_together(tmp_path / "x", tree, tensors))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(content):
    with pytest.raises(FileFormatError):
        files._result(content)


def test_results_that_are_not_whole_are_not_written_either(tmp_path):
    made = scores("deletion", "m", 2, 0)
    object.__setattr__(made, "curves", torch.zeros(3, 2))
    with pytest.raises(InputError, match="`curves` of Scores is not one for each input"):
        save(made, tmp_path / "x")
