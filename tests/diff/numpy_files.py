#!/usr/bin/env python3
"""Arrays in every spelling that NumPy reads, against what tdc reads: `tdc weights diff` compares each file with one
that NumPy wrote from what NumPy itself read. Usage: numpy_files.py TDC (needs numpy)
"""
import io
import itertools
import pathlib
import struct
import subprocess
import sys
import tempfile
import warnings
import zipfile

import numpy as np

SHAPES = [(), (1,), (5,), (0,), (2, 3), (3, 0), (2, 3, 4), (1, 2, 1, 3)]
TYPES = ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]
NAMED = ["float16", "float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
LETTERS = "efdbBhHiIqQ"


def npy(descr, shape, data, fortran=False, version=1, layout="{{'descr': {0}, 'fortran_order': {1}, 'shape': {2}, }}"):
    header = layout.format(descr, fortran, shape).encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


def values(kind, count):
    """Numbers that both bytes and bits tell apart: extremes, then a pattern."""
    dtype = np.dtype(kind)
    if dtype.kind == "f":
        special = [0.0, -0.0, np.finfo(dtype).max, np.finfo(dtype).tiny, np.finfo(dtype).smallest_subnormal, -1.5]
        return np.resize(np.array(special + [1 / 3 * i for i in range(20)], dtype), count)
    info = np.iinfo(dtype)
    return np.resize(np.array([info.min, info.max] + [(37 * i) % 101 for i in range(24)], dtype), count)


def spellings():
    """Yields the bytes of .npy files."""
    for kind, shape, order, fortran, version in itertools.product(TYPES, SHAPES, "<>", (False, True), (1, 2, 3)):
        data = values(kind, int(np.prod(shape))).astype(order + kind).tobytes()
        yield npy(f"'{order}{kind}'", shape, data, fortran, version)
    for kind, name, letter in zip(TYPES, NAMED, LETTERS):
        data = values(kind, 6).tobytes()
        for descr in (kind, "=" + kind, "|" + kind, name, letter, "<" + letter, "=" + letter):
            yield npy(f"'{descr}'", "(2, 3)", data)
        yield npy(f"'>{letter}'", "(2, 3)", values(kind, 6).astype(">" + kind).tobytes())
    data = values("f4", 6).tobytes()
    for shape in ("(2L, 3L)", "(6L,)", "( 2 ,3 , )", "(6 , )", "(2,\n3)"):
        for version in (1, 2):
            yield npy("'<f4'", shape, data, version=version)
    for layout in ('{{"shape":{2},"fortran_order":{1},"descr":{0}}}', "{{ 'descr' : {0} ,\t'shape':\n{2},'fortran_order':{1}}}",
                   "{{u'descr': u{0}, 'fortran_order': {1}, 'shape': {2}}}", "   {{'descr': {0}, 'fortran_order': {1}, 'shape': {2}}}   "):
        if not layout.startswith(" "):  # NumPy takes no blanks at the front
            yield npy("'<f4'", "(2, 3)", data, layout=layout)


def write(path, members):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)


