"""Everything about the chip that needs whole programs.

    suite.py TDC_SOC OTHER_BUILD_OF_IT    everything
    suite.py TDC_SOC PART...              parts that need one build: functions of this file, as `faults`
    suite.py TDC_SOC calibration          a table

Prints one line a failure and last `N passed, N failed`.
"""
import json
import math
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import float_streams
import random_programs

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "runtime"
PROGRAMS = ROOT / "tests/soc/programs"
WARNINGS = "-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Werror".split()
TARGET = "-march=rv32imfc_zicsr -mabi=ilp32f -ffreestanding -nostdlib -g -ffp-contract=off".split()
GCC = ["riscv64-unknown-elf-gcc", *TARGET]
CLANG = ["clang-19", "--target=riscv32-unknown-elf", *TARGET]

# The linker script has stacks for eight cores unless told otherwise.
SIXTEEN_STACKS = "-Wl,--defsym=td_stack_cores=16"

# Published cycles of the contract's section 4: this chip is held to them within 10 %.
CALIBRATION = {"naive": 283800, "1x6": 122800, "4x2": 95800, "2x4": 87500, "4x4": 81500}

FAULTS = [
    # case, status, what the message says
    (0, 101, ["wild access: load", "`main` at", "faults.c:", "0x40000000"]),
    (1, 101, ["wild access: store", "code or constants"]),
    (2, 101, ["L3 is reached by DMA only", "byte 0 of `l3_words` (256 bytes)"]),
    (3, 101, ["8 bytes past the end of `l1_"]),
    (4, 102, ["misaligned access", "byte 2 of `l1_words`"]),
    (5, 102, ["misaligned access", "byte 1 of `l1_words`"]),
    (6, 103, ["illegal instruction", "`main` at"]),
    (7, 104, ["stack overflow", "core 2", "`deep` at"]),
    (8, 105, ["DMA out of range", "in row 4", "`l3_words`"]),
    (9, 105, ["DMA out of range", "0x1001fff0"]),
    (10, 106, ["data race: store", "`job` at", "byte 20 of `l1_words`"]),
    (11, 106, ["data race", "`shared_word`"]),
    (12, 107, ["deadlock", "core 1 without a job", "core 2 at a barrier"]),
    (13, 108, ["cycle limit", "core 0 runs at"]),
    (14, 101, ["wild access: jump", "pc 0x1c100000"]),
    (15, 101, ["no register to store to"]),
    (16, 101, ["host port's writing of 1000 bytes", "`l3_words`"]),
    (17, 103, ["a breakpoint"]),
    (18, 104, ["stack overflow", "core 0"]),
    (19, 106, ["data race: load: transfer 1, enqueued by core 0, writes the same bytes and was not waited for",
               "core 0, pc", "`main` at", "byte 60 of `l1_words`", "transfer 1: pc", "called by `copy` at"]),
    (20, 106, ["data race: store: transfer 1, enqueued by core 0, reads", "byte 8 of `l2_words`"]),
    (21, 106, ["data race: store: transfer 1, enqueued by core 0, writes", "byte 12 of `l2_words`"]),
    (22, 106, ["data race: load: transfer 1, enqueued by core 0, writes", "core 3, pc", "byte 28 of `l1_words`"]),
    (23, 106, ["data race: transfer 2 writes bytes, and transfer 1, enqueued by core 0, writes", "byte 60 of `l1_words`"]),
    (24, 106, ["data race: transfer 2 reads bytes, and transfer 1, enqueued by core 0, writes", "byte 32 of `l3_words`"]),
    (25, 106, ["data race: transfer 1 reads bytes, and core 2 wrote the same bytes since the last barrier", "core 1, pc",
               "byte 16 of `l2_words`"]),
    (26, 106, ["data race: transfer 1 writes what it reads", "byte 4 of `l1_words`"]),
    (27, 106, ["data race: the host port reads memory, and transfer 1, enqueued by core 0, writes",
               "byte 32 of `l1_words`"]),
    (28, 106, ["data race: load: transfer 1, enqueued by core 0, writes", "core 5, pc", "byte 4 of `l1_words`"]),
    (29, 101, ["no register to store to", "called by `main` at"]),
    (50, 0, []),
    (51, 0, []),
    (52, 0, []),
    (53, 0, []),
]

