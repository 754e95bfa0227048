"""Training steps and inference on the simulated chip: cycles, how far they were predicted, FLOP/cycle, images a second, waits and memory,
and of each op what it takes of them.

Usage: chip_cycles.py TDC [--table] [NET[:TRAIN][@VARIANT[,VARIANT]...]...]

NET is a net of bench/chip, or of the examples as FOLDER/MODEL or, where both are one word, as MODEL: `gru`, `sequences/kws`,
`cct:ft2`. Without a word all of bench/chip. TRAIN is the `train` block, without it the first. VARIANTs, as in `cct:ft2@cores=1`:

    infer         inference of a sample, not a step
    batch=N       `batch N` instead of what the block says
    accumulate=N  `batch 1 accumulate N`; beside batch=M `batch M accumulate N`
    l1=NKiB       so much of L1 for the operands of steps; stacks and constants come on top
    l2=NMiB       a chip with so much L2
    code=NKiB     so much of L2 set aside for code
    weights=L3    a budget of as little L2 as will do: weights lie in L3, and are streamed from there
    cores=N       a chip with N cores
    fpus=private  a chip with an FPU for each core, which the compiler is not told
    engine        a chip with a matrix engine beside the cores, `pulp_cluster_engine`

`--table` prints a row for each net and none for its ops; without a NET the nets are those of TABLE below. A net takes half a minute to
half an hour. What does not fit, or gives other bytes, is said, and the others go on.

Inputs of bench/chip are random, those of examples are their data; weights are random. A step is an update with all samples that it takes,
and must give the bytes of the host, as must inference. Variants change a copy of the program; one of the chip leaves out budgets.

FLOP/cycle stands beside the peak of the chip, images/s are at 360 MHz. L2 waits are a share of all cores' cycles, DMA waits of the time:
core 0 waits for transfers, and the others for it. `L1 taken` is what operands take at most of what there is for them; beside them lie
stacks, and constants of kernels with a little code. `L2 taken` is all, code too.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from chip_step import ROOT, Failed, draw, report_of

NETS = ROOT / "tests/bench/chip"
EXAMPLES = ROOT / "examples"
# Programs that would not be linked or would not fit have more of L2, which changes nothing else.
TABLE = [
    "cct:lp",
    "cct:lora2",
    "cct:ft2",
    "cct:ft2@l1=64KiB",
    "cct:ft2@l1=32KiB,code=192KiB,l2=2112KiB",
    "cct:ft2@weights=L3",
    "cct:ft2@accumulate=8",
    "cct:ft2@cores=1",
    "cct:ft2@fpus=private",
    "cct@infer",
    "cct:ft2@engine",
    "cct:lora2@engine",
    "cct:lp@engine",
    "autoencoder",
    "autoencoder@batch=16",
    "autoencoder@engine",
    "autoencoder@engine,batch=16",
    "mlperf_tiny/resnet8@batch=1",
    "mlperf_tiny/ds_cnn@batch=1",
    "mlperf_tiny/mobilenet_v1:full@batch=1,code=256KiB,l2=4MiB",
    "mlperf_tiny/resnet8@engine,batch=1",
    "mlperf_tiny/mobilenet_v1:full@engine,batch=1,code=256KiB,l2=4MiB",
]
NUMBER, SIZE = "=[1-9][0-9]*", "=[1-9][0-9]*[KM]iB"
# Of each what follows its name, and how it is written.
VARIANTS = {
    "infer": ("", "infer"),
    "batch": (NUMBER, "batch=N"),
    "accumulate": (NUMBER, "accumulate=N"),
    "l1": (SIZE, "l1=NKiB"),
    "l2": (SIZE, "l2=NMiB"),
    "code": (SIZE, "code=NKiB"),
    "weights": ("=L3", "weights=L3"),
    "cores": (NUMBER, "cores=N"),
    "fpus": ("=private", "fpus=private"),
    "engine": ("", "engine"),
}
OF_CHIP = {"l1", "l2", "code", "weights", "cores", "engine"}
CLOCK = 360e6  # Hz
COLUMNS = ["net", "op", "FLOP", "cycles", "predicted", "worst step", "FLOP/cycle", "images/s", "L2 waits", "DMA waits", "bytes by DMA",
           "of them L3's", "L1 taken", "its stacks + constants", "L2 taken"]  # fmt: skip


def kibibytes(text):
    number, unit = re.fullmatch(r"(\d+) ?([KM])iB", text).groups()
    return int(number) * (1024 if unit == "M" else 1)


class Net:
    """One word of the command line: a program, a `train` block or None for the first, and variants by name."""

    def __init__(self, word):
        self.word = word
        rest, _, variants = word.partition("@")
        name, _, train = rest.partition(":")
        self.source = source_of(name)
        blocks = re.findall(r"^train (\w+) ", self.source.read_text(), re.M)
        self.train = train or blocks[0]
        if self.train not in blocks:
            sys.exit(f"{word}: no `train` block `{train}`; there are {', '.join(blocks)}")
        self.variants = {}
        for variant in variants.split(",") if "@" in word else []:
            key, equals, value = variant.partition("=")
            if key not in VARIANTS or not re.fullmatch(VARIANTS[key][0], equals + value):
                sys.exit(f"{word}: no variant `{variant}`; there are {', '.join(written for _, written in VARIANTS.values())}")
            if key in self.variants:
                sys.exit(f"{word}: `{key}` is said twice")
            self.variants[key] = value
        if "infer" in self.variants and self.variants.keys() & {"batch", "accumulate"}:
            sys.exit(f"{word}: inference takes samples one by one")


def source_of(net):
    for path in [NETS / f"{net}.td", EXAMPLES / f"{net}.td", EXAMPLES / net / f"{net}.td"]:
        if path.exists():
            return path
    sys.exit(f"no net `{net}` in {NETS.relative_to(ROOT)} or {EXAMPLES.relative_to(ROOT)}")


def with_samples(text, train, variants):
    """The program with a `batch` line as the variants say in its `train` block."""
    header, clauses = re.search(rf"^(train {train} [^{{]*{{\n)(.*?^}})", text, re.M | re.S).groups()
    batch = f"  batch {variants.get('batch', 1)} accumulate {variants.get('accumulate', 1)}\n"
    return text.replace(header + clauses, header + batch + re.sub(r"^ *batch .*\n", "", clauses, flags=re.M))


def with_chip(text, folder, chip, variants):
    """The program with a chip, `bench_chip`, and a `deploy` block, `bench`, as the variants say, made of the chip of that name."""
    library = [*folder.glob("*.td"), ROOT / "stdlib/chips.td"]
    blocks = [re.search(rf"^chip {chip} {{.*?^}}", path.read_text(), re.M | re.S) for path in library]
    block = next(found[0] for found in blocks if found).replace(f"chip {chip} ", "chip bench_chip ")
    if "cores" in variants:
        block = re.sub(r"(cores +)\d+", rf"\g<1>{variants['cores']}", block)
    if "l2" in variants:
        block = re.sub(r"(memory +L2, size: )\d+ [KM]iB", rf"\g<1>{kibibytes(variants['l2'])} KiB", block)
    if "code" in variants:
        block = re.sub(r"(memory +L2, size: .*, code: )\d+ [KM]iB", rf"\g<1>{kibibytes(variants['code'])} KiB", block)
    budgets = []
    if "l1" in variants:
        size, code, stack = re.search(r"memory +L1, size: (.+?), code: (.+?), stack: (\d+ .iB)", block).groups()
        budget = kibibytes(variants["l1"]) + kibibytes(code) + kibibytes(stack)
        if budget > kibibytes(size):
            raise Failed(f"with {code} for code and {stack} for stacks that is more than the chip's {size} of L1")
        budgets.append(f"L1 <= {budget} KiB")
    if "weights" in variants:
        budgets.append(f"L2 <= {variants['weights']}")
    return f"{text}\n{block}\n\ndeploy bench on bench_chip {{ {'budget ' if budgets else ''}{', '.join(budgets)} }}\n"


def on_chip(tdc, net, folder):
    """The program, or a copy as the variants say or with a `deploy` block if none of its own is for this chip, and the block's name."""
    text = net.source.read_text()
    deploy = re.search(r"^deploy (\w+) on (pulp_cluster\w*)", text, re.M)
    if deploy and not net.variants.keys() - {"fpus", "infer"}:
        return net.source, deploy[1]
    for path in net.source.parent.glob("*.td"):
        shutil.copy(path, folder)
    copy = folder / net.source.name
    if net.variants.keys() & {"batch", "accumulate"}:
        text = with_samples(text, net.train, net.variants)
    if not net.variants.keys() & OF_CHIP:
        copy.write_text(text if deploy else f"{text}\ndeploy bench on pulp_cluster {{}}\n")
        return copy, deploy[1] if deploy else "bench"
    chip = "pulp_cluster_engine" if "engine" in net.variants else deploy[2] if deploy else "pulp_cluster"
    variants = dict(net.variants)
    if "weights" in variants:
        variants["weights"] = least_l2(tdc, net, text, chip, copy)
    copy.write_text(with_chip(text, folder, chip, variants))
    return copy, "bench"


