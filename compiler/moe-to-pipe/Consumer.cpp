//===- Consumer.cpp - the role that drains the ring -----------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"
#include "compiler/schedule/Resources.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

void KernelWriter::writeConsumer() {
  writeRole(RoleKind::Consumer, schedule.consumers, schedule.consumerRegisters,
            [&](const Tile &tile) {
              writeByWidth(tile, [&] { writeTileIfRows(tile); });
            });
}

/// A tile has rows, but perhaps none for the second warpgroup, or for the
/// second block of a cluster. Swapped, all share them; and of tokens it is the
/// last tile only that may be so.
void KernelWriter::writeTileIfRows(const Tile &tile) {
  if (schedule.consumers * schedule.cluster == 1 || schedule.swapped ||
      shape.combined)
    return writeTile(tile);
  writeIf(
      HoldsRowsOp::create(b, b.getI1Type(), tile.rows),
      [&] { writeTile(tile); },
      [&] {
        writeEmptyDrains();
        noteStored();
      });
}

void KernelWriter::writeTile(const Tile &tile) {
  SmallVector<ColumnPiece> pieces = columnPieces(tile.column);
  if (shape.combined)
    return writeCombine(tile, pieces.front());
  RowTargets targets = readRowTargets(tile.row);
  Accumulators sums = writeKLoop();
  writeEpilogue(sums, targets, tile, pieces);
}

/// A warpgroup without rows only hands the slots back, in step with the others.
void KernelWriter::writeEmptyDrains() {
  auto writeEmptyDrain = [&](Value of, RingType type) {
    auto drain = DrainOp::create(b, TypeRange(), of);
    OpBuilder::InsertionGuard guard(b);
    openSlot(type, drain.getBody());
    YieldOp::create(b);
  };
  forGroups([&](Value) {
    if (!scaleRing)
      return writeEmptyDrain(ring, ringType());
    writeEmptyDrain(scaleRing, scaleRingType());
    forBlocks([&](Value) { writeEmptyDrain(ring, ringType()); });
  });
}

/// The sums slab by slab; and back.
SmallVector<Value> KernelWriter::flatten(const Accumulators &sums) {
  SmallVector<Value> flat;
  for (ArrayRef<Value> slab : sums)
    llvm::append_range(flat, slab);
  return flat;
}

KernelWriter::Accumulators KernelWriter::unflatten(ValueRange flat) {
  Accumulators sums;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    sums.emplace_back(flat.take_front(columns.pieces));
    flat = flat.drop_front(columns.pieces);
  }
  return sums;
}

KernelWriter::Accumulators KernelWriter::writeKLoop() {
  Value zero = ZerosOp::create(b, accType());
  Accumulators zeros(schedule.slabs(),
                     SmallVector<Value>(columns.pieces, zero));
  int64_t perRound = scaleRing ? scaleGroup(shape) : blocksAtOnce();
  return writeLoop(kBlocks(shape) / perRound, /*step=*/1, zeros,
                   [&](Value, const Accumulators &sums) {
                     return scaleRing ? writeGroup(sums)
                                      : writeKBlocks(sums, SlotScales());
                   });
}

/// A loop that hands sums from one round to the next.
KernelWriter::Accumulators KernelWriter::writeLoop(
    int64_t end, int64_t step, const Accumulators &first,
    function_ref<Accumulators(Value, const Accumulators &)> round) {
  auto loop =
      scf::ForOp::create(b, index(0), index(end), index(step), flatten(first));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Accumulators sums =
      round(loop.getInductionVar(), unflatten(loop.getRegionIterArgs()));
  scf::YieldOp::create(b, flatten(sums));
  return unflatten(loop.getResults());
}