def main():
    tdc = sys.argv[1]
    passed = failed = 0

    def check(name, holds, said=""):
        nonlocal passed, failed
        passed, failed = passed + bool(holds), failed + (not holds)
        if not holds:
            print(f"FAILED: {name}\n{said}")

    def run(*words):
        done = subprocess.run([tdc, *words], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = {f"{i:05}": content for i, content in enumerate(spellings())}
        read = {name: np.load(io.BytesIO(content)) for name, content in files.items()}
        # f16 stays f16 in both, and no file holds the other's bytes.
        np.savez(folder / "numpy.npz", **{name: np.ascontiguousarray(array).reshape(array.shape).astype(array.dtype.newbyteorder("<"))
                                         for name, array in read.items()})
        np.savez(folder / "wide.npz", **{name: array.astype("<f8") for name, array in read.items() if array.dtype.itemsize < 8})
        write(folder / "spelled.npz", {name + ".npy": content for name, content in files.items()})
        status, said = run("weights", "diff", folder / "numpy.npz", folder / "spelled.npz")
        check(f"{len(files)} spellings have NumPy's shapes and values", (status, said) == (0, f"equal: {len(files):,} arrays\n"), said)
        write(folder / "narrow.npz", {name + ".npy": files[name] for name, array in read.items() if array.dtype.itemsize < 8})
        status, said = run("weights", "diff", folder / "wide.npz", folder / "narrow.npz")
        check("and as double precision", status == 0, said)
        bad = next(name for name, array in read.items() if array.shape == (2, 3))
        read[bad] = read[bad] + np.arange(6).reshape(2, 3).astype(read[bad].dtype)
        np.savez(folder / "other.npz", **read)
        check("another array is noticed", run("weights", "diff", folder / "other.npz", folder / "spelled.npz")[0] == 1)

        # Whatever else NumPy puts into an archive is shown, and spoils nothing.
        np.savez(folder / "mixed.npz", x=np.arange(3, dtype="f4"), words=np.array(["a", "b"]), yes=np.array([True]), z=np.array([1j]),
                 day=np.array(["2024-01-01"], "M8[D]"), pairs=np.zeros(2, [("a", "f4"), ("b", "i2", (2,))]), raw=np.zeros(2, "V3"),
                 text=np.array([b"ab"]), thing=np.array([{}], object), wide=np.zeros(1, np.longdouble))
        status, said = run("weights", "show", folder / "mixed.npz")
        with np.load(folder / "mixed.npz", allow_pickle=True) as mixed:
            names = mixed.files
        lines = {line.split()[0]: line.split() for line in said.splitlines() if line}
        check("all of an archive is shown", status == 0 and all(name in lines for name in names) and "1 array, 3 elements" in said, said)

        # The data of a run: three steps must save the same bytes from every spelling.
        (folder / "target.td").write_text("tdl 1\nnet N(x: f32[3]) -> y: f32[] {\n  param w: f32[3] = zeros\n  return sum(x * w)\n}\n"
                                          "train t of N {\n  target z: f32[]\n  loss mse(y, z)\n  optimizer sgd(lr: 0.5)\n}\n")
        x, z = np.eye(3, dtype="<f4"), np.array([4, 8, 12], "<f4")

        def saved(name, **arrays):
            np.savez(folder / f"{name}.npz", **arrays)
            return trained(name)

        def trained(name):
            out = folder / f"{name}-weights.npz"
            status, said = run("run", folder / "target.td", "--on", "host", "--data", folder / f"{name}.npz", "--steps", "3", "--save", out)
            return out.read_bytes() if status == 0 else said

        plain = saved("plain", x=x, z=z)
        check("plain data trains", isinstance(plain, bytes), plain)
        others = {"byte_target": {"z": z.astype("u1")}, "wide_target": {"z": z.astype("i8")}, "half_target": {"z": z.astype("f2")},
                  "half_input": {"x": x.astype("f2")}, "fortran": {"x": np.asfortranarray(x)}, "big_endian": {"z": z.astype(">f4")},
                  "column": {"z": z.reshape(3, 1)},
                  "unasked": {"names": np.array(["a", "b", "c"]), "half": np.zeros(7, "f2"), "one": np.float32(1), "yes": np.ones(3, bool)}}
        for name, arrays in others.items():
            result = saved(name, **{"x": x, "z": z, **arrays})
            check(name, result == plain, result)
        half = saved("half_bytes", x=(x * 255).astype("u1"), z=z)
        check("inputs of bytes are scaled", half == plain, half)
        content = dict(zip(("x.npy", "z.npy"), (npy("'<f4'", (3, 3), x.tobytes()), npy("'<f4'", "(3L,)", z.tobytes()))))
        write(folder / "stray.npz", {"readme.txt": "hello", "folder/": "", **content})
        check("stray members", trained("stray") == plain)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
