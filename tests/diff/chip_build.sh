#!/usr/bin/env bash
# Building the simulated chip on first use: done once, by one process, whole or not at all. CMake and the other tools
# are replaced by scripts, so that no chip is built here; tests/diff/chip.sh uses a real one.
# Usage: tests/diff/chip_build.sh [TDC]          (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"

export TDC_CACHE=$work/cache builds=$work/builds
mkdir tools
cat >tools/cmake <<'END'
#!/usr/bin/env bash
# Configures, or "builds" a chip: a line in $builds, $seconds of work, and the file
case "$1" in
  --version) echo "cmake version ${version:-1}" ;;
  -S) test -x "$2/fetch" && test -f "$2/rtl/tdc_core.sv" && test -f "$2/../rv32/pulp_cluster/chip.h" && mkdir "$4" ;;
  --build)
    echo $$ >>"$builds"
    touch "$TMPDIR/left"
    echo "[ 50%] Doing half of it"
    sleep "${seconds:-0}"
    if [ -n "${breaks:-}" ]; then echo "out of luck"; exit 1; fi
    printf '#!/bin/sh\necho chip\n' >"$2/tdc-soc"
    chmod +x "$2/tdc-soc"
    ;;
esac
END
for tool in verilator c++ make python3; do printf '#!/bin/sh\necho %s 1\n' $tool >tools/$tool; done
chmod +x tools/*
export PATH=$work/tools:$PATH

count() { wc -l <"$builds"; }
# only_lock: the cache holds no folder of a chip
only_lock() { [ "$(ls cache/chip)" = lock ]; }
anew() { rm -rf cache "$builds"; }
# running: waits until a build is under way
running() { until [ -s "$builds" ]; do sleep 0.05; done; }

check "builds at first" bash -c 'seconds=1.5 "$0" chip >first 2>first.log && grep -q "^ 50 %, Doing half of it, 0:0" first.log' "$tdc"
check "gives a program" bash -c '[ "$($(cat first))" = chip ]'
check "says what it was built from" grep -q "^verilator  verilator 1$" cache/chip/*/built-from.txt
check "starts at once the second time" bash -c '"$0" chip >second 2>second.log && cmp first second && [ ! -s second.log ]' "$tdc"
check "built once" test "$(count)" = 1
check "another tool gives another chip" bash -c 'version=2 "$0" chip >third 2>/dev/null && ! cmp -s first third' "$tdc"
check "the first one is still there" bash -c '[ "$($(cat first))" = chip ] && "$0" chip 2>/dev/null | cmp first' "$tdc"
check "built twice" test "$(count)" = 2
check "leaves nothing else" test "$(ls cache/chip | wc -l)" = 3

anew
two_at_once() {
  seconds=2 "$tdc" chip >a 2>a.log &
  local first=$!
  running
  "$tdc" chip >b 2>b.log && wait $first && cmp a b && [ "$("$(cat b)")" = chip ]
}
check "two at once end well" two_at_once
check "one of them builds" test "$(count)" = 1
check "the other one says that it waits" grep -q "waiting for another process" a.log b.log

anew
check "a failure is told with the end of the log" env breaks=1 bash -c "$(declare -f refuses); refuses 1 'out of luck' '$tdc' chip"
check "a failure leaves nothing" only_lock
check "the next try builds" bash -c '"$0" chip >/dev/null 2>&1' "$tdc"

# stopped SIGNAL STATUS: a build that gets the signal ends with the status, and so does what it has started
stopped() {
  anew
  seconds=30 "$tdc" chip >/dev/null 2>stop.log &
  local process=$! status=0
  running
  kill -"$1" $process
  wait $process || status=$?
  [ $status = "$2" ] || { echo "status $status"; return 1; }
}
check "Ctrl-C ends it" stopped INT 130
check "Ctrl-C leaves nothing" only_lock
check "Ctrl-C ends the build itself" bash -c '! kill -0 "$(cat "$builds")" 2>/dev/null'
check "termination ends it" stopped TERM 130
check "termination leaves nothing" only_lock
check "a kill ends it" stopped KILL 137
check "a kill leaves its folder" bash -c 'ls cache/chip | grep -q building'
kill -- "-$(cat "$builds")" 2>/dev/null || kill "$(cat "$builds")" 2>/dev/null || true
check "the next one builds" bash -c '"$0" chip >/dev/null 2>&1' "$tdc"
check "and clears that up" test "$(ls cache/chip | wc -l)" = 2

# A simulator that somebody else could have put there is not run; one that is something else is built again.
anew
check "under an open mask, nothing is open" bash -c 'umask 0; "$0" chip >open 2>/dev/null &&
  [ -z "$(find cache -perm /022 ! -type l)" ] && "$0" chip 2>/dev/null | cmp open' "$tdc"
for built_from in "echo other" true "rm"; do
  case $built_from in rm) rm cache/chip/*/built-from.txt ;; *) $built_from >"$(echo cache/chip/*/built-from.txt)" ;; esac
  printf '#!/bin/sh\necho planted\n' >"$(cat open)"
  check "what is not built from these sources is built again" bash -c '[ "$($("$0" chip 2>/dev/null))" = chip ]' "$tdc"
done
for open in cache cache/chip "cache/chip/*/" "cache/chip/*/tdc-soc" "cache/chip/*/built-from.txt"; do
  chmod o+w $open
  check "what others may write to is not used: $open" refuses 1 "others may write to" "$tdc" chip
  chmod o-w $open
done
mkdir -m 777 shared_folder && cp -r cache shared_folder/cache
check "nor what lies where others may write" refuses 1 "others may write to \`$work/shared_folder\`" \
  env TDC_CACHE="$work/shared_folder/cache" "$tdc" chip
chmod +t shared_folder
check "but below a folder like /tmp" env TDC_CACHE="$work/shared_folder/cache" "$tdc" chip
for odd in 'a b' 'a$b' 'a#b' "a'b" $'a\nb'; do
  check "a place that makefiles do not take" refuses 1 "makefiles do not take" env TDC_CACHE="$work/$odd" "$tdc" chip
done

anew
rm tools/verilator
ln -s "$(command -v env)" tools/env
only_tools() { PATH=$work/tools "$@"; }
check "a missing tool is named with its package" only_tools refuses 1 "\`verilator\` is not in PATH (package \`verilator\`)" "$tdc" chip
check "so it is before a run" only_tools refuses 1 "\`verilator\` is not in PATH (package \`verilator\`)" "$tdc" run \
  "$root/examples/mlp_digits/mlp_digits.td" --on rtl --data "$root/examples/mlp_digits/digits_train.npz"
check "no place to keep it is told" refuses 1 "TDC_CACHE" env -u TDC_CACHE -u XDG_CACHE_HOME -u HOME "$tdc" chip

finish
