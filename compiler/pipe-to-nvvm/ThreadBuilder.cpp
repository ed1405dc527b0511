//===- ThreadBuilder.cpp --------------------------------------------------===//

#include "compiler/pipe-to-nvvm/ThreadBuilder.h"

#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

Value ThreadBuilder::constant(int64_t value) {
  return arith::ConstantOp::create(*this, getI32IntegerAttr(value));
}
Value ThreadBuilder::add(Value a, Value b) {
  return createOrFold<arith::AddIOp>(a, b);
}
Value ThreadBuilder::add(Value a, int64_t b) { return add(a, constant(b)); }
Value ThreadBuilder::sub(Value a, Value b) {
  return createOrFold<arith::SubIOp>(a, b);
}
Value ThreadBuilder::mul(Value a, Value b) {
  return createOrFold<arith::MulIOp>(a, b);
}
Value ThreadBuilder::mul(Value a, int64_t b) { return mul(a, constant(b)); }
Value ThreadBuilder::div(Value a, Value b) {
  return createOrFold<arith::DivUIOp>(a, b);
}
Value ThreadBuilder::div(Value a, int64_t b) { return div(a, constant(b)); }
Value ThreadBuilder::rem(Value a, Value b) {
  return createOrFold<arith::RemUIOp>(a, b);
}
Value ThreadBuilder::rem(Value a, int64_t b) { return rem(a, constant(b)); }
Value ThreadBuilder::bitXor(Value a, Value b) {
  return createOrFold<arith::XOrIOp>(a, b);
}
Value ThreadBuilder::bitXor(Value a, int64_t b) {
  return bitXor(a, constant(b));
}
Value ThreadBuilder::bitAnd(Value a, Value b) {
  return createOrFold<arith::AndIOp>(a, b);
}
Value ThreadBuilder::min(Value a, Value b) {
  return createOrFold<arith::MinSIOp>(a, b);
}
Value ThreadBuilder::compare(arith::CmpIPredicate predicate, Value a, Value b) {
  return createOrFold<arith::CmpIOp>(predicate, a, b);
}
Value ThreadBuilder::compare(arith::CmpIPredicate predicate, Value a,
                             int64_t b) {
  return compare(predicate, a, constant(b));
}
Value ThreadBuilder::select(Value condition, Value a, Value b) {
  return createOrFold<arith::SelectOp>(condition, a, b);
}

void ThreadBuilder::enterIf(Value condition) {
  auto branch = scf::IfOp::create(*this, condition, /*withElseRegion=*/false);
  setInsertionPointToStart(branch.thenBlock());
}

