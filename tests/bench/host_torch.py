"""A training step on this machine, one thread: the generated program's beside PyTorch's.

Usage: host_torch.py TDC [--torch PYTHON]... [--rounds N] [NET[:BATCH]...]

NET is cct-ft2, cct-full, deep_ae or resnet8, BATCH one of 1, 8 and 32; without them all are measured. PYTHON is an interpreter that has
PyTorch and NumPy, by default the one that runs this; each of them gets columns of its own.

Both sides start from the same weights and samples, train the same parameters by the same loss and plain gradient descent, and must give
the same updates (torch_step.py): one that differs ends the command with status 1, and where rounding alone decides about a ReLU other
samples are drawn. Then they take turns: ours, theirs, ours, theirs.
A turn is a step that is not counted and one that is, from the initial weights; N of them, 20 unless it is said, and the fastest counts.
Nothing is started, read or printed while the clock runs; PyTorch's step is `zero_grad`, forward, `backward` and the optimizer's step.

Ours is compiled by the generated Makefile, with its flags (and CC, if that is set). The goal is the share of PyTorch's time that ours may
take. What else runs on the machine makes the fastest step of the wall's clock slower, and not alike: where it matters, the shares by the
clock and of processor time differ. GFLOP/s are of processor time.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shlex
import struct
import subprocess
import sys
import tempfile

from chip_step import ROOT

HERE = pathlib.Path(__file__).resolve().parent
NETS = {
    "cct-ft2": ("cct/cct.td", "ft2"),
    "cct-full": ("cct/cct.td", "full"),
    "deep_ae": ("mlperf_tiny/deep_ae.td", "full"),
    "resnet8": ("mlperf_tiny/resnet8.td", "full"),
}
BATCHES = (1, 8, 32)
# How often samples are drawn anew because a sum before a ReLU is so near to 0 that rounding decides (torch_step.py).
DRAWS = 20
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


def goal(net, batch):
    return (0.6 if net == "cct-ft2" else 0.8) if batch == 1 else 1.0


def run(*command, **options):
    ran = subprocess.run(command, capture_output=True, text=True, **options)
    if ran.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


class Process:
    """A program that answers each line by a line."""

    def __init__(self, *command):
        self.command = " ".join(map(str, command))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | ONE_THREAD)

    def ask(self, *words):
        try:
            print(*words, file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            sys.exit(f"{self.command} has ended with status {self.process.wait()}")
        return answer.strip()

    def step(self):
        """Nanoseconds by the wall's clock and of processor time."""
        return [int(number) for number in self.ask("step").split()[:2]]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def program(net, batch):
    """The example's text with this batch and a rate of 1, by which a weight moves by all of its gradient."""
    text = (ROOT / "examples" / NETS[net][0]).read_text()
    text = re.sub(r"\n  (batch|schedule) .*", "", text)
    text = re.sub(r"sgd\(lr: [0-9.]+\)", "sgd(lr: 1)", text)
    text = re.sub(r"(\ntrain \w+ of \w+ \{)", rf"\1\n  batch {batch}", text)
    if net == "deep_ae" and batch == 1:
        # One sample has no variance, here as in PyTorch.
        text = text.replace("BatchNorm(Linear(x, out) as fc)", 'BatchNorm(Linear(x, out) as fc, statistics: "running")')
    return text


def draw(text, batch, folder, seed):
    """Random samples of the net's input, and of its classes if it has any, raw; how many numbers each has."""
    rng = random.Random(seed)
    count = batch
    for extent in re.search(r"\nnet \w+\(\w+: f32\[([^\]]*)\]", text)[1].split(","):
        count *= int(extent)
    (folder / "input.f32").write_bytes(struct.pack(f"<{count}f", *(rng.gauss(0, 1) for _ in range(count))))
    classes = re.search(r"target +\w+: class\((\d+)\)", text)
    if not classes:
        return {"INPUT": count, "LABELS": 0}
    (folder / "labels.i32").write_bytes(struct.pack(f"<{batch}i", *(rng.randrange(int(classes[1])) for _ in range(batch))))
    return {"INPUT": count, "LABELS": batch}


def build(tdc, net, batch, folder):
    """The words that start the program that takes steps, what the report says of it, and the C compiler and its flags."""
    source, text = folder / "net.td", program(net, batch)
    source.write_text(text)
    sizes = draw(text, batch, folder, 1)
    project = folder / "project"
    run(tdc, source, "--train", NETS[net][1], "--deploy", "host", "-o", project)
    (folder / "report.json").write_bytes((project / "report.json").read_bytes())
    report = json.loads((project / "report.json").read_text())
    prefix = report["prefix"]
    made = run("make", "-C", project, "-j", str(os.cpu_count()))
    compiler, flags = re.search(r"^(.+?) (-std=.*) -Iinclude .* -o \S*/add\.c\.o ", made, re.M).groups()
    defines = {"HEADER": f'"tdc/{prefix}.h"', "MODEL": prefix, "VARIABLES": f"{prefix.upper()}_VARIABLES", **sizes}
    run(*compiler.split(), *flags.split(), f"-I{project}/include", *(f"-D{name}={value}" for name, value in defines.items()),
        "-o", folder / "step", HERE / "host_step.c", project / f"build/host/lib{prefix}_model.a")  # fmt: skip
    return [folder / "step", folder / "input.f32", *([folder / "labels.i32"] if sizes["LABELS"] else [])], report, compiler, flags