def least_l2(tdc, net, text, chip, copy):
    """The smallest budget of L2 that will do, as a text."""
    low, high = 1, kibibytes(net.variants.get("l2", "2MiB"))
    while low < high:
        middle = (low + high) // 2
        copy.write_text(with_chip(text, copy.parent, chip, net.variants | {"weights": f"{middle} KiB"}))
        fits = subprocess.run([tdc, "report", copy, "--train", net.train, "--deploy", "bench"], capture_output=True).returncode == 0
        low, high = (low, middle) if fits else (middle + 1, high)
    return f"{high} KiB"


def data_of(net, folder):
    """Random samples for a net of bench/chip; an example's file with the model's name, what its script makes, or its first file."""
    made, script = folder / "data.npz", net.source.parent / "make_data.py"
    shipped = net.source.with_name(f"{net.source.stem}_train.npz")
    if net.source.parent == NETS:
        draw(net.source.read_text(), made, samples=int(net.variants.get("batch", 1)) * int(net.variants.get("accumulate", 1)))
    elif shipped.exists():
        return shipped
    elif script.exists():
        subprocess.run([sys.executable, script, net.source.stem, made, folder / "test.npz"], check=True)
    else:
        return min(net.source.parent.glob("*_train.npz"))
    return made


def run(tdc, net, folder):
    """report.json, and KiB of L2 that are taken."""
    program, deploy = on_chip(tdc, net, folder)
    arguments = [program, "--train", net.train, "--data", data_of(net, folder)]
    work = ["--infer", "--samples", "1"] if "infer" in net.variants else ["--steps", "1"]
    # The chip first: it is what a block may not fit.
    chip = ["--deploy", deploy, *(["--set", "cores_per_fpu=1"] if "fpus" in net.variants else [])]
    report = report_of(tdc, [*arguments, *chip], folder, work)
    subprocess.run([tdc, "run", *arguments, *work, "--deploy", "host", "--on", "host", "--save", folder / "host.npz"],
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    if (folder / "host.npz").read_bytes() != (folder / "chip.npz").read_bytes():
        raise Failed(f"the chip's {'results' if 'infer' in net.variants else 'weights'} are not the host's")
    level = level_of(report, "L2")
    taken = level["used_bytes"] / 1024
    if "infer" in net.variants:
        # The arena is for steps, too.
        listed = subprocess.run([tdc, "report", program, "--train", net.train, "--deploy", deploy], capture_output=True, text=True).stdout
        number, unit = re.search(r"^\w+ L2\n.*?^    infer +([0-9.]+) (\w+)", listed, re.M | re.S).groups()
        taken += float(number) * {"B": 1 / 1024, "KiB": 1, "MiB": 1024}[unit] - level["arena_bytes"] / 1024
    return report, taken


def level_of(report, name):
    return next(level for level in report["memory"] if level["level"] == name)


def rows_of(net, report, taken):
    """Cells of a row for all, then of one for each op that takes 2 % of it."""
    profile = report["profile"]
    steps, chip = profile["steps"], profile["chip"]
    cores, total = len(chip["cores"]), chip["model_cycles"]
    samples = 1 if "infer" in net.variants else report["batch"] * report["accumulate"]
    streamed = {step["step"]: (step["streamed_in_bytes"] + step["streamed_out_bytes"]) / step["turns"] for step in report["steps"]}
    ops = {}
    for step in steps:
        ops.setdefault(step["op"], []).append(step)
    for name, of in [("all", steps), *sorted(ops.items(), key=lambda item: -sum(step["cycles"] for step in item[1]))]:
        cycles = total if name == "all" else sum(step["cycles"] for step in of)
        if cycles < 0.02 * total:
            continue
        flop = sum(step["flop"] for step in of)
        predicted = sum(step["predicted_cycles"] for step in of) / cycles - 1
        # Of those that take more than 2 % of all.
        errors = [step["predicted_cycles"] / step["cycles"] - 1 for step in of if step["cycles"] > 0.02 * total]
        worst = f"{max(errors, key=abs):+.0%}" if errors else "-"
        # Core 0 alone waits for transfers.
        waits = [f"{100 * sum(step['events'][wait] for step in of) / of_cores / cycles:.1f} %"
                 for wait, of_cores in [("l2_wait", cores), ("dma_wait", 1)]]  # fmt: skip
        moved = sum(step["dma_in_bytes"] + step["dma_out_bytes"] for step in of)
        far = sum(streamed[step["step"]] * step["calls"] for step in of)
        rate, speed, memory = f"{flop / cycles:.2f}", "", ["", "", ""]
        if name == "all":
            l1 = level_of(report, "L1")
            beside = [l1["stack_bytes"], l1["code_bytes"] + l1["constant_bytes"]]
            rate = f"{rate} of {chip['peak_flop_per_cycle']}"
            speed = f"{samples * CLOCK / cycles:.1f}"
            memory = [f"{l1['arena_bytes'] / 1024:.1f} of {(l1['capacity_bytes'] - sum(beside)) / 1024:.1f} KiB",
                      f"{beside[0] / 1024:.1f} + {beside[1] / 1024:.1f} KiB", f"{taken:.1f} KiB"]  # fmt: skip
        yield [net.word, name, f"{flop:,}", f"{cycles:,}", f"{predicted:+.1%}", worst, rate, speed, *waits, f"{moved:,}", f"{far:,.0f}",
               *memory]  # fmt: skip


def main():
    tdc, *words = sys.argv[1:]
    is_table = "--table" in words
    words = [word for word in words if word != "--table"]
    nets = [Net(word) for word in words or (TABLE if is_table else sorted(path.stem for path in NETS.glob("*.td")))]
    failed = False
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|", flush=True)
    for net in nets:
        try:
            with tempfile.TemporaryDirectory() as folder:
                rows = list(rows_of(net, *run(tdc, net, pathlib.Path(folder))))
        except Failed as failure:
            print(f"{net.word}: {failure}", file=sys.stderr, flush=True)
            failed = True
            continue
        for row in rows[:1] if is_table else rows:
            print(f"| {' | '.join(row)} |", flush=True)
    sys.exit(1 if failed else 0)


main()
