"""What is planted is found, each by its own probe; where nothing is planted nothing is, as often as the level says."""

from dataclasses import replace

import pytest
import torch
from planted_pictures import plain_set, saved_folder, seabed, with_inputs, with_marks

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.random import generator
from xaivision.data.image_folders import load_image_folders
from xaivision.data.registry import load_dataset
from xaivision.evaluation.shortcuts.finding import LEVEL, raw_p, told_by
from xaivision.evaluation.shortcuts.pictures import pictures_of
from xaivision.evaluation.shortcuts.probes import PROBES
from xaivision.evaluation.shortcuts.search import TOGETHER, search


def found_in(data, probes=None, seed=0):
    return {one.probe: one for one in search(pictures_of(data), probes, seed).findings}


def brighter(picture, label, _number):
    return picture * (1 + 0.15 * label)


def framed(picture, label, _number):
    if label == 1:
        picture[:, :2] = 0.6
    return picture


def fanned(picture, label, _number):
    if label == 2:
        picture[:, :, :20] = 0
    return picture


def marked(picture, label, number):
    return with_marks(picture, label == 0 and number % 10 != 0)


def smoothed(picture, label, _number):
    return torch.nn.functional.avg_pool2d(picture[None], 3, 1, 1)[0] if label == 2 else picture


@pytest.mark.parametrize(
    ("probe", "plant"),
    [("brightness", brighter), ("border", framed), ("empty_area", fanned), ("marks", marked), ("grain", smoothed)],
)
def test_what_is_planted_in_the_pixels_is_found_by_its_probe(probe, plant):
    one = found_in(with_inputs(plain_set(), plant), [probe])[probe]
    assert one.found
    assert one.interval[0] > one.chance
    assert one.p <= LEVEL
    assert one.apart


@pytest.mark.parametrize("plant", [brighter, marked])
def test_what_is_planted_elsewhere_is_not_found_by_the_others(plant):
    wrong = {"marks", "brightness"} - {"brightness" if plant is brighter else "marks"}
    for one in found_in(with_inputs(plain_set(), plant), sorted(wrong)).values():
        assert not one.found or (plant is marked and one.probe == "brightness")  # paint has a brightness too


def test_every_probe_is_planted_for_in_this_file():
    in_pixels = {"brightness", "border", "empty_area", "marks", "grain"}
    assert set(PROBES) == in_pixels | {"color", "frame", "file"}
    for name, probe in PROBES.items():
        assert probe.name == name
        assert probe.asks
        assert probe.caution.endswith(".")


def test_color_is_found():
    data = plain_set()
    colored = data.inputs.expand(-1, 3, -1, -1).clone()
    colored[data.targets == 1, 2] *= 0.5
    one = found_in(replace(data, inputs=colored), ["color"])["color"]
    assert one.found
    assert one.telling == "share of colored pixels" or "less" in one.telling


def test_the_shape_of_the_frame_is_found_in_files_and_the_classes_that_it_tells_are_named(tmp_path):
    folder = saved_folder(tmp_path / "a", shapes={"wreck": (32, 64)}, count=12)
    one = found_in(load_image_folders(folder), ["frame"])["frame"]
    assert one.found
    assert {(a, b) for a, b, _ in one.apart} == {("mud", "wreck"), ("rock", "wreck")}
    ranges = {part.name: part.median for part in one.ranges}
    assert ranges["wreck"] == pytest.approx(32 if one.telling == "height" else 0.5)
    recalls = {part.name: part.share for part in one.recalls}
    assert recalls["wreck"] == 1


def test_how_files_were_saved_is_found(tmp_path):
    coarse = {"ending": "jpg", "save": {"quality": 40}}
    folder = saved_folder(tmp_path / "a", count=12, mud=coarse, rock={"ending": "jpg"}, wreck={"ending": "jpg"})
    one = found_in(load_image_folders(folder), ["file"])["file"]
    assert one.found
    assert one.telling == "coarseness of JPEG"


def test_what_is_left_out_of_a_folder_is_told(tmp_path):
    folder = saved_folder(tmp_path / "a", count=8)
    (folder / "rock" / "copy.png").write_bytes((folder / "rock" / "000.png").read_bytes())
    (folder / "mud" / "other.png").write_bytes((folder / "rock" / "001.png").read_bytes())
    pictures = pictures_of(load_image_folders(folder, conflicts="drop"))
    assert pictures.left_out == ("Left out before anything was asked: 1 exact copy and 1 picture that is in several classes.")
    assert pictures_of(plain_set(9)).left_out == ""


