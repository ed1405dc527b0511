//===- MoeOps.cpp - the laws of moe ---------------------------------------===//

#include "dialect/moe/MoeDialect.h"

#include <cmath>

using namespace mlir;
using namespace mlir::moe;

//===----------------------------------------------------------------------===//
// The optional keys of moe.layer
//===----------------------------------------------------------------------===//

/// Parses `, key = value` as often as it stands there, each key once.
static ParseResult
parseLayerOptions(OpAsmParser &parser, IntegerAttr &sharedExperts,
                  IntegerAttr &globalExperts, IntegerAttr &scaleOffset,
                  ActivationScaleAttr &activationScale,
                  FloatAttr &routedScalingFactor, ReductionAttr &reduction) {
  Builder &b = parser.getBuilder();
  auto once = [&](StringRef key, Attribute attr) -> ParseResult {
    if (attr)
      return parser.emitError(parser.getNameLoc(), "key '")
             << key << "' is given twice";
    return parser.parseEqual();
  };
  auto integer = [&](StringRef key, IntegerAttr &attr) {
    int64_t value = 0;
    if (once(key, attr) || parser.parseInteger(value))
      return failure();
    attr = b.getI64IntegerAttr(value);
    return success();
  };
  while (succeeded(parser.parseOptionalComma())) {
    StringRef key;
    SMLoc loc = parser.getCurrentLocation();
    ParseResult result = success();
    if (parser.parseKeyword(&key))
      return failure();
    if (key == "shared_experts")
      result = integer(key, sharedExperts);
    else if (key == "global_experts")
      result = integer(key, globalExperts);
    else if (key == "scale_offset")
      result = integer(key, scaleOffset);
    else if (key == "activation_scale")
      result =
          failure(once(key, activationScale) ||
                  parser.parseCustomAttributeWithFallback(activationScale));
    else if (key == "routed_scaling_factor")
      result =
          failure(once(key, routedScalingFactor) ||
                  parser.parseAttribute(routedScalingFactor, b.getF64Type()));
    else if (key == "reduction")
      result = failure(once(key, reduction) ||
                       parser.parseCustomAttributeWithFallback(reduction));
    else
      return parser.emitError(loc, "expected shared_experts, global_experts, "
                                   "scale_offset, activation_scale, "
                                   "routed_scaling_factor or reduction, got '")
             << key << "'";
    if (result)
      return failure();
  }
  return success();
}

static void
printLayerOptions(OpAsmPrinter &printer, Operation *, IntegerAttr sharedExperts,
                  IntegerAttr globalExperts, IntegerAttr scaleOffset,
                  ActivationScaleAttr activationScale,
                  FloatAttr routedScalingFactor, ReductionAttr reduction) {
  std::pair<StringRef, IntegerAttr> integers[] = {
      {"shared_experts", sharedExperts},
      {"global_experts", globalExperts},
      {"scale_offset", scaleOffset}};
  for (auto [key, attr] : integers)
    if (attr)
      printer << ", " << key << " = " << attr.getInt();
  if (activationScale)
    printer << ", activation_scale = "
            << stringifyActivationScale(activationScale.getValue());
  if (routedScalingFactor) {
    printer << ", routed_scaling_factor = ";
    printer.printAttributeWithoutType(routedScalingFactor);
  }
  if (reduction)
    printer << ", reduction = " << stringifyReduction(reduction.getValue());
}

#define GET_OP_CLASSES
#include "dialect/moe/Moeop.cpp.inc"

/// TMA wants row pitches, and 16-byte copies want starts, that are multiples
/// of 16 bytes: 16 elements of e4m3.
static constexpr int64_t kGranule = 16;

//===----------------------------------------------------------------------===//
// moe.layer
//===----------------------------------------------------------------------===//

static LogicalResult verifyMultipleOf16(Operation *op, StringRef law,
                                        StringRef name, int64_t value) {
  if (value % kGranule == 0)
    return success();
  return op->emitOpError()
         << law << " expects " << name << " to be a multiple of " << kGranule
         << " (TMA wants row pitches of 16 bytes: pad the weights to "
         << llvm::alignTo(value, kGranule) << "), got " << value;
}

