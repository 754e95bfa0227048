"""Every example and net of diff/, every `train` block, on chips with little to much L1 and 1, 2, 3 and 8 cores, against the bytes
of the host's program, which has no scratchpad.

Usage: l1_grid.py TDC [--engine] [NET...]       nets by their names; without one all; hours of processor time

Two steps on random samples, on host and QEMU. The smallest L1 is what compiles, to the KiB. With `--engine` the chips have a matrix
engine.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/bench"))
from chip_step import draw  # noqa: E402

SOURCES = [*(ROOT / "examples").glob("*/*.td"), *(ROOT / "tests/diff").glob("*.td")]
CORES = [1, 2, 3, 8]
MOST = 128  # KiB, with code, stacks and constants
BETWEEN = [48, 80]


def chip(like, cores, kibibytes):
    block = re.search(rf"^chip {like} {{.*?^}}", (ROOT / "stdlib/chips.td").read_text(), re.M | re.S)[0]
    block = block.replace(f"{like} {{", "grid_chip {").replace("cores      8", f"cores      {cores}")
    return f"\n{block}\ndeploy grid on grid_chip {{ budget L1 <= {kibibytes} KiB }}\n"


class Net:
    def __init__(self, tdc, like, source, folder):
        self.tdc, self.like, self.source, self.folder = tdc, like, source, folder
        self.text = source.read_text()
        self.data = folder / f"{source.stem}.npz"
        draw(re.sub(r"f32\[turns,", "f32[16,", self.text), self.data, samples=8)

    def arguments(self, train, cores, kibibytes):
        path = self.folder / f"{self.source.stem}_{cores}_{kibibytes}.td"
        path.write_text(self.text + chip(self.like, cores, kibibytes))
        return [path, "--train", train, "--deploy", "grid"]

    def fits(self, train, cores, kibibytes):
        command = [self.tdc, "report", *self.arguments(train, cores, kibibytes)]
        return subprocess.run(command, capture_output=True).returncode == 0

    def smallest(self, train, cores):
        """KiB; None if it does not fit the chip."""
        low, high = 1, MOST
        if not self.fits(train, cores, high):
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.fits(train, cores, middle) else (middle + 1, high)
        return high

    def weights(self, arguments, target, name):
        saved = self.folder / f"{self.source.stem}_{name}.npz"
        run = subprocess.run([self.tdc, "run", *arguments, "--on", target, "--data", self.data, "--steps", "2", "--seed", "1",
                              "--save", saved], capture_output=True, text=True)  # fmt: skip
        return saved.read_bytes() if run.returncode == 0 else run.stderr

    def check(self, train):
        """Lines of what went wrong, and how many runs there were."""
        expected = self.weights([self.source, "--train", train, "--deploy", "host"], "host", train)
        if isinstance(expected, str):
            return [f"{self.source.stem} {train} on the host: {expected}"], 1
        wrong, runs, sizes = [], 0, []
        for cores in CORES:
            smallest = self.smallest(train, cores)
            if smallest is None:
                continue
            sizes.append(smallest)
            for kibibytes in [smallest, *[size for size in BETWEEN if size > smallest], MOST]:
                for target in ["host", "qemu"]:
                    runs += 1
                    found = self.weights(self.arguments(train, cores, kibibytes), target, f"{train}_{cores}_{kibibytes}_{target}")
                    if found != expected:
                        what = found if isinstance(found, str) else "other weights"
                        wrong.append(f"{self.source.stem} {train}, {cores} cores, {kibibytes} KiB, {target}: {what}")
        print(f"{self.source.stem:12} {train:12} {runs:3} runs, smallest L1 {sizes or 'none'} KiB, {len(wrong)} wrong", flush=True)
        return wrong, runs


def main():
    tdc, *words = sys.argv[1:]
    names = [word for word in words if word != "--engine"]
    like = "pulp_cluster_engine" if "--engine" in words else "pulp_cluster"
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        jobs = []
        for source in sorted(SOURCES, key=lambda path: path.stem):
            trains = re.findall(r"^train (\w+) of", source.read_text(), re.M)
            if trains and (not names or source.stem in names):
                net = Net(tdc, like, source, pathlib.Path(folder))
                jobs += [pool.submit(net.check, train) for train in trains]
        results = [job.result() for job in jobs]
    wrong = [line for lines, _ in results for line in lines]
    print("\n".join(wrong))
    passed = sum(runs for _, runs in results) - len(wrong)
    print(f"{passed} passed, {len(wrong)} failed")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