# The same on a chip with a matrix engine.
ENGINE_FAULTS = [
    (60, 109, ["matrix engine out of range: a job has an extent of 0", "byte 0 of `engine_job`", "called by `start` at"]),
    (61, 109, ["matrix engine out of range: a job's a does not begin at a word", "byte 66 of `l1_words`"]),
    (62, 109, ["a job's y[1, 0] is not in what the program has in L1 for writing"]),
    (63, 109, ["a job's b[0, 0] is not in what the program has in L1", "byte 0 of `l2_words`"]),
    (64, 109, ["the job itself is not in words that the program has in L1"]),
    (65, 106, ["data race: load: engine job 1, started by core 0, writes the same bytes and was not waited for",
               "byte 60 of `l1_words`", "engine job 1: pc", "called by `start` at"]),
    (66, 106, ["data race: store: engine job 1, started by core 0, reads the same bytes", "byte 124 of `l1_words`"]),
    (67, 106, ["data race: transfer 1 writes bytes, and engine job 1, started by core 0, reads", "byte 160 of `l1_words`"]),
    (68, 106, ["data race: engine job 1 reads bytes, and transfer 1, enqueued by core 0, writes", "byte 112 of `l1_words`"]),
    (69, 106, ["data race: engine job 1 reads bytes, and core 2 wrote the same bytes", "core 1, pc"]),
    (70, 106, ["data race: engine job 1 writes what it reads", "byte 64 of `l1_words`"]),
    (71, 109, ["a job's y[0, 1] lies where another output does"]),
    (72, 106, ["data race: the engine reads a job, and core 2 wrote", "`engine_job`"]),
    (73, 106, ["data race: load: engine job 1, started by core 0, writes", "core 3, pc", "byte 28 of `l1_words`"]),
    (74, 106, ["data race: load: engine job 2, started by core 0, writes", "byte 12 of `l1_words`"]),
    (80, 0, []),
    (81, 0, []),
    (82, 0, []),
    (83, 0, []),
    (84, 0, []),
    (85, 0, []),
]

# Name of a line of timing.c: cycles, exactly. The sums say what the cycles are: instructions one by one (a call or a
# return takes 2), the times of the contract (wake-up 10, L2 15, DMA start-up 17 or 100), and bytes at their rate.
# What a function of the runtime takes depends on the compiler that made it.
GCC_MAJOR = subprocess.run(["riscv64-unknown-elf-gcc", "-dumpversion"], capture_output=True, text=True,
                           check=True).stdout.split(".")[0]
