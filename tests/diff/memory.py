"""Compares the memory that report.json counts with what the linker placed.

Usage: memory.py REPORT.json PROGRAM      a program of pulp_cluster or qemu_user, and the report of its folder
       memory.py --code PROGRAM           bytes of its code, with the constants of kernels, runtime and libgcc

Every kind of bytes is found in the ELF file by the names of symbols and sections, and what lies between them by
addresses; nothing is taken from the compiler but the report itself.
"""
import json
import re
import subprocess
import sys

# Sections of runtime/rv32/*/link.ld: of code, in which memory of a chip they lie, and per memory of the chip those of constants and
# variables.
CODE = (".text", ".rodata")
PLACED_CODE = {
    "pulp_cluster": {"L1": (".rodata",), "L2": (".text",)},
    "mcu_256k": {"FLASH": CODE},
}
LEVELS = {
    "pulp_cluster": {"L1": (".l1",), "L2": (".l2_constants", ".data", ".bss"), "L3": (".l3_constants", ".l3")},
    "mcu_256k": {"FLASH": (".constants",), "RAM": (".data", ".bss")},
}


def lines_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def sections(program):
    """Name to size, of the sections that take memory."""
    found = {}
    for line in lines_of("readelf", "-SW", program):
        row = re.match(r"\s*\[\s*\d+\] (\S+)\s+(\w+)\s+[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) \w+\s+(\w*A\w*) ", line)
        if row:
            found[row[1]] = int(row[3], 16)
    return found


def symbols(program):
    """(name, bytes) of every object and number, of functions and absolute symbols too."""
    rows = [line.split() for line in lines_of("readelf", "-sW", program)]
    return [(row[7], int(row[2], 0), int(row[1], 16), row[3]) for row in rows if len(row) == 8 and row[0] != "Num:"]


def rounded(size):
    return (size + 15) // 16 * 16


def main():
    if sys.argv[1] == "--code":
        placed = sections(sys.argv[2])
        print(sum(placed[name] for name in CODE))
        return
    report, program = json.load(open(sys.argv[1])), sys.argv[2]
    placed, names = sections(program), symbols(program)
    prefix = report["prefix"]
    value = {name: at for name, _, at, kind in names if kind == "NOTYPE"}
    chip, levels = next(each for each in LEVELS.items() if {m["level"] for m in report["memory"]} == set(each[1]))
    objects = [(name, size) for name, size, _, kind in names if kind == "OBJECT"]

    def total(pattern):
        return sum(rounded(size) for name, size in objects if re.fullmatch(pattern, name))

    wrong = []

    def same(what, counted, found):
        if counted != found:
            wrong.append(f"{what}: the report has {counted}, the linker placed {found}")

    memory = {level["level"]: level for level in report["memory"]}
    known = set(CODE) | {".stack", ".l1_stacks"} | {name for names in levels.values() for name in names}
    same("sections outside of the levels", 0, sum(size for name, size in placed.items() if name not in known))
    for name, level in memory.items():
        # Everything in the level but code and stacks, to the byte.
        same(f"{name}, all", level["used_bytes"] - level["code_bytes"] - level["stack_bytes"],
             sum(placed.get(section, 0) for section in levels[name]))
        same(f"{name}, arena", level["arena_bytes"], dict(objects).get(f"{prefix}_arena_{name}", 0))
        parts = ("code", "stack", "constant", "frozen", "image", "buffer")
        same(f"{name}, sum", level["used_bytes"],
             sum(level[f"{part}_bytes"] for part in parts) + rounded(level["arena_bytes"]))

    def reported(part):
        return sum(level[f"{part}_bytes"] for level in memory.values())

    same("frozen weights", reported("frozen"), total(rf"{prefix}_frozen_\d+"))
    same("initial weights", reported("image"), total(rf"{prefix}_initial_\d+"))
    same("buffers", reported("buffer"), total(r"(input|result|metric)_buffer|state|scalars"))
    # Structs and paths, and tables of what changes over the turns of a loop: `y_12`, of the field y of step 12.
    constants = (r"(\w+\.)?(args(_\d+)?|model|mean|deviation)(\.\d+)?|" + prefix + "_variables"
                 rf"|(\w+\.)?(?!{prefix}_(frozen|initial)_)\w+_\d+(_\d+)?(\.\d+)?")
    same("constants", reported("constant"),
         rounded(sum(size for name, size in objects if re.fullmatch(constants, name))))
    stacks = placed.get(".stack", placed.get(".l1_stacks"))
    same("stacks", reported("stack"), stacks)
    reserves = {name: level["code_bytes"] for name, level in memory.items() if level["code_bytes"] > 0}
    same("levels that set bytes aside for code", sorted(reserves), sorted(PLACED_CODE[chip]))
    code = {name: sum(placed.get(section, 0) for section in sections) for name, sections in PLACED_CODE[chip].items()}
    same("code that lies where bytes are reserved for it", sum(code.values()), sum(placed[name] for name in CODE))
    for name, reserve in reserves.items():
        if code.get(name, 0) > reserve:
            wrong.append(f"code in {name}: {code[name]} bytes, {reserve} are reserved")
    assert value, "no symbols"
    print("\n".join(wrong) or "agrees; " + ", ".join(f"code {code[name]} of {reserves[name]} in {name}" for name in reserves))
    sys.exit(bool(wrong))


main()
