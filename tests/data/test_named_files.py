import hashlib
import tomllib
from pathlib import Path

import pytest

import xaivision
from xaivision.core.errors import FileFormatError, InputError, UnknownNameError
from xaivision.data import named_files as module
from xaivision.data.named_files import datasets_folder, named_files, read_named_file

CHECKOUT = Path(xaivision.__file__).resolve().parents[1] / "datasets"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A `datasets` folder of our own in two possible places, with the registry read afresh."""

    def install(places, content=b"hello", sha256=None, **more):
        folder = places[-1]
        folder.mkdir(parents=True, exist_ok=True)
        digest = sha256 or hashlib.sha256(content).hexdigest()
        entry = {"name": "greeting", "file": "greeting.txt", "sha256": digest, "license": "CC0", "origin": "here", **more}
        lines = "\n".join(f'{key} = "{value}"' for key, value in entry.items())
        (folder / "registry.toml").write_text(f"[[file]]\n{lines}\n")
        (folder / "greeting.txt").write_bytes(content)
        monkeypatch.setattr(module, "PLACES", tuple(places))
        named_files.cache_clear()

    yield lambda **settings: install([tmp_path / "datasets"], **settings)
    named_files.cache_clear()


def test_the_folder_of_this_checkout_is_found():
    assert datasets_folder() == CHECKOUT
    assert not (CHECKOUT / "__init__.py").exists()


def test_the_folder_inside_an_installed_package_is_found_and_one_without_a_registry_is_not(tmp_path, monkeypatch):
    inside, beside = tmp_path / "xaivision" / "datasets", tmp_path / "datasets"
    beside.mkdir()  # another project's package of that name
    inside.mkdir(parents=True)
    (inside / "registry.toml").write_text("")
    monkeypatch.setattr(module, "PLACES", (beside, inside))
    assert datasets_folder() == inside


def test_the_places_are_inside_the_package_and_beside_it():
    package = Path(xaivision.__file__).resolve().parent
    assert (package / "datasets", package.parent / "datasets") == module.PLACES


def test_an_installation_without_the_folder_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PLACES", (tmp_path / "a", tmp_path / "b"))
    with pytest.raises(
        InputError, match=r"The folder `datasets` must come with xaivision\. It is not in .* Install xaivision again"
    ):
        datasets_folder()


def test_a_file_is_read_where_its_sha256_agrees(elsewhere):
    elsewhere()
    assert read_named_file("greeting") == b"hello"


def test_a_damaged_file_is_refused(elsewhere):
    elsewhere(sha256=hashlib.sha256(b"other").hexdigest())
    with pytest.raises(
        FileFormatError, match=r"greeting\.txt` must have the sha256 .* Got 2cf24dba5fb0\.\.\.: the file is damaged"
    ):
        read_named_file("greeting")


def test_a_missing_file_is_one_sentence(elsewhere, tmp_path):
    elsewhere()
    (tmp_path / "datasets" / "greeting.txt").unlink()
    with pytest.raises(InputError, match=r"greeting\.txt` must be a file that can be read\. Got: No such file"):
        read_named_file("greeting")


def test_a_file_of_a_package_that_is_not_installed_is_one_sentence(elsewhere):
    elsewhere(package="no_such_package")
    with pytest.raises(InputError, match=r"The package `no_such_package`, which carries `greeting\.txt`, must be installed"):
        read_named_file("greeting")


def test_an_unknown_name_suggests_the_closest():
    with pytest.raises(UnknownNameError, match=r"`uci_sonr` is not a known dataset file\. Did you mean `uci_sonar`"):
        read_named_file("uci_sonr")


@pytest.mark.parametrize(
    "name", list(tomllib.loads((CHECKOUT / "registry.toml").read_text())["file"]), ids=lambda entry: entry["name"]
)
def test_every_registered_file_is_there_and_undamaged_and_names_no_address(name):
    assert len(read_named_file(name["name"])) > 1000
    assert name["license"]
    assert name["origin"]
    assert "//" not in str(name)


def test_every_sample_file_is_registered():
    samples = {f"samples/{path.name}" for path in (CHECKOUT / "samples").iterdir()}
    assert samples == {entry.file for entry in named_files().values() if entry.package is None}
