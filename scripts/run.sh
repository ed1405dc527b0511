#!/usr/bin/env bash
# From one description to both kernels of a layer; where there is a Hopper GPU
# the layer then runs and is checked.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

layer=deepseek-v3-tp8
no_gpu=77 # moe-bench's exit code without one

build default moe-codegen moe-bench
build/default/bin/moe-codegen "configs/models/$layer.mlir" -o "out/$layer"

code=0
build/default/bin/moe-bench "out/$layer" --tokens 64 --check || code=$?
if [ $code -eq $no_gpu ]; then
  echo "No Hopper GPU here: the kernels were built but not run."
  code=0
fi
exit $code