/// The K blocks whose scales lie in one slot.
KernelWriter::Accumulators KernelWriter::writeGroup(const Accumulators &sums) {
  SmallVector<Type> types(flatten(sums).size(), accType());
  auto drain = DrainOp::create(b, types, scaleRing);
  OpBuilder::InsertionGuard guard(b);
  Block *slot = openSlot(scaleRingType(), drain.getBody());
  int64_t together = blocksAtOnce(), all = scaleGroup(shape);
  auto writeRound = [&](Value first, const Accumulators &sums) {
    return writeKBlocks(
        sums, {slot->getArgument(0), slot->getArgument(1), /*column=*/first});
  };
  Accumulators results = together == all
                             ? writeRound(index(0), sums)
                             : writeLoop(all, together, sums, writeRound);
  YieldOp::create(b, flatten(results));
  return unflatten(drain.getResults());
}

/// A warpgroup with few columns of accumulators is done with a K block in less
/// time than it takes from the barrier to the sums, so several go together, as
/// many as have room in registers beside the sums.
int64_t KernelWriter::blocksAtOnce() {
  // Rows of 64 columns, of the parts of all pieces and their sums: 128
  // registers.
  constexpr int64_t most = 4, mostRows = 256;
  if (!schedule.swapped)
    return 1;
  // The other slots are on their way meanwhile.
  int64_t together = std::clamp<int64_t>(schedule.stages / 3, 1, most);
  int64_t blocks = scaleRing ? scaleGroup(shape) : kBlocks(shape);
  int64_t rows = schedule.blockM * columns.pieces;
  while (together > 1 &&
         (blocks % together || (together + 1) * rows > mostRows))
    --together;
  return together;
}

/// A drain yields, slot by slot, parts where their adds can wait until the slot
/// is handed back, sums elsewhere; then the scales that the late adds need.
SmallVector<Type> KernelWriter::typesOfDrain() {
  int64_t slots = blocksAtOnce();
  SmallVector<Type> types(slots * schedule.slabs() * columns.pieces, accType());
  types.append(slots, RowScalesType::of(accType()));
  types.append(slots * columns.pieces, b.getF32Type());
  return types;
}

KernelWriter::Accumulators KernelWriter::writeKBlocks(const Accumulators &sums,
                                                      SlotScales scales) {
  int64_t slots = blocksAtOnce();
  auto drain = DrainOp::create(b, typesOfDrain(), ring, slots);
  writeDrain(drain, sums, scales);

  ValueRange results = drain.getResults();
  ValueRange parts = results.drop_back(slots * (1 + columns.pieces));
  ValueRange rowScales = results.slice(parts.size(), slots);
  ValueRange bScales = results.take_back(slots * columns.pieces);
  Accumulators next = sums;
  for (int64_t slot = 0; slot < slots; ++slot) {
    int64_t perSlot = parts.size() / slots;
    Accumulators drained = unflatten(parts.slice(slot * perSlot, perSlot));
    for (int64_t slab = 0; slab < schedule.slabs(); ++slab)
      for (int64_t piece = 0; piece < columns.pieces; ++piece) {
        Value part = drained[slab][piece];
        Value &sum = next[slab][piece];
        sum = isAddedLate(slab, piece)
                  ? Value(ScaleAddOp::create(
                        b, sum, part, rowScales[slot],
                        bScales[slot * columns.pieces + piece]))
                  : part;
      }
  }
  return next;
}

/// Registers hold all parts of a K block beside their sums; else one part.
bool KernelWriter::holdsAllParts() {
  constexpr int64_t most = 128; // columns of a slab
  return schedule.swapped ||
         (schedule.slabs() == 1 && columns.pieces * pieceColumns() <= most);
}

bool KernelWriter::isAddedLate(int64_t slab, int64_t piece) {
  bool last = slab + 1 == schedule.slabs() && piece + 1 == columns.pieces;
  return last || holdsAllParts();
}

KernelWriter::Slabs KernelWriter::readRowScales(const SlotScales &from) {
  Slabs scales;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab)
    scales.push_back(ReadRowScalesOp::create(b, RowScalesType::of(accType()),
                                             from.a, from.column, slab));
  return scales;
}