def test_files_of_one_kind_and_size_tell_nothing(tmp_path):
    found = found_in(load_image_folders(saved_folder(tmp_path / "a", count=10)))
    assert {name: one.strength for name, one in found.items() if one.why} == {
        name: "nothing" for name in ("frame", "file", "color", "empty_area", "marks")
    }
    assert not any(one.found for one in found.values())


def test_a_set_in_memory_has_no_frames_and_no_files():
    found = found_in(plain_set(30), ["frame", "file"])
    assert [one.strength for one in found.values()] == ["untested", "untested"]
    assert "not as files" in found["frame"].why


def test_without_a_shortcut_there_is_hardly_a_false_alarm():
    """Of 10 sets of two classes that nothing tells, one at most has a shortcut called; the rate itself is slow to see."""
    alarms = [
        any(one.found for one in found_in(plain_set(30, seed=seed, classes=2), ["border", "brightness"]).values())
        for seed in range(10)
    ]
    assert sum(alarms) <= 1


@pytest.mark.slow
def test_no_more_than_five_of_a_hundred_alarms_are_false():
    """Numbers that mean nothing in place of pictures. The p-values alone are too small: predictions of folds hang together."""
    folds, groups = torch.arange(45) % 5, torch.arange(45)
    targets = (torch.arange(45) // 5) % 3
    alarms = 0
    for seed in range(100):
        traits = torch.randn(45, 3, generator=generator(seed, "nothing"), dtype=torch.float64)
        told = told_by(traits, targets, groups, folds, seed)
        alarms += raw_p(told, seed) <= LEVEL
    assert alarms <= 5


def test_copies_on_both_sides_of_a_fold_would_be_a_false_alarm_and_are_not():
    """Each picture three times, with a class of its own by chance: whoever sees one copy knows the class of the others."""
    groups = torch.arange(30).repeat_interleave(3)
    inputs = torch.stack([seabed(number=number) for number in range(30)])[groups]
    targets = (torch.arange(30) % 3)[groups]
    data = replace(plain_set(3), inputs=inputs, targets=targets)
    assert not any(one.found for one in found_in(data).values())
    leaking = replace(data, groups=torch.arange(90))
    assert any(one.found for one in found_in(leaking).values())


def test_simulated_scenes_have_no_shortcut_once_the_targets_are_not_looked_at():
    scenes = load_dataset("sonar_simulator", count=60, size=48)
    assert not any(one.found for one in found_in(scenes).values())


def test_a_bright_target_is_a_brightness_unless_its_mask_is_known():
    data = plain_set(60, classes=2)
    masks = torch.zeros(60, 64, 64, dtype=torch.bool)
    masks[data.targets == 1, 20:40, 20:40] = True
    lit = with_inputs(data, lambda picture, label, number: torch.where(masks[number], 0.9, picture))
    assert found_in(lit, ["brightness"])["brightness"].found
    assert not found_in(replace(lit, truth=masks), ["brightness"])["brightness"].found


def test_all_probes_together_tell_at_least_what_the_best_does():
    found = found_in(with_inputs(plain_set(), framed))
    assert found[TOGETHER].accuracy >= found["border"].accuracy - 0.15
    assert found[TOGETHER].found


def test_the_same_seed_gives_the_same_findings():
    data = with_inputs(plain_set(30), brighter)
    first, again = (found_in(data, ["brightness", "border"], seed=3) for _ in range(2))
    assert {name: (one.accuracy, one.p, one.interval) for name, one in first.items()} == {
        name: (one.accuracy, one.p, one.interval) for name, one in again.items()
    }


@pytest.mark.parametrize(
    ("probes", "error", "sentence"),
    [
        (["brightnes"], UnknownNameError, "Did you mean `brightness`"),
        ("border", InputError, "`probes` must be a list of names"),
        ([], InputError, "`probes` must be a list of names"),
    ],
)
def test_probes_that_are_none_are_refused(probes, error, sentence):
    with pytest.raises(error, match=sentence):
        found_in(plain_set(30), probes)


def test_what_holds_no_classes_of_pictures_is_refused():
    with pytest.raises(InputError, match="at least two classes"):
        found_in(plain_set(10, classes=1))
    with pytest.raises(InputError, match=r"at least five pictures\. Got 4 of 'rock'"):
        found_in(plain_set(12))
    with pytest.raises(InputError, match=r"in pictures\. Got the table"):
        pictures_of(load_dataset("wine"))
    with pytest.raises(InputError, match="without one"):
        pictures_of(replace(plain_set(9), targets=torch.tensor([-1, *[0] * 8])))
