#!/bin/sh
# Stands for ptxas: remarks on kernels with tiles of 24 rows, assembles others.
for argument; do
  case $argument in *.ptx) source=$argument ;; esac
done
if grep -q 'entry [a-z]*_[a-z]*_24x' "$source"; then
  echo "info (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized"
fi
exec ptxas "$@"
