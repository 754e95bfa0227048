#!/usr/bin/env python3
"""Checks that the scripts of the examples make the committed data files again, byte for byte.

Needs the packages of the scripts' requirements files; what is missing is reported as skipped, because
other versions of NumPy or zlib may compress the same arrays to other bytes.
"""

import importlib.metadata
import pathlib
import re
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path(__file__).parent.parent.parent / "examples"
SCRIPTS = ("mlp_digits/make_digits.py", "cct/make_images.py")


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


def differing_files(script):
    """The names of the data files that `script` makes otherwise than they are committed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, script, folder], check=True)
        made = sorted(pathlib.Path(folder).iterdir())
        assert made, f"{script} made nothing"
        return [p.name for p in made if p.read_bytes() != (script.parent / p.name).read_bytes()]


def main():
    failed = False
    for name in SCRIPTS:
        missing = missing_packages((EXAMPLES / name).parent)
        if missing:
            print(f"{name}: skipped, needs {', '.join(missing)}")
            continue
        differing = differing_files(EXAMPLES / name)
        print(f"{name}: " + (f"differs: {', '.join(differing)}" if differing else "the same bytes"))
        failed = failed or bool(differing)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
