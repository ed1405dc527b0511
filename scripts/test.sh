#!/usr/bin/env bash
# Builds everything with clang and the runtime alone with g++, then runs the
# tests of both.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build runtime-only
build default

failed=0
for preset in runtime-only default; do
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error || failed=1
done
exit $failed
