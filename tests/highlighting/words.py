"""Both highlightings know every word of the grammar, and nothing besides: grammar/vscode and grammar/vim against grammar/Td.g4.

A word must be claimed by a rule for words, not by the one for names. Prints last `N passed, N failed`.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORDINARY = {"f32", "f16", "bf16", "i8", "i32", "i64", "u8", "bool", "class", "int", "float", "string", "shape"}  # types; names in the grammar


def grammar_words():
    """the quoted words of the rules, comments left out"""
    text = re.sub(r"^\s*//.*$|(?<=[;|])\s*//.*$", "", (ROOT / "grammar/Td.g4").read_text(), flags=re.MULTILINE)
    return set(re.findall(r"'([A-Za-z_]+)'", text))


def text_mate_words():
    """the words that stand in alternatives of the rules' expressions"""
    repository = json.loads((ROOT / "grammar/vscode/syntaxes/tdl.tmLanguage.json").read_text())["repository"]
    texts = re.findall(r'"(?:match|begin)": ("(?:[^"\\]|\\.)*")', json.dumps(repository))
    found = set()
    for text in map(json.loads, texts):
        for group in re.findall(r"\(([a-zA-Z_0-9]+(?:\|[a-zA-Z_0-9]+)*)\)|\\b([a-z]+)\\b", text):
            found |= set("|".join(filter(None, group)).split("|"))
    return found


def vim_words():
    text = (ROOT / "grammar/vim/syntax/tdl.vim").read_text()
    words = set(" ".join(re.findall(r"^syntax keyword \w+ (.*)$", text, re.MULTILINE)).split())
    for group in re.findall(r"\\\(([A-Za-z]+(?:\\\|[A-Za-z]+)+)\\\)", text):
        words |= set(group.split("\\|"))
    return words


def main():
    wanted, passed, failed = grammar_words(), 0, 0
    for name, known in (("TextMate", text_mate_words()), ("Vim", vim_words())):
        for text, words in (("does not know", wanted - known), ("has, and the grammar has not,", known - wanted - ORDINARY)):
            failed += len(words)
            for word in sorted(words):
                print(f"FAILED: {name} {text} `{word}`")
        passed += len(wanted & known)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