static LogicalResult verifyFormat(LayerOp op, StringRef name,
                                  NumberFormatAttr format, int64_t rows,
                                  int64_t columns) {
  if (isa<Float8E4M3FNType>(format.getType()) && format.getRows() == rows &&
      format.getColumns() == columns)
    return success();
  return op.emitOpError("(L6) expects ")
         << name << " as f8E4M3FN per " << rows << "x" << columns << ", got "
         << format.getType() << " per " << format.getRows() << "x"
         << format.getColumns();
}

LogicalResult LayerOp::verify() {
  // (L1)
  std::pair<StringRef, int64_t> positive[] = {
      {"experts", getExperts()},
      {"top_k", getTopK()},
      {"hidden", getHidden()},
      {"intermediate", getIntermediate()}};
  for (auto [name, value] : positive)
    if (value < 1)
      return emitOpError("(L1) expects ")
             << name << " of at least 1, got " << value;
  if (int64_t shared = getSharedExperts(); shared < 0)
    return emitOpError("(L1) expects shared_experts of at least 0, got ")
           << shared;
  // (L2)
  int64_t floor = std::max(getExperts(), getTopK());
  if (getRoutedExperts() < floor)
    return emitOpError("(L2) expects global_experts of at least ")
           << floor << ", the larger of experts and top_k, got "
           << getRoutedExperts();
  // (L3), (L4)
  if (failed(verifyMultipleOf16(*this, "(L3)", "hidden", getHidden())) ||
      failed(
          verifyMultipleOf16(*this, "(L4)", "intermediate", getIntermediate())))
    return failure();
  // (L5)
  int64_t offset = getScaleOffset();
  if (offset < 0 || offset >= kScaleBlock || offset % kGranule)
    return emitOpError("(L5) expects scale_offset to be a multiple of ")
           << kGranule << " in 0 ... " << kScaleBlock - 1 << ", got " << offset;
  // (L6)
  if (failed(verifyFormat(*this, "activations", getActivations(), 1,
                          kScaleBlock)) ||
      failed(verifyFormat(*this, "weights", getWeights(), kScaleBlock,
                          kScaleBlock)))
    return failure();
  // (L7)
  if (!getOutput().isBF16())
    return emitOpError("(L7) expects output bf16, got ") << getOutput();
  // (L8)
  double factor = getRoutedScalingFactor().convertToDouble();
  if (!std::isfinite(factor) || factor == 0)
    return emitOpError(
               "(L8) expects a routed_scaling_factor that is finite and not "
               "zero, got ")
           << std::to_string(factor);
  // (L9)
  StringRef name = getSymName();
  bool plain =
      llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  if (!plain || name.empty() || llvm::isDigit(name.front()))
    return emitOpError("(L9) expects a name of letters, digits and underscores "
                       "that no digit begins, got '")
           << name << "'";
  return success();
}

//===----------------------------------------------------------------------===//
// moe.grouped_gemm
//===----------------------------------------------------------------------===//

GemmShape GroupedGemmOp::getShape() {
  GemmShape shape;
  shape.parts = getParts();
  shape.partN = getN() / getParts();
  shape.k = getK();
  shape.nOffset = getNOffset();
  shape.kOffset = getKOffset();
  shape.gathered = isGathered();
  shape.quantised = isQuantised();
  shape.added = isAdded();
  shape.combined = isCombined();
  return shape;
}

/// Emits what was wanted of `operand`'s shape and what was got, with a note
/// where the operand is defined. `want` uses kDynamic for "any".
static LogicalResult verifyShape(GroupedGemmOp op, StringRef law,
                                 StringRef name, Value operand,
                                 ArrayRef<int64_t> want) {
  auto type = cast<MemRefType>(operand.getType());
  bool same = llvm::all_of(llvm::zip_equal(type.getShape(), want), [](auto p) {
    auto [got, wanted] = p;
    return wanted == ShapedType::kDynamic || got == wanted;
  });
  if (same)
    return success();
  InFlightDiagnostic diag = op.emitOpError();
  diag << law << " expects " << name << " of shape ";
  llvm::interleave(
      want,
      [&](int64_t d) { d == ShapedType::kDynamic ? diag << "?" : diag << d; },
      [&] { diag << "x"; });
  diag << ", got " << type;
  diag.attachNote(operand.getLoc()) << name << " is defined here";
  return diag;
}

