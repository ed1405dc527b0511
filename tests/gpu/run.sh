# run.sh TESTS CODEGEN OUT LAYER.mlir...: the GPU tests, or why they are
# skipped (exit code 77). Layers that are older than CODEGEN are generated
# first, unless $MOE_LAYERS_DIR names a folder of generated ones.
tests=$1 codegen=$2 out=$3
shift 3

"$tests" --probe || exit $?
if [ -z "$MOE_LAYERS_DIR" ]; then
  for file; do
    name=$(basename "$file" .mlir)
    [ "$out/$name/manifest.json" -nt "$codegen" ] &&
      [ "$out/$name/manifest.json" -nt "$file" ] && continue
    "$codegen" "$file" -o "$out/$name" || exit 1
  done
  MOE_LAYERS_DIR=$out
fi
exec "$tests" "$MOE_LAYERS_DIR"
