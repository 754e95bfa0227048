"""Writes data files for tdc: `.npz` archives of arrays in NumPy's format 1.0 (NEP 1). Python alone, no packages.

The same arrays give the same bytes on every machine that has the same zlib.
"""

import ast
import struct
import zipfile


def npy(kind, dims, data):
    """One array: `kind` as NumPy names it (`|u1`, `<f4`, `<i4`), its extents, its bytes."""
    header = str({"descr": kind, "fortran_order": False, "shape": tuple(dims)})
    assert ast.literal_eval(header)["shape"] == tuple(dims)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def floats(dims, values):
    return npy("<f4", dims, struct.pack(f"<{len(values)}f", *values))


def wholes(dims, values):
    return npy("<i4", dims, struct.pack(f"<{len(values)}i", *values))


def write(path, arrays):
    """An archive of arrays by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), array, zipfile.ZIP_DEFLATED)