static LogicalResult verifyLayouts(GroupedGemmOp op) {
  // (G11)
  for (Value operand : op.getOperands()) {
    auto type = dyn_cast<MemRefType>(operand.getType());
    if (type && !type.getLayout().isIdentity()) {
      InFlightDiagnostic diag =
          op.emitOpError("(G11) expects packed operands, got ");
      diag << type;
      diag.attachNote(operand.getLoc()) << "the operand is defined here";
      return diag;
    }
  }
  for (MemRefType type : {op.getB().getType(), op.getBScales().getType()})
    if (!type.hasStaticShape())
      return op.emitOpError(
                 "(G11) expects b and b_scales of static shape, got ")
             << type;
  return success();
}

static LogicalResult verifyNumbers(GroupedGemmOp op) {
  // (G6)
  if (op.getParts() < 1 || op.getParts() > 2 || op.getN() % op.getParts())
    return op.emitOpError("(G6) expects 1 or 2 parts that divide N = ")
           << op.getN() << ", got " << op.getParts();
  for (int64_t offset : {op.getNOffset(), op.getKOffset()})
    if (offset < 0 || offset >= kScaleBlock || offset % kGranule)
      return op.emitOpError("(G6) expects offsets to be multiples of ")
             << kGranule << " in 0 ... " << kScaleBlock - 1 << ", got "
             << offset;
  // (G7)
  for (int64_t extent : {op.getK(), op.getN() / int64_t(op.getParts())})
    if (extent % kGranule)
      return op.emitOpError("(G7) expects K and N / parts to be multiples of ")
             << kGranule << ", got " << extent;
  // (G10)
  if (op.getSlots() < 1)
    return op.emitOpError("(G10) expects slots of at least 1, got ")
           << op.getSlots();
  return success();
}

static LogicalResult verifyShapes(GroupedGemmOp op) {
  constexpr int64_t any = ShapedType::kDynamic;
  GemmShape shape = op.getShape();
  int64_t kBlocks = moe::kBlocks(shape);
  int64_t columns = op.isQuantised() ? shape.partN : op.getN();
  int64_t experts = op.getB().getType().getDimSize(0);
  int64_t nBlocks =
      llvm::divideCeil(shape.nOffset + shape.partN, kScaleBlock) * shape.parts;
  SmallVector<int64_t> aScales = {any, kBlocks};
  if (!shape.gathered)
    aScales = {kBlocks, any};
  // (G1) to (G3)
  return success(
      succeeded(verifyShape(op, "(G1)", "a", op.getA(), {any, op.getK()})) &&
      succeeded(verifyShape(op, "(G1)", "c", op.getC(), {any, columns})) &&
      succeeded(
          verifyShape(op, "(G2)", "a_scales", op.getAScales(), aScales)) &&
      succeeded(verifyShape(op, "(G3)", "b_scales", op.getBScales(),
                            {experts, nBlocks, kBlocks})));
}

static LogicalResult verifyMaps(GroupedGemmOp op) {
  // (G4)
  bool needsMap = op.isGathered() || op.isScattered();
  if (needsMap != bool(op.getRowMap()) || needsMap != bool(op.getPairs()))
    return op.emitOpError("(G4) expects rows(row_map, pairs) exactly when A is "
                          "gathered or C is scattered: a is ")
           << stringifyAAccess(op.getAAccess()) << ", c is "
           << stringifyCOrder(op.getCOrder()) << ", rows "
           << (op.getRowMap() ? "are" : "are not") << " given";
  // (G14)
  if (op.getProgress() && op.isGathered() == op.isScattered())
    return op.emitOpError("(G14) expects progress where A or C is sorted, not "
                          "both, got a ")
           << stringifyAAccess(op.getAAccess()) << ", c "
           << stringifyCOrder(op.getCOrder());
  // (G13)
  if (Value counter = op.getTileCounter())
    if (auto type = cast<MemRefType>(counter.getType());
        type.getDimSize(0) != 2)
      return op.emitOpError("(G13) expects a tile_counter of two numbers, got ")
             << type;
  // (G5)
  bool weighted = op.isWeighted();
  if (weighted != bool(op.getRowWeights()))
    return op.emitOpError("(G5) expects weights exactly when the epilogue is "
                          "weighted, weighted_add or combined, got epilogue ")
           << stringifyEpilogue(op.getEpilogue());
  if (weighted && !op.isCombined() && !op.isScattered())
    return op.emitOpError("(G5) expects C to be scattered when the epilogue is "
                          "weighted or weighted_add, got ")
           << stringifyCOrder(op.getCOrder());
  return success();
}