CALL = RETURN = 2
WAKE = 10
COPY = CALL + 7  # td_dma_copy up to the load that enqueues: the registers' address and six stores
WAITED = WAKE + RETURN
TIMING = {
    "add_8": 8, "mul_8": 8, "l1_load_8": 8, "l1_load_float_8": 8, "branch_not_taken_8": 8,
    "fma_independent_8": 8, "fma_dependent_8": 15,  # 1 each, and 1 more between dependent ones
    "l1_load_use_8": 8 * 3, "branch_taken_8": 8 * 3, "jump_8": 8 * 2,
    "branch_taken_unaligned_8": 8 * (3 + 1 + 2),  # two instructions follow each
    "l2_load_8": 8 * 15, "l2_store_8": 8 * 15,
    # The contract says up to 19 and 35: with the use of the result, and for the longest quotient.
    "fdiv_8": 7 * 17 + 15, "fdiv_dependent_8": 7 * 17 + 15, "fsqrt_8": 7 * 17 + 15, "div_8": 8 * 33,
    # Address, argument, job; the others wake up, take the argument, call, return and come to the barrier.
    "fork_join": CALL + 3 + WAKE + 1 + CALL + RETURN + WAKE + RETURN,
    # The call is 16 bits long here, so that it returns to an instruction that is not aligned: 1 more.
    "barrier": WAKE, "barrier_call": CALL + 1 + WAKE + RETURN + 1,
    "dma_enqueue": COPY + 1 + RETURN,
    "dma_wait_done": CALL + {"14": 5}.get(GCC_MAJOR, 3) + RETURN,
    "dma_l2_l1_4": COPY + 17 + 1 + WAITED,
    "dma_l2_l1_4096": COPY + 17 + 4096 // 8 + WAITED,
    "dma_l1_l2_4096": COPY + 17 + 4096 // 8 + 4096 // 256 + WAITED,
    "dma_l2_l1_16x64": COPY + 17 + 16 * 64 // 8 + WAITED,
    "dma_l1_l2_16x64": COPY + 17 + 16 * (64 // 8 + 1) + WAITED,
    "dma_l3_l1_4096": COPY + 100 + 4096 + WAITED,
    "dma_l3_l1_16x64": COPY + 100 + 16 * (64 + 22) + WAITED,
    "dma_l1_l3_4096": COPY + 100 + math.ceil(4096 / 0.55) + WAITED,
    "dma_l1_l3_16x64": COPY + 100 + math.ceil(16 * (64 / 0.55 + 12)) + WAITED,
    # The registers' address and the job's, then the descriptor; the job itself takes 15.
    "engine_start": CALL + 2 + 5 + RETURN,
    "engine_wait_done": CALL + {"14": 5}.get(GCC_MAJOR, 3) + RETURN,
    "engine_1x1x1": CALL + 2 + 5 + 15 + WAITED,
}

passed = 0
failed = 0


def check(condition, what):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what, flush=True)
    return condition


class Builder:
    def __init__(self, folder, soc, other_soc=None):
        self.folder = folder
        self.soc = soc
        self.other_soc = other_soc
        self.cycles = 0

    def build(self, program, platform="pulp_cluster", flags=(), name=None):
        """Compiles one program for a platform; returns the path."""
        output = self.folder / (name or f"{program}_{platform}")
        if platform == "host":
            command = ["gcc", "-O2", *WARNINGS, f"-I{RUNTIME}", RUNTIME / "host/platform_host.c"]
        else:
            board = RUNTIME / "rv32" / platform
            command = [*GCC, *WARNINGS, "-O2", f"-I{RUNTIME}", f"-I{board}", "-T", board / "link.ld",
                       board / "start.S", board / "platform.c", RUNTIME / "rv32/memory_functions.c"]
        command += [*flags, PROGRAMS / f"{program}.c"]
        command += [] if platform == "host" else ["-lgcc"]
        subprocess.run([str(part) for part in command] + ["-o", str(output)], check=True)
        return output

    def run(self, elf, *options, stdin=b"", soc=None):
        """On the chip: status, output, messages; `report` then has what the chip reported."""
        report = self.folder / "report.json"
        command = [soc or self.soc, elf, "--cycle-limit", "20000000", "--report", report, *options]
        report.unlink(missing_ok=True)
        done = subprocess.run(command, input=stdin, capture_output=True, check=False)
        self.report = json.loads(report.read_text()) if report.exists() else {"cycles": 0}
        self.cycles += self.report["cycles"]
        return done.returncode, done.stdout, done.stderr.decode()


def sources_are_clean(builder):
    for compiler, sources in ((GCC, "rv32"), (CLANG, "rv32"), (["gcc"], "host"), (["clang-19"], "host")):
        for source in sorted((RUNTIME / sources).rglob("*.c")):
            done = subprocess.run([*compiler, *WARNINGS, "-O2", "-DTD_PROFILE", f"-I{RUNTIME}", f"-I{source.parent}",
                                   "-c", str(source), "-o", str(builder.folder / "object.o")], check=False)
            check(done.returncode == 0, f"{source.name} with {compiler[0]}")


