# check.sh ROOT: looks for breaches of the architecture in the sources.
# Dependencies point one way: dialect <- compiler <- tools; the runtime knows
# neither, and the manifest is the one thing that both halves share. The tuner
# stands on both, and nothing on the tuner.
cd "$1" || exit 2
breaches=0

# forbid LAW LINES: any line there is breaks LAW.
forbid() {
  [ -z "$2" ] && return
  printf 'breach: %s\n%s\n' "$1" "$2"
  breaches=1
}

# includes PATTERN FOLDER...: file:line:text of every include that matches.
includes() {
  pattern=$1
  shift
  for folder; do
    [ ! -d "$folder" ] || grep -rnE "^ *#? *include *$pattern" "$folder" \
      --include='*.h' --include='*.cpp' --include='*.cu' --include='*.td'
  done
}

forbid "runtime/ and samples/ include nothing of dialect/, compiler/, LLVM or MLIR" \
  "$(includes '["<](dialect|compiler|llvm|mlir)(-c)?/' runtime samples)"

forbid "compiler/schedule includes no dialect, LLVM or MLIR" \
  "$(includes '["<](dialect|llvm|mlir)(-c)?/' compiler/schedule)"

forbid "dialect/ includes nothing of compiler/ but schedule/, and nothing of runtime/" \
  "$(includes '["<](compiler|runtime|moert)/' dialect | grep -v '"compiler/schedule/')"

forbid "runtime/config reads and writes files: no CUDA, nothing of the other rooms" \
  "$(includes '["<](cuda|runtime/|moert/)' runtime/config |
    grep -vE '"(runtime/config/.*|runtime/JsonNode|moert/(Manifest|Error))\.h"')"

forbid "compiler/ shares only the manifest with the runtime (its tools read configurations, the simulator's data come from the reference)" \
  "$(includes '["<](runtime|moert)/' compiler |
    grep -vE '"moert/(Manifest|Error)\.h"' |
    grep -vE '^compiler/tools/.*"runtime/config/.*\.h"' |
    grep -vE '^compiler/simulate/Tensors\.cpp:.*"runtime/(reference/.*|Routing)\.h"')"

forbid "nothing but its tests includes the tuner" \
  "$(includes '["<]tuner/' dialect compiler runtime samples)"

forbid "tuner/ knows of the compiler only schedule/; what compiles is one file" \
  "$(includes '["<](dialect|compiler|llvm|mlir)(-c)?/' tuner |
    grep -v '"compiler/schedule/' |
    grep -vE '^tuner/CompileSource\.cpp:.*"compiler/emit/')"

forbid "includes start at the root (or at runtime/include for moert/)" \
  "$(includes '"' dialect compiler runtime tests tuner |
    grep -vE 'include *"(dialect|compiler|runtime|tests|tuner|moert|llvm|mlir)/')"

forbid "a layer is called as its file is" "$(
  for file in configs/models/*.mlir tests/gpu/layers/*.mlir; do
    symbol=$(basename "$file" .mlir | tr '.-' '__')
    grep -q "^moe\.layer @$symbol {" "$file" || echo "$file: want moe.layer @$symbol"
  done)"

exit $breaches
