"""A named set as a folder of class folders, each picture compared with the set's list before it is put there."""

import hashlib
import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from secrets import token_hex
from urllib.parse import urlparse

from xaivision.core.cache_folder import cache_directory
from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.progress import track
from xaivision.data.named_sets.archive_files import ArchivedFile, archived_files
from xaivision.data.named_sets.manifest import ListedPicture, manifest
from xaivision.data.named_sets.named_set import NamedSet, named_set, named_sets
from xaivision.data.named_sets.resumed_download import resumed_download

MARK = "xaivision_set.json"
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class ObtainedSet:
    """`exact` of its pictures are the listed files, and `alike` show the same in another encoding; `folder` holds them."""

    name: str
    folder: Path
    exact: int
    alike: int


@dataclass
class _Taken:
    """What of the list is there: the sha256 of each file by its name in the folder, and the places that are filled."""

    folder: Path
    files: dict[str, str] = field(default_factory=dict)
    standings: dict[str, str] = field(default_factory=dict)


def obtain_set(name: str, folder: str | Path | None = None, *, source: str | Path | None = None) -> ObtainedSet:
    """The set in `folder`, fetched where it is not there: one folder of pictures for each class.

    `folder`: a new one; one of the user's cache directory where None. `source`: an archive, a folder (as a clone of the
    repository) or an address to take in place of the set's own. Archives are only read: pictures are taken by name, compared
    with the set's list, and everything else in them is passed over. The folder is there whole or not at all.

    Raises: UnknownNameError; InputError, where the folder holds something else; DownloadError, where an archive cannot
    be had (what has come of it is kept for the next call); FileFormatError, where it lacks pictures of the set; Cancelled.
    """
    wanted = named_set(name)
    target = _place_of(name) if folder is None else Path(folder)
    if (target / MARK).is_file():
        return _found_whole(wanted, target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"`{target}` must be a new or empty folder. Got one that holds something else. Name another.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{token_hex(8)}.part")
    try:
        part.mkdir()
        taken = _taken(wanted, part, source)
        (part / MARK).write_text(json.dumps({"name": name, "files": taken.files, "standings": taken.standings}), encoding="utf-8")
        (part / "README.md").write_text(_terms(wanted), encoding="utf-8")
        if target.exists():
            target.rmdir()
        part.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return _counted(wanted, target, taken.standings)


def set_folder(name: str) -> Path | None:
    """The folder in the user's cache directory that holds the named set; None where it was not obtained."""
    if name not in named_sets() or cache_directory() is None:
        return None
    folder = _place_of(name)
    return folder if (folder / MARK).is_file() else None


def _place_of(name: str) -> Path:
    kept = cache_directory()
    if kept is None:
        raise InputError("There is no home directory to keep a set of pictures in. Name a folder.")
    return kept / "datasets" / name


def _found_whole(wanted: NamedSet, folder: Path) -> ObtainedSet:
    """The set that is there, each file read and compared with what was put there."""
    told = json.loads((folder / MARK).read_text(encoding="utf-8"))
    if told.get("name") != wanted.name:
        raise InputError(f"`{folder}` must be a folder for {wanted.name!r}. Got one of {told.get('name')!r}. Name another.")
    for place, digest in track(list(told["files"].items()), f"comparing {wanted.name}"):
        path = folder / place
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise FileFormatError(
                f"`{path}` must be the picture that was put there. It is missing or was changed. Remove `{folder}` and get the "
                "set again."
            )
    return _counted(wanted, folder, told["standings"])


def _taken(wanted: NamedSet, part: Path, source: str | Path | None) -> _Taken:
    listed, taken = manifest(wanted.name), _Taken(part)
    wanted_here = _by_name(listed, wanted.classes)
    fetched: list[Path] = []
    try:
        for archive in _archives(wanted, source, fetched):
            for file in track(archived_files(archive), f"looking through {archive.name}"):
                _take(file, wanted_here, taken, wanted.inside)
        _check_all_there(wanted, listed, taken)
    except FileFormatError:
        _remove(fetched)  # it would not be better the next time
        raise
    _remove(fetched)
    return taken


