"""Training steps on the simulated chip: cycles, how far they were predicted, and FLOP/cycle, of each op what it takes of them.

Usage: chip_cycles.py TDC [NET...]       nets of bench/chip and `cct:TRAIN`; without a word all of bench/chip

Inputs are random; every step must give the bytes of the host. A net takes half a minute to ten minutes.
"""
import pathlib
import subprocess
import sys
import tempfile

from chip_step import ROOT, draw, profile_of

NETS = ROOT / "tests/bench/chip"


def run(tdc, net, folder):
    if net.startswith("cct:"):
        source = [ROOT / "examples/cct/cct.td", "--train", net[4:]]
        data = ROOT / "examples/cct/shifted_train.npz"
    else:
        source, data = [NETS / f"{net}.td"], folder / "data.npz"
        draw(source[0].read_text(), data)
    arguments = [*source, "--data", data]
    subprocess.run([tdc, "run", *arguments, "--steps", "1", "--deploy", "host", "--on", "host", "--save", folder / "host.npz"],
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    profile = profile_of(tdc, arguments, folder)
    if (folder / "host.npz").read_bytes() != (folder / "chip.npz").read_bytes():
        sys.exit(f"{net}: the chip's weights are not the host's")
    return profile


def main():
    tdc, *nets = sys.argv[1:]
    print("| net | op | FLOP | cycles | predicted | worst step | FLOP/cycle | L2 and DMA waits | bytes by DMA |\n" + "|---" * 9 + "|",
          flush=True)  # fmt: skip
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
            predicted = sum(step["predicted_cycles"] for step in of) / cycles - 1
            # Of those that take more than 2 % of all.
            errors = [step["predicted_cycles"] / step["cycles"] - 1 for step in of if step["cycles"] > 0.02 * total]
            worst = f"{max(errors, key=abs):+.0%}" if errors else "-"
            waits = sum(step["events"]["l2_wait"] + step["events"]["dma_wait"] for step in of) / cores / cycles
            moved = sum(step["dma_in_bytes"] + step["dma_out_bytes"] for step in of)
            print(f"| {net} | {name} | {flop:,} | {cycles:,} | {predicted:+.1%} | {worst} | {flop / cycles:.2f} | {100 * waits:.1f} % "
                  f"| {moved:,} |", flush=True)  # fmt: skip


main()