def same_everywhere(builder):
    words = struct.pack("<I", 100) + bytes(i * 7 % 256 for i in range(400))
    host = subprocess.run([builder.build("echo", "host")], input=words, capture_output=True, check=False)
    check(host.returncode == 0 and len(host.stdout) == 400, "echo on the host")
    qemu = subprocess.run(["qemu-riscv32", builder.build("echo", "qemu_user")], input=words, capture_output=True,
                          check=False)
    check(qemu.returncode == 0 and qemu.stdout == host.stdout, "echo under QEMU is as on the host")
    elf = builder.build("echo")
    for cores in (1, 2, 3, 8):
        status, output, errors = builder.run(elf, "--set", f"cores={cores}", stdin=words)
        check(status == 0 and output == host.stdout, f"echo on {cores} cores is as on the host {errors}")
    elf = builder.build("echo", flags=[SIXTEEN_STACKS], name="echo_16")
    for cores in (5, 7, 9, 13, 16):
        for cores_per_fpu in (1, 2):
            status, output, errors = builder.run(elf, "--set", f"cores={cores}", "--set", f"cores_per_fpu={cores_per_fpu}",
                                                 stdin=words)
            check(status == 0 and output == host.stdout,
                  f"echo on {cores} cores, {cores_per_fpu} to an FPU, is as on the host {errors}")


def porting_guide(builder):
    """The files and commands of runtime/README.md, taken literally."""
    guide = (RUNTIME / "README.md").read_text()
    folder = builder.folder / "board"
    folder.mkdir()
    (folder / "runtime").symlink_to(RUNTIME)
    for name in ("start.S", "platform.c", "link.ld"):
        text = re.search(rf"`{re.escape(name)}`:\n\n```\w+\n(.*?)```", guide, re.S).group(1)
        (folder / name).write_text(text)
    shutil.copy(PROGRAMS / "echo.c", folder / "PROGRAM.c")
    commands = re.search(r"\nBuild and run,.*?\n\n```sh\n(.*?)```", guide, re.S).group(1)
    # This program is its own: it has no model, and what only models need does not link without one.
    of_a_model = r"MODEL\.c MODEL_weights\.S kernels/\*\.c runtime/\*\.c "
    commands, found = re.subn(of_a_model, "", commands)
    check(found == 1, "the porting guide's line names the files of a model")
    words = struct.pack("<I", 100) + bytes(i * 7 % 256 for i in range(400))
    host = subprocess.run([builder.folder / "echo_host"], input=words, capture_output=True, check=False)
    done = subprocess.run(["sh", "-e", "-c", commands], cwd=folder, input=words, capture_output=True, check=False,
                          timeout=120)
    check(done.returncode == 0 and done.stdout == host.stdout,
          f"the porting guide's board echoes as the host {done.stderr.decode()}")


def instructions(builder):
    qemu = subprocess.run(["qemu-riscv32", builder.build("instructions", "qemu_user")], capture_output=True,
                          check=True).stdout
    cases, name_bytes = struct.unpack_from("<2I", qemu)
    names = qemu[8:8 + name_bytes].decode().split("\n")
    begin = 8 + name_bytes + 12 * cases
    elf = builder.build("instructions", flags=[SIXTEEN_STACKS], name="instructions_16")
    for cores in (16, 8, 3, 2, 1):
        status, chip, errors = builder.run(elf, "--set", f"cores={cores}")
        if not check(status == 0 and len(chip) == len(qemu), f"instructions on {cores} cores end: {errors}"):
            continue
        for number, name in enumerate(names[:-1]):
            at = begin + number * 8 * cases
            ours, theirs = chip[at:at + 8 * cases], qemu[at:at + 8 * cases]
            wrong = [i for i in range(cases) if ours[8 * i:8 * i + 8] != theirs[8 * i:8 * i + 8]]
            if not check(not wrong, f"{name} on {cores} cores"):
                i = wrong[0]
                operands = struct.unpack_from("<3I", qemu, 8 + name_bytes + 12 * i)
                print(f"  {len(wrong)} of {cases}; operands {operands[0]:08x} {operands[1]:08x} {operands[2]:08x}: "
                      f"value, flags {ours[8 * i:8 * i + 8].hex(' ', 4)}, QEMU {theirs[8 * i:8 * i + 8].hex(' ', 4)}")


