//===- ExpandLayer.cpp - moe.layer to two grouped GEMMs -------------------===//

#include "compiler/passes/Passes.h"
#include "dialect/moe/MoeDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::moe {
#define GEN_PASS_DEF_EXPANDLAYER
#include "compiler/passes/Passes.h.inc"
} // namespace mlir::moe

using namespace mlir;
using namespace mlir::moe;

namespace {

/// An argument of a function: the runtime's name for it, and its type.
struct Argument {
  StringRef tensor;
  Type type;
};

/// The types of the tensors of a layer; shapes as in the runtime's manifest.
class LayerTensors {
public:
  explicit LayerTensors(LayerOp layer)
      : context(layer.getContext()), experts(layer.getTotalExperts()),
        hidden(layer.getHidden()), intermediate(layer.getIntermediate()),
        hiddenBlocks(llvm::divideCeil(hidden, kScaleBlock)),
        blocks(llvm::divideCeil(layer.getScaleOffset() + intermediate,
                                kScaleBlock)) {}

  SmallVector<Argument> up() const {
    return {{"x", type({any, hidden}, f8())},
            {"x_scales", type({any, hiddenBlocks}, f32())},
            {"w13", type({experts, 2 * intermediate, hidden}, f8())},
            {"w13_scales", type({experts, 2 * blocks, hiddenBlocks}, f32())},
            {"h", type({any, intermediate}, f8())},
            {"h_scales", type({blocks, any}, f32())},
            {"rows", IndexType::get(context)}};
  }

  /// `result` is what down writes: a row for each pair, or for each token.
  SmallVector<Argument> down(StringRef result) const {
    return {{"h", type({any, intermediate}, f8())},
            {"h_scales", type({blocks, any}, f32())},
            {"w2", type({experts, hidden, intermediate}, f8())},
            {"w2_scales", type({experts, hiddenBlocks, blocks}, f32())},
            {result, type({any, hidden}, bf16())}};
  }

  SmallVector<Argument> routing() const {
    Type i32 = IntegerType::get(context, 32);
    return {{"expert_ids", type({any}, i32)},
            {"num_tokens_post_padded", type({any}, i32)},
            {"block_rows", type({any}, i32)},
            {"sorted_token_ids", type({any}, i32)},
            {"pairs", IndexType::get(context)}};
  }

  /// What the sum of a token is made of, beside rows of h.
  SmallVector<Argument> sums(int64_t slots) const {
    Type i32 = IntegerType::get(context, 32);
    return {{"partials", type({any, slots, hidden}, bf16())},
            {"topk_ids", type({any}, i32)},
            {"down_rows", type({any}, i32)},
            {"tokens", IndexType::get(context)}};
  }

  Argument tileCounter(StringRef name) const {
    return {name, type({2}, IntegerType::get(context, 32))};
  }

  /// What up has stored of h: see GroupedGemmOp.
  Argument progress() const {
    return {"h_progress", type({any}, IntegerType::get(context, 32))};
  }

  Argument rowWeights() const { return {"row_weights", type({any}, f32())}; }

private:
  static constexpr int64_t any = ShapedType::kDynamic;

  Type type(ArrayRef<int64_t> shape, Type element) const {
    return MemRefType::get(shape, element);
  }
  Type f8() const { return Float8E4M3FNType::get(context); }
  Type f32() const { return Float32Type::get(context); }
  Type bf16() const { return BFloat16Type::get(context); }

