"""What the benchmarks of the simulated chip share: random samples for a program, and a profile of its first step."""
import json
import pathlib
import random
import re
import struct
import subprocess
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def npy(shape, dtype, values):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    code = {"<f4": "f", "<i4": "i"}[dtype]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}{code}", *values)


def draw(text, path, samples=1):
    """Random samples of the input and the target that a net's text declares."""
    rng = random.Random(1)
    with zipfile.ZipFile(path, "w") as file:
        for name, shape in dict(re.findall(r"(?:net \w+\(|target +)(\w+): f32\[([^\]]*)\]", text)).items():
            dims = [int(extent) for extent in shape.split(",")]
            count = samples
            for extent in dims:
                count *= extent
            file.writestr(f"{name}.npy", npy((samples, *dims), "<f4", [rng.gauss(0, 1) for _ in range(count)]))
        for name, classes in dict(re.findall(r"target +(\w+): class\((\d+)\)", text)).items():
            file.writestr(f"{name}.npy", npy((samples,), "<i4", [rng.randrange(int(classes)) for _ in range(samples)]))


class Failed(SystemExit):
    """What a net cannot do, and why: ends the program with that text unless a caller has more nets."""


def report_of(tdc, arguments, folder, work=("--steps", "1")):
    """report.json, with its `profile`, after `work` on the chip, a step; what it saves is chip.npz in `folder`."""
    ran = subprocess.run([tdc, "run", *arguments, *work, "--on", "rtl", "--profile", "--keep", folder / "chip", "--save",
                          folder / "chip.npz"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip
    if ran.returncode != 0:
        raise Failed(ran.stderr)
    return json.loads((folder / "chip/report.json").read_text())


def profile_of(tdc, arguments, folder):
    """`profile` of report.json after one step on the chip."""
    return report_of(tdc, arguments, folder)["profile"]