def started(command, pythons, theirs, net, batch, folder):
    """Our program and theirs with the same samples and weights, and updates that agree. Ends with those that do not."""
    before, after = folder / "before.f32", folder / "after.f32"
    for seed in range(1, DRAWS + 1):
        draw(program(net, batch), batch, folder, seed)
        ours = Process(*command)
        ours.ask("weights", before)
        ours.step()
        ours.ask("weights", after)
        said = [process.ask("check", before, after) for process in theirs]
        for python, words in zip(pythons, said):
            if words.startswith("differ ") or (seed == DRAWS and not words.startswith("agree ")):
                sys.exit(f"{net}, batch {batch}: the updates of {python} are not ours: {words}")
        if all(words.startswith("agree ") for words in said):
            worst = ", ".join(words.split()[1] for words in said)
            print(f"{net}, batch {batch}: updates agree, the worst to {worst} (draw {seed} of the samples)", file=sys.stderr)
            return ours
        ours.end()


def measure(tdc, pythons, rounds, net, batch, folder):
    """The best nanoseconds of ours and of each PyTorch, wall's clock and processor, FLOP of a step, and the compiler's command."""
    command, report, compiler, flags = build(tdc, net, batch, folder)
    words = ["-W", "ignore", HERE / "torch_step.py", net.split("-")[0], str(batch), folder]
    theirs = [Process(python, *words) for python in pythons]
    sides = [started(command, pythons, theirs, net, batch, folder), *theirs]
    turns = [[side.step() for side in sides] for _ in range(rounds)]
    times = [[min(numbers) for numbers in zip(*of)] for of in zip(*turns)]
    for side in sides:
        side.end()
    work = next(entry for entry in report["work"] if entry["entry_point"] == "train_step")
    return times, sum(value for name, value in work.items() if name.endswith("_flop")), f"{compiler} {flags}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tdc", metavar="TDC")
    parser.add_argument("nets", metavar="NET", nargs="*")
    parser.add_argument("--torch", metavar="PYTHON", action="append")
    parser.add_argument("--rounds", metavar="N", type=int, default=20)
    given = parser.parse_intermixed_args()
    cases = []
    for word in given.nets or NETS:
        net, _, batch = word.partition(":")
        if net not in NETS or batch not in ("", *map(str, BATCHES)):
            parser.error(f"no net `{word}`: {', '.join(NETS)}, each with :{', :'.join(map(str, BATCHES))} or without")
        cases += [(net, int(batch))] if batch else [(net, each) for each in BATCHES]
    return given, given.torch or [sys.executable], cases


def cpu():
    return re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]


def main():
    given, pythons, cases = arguments()
    tdc = pathlib.Path(given.tdc).resolve()
    print(f"{run(tdc, '--version').strip()}; {cpu()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for number, python in enumerate(pythons, 1):
        version = run(python, "-W", "ignore", HERE / "torch_step.py", "version", env=os.environ | ONE_THREAD).strip()
        print(f"torch {number}: {version} ({python})")
    head = ["net", "batch", "MFLOP", "ours, ms", "GFLOP/s", "goal"]
    for number in range(1, len(pythons) + 1):
        head += [f"torch {number}, ms", "ours / it", "of processor time"]
    command = ""
    for net, batch in cases:
        with tempfile.TemporaryDirectory() as folder:
            (ours, *theirs), flop, compiler = measure(tdc, pythons, given.rounds, net, batch, pathlib.Path(folder))
        if not command:
            command = compiler
            print(f"ours: {run(*shlex.split(command)[: command.split().index('-std=c11')], '--version').splitlines()[0]}: {command}\n")
            print(f"| {' | '.join(head)} |\n" + "|---" * len(head) + "|", flush=True)
        row = [net, str(batch), f"{flop / 1e6:.1f}", f"{ours[0] / 1e6:.3f}", f"{flop / ours[1]:.1f}", f"{goal(net, batch):.1f}"]
        for times in theirs:
            row += [f"{times[0] / 1e6:.3f}", f"{ours[0] / times[0]:.2f}", f"{ours[1] / times[1]:.2f}"]
        print(f"| {' | '.join(row)} |", flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f}")


main()
