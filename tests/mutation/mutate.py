#!/usr/bin/env python3
"""Damages the compiler, or the simulated chip, in one place after another and says which test notices.

    python3 tests/mutation/mutate.py                      232 mutants in all areas; hours of processor time
    python3 tests/mutation/mutate.py --list               what would be tried
    python3 tests/mutation/mutate.py --areas io,kernels   some areas; those of the matrix engine begin with `engine_`
    python3 tests/mutation/mutate.py --count 3            so many in each area
    python3 tests/mutation/mutate.py --seed 2             others
    python3 tests/mutation/mutate.py --leave-out '*cct*'   without some tests

Mutants are made by the rules below, at places drawn by the seed: the same seed and sources give the same
mutants. Each is built alone in a copy of the project below build/mutation/, and meets the unit tests, the compiler's or
those of the simulated chip: first those of its area, then the others, in each case the fast ones first; then the chip's
programs. The first failure ends it. What was found is kept in build/mutation/results.json, so a run that was stopped
goes on where it was; the times of the tests in times.json. Tests that take several times as long as undamaged, and the
longer the busier the machine is, have timed out, which counts as noticed. A mutant that does not compile is replaced by
the next one. Needs nothing but what the tests need.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "mutation"
TREE = FOLDER / "tree"
BUILD = TREE / "build" / "dev"
SLOW_SECONDS = 1.0  # tests that take longer, undamaged, run last
TIMES_FILE = FOLDER / "times.json"
PROGRAM = "program"  # in place of a test's file
TIMEOUT_FACTOR = 20  # the machine may be busier than it was when they were measured
MEMORY_BYTES = 8 << 30


@dataclass(frozen=True)
class Suite:
    """What mutants meet: a program of unit tests, and commands that run whole programs."""

    unit: str  # below BUILD
    targets: list
    programs: list = field(default_factory=list)  # commands, run in TREE


COMPILER = Suite("tests/tdc_unit", ["tdc_unit"])
# Needs nothing of the compiler.
CHIP = Suite(
    "tests/soc/tdc_soc_unit",
    ["tdc_soc_unit", "tdc_soc"],
    [["python3", "tests/soc/suite.py", "build/dev/runtime/soc/tdc-soc", "faults", "timing", "engine"]],
)


@dataclass
class Area:
    """Files that are damaged, test files that are about them, and how many mutants there are of it."""

    globs: list
    tests: str
    mutants: int
    but: list = field(default_factory=list)  # globs of files that belong to another area, or that no unit test reaches
    suite: Suite = COMPILER

    def files(self, tree):
        return sorted(set(paths_of(self.globs, tree)) - set(paths_of(self.but, tree)))


def paths_of(globs, tree):
    return (path for glob in globs for path in tree.glob(glob))


# What launches and transfers take, by the chip's costs and the table of cycles, and what is chosen and reported by it.
COST = [
    *(f"compiler/schedule/{stem}.*" for stem in ("kernel_amounts", "kernel_call", "predict_cycles", "tile_choice", "transfers")),
    "compiler/chip/*.h",
    *(f"compiler/driver/{stem}.*" for stem in ("chip_report", "tiles")),
]
# The matrix engine: who describes its jobs, and who decides what it gets.
ENGINE_KERNELS = ["kernels/*_engine.c", "kernels/td_engine_job.h", "kernels/td_reach.h", "runtime/td_engine.h"]
ENGINE_SCHEDULE = ["compiler/schedule/*engine*.cpp", *(f"compiler/schedule/{stem}.cpp" for stem in ("offload", "product_shape"))]
FUSE = [f"compiler/schedule/{stem}.cpp" for stem in ("fuse", "fused_run")]

AREAS = {
    "syntax": Area(["compiler/syntax/**/*.cpp", "compiler/diag/**/*.cpp"], r"unit/(syntax|diag)/|golden/", 12),
    "check": Area(["compiler/check/**/*.cpp"], r"unit/check/|golden/", 20),
    "autodiff": Area(["compiler/autodiff/**/*.cpp"], r"unit/(autodiff|schedule)/|golden/|ops/gradient", 12),
    "io": Area(["compiler/io/**/*.cpp"], r"unit/io/", 12),
    "runner": Area(["compiler/runner/**/*.cpp", "runtime/td_runner.c"], r"unit/runner/", 8),
    "ops": Area(["compiler/ops/*.cpp", "compiler/ops/*.h"], r"unit/(ops|schedule)/|golden/|ops/gradient", 24),
    "library": Area(["stdlib/*.td"], r"unit/(check|ops)/|golden/", 12),
    "kernels": Area(["kernels/*.c", "kernels/*.h"], r"unit/(kernels|ops)/", 12, ENGINE_KERNELS),
    "schedule": Area(["compiler/schedule/*.cpp", "compiler/schedule/*.h"], r"unit/schedule/|golden/", 24, COST + ENGINE_SCHEDULE + FUSE),
    "memory": Area(["compiler/memory/*.cpp", "compiler/memory/*.h"], r"unit/(memory|schedule)/|golden/", 18),
    "emit": Area(["compiler/emit/*.cpp", "compiler/emit/*.h"], r"unit/emit/|golden/", 16),
    "cost": Area(COST, r"unit/schedule/(predict_cycles|kernel_call|tile)|unit/driver/(chip_report|tiles|report)|golden/", 14),
    # The simulated chip and its platform (soc/, rv32/pulp_cluster/), but for the matrix engine, are only met by `chip` and `rtl`;
    # `td_runner.c` is the runner's.
    "runtime": Area(["runtime/*.c", "runtime/*.h", "runtime/host/*.c", "runtime/rv32/*.c", "runtime/rv32/qemu_user/*.c"],
                    r"unit/(runtime|kernels|runner|emit)/", 8, ["runtime/td_runner.c", *ENGINE_KERNELS]),
    "engine_rtl": Area(["runtime/soc/rtl/tdc_engine.sv"], r"soc/unit/engine_test", 10, suite=CHIP),
    "engine_fma": Area(["runtime/soc/rtl/tdc_fma.sv"], r"soc/unit/engine_test", 8, suite=CHIP),
    "engine_chip": Area(["runtime/soc/engine*.cpp", "runtime/soc/bank_arbiter.h"],
                        r"soc/unit/(engine|bank_arbiter)_test", 6, suite=CHIP),
    "engine_kernels": Area(ENGINE_KERNELS, r"unit/(runtime/engine|kernels/(matmul|conv2d))_test", 10),
    "engine_schedule": Area(ENGINE_SCHEDULE, r"unit/schedule/engine_test|golden/passes_test", 6),
    "fuse": Area(FUSE, r"unit/schedule/fuse_test|golden/passes_test", 12),
}


@dataclass(frozen=True)
class Mutant:
    area: str
    rule: str
    file: str
    line: int
    before: str
    after: str
    begin: int
    end: int
    text: str  # what replaces begin .. end of the file


# ---- rules ------------------------------------------------------------------------------------------------

# Operators have spaces on both sides in formatted code; `*` and `<` of types do not.
OPERATORS = {
    "comparison": {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    "arithmetic": {"+": "-", "-": "+", "*": "+", "/": "*", "%": "/"},
    "logic": {"&&": "||", "||": "&&"},
}
STATEMENT = re.compile(
    r"^[ ]+((?:\+\+|--)?[A-Za-z_][\w.\[\]]*(?:->\w+|::\w+)*(?: (?:[-+*|&]?=) [^;{}]+|\([^;{}]*\)|\+\+|--)?;)$", re.M
)
NAMES = re.compile(r"(?<![\w'])[A-Za-z_]\w*")
SWAPPED = re.compile(r"(?<![\w.>\])-])((?:[\w.]|->|\[\w+\])+) (-|/|%|<) ((?:[\w.]|->|\[\w+\])+)(?![\w.(\[>:-])")
INTEGER = re.compile(r"(?<![\w.'])\d+(?![\w.'])")
TRUTH = re.compile(r"\b(true|false)\b")
LEAVE = re.compile(r"\b(continue|break);")



@dataclass(frozen=True)
class Language:
    """What differs between C++ and C, and SystemVerilog."""

    operators: dict
    before: str  # what ends an operand
    behind: str  # what begins one
    integer: re.Pattern
    statement: re.Pattern
    nothing: str  # in place of a statement
    blanked: re.Pattern  # beside comments and literals
    assigns: str = ""  # an operator that is none outside of all brackets
    exchanged: tuple = ()  # parts of names; a name is replaced by the one with the other part, if there is one


CPP = Language(OPERATORS, r"\w)\]", r"\w(!~*+-", INTEGER, STATEMENT, "{}", re.compile(r"(?!)"))
SYSTEM_VERILOG = Language(
    operators=OPERATORS | {"bits": {"&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<"}},
    before=r"\w)\]}",
    behind=r"\w(!~*+{'-",
    integer=re.compile(r"(?<![\w.'])\d+(?![\w.'])|(?<='d)\d+|(?<='sd)\d+"),
    statement=re.compile(r"^[ ]+([A-Za-z_][\w.\[\]-]* <?= [^;]+;)$", re.M),
    nothing=";",
    blanked=re.compile(r"\b(?:logic|word_t)(?: signed)?(?: ?\[[^\]\n]*\])+"),  # widths: what is stored is cut to them
    assigns="<=",
    exchanged=(("row", "column"), ("ROW", "COLUMN"), ("Row", "Column"), ("inner", "outer"), ("first", "second"),
               ("first", "last"), ("load", "compute"), ("load", "drain"), ("a_", "b_"), ("0", "1"), ("addend", "product"),
               ("column", "depth"), ("COLUMN", "DEEP")),
)  # fmt: skip


def language_of(path):
    return SYSTEM_VERILOG if path.suffix == ".sv" else CPP


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def code_of(text):
    """The text with comments, literals and directives blanked, so that places stay where they are."""
    raw = r'R"\w*\((?:.|\n)*?\)\w*"'
    plain = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\''
    return re.sub(rf"//[^\n]*|/\*(?:.|\n)*?\*/|{raw}|{plain}|^[ ]*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.M)


def closing(code, opening):
    """The index behind the parenthesis that closes the one at `opening`."""
    depth = 0
    for index in range(opening, len(code)):
        depth += {"(": 1, ")": -1}.get(code[index], 0)
        if depth == 0:
            return index + 1
    return len(code)


def is_in_brackets(code):
    """For each place."""
    depth, result = 0, []
    for character in code:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(character, 0)
        result.append(depth > 0)
    return result


def exchanges(code, pairs):
    """Names that stand where others of the file could, as (begin, end, other name)."""
    names = set(NAMES.findall(code))
    for match in NAMES.finditer(code):
        for one, other in (*pairs, *((other, one) for one, other in pairs)):
            name = match.group().replace(one, other, 1)
            if name != match.group() and name in names:
                yield match.start(), match.end(), name


def changes(text, language):
    """All that the rules can do to a file, as (rule, begin, end, replacement)."""
    code = language.blanked.sub(blank, code_of(text))
    in_brackets = is_in_brackets(code)
    for rule, table in language.operators.items():
        for operator, other in table.items():
            for match in re.finditer(rf"(?<=[{language.before}] ){re.escape(operator)}(?= [{language.behind}])", code):
                if operator != language.assigns or in_brackets[match.start()]:
                    yield rule, match.start(), match.end(), other
    for match in re.finditer(r"\bif \(", code):
        begin = match.end() - 1
        condition = code[begin : closing(code, begin)]
        if not re.search(r";|[^=!<>]=[^=]", condition):
            end = begin + len(condition)
            yield "negation", begin, end, f"(!{text[begin:end]})"
    for match in language.integer.finditer(code):
        yield "constant", match.start(), match.end(), str(int(match.group()) + 1)
    for match in TRUTH.finditer(code):
        yield "truth", match.start(), match.end(), "false" if match.group() == "true" else "true"
    for match in LEAVE.finditer(code):
        yield "leave", match.start(1), match.end(1), "break" if match.group(1) == "continue" else "continue"
    for match in language.statement.finditer(code):
        if not re.match(r"(return|break|continue|throw|using)\b", match.group(1)):
            yield "statement", match.start(1), match.end(1), language.nothing
    for begin, end, name in exchanges(code, language.exchanged):
        yield "names", begin, end, name
    for match in SWAPPED.finditer(code):
        yield "operands", match.start(), match.end(), f"{match.group(3)} {match.group(2)} {match.group(1)}"


def mutants_of(area, seed, tree):
    """All mutants of an area of the project in `tree`, in the order of trial: a rule is drawn, then a place; a line is used once."""
    by_rule = {}
    for path in AREAS[area].files(tree):
        text = path.read_text()
        file = str(path.relative_to(tree))
        for rule, begin, end, replacement in changes(text, language_of(path)):
            first, last = text.rfind("\n", 0, begin) + 1, text.find("\n", end)
            by_rule.setdefault(rule, []).append(
                Mutant(area, rule, file, text.count("\n", 0, begin) + 1, text[first:last].strip(),
                       (text[first:begin] + replacement + text[end:last]).strip(), begin, end, replacement)
            )  # fmt: skip
    generator = random.Random(f"{seed} {area}")
    used = set()
    while by_rule:
        rule = generator.choice(sorted(by_rule))
        mutant = by_rule[rule].pop(generator.randrange(len(by_rule[rule])))
        if not by_rule[rule]:
            del by_rule[rule]
        if (mutant.file, mutant.line) not in used:
            used.add((mutant.file, mutant.line))
            yield mutant


# ---- building and testing ---------------------------------------------------------------------------------


def write_if_other(path, content):
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def copy_tree():
    """Brings the copy up to date; only what differs is written, so that little is built again."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
    files = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for name in files:
        write_if_other(TREE / name, (ROOT / name).read_bytes())
        shutil.copymode(ROOT / name, TREE / name)
    for path in list(TREE.rglob("*")):
        relative = str(path.relative_to(TREE))
        if path.is_file() and not relative.startswith("build/") and relative not in files:
            path.unlink()


