// A whole layer: what is printed, which files are written, that a second run
// writes the same bytes, and that a refused run leaves them as they are.

// RUN: rm -rf %t && mkdir %t
// RUN: moe-codegen %s -o %t/layer --tokens=300 | FileCheck %s --check-prefix=TABLE
// RUN: ls %t/layer | FileCheck %s --check-prefix=FILES
// RUN: FileCheck %s --check-prefix=MANIFEST --input-file=%t/layer/manifest.json
// RUN: llvm-readelf -h %t/layer/up.cubin | FileCheck %s --check-prefix=CUBIN
// RUN: llvm-readelf -h %t/layer/down.cubin | FileCheck %s --check-prefix=CUBIN

// RUN: moe-codegen %s -o %t/again --tokens=300
// RUN: diff -r %t/layer %t/again
// RUN: moe-codegen %s -o %t/layer --tile=64x256 --stages=3 --consumers=1
// RUN: not diff -r %t/layer %t/again

// RUN: moe-codegen %s -o %t/layer --tokens=300
// RUN: %exits 1 moe-codegen %S/Inputs/refused.mlir -o %t/layer
// RUN: diff -r %t/layer %t/again
// RUN: ls -A %t | FileCheck %s --check-prefix=NOTHING-ELSE

// TABLE:      kernel {{.*}}tile {{.*}}stages {{.*}}threads {{.*}}shared memory {{.*}}registers {{.*}}spills {{.*}}cubin
// TABLE:      {{^ *}}up {{.*}}x{{.*}}x128
// TABLE:      {{^ *}}down {{.*}}x{{.*}}x128

// FILES:      down.cubin
// FILES-NEXT: down.ptx
// FILES-NEXT: manifest.json
// FILES-NEXT: up.cubin
// FILES-NEXT: up.ptx
// FILES-NOT:  {{.}}

// MANIFEST: "sm_90a"
// MANIFEST: "hidden": 384
// MANIFEST: "row_alignment": {{[0-9]+}}
// MANIFEST: "cluster": 1

// A launch needs to know of clusters, and the sort that their rows are padded
// together; each block loads half of the 128 rows of B.
// RUN: rm -rf %t.cluster
// RUN: moe-codegen %s -o %t.cluster --cluster=2
// RUN: FileCheck %s --check-prefix=CLUSTER --input-file=%t.cluster/manifest.json
// CLUSTER: "row_alignment": 256
// CLUSTER: "cluster": 2
// CLUSTER: "w13"
// CLUSTER: "box": [
// CLUSTER-NEXT: 128,
// CLUSTER-NEXT: 64,
// CLUSTER-NEXT: 1

// CUBIN: Machine: NVIDIA CUDA architecture

// NOTHING-ELSE:      again
// NOTHING-ELSE-NEXT: layer
// NOTHING-ELSE-NOT:  {{.}}

moe.layer @small {
  experts = 5, top_k = 2, hidden = 384, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
