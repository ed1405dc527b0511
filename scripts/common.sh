# Sourced by run.sh and test.sh: goes to the root, brings the packages, sets up
# the environment of a build, defines `build`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-packages.sh

# The CUDA toolkit, also where its tools are not on the PATH.
command -v nvcc >/dev/null || PATH=$PATH:${CUDA_HOME:-/usr/local/cuda}/bin
if ! command -v nvcc >/dev/null; then
  echo "nvcc is not on the PATH: install the CUDA toolkit 13, or give its root in CUDA_HOME" >&2
  exit 2
fi

# By itself ninja starts more compilers than there are cores, at 1 GB each.
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}

if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CMAKE_CUDA_COMPILER_LAUNCHER=ccache
  # Without these ccache passes by whatever uses a precompiled header.
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
fi

# build PRESET [TARGET...]: configures unless that is done (ninja itself sees a
# changed CMakeLists.txt, but not a changed preset), then builds.
build() {
  local preset=$1 folder=build/$1
  shift
  [ "$folder/build.ninja" -nt CMakePresets.json ] || cmake --preset "$preset"
  cmake --build "$folder" ${1:+--target "$@"}
}
