import pandas as pd
import pytest

from xaivision.core.errors import FileFormatError, InputError, UnknownNameError
from xaivision.data.csv_files import load_csv
from xaivision.data.schema import TableSchema

FRAME = pd.DataFrame({"age": [20, 30], "job": ["a", "b"], "score": [0.5, 1.5]})
SCHEMA = TableSchema.from_frame(FRAME)
ROWS = [[20.0, 0.0, 0.5], [30.0, 1.0, 1.5]]


@pytest.fixture
def written(tmp_path):
    def write(text, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_columns_are_taken_by_name_in_any_order(written):
    for columns in (["age", "job", "score"], ["score", "age", "job"]):
        found = load_csv(written(FRAME[columns].to_csv(index=False)), SCHEMA)
        assert found.inputs.tolist() == ROWS
        assert found.left_out == ()


def test_columns_that_the_model_does_not_take_are_left_out_and_named(written):
    text = FRAME.assign(label=["x", "y"]).to_csv(index=True)  # pandas writes the numbers of the rows, too
    found = load_csv(written(text), SCHEMA)
    assert found.inputs.tolist() == ROWS
    assert found.left_out == ("Unnamed: 0", "label")
    assert load_csv(written(text), SCHEMA, label="label").left_out == ("label", "Unnamed: 0")


def test_names_alone_give_the_order_too(written):
    path = written("label,b,a\n1,2,3\n")
    assert load_csv(path, names=("a", "b")).inputs.tolist() == [[3.0, 2.0]]
    assert load_csv(path, names=("a", "b")).left_out == ("label",)


def test_without_names_every_column_but_the_label_is_taken_in_its_order(written):
    path = written("b,label,a\n1,2,3\n")
    assert load_csv(path).inputs.tolist() == [[1.0, 2.0, 3.0]]
    assert load_csv(path, label="label").inputs.tolist() == [[1.0, 3.0]]


def test_a_column_that_is_missing_is_named_and_nothing_takes_its_place(written):
    path = written("age,jobs,points\n20,a,0.5\n")
    with pytest.raises(
        InputError, match=r"`table\.csv` must have the column 'job' and 1 more, which this model takes\. Got 'age'"
    ):
        load_csv(path, SCHEMA)
    with pytest.raises(InputError, match="must have the column 'a'"):
        load_csv(path, names=("a",))


def test_a_label_must_be_a_column_that_the_model_does_not_take(written):
    path = written(FRAME.assign(label=1).to_csv(index=False))
    with pytest.raises(UnknownNameError, match=r"`lable` is not a known column of [a-z]+[.]csv. Did you mean `label`"):
        load_csv(path, SCHEMA, label="lable")
    with pytest.raises(InputError, match="Got `age`, which it takes"):
        load_csv(path, SCHEMA, label="age")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("age,age,job,score\n1,2,a,3\n", "must name every column once. Got 'age' more than once"),
        ("age,job\n1,a,3\n", "Got fewer names than values in a row"),
        ("", "must be a CSV file"),
        (b"\x89PNG\xff\xfe", "must be a CSV file"),
        ("age,job,score\n1,a\n2,a,3,4,5\n", "must be a CSV file"),
        ("age,job,score\n", "must have at least one row below the names"),
        ("age,job,score\n1,c,3\n", "`job` must hold known categories"),
        ("age,job,score\n1,,3\n", "`job` must have no missing values"),
        ("age;job;score\n1;a;3\n", "must have the column 'age'"),
    ],
)
def test_what_is_no_table_of_this_model_is_one_sentence(written, text, sentence):
    with pytest.raises(InputError, match=sentence) as raised:
        load_csv(written(text), SCHEMA)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_csv_file_is_a_file_error(written):
    with pytest.raises(FileFormatError):
        load_csv(written(b"\x89PNG\xff\xfe"), SCHEMA)


def test_a_mark_of_byte_order_is_no_part_of_a_name(written):
    assert load_csv(written(b"\xef\xbb\xbf" + FRAME.to_csv(index=False).encode()), SCHEMA).inputs.tolist() == ROWS


def test_rows_name_themselves_on_one_line(written):
    found = load_csv(written(FRAME.assign(other=1).to_csv(index=False)), SCHEMA)
    assert repr(found) == "CsvRows(inputs (2, 3), left out [other])"
