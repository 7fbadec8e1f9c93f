/* Thimble's side: the firmware's own stack.c and sandbox.c, with this application. */
#include <string.h>

#include "abi.h"
#include "app.h"
#include "board.h"
#include "meter.h"
#include "port.h"
#include "sandbox.h"
#include "stack.h"

static int32_t discard_listener, generate_listener, discarding = -1, generating = -1;

static uint32_t result(int index) {
  return *(const uint32_t *)sandbox_bytes(*w2c_thimble_RESULT(&thimble) + 4 * (uint32_t)index, 4);
}

static int32_t listen_at(uint16_t port) {
  uint32_t socket = w2c_thimble_socket(&thimble, SOCKET_STREAM, 0), any = *w2c_thimble_SCRATCH(&thimble);
  memset(sandbox_bytes(any, 16), 0, 16);
  stack_check("socket", socket);
  stack_check("bind", w2c_thimble_bind(&thimble, socket, any, port));
  stack_check("listen", w2c_thimble_listen(&thimble, socket, 1));
  return (int32_t)socket;
}

void app_start(void) {
  discard_listener = listen_at(DISCARD_PORT);
  generate_listener = listen_at(GENERATE_PORT);
}

static void discard(void) {
  int32_t bytes;
  while ((bytes = (int32_t)w2c_thimble_recvPeek(&thimble, discarding)) > 0) {
    w2c_thimble_recvConsume(&thimble, discarding, (uint32_t)bytes);
    meter_count((uint32_t)bytes);
  }
}

static void generate(void) {
  int32_t room;
  while ((room = (int32_t)w2c_thimble_sendRoom(&thimble, generating, 0, 0)) > 0) {
    uint32_t bytes = room < SEGMENT_BYTES ? (uint32_t)room : SEGMENT_BYTES;
    memcpy(sandbox_bytes(result(RESULT_POINTER), bytes), meter_pattern, bytes);
    w2c_thimble_sendCommit(&thimble, generating, bytes);
    meter_count(bytes);
  }
}

bool app_serve(void) {
  bool busy = false;
  for (;;) {
    int32_t socket = (int32_t)w2c_thimble_event(&thimble);
    if (socket < 0) return busy;
    busy = true;
    if (socket == discard_listener) discarding = (int32_t)w2c_thimble_accept(&thimble, socket);
    if (socket == generate_listener) generating = (int32_t)w2c_thimble_accept(&thimble, socket);
    if (discarding >= 0) discard();
    if (generating >= 0) generate();
  }
}

void bench_start(void) {}

uint64_t bench_turn(void) {
  for (;;) {
    uint64_t now = port_micros(), next = stack_turn(now);
    if (next > now) return next;
  }
}
