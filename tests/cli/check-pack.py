"""check-pack.py PACKAGE PACK: compares a pack with the package of its layer."""
import json
import os
import sys


def manifest_of(directory):
    with open(os.path.join(directory, "manifest.json")) as file:
        return json.load(file)


def planned(manifest):
    """The kernels that plans name, without what differs from build to build."""
    names = {plan[role] for plan in manifest["plans"] for role in ("up", "down")}
    return {k["name"]: k for k in manifest["kernels"] if k["name"] in names}


package, pack = (manifest_of(directory) for directory in sys.argv[1:3])
assert pack["plans"] == package["plans"], "plans differ"
assert planned(pack) == planned(package), "kernels of the plans differ"
assert planned(package).keys() == {k["name"] for k in package["kernels"]}

spare = [k for k in pack["kernels"] if k["name"] not in planned(pack)]
for role in ("up", "down"):
    count = sum(k["role"] == role for k in spare)
    assert count >= 5, f"expected at least 5 candidates of {role}, got {count}"

for key in ("name", "cubin", "symbol"):
    values = [k[key] for k in pack["kernels"]]
    assert len(set(values)) == len(values), f"a {key} is there twice"
kinds = [
    (k["role"], json.dumps(k["schedule"]), k["cluster"], k["row_alignment"])
    for k in pack["kernels"]
]
assert len(set(kinds)) == len(kinds), "a kernel is there twice"

for kernel in spare:  # each is what its name says
    s = kernel["schedule"]
    name = (
        f"{kernel['role']}_{s['block_m']}x{s['block_n']}"
        + ("_swapped" if s["swapped"] else "")
        + ("_copied" if s.get("copied_rows") else "")
        + f"_w{s['consumers']}c{kernel['cluster']}s{s['stages']}g{s['group_m']}"
        + f"_a{kernel['row_alignment']}"
    )
    assert kernel["name"] == name, f"{kernel['name']}: expected {name}"

for kernel in pack["kernels"]:
    assert kernel["spill_bytes"] == 0, kernel["name"]
    size = os.path.getsize(os.path.join(sys.argv[2], kernel["cubin"]))
    assert size == kernel["cubin_bytes"], kernel["name"]
print(len(spare), "candidates")
