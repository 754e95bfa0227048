#!/usr/bin/env bash
# What `tdc FILE -o FOLDER` writes: the same bytes wherever it is called, C that both compilers build for
# both machines without a warning, and nothing of what was there is lost.
# Usage: tests/diff/output.sh [TDC]        (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
program=$root/examples/mlp_digits/mlp_digits.td
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"

cd "$root/examples/mlp_digits"
check "compiles here" "$tdc" mlp_digits.td -o "$work/a"
cd /
check "compiles from elsewhere" "$tdc" "$program" -o "$work/deep/er/b"
cd "$work"
check "the same bytes" diff -r a deep/er/b
check "compiles again over its own folder" "$tdc" "$program" -o a
check "to the same bytes" diff -r a deep/er/b
check "other seeds are other weights" bash -c "'$tdc' '$program' --seed 9 -o seed && ! cmp -s a/include/tdc/mlp_weights.bin seed/include/tdc/mlp_weights.bin"
check "another prefix is another name" bash -c "'$tdc' '$program' --prefix other -o other && grep -q other_train_step other/include/tdc/other.h"
check "no path of this machine is in it" bash -c "! grep -rF -e '$root' -e '$work' a"

for deploy in cluster mcu host; do
  check "compiles for $deploy" "$tdc" "$program" --deploy $deploy -o "$deploy"
  for compiler in gcc clang-19; do
    check "$compiler builds $deploy for the host without a warning" \
      make -C "$deploy" CC=$compiler OUT="build/$compiler-host"
  done
  for compiler in riscv64-unknown-elf-gcc clang-19; do
    check "$compiler builds $deploy for rv32 without a warning" \
      make -C "$deploy" PLATFORM=qemu_user CC=$compiler OUT="build/$compiler-rv32"
  done
done
for compiler in riscv64-unknown-elf-gcc clang-19; do
  check "$compiler builds for the chip without a warning" make -C cluster PLATFORM=pulp_cluster CC=$compiler OUT="build/$compiler-chip"
done

# A platform of one's own: the files of another one, under a name that tdc does not know.
cp -r "$root/runtime/rv32/qemu_user" mine
{ cat "$program"; echo 'chip own {
  cores 1
  platform "mine"
  memory RAM, size: 512 KiB, code: 128 KiB, stack: 16 KiB
  tensors RAM
  constants RAM
  image RAM
}
deploy own on own {}'; } >own.td
check "a platform of one's own is asked for" refuses 1 "[unknown-platform]" "$tdc" own.td --deploy own -o own
check "and taken from the folder" "$tdc" own.td --deploy own --platform ./mine/ -o own
check "whose files lie in the project" diff -r mine own/runtime/rv32/mine
check "and build" make -C own PLATFORM=mine
check "to the bytes of the platform that they are" bash -c "
  sed 's/\"mine\"/\"qemu_user\"/' own.td >known.td && '$tdc' known.td --deploy own -o known && make -C known PLATFORM=qemu_user &&
  for each in own/build/mine known/build/qemu_user; do riscv64-unknown-elf-objcopy -O binary \$each/mlp \$each.bin; done &&
  cmp own/build/mine.bin known/build/qemu_user.bin"
check "one that is not used is refused" refuses 1 "[platform-other]" "$tdc" own.td --platform mine --deploy host -o own

mkdir other_folder
echo mine >other_folder/file
check "a folder of someone else stays" refuses 1 "was not made by" "$tdc" "$program" -o other_folder
check "with its file" grep -q mine other_folder/file
sed 's/Linear(10)/Linear(11)/' "$program" >wrong.td
cp -r a before
check "a wrong program is refused" refuses 1 "error:" "$tdc" wrong.td -o a
check "and leaves what was there" diff -r a before
sed 's/Linear(64)/Linear(20000) as wide |> Linear(20000)/; s/batch  *8/batch 1/' "$program" >wide.td
check "a net larger than this machine is refused" refuses 1 "out of memory" \
  bash -c "ulimit -v 1500000; '$tdc' wide.td --deploy host -o wide"
check "and leaves no folder" test ! -e wide
check "a report of it draws no initial values" bash -c "ulimit -v 1000000; '$tdc' report wide.td --deploy host"
sed 's/^deploy/weights from "nowhere.npz"\n\n&/' "$program" >from.td
check "but looks for the weights that the program names" refuses 1 "nowhere.npz" "$tdc" report from.td
# What `cmake --install` brings is whole: it works where neither the sources nor the build can be seen.
build=$(dirname "$(dirname "$tdc")")
check "installs" cmake --install "$build" --prefix "$work/installed"
check "with the licence" diff "$root/LICENSE" installed/share/doc/tdc/LICENSE
check "the manual" diff "$root/grammar/language.md" installed/share/doc/tdc/language.md
check "its reference" diff "$root/grammar/reference.md" installed/share/doc/tdc/reference.md
check "the library" diff -r "$root/stdlib" installed/share/tdc/stdlib
check "and nothing else but the program" bash -c "cd installed && find . -type f ! -path './share/tdc/stdlib/*' | sort | tr '\n' ' ' |
  grep -qx './bin/tdc ./share/doc/tdc/LICENSE ./share/doc/tdc/language.md ./share/doc/tdc/reference.md '"
check "which looks for no library in the build" bash -c "! readelf -d installed/bin/tdc | grep -qE 'R(UN)?PATH'"
mkdir named && cp "$program" named/mlp_digits.td
# An empty folder in the place of the sources, where a name space of our own is to be had.
elsewhere() {
  local hidden="mount -t tmpfs none '$root'"
  if ! unshare --user --map-root-user --mount bash -c "$hidden" 2>/dev/null; then hidden=true; fi
  if [ "$hidden" = true ]; then bash -c "$1"; else unshare --user --map-root-user --mount bash -c "$hidden && test ! -e '$tdc' && $1"; fi
}
check "the installed one compiles the example" elsewhere "cd '$work/named' && ../installed/bin/tdc mlp_digits.td -o c"
check "to the same bytes" diff -r a named/c
check "and reports it" elsewhere "cd '$work/named' && ../installed/bin/tdc report mlp_digits.td --deploy cluster"

check "nothing else is left" test -z "$(find . -name '*.tdc-*')"

finish
