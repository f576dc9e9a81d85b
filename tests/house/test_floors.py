"""A package imports only from the floors below it."""

import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from source_rules import (
    APP,
    DOOR_PACKAGES,
    FLOORS,
    LIBRARY,
    ROOT,
    computing_imports,
    foreign_packages,
    heavy_core_imports,
    module_name,
    python_files,
    upward_imports,
)

MODULES = [(file, module_name(file)) for file in python_files("xaivision")]


def test_no_module_imports_from_its_own_floor_or_above():
    findings = [
        finding
        for file, module in MODULES
        for finding in upward_imports(file.read_text(), module, is_package=file.name == "__init__.py")
    ]
    assert findings == []


def test_the_app_computes_nothing_itself():
    pages = [(file, module_name(file, ROOT / APP)) for file in python_files(APP)]
    assert len(pages) > 10
    assert [finding for file, module in pages for finding in computing_imports(file.read_text(), module)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np",
        "from torch import Tensor",
        "import pandas",
        "from xaivision.engines.ranking import spearman",
        "def f():\n    from xaivision.evaluation.removal import Deletion",
        "from xaivision.data import images",
    ],
)
def test_what_a_page_could_compute_with_is_found(source):
    assert len(computing_imports(source, "views.photos")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import streamlit as st\nimport json\nimport plotly.graph_objects as go",
        "from xaivision import Comparison, load_dataset\nfrom xaivision.facade import compare",
        "from xaivision.report.html import html_page\nfrom xaivision.core.errors import XaivisionError\nfrom desk.job import Job",
    ],
)
def test_what_a_page_is_made_of_is_allowed(source):
    assert computing_imports(source, "views.photos") == []


def test_every_package_of_the_library_has_a_floor():
    packages = {file.parent.relative_to(LIBRARY).parts[0] for file, _ in MODULES if file.parent != LIBRARY}
    assert packages <= set(FLOORS) | DOOR_PACKAGES
    assert "core" in packages


def test_core_imports_torch_numpy_and_the_standard_library_only():
    core = [(file, module) for file, module in MODULES if module.startswith("xaivision.core")]
    assert len(core) > 20
    assert [finding for file, module in core for finding in heavy_core_imports(file.read_text(), module)] == []


def test_the_library_imports_only_packages_that_it_declares():
    declared = _declared()
    distributions = packages_distributions()
    missing = {
        f"{module} imports {top}"
        for file, module in MODULES
        for top in foreign_packages(file.read_text(), module)
        if not declared & {canonicalize_name(name) for name in distributions.get(top, [top])}
    }
    assert missing == set()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("xaivision.core.query", "from xaivision.data.images import load_images"),
        ("xaivision.data.images", "import xaivision.engines.streaming"),
        ("xaivision.engines.streaming", "from xaivision.data import images"),
        ("xaivision.explainers.saliency", "def f():\n    from xaivision.evaluation.removal import Deletion"),
        ("xaivision.models.card", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import xaivision.report.files"),
        ("xaivision.evaluation.removal", "from ..report.files import load"),
        ("xaivision.evaluation.removal", "from .. import report"),
        ("xaivision.report.files", "import importlib\nimportlib.import_module('xaivision.cli')"),
        ("xaivision.report.files", "from xaivision.commands.telling import tell"),
        ("xaivision.report.files", "from xaivision import load_model"),
        ("xaivision.report.files", "import xaivision as xv"),
        ("xaivision.surrogates.tree", "from xaivision.explainers.saliency import Saliency"),
        ("xaivision.cli", "from tests.house import source_rules"),
        ("xaivision.core.query", "import benchmarks.peers"),
    ],
)
def test_an_import_that_points_up_or_sideways_is_found(module, source):
    assert len(upward_imports(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("xaivision.report.files", "from xaivision.core.attribution import Attribution\nfrom xaivision import evaluation"),
        ("xaivision.engines.streaming", "from xaivision.engines.windows import windows\nfrom .windows import x\nfrom . import y"),
        (
            "xaivision.cli",
            "from xaivision import facade, __version__\nfrom xaivision.report.html import write_html\nimport apps_like",
        ),
        ("xaivision.cli", "from xaivision.commands.explain import explain"),
        ("xaivision.commands.explain", "from xaivision import facade\nfrom xaivision.commands.telling import tell"),
    ],
)
def test_an_import_from_below_or_of_a_neighbor_in_the_package_is_allowed(module, source):
    assert upward_imports(source, module) == []


def test_a_relative_import_in_a_package_file_starts_at_the_package():
    source = "from .windows import windows"
    assert upward_imports(source, "xaivision.engines", is_package=True) == []
    assert len(upward_imports("from ..report import files", "xaivision.engines", is_package=True)) == 1


@pytest.mark.parametrize("source", ["import pandas as pd", "def f():\n    from sklearn.tree import _tree", "import torchvision"])
def test_a_heavy_import_in_core_is_found(source):
    assert len(heavy_core_imports(source, "xaivision.core.query")) == 1


def test_a_package_that_is_not_ours_is_recognized():
    source = "import os\nimport captum.attr\nfrom xaivision.core import query\nfrom numpy import array"
    assert foreign_packages(source, "xaivision.explainers.x") == {"captum", "numpy"}


def _declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return {canonicalize_name(Requirement(line).name) for line in lines}
