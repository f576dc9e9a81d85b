"""No drawers, nothing oversized, nothing printed, nothing promised."""

from pathlib import Path

import pytest
from source_rules import (
    MAX_FUNCTION_LINES,
    MAX_LINES,
    ROOT,
    is_drawer,
    module_name,
    oversized,
    prints,
    promises,
    python_files,
    unsafe_loads,
)

LIBRARY = [(file.read_text(), module_name(file)) for file in python_files("xaivision")]
PRODUCT = [(file.read_text(), module_name(file)) for file in python_files("xaivision", "apps")]

# Everything that an adapter can be told about a model is said by keyword, at one place.
MANY_PARAMETERS = {
    "xaivision.core.classifier": frozenset({"ClassifierAdapter.__init__"}),
    "xaivision.core.torch_classifier": frozenset({"TorchClassifier.__init__"}),
    "xaivision.core.function_classifier": frozenset({"FunctionClassifier.__init__"}),
    "xaivision.core.onnx_classifier": frozenset({"OnnxClassifier.__init__"}),
    # The options of a command are its parameters.
    "xaivision.commands.explain": frozenset({"explain"}),
    "xaivision.commands.compare": frozenset({"compare"}),
    "xaivision.commands.evaluate": frozenset({"evaluate"}),
    "xaivision.commands.audit": frozenset({"audit"}),
    "xaivision.commands.train": frozenset({"train"}),
    "xaivision.commands.surrogate": frozenset({"surrogate"}),
    "xaivision.commands.shortcuts": frozenset({"shortcuts"}),
    "xaivision.commands.narrate": frozenset({"narrate"}),
    "xaivision.commands.pick": frozenset({"pick"}),
    "xaivision.commands.attributes": frozenset({"attributes"}),
    "xaivision.commands.prototypes": frozenset({"prototypes"}),
    # What a person may say of methods and of metrics in one call.
    "xaivision.facade": frozenset({"compare"}),
    # The stages of a narrative, each of which may be another.
    "xaivision.narrating": frozenset({"narrate"}),
    "xaivision.auditing": frozenset({"audit", "prepared"}),
}
# What one process hands to another that it has started itself, as multiprocessing does: no file, and no user's.
OWN_PROCESSES = {"xaivision.evaluation.audit.processes"}
# The only doors that write to a terminal.
MAY_PRINT = {"xaivision.cli", "xaivision.__main__"}


def test_no_module_or_folder_is_a_drawer():
    files = python_files("xaivision", "apps", "benchmarks")
    assert files
    assert [file for file in files if is_drawer(file.relative_to(ROOT))] == []


def test_no_file_function_or_parameter_list_is_oversized():
    findings = [found for text, name in PRODUCT for found in oversized(text, name, MANY_PARAMETERS.get(name, frozenset()))]
    assert findings == []


def test_the_library_prints_nothing_outside_the_command_line():
    assert [finding for text, name in LIBRARY if name not in MAY_PRINT for finding in prints(text, name)] == []


def test_the_product_loads_nothing_that_can_run_code():
    assert [finding for text, name in PRODUCT if name not in OWN_PROCESSES for finding in unsafe_loads(text, name)] == []


def test_the_product_holds_no_stub_and_no_promise():
    assert [finding for text, name in PRODUCT for finding in promises(text, name)] == []


@pytest.mark.parametrize("path", ["xaivision/utils.py", "xaivision/core/_helpers.py", "apps/common/x.py", "xaivision/base.py"])
def test_a_drawer_is_recognized(path):
    assert is_drawer(Path(path))


def test_a_noun_that_contains_the_name_of_a_drawer_is_none():
    assert not is_drawer(Path("xaivision/engines/baselines.py"))


def test_what_is_oversized_is_found():
    long_function = "def f():\n" + "    x = 1\n" * MAX_FUNCTION_LINES
    many = "class A:\n    def g(self, a, b, /, c, d, *, e, f, g, h, i): ...\n"
    nested = "if True:\n    def outer():\n        async def h(a, b, c, d, e, f, g, h, i): ...\n"
    assert oversized(long_function, "m") == [f"m:1 f has {MAX_FUNCTION_LINES + 1} lines"]
    assert oversized(many, "m") == ["m:2 A.g has 9 parameters"]
    assert oversized(nested, "m") == ["m:3 outer.h has 9 parameters"]
    assert oversized("x = 1\n" * (MAX_LINES + 1), "m") == [f"m has {MAX_LINES + 1} lines"]


def test_what_is_just_within_the_limits_is_not_found():
    source = "def f(self, a, b, c, d, e, f, g, h):\n" + "    x = 1\n" * (MAX_FUNCTION_LINES - 1)
    assert oversized(source + "x = 1\n" * (MAX_LINES - MAX_FUNCTION_LINES), "m") == []


def test_an_excepted_function_may_take_more_parameters_and_no_other_may():
    source = "class A:\n    def __init__(self, a, b, c, d, e, f, g, h, i): ...\n"
    assert oversized(source, "m", frozenset({"A.__init__"})) == []
    assert len(oversized(source, "m", frozenset({"B.__init__"}))) == 1


@pytest.mark.parametrize(
    "source", ["print(1)", "def f():\n    print('x')", "import sys\nsys.stdout.write('x')", "f(file=sys.stderr)"]
)
def test_printing_is_found(source):
    assert len(prints(source, "m")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "def f():\n    import cloudpickle as c",
        "import torch\ntorch.load(path)",
        "import torch\ntorch.load(path, weights_only=False)",
        "import torch\ntorch.load(path, weights_only=flag)",
        "from torch import load",
        "torch.hub.load_state_dict_from_url(url)",
        "import pickle as p\np.loads(b)",
        "hub.load_state_dict_from_url(url, check_hash=True)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
    ],
)
def test_a_load_that_can_run_code_is_found(source):
    assert len(unsafe_loads(source, "m")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(path, weights_only=True)",
        "from pickle import UnpicklingError",
        "np.load(path, allow_pickle=False)",
        "json.load(file)",
        "model.load(name)",
    ],
)
def test_a_load_of_numbers_is_allowed(source):
    assert unsafe_loads(source, "m") == []


def test_promises_are_found():
    word = "TO" + "DO"
    assert promises(f"x = 1  # {word}: more", "m") == [f"m:1 {word}"]
    assert promises("raise NotImplementedError", "m") == ["m:1 NotImplementedError"]
