#!/usr/bin/env python3
"""Makes numpy_stored.npz and numpy_deflated.npz beside this script: what NumPy itself writes (2.1.3 made the committed ones)."""

import pathlib

import numpy

ARRAYS = {
    "fc1.weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4,
    "scalar": numpy.float64(-0.1),
    "bytes": numpy.arange(256, dtype=numpy.uint8),
    "label": numpy.array([7, -1, 2**31 - 1], dtype=numpy.int32),
    "big": numpy.array([[-(2**63)]], dtype=numpy.int64),
    "none": numpy.zeros((0, 5), dtype=numpy.float32),
    "zeros": numpy.zeros((16, 16), dtype=numpy.float32),
}

folder = pathlib.Path(__file__).parent
numpy.savez(folder / "numpy_stored.npz", **ARRAYS)
numpy.savez_compressed(folder / "numpy_deflated.npz", **ARRAYS)
