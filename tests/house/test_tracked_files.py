"""What may not be written down in the repository: addresses of package indexes, paths of a machine, lock files."""

import re
import subprocess
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from source_rules import ROOT

# Written with brackets, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a download address": rb"://[^\s\"'<>]+(?:[.]whl|[.]tar[.]gz|/simple/?)(?![\w/])",
    "the address of a file in a package index": rb"/packages/[0-9a-f]{2}/[0-9a-f]{2}/",
    "a package index": rb"(?:extra-index-ur[l]|index-ur[l]|find-link[s]|registr[y]\s*=\s*[\"']?http|resolved\"?:? \"http)",
    "a path of somebody's machine": rb"(?<![\w.-])(?:/home/\w+/|/Users/\w+/|/roo[t]/|/wor[k]/|[A-Z]:\\{1,2}Users\\)",
    "a folder beside the checkout": rb"[.][.]/share[d]\b",
}
# The gates may look for real data beside the checkout; nothing else may.
EXCEPTED = {(".ci/run", "a folder beside the checkout")}
LOCK_FILES = {"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "package-lock.json"}
WRITTEN_BY_TOOLS = {".git", ".venv", "dist", "_build", "demo_output", "__pycache__"}

PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)( ; .+)?$")


def repository_files() -> list[str]:
    """Tracked files and new ones that are not ignored; without git, everything but what tools write."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        return [name for name in listed if name and (ROOT / name).is_file()]
    found = (file.relative_to(ROOT) for file in ROOT.rglob("*") if file.is_file())
    return [file.as_posix() for file in found if not (WRITTEN_BY_TOOLS & set(file.parts) or file.parts[0].endswith("_cache"))]


def forbidden(content: bytes) -> list[str]:
    return [what for what, pattern in FORBIDDEN.items() if re.search(pattern, content)]


def test_no_file_records_an_address_or_a_path_of_a_machine():
    files = repository_files()
    assert "pyproject.toml" in files
    findings = [(name, what) for name in files for what in forbidden((ROOT / name).read_bytes())]
    assert [finding for finding in findings if finding not in EXCEPTED] == []


def test_there_is_no_lock_file_and_no_package_named_datasets():
    files = repository_files()
    assert [name for name in files if name.split("/")[-1] in LOCK_FILES] == []
    assert "datasets/__init__.py" not in files


def test_every_constraint_is_a_pin_without_an_address():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert len(lines) > 50
    assert [line for line in lines if not PIN.match(line) or "://" in line or "@" in line] == []


def test_every_requirement_has_a_pin_that_satisfies_it():
    pins = _pins()
    unpinned = [
        str(wanted) for wanted in _requirements() if not any(wanted.specifier.contains(v) for v in pins.get(_key(wanted), []))
    ]
    assert unpinned == []


def test_the_license_is_the_whole_of_apache_2():
    text = " ".join((ROOT / "LICENSE").read_text().split())
    assert text.startswith("Apache License Version 2.0, January 2004")
    assert all(f" {number}. " in text for number in range(1, 10))
    assert "APPENDIX: How to apply the Apache License to your work." in text
    assert text.endswith("See the License for the specific language governing permissions and limitations under the License.")


@pytest.mark.parametrize(
    ("what", "snippet"),
    [
        ("a download address", "https://files.example.org/a/torch-2.15.0-cp311" + ".whl"),
        ("a download address", "url = 'https://example.org" + "/simple/'"),
        ("a download address", "https://example.org/x-1.0" + ".tar.gz"),
        ("the address of a file in a package index", "/pack" + "ages/0f/3a/abc"),
        ("a package index", "--index-" + "url x"),
        ("a package index", "--extra-index-" + "url x"),
        ("a package index", "registry" + "=https://example.org"),
        ("a path of somebody's machine", "open('/ho" + "me/ann/x.csv')"),
        ("a path of somebody's machine", "cd /Us" + "ers/ann/code"),
        ("a path of somebody's machine", "C:\\Us" + "ers\\ann"),
        ("a path of somebody's machine", "cache in /ro" + "ot/.cache"),
        ("a folder beside the checkout", ".." + "/shared/data"),
    ],
)
def test_what_may_not_be_written_down_is_found(what, snippet):
    assert what in forbidden(f"first line\n{snippet}\n".encode())


@pytest.mark.parametrize("text", ["https://doi.org/10.5281/zenodo.1", "arXiv:1703.01365", "~/data/photos", "docs/home/page"])
def test_an_ordinary_reference_is_allowed(text):
    assert forbidden(text.encode()) == []


def _key(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def _pins() -> dict[str, list[str]]:
    pins: dict[str, list[str]] = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, version, _ = PIN.match(line).groups()
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


def _requirements() -> list[Requirement]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = settings["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values(), *settings["dependency-groups"].values()]
    return [Requirement(line) for group in groups for line in group]
