#!/usr/bin/env python3
"""The reducer: what it leaves of texts and of a program, that it is the least, and how it ends.

    reduce_test.py TDC

Prints last `N passed, N failed`.
"""

import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import reduce

HERE = pathlib.Path(__file__).parent
TDC = pathlib.Path(sys.argv[1]).resolve()

PROGRAM = """tdl 1

use std.nn

/// A layer, "twice" { as wide.
block Layer(x: f32[n], out: dim) -> f32[out] {
  y = Linear(x, out) as fc |> relu
  return Dropout(y, p: 0.25)
}

net Small(x: f32[48]) -> logits: f32[10] {
  h = Layer(x, 96) as first
  return Linear(h, 10) as head
}
"""


NET = """tdl 1

use std.nn

/// Twelve numbers.
net Small(x: f32[48]) -> y: f32[48] {
  h = Linear(relu(x), 48) as fc
  return Dropout(h, p: 0.25)
}
"""
SMALL_NET = """use std.nn
net Small(x: f32[1]) -> y: f32[1] {
  h = Linear(x, 1)
  return Dropout(h)
}
"""


def run(*words):
    command = [sys.executable, HERE / "reduce.py", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def in_a_block(text):
    """`Dropout` stands between braces, all of which are closed."""
    depth, seen = 0, False
    for word in re.findall(r"Dropout|[{}]", re.sub("//.*", "", text)):
        depth += {"{": 1, "}": -1}.get(word, 0)
        seen = seen or (word == "Dropout" and depth > 0)
        if depth < 0:
            return False
    return seen and depth == 0


def pieces_are_the_text():
    for text in (PROGRAM, "", "\n", " a\t \n  b ", '"open {\r\n0..2 1e-5 a->b //', "\udcff{"):
        assert "".join(reduce.pieces_of(text)) == text, text
    assert reduce.pieces_of('a |> f(0..2)  // b "c') == ["a", " |>", " f", "(", "0", "..", "2", ")", '  // b "c']


def groups_go_first():
    assert reduce.groups("a {\n  b (c) {\n  }\n}\nd", lambda text: "d" in text) == "\nd"
    assert reduce.groups("a {\n  b\n}", lambda text: "b" in text) == "\n  b\n"
    assert reduce.groups("f(x, [y])", lambda text: "f(" in text and ")" in text) == "f()"
    assert reduce.groups("f(x, [y])", lambda text: "y" in text) == "y"
    assert reduce.groups("a(b)(c)", lambda text: not set("abc") - set(text)) == "abc"
    assert reduce.groups("} { ) ] ( }", lambda text: "}" in text) == "} { ) ] ( }"


def lines_are_minimal():
    def holds(text):
        found = set(text.split())
        return {"3", "17"} <= found and ("40" not in found or "41" in found)

    left = reduce.lines("".join(f"{number}\n" for number in range(100)), holds)
    assert left == "3\n17\n", left
    # Only pairs can go: one by one none can, so the halves, quarters, ... have taken them.
    even = reduce.lines("x\n" * 64, lambda text: len(text) % 4 == 0 and text != "")
    assert even == "x\n" * 2, even
    # What only a later round, or only two lines in the middle together, can take away.
    assert reduce.lines("a\nb\nc\n", lambda text: "b" in text and ("c" in text or "a" not in text)) == "b\n"
    assert reduce.lines("a\nx\nx\nb\n", lambda text: text.replace("x\nx\n", "") == "a\nb\n") == "a\nb\n"


def nothing_of_the_result_can_go():
    def holds(text):
        return in_a_block(text) and "96" in text and text.count("Layer") >= 2

    left = reduce.reduced(PROGRAM, holds)
    lines = left.splitlines(keepends=True)
    assert holds(left)
    assert not any(holds("".join(lines[:at] + lines[at + 1 :])) for at in range(len(lines))), left
    pieces = reduce.pieces_of(left)
    for at, piece in enumerate(pieces):
        assert reduce.is_end_of_line(piece) or not holds("".join(pieces[:at] + pieces[at + 1 :])), (piece, left)
    assert len(left) < 40, left
    assert reduce.reduced(PROGRAM, holds) == left


def passes_take_turns():
    """The brackets can go only when the numbers have become small."""
    assert reduce.reduced("9\n(9)", lambda text: text in {"9\n(9)", "1\n(1)", "1\n"}) == "1\n"


def numbers_become_small():
    def holds(text):
        first, second, third, *_ = [*map(int, re.findall(r"\b\d+", text)), 0, 0, 0]
        return first == second >= 5 and third >= 1

    assert reduce.numbers("f32[96, 96] at 1000000", holds) == "f32[5, 5] at 1"
    assert reduce.numbers("x1 7 0.5 1e9", lambda text: True) == "x1 1 0.5 1e9"


def a_program_of_tdc(folder):
    """The smallest with `Dropout` in it that tdc accepts; nothing else is left beside it."""
    program, best = folder / "net with blanks.td", folder / "net with blanks.reduced.td"
    program.write_text(NET)
    done = run(program, "--", "sh", "-c", 'grep -q Dropout "$1" && "$0" check "$1"', TDC, "{}")
    assert done.returncode == 0, done
    assert subprocess.run([TDC, "check", best], check=False).returncode == 0
    assert best.read_text() == SMALL_NET, best.read_text()
    assert sorted(path.name for path in folder.iterdir()) == [best.name, program.name]
    assert program.read_text() == NET


def twice_the_same(folder):
    program = folder / "net.td"
    program.write_text(PROGRAM)
    left = []
    for _ in range(2):
        done = run(program, "--", "grep", "-Eqz", "Layer.*Linear.*return", "{}")
        assert done.returncode == 0 and done.stdout.endswith(f"{folder / 'net.reduced.td'}\n"), done
        left.append(((folder / "net.reduced.td").read_text(), re.sub("^[.].*\n", "", done.stdout, flags=re.M)))
    assert left[0] == left[1]
    assert left[0][0].split() == ["Layer", "Linear", "return"], left


def what_does_not_fail_is_refused(folder):
    program = folder / "net.td"
    program.write_text("tdl 1\n")
    done = run(program, "--", "grep", "-q", "no such word")
    assert done.returncode == 2 and "does not fail as wished" in done.stderr, done
    assert [path.name for path in folder.iterdir()] == ["net.td"]
    assert run(program).returncode == 2
    assert run(folder / "none.td", "--", "true").returncode == 1
    assert run(program, "--", folder / "none").returncode == 1


def what_takes_too_long_is_a_no(folder):
    program = folder / "net.td"
    program.write_text("a\nslow\n")
    done = run("--seconds", "0.3", program, "--", "sh", "-c", "grep -q slow {} || sleep 60")
    assert done.returncode == 0 and (folder / "net.reduced.td").read_text().split() == ["slow"], done


def an_end_from_outside_loses_nothing(folder):
    program, best = folder / "net.td", folder / "net.reduced.td"
    program.write_text("b\n" + "a\n" * 64)
    smaller = "b\n" + "a\n" * 32  # by the first half that goes; without the second one the command does not end
    holds = '[ "$(wc -l <"$1")" -ge 8 ] || sleep 60'
    with subprocess.Popen(
        [sys.executable, HERE / "reduce.py", program, "--", "sh", "-c", holds, "sh", "{}"], stdout=subprocess.DEVNULL
    ) as process:
        late = time.monotonic() + 10
        while time.monotonic() < late and (not best.exists() or best.read_text() != smaller):
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143
    assert best.read_text() == smaller
    assert sorted(path.name for path in folder.iterdir()) == ["net.reduced.td", "net.td"]


def main():
    failed = 0
    checks = [
        pieces_are_the_text,
        groups_go_first,
        lines_are_minimal,
        nothing_of_the_result_can_go,
        passes_take_turns,
        numbers_become_small,
        a_program_of_tdc,
        twice_the_same,
        what_does_not_fail_is_refused,
        what_takes_too_long_is_a_no,
        an_end_from_outside_loses_nothing,
    ]
    for check in checks:
        try:
            if check.__code__.co_argcount:
                with tempfile.TemporaryDirectory() as folder:
                    check(pathlib.Path(folder))
            else:
                check()
        except AssertionError as error:
            failed += 1
            print(f"{check.__name__}: line {error.__traceback__.tb_next.tb_lineno}: {error}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
