"""Every source and every header includes what it uses, whichever standard library it is compiled with.

1. Names: a file that says `std::copy_n` reaches `<algorithm>` by its own includes or by those of the project's headers that it
   includes; that some library's `<vector>` brings it does not count (std_headers.txt: which header gives which name).
2. Compiling: every header alone and every source pass `clang-19 -fsyntax-only -stdlib=libc++`. The headers are Clang modules
   here: each is compiled once and by itself, sees nothing of who includes it, and is loaded by the others; so are libc++'s.
   That costs more than the names, so without a word it is a fifth of the files, drawn anew by each commit, with the headers that
   they include and what was edited since the last commit but one; `compile` is all of them.

Usage: check.py [names|compile]     (from the top folder; all but names needs a configured build/dev)
Prints last `N passed, N failed`; a check is a file.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
CLANG = "clang-19"
TURNS = 5
# Two compilers that make modules at the same time have been seen to wait for each other for ever.
PATIENCE = 240  # seconds
TRIES = 3


def project_files():
    """All C++ sources and headers, sorted; C headers have a check of their own."""
    folders = ["compiler", "runtime/soc", "tests"]
    return sorted(str(path) for folder in folders for kind in ("*.h", "*.cpp") for path in pathlib.Path(folder).rglob(kind))


# 1. Names

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
NAME = re.compile(r"\bstd::((?:(?:ranges|chrono|filesystem|numbers|this_thread|ios)::)?[A-Za-z_]\w*)")
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'', re.DOTALL)


def blank(match):
    return "\n" * match.group().count("\n")


def names_table():
    """name -> the headers any of which gives it"""
    table = {}
    for line in (HERE / "std_headers.txt").read_text().splitlines():
        header, _, names = line.partition(":")
        for name in names.split():
            table.setdefault(name, set()).add(header.strip())
    return table


def direct_includes(path, roots):
    """(standard headers, project files) that the file itself includes"""
    standard, own = set(), set()
    for bracket, name in INCLUDE.findall(pathlib.Path(path).read_text()):
        if bracket == "<":
            standard.add(name)
            continue
        for root in [pathlib.Path(path).parent, *roots]:
            if (root / name).is_file():
                own.add(os.path.normpath(root / name))
                break
    return standard, own


def check_names():
    roots = [pathlib.Path(root) for root in ("compiler", "runtime", "kernels", "tests")]
    table, includes, failures = names_table(), {}, {}

    def reached(path):
        standard, seen, open_files = set(), {path}, [path]
        while open_files:
            file = open_files.pop()
            if file not in includes:
                includes[file] = direct_includes(file, roots)
            standard |= includes[file][0]
            new = includes[file][1] - seen
            seen |= new
            open_files.extend(new)
        return standard

    files = project_files()
    for path in files:
        text = COMMENT_OR_TEXT.sub(blank, pathlib.Path(path).read_text())
        have = reached(path)
        for match in NAME.finditer(text):
            name, line = match.group(1), text.count("\n", 0, match.start()) + 1
            if name not in table:
                failures.setdefault(path, []).append(f"{path}:{line}: `std::{name}` is not in tests/includes/std_headers.txt")
            elif not table[name] & have:
                wanted = " or ".join(f"<{header}>" for header in sorted(table[name]))
                failures.setdefault(path, []).append(f"{path}:{line}: `std::{name}` without {wanted}")
    return report("names", len(files), failures)


# 2. Compiling

def build_flags():
    """What all C++ files of the build are given to find headers and definitions, each once."""
    flags = {}
    for entry in json.loads(pathlib.Path("build/dev/compile_commands.json").read_text()):
        if not entry["file"].endswith(".cpp"):
            continue
        words = shlex.split(entry["command"])
        for index, word in enumerate(words):
            if word.startswith(("-I", "-D")):
                flags[word] = [word]
            elif word == "-isystem":
                flags[word + words[index + 1]] = [word, words[index + 1]]
    return [word for flag in flags.values() for word in flag]


def module_map(headers):
    """Each header a module of its own name; fmt's and doctest's too, which most files include."""
    system = [f"/usr/include/{name}" for name in ("fmt/core.h", "fmt/format.h", "fmt/ranges.h", "doctest/doctest.h")]
    own = [os.path.abspath(header) for header in headers]
    line = 'module "{0}" {1} {{ header "{0}" export * }}\n'
    return "".join(line.format(path, kind) for paths, kind in ((system, "[system]"), (own, "")) for path in paths if os.path.exists(path))


def turn(files):
    """Those of the files whose turn it is, and those edited lately; without the history, all."""
    def git(*words):
        return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout
    try:
        number = int(git("rev-parse", "HEAD"), 16)
        edited = set(git("diff", "--name-only", "HEAD~1").split() + git("ls-files", "--others", "--exclude-standard").split())
    except (OSError, subprocess.CalledProcessError):
        return files
    return [path for place, path in enumerate(files) if place % TURNS == number % TURNS or path in edited]


def check_compile(choose=lambda files: files):
    # What the build makes for others to include.
    targets = ["tdc_kernels_h", "tdc_soc_verilate_core", "tdc_soc_verilate_fpu"]
    subprocess.run(["cmake", "--build", "build/dev", "--target", *targets, "--", "--quiet"], check=True)
    files = project_files()
    chosen = choose(files)
    headers = [path for path in chosen if path.endswith(".h")]
    sources = [path for path in chosen if path.endswith(".cpp")]
    work = pathlib.Path("build/includes")
    work.mkdir(parents=True, exist_ok=True)
    map_file = work / "module.modulemap"
    text = module_map([path for path in files if path.endswith(".h")])
    if not map_file.exists() or map_file.read_text() != text:
        map_file.write_text(text)
    command = [CLANG, "-x", "c++", "-std=c++20", "-fsyntax-only", "-w", "-Wno-module-import-in-extern-c", "-stdlib=libc++", "-fmodules",
               f"-fmodules-cache-path={work}/modules", "-fmodules-validate-once-per-build-session", f"-fbuild-session-timestamp={int(time.time())}", f"-fmodule-map-file={map_file}", *build_flags()]

    def said_by(words, text=None):
        """what the compiler says, nothing if all is well"""
        for _ in range(TRIES):
            try:
                done = subprocess.run([*command, *words], input=text, capture_output=True, text=True, timeout=PATIENCE)
                return done.stderr if done.returncode else ""
            except subprocess.TimeoutExpired:
                pass  # the modules that are there by now need not be made again
        return f"{CLANG} did not end within {PATIENCE} seconds, {TRIES} times\n"

    def compile_headers(paths):
        """{header: what the compiler says}; one run makes the modules of all, and only if that fails is each asked for"""
        text = "".join(f'#include "{os.path.abspath(path)}"\n' for path in paths)
        if not said_by(["-"], text):
            return {}
        return {path: said_by(["-"], f'#include "{os.path.abspath(path)}"\n') for path in paths}

    def compile_all(headers, sources):
        workers = os.cpu_count() or 1
        said = {}
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            for part in pool.map(compile_headers, [headers[worker::workers] for worker in range(workers)]):
                said.update(part)
            said.update(zip(sources, pool.map(lambda path: said_by([path]), sources)))
        return said

    is_cache_old = (work / "modules").exists()
    said = compile_all(headers, sources)
    refused = {path for path, text in said.items() if text}
    if refused and is_cache_old:  # Clang also crashes on modules of headers that were other ones then
        shutil.rmtree(work / "modules")
        said = compile_all([path for path in headers if path in refused], [path for path in sources if path in refused])
    failures = {}
    for path, text in said.items():
        if text:
            failures[path] = [f"{path}: does not pass {CLANG} -fsyntax-only -stdlib=libc++", *text.splitlines()[:12]]
    return report("compile", len(chosen), failures)


def report(what, count, failures):
    for lines in failures.values():
        print(*lines, sep="\n")
    print(f"{what}: {count - len(failures)} files of {count}")
    return count - len(failures), len(failures)


def main():
    checks = {"names": check_names, "compile": check_compile}
    results = [checks[name]() for name in sys.argv[1:]] or [check_names(), check_compile(turn)]
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
