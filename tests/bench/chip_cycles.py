"""Training steps on the simulated chip: cycles and FLOP/cycle, of each op what it takes of them.

Usage: chip_cycles.py TDC [NET...]       nets of bench/chip and `cct:TRAIN`; without a word all of bench/chip

Inputs are random; every step must give the bytes of the host. A net takes half a minute to ten minutes.
"""
import json
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NETS = ROOT / "tests/bench/chip"


def npy(shape, dtype, values):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    code = {"<f4": "f", "<i4": "i"}[dtype]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}{code}", *values)


def draw(text, path):
    """One random sample of the input and the target that a net's text declares."""
    rng = random.Random(1)
    with zipfile.ZipFile(path, "w") as file:
        for name, shape in re.findall(r"(?:net \w+\(|target +)(\w+): f32\[([^\]]*)\]", text):
            dims = [int(extent) for extent in shape.split(",")]
            count = 1
            for extent in dims:
                count *= extent
            file.writestr(f"{name}.npy", npy((1, *dims), "<f4", [rng.gauss(0, 1) for _ in range(count)]))
        for name, classes in re.findall(r"target +(\w+): class\((\d+)\)", text):
            file.writestr(f"{name}.npy", npy((1,), "<i4", [rng.randrange(int(classes))]))


def run(tdc, net, folder):
    if net.startswith("cct:"):
        source = [ROOT / "examples/cct/cct.td", "--train", net[4:]]
        data = ROOT / "examples/cct/shifted_train.npz"
    else:
        source, data = [NETS / f"{net}.td"], folder / "data.npz"
        draw(source[0].read_text(), data)
    common = [tdc, "run", *source, "--data", data, "--steps", "1"]
    subprocess.run([*common, "--deploy", "host", "--on", "host", "--save", folder / "host.npz"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([*common, "--on", "rtl", "--profile", "--keep", folder / "chip", "--save", folder / "chip.npz"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if (folder / "host.npz").read_bytes() != (folder / "chip.npz").read_bytes():
        sys.exit(f"{net}: the chip's weights are not the host's")
    return json.loads((folder / "chip/report.json").read_text())["profile"]


def main():
    tdc, *nets = sys.argv[1:]
    print("| net | op | FLOP | cycles | FLOP/cycle | L2 and DMA waits | bytes by DMA |\n|---|---|---|---|---|---|---|", flush=True)
    for net in nets or sorted(path.stem for path in NETS.glob("*.td")):
        with tempfile.TemporaryDirectory() as folder:
            profile = run(tdc, net, pathlib.Path(folder))
        steps, cores = profile["steps"], len(profile["chip"]["cores"])
        ops = {}
        for step in steps:
            ops.setdefault(step["op"], []).append(step)
        rows = sorted(ops.items(), key=lambda item: -sum(step["cycles"] for step in item[1]))
        total = profile["chip"]["model_cycles"]
        for name, of in [("all", steps), *rows]:
            cycles = total if name == "all" else sum(step["cycles"] for step in of)
            if cycles < 0.02 * total:
                continue
            flop = sum(step["flop"] for step in of)
            waits = sum(step["events"]["l2_wait"] + step["events"]["dma_wait"] for step in of) / cores / cycles
            moved = sum(step["dma_in_bytes"] + step["dma_out_bytes"] for step in of)
            print(f"| {net} | {name} | {flop:,} | {cycles:,} | {flop / cycles:.2f} | {100 * waits:.1f} % | {moved:,} |", flush=True)


main()
