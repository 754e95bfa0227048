"""Measures what the cycles of kernels are a sum of, on the simulated chip, and prints the table.

Usage: fit_cycles.py TDC CYCLES [FOLDER] > runtime/rv32/pulp_cluster/cycles.txt

Runs one step of each program of bench/fit on the chip. What kernels took there beside what the chip file tells is explained by the amounts that
`bench/cycles` (CYCLES) says of their launches, with coefficients that are not negative, by least squares.
Kernels that were seen seldom lean on the coefficients of all kernels of their division. Profiles are kept in FOLDER, if
there is one, and taken from there. Progress, and how far the table is from what it was made of, go to the standard error.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from chip_step import ROOT, draw, profile_of

PROGRAMS = ["vector", "dense", "depthwise", "tall", "images", "channels", "attention", "attention:adapters", "elementwise", "characters",
            "activations", "functions", "norms"]
LEAN = 0.1  # how much a kernel leans on all others, as a relative error of each coefficient
LEAST = 1000  # cycles; errors of what is shorter count less


def rows_of(tdc, cycles, program, folder):
    """(kernel, division, cycles, amounts) of the steps of a program."""
    net, _, train = program.partition(":")
    source = ROOT / f"tests/bench/fit/{net}.td"
    own = folder / program.replace(":", "_")
    own.mkdir(parents=True, exist_ok=True)
    kept = own / "profile.json"
    if not kept.exists():
        draw(source.read_text(), own / "data.npz")
        arguments = [source, *(["--train", train] if train else []), "--data", own / "data.npz"]
        kept.write_text(json.dumps(profile_of(tdc, arguments, own)))
    profile = json.loads(kept.read_text())
    print(f"{program}: {profile['chip']['model_cycles']:,} cycles", file=sys.stderr, flush=True)
    listed = subprocess.run([cycles, source, *([train] if train else [])], check=True, capture_output=True, text=True).stdout
    names, *lines = [line.split() for line in listed.splitlines()]
    by_step = {int(line[0]): line for line in lines}
    rows = []
    for step in profile["steps"]:
        _, kernel, division, known, *amounts = by_step[step["step"]]
        spent = step["cycles"] - step["events"]["dma_wait"] - float(known)  # only core 0 waits for transfers
        if spent > 0:
            rows.append((kernel, division, spent, [float(amount) for amount in amounts]))
    return names[4:], rows


def fit(rows, lean_on):
    """Coefficients c >= 0 that make sum (c . amounts - cycles)^2 / cycles^1.5 least, by coordinate descent: between absolute
    errors, for which only the longest steps count, and relative ones, for which all that is short is as important."""
    size = len(rows[0][3])
    gram = [[0.0] * size for _ in range(size)]
    right = [0.0] * size
    for _, _, cycles, amounts in rows:
        weight = max(cycles, LEAST) ** -0.75
        scaled = [amount * weight for amount in amounts]
        for i in range(size):
            right[i] += scaled[i] * cycles * weight
            for j in range(size):
                gram[i][j] += scaled[i] * scaled[j]
    for i in range(size):
        if lean_on is None:
            continue
        # As if one more row had shown what all others have.
        pull = LEAN * max(gram[i][i] / len(rows), 1e-9)
        gram[i][i] += pull
        right[i] += pull * lean_on[i]
    found = [0.0] * size
    for _ in range(20000):
        for i in range(size):
            if gram[i][i] > 0:
                rest = right[i] - sum(gram[i][j] * found[j] for j in range(size) if j != i)
                found[i] = max(0.0, rest / gram[i][i])
    return [value if value > 1e-6 else 0.0 for value in found]


def line(kernel, division, values):
    return f"{kernel:36} {division:9}" + "".join(f" {value:12.5g}" for value in values).rstrip()


def main():
    tdc, cycles, *kept = sys.argv[1:]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(kept[0] if kept else temporary)
        names, rows = [], []
        for program in PROGRAMS:
            names, more = rows_of(tdc, cycles, program, folder)
            rows += more
    print("# Cycles of kernels on this platform with eight cores, a sum of amounts of a launch (schedule/kernel_amounts.h).\n"
          "# Written by tests/bench/fit_cycles.py; not to be edited.")
    print(f"{'kernel':36} {'division':9}" + "".join(f" {name:>12}" for name in names))
    for division in sorted({row[1] for row in rows}):
        of_division = [row for row in rows if row[1] == division]
        shared = fit(of_division, None)
        print(line("*", division, shared))
        for kernel in sorted({row[0] for row in of_division}):
            own = [row for row in of_division if row[0] == kernel]
            found = fit(own, shared)
            print(line(kernel, division, found))
            cycles_there = sum(row[2] for row in own)
            said = sum(sum(c * a for c, a in zip(found, row[3])) for row in own)
            print(f"{kernel:36} {division:9} {len(own):4} steps, {cycles_there:12,.0f} cycles, {said / cycles_there - 1:+.1%}",
                  file=sys.stderr)


main()
