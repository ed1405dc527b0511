# exits.sh N COMMAND...: succeeds when COMMAND exits with N.
want=$1
shift
"$@"
got=$?
[ $got -eq "$want" ] || { echo "exits.sh: want exit code $want, got $got" >&2; exit 1; }
