//===- MoeDialect.td - what is computed --------------------*- tablegen -*-===//
#ifndef MOE_DIALECT_TD
#define MOE_DIALECT_TD

include "mlir/IR/OpBase.td"

def Moe_Dialect : Dialect {
  let name = "moe";
  let cppNamespace = "::mlir::moe";
  let summary = "What a mixture-of-experts layer computes";
  let description = [{
    Two levels live here. `moe.layer` describes a layer of one rank by its
    numbers; everything else is generated from it. `moe.grouped_gemm` is one of
    its two matrix products, with the words in which they differ. How a product
    is computed is the business of the `pipe` dialect; here only the attribute
    `#moe.schedule` speaks of it, because people and the tuner write it.
  }];
  let useDefaultAttributePrinterParser = 1;
}

#endif // MOE_DIALECT_TD
