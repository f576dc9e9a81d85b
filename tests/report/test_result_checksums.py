"""Files that were damaged on their way: each result type is saved, one bit of the file is turned, and nothing is read from it."""

import pytest
from report_results import attribution, comparison, every_explanation, image_query, table_query

from xaivision.core.errors import FileFormatError
from xaivision.report import files
from xaivision.report.files import load, save

EVERY_RESULT = {
    **{type(one).__name__: one for one in every_explanation(image_query(2, size=4))},
    "Scores": comparison(table_query(2)).scores["deletion"]["saliency"],
    "Comparison": comparison(table_query(2)),
}


def test_every_type_that_a_file_may_hold_is_tried_here():
    assert set(EVERY_RESULT) == {kind.__name__ for kind in files.RESULTS}


@pytest.mark.parametrize("name", EVERY_RESULT)
def test_every_changed_bit_is_refused_wherever_it_lies(name, tmp_path):
    content = save(EVERY_RESULT[name], tmp_path / "good").read_bytes()
    header = 8 + int.from_bytes(content[:8], "little")
    assert content != content[:header]  # there are tensors
    everywhere = (*range(0, header, 61), *range(header, len(content), max(1, (len(content) - header) // 200)), len(content) - 1)
    for number, place in enumerate(everywhere):
        changed = bytearray(content)
        changed[place] ^= 1 << (number % 8)
        with pytest.raises(FileFormatError):
            files._result(bytes(changed))
    assert isinstance(files._result(content), files.RESULTS)


def test_a_changed_bit_of_a_value_is_named_a_damaged_file(tmp_path):
    path = save(attribution(table_query(2)), tmp_path / "good")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"^`good.safetensors` .* its content does not match its checksum: it was damaged"):
        load(path)


def test_bytes_behind_the_end_are_refused(tmp_path):
    path = save(attribution(table_query(2)), tmp_path / "good")
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(FileFormatError, match="does not match its checksum"):
        load(path)
