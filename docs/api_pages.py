"""One API page for each package, listing its modules; written before each build, so that none can be forgotten."""

from pathlib import Path

# The command line has a page of its own, and `__main__` only starts it.
LEFT_OUT = {"cli", "commands", "__main__"}

PAGE = """{title}
{line}

.. automodule:: {module}

"""
SECTION = """{title}
{line}

.. automodule:: {module}
   :members:

"""


def write_api_pages(library: Path, folder: Path) -> None:
    """Fill the folder with a page for the functions at the top, one for each package, and an index."""
    folder.mkdir(exist_ok=True)
    packages = sorted(path.parent for path in library.glob("*/__init__.py") if path.parent.name not in LEFT_OUT)
    pages = {"xaivision": _page(library, "xaivision")}
    pages |= {package.name: _page(package, f"xaivision.{package.name}") for package in packages}
    for name, text in pages.items():
        _write(folder / f"{name}.rst", text)
    listed = "".join(f"   {name}\n" for name in pages)
    _write(folder / "index.rst", f"API\n===\n\n.. toctree::\n   :maxdepth: 1\n\n{listed}")


def _page(package: Path, name: str) -> str:
    modules = sorted(file.stem for file in package.glob("*.py") if file.stem != "__init__" and file.stem not in LEFT_OUT)
    sections = [SECTION.format(title=module, line="-" * len(module), module=f"{name}.{module}") for module in modules]
    return PAGE.format(title=name, line="=" * len(name), module=name) + "".join(sections)


def _write(path: Path, text: str) -> None:
    """Only where something changed, so that a second build has little to do."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