def limit():
    """Only the soft limit: programs with ThreadSanitizer, which some tests make, take it back for themselves."""
    os.nice(2)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))


def build(suite):
    """Whether the copy compiles, and what the compiler said."""
    command = ["cmake", "--build", str(BUILD), "--target", *suite.targets]
    done = subprocess.run(command, preexec_fn=lambda: os.nice(2), capture_output=True, text=True, errors="replace")
    return done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def scratch_folder():
    """Where a damaged compiler may write: its home and its temporary folder."""
    folder = FOLDER / "scratch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def run(command, seconds=None):
    """Exit status (None: not done within `seconds`) and output of a command in the copy."""
    with scratch_folder() as scratch:
        environment = os.environ | {"HOME": str(scratch), "TMPDIR": str(scratch), "TDC_CACHE": str(scratch / "cache")}
        with subprocess.Popen(command, cwd=TREE, env=environment, preexec_fn=limit, start_new_session=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:  # fmt: skip
            try:
                output, _ = process.communicate(timeout=seconds)
                return process.returncode, output.decode(errors="replace")
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                return None, process.communicate()[0].decode(errors="replace")


def digest_of_copy():
    """Of every file of the copy, by name."""
    paths = sorted(path for path in TREE.rglob("*") if path.is_file() and BUILD not in path.parents)
    return hashlib.sha256(b"".join(f"{path}\0".encode() + path.read_bytes() for path in paths)).hexdigest()


def measured_tests(suite, left_out):
    """[file, name, seconds] of the tests. A copy that was measured once, as it is now, is not measured again."""
    copy = digest_of_copy()
    key = f"{copy} {suite.unit} {left_out}"
    known = json.loads(TIMES_FILE.read_text()) if TIMES_FILE.exists() else {}
    if key not in known:
        print("measuring the tests of the undamaged copy", flush=True)
        known = {other: tests for other, tests in known.items() if other.startswith(copy)}
        known[key] = measure_tests(suite, left_out) + measure_programs(suite)
        TIMES_FILE.write_text(json.dumps(known, indent=1))
    return known[key]


def measure_programs(suite):
    """As `measure_tests`: [PROGRAM, place in the suite, seconds]."""
    result = []
    for place, command in enumerate(suite.programs):
        begin = time.time()
        status, output = run(command)
        if status != 0:
            sys.exit(output[-3000:] + "\nthe undamaged copy fails its programs")
        result.append([PROGRAM, str(place), time.time() - begin])
    return result


def measure_tests(suite, left_out):
    """[file, name, seconds] of the tests, from a run over the undamaged copy, which must succeed."""
    unit = BUILD / suite.unit
    status, output = run([unit, "--duration", f"--test-case-exclude={left_out}"])
    if status != 0:
        sys.exit(output[-3000:] + "\nthe undamaged copy fails its tests")
    seconds = {name: float(time) for time, name in re.findall(r"^([\d.]+) s: (.*)$", output, re.M)}
    listed = run([unit, "--list-test-cases", "--reporters=xml", f"--test-case-exclude={left_out}"])[1]
    cases = re.findall(r'<TestCase name="([^"]*)"[^>]* filename="([^"]*)"', listed)
    escapes = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
    result = []
    for name, file in cases:
        for escape, character in escapes.items():
            name = name.replace(escape, character)
        result.append([file, name, seconds.get(name, 0.0)])
    return result


def stages_of(area, tests):
    """(command, seconds) in the order in which a mutant meets them: close tests, the others; fast ones, slow ones; programs."""
    suite = AREAS[area].suite
    stages = [[], [], [], []]
    programs = []
    for file, name, seconds in tests:
        if file == PROGRAM:
            programs.append((suite.programs[int(name)], seconds))
            continue
        is_close = re.search(AREAS[area].tests, file) is not None
        stages[(0 if is_close else 1) + (2 if seconds > SLOW_SECONDS else 0)].append((name, seconds))
    for stage in filter(None, stages):
        # doctest separates names by commas; `?` is any one character.
        filters = ",".join(re.sub(r'[,\\*?"]', "?", name) for name, _ in stage)
        command = [BUILD / suite.unit, f"--test-case={filters}", "--abort-after=1", "--no-skip"]
        yield command, sum(seconds for _, seconds in stage)
    yield from programs


def verdict_of(mutant, tests):
    for command, seconds in stages_of(mutant.area, tests):
        status, output = run(command, TIMEOUT_FACTOR * seconds + 60)
        if status == 0:
            continue
        failed = re.findall(r"^(?:TEST CASE:  |FAILED: )(.*)$", output, re.M)
        test = failed[-1] if failed else f"status {status}: {output.strip().splitlines()[-1:]}"
        return "timed out" if status is None else "killed", test
    return "survived", ""


def try_mutant(mutant, tests):
    path = TREE / mutant.file
    original = path.read_text()
    path.write_text(original[: mutant.begin] + mutant.text + original[mutant.end :])
    try:
        is_built, _ = build(AREAS[mutant.area].suite)
        return verdict_of(mutant, tests) if is_built else ("did not build", "")
    finally:
        path.write_text(original)


# ---- the command ------------------------------------------------------------------------------------------


def prepare(areas, left_out):
    """The undamaged copy, built as far as the areas need it; the tests of their suites with their times, by `Suite.unit`."""
    copy_tree()
    subprocess.run(["cmake", "--preset", "dev"], cwd=TREE, check=True, stdout=subprocess.DEVNULL)
    tests = {}
    for suite in (AREAS[area].suite for area in areas):
        if suite.unit in tests:
            continue
        is_built, output = build(suite)
        if not is_built:
            sys.exit(output[-3000:] + "\nthe undamaged copy does not build")
        tests[suite.unit] = measured_tests(suite, left_out)
    return tests


def text_of(mutant, verdict, test):
    place = f"{mutant.file}:{mutant.line}"
    return f"{verdict:13} {mutant.rule:10} {place}\n    - {mutant.before}\n    + {mutant.after}" + (f"\n    {test}" if test else "")


def run_area(area, count, seed, left_out, tests, known, save):
    """The verdicts of `count` mutants that build."""
    found = []
    for mutant in mutants_of(area, seed, TREE):
        if sum(verdict != "did not build" for _, verdict, _ in found) == count:
            break
        key = json.dumps(asdict(mutant) | {"left out": left_out}, sort_keys=True)
        if key not in known:
            known[key] = try_mutant(mutant, tests)
            save()
            print(text_of(mutant, *known[key]), flush=True)
        found.append((mutant, *known[key]))
    return found


def print_table(results):
    print(f"\n{'area':15} {'mutants':>8} {'killed':>8} {'timed out':>10} {'survived':>9} {'did not build':>14}")
    for area, found in results.items():
        count = {v: sum(verdict == v for _, verdict, _ in found) for v in ("killed", "timed out", "survived", "did not build")}
        built = len(found) - count["did not build"]
        print(f"{area:15} {built:8} {count['killed']:8} {count['timed out']:10} {count['survived']:9} {count['did not build']:14}")
    for found in results.values():
        for mutant, verdict, test in found:
            if verdict == "survived":
                print("\n" + text_of(mutant, verdict, test))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--areas", default=",".join(AREAS), help="some of " + ", ".join(AREAS))
    parser.add_argument("--count", type=int, help="mutants of each area")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leave-out", default="", metavar="PATTERNS", help="tests that are not run, as doctest's -tce")
    parser.add_argument("--list", action="store_true", help="show the mutants and end")
    options = parser.parse_args()
    areas = options.areas.split(",")
    if unknown := sorted(set(areas) - set(AREAS)):
        parser.error(f"no area {', '.join(unknown)}")
    counts = {area: AREAS[area].mutants if options.count is None else options.count for area in areas}
    if options.list:
        for area in areas:
            for mutant, _ in zip(mutants_of(area, options.seed, ROOT), range(counts[area])):
                print(text_of(mutant, area, ""))
        return
    begin = time.time()
    tests = prepare(areas, options.leave_out)
    results_file = FOLDER / "results.json"
    known = json.loads(results_file.read_text()) if results_file.exists() else {}
    results = {}
    for area in areas:
        results[area] = run_area(area, counts[area], options.seed, options.leave_out, tests[AREAS[area].suite.unit], known,
                                 lambda: results_file.write_text(json.dumps(known, indent=1)))  # fmt: skip
    print_table(results)
    print(f"\n{(time.time() - begin) / 60:.0f} minutes")


if __name__ == "__main__":
    main()