def float_streams_agree(builder):
    """Random float code on each core, beside what the others do to the FPUs: the registers of QEMU, core by core."""
    for seed in range(5):
        blocks = builder.folder / f"float_blocks_{seed}.s"
        blocks.write_text(float_streams.make(seed))
        qemu = subprocess.run(["qemu-riscv32", builder.build("float_streams", "qemu_user", flags=[blocks])],
                              capture_output=True, check=True).stdout
        elf = builder.build("float_streams", flags=[SIXTEEN_STACKS, blocks], name="float_streams_16")
        for cores in (16, 8, 5, 1) if seed == 0 else (8,):
            for cores_per_fpu in (1, 2):
                for ideal in (0, 1):
                    settings = (f"cores={cores}", f"cores_per_fpu={cores_per_fpu}", f"icache_ideal={ideal}")
                    status, chip, errors = builder.run(elf, *(o for s in settings for o in ("--set", s)))
                    check(status == 0 and chip == qemu, f"float code {seed} with {' '.join(settings)} {errors}")


def faults(builder):
    elf = builder.build("faults", flags=["-O1"])
    for case, expected, phrases in FAULTS + ENGINE_FAULTS:
        status, _, errors = builder.run(elf, "--cycle-limit", "100000", "--set", f"engine={int(case >= 60)}",
                                        stdin=struct.pack("<I", case))
        check(status == expected, f"fault case {case}: status {status}, expected {expected}: {errors}")
        for phrase in phrases:
            check(phrase in errors, f"fault case {case}: no `{phrase}` in {errors}")


def timing(builder):
    status, output, errors = builder.run(builder.build("timing"), "--set", "engine=1")
    check(status == 0, f"timing ends: {errors}")
    measured = dict(line.split() for line in output.decode().splitlines())
    check(set(measured) == set(TIMING), "timing measures what is listed here")
    for name, expected in TIMING.items():
        check(int(measured.get(name, -1)) == expected, f"{name} takes {measured.get(name)} cycles, expected {expected}")


def builds_agree(builder):
    """Twice the same build, and one with less optimisation: the same cycles, counts, output and messages."""
    random_team = builder.build("random_team", flags=["-O2"])
    product = builder.build("speed", flags=["-DKIND=3", "-DACTIVE=8", "-DITERATIONS=1"], name="product")
    runs = {"timing": (builder.build("timing"), b""), "product": (product, b"")}
    runs["engine"] = (builder.build("engine", flags=["-DTD_PROFILE"]), b"")
    runs |= {f"fault {case}": (builder.build("faults", flags=["-O1"]), struct.pack("<I", case)) for case in (7, 12, 22, 53)}
    runs |= {f"random {seed}": (random_team, random_programs.make(seed, 8)[0]) for seed in (0, 1, 2)}
    for name, (elf, stdin) in runs.items():
        results = []
        for soc in (builder.soc, builder.soc, builder.other_soc):
            result = builder.run(elf, "--set", "engine=1", stdin=stdin, soc=soc)
            del builder.report["host_seconds"]
            results.append((result, builder.report))
        check(results[0] == results[1], f"{name}: two runs are the same")
        check(results[0] == results[2], f"{name}: an unoptimised build gives the same")


def contention(builder):
    """Waits for an FPU are counted where there are some: two cores that ask in every cycle are served in turn, so each
    waits once an operation, but for those beside the other's branch."""
    operations = 16 * 500
    for active, cores_per_fpu, smallest, largest in ((1, 2, 0, 0), (8, 1, 0, 0), (8, 2, 0.8 * operations, operations)):
        elf = builder.build("speed", flags=["-DKIND=1", f"-DACTIVE={active}", "-DITERATIONS=500"], name="floats")
        builder.run(elf, "--set", f"cores_per_fpu={cores_per_fpu}")
        counted = [core["fpu_contention"] for core in builder.report["cores"]]
        check(all(smallest <= count <= largest for count in counted),
              f"{active} cores, {cores_per_fpu} to an FPU: waits {counted}, expected {smallest} to {largest}")


