/*===- moert_c.h - the C ABI of moert -------------------------------------===*\
|*                                                                            *|
|* The same as moert.h for C and for languages that call C. Every function    *|
|* that can fail returns a status; moert_last_error() says what was wanted    *|
|* and what was got.                                                          *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
#ifndef MOERT_MOERT_C_H
#define MOERT_MOERT_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct CUstream_st; /* a CUstream or cudaStream_t points to one */

/* What a call returns; the meanings are those of moert::ErrorCode. */
enum moert_status {
  MOERT_OK = 0,
  MOERT_INVALID_ARGUMENT = 1,
  MOERT_WORKSPACE_TOO_SMALL = 2,
  MOERT_BAD_MANIFEST = 3,
  MOERT_BAD_CUBIN = 4,
  MOERT_NO_DRIVER = 5,
  MOERT_NO_DEVICE = 6,
  MOERT_CUDA_ERROR = 7,
  MOERT_INTERNAL_ERROR = 8 /* out of memory, for example */
};

/* The steps of a call, in order; see moert::Stage. */
enum moert_stage {
  MOERT_STAGE_ROUTE = 0,
  MOERT_STAGE_QUANTISE = 1,
  MOERT_STAGE_UP = 2,
  MOERT_STAGE_DOWN = 3,
  MOERT_STAGE_COMBINE = 4
};

/* A loaded layer: immutable, may be shared by threads and streams. */
typedef struct moert_layer moert_layer;

/* The layer's extents; see moert::LayerDescription. */
typedef struct moert_layer_info {
  const char *name; /* lives as long as the layer */
  int64_t experts;  /* E, the shared ones among them, last */
  int64_t shared_experts;
  int64_t slots;               /* S, the shared ones among them, last */
  int64_t hidden;              /* H */
  int64_t intermediate;        /* I */
  int64_t scale_offset;        /* o */
  int64_t hidden_blocks;       /* ceil(H / 128) */
  int64_t intermediate_blocks; /* G = ceil((o + I) / 128) */
  double routed_scaling_factor;
} moert_layer_info;

/* Device pointers and extents of one call, row major. Pointers are 16-byte
   aligned, topk_ids and topk_weights 4-byte, workspace 256-byte. */
typedef struct moert_args {
  int64_t tokens;            /* T; 0 makes the call a no-op */
  const void *x;             /* [T, H] bf16; not read if x_quantised is given */
  const void *x_quantised;   /* [T, H] e4m3, or null */
  const float *x_scales;     /* [T, ceil(H/128)], with x_quantised */
  const int32_t *topk_ids;   /* [T, S] in -1 ... E-1; -1 contributes zero */
  const float *topk_weights; /* [T, S] */
  const void *w13;           /* [E, 2I, H] e4m3, gate rows first */
  const float *w13_scales;   /* [E, 2G, ceil(H/128)], gate's G rows first */
  const void *w2;            /* [E, H, I] e4m3 */
  const float *w2_scales;    /* [E, ceil(H/128), G] */
  void *out;                 /* [T, H] bf16; every element is written. Whether
                                again with the same bits: moert::FusedMoe */
  void *workspace;
  size_t workspace_bytes; /* what moert_workspace_bytes says, or more */
} moert_args;

/* Loads a directory that moe-codegen wrote. If check_ids is not 0, every call
   checks topk_ids on the device and waits for the answer. *layer is null after
   a failure. */
int moert_load(const char *directory, int check_ids, moert_layer **layer);

/* Frees a layer; null is allowed. No call on it may be in flight. */
void moert_free(moert_layer *layer);

int moert_info(const moert_layer *layer, moert_layer_info *info);

/* Bytes of workspace that are enough for a call with `tokens` tokens and for
   every call with fewer. */
int moert_workspace_bytes(const moert_layer *layer, int64_t tokens,
                          size_t *bytes);

/* Enqueues the layer on `stream` (null: the default stream) and returns before
   it has run. Allocates nothing, never synchronises (but see check_ids), may
   be captured in a CUDA graph. One workspace serves one call in flight. */
int moert_run(const moert_layer *layer, const moert_args *args,
              struct CUstream_st *stream);

/* Enqueues one stage (enum moert_stage) alone; the stages before it must have
   run in the same workspace. */
int moert_run_stage(const moert_layer *layer, int stage, const moert_args *args,
                    struct CUstream_st *stream);

/* What the last failed call of this thread said; "" if none failed. Valid
   until this thread's next call. */
const char *moert_last_error(void);

#ifdef __cplusplus
}
#endif

#endif /* MOERT_MOERT_C_H */
