#!/usr/bin/env bash
# Tests the highlightings, and makes what comes of them: nothing else of tdc needs Node.js.
# Usage: tests/highlighting/run.sh [update]      (update: writes snapshots and pictures again)
# Prints last `N passed, N failed`.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
# shellcheck source=tests/diff/checks.sh
. tests/diff/checks.sh
here=tests/highlighting
work=build/highlighting
grammar=$root/grammar/vscode/syntaxes/tdl.tmLanguage.json
update=${1:-}
command -v npm >/dev/null || .ci/install highlighting
mkdir -p "$work"
cp "$here/package.json" "$here/package-lock.json" "$here/picture.mjs" "$here/vsix.mjs" "$here/tricky.td" "$work/"
(cd "$work" && npm ci --no-audit --no-fund --ignore-scripts --omit=optional --silent)

# in_work COMMAND...: one of the packages' programs, in the folder where they are
in_work() { (cd "$work" && npx --no-install "$@"); }
# picture THEME: of cct.td's net and its first task
picture() { node "$work/picture.mjs" examples/cct/cct.td 34 "$1"; }
same_picture() { cmp <(picture "$1") "grammar/pictures/cct-$1.svg"; }

rm -rf "$work/snapshots"
mkdir -p "$work/snapshots" grammar/pictures
for file in examples/*/*.td stdlib/*.td; do cp "$file" "$work/snapshots/"; done
if [ "$update" = update ]; then
  in_work vscode-tmgrammar-snap -u -s source.tdl -g "$grammar" 'snapshots/*.td' >/dev/null
  rm -f "$here"/snapshots/*.snap
  cp "$work"/snapshots/*.snap "$here/snapshots/"
  for theme in dark light; do picture "$theme" >"grammar/pictures/cct-$theme.svg"; done
fi
cp "$here"/snapshots/*.snap "$work/snapshots/"

all_have_snapshots() {
  for file in "$work"/snapshots/*.td; do [ -f "$file.snap" ] || { echo "$file has no snapshot"; return 1; }; done
}
# names EDITOR FILE LINE COLUMN: filetype and the name of what stands there
names() {
  local words=(-u NONE -es --cmd "set nocompatible rtp^=grammar/vim" -c 'filetype plugin on | syntax on' -c "edit $2")
  [ "$1" = vim ] || words=(--headless "${words[@]}")
  rm -f "$work/names.txt"
  "$1" -i NONE "${words[@]}" -c "call writefile([&filetype, synIDattr(synID($3, $4, 1), 'name')], '$work/names.txt')" -c 'qa!' || true
  cat "$work/names.txt"
}
knows() { [ "$(names "$1" "$2" "$3" "$4" | tr '\n' ' ')" = "$5 " ]; }
no_tdl() { [[ $(names "$1" "$work/table_gen.td" 1 1) != *tdl* ]]; }
printf 'class Record;\n' >"$work/table_gen.td"
check "words of the grammar" python3 "$here/words.py"
check "tricky file" in_work vscode-tmgrammar-test -g "$grammar" tricky.td
check "every program has a snapshot" all_have_snapshots
check "snapshots of examples and library" in_work vscode-tmgrammar-snap -s source.tdl -g "$grammar" 'snapshots/*.td'
for theme in dark light; do check "picture, $theme" same_picture "$theme"; done
check "vsix" grammar/vscode/package "$work/tdl.vsix"
rm -rf "$work/vscode"
cp -r grammar/vscode "$work/vscode"
check "vsix: Visual Studio Code's packager reads it, and makes the same of the folder" node "$work/vsix.mjs" "$work/tdl.vsix" "$work/vscode"
for editor in vim nvim; do
  check "$editor: the first line" knows $editor examples/cct/cct.td 1 1 "tdl tdlDeclaration"
  check "$editor: documentation" knows $editor examples/cct/cct.td 6 1 "tdl tdlDocumentation"
  check "$editor: a layer" knows $editor examples/cct/cct.td 9 8 "tdl tdlName"
  check "$editor: TableGen stays what it is" no_tdl $editor
done
finish
