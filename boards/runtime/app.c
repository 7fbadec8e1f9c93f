#include "app.h"

#include <stdint.h>
#include <string.h>

#include "abi.h"
#include "board.h"
#include "sandbox.h"
#include "stack.h"

enum { ECHO_PORT = 7, PAGE_PORT = 80, BACKLOG = 4 };

static const char page[] =
    "HTTP/1.0 200 OK\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Connection: close\r\n"
    "\r\n"
    "<!doctype html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" BOARD_NAME "</title></head>\n"
    "<body><h1>Thimble on " BOARD_NAME "</h1>\n"
    "<p>This page left a microcontroller through a TCP/IP stack that is one WebAssembly module in a fixed block of memory.\n"
    "The very same bytes run in Node: their SHA-256 is</p>\n"
    "<pre>" WASM_SHA256 "</pre>\n"
    "</body></html>\n";

/* How far into the blank line that ends a request its bytes have come; then all of the page may be sent. */
static const char end_of_request[] = "\r\n\r\n";

enum service { FREE, ECHO, PAGE };
struct connection {
  enum service service;
  int32_t socket;
  uint8_t matched;
  uint16_t sent;
};
static struct connection connections[TCBS];
static int32_t echo_listener, page_listener, echo_datagrams;

/* A socket with that port, at every address of the stack. */
static int32_t bound_socket(uint32_t kind, uint16_t port) {
  uint32_t socket = w2c_thimble_socket(&thimble, kind, 0), any = *w2c_thimble_SCRATCH(&thimble);
  memset(sandbox_bytes(any, 16), 0, 16);
  stack_check("socket", socket);
  stack_check("bind", w2c_thimble_bind(&thimble, socket, any, port));
  return (int32_t)socket;
}

static int32_t listen_at(uint16_t port) {
  int32_t socket = bound_socket(SOCKET_STREAM, port);
  stack_check("listen", w2c_thimble_listen(&thimble, (uint32_t)socket, BACKLOG));
  return socket;
}

void app_start(void) {
  memset(connections, 0, sizeof connections);
  echo_listener = listen_at(ECHO_PORT);
  page_listener = listen_at(PAGE_PORT);
  echo_datagrams = bound_socket(SOCKET_DATAGRAM, ECHO_PORT);
}

/* Word `index` of what the last call left. */
static uint32_t result(int index) {
  uint32_t word;
  memcpy(&word, sandbox_bytes(*w2c_thimble_RESULT(&thimble) + 4 * (uint32_t)index, 4), 4);
  return word;
}

static struct connection *find(int32_t socket) {
  for (unsigned i = 0; i < TCBS; i++) {
    if (connections[i].service != FREE && connections[i].socket == socket) return &connections[i];
  }
  return NULL;
}

static void end(struct connection *connection) {
  w2c_thimble_close(&thimble, connection->socket);
  connection->service = FREE;
}

/* What has come goes back, as far as there is room for it; the rest waits, and with it the peer. */
static void serve_echo(struct connection *connection) {
  for (;;) {
    int32_t bytes = (int32_t)w2c_thimble_recvPeek(&thimble, connection->socket);
    if (bytes == -ERRNO_EAGAIN) return;
    if (bytes <= 0) {
      end(connection);
      return;
    }
    int32_t written = (int32_t)w2c_thimble_write(&thimble, connection->socket, result(RESULT_POINTER), (uint32_t)bytes);
    if (written <= 0) return;
    w2c_thimble_recvConsume(&thimble, connection->socket, (uint32_t)written);
  }
}

static bool is_asked(struct connection *connection) {
  while (connection->matched < sizeof end_of_request - 1) {
    int32_t bytes = (int32_t)w2c_thimble_recvPeek(&thimble, connection->socket);
    if (bytes == -ERRNO_EAGAIN) return false;
    if (bytes <= 0) {
      end(connection);
      return false;
    }
    const char *text = sandbox_bytes(result(RESULT_POINTER), (uint32_t)bytes);
    for (int32_t i = 0; i < bytes && connection->matched < sizeof end_of_request - 1; i++) {
      if (text[i] == end_of_request[connection->matched]) connection->matched++;
      else connection->matched = text[i] == '\r';
    }
    w2c_thimble_recvConsume(&thimble, connection->socket, (uint32_t)bytes);
  }
  return true;
}

static void serve_page(struct connection *connection) {
  if (!is_asked(connection)) return;
  while (connection->sent < sizeof page - 1) {
    int32_t room = (int32_t)w2c_thimble_sendRoom(&thimble, connection->socket, 0, 0);
    if (room == -ERRNO_EAGAIN) return;
    if (room <= 0) break;
    uint32_t left = sizeof page - 1 - connection->sent;
    uint32_t bytes = (uint32_t)room < left ? (uint32_t)room : left;
    memcpy(sandbox_bytes(result(RESULT_POINTER), bytes), page + connection->sent, bytes);
    w2c_thimble_sendCommit(&thimble, connection->socket, bytes);
    connection->sent += bytes;
  }
  end(connection);
}

static void serve(struct connection *connection) {
  if (connection->service == ECHO) serve_echo(connection);
  else if (connection->service == PAGE) serve_page(connection);
}

/* There are as many places as control blocks, so each connection finds one. */
static void accept_from(int32_t listener, enum service service) {
  for (;;) {
    int32_t socket = (int32_t)w2c_thimble_accept(&thimble, listener);
    if (socket < 0) return;
    for (unsigned i = 0; i < TCBS; i++) {
      if (connections[i].service != FREE) continue;
      connections[i] = (struct connection){.service = service, .socket = socket};
      serve(&connections[i]);
      break;
    }
  }
}

static void serve_datagrams(void) {
  for (;;) {
    int32_t bytes = (int32_t)w2c_thimble_recvPeek(&thimble, echo_datagrams);
    if (bytes < 0) return;
    uint32_t from = result(RESULT_POINTER), port = result(RESULT_PORT);
    uint32_t address = *w2c_thimble_RESULT(&thimble) + 4 * RESULT_ADDRESS, sender = *w2c_thimble_SCRATCH(&thimble);
    memcpy(sandbox_bytes(sender, 16), sandbox_bytes(address, 16), 16);
    int32_t room = (int32_t)w2c_thimble_sendRoom(&thimble, echo_datagrams, 0, 0);
    if (room >= bytes) {
      uint32_t to = result(RESULT_POINTER);
      memcpy(sandbox_bytes(to, (uint32_t)bytes), sandbox_bytes(from, (uint32_t)bytes), (uint32_t)bytes);
      w2c_thimble_sendTo(&thimble, echo_datagrams, (uint32_t)bytes, sender, port);
    }
    /* An echo that finds no room is lost, as datagrams may be. */
    w2c_thimble_recvConsume(&thimble, echo_datagrams, (uint32_t)bytes);
  }
}

bool app_serve(void) {
  bool busy = false;
  for (;;) {
    int32_t socket = (int32_t)w2c_thimble_event(&thimble);
    if (socket < 0) return busy;
    busy = true;
    uint32_t mask = result(RESULT_MASK);
    if (socket == echo_listener) accept_from(socket, ECHO);
    else if (socket == page_listener) accept_from(socket, PAGE);
    else if (socket == echo_datagrams) serve_datagrams();
    else {
      struct connection *connection = find(socket);
      if (!connection) continue;
      if (mask & EVENT_ERROR) end(connection);
      else serve(connection);
    }
  }
}