def _check_all_there(wanted: NamedSet, listed: Mapping[str, ListedPicture], taken: _Taken) -> None:
    missing = [place for place in listed if place not in taken.standings]
    if missing:
        raise FileFormatError(
            f"{wanted.name!r} must have {len(listed):,} files. {len(missing):,} are not in what came, or are other pictures "
            f"there; the first is {missing[0]}. The set's origin is {wanted.origin}: get it there and name the folder as the "
            "source."
        )


def _archives(wanted: NamedSet, source: str | Path | None, fetched: list[Path]) -> Iterator[Path]:
    """Each archive; those that were fetched for this alone are told in `fetched`."""
    if source is not None and urlparse(str(source)).scheme not in ("http", "https"):
        yield Path(source)
        return
    for address in wanted.addresses if source is None else (str(source),):
        digest = hashlib.sha256(address.encode()).hexdigest()[:16]
        kept = _place_of(wanted.name).with_name(f"{wanted.name}-{digest}-{Path(urlparse(address).path).name}")
        fetched.append(kept if kept.is_file() else resumed_download(address, kept))
        yield fetched[-1]


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _by_name(listed: Mapping[str, ListedPicture], classes: Collection[str]) -> dict[str, list[ListedPicture]]:
    """Where a name in an archive may belong: by its folder and name; a picture of a class by its name alone as well."""
    found: dict[str, list[ListedPicture]] = {}
    for one in listed.values():
        place = PurePosixPath(one.file)
        found.setdefault(f"{place.parent.name}/{place.stem}", []).append(one)
        if place.parent.name in classes:
            found.setdefault(place.stem, []).append(one)
    return found


def _take(file: ArchivedFile, wanted_here: Mapping[str, list[ListedPicture]], taken: _Taken, inside: str) -> None:
    """Put the file to the place of the set that it belongs to, if any; another encoding is taken from `inside` only."""
    open_places = [one for one in _places(file.name, wanted_here) if one.file not in taken.standings]
    if not open_places:
        return
    content = file.read()
    is_inside = not inside or f"/{inside}/" in f"/{file.name}"
    for one in open_places:
        standing = one.standing(content)
        if standing == "exact" or (standing == "alike" and is_inside):
            _put(one, content, file.name.suffix.lower(), taken)
            taken.standings[one.file] = standing
            return


def _places(name: PurePosixPath, wanted_here: Mapping[str, list[ListedPicture]]) -> list[ListedPicture]:
    """The places of the set that a file of this name may belong to."""
    if name.suffix.lower() not in ENDINGS:
        return []
    by_name = wanted_here.get(name.stem, [])  # where several have it, it is no hint
    return wanted_here.get(f"{name.parent.name}/{name.stem}") or (by_name if len(by_name) == 1 else [])


def _put(one: ListedPicture, content: bytes, ending: str, taken: _Taken) -> None:
    """Write a picture to its place in the set, which the list says, with the ending of what came."""
    path = (taken.folder / one.file).with_suffix(ending)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    taken.files[path.relative_to(taken.folder).as_posix()] = hashlib.sha256(content).hexdigest()


def _counted(wanted: NamedSet, folder: Path, standings: Mapping[str, str]) -> ObtainedSet:
    exact = sum(standing == "exact" for standing in standings.values())
    return ObtainedSet(wanted.name, folder, exact, len(standings) - exact)


def _terms(wanted: NamedSet) -> str:
    return "\n".join(
        (
            f"# {wanted.name}",
            "",
            f"{wanted.what}. {wanted.note}",
            "",
            f"- License: {wanted.license}",
            f"- Citation: {wanted.citation}",
            f"- Origin: {wanted.origin}",
            "",
        )
    )
