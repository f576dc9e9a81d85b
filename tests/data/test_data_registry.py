import subprocess
import sys

import pytest
import torch

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.data.named_files import datasets_folder, named_files
from xaivision.data.registry import DATASETS, available_datasets, dataset_card, load_dataset


@pytest.fixture(scope="module")
def loaded():
    return {name: load_dataset(name) for name in DATASETS}


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_keeps_what_all_of_them_promise(loaded, name):
    dataset = loaded[name]
    assert isinstance(dataset, Dataset)
    assert dataset.name == dataset.card.name == name
    assert dataset.inputs.dtype == torch.float32
    assert dataset.targets.dtype == torch.int64
    assert dataset.inputs.isfinite().all()
    if dataset.domain == "image":
        assert dataset.inputs.min() >= 0
        assert dataset.inputs.max() <= 1
    else:
        assert len(dataset.schema) == dataset.inputs.shape[1]


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "sample_images"])
def test_every_labeled_dataset_has_each_class_in_both_parts_in_its_share(loaded, name):
    dataset = loaded[name]
    counts, in_test = dataset.targets.bincount(), dataset.test.targets.bincount()
    assert len(dataset.class_names) == len(counts) == len(in_test)
    assert (in_test - 0.3 * counts).abs().max() <= 0.5
    assert len(dataset.train.targets) + len(dataset.test.targets) == len(dataset)


@pytest.mark.parametrize("name", DATASETS)
def test_loading_twice_gives_the_same_bits_in_tensors_of_their_own(loaded, name):
    again = load_dataset(name)
    assert torch.equal(again.inputs, loaded[name].inputs)
    assert torch.equal(again.targets, loaded[name].targets)
    assert torch.equal(again.split.test, loaded[name].split.test)
    assert again.inputs.data_ptr() != loaded[name].inputs.data_ptr()


@pytest.mark.parametrize(
    "name",
    ["uci_sonar", "breast_cancer", "wine", "linear_table"],
)
def test_the_schema_of_a_table_holds_its_ranges_and_gives_a_frame_back(loaded, name):
    dataset = loaded[name]
    for feature, column in zip(dataset.schema.features, dataset.inputs.T, strict=True):
        assert feature.low == pytest.approx(float(column.min()), rel=1e-6)
        assert feature.high == pytest.approx(float(column.max()), rel=1e-6)
        assert feature.low < feature.typical < feature.high
    frame = dataset.schema.to_frame(dataset.inputs.numpy())
    assert torch.equal(dataset.schema.to_tensor(frame).float(), dataset.inputs)


@pytest.mark.parametrize("name", DATASETS)
def test_every_card_says_everything_and_stands_in_the_readme(name):
    card = dataset_card(name)
    assert isinstance(card, DatasetCard)
    assert all((card.what, card.size, card.license, card.citation, card.origin))
    readme = (datasets_folder() / "README.md").read_text(encoding="utf-8")
    assert card.markdown() in readme


def test_the_readme_names_every_photo_with_its_license_and_no_dataset_that_is_not():
    readme = (datasets_folder() / "README.md").read_text(encoding="utf-8")
    for name, file in named_files().items():
        if name.startswith("sample_images/"):
            assert f"| {name.removeprefix('sample_images/')} | {file.license} | {file.origin} |" in readme
    assert [line[3:] for line in readme.splitlines() if line.startswith("## ")] == list(DATASETS)
    assert "//" not in readme


def test_available_datasets_has_one_line_for_each():
    assert list(available_datasets()) == list(DATASETS)
    assert all(line and "\n" not in line for line in available_datasets().values())


def test_an_unknown_name_suggests_the_closest():
    with pytest.raises(UnknownNameError, match=r"`uci-sonor` is not a known dataset\. Did you mean `uci_sonar`"):
        load_dataset("uci-sonor")
    with pytest.raises(UnknownNameError, match=r"`zzz` is not a known dataset\. Known: breast_cancer, digits"):
        dataset_card("zzz")


def test_a_setting_that_the_dataset_does_not_take_is_one_sentence():
    with pytest.raises(InputError, match=r"`wine` takes no settings\. Got `seed`"):
        load_dataset("wine", seed=1)
    with pytest.raises(InputError, match=r"`linear_table` takes `rows` and `features` and `seed`\. Got `row`"):
        load_dataset("linear_table", row=1)


def test_the_list_of_names_costs_no_heavy_import():
    code = (
        "import sys, xaivision.data.registry as r; r.available_datasets();"
        "print([m for m in ('torch', 'pandas', 'sklearn', 'skimage', 'PIL', 'numpy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_loading_touches_no_global_random_state():
    state = torch.random.get_rng_state()
    for name in ("linear_table", "planted_squares", "uci_sonar"):
        load_dataset(name)
    assert torch.equal(torch.random.get_rng_state(), state)
