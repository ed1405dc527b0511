/* host_app.c - a layer through the C ABI: load, describe, size.
   Usage: host_app_c DIRECTORY */
#include "moert/moert_c.h"

#include <stdio.h>

int main(int argc, char **argv) {
  moert_layer *layer;
  moert_layer_info info;
  size_t bytes;
  int status;

  if (argc != 2) {
    fprintf(stderr, "usage: host_app_c DIRECTORY\n");
    return 1;
  }
  status = moert_load(argv[1], /*check_ids=*/0, &layer);
  if (status == MOERT_NO_DRIVER || status == MOERT_NO_DEVICE) {
    printf("not loaded, no Hopper GPU: %s\n", moert_last_error());
    return 0;
  }
  if (status == MOERT_OK)
    status = moert_info(layer, &info);
  if (status == MOERT_OK)
    status = moert_workspace_bytes(layer, 16, &bytes);
  if (status != MOERT_OK) {
    fprintf(stderr, "host_app_c: error: %s\n", moert_last_error());
    return 1;
  }
  printf("%s: %lld experts, %lld slots, %lu bytes of workspace for 16 tokens\n",
         info.name, (long long)info.experts, (long long)info.slots,
         (unsigned long)bytes);
  moert_free(layer);
  return 0;
}