/// (G12)
static LogicalResult verifyQuantisation(GroupedGemmOp op) {
  bool quantised = op.isQuantised();
  bool f8 = isa<Float8E4M3FNType>(op.getC().getType().getElementType());
  if (f8 != quantised || bool(op.getCScales()) != quantised ||
      bool(op.getCScalePitch()) != quantised)
    return op.emitOpError("(G12) expects c of f8E4M3FN and c_scales exactly "
                          "when the epilogue is swiglu_quant, got epilogue ")
           << stringifyEpilogue(op.getEpilogue()) << " and c of "
           << op.getC().getType();
  if (!quantised && op.getActivationScale() != ActivationScale::F32)
    return op.emitOpError("(G12) expects activation_scale only under "
                          "swiglu_quant, got it with epilogue ")
           << stringifyEpilogue(op.getEpilogue());
  if (!quantised)
    return success();
  if (op.getParts() != 2 || op.isScattered())
    return op.emitOpError("(G12) expects 2 parts and sorted C under "
                          "swiglu_quant, got ")
           << op.getParts() << " and " << stringifyCOrder(op.getCOrder());
  GemmShape shape = op.getShape();
  int64_t groups = llvm::divideCeil(shape.nOffset + shape.partN, kScaleBlock);
  return verifyShape(op, "(G12)", "c_scales", op.getCScales(),
                     {groups, ShapedType::kDynamic});
}

/// (G15)
static LogicalResult verifySums(GroupedGemmOp op) {
  bool combined = op.isCombined();
  for (bool given :
       {bool(op.getPartials()), bool(op.getTopkIds()), bool(op.getOwnRows()),
        bool(op.getTokens()), bool(op.getFactor())})
    if (given != combined)
      return op.emitOpError("(G15) expects sums(partials, topk_ids, own_rows, "
                            "tokens) and a factor exactly when the epilogue is "
                            "combined, got epilogue ")
             << stringifyEpilogue(op.getEpilogue());
  if (!combined)
    return success();
  constexpr int64_t mostSlots = 31; // numbered in a word, and one behind
  if (op.isGathered() || op.isScattered() || op.getParts() != 1 ||
      op.getSlots() > mostSlots)
    return op.emitOpError("(G15) expects sorted A and C, 1 part and at most ")
           << mostSlots << " slots where the epilogue is combined, got a "
           << stringifyAAccess(op.getAAccess()) << ", c "
           << stringifyCOrder(op.getCOrder()) << ", " << op.getParts()
           << " and " << op.getSlots();
  return verifyShape(op, "(G15)", "partials", op.getPartials(),
                     {ShapedType::kDynamic, op.getSlots(), op.getN()});
}

static LogicalResult verifySchedule(GroupedGemmOp op) {
  // (G8)
  if (bool(op.getSchedule()) != bool(op.getRowAlignment()))
    return op.emitOpError("(G8) expects row_alignment exactly when there is a "
                          "schedule, got ")
           << (op.getSchedule() ? "only a schedule" : "only row_alignment");
  if (!op.getSchedule())
    return success();
  Schedule schedule = op.getSchedule()->getSchedule();
  if (*op.getRowAlignment() < 1 ||
      *op.getRowAlignment() % schedule.clusterRows())
    return op.emitOpError("(G8) expects the rows of a cluster to divide "
                          "row_alignment = ")
           << *op.getRowAlignment() << ", got " << schedule.clusterRows();
  // (G9)
  if (auto law = brokenLaw(schedule, op.getShape()))
    return op.emitOpError("(G9) schedule ") << *law;
  return success();
}

LogicalResult GroupedGemmOp::verify() {
  if (failed(verifyLayouts(*this)) || failed(verifyNumbers(*this)) ||
      failed(verifyQuantisation(*this)) || failed(verifyShapes(*this)) ||
      failed(verifyMaps(*this)) || failed(verifySums(*this)))
    return failure();
  return verifySchedule(*this);
}
