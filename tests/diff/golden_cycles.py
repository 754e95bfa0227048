"""Cycles of small tiled programs on the simulated chip, which are exact: what changes them shows in the diff of
`golden_cycles.txt`, by the version of the C compiler.

Usage: golden_cycles.py TDC [update]

Runs a step of each program and compares the cycles of its model with the file; `update` writes them there instead.
Without lines of this compiler it says so, and passes.
"""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/bench"))
from chip_step import draw, profile_of  # noqa: E402

GOLDEN = pathlib.Path(__file__).with_suffix(".txt")
COMPILER = "riscv64-unknown-elf-gcc"
HEADING = "# compiler, net, train block, KiB of L1, chip, cycles of a step. Written by golden_cycles.py, not to be edited.\n"
# Folder of tests, net, train block, KiB of L1 in the budget, of which stacks and constants take 32, chip.
PROGRAMS = [
    ("diff", "mlp", "steps", 40, "pulp_cluster"),
    ("diff", "mlp", "steps", 128, "pulp_cluster"),
    ("diff", "cnn", "steps", 36, "pulp_cluster"),
    ("diff", "cnn", "steps", 128, "pulp_cluster"),
    ("diff", "gru", "all", 128, "pulp_cluster"),
    ("diff", "parts", "norm_weight", 128, "pulp_cluster"),
    ("diff", "cct_small", "ft2", 128, "pulp_cluster"),
    ("diff", "cct_small", "lora2", 128, "pulp_cluster"),
    ("bench/fit", "vector", "all", 40, "pulp_cluster"),
    ("bench/fit", "vector", "all", 128, "pulp_cluster"),
    ("bench/fit", "dense", "all", 64, "pulp_cluster"),
    ("bench/fit", "dense", "all", 128, "pulp_cluster"),
    ("diff", "cnn", "steps", 36, "pulp_cluster_engine"),
    ("diff", "cct_small", "ft2", 128, "pulp_cluster_engine"),
    ("bench/fit", "dense", "all", 128, "pulp_cluster_engine"),
]


def cycles_of(tdc, tests, net, train, kibibytes, chip, folder):
    text = (ROOT / f"tests/{tests}/{net}.td").read_text()
    text = text.replace("f32[turns,", "f32[16,")  # what `draw` reads
    if "use std.chips" not in text:
        text = text.replace("use std.nn\n", "use std.nn\nuse std.chips\n")
    text += f"\ndeploy golden on {chip} {{ budget L1 <= {kibibytes} KiB }}\n"
    source, data = folder / f"{net}.td", folder / "data.npz"
    source.write_text(text)
    draw(text, data, samples=4)
    return profile_of(tdc, [source, "--train", train, "--deploy", "golden", "--data", data], folder)["chip"]["model_cycles"]


def main():
    tdc, *update = sys.argv[1:]
    version = subprocess.run([COMPILER, "-dumpfullversion"], check=True, capture_output=True, text=True).stdout.strip()
    lines = [line.split() for line in GOLDEN.read_text().splitlines() if not line.startswith("#")] if GOLDEN.exists() else []
    golden = {tuple(line[:5]): int(line[5]) for line in lines}
    if not update and not any(key[0] == version for key in golden):
        print(f"there are no cycles for {COMPILER} {version}: nothing is compared")
        return
    wrong = 0
    for tests, net, train, kibibytes, chip in PROGRAMS:
        key = (version, net, train, str(kibibytes), chip)
        with tempfile.TemporaryDirectory() as folder:
            cycles = cycles_of(tdc, tests, net, train, kibibytes, chip, pathlib.Path(folder))
        if update:
            golden[key] = cycles
        elif golden.get(key) != cycles:
            wrong += 1
        print(f"{net}:{train} in {kibibytes} KiB of {chip}: {cycles:,} cycles" + ("" if golden.get(key) == cycles else f", not {golden.get(key, 0):,}"))
    if update:
        GOLDEN.write_text(HEADING + "".join(" ".join([*key, str(count)]) + "\n" for key, count in sorted(golden.items())))
    elif wrong:
        sys.exit(f"{wrong} programs take other cycles: if they should, run `python3 tests/diff/golden_cycles.py TDC update`")


main()
