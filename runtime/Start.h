//===- Start.h - when a kernel of a call may start --------------*- C++ -*-===//
#ifndef MOE_RUNTIME_START_H
#define MOE_RUNTIME_START_H

namespace moert {

/// When a kernel may start, after what stands before it on the stream.
///
/// `early` is programmatic dependent launch: the kernel starts once every block
/// of the one before it has begun or ended, and waits (griddepcontrol.wait)
/// until that one is done before it reads what an earlier kernel of the call
/// writes, or writes what an earlier one reads. Every kernel of the chain waits
/// in each of its threads before it exits, so one that is done vouches for all
/// before it. One exception: down may read rows of h that up has counted
/// (Tensor::hProgress) while up still runs, and write what it makes of them,
/// which up does not touch; all kernels before up are over by then. The first
/// kernel of a call starts afterAll: whatever the caller, or the previous call,
/// enqueued before is then done for the whole call.
enum class Start { afterAll, early };

} // namespace moert

#endif // MOE_RUNTIME_START_H
