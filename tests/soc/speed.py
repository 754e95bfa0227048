"""How fast the simulator is. Usage: speed.py NAME=TDC_SOC... | --train TDC_SOC | --engine TDC_SOC

Prints a table: simulated cycles a second, by the clock on the wall and by the processor's (user time of the simulator, which
is what counts on a machine that does other things, too). `--train` only runs the programs. `--engine` prints what matrix engine
and cores take from each other.
"""
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import suite

# name: kind of loop in speed.c, active cores, iterations, rounds of the matrix engine beside them
PROGRAMS = {
    "8 cores: integer": (0, 8, 20000, 0),
    "8 cores: FMA": (1, 8, 8000, 0),
    "8 cores: loads and stores": (2, 8, 10000, 0),
    "8 cores: matrix product": (3, 8, 20, 0),
    "8 cores: matrix product; engine": (3, 8, 20, 2000),
    "1 core integer, 7 asleep": (0, 1, 40000, 0),
    "1 core FMA, 7 asleep": (1, 1, 40000, 0),
}
ROUNDS = 3


def flags(kind, active, iterations, rounds):
    return [f"-DKIND={kind}", f"-DACTIVE={active}", f"-DITERATIONS={iterations}",
            *([f"-DENGINE_ROUNDS={rounds}"] if rounds else [])]


def build(builder):
    return {name: builder.build("speed", flags=flags(*program), name="speed_" + "_".join(map(str, program)))
            for name, program in PROGRAMS.items()}


def engine_beside_cores(builder):
    """The engine computes 32 x 32 outputs from L1, of a depth that it does not come to the end of, or comes to well before
    the cores are done: the former tells what it costs them, the latter what they cost it."""
    def run(name, rounds):
        kind, active, iterations, _ = PROGRAMS[name]
        elf = builder.build("speed", flags=flags(kind, active, iterations // 4, rounds))
        status, _, errors = builder.run(elf, "--set", "engine=1")
        assert status == 0, errors
        return builder.report

    print("| the cores' work | their cycles alone | beside the engine | | its FLOP/cycle beside them |\n|---|---|---|---|---|")
    for name in ("8 cores: integer", "8 cores: matrix product", "8 cores: loads and stores"):
        alone = run(name, 0)["cycles"]
        beside = run(name, 10000)["cycles"]
        engine = run(name, alone * 50 // (2 * 32**3))["engine"]
        print(f"| {name} | {alone:,} | {beside:,} | {100 * (beside / alone - 1):+.1f} % "
              f"| {engine['flop'] / engine['busy_cycles']:.1f} |", flush=True)


def measure(soc, elf, folder):
    """Cycles, wall seconds, user seconds: of the fastest of some rounds."""
    rounds = []
    report = folder / "report.json"
    for _ in range(ROUNDS):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.monotonic()
        subprocess.run([soc, elf, "--set", "engine=1", "--report", report], check=True)
        wall, user = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        rounds.append((user, wall))
    user, wall = min(rounds)
    return json.loads(report.read_text())["cycles"], wall, user


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if sys.argv[1] == "--engine":
            engine_beside_cores(suite.Builder(folder, sys.argv[2]))
            return
        elfs = build(suite.Builder(folder, ""))
        if sys.argv[1] == "--train":
            for elf in elfs.values():
                subprocess.run([sys.argv[2], elf, "--set", "engine=1"], check=True)
            return
        print("| work | build | cycles | thousand cycles/s, wall | thousand cycles/s, user time |\n|---|---|---|---|---|")
        for work, elf in elfs.items():
            for argument in sys.argv[1:]:
                build_name, soc = argument.split("=")
                cycles, wall, user = measure(soc, elf, folder)
                print(f"| {work} | {build_name} | {cycles:,} | {cycles / wall / 1e3:.0f} | {cycles / user / 1e3:.0f} |",
                      flush=True)


if __name__ == "__main__":
    main()
