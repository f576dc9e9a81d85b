import hashlib
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from xaivision.core.errors import Cancelled, FileFormatError, InputError, UnknownNameError
from xaivision.core.image_format import ImageFormat
from xaivision.core.progress import CancelToken, reporting
from xaivision.data.dataset import Dataset
from xaivision.data.image_folders import load_image_folders


def pixels(seed, height=40, width=40):
    """Blocks of noise: two seeds are never look-alikes, and shrinking keeps what there is."""
    blocks = np.random.default_rng(seed).integers(0, 256, (10, 10), dtype=np.uint8)
    return np.asarray(Image.fromarray(blocks).resize((width, height), Image.Resampling.NEAREST))


@pytest.fixture
def root(tmp_path):
    """Two classes of ten pictures each."""
    for number, name in enumerate(("rock", "ship")):
        (tmp_path / name).mkdir()
        for seed in range(10):
            Image.fromarray(pixels(100 * number + seed)).save(tmp_path / name / f"{seed}.png")
    return tmp_path


def test_classes_are_the_folders_in_order_and_gray_stays_one_channel(root):
    folders = load_image_folders(root)
    assert folders.class_names == ("rock", "ship")
    assert folders.targets.tolist() == [0] * 10 + [1] * 10
    assert [path.name for path in folders.paths[:3]] == ["0.png", "1.png", "2.png"]
    assert folders.channels == 1
    data = folders.dataset(40)
    assert isinstance(data, Dataset)
    assert data.inputs.shape == (20, 1, 40, 40)
    assert data.inputs.dtype == torch.float32
    assert torch.equal((data.inputs[13, 0] * 255).round().byte(), torch.from_numpy(pixels(103).copy()))
    assert data.items[13] == "ship/3.png"
    assert data.domain == "image"


def test_every_file_is_hashed_and_the_split_is_that_of_the_dataset(root):
    folders = load_image_folders(root)
    assert folders.digests[4] == hashlib.sha256((root / "rock" / "4.png").read_bytes()).hexdigest()
    assert folders.targets[folders.split.test].bincount().tolist() == [3, 3]
    data = folders.dataset(16)
    assert torch.equal(data.test.targets, folders.targets[folders.split.test])
    assert torch.equal(data.groups, folders.groups)
    assert torch.equal(data.test.inputs, data.inputs[folders.split.test])
    assert torch.equal(load_image_folders(root).split.test, folders.split.test)
    assert not torch.equal(load_image_folders(root, seed=1).split.test, folders.split.test)
    assert len(load_image_folders(root, test_share=0.5).split.test) == 10


def test_copies_are_left_out_before_the_split_whatever_their_format(root):
    shutil.copy(root / "ship" / "3.png", root / "ship" / "a_copy.png")
    Image.open(root / "ship" / "4.png").save(root / "ship" / "b.bmp")
    Image.open(root / "ship" / "5.png").convert("RGB").save(root / "ship" / "c.png")
    folders = load_image_folders(root)
    assert len(folders) == 20
    assert [(copy.name, kept.name) for copy, kept in folders.report.duplicates] == [
        ("a_copy.png", "3.png"),
        ("b.bmp", "4.png"),
        ("c.png", "5.png"),
    ]
    assert folders.report.files == 23
    assert folders.channels == 1


def test_one_picture_in_two_classes_is_refused_or_left_out_of_both(root):
    shutil.copy(root / "ship" / "3.png", root / "rock" / "x.png")
    with pytest.raises(InputError, match=r"must be of one class\. Got the same picture as `rock/x\.png` and `ship/3\.png`\."):
        load_image_folders(root)
    folders = load_image_folders(root, conflicts="drop")
    assert [path.name for path in folders.report.conflicts[0]] == ["x.png", "3.png"]
    assert folders.targets.bincount().tolist() == [10, 9]
    assert "3.png" not in [path.name for path in folders.paths[10:]]


