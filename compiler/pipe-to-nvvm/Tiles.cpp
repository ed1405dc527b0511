//===- Tiles.cpp - the persistent tile loop -------------------------------===//

#include "compiler/pipe-to-nvvm/Patterns.h"
#include "compiler/pipe-to-nvvm/Queue.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

/// What the loop knows of a tile before it comes to it. It is read one tile
/// ahead: a tile may be over in less time than these loads take one after the
/// other.
struct TileInfo {
  Value row, column, expert, rows;
  Value shared; ///< Of a pair of row tiles; null elsewhere.

  SmallVector<Value> values() const {
    SmallVector<Value> values = {row, column, expert, rows};
    if (shared)
      values.push_back(shared);
    return values;
  }
  static TileInfo of(ValueRange v) {
    return {v[0], v[1], v[2], v[3], v.size() > 4 ? v[4] : Value()};
  }
};

class TileLoop {
public:
  /// `queue` is null where tiles are dealt out in turn.
  TileLoop(TilesOp op, QueueLowering *queue, const Frame &frame)
      : op(op), queue(queue), frame(frame), b(op.getLoc(), op),
        role(op->getParentOfType<RoleOp>()), cluster(op.getCluster()),
        rowCluster(op.getClusterRowTiles()),
        columnCluster(op.getClusterColumnTiles()) {}

  void lower() {
    Type i32 = b.getI32Type();
    if (op.getRows())
      countRows();
    else
      countUsedRows();
    tiles = b.mul(rowTiles, columnTiles());
    if (queue)
      queue->begin(role, b);
    Value first = b.div(NVVM::BlockIdXOp::create(b, i32), cluster);
    if (op.getPaced())
      pace(first);
    writeLoop(first);
    if (queue)
      queue->end(role, b);
    op.erase();
  }

private:
  /// Blocks of a cluster count as one, and what they walk together too.
  void countUsedRows() {
    expertIds = b.asRegisters(op.getExpertIds(), b.globalPtr())[0];
    blockRows = b.asRegisters(op.getBlockRows(), b.globalPtr())[0];
    Value used = b.load(b.getI32Type(),
                        b.asRegisters(op.getUsedRows(), b.globalPtr())[0]);
    rowTiles = b.div(used, int64_t(op.getBlockM() * rowCluster));
  }

  /// Rows of nobody; the last tile has what is left.
  void countRows() {
    allRows = b.toI32(op.getRows());
    int64_t blockM = op.getBlockM();
    rowTiles = b.div(b.add(allRows, blockM - 1), blockM);
  }

  /// Tiles that whole rounds leave go to the first blocks.
  void pace(Value first) {
    Value blocks = walkers();
    Value over = b.rem(tiles, blocks);
    Value others = b.add(b.div(tiles, blocks), 1); // tiles of those with more
    Value fewer = b.bitAnd(b.compare(arith::CmpIPredicate::ne, over, 0),
                           b.compare(arith::CmpIPredicate::uge, first, over));
    Value leftOut = b.div(b.constant(frame.pacedSlots), others);
    LLVM::StoreOp::create(b, b.select(fewer, leftOut, b.constant(0)),
                          frame.slotsLeftOut);
  }

  /// while (tile < tiles): the tile's number and what is known of it go round.
  void writeLoop(Value first) {
    OpBuilder::InsertionGuard guard(b);
    SmallVector<Value> start = read(first).values();
    start.insert(start.begin(), first);
    SmallVector<Type> types =
        llvm::map_to_vector(start, [](Value value) { return value.getType(); });
    SmallVector<Location> locations(start.size(), b.getLoc());
    auto loop = scf::WhileOp::create(b, types, start);
    Block *before = b.createBlock(&loop.getBefore(), {}, types, locations);
    Value more =
        b.compare(arith::CmpIPredicate::slt, before->getArgument(0), tiles);
    scf::ConditionOp::create(b, more, before->getArguments());
    Block *body = b.createBlock(&loop.getAfter(), {}, types, locations);
    Value next = nextOf(body->getArgument(0));
    SmallVector<Value> known = read(next).values();
    known.insert(known.begin(), next);
    auto end = scf::YieldOp::create(b, known);
    b.setInsertionPoint(end);
    moveBody(TileInfo::of(body->getArguments().drop_front()));
  }

  Value nextOf(Value tile) {
    if (queue)
      return queue->next(role, b);
    return b.add(tile, walkers());
  }

  /// Blocks, or clusters, that share the tiles.
  Value walkers() {
    return b.div(NVVM::GridDimXOp::create(b, b.getI32Type()), cluster);
  }

