"""Training steps on the simulated chip: cycles, how far they were predicted, and FLOP/cycle, of each op what it takes of them.

Usage: chip_cycles.py TDC [NET[:TRAIN]...]

NET is a net of bench/chip, or of the examples as FOLDER/MODEL or, where both are one word, as MODEL: `gru`, `sequences/kws`,
`cct:ft2`. Without a word all of bench/chip. TRAIN is the `train` block, without it the first.

Inputs of bench/chip are random, those of examples are their data; weights are random. A step is an update with all samples that it takes,
and must give the bytes of the host. A net takes half a minute to ten minutes.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from chip_step import ROOT, draw, profile_of

NETS = ROOT / "tests/bench/chip"
EXAMPLES = ROOT / "examples"


def source_of(net):
    for path in [NETS / f"{net}.td", EXAMPLES / f"{net}.td", EXAMPLES / net / f"{net}.td"]:
        if path.exists():
            return path
    sys.exit(f"no net `{net}` in {NETS.relative_to(ROOT)} or {EXAMPLES.relative_to(ROOT)}")


def on_chip(source, folder):
    """The program, or a copy with a `deploy` block if none of its own is for this chip, and the block's name."""
    text = source.read_text()
    deploy = re.search(r"^deploy (\w+) on pulp_cluster\w*", text, re.M)
    if deploy:
        return source, deploy[1]
    copy = folder / source.name
    copy.write_text(f"{text}\ndeploy bench on pulp_cluster {{}}\n")
    return copy, "bench"


def data_of(source, folder):
    """Random samples for a net of bench/chip; an example's file with the model's name, what its script makes, or its first file."""
    made, script = folder / "data.npz", source.parent / "make_data.py"
    shipped = source.with_name(f"{source.stem}_train.npz")
    if source.parent == NETS:
        draw(source.read_text(), made)
    elif shipped.exists():
        return shipped
    elif script.exists():
        subprocess.run([sys.executable, script, source.stem, made, folder / "test.npz"], check=True)
    else:
        return min(source.parent.glob("*_train.npz"))
    return made


def run(tdc, net, folder):
    name, _, train = net.partition(":")
    source = source_of(name)
    program, deploy = on_chip(source, folder)
    arguments = [program, "--data", data_of(source, folder), *(["--train", train] if train else [])]
    # The chip first: it is what a block may not fit.
    profile = profile_of(tdc, [*arguments, "--deploy", deploy], folder)
    subprocess.run([tdc, "run", *arguments, "--steps", "1", "--deploy", "host", "--on", "host", "--save", folder / "host.npz"],
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip
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
