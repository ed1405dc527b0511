//===- MoeDialect.cpp - attributes and registration -----------------------===//

#include "dialect/moe/MoeDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::moe;

/// Parses `128x256`: as many numbers as there are results.
static ParseResult parseExtents(AsmParser &parser,
                                ArrayRef<int64_t *> results) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<int64_t> extents;
  if (parser.parseDimensionList(extents, /*allowDynamic=*/false,
                                /*withTrailingX=*/false))
    return failure();
  if (extents.size() != results.size())
    return parser.emitError(loc, "expects ")
           << results.size() << " numbers joined by 'x', got "
           << extents.size();
  for (auto [result, extent] : llvm::zip_equal(results, extents))
    *result = extent;
  return success();
}

static ParseResult parseBlock(AsmParser &parser, int64_t &rows,
                              int64_t &columns) {
  return parseExtents(parser, {&rows, &columns});
}

static void printBlock(AsmPrinter &printer, int64_t rows, int64_t columns) {
  printer << rows << 'x' << columns;
}

static ParseResult parseTile(AsmParser &parser, int64_t &m, int64_t &n,
                             int64_t &k) {
  return parseExtents(parser, {&m, &n, &k});
}

static void printTile(AsmPrinter &printer, int64_t m, int64_t n, int64_t k) {
  printer << m << 'x' << n << 'x' << k;
}

static ParseResult parseSwapped(AsmParser &parser, bool &swapped) {
  swapped = succeeded(parser.parseOptionalKeyword("swapped"));
  return success();
}

static void printSwapped(AsmPrinter &printer, bool swapped) {
  if (swapped)
    printer << " swapped";
}

static ParseResult parseCopiedRows(AsmParser &parser, bool &copiedRows) {
  copiedRows = succeeded(parser.parseOptionalKeyword("copied_rows"));
  return success();
}

static void printCopiedRows(AsmPrinter &printer, bool copiedRows) {
  if (copiedRows)
    printer << " copied_rows";
}

#include "dialect/moe/Moedialect.cpp.inc"
#include "dialect/moe/Moeenum.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/moe/Moeattrdef.cpp.inc"

void MoeDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/moe/Moeattrdef.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/moe/Moeop.cpp.inc"
      >();
}

static Schedule toSchedule(int64_t blockM, int64_t blockN, int64_t blockK,
                           int64_t stages, int64_t consumers, int64_t groupM,
                           int64_t producerRegisters, int64_t consumerRegisters,
                           int64_t cluster, bool swapped, bool copiedRows) {
  return {blockM,
          blockN,
          blockK,
          stages,
          consumers,
          groupM,
          producerRegisters,
          consumerRegisters,
          cluster,
          swapped,
          copiedRows};
}

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t blockM, int64_t blockN,
                                   int64_t blockK, int64_t stages,
                                   int64_t consumers, int64_t groupM,
                                   int64_t producerRegisters,
                                   int64_t consumerRegisters, int64_t cluster,
                                   bool swapped, bool copiedRows) {
  if (auto law = brokenLaw(toSchedule(
          blockM, blockN, blockK, stages, consumers, groupM, producerRegisters,
          consumerRegisters, cluster, swapped, copiedRows)))
    return emitError() << "schedule " << *law;
  return success();
}

ScheduleAttr ScheduleAttr::get(MLIRContext *context, const Schedule &s) {
  return get(context, s.blockM, s.blockN, s.blockK, s.stages, s.consumers,
             s.groupM, s.producerRegisters, s.consumerRegisters, s.cluster,
             s.swapped, s.copiedRows);
}

Schedule ScheduleAttr::getSchedule() const {
  return toSchedule(getBlockM(), getBlockN(), getBlockK(), getStages(),
                    getConsumers(), getGroupM(), getProducerRegisters(),
                    getConsumerRegisters(), getCluster(), getSwapped(),
                    getCopiedRows());
}
