"""Is every instruction of these programs one that the chip's instruction tests hold against QEMU?

Usage: mnemonics.py ELF...      prints those that are not, with status 1
"""
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent / "programs/instructions.c"
# What a linker pads code with; nothing executes it.
PADDING = {"c.unimp"}


def tested():
    """Words of the tests, among them all mnemonics."""
    source = SOURCE.read_text()
    tests = source[source.index("#define FLOAT_3"):source.index("static void run_operations")]
    tests = re.sub(r"/\*.*?\*/", "", tests, flags=re.DOTALL)
    return set(re.findall(r"[a-z][a-z0-9.]*", tests.replace("\\n", " ").replace("\\t", " ")))


def used(elf):
    listing = subprocess.run(["riscv64-unknown-elf-objdump", "-d", "-M", "no-aliases", "--no-show-raw-insn", elf],
                             capture_output=True, text=True, check=True).stdout
    fields = [line.split("\t") for line in listing.splitlines()]
    return {field[1].split()[0] for field in fields if len(field) > 1 and field[1][0].isalpha()}


def main():
    status = 0
    for elf in sys.argv[1:]:
        instructions = used(elf)
        missing = sorted(instructions - tested() - PADDING)
        if missing or len(instructions) < 20:
            print(f"{elf}: {len(instructions)} instructions, not tested: {' '.join(missing)}")
            status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()
