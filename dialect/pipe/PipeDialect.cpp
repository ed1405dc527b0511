//===- PipeDialect.cpp - types and registration ---------------------------===//

#include "dialect/pipe/PipeDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::pipe;

/// Parses `8x?x512xf32` into its shape and element type.
static ParseResult parseShapedElement(AsmParser &parser,
                                      SmallVectorImpl<int64_t> &shape,
                                      Type &elementType) {
  return failure(parser.parseDimensionList(shape) ||
                 parser.parseType(elementType));
}

static void printDim(AsmPrinter &printer, int64_t dim) {
  ShapedType::isDynamic(dim) ? printer << "?" : printer << dim;
}

static void printShapedElement(AsmPrinter &printer, ArrayRef<int64_t> shape,
                               Type elementType) {
  for (int64_t dim : shape) {
    printDim(printer, dim);
    printer << 'x';
  }
  printer << elementType;
}

static ParseResult parseDims(AsmParser &parser,
                             SmallVectorImpl<int64_t> &dims) {
  return parser.parseDimensionList(dims, /*allowDynamic=*/false,
                                   /*withTrailingX=*/false);
}

static void printDims(AsmPrinter &printer, ArrayRef<int64_t> dims) {
  llvm::interleave(
      dims, [&](int64_t dim) { printer << dim; }, [&] { printer << 'x'; });
}

static ParseResult parseMatrix(AsmParser &parser, int64_t &rows,
                               int64_t &columns, Type &elementType) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<int64_t> shape;
  if (parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(elementType))
    return failure();
  if (shape.size() != 2)
    return parser.emitError(loc, "expects rows x columns, got ")
           << shape.size() << " extents";
  rows = shape[0];
  columns = shape[1];
  return success();
}

static void printMatrix(AsmPrinter &printer, int64_t rows, int64_t columns,
                        Type elementType) {
  printShapedElement(printer, {rows, columns}, elementType);
}

static ParseResult parseTurned(AsmParser &parser, bool &turned) {
  turned = succeeded(parser.parseOptionalComma());
  return turned ? parser.parseKeyword("turned") : ParseResult(success());
}

static void printTurned(AsmPrinter &printer, bool turned) {
  if (turned)
    printer << ", turned";
}

#include "dialect/pipe/Pipedialect.cpp.inc"
#include "dialect/pipe/Pipeenum.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/pipe/Pipeattrdef.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/pipe/Pipetypedef.cpp.inc"

void PipeDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/pipe/Pipeattrdef.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/pipe/Pipetypedef.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/pipe/Pipeop.cpp.inc"
      >();
}

/// Of tiles and accumulators: they hold numbers of a known width.
static LogicalResult verifyMatrix(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t rows, int64_t columns,
                                  Type elementType) {
  if (rows < 1 || columns < 1)
    return emitError() << "expects at least one row and one column, got "
                       << rows << "x" << columns;
  if (!elementType.isIntOrFloat())
    return emitError() << "expects integers or floats as elements, got "
                       << elementType;
  return success();
}

LogicalResult TileType::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t rows, int64_t columns,
                               Type elementType) {
  return verifyMatrix(emitError, rows, columns, elementType);
}

LogicalResult PendingType::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t rows, int64_t columns,
                                  Type elementType, bool turned) {
  return verifyMatrix(emitError, rows, columns, elementType);
}

LogicalResult AccType::verify(function_ref<InFlightDiagnostic()> emitError,
                              int64_t rows, int64_t columns, Type elementType,
                              bool turned) {
  return verifyMatrix(emitError, rows, columns, elementType);
}

LogicalResult
TensorMapType::verify(function_ref<InFlightDiagnostic()> emitError,
                      ArrayRef<int64_t> shape, Type elementType,
                      ArrayRef<int64_t> box) {
  constexpr size_t maxRank = 5; // PTX ISA, "Tensors": 1 to 5 dimensions.
  constexpr int64_t maxBox = 256;
  if (shape.empty() || shape.size() > maxRank || box.size() != shape.size())
    return emitError() << "expects a box of as many extents as the tensor, 1 "
                          "to 5, got "
                       << box.size() << " for " << shape.size();
  if (!elementType.isIntOrFloat())
    return emitError() << "expects integers or floats as elements, got "
                       << elementType;
  for (int64_t extent : box)
    if (extent < 1 || extent > maxBox)
      return emitError() << "expects box extents of 1 to " << maxBox << ", got "
                         << extent;
  return success();
}

LogicalResult OutboxType::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t senders, int64_t rows) {
  constexpr int64_t idleWarps = 2; // Of a producer's four: two may load.
  if (senders < 1 || senders > idleWarps)
    return emitError() << "expects 1 to " << idleWarps << " senders, got "
                       << senders;
  if (rows < 8 || rows % 8)
    return emitError() << "expects rows in multiples of 8, got " << rows;
  return success();
}

LogicalResult RingType::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t stages, ArrayRef<Type> tiles) {
  if (stages < 2)
    return emitError() << "expects a ring of at least 2 stages, got " << stages;
  if (tiles.empty())
    return emitError() << "expects a ring of at least one tile";
  for (Type tile : tiles)
    if (!isa<TileType>(tile))
      return emitError() << "expects a ring of tiles, got " << tile;
  return success();
}