void ThreadBuilder::ifElse(Value condition, function_ref<void()> then,
                           function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(*this, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  then();
  setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

Value ThreadBuilder::toI32(Value index) {
  if (!index.getType().isIndex())
    return index;
  return createOrFold<arith::IndexCastOp>(getI32Type(), index);
}
Value ThreadBuilder::toIndex(Value i32) {
  return createOrFold<arith::IndexCastOp>(getIndexType(), i32);
}
Value ThreadBuilder::toI64(Value value) {
  return createOrFold<arith::ExtUIOp>(getI64Type(), toI32(value));
}

Value ThreadBuilder::offset(Value pointer, Value bytes) {
  return LLVM::GEPOp::create(*this, pointer.getType(), getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{bytes},
                             LLVM::GEPNoWrapFlags::inbounds);
}
Value ThreadBuilder::offset(Value pointer, int64_t bytes) {
  if (bytes == 0)
    return pointer;
  return LLVM::GEPOp::create(*this, pointer.getType(), getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{int32_t(bytes)},
                             LLVM::GEPNoWrapFlags::inbounds);
}
Value ThreadBuilder::element(Value pointer, Type type, Value element) {
  return LLVM::GEPOp::create(*this, pointer.getType(), type, pointer,
                             ArrayRef<LLVM::GEPArg>{element},
                             LLVM::GEPNoWrapFlags::inbounds);
}
Value ThreadBuilder::load(Type type, Value pointer) {
  return LLVM::LoadOp::create(*this, type, pointer, /*alignment=*/4);
}
Value ThreadBuilder::loadConstant(Type type, Value pointer) {
  return LLVM::LoadOp::create(*this, type, pointer, /*alignment=*/4,
                              /*isVolatile=*/false, /*isNonTemporal=*/false,
                              /*isInvariant=*/true);
}

Value ThreadBuilder::cursor() {
  Value slot;
  {
    // LLVM promotes those that it finds in a function's first block.
    InsertionGuard guard(*this);
    auto kernel = cast<LLVM::LLVMFuncOp>(getInsertionBlock()->getParentOp());
    setInsertionPointToStart(&kernel.getBody().front());
    slot = LLVM::AllocaOp::create(*this, LLVM::LLVMPointerType::get(context),
                                  getI32Type(), constant(1));
  }
  LLVM::StoreOp::create(*this, constant(0), slot);
  return slot;
}

ValueRange ThreadBuilder::asRegisters(Value value, TypeRange types) {
  return UnrealizedConversionCastOp::create(*this, types, value).getResults();
}
Value ThreadBuilder::asValue(Type type, ValueRange registers) {
  return UnrealizedConversionCastOp::create(*this, type, registers)
      .getResult(0);
}

SmallVector<Value> ThreadBuilder::tiedAsm(StringRef text, ValueRange tied,
                                          ValueRange others,
                                          StringRef otherKinds) {
  size_t n = tied.size();
  std::string constraints;
  for (size_t i = 0; i < n; ++i)
    constraints += "=f,";
  for (size_t i = 0; i < n; ++i)
    constraints += std::to_string(i) + ",";
  for (char kind : otherKinds)
    constraints += std::string(1, kind) + ",";
  constraints.pop_back();

  SmallVector<Value> operands(tied);
  llvm::append_range(operands, others);
  auto type = LLVM::LLVMStructType::getLiteral(getContext(),
                                               SmallVector<Type>(n, f32()));
  auto dialect =
      LLVM::AsmDialectAttr::get(getContext(), LLVM::AsmDialect::AD_ATT);
  Value all = LLVM::InlineAsmOp::create(
                  *this, type, operands, text, constraints,
                  /*has_side_effects=*/true, /*is_align_stack=*/false,
                  LLVM::tailcallkind::TailCallKind::None, dialect,
                  /*operand_attrs=*/ArrayAttr())
                  .getResult(0);
  SmallVector<Value> results;
  for (size_t i = 0; i < n; ++i)
    results.push_back(LLVM::ExtractValueOp::create(*this, all, i));
  return results;
}

Value ThreadBuilder::perThread(Value number) {
  // Blocks are flat, which ptxas cannot know.
  Value one = add(NVVM::ThreadIdZOp::create(*this, getI32Type()), 1);
  return mul(number, one);
}

Value ThreadBuilder::keepInL2() {
  auto dialect =
      LLVM::AsmDialectAttr::get(getContext(), LLVM::AsmDialect::AD_ATT);
  return LLVM::InlineAsmOp::create(
             *this, getI64Type(), ValueRange(), kKeepInL2Text, "=l",
             /*has_side_effects=*/false,
             /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
             dialect, /*operand_attrs=*/ArrayAttr())
      .getResult(0);
}

void ThreadBuilder::memoryAsm(StringRef text, ValueRange operands,
                              StringRef kinds) {
  std::string constraints;
  for (char kind : kinds)
    constraints += std::string(1, kind) + ",";
  constraints += "~{memory}";
  auto dialect =
      LLVM::AsmDialectAttr::get(getContext(), LLVM::AsmDialect::AD_ATT);
  LLVM::InlineAsmOp::create(*this, /*res=*/Type(), operands, text, constraints,
                            /*has_side_effects=*/true,
                            /*is_align_stack=*/false,
                            LLVM::tailcallkind::TailCallKind::None, dialect,
                            /*operand_attrs=*/ArrayAttr());
}

Value Frame::rank(ThreadBuilder &b) const {
  if (cluster == 1)
    return b.constant(0);
  return NVVM::ClusterId::create(b, b.getI32Type());
}

Value Frame::consumer(ThreadBuilder &b) const {
  return b.sub(warpgroup(b), b.constant(1));
}

Value Frame::slabRow(ThreadBuilder &b, int64_t slab, int64_t blockM) const {
  Value first = b.mul(consumer(b), slabs(blockM) * kSlabRows);
  return b.add(first, slab * kSlabRows);
}

SmallVector<Value> Frame::accumulatorRows(ThreadBuilder &b, int64_t slab,
                                          int64_t blockM) const {
  Value first =
      b.add(b.add(slabRow(b, slab, blockM), b.mul(warpOfGroup(b), kWarpRows)),
            b.div(lane, 4));
  return {first, b.add(first, 8)};
}

SmallVector<Value> Frame::scaleRows(ThreadBuilder &b, int64_t turnedRows,
                                    int64_t slab, int64_t blockM) const {
  if (turnedRows == 0)
    return accumulatorRows(b, slab, blockM);
  Value first = b.mul(b.rem(lane, 4), 2);
  SmallVector<Value> rows;
  for (int64_t row = 0; row < turnedRows; row += 8) {
    rows.push_back(b.add(first, row));
    rows.push_back(b.add(first, row + 1));
  }
  return rows;
}

Value Frame::turnedColumn(ThreadBuilder &b) const {
  Value warpgroupColumn = b.mul(consumer(b), kSlabRows);
  return b.add(b.add(warpgroupColumn, b.mul(warpOfGroup(b), kWarpRows)),
               b.div(lane, 4));
}
