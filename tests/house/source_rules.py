"""What the house asks of source text; each rule returns what it found, one line a finding."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "xaivision"

FLOORS = {
    "core": 0,
    "data": 1,
    "engines": 1,
    "models": 2,
    "explainers": 3,
    "surrogates": 3,
    "evaluation": 4,
    "report": 5,
}
# Modules that lie directly in xaivision/, and the commands of the command line, are the doors and may import each other.
DOOR, DOOR_FLOOR = "the doors", 6
DOOR_PACKAGES = {"commands"}
OUTSIDE = {"apps", "tests", "benchmarks", "docs"}
CORE_MAY_IMPORT = {"torch", "numpy", "xaivision", *sys.stdlib_module_names}

# The app computes nothing: its pages call the doors, and show what `report/` makes of the nouns that come back.
APP = "apps"
APP_MAY_ENTER = {DOOR, "core", "report"}
APP_MAY_IMPORT = {"desk", "streamlit", "plotly", "xaivision", *sys.stdlib_module_names}

DRAWERS = {"utils", "util", "helpers", "helper", "common", "commons", "base", "misc", "tools"}
MAX_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS = 400, 50, 8

PICKLING = {"pickle", "_pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}


def python_files(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")) if ".venv" not in file.parts]


def module_name(file: Path, root: Path = ROOT) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, module: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that is imported anywhere: in functions, for type checking, by `import_module`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, module, is_package)
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _name_of(node.func).split(".")[-1] in ("import_module", "__import__"):
            yield from ((node.lineno, argument.value) for argument in node.args[:1] if isinstance(argument, ast.Constant))


def upward_imports(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Imports of a floor that is not below this module's own, unless it is the module's own package."""
    own = _package(module, is_package)
    findings = []
    for line, name in imported(source, module, is_package=is_package):
        if name.split(".")[0] in OUTSIDE:
            findings.append(f"{module}:{line} imports {name}, which is not part of the library")
        elif name.split(".")[0] == "xaivision":
            other = _package(name, is_package=False)
            if other != own and _floor(other) >= _floor(own):
                findings.append(f"{module}:{line} ({own}) imports {name} ({other})")
    return findings


def heavy_core_imports(source: str, module: str) -> list[str]:
    return [
        f"{module}:{line} imports {name}; core knows torch, numpy and the standard library only"
        for line, name in imported(source, module)
        if name.split(".")[0] not in CORE_MAY_IMPORT
    ]


def computing_imports(source: str, module: str) -> list[str]:
    """Imports with which a page of the app could compute something itself."""
    findings = []
    for line, name in imported(source, module):
        top = name.split(".")[0]
        if top not in APP_MAY_IMPORT or (top == "xaivision" and _package(name, is_package=False) not in APP_MAY_ENTER):
            findings.append(f"{module}:{line} imports {name}; pages call the doors of the library, and `report/`")
    return findings


def foreign_packages(source: str, module: str) -> set[str]:
    """Top names of everything imported that is neither ours nor the standard library's."""
    tops = {name.split(".")[0] for _, name in imported(source, module)}
    return tops - {"xaivision"} - set(sys.stdlib_module_names)


def is_drawer(file: Path) -> bool:
    return bool(DRAWERS & {file.stem.lower().strip("_"), *(part.lower().strip("_") for part in file.parts[:-1])})


def oversized(source: str, module: str, excepted: frozenset[str] = frozenset()) -> list[str]:
    """Files, functions and parameter lists over the house's limits; `excepted` names functions that may take more."""
    findings = []
    lines = len(source.splitlines())
    if lines > MAX_LINES:
        findings.append(f"{module} has {lines} lines")
    for name, function in _functions(ast.parse(source)):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > MAX_FUNCTION_LINES:
            findings.append(f"{module}:{function.lineno} {name} has {length} lines")
        if len(_parameters(function)) > MAX_PARAMETERS and name not in excepted:
            findings.append(f"{module}:{function.lineno} {name} has {len(_parameters(function))} parameters")
    return findings


def prints(source: str, module: str) -> list[str]:
    return [
        f"{module}:{node.lineno} prints"
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Call) and _name_of(node.func) in ("print", "builtins.print"))
        or (isinstance(node, ast.Attribute) and _name_of(node) in ("sys.stdout", "sys.stderr"))
    ]


def unsafe_loads(source: str, module: str) -> list[str]:
    """Whatever can run code that is hidden in a file."""
    tree = ast.parse(source)
    findings = [f"{module}:{line} imports {name}" for line, name in imported(source, module) if _pickles(name)]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = _name_of(call.func)
        if (
            name.split(".")[-1] in ("load", "load_state_dict_from_url")
            and _is_torch(name)
            and not _says(call, "weights_only", True)
        ):
            findings.append(f"{module}:{call.lineno} {name} without weights_only=True")
        if any(keyword.arg == "allow_pickle" for keyword in call.keywords) and not _says(call, "allow_pickle", False):
            findings.append(f"{module}:{call.lineno} {name} with allow_pickle")
    return findings


def promises(source: str, module: str) -> list[str]:
    """Words that stand where work should."""
    return [
        f"{module}:{number} {found[0]}"
        for number, line in enumerate(source.splitlines(), 1)
        if (found := re.search(r"NotImplementedError|\b(?:TODO|FIXME|XXX)\b", line))
    ]


def _pickles(name: str) -> bool:
    if name == "pickle.UnpicklingError":  # what torch raises where a file holds more than weights
        return False
    aliased = {"torch.load", "torch.hub.load_state_dict_from_url"}  # bound to a bare name, the call could not be recognized
    return name.split(".")[0] in PICKLING or name in aliased


def _is_torch(name: str) -> bool:
    return name.split(".")[0] in ("torch", "hub")


def _says(call: ast.Call, argument: str, value: bool) -> bool:
    return any(
        keyword.arg == argument and isinstance(keyword.value, ast.Constant) and keyword.value.value is value
        for keyword in call.keywords
    )


def _origin(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + int(is_package)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _package(name: str, is_package: bool) -> str:
    """The package of the library that a dotted name lies in."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and (parts[1] in FLOORS or (is_package and len(parts) > 2)) else DOOR


def _floor(package: str) -> int:
    return DOOR_FLOOR if package == DOOR else FLOORS[package]


def _name_of(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{inside}{node.name}", node
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _functions(node, f"{inside}{node.name}.")
        else:
            yield from _functions(node, inside)


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    arguments = function.args
    names = [part.arg for part in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]
