import csv
import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from served import digest, serving

from xaivision.core.errors import FileFormatError, InputError, UnknownNameError
from xaivision.data import named_files
from xaivision.data.image_folders import load_image_folders
from xaivision.data.images import load_image
from xaivision.data.named_sets.manifest import ListedPicture, manifest, read_manifest, shown, write_manifest
from xaivision.data.named_sets.named_set import named_sets
from xaivision.data.named_sets.obtaining import obtain_set, set_folder
from xaivision.data.named_sets.resumed_download import DownloadError

INSIDE = "repository/pictures"


def encoded(picture, format="PNG", **how):
    file = io.BytesIO()
    picture.save(file, format, **how)
    return file.getvalue()


def drawn(seed):
    """A smooth picture of 48 x 64."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8), dtype=np.uint8)
    return Image.fromarray(small).resize((64, 48), Image.Resampling.BICUBIC)


PICTURES = {
    f"{name}/{stem}.png": drawn(seed)
    for seed, (name, stem) in enumerate((name, f"n{number}") for name in ("rock", "ship") for number in range(6))
}
FILES = {place: encoded(picture) for place, picture in PICTURES.items()}


@pytest.fixture(autouse=True)
def registry(tmp_path, monkeypatch):
    """A registry with one set, whose list was made from PNG files."""
    folder = tmp_path / "datasets"
    folder.mkdir()
    listed = [
        ListedPicture(place, digest(content), 48, 64, shown(load_image(io.BytesIO(content)))) for place, content in FILES.items()
    ]
    write_manifest(folder / "list.tsv", listed)
    words = "\n".join(f'{key} = "{key} of it"' for key in ("what", "license", "citation", "origin", "note"))
    (folder / "registry.toml").write_text(
        f'[[set]]\nname = "mine"\npictures = 12\nclasses = ["rock", "ship"]\naddresses = ["https://example.invalid/a.zip"]\n'
        f'inside = "{INSIDE}"\nmanifest = "list.tsv"\n{words}\n'
    )
    monkeypatch.setattr(named_files, "PLACES", (folder,))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget()
    yield folder
    forget()


def forget():
    named_sets.cache_clear()
    manifest.cache_clear()


def archive_of(files, top="repository-1234"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def at_origin(files=FILES, **how):
    """The files where the origin has them, with a readme beside them."""
    return archive_of({f"{INSIDE}/{place}": content for place, content in files.items()} | {"README.md": b"read me"}, **how)


def kept(tmp_path):
    """What lies in the cache directory, locks and marks included."""
    return sorted(str(path.relative_to(tmp_path / "cache")) for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_a_set_is_fetched_verified_and_laid_out_for_training(tmp_path):
    with serving(at_origin(), "a.tar.gz") as served:
        found = obtain_set("mine", source=served.address)
    assert (found.exact, found.alike) == (12, 0)
    assert {place: (found.folder / place).read_bytes() for place in FILES} == FILES
    folders = load_image_folders(found.folder)
    assert folders.class_names == ("rock", "ship")
    assert len(folders) == 12
    assert set_folder("mine") == found.folder
    beside = {"README.md", "xaivision_set.json"}
    assert {Path(path).name for path in kept(tmp_path)} == {Path(place).name for place in FILES} | beside
    assert "license of it" in (found.folder / "README.md").read_text()


def test_a_set_that_is_there_is_compared_and_not_fetched_again(tmp_path):
    with serving(at_origin(), "a.tar.gz") as served:
        first = obtain_set("mine", tmp_path / "here", source=served.address)
        assert obtain_set("mine", tmp_path / "here", source=served.address) == first
    assert len(served.asked) == 1
    (tmp_path / "here" / "ship" / "n3.png").write_bytes(FILES["ship/n2.png"])
    with pytest.raises(FileFormatError, match=r"n3\.png` must be the picture that was put there"):
        obtain_set("mine", tmp_path / "here")


def test_other_encodings_of_the_same_pictures_are_told_from_copies(tmp_path):
    others = {place.replace(".png", ".jpg"): encoded(picture, "JPEG", quality=92) for place, picture in PICTURES.items()}
    others = {**others, "rock/n0.png": FILES["rock/n0.png"]}
    del others["rock/n0.jpg"]
    (tmp_path / "a.tar.gz").write_bytes(at_origin(others))
    found = obtain_set("mine", source=tmp_path / "a.tar.gz")
    assert (found.exact, found.alike) == (1, 11)
    assert (found.folder / "ship" / "n5.jpg").read_bytes() == others["ship/n5.jpg"]
    assert (tmp_path / "a.tar.gz").exists()  # it was the user's


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda files: files | {"ship/n3.png": encoded(drawn(99))}, id="another picture"),
        pytest.param(lambda files: files | {"ship/n3.png": encoded(PICTURES["ship/n3.png"].resize((32, 24)))}, id="another size"),
        pytest.param(lambda files: files | {"ship/n3.png": b"import os"}, id="no picture"),
        pytest.param(lambda files: {place: one for place, one in files.items() if place != "ship/n3.png"}, id="left out"),
    ],
)
def test_a_set_that_lacks_a_picture_is_refused_and_nothing_is_left(tmp_path, change):
    with serving(at_origin(change(FILES)), "a.tar.gz") as served:
        with pytest.raises(FileFormatError, match=r"12 files\. 1 are not in what came, .* the first is ship/n3\.png"):
            obtain_set("mine", source=served.address)
        assert kept(tmp_path) == []
        assert set_folder("mine") is None
        served.content = at_origin()
        assert obtain_set("mine", source=served.address).exact == 12


def test_other_encodings_count_only_where_the_origin_has_the_set(tmp_path):
    others = {place.replace(".png", ".jpg"): encoded(picture, "JPEG") for place, picture in PICTURES.items()}
    (tmp_path / "a.tar.gz").write_bytes(archive_of({f"elsewhere/{place}": one for place, one in others.items()}))
    with pytest.raises(FileFormatError, match="12 are not in what came"):
        obtain_set("mine", source=tmp_path / "a.tar.gz")


def test_copies_count_wherever_they_lie(tmp_path):
    for place, content in FILES.items():
        (tmp_path / "mine" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / place).write_bytes(content)
    assert obtain_set("mine", source=tmp_path / "mine").exact == 12


def test_names_that_climb_out_are_written_to_the_place_of_the_list(tmp_path):
    climbing = {f"../../../../{place}": content for place, content in FILES.items()}
    (tmp_path / "a.tar.gz").write_bytes(archive_of(climbing))
    found = obtain_set("mine", tmp_path / "deep" / "er" / "here", source=tmp_path / "a.tar.gz")
    assert found.exact == 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "datasets", "deep"]
    assert os.listdir(tmp_path / "deep" / "er") == ["here"]


def test_an_interrupted_set_goes_on_and_the_folder_is_whole_or_absent(tmp_path):
    content = at_origin()
    with serving(content, "a.tar.gz", stop_after=len(content) // 2) as served:
        with pytest.raises(DownloadError, match="goes on from there"):
            obtain_set("mine", tmp_path / "here", source=served.address)
        assert not (tmp_path / "here").exists()
        served.stop_after = None
        assert obtain_set("mine", tmp_path / "here", source=served.address).exact == 12
    assert served.asked == [None, f"bytes={len(content) // 2}-"]
    assert kept(tmp_path) == []


def test_a_damaged_archive_is_fetched_again_the_next_time(tmp_path):
    content = at_origin()
    with serving(content[:-2000], "a.tar.gz") as served:
        with pytest.raises(FileFormatError, match="whole"):
            obtain_set("mine", source=served.address)
        assert kept(tmp_path) == []
        served.content = content
        assert obtain_set("mine", source=served.address).exact == 12


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="must be a new or empty folder"):
        obtain_set("mine", tmp_path / "here")
    assert (tmp_path / "here" / "thesis.txt").read_text() == "mine"


def test_an_unknown_set_is_told():
    with pytest.raises(UnknownNameError, match="Did you mean `mine`"):
        obtain_set("mined")


def test_what_is_registered_is_whole(monkeypatch):
    """The real registry: every set has its list, of pictures in its classes, and terms."""
    monkeypatch.undo()
    forget()
    assert list(named_sets()) == ["natarajan6", "md_watertank10", "sdvd", "nksid5"]
    for one in named_sets().values():
        listed = read_manifest(named_files.datasets_folder() / one.manifest)
        assert len(listed) == one.pictures
        places = {Path(place).parent.name for place in listed}
        assert set(one.classes) == places - {"masks"}
        assert all(len(picture.sha256) == 64 and picture.height > 0 < picture.width for picture in listed.values())
        assert all(address.startswith("https://") for address in one.addresses)
        assert one.license
        assert one.citation


if "XAIVISION_DATA" in os.environ:
    SONAR = Path(os.environ["XAIVISION_DATA"]) / "sonar_images"

    def test_a_real_set_is_known_by_its_list_in_another_encoding(tmp_path, monkeypatch):
        """Where the origin has it, as PNG."""
        monkeypatch.undo()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        forget()
        with (SONAR / "metadata.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["source"] == "sdvd"]
        files = {}
        for row in rows:
            place = f"SDVDs/ExtendedSDVD/{row['split']}/images/{Path(row['file']).stem}.png"
            files[place] = encoded(Image.open(SONAR / row["file"]), compress_level=1)
            if row["mask"]:
                files[place.replace("images", "masks")] = encoded(Image.open(SONAR / row["mask"]).convert("L"))
        (tmp_path / "a.tar.gz").write_bytes(archive_of(files))
        found = obtain_set("sdvd", source=tmp_path / "a.tar.gz")
        assert (found.exact, found.alike) == (0, 470)
        assert len(load_image_folders(found.folder, classes=["no_victim", "victim"])) == 287
