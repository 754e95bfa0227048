"""Everything about the chip that needs whole programs. Usage: suite.py TDC_SOC

Prints one line a failure and last `N passed, N failed`.
"""
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import random_programs

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "runtime"
PROGRAMS = ROOT / "tests/soc/programs"
WARNINGS = "-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Werror".split()
TARGET = "-march=rv32imfc_zicsr -mabi=ilp32f -ffreestanding -nostdlib -g -ffp-contract=off".split()
GCC = ["riscv64-unknown-elf-gcc", *TARGET]
CLANG = ["clang-19", "--target=riscv32-unknown-elf", *TARGET]

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
    (50, 0, []),
    (51, 0, []),
    (52, 0, []),
    (53, 0, []),
]

# Name of a line of timing.c: smallest and largest cycles, caches included. From the contract: FMA 1 (dependent 2), load-use
# +1, taken branch 3, L2 15, divisions up to 19; DMA start-up and rates plus about 50 for enqueueing and waking up.
TIMING = {
    "add_8": (8, 10), "fma_independent_8": (8, 10), "fma_dependent_8": (15, 17), "fdiv_8": (8 * 14, 8 * 20),
    "fsqrt_8": (8 * 14, 8 * 20), "l1_load_8": (8, 10), "l1_load_use_8": (24, 26), "l2_load_8": (118, 122),
    "l2_store_8": (118, 122), "taken_branch_8": (23, 26), "fork_join": (25, 60), "barrier": (10, 30),
    "dma_enqueue": (10, 35), "dma_l2_l1_4096": (529, 590), "dma_l1_l2_4096": (545, 606),
    "dma_l1_l2_16x64": (161, 222), "dma_l3_l1_4096": (4196, 4260), "dma_l1_l3_4096": (7547, 7610),
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
    def __init__(self, folder, soc):
        self.folder = folder
        self.soc = soc

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

    def run(self, elf, *options, stdin=b""):
        """On the chip: status, output, messages."""
        command = [self.soc, str(elf), "--cycle-limit", "20000000", *options]
        done = subprocess.run(command, input=stdin, capture_output=True, check=False)
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


def porting_guide(builder):
    """The files of runtime/README.md, taken literally."""
    if shutil.which("qemu-system-riscv32") is None:
        print("skipped: the porting guide needs qemu-system-riscv32")
        return
    guide = (RUNTIME / "README.md").read_text()
    folder = builder.folder / "board"
    folder.mkdir()
    for name in ("start.S", "platform.c", "link.ld"):
        text = re.search(rf"`{re.escape(name)}`:\n\n```\w+\n(.*?)```", guide, re.S).group(1)
        (folder / name).write_text(text)
    elf = folder / "program.elf"
    subprocess.run([*GCC, *WARNINGS, "-O2", f"-I{RUNTIME}", "-T", folder / "link.ld", folder / "start.S",
                    folder / "platform.c", RUNTIME / "rv32/memory_functions.c", PROGRAMS / "echo.c", "-lgcc", "-o", elf],
                   check=True)
    words = struct.pack("<I", 100) + bytes(i * 7 % 256 for i in range(400))
    host = subprocess.run([builder.folder / "echo_host"], input=words, capture_output=True, check=False)
    done = subprocess.run(["qemu-system-riscv32", "-machine", "virt", "-bios", "none", "-display", "none", "-monitor",
                           "none", "-serial", "stdio", "-kernel", elf], input=words, capture_output=True, check=False,
                          timeout=120)
    check(done.returncode == 0 and done.stdout == host.stdout, "the porting guide's board echoes as the host")


def instructions(builder):
    qemu = subprocess.run(["qemu-riscv32", builder.build("instructions", "qemu_user")], capture_output=True,
                          check=True).stdout
    cases, name_bytes = struct.unpack_from("<2I", qemu)
    names = qemu[8:8 + name_bytes].decode().split("\n")
    begin = 8 + name_bytes + 12 * cases
    elf = builder.build("instructions")
    for cores in (8, 3):
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


def faults(builder):
    elf = builder.build("faults", flags=["-O1"])
    for case, expected, phrases in FAULTS:
        status, _, errors = builder.run(elf, "--cycle-limit", "100000", stdin=struct.pack("<I", case))
        check(status == expected, f"fault case {case}: status {status}, expected {expected}: {errors}")
        for phrase in phrases:
            check(phrase in errors, f"fault case {case}: no `{phrase}` in {errors}")


def timing(builder):
    elf = builder.build("timing")
    reports = []
    for run in range(2):
        report = builder.folder / f"timing_{run}.json"
        status, output, errors = builder.run(elf, "--report", str(report))
        check(status == 0, f"timing ends: {errors}")
        reports.append(json.loads(report.read_text()))
    measured = dict(line.split() for line in output.decode().splitlines())
    check(set(measured) == set(TIMING), "timing measures what is listed here")
    for name, (smallest, largest) in TIMING.items():
        cycles = int(measured.get(name, -1))
        check(smallest <= cycles <= largest, f"{name} takes {cycles} cycles, expected {smallest} to {largest}")
    for report in reports:
        del report["host_seconds"]
    check(reports[0] == reports[1], "the same program takes the same cycles and counts the same events")


def random_teams(builder):
    elf = builder.build("random_team", flags=["-O2"])
    for seed in range(12):
        for cores in (2, 3, 5, 8) if seed < 6 else (8,):
            sent, expected = random_programs.make(seed, cores)
            status, output, errors = builder.run(elf, "--set", f"cores={cores}", stdin=sent)
            check(status == 0 and output == expected, f"random program {seed} on {cores} cores: {status} {errors}")


def calibration(builder, table=False):
    rows = []
    for kernel, (name, published) in enumerate(CALIBRATION.items()):
        elf = builder.build("calibration", flags=["-O3", f"-DKERNEL={kernel}"], name=f"calibration_{name}")
        lockstep = builder.build("calibration", flags=["-O3", f"-DKERNEL={kernel}", "-DSTAGGER_CYCLES=0u"],
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
    soc = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        builder = Builder(pathlib.Path(folder), soc)
        if sys.argv[2:] == ["calibration"]:
            calibration(builder, table=True)
            return
        for part in (sources_are_clean, same_everywhere, porting_guide, faults, timing, random_teams, instructions,
                     calibration):
            print("--", part.__name__, flush=True)
            part(builder)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