def test_look_alikes_are_one_group_and_on_one_side_for_every_seed(root):
    for seed in range(4):
        picture = Image.open(root / "rock" / f"{seed}.png")
        picture.transpose(Image.Transpose.ROTATE_90).save(root / "rock" / f"{seed}_turned.png")
        Image.eval(picture, lambda value: value // 2 + 30).save(root / "rock" / f"{seed}_pale.png")
    folders = load_image_folders(root)
    assert folders.report.near_duplicates == 12
    assert folders.report.near_groups == 4
    assert folders.report.near_conflicts == ()
    for seed in range(8):
        split = load_image_folders(root, seed=seed).split
        sides = {row: side for side, rows in (("train", split.train), ("test", split.test)) for row in rows.tolist()}
        for group in folders.groups.unique().tolist():
            assert len({sides[row] for row in (folders.groups == group).nonzero().flatten().tolist()}) == 1
    assert len(load_image_folders(root, near_bits=None).groups.unique()) == 28


def test_look_alikes_of_two_classes_are_kept_and_told(root):
    Image.open(root / "rock" / "1.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(root / "ship" / "x.png")
    report = load_image_folders(root).report
    assert [path.name for path in report.near_conflicts[0]] == ["1.png", "x.png"]
    assert "1 pairs of look-alikes are of two classes, such as rock/1.png and ship/x.png." in str(report)


def test_mixed_sizes_and_channels_give_one_shape_and_are_told(root):
    Image.fromarray(pixels(500, 60, 90)).save(root / "rock" / "wide.jpg")
    colored = np.stack([pixels(seed) for seed in (601, 602, 603)], -1)
    Image.fromarray(colored).save(root / "ship" / "color.png")
    folders = load_image_folders(root)
    assert folders.channels == 3
    assert folders.report.colored == {"rock": 0, "ship": 1}
    assert folders.report.sizes == ((40, 60), (40, 90))
    assert "Sizes are from 40 to 60 pixels high and 40 to 90 wide." in str(folders.report)
    assert "color, which may tell the class: rock 0, ship 1." in str(folders.report)
    data = folders.dataset(32)
    assert data.inputs.shape == (22, 3, 32, 32)
    gray = data.inputs[0]
    assert torch.equal(gray[0], gray[2])
    assert folders.dataset(32, channels=1).inputs.shape == (22, 1, 32, 32)
    assert folders.dataset(ImageFormat(3, 24, 30)).inputs.shape == (22, 3, 24, 30)


def test_sixteen_bits_are_scaled_and_not_clipped(root):
    deep = pixels(700).astype(np.uint16) * 257
    Image.fromarray(deep).save(root / "rock" / "deep.tiff")
    folders = load_image_folders(root)
    row = [path.name for path in folders.paths].index("deep.tiff")
    assert torch.allclose(folders.dataset(40).inputs[row, 0], torch.from_numpy(deep.astype(np.float32) / 65535))


def test_batches_give_what_the_dataset_holds_a_few_at_a_time(root):
    folders = load_image_folders(root)
    batches = list(folders.batches(24, batch=8))
    assert [len(batch) for batch in batches] == [8, 8, 4]
    assert torch.equal(torch.cat(batches), folders.dataset(24).inputs)
    rows = folders.split.test
    assert torch.equal(torch.cat(list(folders.batches(24, rows=rows))), folders.dataset(24).test.inputs)


def test_nothing_is_read_before_it_is_asked_for(root):
    folders = load_image_folders(root)
    batches = folders.batches(24, batch=10)
    next(batches)
    (root / "ship" / "3.png").unlink()
    with pytest.raises(InputError, match=r"There is no such file"):
        next(batches)


def test_files_that_are_no_pictures_are_counted_and_the_first_is_named(root):
    (root / "rock" / "a.jpg").write_text("not a picture")
    with pytest.raises(FileFormatError, match=r"rock/a\.jpg` must be a PNG.*Got a text file\. Mend these files"):
        load_image_folders(root)
    (root / "ship" / "b.png").write_bytes((root / "ship" / "1.png").read_bytes()[:60])
    with pytest.raises(FileFormatError, match=r"\(2 of 22 files cannot be read; this is the first\.\)"):
        load_image_folders(root)


def test_empty_missing_and_single_classes_are_one_sentence(root):
    (root / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty` must hold at least one picture\. The folder is empty\."):
        load_image_folders(root)
    assert len(load_image_folders(root, classes=["ship", "rock"])) == 20
    with pytest.raises(InputError, match=r"two or more classes\. Got ship\."):
        load_image_folders(root, classes=["ship"])
    with pytest.raises(UnknownNameError, match=r"`ships` is not a known class folder of .* Did you mean `ship`"):
        load_image_folders(root, classes=["ships", "rock"])
    with pytest.raises(InputError, match=r"two or more classes\. Got none\. Make a folder for each class"):
        load_image_folders(root / "rock")
    with pytest.raises(InputError, match=r"There is no such folder\."):
        load_image_folders(root / "nowhere")


def test_a_class_of_fewer_than_five_different_pictures_is_refused(root):
    for seed in range(6):
        (root / "ship" / f"{seed}.png").unlink()
    with pytest.raises(InputError, match=r"at least 5 different pictures\. Got 4 of 'ship'\. Add"):
        load_image_folders(root)
    for number in range(3):
        shutil.copy(root / "ship" / "9.png", root / "ship" / f"copy{number}.png")
    with pytest.raises(InputError, match=r"Got 4 of 'ship' \(7 with the copies\)"):
        load_image_folders(root)


def test_a_class_whose_pictures_all_look_alike_is_refused_unless_they_are_not_grouped(root):
    shutil.rmtree(root / "ship")
    (root / "ship").mkdir()
    for number in range(6):
        Image.fromarray(pixels(1) // 2 + 10 * number).save(root / "ship" / f"{number}.png")
    with pytest.raises(InputError, match=r"must not all look alike\. Got 6 of 'ship' in one group"):
        load_image_folders(root, classes=["ship", "rock"])
    assert len(load_image_folders(root, near_bits=None).split.test) == 5


def test_hidden_files_and_files_beside_the_classes_are_left_out(root):
    (root / "rock" / ".thumbs").write_text("x")
    (root / "readme.txt").write_text("x")
    (root / ".cache").mkdir()
    assert len(load_image_folders(root)) == 20


def test_an_unbalanced_set_says_so(root):
    for seed in range(5):
        (root / "ship" / f"{seed}.png").unlink()
    for seed in range(20):
        Image.fromarray(pixels(900 + seed)).save(root / "rock" / f"more{seed}.png")
    report = load_image_folders(root).report
    assert report.balance == {"rock": 30, "ship": 5}
    assert "judge by balanced accuracy" in str(report)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"near_bits": -1}, r"`near_bits` must be None or from 0 to 271\. Got -1"),
        ({"conflicts": "keep"}, r"`conflicts` must be 'refuse' or 'drop'\. Got 'keep'"),
        ({"test_share": 1.0}, r"`test_share` must lie between 0 and 1"),
    ],
)
def test_settings_out_of_range_are_refused_before_anything_is_read(root, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        load_image_folders(root / "nowhere", **settings)


def test_loading_can_be_cancelled(root):
    token = CancelToken()
    token.cancel()
    with reporting(None, token), pytest.raises(Cancelled):
        load_image_folders(root)


def test_it_names_itself_on_one_line_and_its_card_says_everything(root):
    folders = load_image_folders(root)
    assert repr(folders) == f"ImageFolders({root.name}, 20 pictures, classes [rock, ship])"
    assert all((folders.card.what, folders.card.size, folders.card.license, folders.card.citation, folders.card.origin))
    assert folders.card.what.startswith("20 pictures of 20 files: rock 10, ship 10.")
