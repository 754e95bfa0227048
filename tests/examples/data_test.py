#!/usr/bin/env python3
"""Checks that the scripts of the examples make the committed arrays again: names, types, shapes and bytes; and that a table
is that of its package.

The files around them may differ, because another zlib compresses the same arrays to other bytes. Needs the packages of
the scripts' requirements files, in exactly their versions; otherwise it says what it skips.
"""

import importlib.metadata
import importlib.resources
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

EXAMPLES = pathlib.Path(__file__).parent.parent.parent / "examples"
GROWERS = ("first", "second", "third")
SCRIPTS = ("mlp_digits/make_digits.py", "cct/make_images.py", "sequences/make_recordings.py")


def missing_packages(folder):
    """The pinned packages that are not installed in exactly that version."""
    missing = []
    for name, version in re.findall(r"^([\w-]+)==(\S+)$", (folder / "requirements.in").read_text(), re.M):
        try:
            if importlib.metadata.version(name) != version:
                missing.append(f"{name}=={version}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(f"{name}=={version}")
    return missing


def members(path):
    """Every array of an archive: its name and its .npy file, which is header and bytes."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def differing_files(script):
    """The names of the data files that `script` makes otherwise than they are committed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, script, folder], check=True)
        made = sorted(pathlib.Path(folder).iterdir())
        assert made, f"{script} made nothing"
        return [p.name for p in made if members(p) != members(script.parent / p.name)]


def wine_differs():
    """Whether own_data/wine.csv has other rows than the package that it is from; None: it is not installed."""
    if missing_packages(EXAMPLES / "mlp_digits"):
        return None
    package = importlib.resources.files("sklearn.datasets.data") / "wine_data.csv"
    rows = [line.rsplit(",", 1) for line in package.read_text().splitlines()[1:]]
    wanted = [f"{numbers},{GROWERS[int(grower)]}" for numbers, grower in rows]
    return (EXAMPLES / "own_data/wine.csv").read_text().splitlines()[1:] != wanted


def main():
    failed = wine_differs()
    print("own_data/wine.csv: " + {None: "skipped", True: "differs", False: "the same rows"}[failed])
    for name in SCRIPTS:
        missing = missing_packages((EXAMPLES / name).parent)
        if missing:
            print(f"{name}: skipped, needs {', '.join(missing)}")
            continue
        differing = differing_files(EXAMPLES / name)
        print(f"{name}: " + (f"differs: {', '.join(differing)}" if differing else "the same arrays"))
        failed = failed or bool(differing)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