SmallVector<Value> KernelWriter::readBlockScales(const SlotScales &from) {
  SmallVector<Value> scales;
  for (int64_t piece = 0; piece < columns.pieces; ++piece)
    scales.push_back(ReadBlockScaleOp::create(b, from.b, piece, from.column));
  return scales;
}

void KernelWriter::writeDrain(DrainOp drain, const Accumulators &sums,
                              SlotScales from) {
  OpBuilder::InsertionGuard guard(b);
  auto slots = int64_t(drain.getSlots());
  Block *block = openSlot(ringType(), drain.getBody(), slots);
  ValueRange arguments = block->getArguments();
  int64_t perSlot = arguments.size() / slots;
  SmallVector<SlotTiles> tiles;
  SmallVector<Slabs> rowScales;
  SmallVector<SmallVector<Value>> scales;
  for (int64_t slot = 0; slot < slots; ++slot) {
    tiles.push_back(tilesOf(arguments.slice(slot * perSlot, perSlot)));
    SlotScales own = {tiles[slot].aScales, tiles[slot].bScales, Value()};
    if (scaleRing)
      own = {from.a, from.b,
             slot == 0
                 ? from.column
                 : Value(arith::AddIOp::create(b, from.column, index(slot)))};
    rowScales.push_back(readRowScales(own));
    scales.push_back(readBlockScales(own));
  }
  SmallVector<Value> yielded =
      holdsAllParts() ? writeProductsTogether(tiles)
                      : flatten(writeProductsInTurn(tiles[0], sums,
                                                    rowScales[0], scales[0]));
  for (const Slabs &ofSlot : rowScales)
    yielded.push_back(ofSlot.back());
  for (ArrayRef<Value> ofSlot : scales)
    llvm::append_range(yielded, ofSlot);
  YieldOp::create(b, yielded);
}

Value KernelWriter::startProduct(const SlotTiles &tiles, int64_t slab,
                                 int64_t piece, Value reuse) {
  AccType acc = accType();
  auto pending =
      PendingType::get(b.getContext(), acc.getRows(), acc.getColumns(),
                       acc.getElementType(), acc.getTurned());
  return MmaOp::create(b, pending, tiles.a, tiles.b[piece], slab, reuse);
}

KernelWriter::Accumulators
KernelWriter::writeProductsInTurn(const SlotTiles &tiles, Accumulators sums,
                                  const Slabs &rowScales,
                                  ArrayRef<Value> scales) {
  Value part;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    for (int64_t piece = 0; piece < columns.pieces; ++piece) {
      // One temporary serves all pieces: `reuse` keeps ptxas from holding two.
      // Of a single K block the parts are the sums: none is over when the next
      // one starts.
      Value reuse = kBlocks(shape) > 1 ? part : Value();
      Value pending = startProduct(tiles, slab, piece, reuse);
      part = MmaWaitOp::create(b, accType(), pending).getAccs()[0];
      Value &sum = sums[slab][piece];
      sum = isAddedLate(slab, piece)
                ? part
                : Value(ScaleAddOp::create(b, sum, part, rowScales[slab],
                                           scales[piece]));
    }
  }
  return sums;
}

/// A small product is over in less time than its start takes: all run at once.
SmallVector<Value>
KernelWriter::writeProductsTogether(ArrayRef<SlotTiles> tiles) {
  SmallVector<Value> pending;
  for (const SlotTiles &slot : tiles)
    for (int64_t piece = 0; piece < columns.pieces; ++piece)
      pending.push_back(
          startProduct(slot, /*slab=*/0, piece, /*reuse=*/Value()));
  SmallVector<Type> types(pending.size(), accType());
  auto wait = MmaWaitOp::create(b, types, pending);
  return SmallVector<Value>(wait.getAccs());
}
