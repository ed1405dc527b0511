#!/usr/bin/env bash
# From one description to both kernels of a layer; where there is a Hopper GPU
# the layer then runs and is checked, elsewhere a small one does on the CPU.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

layer=deepseek-v3-tp8
no_gpu=77 # moe-bench's exit code without one

build default moe-codegen moe-bench moe-sim
build/default/bin/moe-codegen "configs/models/$layer.mlir" -o "out/$layer"

code=0
build/default/bin/moe-bench "out/$layer" --tokens 64 --check || code=$?
if [ $code -eq $no_gpu ]; then
  echo "No Hopper GPU here: a small layer with a shared expert runs on the CPU instead,"
  echo "each thread of its kernels simulated, and is compared with the reference:"
  code=0
  build/default/bin/moe-sim tests/gpu/layers/shared.mlir --tokens 37 || code=$?
fi
exit $code