def random_teams(builder):
    elf = builder.build("random_team", flags=[SIXTEEN_STACKS], name="random_team_16")
    for seed in range(30):
        for cores in (2, 3, 4, 5, 6, 7, 8, 13, 16) if seed < 3 else (8,):
            sent, expected = random_programs.make(seed, cores)
            status, output, errors = builder.run(elf, "--set", f"cores={cores}", stdin=sent)
            check(status == 0 and output == expected, f"random program {seed} on {cores} cores: {status} {errors}")


def engine(builder):
    """Jobs beside the cores, whose own results they are compared with, and what the report says of them."""
    elf = builder.build("engine", flags=["-DTD_PROFILE", SIXTEEN_STACKS])
    products = 14 * 20 * 30 + 14 * 20
    filtered = 7 * 7 * 3 * (5 * 9 + 2 * 6)
    outputs = set()
    for settings in ([], ["cores=2", "l1_banks=2"], ["cores=3", "l1_banks=8"], ["cores=16", "l1_banks=32"]):
        status, output, errors = builder.run(elf, *(o for s in ["engine=1", *settings] for o in ("--set", s)))
        outputs.add(output)
        check(status == 0, f"engine and cores compute the same with {settings}: {status} {errors}")
        report = builder.report["engine"]
        counted = report["jobs"], report["flop"], report["peak_flop_per_cycle"]
        check(counted == (6, 2 * (products + filtered), 96), f"the engine counts its jobs: {report}")
        steps = {step["step"]: step for step in builder.report["steps"]}
        check(steps[5]["engine_cycles"] == report["busy_cycles"] > 0 and steps[6]["engine_cycles"] == 0,
              f"the engine's cycles are those of the step that started its jobs: {steps}")
        check((report["bank_wait_cycles"] > 0) or not settings, "engine and cores wait for each other's banks")
    check(len(outputs) == 1, "the engine's results do not depend on cores and banks")


