#!/usr/bin/env bash
# Everything that is checked on a Hopper GPU, where the compiler need not be:
#
#   scripts/gpu-check.sh pack DIR [BUILD]   here: kernels and programs into DIR
#   DIR/gpu-check.sh run DIR LOGS           there: runs them, one line a step
#
# BUILD (build/default) must be built. DIR then holds the models as configured,
# three of them with `reduction = atomic`, each small layer of tests/gpu/layers in
# five ways, and one in a sixth; about 30 MB in all. `run` exits with 1 if
# a step failed and with 77 where there is no Hopper GPU.
set -uo pipefail

models="deepseek-v3-tp8 qwen3-30b-a3b-tp1 qwen3-235b-a22b-tp4" # measured ones

fail() {
  echo "gpu-check: $*" >&2
  exit 1
}

# generate NAME FILE OPTIONS...: a package, or the end.
generate() {
  local name=$1 file=$2 log
  shift 2
  log=$("$codegen" "$file" "$@" -o "$layers/$name" 2>&1) ||
    fail "cannot generate $name: $(tail -n 1 <<<"$log")"
}

# Small layers: as chosen by the cost model, with few rows (drained one by one
# and several at a time), and in clusters.
generate_small() {
  local name=$1 file=$2
  generate "$name" "$file" --config=none
  generate "$name-swapped" "$file" --swapped=1
  generate "$name-two-stages" "$file" --swapped=1 --stages=2
  generate "$name-nine-stages" "$file" --swapped=1 --tile=8x128 --stages=9
  generate "$name-clusters" "$file" --cluster=2
}

pack() {
  local out=$1 build=${2:-build/default} program
  codegen=$build/bin/moe-codegen layers=$out/layers
  [ -d configs/models ] || fail "expected to be started in the root of the tree, got $PWD"
  [ -x "$codegen" ] || fail "expected $codegen, which is not there"
  rm -rf "$layers"
  mkdir -p "$layers"
  for file in configs/models/*.mlir; do
    name=$(basename "$file" .mlir)
    generate "$name" "$file"
  done
  for name in $models; do
    sed 's/^}/, reduction = atomic }/' "configs/models/$name.mlir" >"$out/atomic.mlir"
    generate "$name-atomic" "$out/atomic.mlir"
  done
  rm "$out/atomic.mlir"
  for file in tests/gpu/layers/*.mlir; do
    generate_small "$(basename "$file" .mlir)" "$file"
  done
  # One that ends in the kernel for many tokens, of any number of them.
  generate shared-combine tests/gpu/layers/shared.mlir --combine-from=1 \
    --tile=128x128 --tile=up:128x256
  find "$layers" -name '*.ptx' -delete # the runtime reads cubins
  for program in moe-bench moe-gpu-tests moe-unit-tests; do
    strip -o "$out/$program" "$build/bin/$program" || fail "cannot strip $program"
  done
  cp "$0" "$out/gpu-check.sh"
  echo "$(ls "$layers" | wc -l) packages, $(du -sh "$out" | cut -f1) in $out"
}

# step NAME WANTED COMMAND...: fails if the command does, or if its output lacks
# WANTED; the last line of the output is shown.
step() {
  local name=$1 wanted=$2 start=$SECONDS log=$logs/$1.txt status=ok
  shift 2
  timeout 240 "$@" >"$log" 2>&1 && grep -q -- "$wanted" "$log" || status=FAIL
  [ $status = ok ] || failed=1
  printf '%-4s  %-28s %4d s  %s\n' $status "$name" $((SECONDS - start)) \
    "$(tail -n 1 "$log")"
}

run() {
  local dir=$1 tool name
  logs=$2 failed=0
  mkdir -p "$logs"
  "$dir/moe-gpu-tests" --probe || exit $?
  step unit "All tests passed" "$dir/moe-unit-tests" "[gpu]"
  step matrix " 0 failed" "$dir/moe-gpu-tests" "$dir/layers"
  for name in $models; do
    step "replays-$name" "ok  *replays" "$dir/moe-bench" "$dir/layers/$name" \
      --tokens 16,64,256,1024,4096 --replays 1000 --no-timing
    step "alone-$name" "ok  *alone" "$dir/moe-bench" "$dir/layers/$name" \
      --tokens 16,256,8192 --alone --no-timing
  done
  for tool in memcheck synccheck; do
    for name in tiny-nine-stages tiny-odd shared-combine deepseek-v3-tp8; do
      step "$tool-$name" "ERROR SUMMARY: 0 errors" compute-sanitizer --tool $tool \
        "$dir/moe-bench" "$dir/layers/$name" --tokens 37 --sanitize
    done
  done
  return $failed
}

case "${1-} $#" in
"pack 2" | "pack 3") pack "${@:2}" ;;
"run 3") run "${@:2}" ;;
*)
  sed -n '2,/^set/p' "$0" | sed '$d;s/^# \{0,1\}//'
  exit 1
  ;;
esac
