"""No field and no enumerator stands in the headers that all stages share (those of the graph, of op records and of schedules) that
nobody makes or nobody reads.

The compiler is asked, so that no two names are mixed up: copies of the headers in which every field and enumerator is marked
[[deprecated]] are put before them, and clang-19 says where each is used, in all sources of compiler/.

    field        is made: its name is followed by `=` and what is not the same field of another, by `{`, or by a call that adds
                 (`push_back`, `emplace`, ..), or stands in a constructor's list; and is read: any other use. A field that is only
                 passed on in renamed form (`x.f = new_id[old]`) is not found.
    enumerator   is made: used without being compared; and is told apart (`==`, `!=`, `case`), but for one of each enum, which is
                 what the others are not

Where that is not so, a line of exceptions.txt says why; one that is no longer needed is a failure, too.

Usage: check.py [list]     (from the top folder; needs a configured build/dev) `list` prints who makes and who reads each.
Prints last `N passed, N failed`; a check is a name.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
CLANG = "clang-19"
HEADERS = ["ir/boundary.h", "ir/ids.h", "ir/ir.h", "ir/variables.h", "ops/kernel.h", "ops/op.h", "ops/rules.h", "ops/shift.h", "ops/space.h", "schedule/schedule.h"]
# Structs that are written as lists without names: who makes their fields cannot be seen, only who reads them.
LISTS = {"Alias", "AttributeDef", "Domain", "NoGradient", "Output", "Range", "Read", "Term", "Turn", "Write"}
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.DOTALL)


# What the headers declare ----------------------------------------------------------------------------------------------------

def end_of(text, at):
    """Behind the bracket that closes the one at `at`."""
    depth = 0
    while True:
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            return at


def declarations(text):
    """(place of the mark, kind, scope, names) of all fields and enumerators in blanked text"""
    found = []

    def enumerators(name, begin, end):
        for match in re.finditer(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", text[begin:end].rstrip()):
            found.append((begin + match.end(1), "enumerator", name, [match.group(1)]))

    def scan(at, end, scope):
        """The declarations in a namespace or type, one after another."""
        while at < end:
            skipped = re.compile(r"(?:\s|#[^\n]*|(?:public|private):)*").match(text, at, end)
            at = begin = skipped.end()
            if at >= end:
                return
            while text[at] not in ";{(":
                at += 1
            head = text[begin:at]
            if match := re.match(r"namespace[\w\s:]*$", head):
                scan(at + 1, end_of(text, at) - 1, scope)
                at = end_of(text, at)
                continue
            if match := re.match(r"enum class (\w+)", head):
                enumerators(match.group(1), at + 1, end_of(text, at) - 1)
                at = end_of(text, at)
            elif (match := re.match(r"(?:struct|class) (\w+)", head)) and text[at] == "{":
                scan(at + 1, end_of(text, at) - 1, match.group(1))
                at = end_of(text, at)
            elif re.match(r"(?:struct|class|using|friend|template|explicit|static_assert)\b", head):
                at = end_of_declaration(at)
                continue
            else:
                at = declared(begin, at, scope)
                continue
            at = text.index(";", at) + 1  # behind a type

    def end_of_declaration(at):
        """Behind the `;`, or behind the body of a function."""
        while text[at] != ";":
            if text[at] in "{(":
                is_body = text[at] == "{"
                at = end_of(text, at)
                if is_body and not re.compile(r"\s*[;,]").match(text, at):
                    return at
            else:
                at += 1
        return at + 1

    def declared(begin, at, scope):
        """A field, several of one type, or a function, which is passed over. Gives the end."""
        end = end_of_declaration(at)
        whole = text[begin:end]
        if match := re.match(r"[^(=]*\(\*(\w+)\)", whole):
            found.append((begin, "field", scope, [match.group(1)]))
        elif scope and not re.match(r"[^=({]*?\w+\s*\(", whole):
            names = []
            for part in re.split(r",(?![^<(]*[>)])", whole.rstrip(";{} \n")):
                names.append(re.match(r"[\s\S]*?(\w+)\s*(?:[={][\s\S]*)?$", part.strip()).group(1))
            if not names[0].endswith("_"):  # of a class alone
                found.append((begin, "field", scope, names))
        return end

    scan(0, len(text), "")
    return found


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def marked_header(text):
    """The header with marks, and what it declares: (kind, scope, name)"""
    blanked = re.sub(r"(?m)^#[^\n]*", blank, COMMENT_OR_TEXT.sub(blank, text))
    pieces, last, names = [], 0, []
    for at, kind, scope, declared in sorted(declarations(blanked)):
        mark = f'[[deprecated("{kind} {scope}")]]'
        pieces += [text[last:at], f" {mark}" if kind == "enumerator" else f"{mark} "]
        last = at
        names += [(kind, scope, name) for name in declared]
    return "".join(pieces) + text[last:], names


# Who uses it ----------------------------------------------------------------------------------------------------------------

USE = re.compile(r"^(\S+?):(\d+):(\d+): warning: '(?:[\w:]+::)?(\w+)' is deprecated: (\w+) (\w*) \[")
MAKES = re.compile(r"\s*(?:=(?!=)|\{|\+\+|\+=|(?:\[[^\]]*\]|\.at\([^)]*\))+\s*=(?!=)|"
                   r"(?:\.|->)(?:push_back|emplace\w*|insert\w*|resize|assign|append|set|swap)\()")
LINES = {}


def text_at(path, line, column):
    """What stands before and behind the word at a place."""
    if path not in LINES:
        LINES[path] = pathlib.Path(path).read_text().splitlines()
    lines = LINES[path]
    before = " ".join(lines[max(0, line - 3):line - 1] + [lines[line - 1][:column - 1]])
    behind = " ".join([lines[line - 1][column - 1:]] + lines[line:line + 2])
    return before, re.sub(r"^\w+", "", behind)


def is_make(use, uses):
    """`uses`: the places of all uses of the same name"""
    path, row, column, name, kind = use
    before, behind = text_at(path, row, column)
    if kind == "enumerator":
        before = re.sub(r"[\w:]+::$", "", before)
        return not (re.search(r"(?:[=!]=|\bcase)\s*$", before) or re.match(r"\s*[=!]=", behind))
    if re.match(r"\s*\(", behind) and re.search(r"[:,]\s*$", before):  # a constructor's list
        return True
    other = re.match(rf"\s*=[^;]*?(?:\.|->){name}\b", behind.split(", .")[0])
    passes_on = other and any((path, row, column) < place <= (path, row + 1, column) for place in uses)
    return MAKES.match(behind) is not None and not passes_on


def build_flags():
    """What all sources of the build are given to find headers and definitions, each once."""
    flags = {}
    for entry in json.loads(pathlib.Path("build/dev/compile_commands.json").read_text()):
        if "/compiler/" in entry["file"] and entry["file"].endswith(".cpp"):
            words = shlex.split(entry["command"])
            for at, word in enumerate(words):
                if word.startswith(("-I", "-D")):
                    flags[word] = [word]
                elif word == "-isystem":
                    flags[word + words[at + 1]] = [word, words[at + 1]]
    return [word for flag in flags.values() for word in flag]


def sources():
    """Those that reach one of the headers by their includes."""
    reached = {}

    def reaches(path):
        if path in HEADERS:
            return True
        if path not in reached:
            reached[path] = False
            file = pathlib.Path("compiler") / path
            includes = re.findall(r'^#include "([^"]+)"', file.read_text(), re.MULTILINE) if file.is_file() else []
            reached[path] = any([reaches(include) for include in includes])
        return reached[path]

    paths = sorted(path.relative_to("compiler").as_posix() for path in pathlib.Path("compiler").rglob("*.cpp"))
    return [f"compiler/{path}" for path in paths if reaches(path)]


def main():
    work = pathlib.Path("build/producers")
    names = []
    for header in HEADERS:
        text, declared = marked_header((pathlib.Path("compiler") / header).read_text())
        names += declared
        path = work / header
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    all_headers = work / "all.h"
    common = ["algorithm", "filesystem", "functional", "map", "ranges", "set", "span", "sstream", "variant"]
    own = ["fmt/format.h", "ops/registry.h", "ops/builder.h", "schedule/schedule.h", "memory/plan.h", "check/program.h",
           "diag/diagnostic.h", "support/check.h", "support/text.h"]
    all_headers.write_text("".join([f"#include <{name}>\n" for name in common] + [f'#include "{name}"\n' for name in own]))
    flags = [CLANG, "-std=c++20", f"-I{work}", f"-I{HERE}", *build_flags(), "-Wno-everything", "-Wdeprecated-declarations", "-fno-caret-diagnostics",
             "-fno-diagnostics-fixit-info", "-ferror-limit=0"]
    first = subprocess.run([*flags, "-x", "c++-header", str(all_headers), "-o", str(work / "all.pch")], capture_output=True, text=True)
    if first.returncode != 0:
        sys.exit(first.stderr)

    def uses_in(source):
        run = subprocess.run([*flags, "-fsyntax-only", "-include-pch", str(work / "all.pch"), source], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(run.stderr)
        return run.stderr

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outputs = [first.stderr, *pool.map(uses_in, sources())]
    uses = collections.defaultdict(set)
    for match in map(USE.match, {line for output in outputs for line in output.splitlines()}):
        if match:
            path, row, column, name, kind, scope = match.groups()
            before, behind = text_at(path, int(row), int(column))
            if "producers/" not in path or f'[[deprecated("{kind} {scope}")]]' not in before[-160:] + behind[:60]:  # its declaration
                uses[kind, scope, name].add((path, int(row), int(column)))
    makers, readers = collections.defaultdict(set), collections.defaultdict(set)
    for key, places in uses.items():
        for place in places:
            made = is_make((*place, key[2], key[0]), places)
            (makers if made else readers)[key].add(os.path.relpath(place[0]).removeprefix("build/producers/").removeprefix("compiler/"))

    untold = collections.defaultdict(list)  # enumerators that nothing is compared with
    problems = {}
    for key in names:
        kind, scope, name = key
        if not makers[key] and scope not in LISTS:
            problems[key] = "nobody makes"
        elif not readers[key]:
            if kind == "enumerator":
                untold[scope].append(key)
            else:
                problems[key] = "nobody reads"
    for keys in untold.values():
        if len(keys) > 1:
            for key in keys:
                problems[key] = "nobody tells from others"

    if sys.argv[1:] == ["list"]:
        for key in names:
            print(f"{key[0]:<11} {'::'.join(filter(None, key[1:])):<40} made {', '.join(sorted(makers[key])) or '-'}; read {', '.join(sorted(readers[key])) or '-'}")
    failed = 0
    exceptions = dict(line.split(": ", 1) for line in (HERE / "exceptions.txt").read_text().splitlines() if line and not line.startswith("#"))
    for key, problem in problems.items():
        text = f"{problem} {'::'.join(filter(None, key[1:]))}"
        if exceptions.pop(text, None) is None:
            failed += 1
            print(text)
    for text in exceptions:
        failed += 1
        print(f"tests/producers/exceptions.txt: no longer so: {text}")
    print(f"{len(names) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