def timelines(builder):
    """The intervals that are recorded against the counters of the report, which know nothing of each other."""
    waits = ("barrier_wait", "job_wait", "dma_wait", "engine_wait")
    sent, _ = random_programs.make(4, 8)
    runs = {"engine": (builder.build("engine", flags=["-DTD_PROFILE", SIXTEEN_STACKS]), b"", ("engine=1",)),
            "engine, three cores": (builder.build("engine", flags=["-DTD_PROFILE", SIXTEEN_STACKS]), b"",
                                    ("engine=1", "cores=3", "l1_banks=8", "engine_start_cycles=1")),
            "random program": (builder.build("random_team", flags=[SIXTEEN_STACKS], name="random_team_16"), sent, ()),
            "short queue": (builder.build("random_team", flags=[SIXTEEN_STACKS], name="random_team_16"), sent,
                            ("dma_queue=1",))}
    path = builder.folder / "timeline.txt"
    for name, (elf, stdin, settings) in runs.items():
        options = [o for s in settings for o in ("--set", s)]
        builder.run(elf, *options, stdin=stdin)
        counted = builder.report
        status, _, errors = builder.run(elf, *options, "--timeline", path, stdin=stdin)
        check(status == 0, f"timeline, {name}: {errors}")
        del counted["host_seconds"], builder.report["host_seconds"]
        check(counted == builder.report, f"timeline, {name}: recording changes nothing")
        *lines, end = path.read_text().splitlines()
        cycles = counted["cycles"]
        check(end == f"end {cycles}", f"timeline, {name}: all {cycles} cycles are recorded: {end}")
        lanes, sums, visits = {}, {}, {}
        for lane, what, begin, ending in (line.split() for line in lines):
            key = "marks" if lane in ("step", "transfers") else lane
            lanes.setdefault(key, []).append((int(begin), int(ending), what))
            number = what if key == "marks" or lane.startswith("core") else ""
            sums[key, number] = sums.get((key, number), 0) + int(ending) - int(begin)
            if lane == "step":
                visits[int(what)] = visits.get(int(what), 0) + 1
        for lane, intervals in lanes.items():
            check(all(begin < end for begin, end, _ in intervals) and
                  all(a[1] <= b[0] for a, b in zip(intervals, intervals[1:])), f"timeline, {name}: order of {lane}")
        for i, core in enumerate(counted["cores"]):
            for wait in waits:
                recorded = sums.get((f"core{i}", wait), 0)
                check(recorded == core[wait], f"timeline, {name}: core {i} has {recorded} cycles of {wait}, counted {core[wait]}")
            check(sum(sums.get((f"core{i}", each), 0) for each in ("working", *waits)) == cycles,
                  f"timeline, {name}: core {i} is always somewhere")
        transfers = [each for lane in ("dma_in", "dma_out", "dma_external") for each in lanes.get(lane, [])]
        busy = set()
        for begin, ending, _ in transfers:
            busy.update(range(begin, ending))
        moved, dma = sum(int(what) for *_, what in transfers), counted["dma"]
        check((moved, len(busy)) == (dma["bytes"], dma["busy_cycles"]),
              f"timeline, {name}: {moved} bytes in {len(busy)} cycles, counted {dma}")
        if "engine" in counted:
            recorded = [len(lanes["engine"]), sum(int(what) for *_, what in lanes["engine"]), sums["engine", ""]]
            expected = [counted["engine"][field] for field in ("jobs", "flop", "busy_cycles")]
            check(recorded == expected, f"timeline, {name}: jobs {recorded}, counted {expected}")
        for step in counted["steps"]:
            if step["step"] == 0:  # begins before the first marker
                continue
            recorded = sums["marks", str(step["step"])], visits.get(step["step"], 0)
            check(recorded == (step["cycles"], step["visits"]), f"timeline, {name}: step {step} took {recorded}")
    check(any(core["dma_wait"] for core in counted["cores"]), "some core waits for a transfer")


def calibration(builder, table=False):
    rows = []
    for kernel, (name, published) in enumerate(CALIBRATION.items()):
        # A loop head that is not aligned costs a cycle an iteration: 5 % of 2x4, as chance has it.
        flags = ["-O3", "-falign-loops=4", f"-DKERNEL={kernel}"]
        elf = builder.build("calibration", flags=flags, name=f"calibration_{name}")
        lockstep = builder.build("calibration", flags=[*flags, "-DSTAGGER_CYCLES=0u"],
                                 name=f"lockstep_{name}") if table else None
        cycles = [int(builder.run(e, "--set", "icache_ideal=1")[1] or 0) for e in (elf, lockstep) if e]
        difference = cycles[0] / published - 1
        check(abs(difference) <= 0.10, f"calibration {name}: {cycles[0]} cycles, published {published}")
        rows.append((name, published, cycles, difference))
    if table:
        print("| kernel | published | this chip | difference | FLOP/cycle | started in lockstep |\n|---|---|---|---|---|---|")
        for name, published, cycles, difference in rows:
            print(f"| {name} | {published:,} | {cycles[0]:,} | {100 * difference:+.1f} % | {2 * 64**3 / cycles[0]:.2f} "
                  f"| {cycles[1]:,} |")


def main():
    soc, *rest = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        if rest == ["calibration"]:
            calibration(Builder(pathlib.Path(folder), soc), table=True)
            return
        parts = {part.__name__: part for part in (
            sources_are_clean, same_everywhere, porting_guide, faults, timing, builds_agree, contention, random_teams,
            instructions, float_streams_agree, engine, timelines, calibration)}
        if rest and rest[0] in parts:
            builder, parts = Builder(pathlib.Path(folder), soc), {name: parts[name] for name in rest}
        else:
            builder = Builder(pathlib.Path(folder), soc, *rest)
        for part in parts.values():
            print("--", part.__name__, flush=True)
            part(builder)
        print(f"-- {builder.cycles / 1e6:.1f} million simulated cycles")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