  MLIRContext *context;
  int64_t experts, hidden, intermediate, hiddenBlocks, blocks;
};

/// Adds a function with these arguments and hands its body to `fill`.
void addFunction(LayerOp layer, StringRef ending, ArrayRef<Argument> arguments,
                 function_ref<void(ImplicitLocOpBuilder &, ValueRange)> fill) {
  ImplicitLocOpBuilder b(layer.getLoc(), layer->getContext());
  b.setInsertionPointToEnd(layer->getBlock());
  auto types =
      llvm::map_to_vector(arguments, [](Argument a) { return a.type; });
  auto function =
      func::FuncOp::create(b, (layer.getSymName() + "_" + ending).str(),
                           b.getFunctionType(types, {}));
  function->setAttr("moe.kernel", b.getStringAttr(ending));
  for (auto [index, argument] : llvm::enumerate(arguments))
    function.setArgAttr(index, "moe.tensor", b.getStringAttr(argument.tensor));
  b.setInsertionPointToStart(function.addEntryBlock());
  fill(b, function.getArguments());
  func::ReturnOp::create(b);
}

/// Rows of x in token order, found through the sort; gate and up joined and
/// quantised as down reads them.
void addUp(LayerOp layer, const LayerTensors &tensors) {
  SmallVector<Argument> arguments = tensors.up();
  llvm::append_range(arguments, tensors.routing());
  arguments.push_back(tensors.tileCounter("up_tiles"));
  arguments.push_back(tensors.progress());
  addFunction(layer, "up", arguments, [&](auto &b, ValueRange args) {
    GroupedGemmOp::create(
        b, args[0], args[1], args[2], args[3], args[4], args[5], args[6],
        args[7], args[8], args[9], args[10], args[11],
        /*row_weights=*/Value(), /*tile_counter=*/args[12],
        /*progress=*/args[13], /*partials=*/Value(), /*topk_ids=*/Value(),
        /*own_rows=*/Value(), /*tokens=*/Value(), AAccess::Gathered,
        COrder::Sorted, Epilogue::SwigluQuant, layer.getActivationScale(),
        /*parts=*/2,
        /*n_offset=*/layer.getScaleOffset(), /*k_offset=*/0, layer.getSlots(),
        /*factor=*/FloatAttr(), /*row_alignment=*/IntegerAttr(),
        /*schedule=*/ScheduleAttr());
  });
}

/// Rows of h as up left them, sorted; results go back to (token, slot), or are
/// added to those of the token.
void addDown(LayerOp layer, const LayerTensors &tensors) {
  bool atomic = layer.getReduction() == Reduction::Atomic;
  SmallVector<Argument> arguments = tensors.down(atomic ? "out" : "partials");
  llvm::append_range(arguments, tensors.routing());
  arguments.push_back(tensors.rowWeights());
  arguments.push_back(tensors.tileCounter("down_tiles"));
  arguments.push_back(tensors.progress());
  addFunction(layer, "down", arguments, [&](auto &b, ValueRange args) {
    GroupedGemmOp::create(
        b, args[0], args[1], args[2], args[3], args[4],
        /*c_scales=*/Value(), /*c_scale_pitch=*/Value(), args[5], args[6],
        args[7], args[8], args[9], args[10], args[11],
        /*progress=*/args[12], /*partials=*/Value(), /*topk_ids=*/Value(),
        /*own_rows=*/Value(), /*tokens=*/Value(), AAccess::Sorted,
        COrder::Scattered, atomic ? Epilogue::WeightedAdd : Epilogue::Weighted,
        ActivationScale::F32,
        /*parts=*/1, /*n_offset=*/0,
        /*k_offset=*/layer.getScaleOffset(), layer.getSlots(),
        /*factor=*/FloatAttr(), /*row_alignment=*/IntegerAttr(),
        /*schedule=*/ScheduleAttr());
  });
}

/// The last expert's rows of h and, of all other slots, what down stored.
void addCombine(LayerOp layer, const LayerTensors &tensors) {
  SmallVector<Argument> arguments = tensors.down("out");
  llvm::append_range(arguments,
                     ArrayRef(tensors.routing()).take_front(/*no map*/ 3));
  arguments.push_back(tensors.rowWeights());
  llvm::append_range(arguments, tensors.sums(layer.getSlots()));
  addFunction(layer, "combine", arguments, [&](auto &b, ValueRange args) {
    GroupedGemmOp::create(
        b, args[0], args[1], args[2], args[3], args[4],
        /*c_scales=*/Value(), /*c_scale_pitch=*/Value(), args[5], args[6],
        args[7], /*row_map=*/Value(), /*pairs=*/Value(), args[8],
        /*tile_counter=*/Value(), /*progress=*/Value(), args[9], args[10],
        args[11], args[12], AAccess::Sorted, COrder::Sorted, Epilogue::Combined,
        ActivationScale::F32, /*parts=*/1, /*n_offset=*/0,
        /*k_offset=*/layer.getScaleOffset(), layer.getSlots(),
        b.getF64FloatAttr(layer.getRoutedScalingFactor().convertToDouble()),
        /*row_alignment=*/IntegerAttr(),
        /*schedule=*/ScheduleAttr());
  });
}

struct ExpandLayer : mlir::moe::impl::ExpandLayerBase<ExpandLayer> {
  using ExpandLayerBase::ExpandLayerBase;

  void runOnOperation() override {
    for (auto layer : llvm::to_vector(getOperation().getOps<LayerOp>())) {
      LayerTensors tensors(layer);
      if (combine) {
        if (!layer.endsInCombine())
          return refuse(layer);
        addCombine(layer, tensors);
        continue;
      }
      addUp(layer, tensors);
      addDown(layer, tensors);
    }
  }

private:
  void refuse(LayerOp layer) {
    layer.emitError("expects a shared expert, an ordered reduction and at most "
                    "31 slots for a kernel that ends the layer, got ")
        << layer.getSharedExperts() << ", "
        << stringifyReduction(layer.getReduction()) << " and "
        << layer.getSlots();
    signalPassFailure();
  }
};

} // namespace
