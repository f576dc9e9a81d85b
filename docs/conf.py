"""How the documentation is built: Markdown pages beside this file, API pages from the docstrings."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

# Before autodoc imports anything: it reads modules once more as a type checker would, and torch's compiler cannot be read so.
import torch._dynamo  # noqa: E402, F401
from api_pages import write_api_pages  # noqa: E402

import xaivision  # noqa: E402

project = "xaivision"
author = "The xaivision authors"
copyright = author
version = release = xaivision.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"xaivision {version}"
html_show_sourcelink = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"member-order": "bysource", "undoc-members": True}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
default_role = "code"

# Docstrings are written to be read as they are; outside of code, signs that reStructuredText gives a meaning have none.
CODE = re.compile(r"(``.*?``|`[^`]*`)")
MARKUP = re.compile(r"([*|\\]|(?<=\w)_(?!\w))")
FIELDS = ("Raises:", "Source:")


def as_markup(lines: list[str]) -> list[str]:
    """A docstring as reStructuredText: signs escaped, `Raises:` and `Source:` as fields with their further lines."""
    marked: list[str] = []
    inside = False
    for line in lines:
        text = "".join(part if CODE.fullmatch(part) else MARKUP.sub(r"\\\1", part) for part in CODE.split(line))
        field = next((name for name in FIELDS if text.startswith(name)), None)
        inside = bool(field) or (inside and bool(text.strip()))
        if field:
            marked += ["", f":{field} {text.removeprefix(field).strip()}"]
        else:
            marked.append(f"   {text.strip()}" if inside else text)
    return marked


write_api_pages(HERE.parent / "xaivision", HERE / "api")


def setup(app):
    def mark(_app, _what, _name, _object, _options, lines):
        lines[:] = as_markup(lines)

    app.connect("autodoc-process-docstring", mark)
