#!/usr/bin/env python3
"""Makes a failing program small: takes away whatever can go while a command still says that it fails.

    reduce.py [--seconds N] PROGRAM.td -- COMMAND...

The command ends with status 0 if a program still fails as wished, as interestingness tests of C-Reduce do. `{}` in its
words stands for the program; without it, the program is added as the last word. For example

    reduce.py net.td -- bash -c 'tdc check {} 2>&1 | grep -q structural-zero'

Four passes, in turns until none of them changes anything:

    groups    what stands in brackets, large ones first: with its lines, without them, its contents, the brackets alone
    lines     no line of the result can go alone
    words     nor can a word or a sign
    numbers   integers become smaller: all of the same value together, then each alone; none of the result can be one less

Parts are taken away in halves, quarters, ... and one by one, as in ddmin of A. Zeller and R. Hildebrandt, *Simplifying and
Isolating Failure-Inducing Input*, IEEE Transactions on Software Engineering 28(2), 2002. Nothing here knows the language.
Nothing is drawn: if the command answers the same, so does this.

The smallest program so far is in PROGRAM.reduced.td at any time, and what is tried in a hidden file beside it, so `use` finds
the same files. A command that takes longer than N seconds (60) is ended with all that it started, and counts as a no.
Ends with status 0, 2 if the program itself does not fail as wished, 130 or 143 after a signal. Python alone, no packages.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

# An end of a line with the indentation behind it; a comment, a text, a number, a name, a sign, each with the blanks before it.
PIECE = re.compile(
    r"""\r?\n[ \t]* | [ \t]* (?: //[^\n]* | "(?:[^"\\\n]|\\.)*" | \d+(?:\.\d+)?(?:[eE][-+]?\d+)? | \w+
    | [-|=]> | \.\.\.? | \*\* | [=!<>]= | \S ) | \s+""",
    re.VERBOSE,
)
CLOSING = {"{": "}", "(": ")", "[": "]"}


def pieces_of(text):
    return PIECE.findall(text)


def is_end_of_line(piece):
    return piece.startswith(("\n", "\r"))


def minimal(parts, holds):
    """Parts of which none can go alone: the last ones first, because what is named early is used later.

    A few side by side are tried from every place on, because signs and lines belong together in twos and fours.
    """
    size = max(1, len(parts) // 2)
    while True:
        is_smaller = False
        end = len(parts)
        while end > 0:
            rest = parts[: max(0, end - size)] + parts[end:]
            if holds(rest):
                parts, is_smaller = rest, True
                end -= size
            else:
                end -= size if size > 4 else 1
        if size > 1:
            size //= 2
        elif not is_smaller:
            return parts


def groups_of(pieces):
    """First and last piece of all that stands in brackets, the largest first."""
    found, opened = [], []
    for index, piece in enumerate(pieces):
        sign = piece.strip()
        if sign in CLOSING:
            opened.append((index, CLOSING[sign]))
        elif opened and sign == opened[-1][1]:
            found.append((opened.pop()[0], index))
    return sorted(found, key=lambda group: (group[0] - group[1], group))


def without_group(pieces, first, last):
    """What is left when a group goes, by and by less of it."""
    begin, end = first, last + 1
    while begin > 0 and not is_end_of_line(pieces[begin - 1]):
        begin -= 1
    while end < len(pieces) and not is_end_of_line(pieces[end]):
        end += 1
    inside = pieces[first + 1 : last]
    yield pieces[:begin] + pieces[end:]
    yield pieces[:begin] + inside + pieces[end:]
    yield pieces[:first] + pieces[last + 1 :]
    yield pieces[: first + 1] + pieces[last:]
    yield pieces[:first] + inside + pieces[last + 1 :]


def groups(text, holds):
    index = 0
    while index < len(found := groups_of(pieces := pieces_of(text))):
        candidates = map("".join, without_group(pieces, *found[index]))
        smaller = next((each for each in candidates if len(each) < len(text) and holds(each)), None)
        if smaller is None:
            index += 1
        else:
            text = smaller
    return text


def lines(text, holds):
    return "".join(minimal(text.splitlines(keepends=True), lambda left: holds("".join(left))))


def words(text, holds):
    pieces = pieces_of(text)

    def keep(indices):
        return "".join(piece for index, piece in enumerate(pieces) if is_end_of_line(piece) or index in indices)

    indices = [index for index, piece in enumerate(pieces) if not is_end_of_line(piece)]
    return keep(set(minimal(indices, lambda left: holds(keep(set(left))))))


def least(number, holds):
    """The smallest number from 1 on that holds, if all above it do; itself where no smaller one is found."""
    if holds(1):
        return 1
    low = 1
    while number - low > 1:
        middle = (low + number) // 2
        if holds(middle):
            number = middle
        else:
            low = middle
    return number


def numbers(text, holds):
    pieces = pieces_of(text)

    def value(index):
        digits = pieces[index].strip()
        return int(digits) if re.fullmatch(r"[0-9]+", digits) else 0

    def put(places, number):
        changed = list(pieces)
        for place in places:
            changed[place] = re.sub(r"\d+", str(number), pieces[place])
        return changed

    def shrink(places):
        nonlocal pieces
        number = value(places[0])
        if number > 1:
            pieces = put(places, least(number, lambda each: holds("".join(put(places, each)))))

    for number in sorted(set(map(value, range(len(pieces)))), reverse=True):
        if places := [index for index in range(len(pieces)) if value(index) == number]:
            shrink(places)
    for index in range(len(pieces)):
        shrink([index])
    return "".join(pieces)


PASSES = (groups, lines, words, numbers)


def reduced(text, holds, say=lambda name, text: None):
    """The program that is left when no pass changes it; `holds(text)` says whether one still fails."""
    before = None
    while text != before:
        before = text
        for each in PASSES:
            text = each(text, holds)
            say(each.__name__, text)
    return text


class Trial:
    """Runs the command on programs, once on each, and keeps the last that failed as wished."""

    def __init__(self, program, command, seconds):
        self.best = program.with_name(f"{program.stem}.reduced{program.suffix}")
        self.file = program.with_name(f".{program.stem}.{os.getpid()}{program.suffix}")
        self.command = [word.replace("{}", str(self.file)) for word in command]
        if self.command == command:
            self.command.append(str(self.file))
        self.seconds = seconds
        self.answers = {}
        self.said = time.monotonic()

    def holds(self, text):
        if text not in self.answers:
            write(self.file, text)
            self.answers[text] = self.succeeds()
            if self.answers[text]:
                beside = self.file.with_name(f"{self.file.name}.best")
                write(beside, text)
                beside.replace(self.best)
                if time.monotonic() > self.said + 5:
                    self.say("...", text)
        return self.answers[text]

    def succeeds(self):
        """Whether the command ends with status 0 in time; if not in time, all that it started ends with it."""
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(self.command, start_new_session=True, **quiet)
        try:
            return process.wait(self.seconds) == 0
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return False

    def say(self, name, text):
        self.said = time.monotonic()
        size = f"{len(text.splitlines())} lines, {len(text)} characters"
        print(f"{name:8} {size} after {len(self.answers)} tries", flush=True)


def write(path, text):
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


def end(number, _):
    sys.exit(128 + number)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=60)
    if "--" not in sys.argv[:-1]:
        parser.error("no command: reduce.py PROGRAM.td -- COMMAND...")
    split = sys.argv.index("--")
    options = parser.parse_args(sys.argv[1:split])
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    trial = Trial(options.program, sys.argv[split + 1 :], options.seconds)
    try:
        text = options.program.read_bytes().decode("utf-8", "surrogateescape")
        if not trial.holds(text):
            print(f"{options.program} does not fail as wished: the command does not end with status 0 on it", file=sys.stderr)
            sys.exit(2)
        trial.say("as it is", text)
        reduced(text, trial.holds, trial.say)
        print(trial.best)
    except OSError as error:
        sys.exit(f"reduce.py: {error}")
    finally:
        trial.file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
