#!/usr/bin/env bash
# Installs the Debian packages that building and testing need and that are
# missing here. Says which; silent and quick when there are none.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache
  clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  libfmt-dev libcli11-dev nlohmann-json3-dev catch2 libzstd-dev zlib1g-dev
)

if ! command -v apt-get >/dev/null; then
  echo "No apt-get here: bring what these Debian packages hold, if it is missing:"
  echo "  ${packages[*]}"
  exit 0 # cmake says precisely what it does not find
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing packages, and neither root nor sudo to install them: ${missing[*]}"
    exit 0 # they may be here in another form
  fi
  root=(sudo)
  [ -t 0 ] || root+=(-n) # never wait for a password that nobody types
fi

apt() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
echo "Installing ${missing[*]}"
apt update || echo "apt-get update failed; going on with the lists that are here"
apt install --no-install-recommends "${missing[@]}"