  /// Groups of group_m row tiles are walked column by column, so that the
  /// weights of a column stay in L2 for the group. Behind the last tile that
  /// tile is read again.
  TileInfo read(Value tile) {
    int64_t groupM = op.getGroupM(), perGroup = groupM * columnTiles();
    tile = b.min(tile, b.sub(tiles, b.constant(1)));
    Value none = b.compare(arith::CmpIPredicate::slt, tile, int64_t(0));
    tile = b.select(none, b.constant(0), tile);
    Value inGroup = b.rem(tile, perGroup);
    Value first = b.mul(b.div(tile, perGroup), groupM);
    // The last group may be lower.
    Value height = b.min(b.sub(rowTiles, first), b.constant(groupM));
    height = b.select(none, b.constant(1), height);

    TileInfo info;
    Value rowTile = b.add(first, b.rem(inGroup, height));
    info.row = b.mul(rowTile, int64_t(op.getBlockM() * rowCluster));
    info.column = ofCluster(b.div(inGroup, height), columnCluster);
    if (allRows) {
      info.expert = b.constant(0);
      info.rows = b.sub(allRows, info.row);
      return info;
    }
    int64_t alignment = op.getRowAlignment();
    Value entry = b.toI64(b.div(info.row, alignment));
    Type i32 = b.getI32Type();
    info.expert = b.load(i32, b.element(expertIds, i32, entry));
    info.rows = b.sub(b.load(i32, b.element(blockRows, i32, entry)),
                      b.rem(info.row, alignment));
    if (rowCluster > 1)
      takeOfPair(info);
    return info;
  }

  /// Of a pair of row tiles, this block's; or of the first one, if it is alone,
  /// this block's column, as long as there are columns.
  void takeOfPair(TileInfo &info) {
    Value rank = frame.rank(b), zero = b.constant(0);
    info.shared =
        b.compare(arith::CmpIPredicate::sgt, info.rows, op.getBlockM());
    Value skipped =
        b.select(info.shared, b.mul(rank, int64_t(op.getBlockM())), zero);
    info.row = b.add(info.row, skipped);

    Value columns = b.constant(op.getColumnTiles());
    Value pairColumn = b.mul(info.column, rowCluster);
    Value column = b.add(pairColumn, rank);
    auto isColumn = [&](Value column) {
      return b.compare(arith::CmpIPredicate::slt, column, columns);
    };
    Value minusOne = b.constant(-1);
    Value loneExpert = b.select(isColumn(pairColumn), info.expert, minusOne);
    info.expert = b.select(info.shared, info.expert, loneExpert);
    Value some = b.compare(arith::CmpIPredicate::sgt, info.rows, int64_t(0));
    info.expert = b.select(some, info.expert, minusOne);
    Value loneRows = b.select(isColumn(column), info.rows, zero);
    info.rows = b.select(info.shared, b.sub(info.rows, skipped), loneRows);
    column = b.min(column, b.sub(columns, b.constant(1)));
    info.column = b.select(info.shared, info.column, column);
  }

  int64_t columnTiles() { return op.getColumnTiles() / columnCluster; }

  /// This block's tile of the `count` that the cluster has at `number`.
  Value ofCluster(Value number, int64_t count) {
    return count == 1 ? number : b.add(b.mul(number, count), frame.rank(b));
  }

  void moveBody(const TileInfo &tile) {
    Value ours = b.compare(arith::CmpIPredicate::sge, tile.expert, int64_t(0));
    SmallVector<Value> arguments = {b.toIndex(tile.expert), b.toIndex(tile.row),
                                    b.toIndex(tile.column),
                                    b.toIndex(tile.rows)};
    if (tile.shared) // and both blocks of a pair pass over together
      arguments.push_back(tile.shared);
    else
      ours = b.bitAnd(
          ours, b.compare(arith::CmpIPredicate::sgt, tile.rows, int64_t(0)));
    auto branch = scf::IfOp::create(b, ours, /*withElseRegion=*/false);
    Block &body = op.getBody().front();
    body.getTerminator()->erase();
    IRRewriter(b).inlineBlockBefore(&body, branch.thenBlock()->getTerminator(),
                                    arguments);
  }

  TilesOp op;
  QueueLowering *queue;
  const Frame &frame;
  ThreadBuilder b;
  RoleOp role;
  int64_t cluster, rowCluster, columnCluster;
  Value expertIds, blockRows; ///< Null where rows belong to nobody.
  Value allRows;              ///< Their number there, null elsewhere.
  Value rowTiles, tiles;
};

} // namespace

void mlir::pipe::lowerTiles(LLVM::LLVMFuncOp kernel, const Frame &frame) {
  SmallVector<TilesOp> loops;
  kernel.walk([&](TilesOp op) { loops.push_back(op); });
  llvm::MapVector<Value, SmallVector<TilesOp>> byQueue;
  for (TilesOp op : loops)
    byQueue[op.getQueue()].push_back(op);
  for (TileQueueOp queue :
       llvm::to_vector(kernel.getBody().getOps<TileQueueOp>()))
    if (queue->use_empty())
      queue.erase();
  for (auto &[value, ops] : byQueue) {
    std::optional<QueueLowering> queue;
    auto source = value ? value.getDefiningOp<TileQueueOp>() : TileQueueOp();
    for (TilesOp op : ops)
      op.getQueueMutable().clear();
    if (source)
      queue.emplace(source, frame);
    for (TilesOp op : ops)
      TileLoop(op, queue ? &*queue : nullptr, frame).lower();
  }
}
