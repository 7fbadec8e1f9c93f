// The works of the comparison (peers/works.ts) as an application inside the module, as lwIP's and smoltcp's are compiled
// together with their stacks. A module may be the client's, the server's, or both. Every byte is compared on arrival.

import {
  accept,
  close,
  connect,
  datagramsAt,
  Errno,
  Event,
  lentAt,
  listenAt,
  peek,
  SocketKind,
  SocketOption,
  setOption,
  socket,
  take,
  write,
} from "thimble-tcpip/assembly";

/** As peers/works.ts numbers them. */
const enum Work {
  BULK = 0,
  ROUND_TRIPS = 1,
  CONNECTIONS = 2,
  DATAGRAMS = 3,
}

/** What the host asks for (inside/works.ts). */
const enum Operation {
  /** This end is the server: work, bytes of a message, packets of a window. */
  SERVE = 0,
  /** It is the client: work, bytes of a message, packets of a window, where the server's address lies. */
  BEGIN = 1,
  /** So many operations more; of bulk, bytes. */
  DEMAND = 2,
  /** Operations, or bytes, that have come to their end; -1 when something came that was not sent. */
  DONE = 3,
  /** The next connection, or the next volley of datagrams: when those before have come to their end. */
  NEXT = 4,
}

const PORT: u32 = 7000;
const BACKLOG: u32 = 8;
const REQUEST: u8 = 0x3f;
const ANSWER: u8 = 0x21;
const VOLLEY: u32 = 64;
/** The stream repeats this many random bytes; as many as one write takes lie behind them once more. */
const PERIOD: u32 = 61 * 1460;
const LONGEST: u32 = 0x10000;
const PAYLOAD: usize = memory.data(61 * 1460 + 0x10000, 8);
/** One byte to be sent. */
const BYTE: usize = memory.data(1, 1);

@unmanaged
@final
class State {
  work: u32;
  messageBytes: u32;
  packets: u32;
  /** Where the server's address lies. */
  address: usize;
  listener: i32;
  near: i32;
  far: i32;
  isOpen: u32;
  isWrong: u32;
  demanded: u32;
  begun: u32;
  /** Of the client and of the server: operations, or bytes, that have come to their end. */
  answered: u32;
  served: u32;
  /** Places in the stream: of the client's next byte to write and to read, and of the server's. */
  nearOut: u32;
  nearIn: u32;
  farOut: u32;
  farIn: u32;
}

const state: State = changetype<State>(memory.data(offsetof<State>(), 8));

export function start(): void {
  let random: u32 = 0x9e3779b9;
  for (let i: usize = 0; i < PERIOD; i++) {
    random ^= random << 13;
    random ^= random >> 17;
    random ^= random << 5;
    store<u8>(PAYLOAD + i, <u8>random);
  }
  memory.copy(PAYLOAD + PERIOD, PAYLOAD, LONGEST);
  state.listener = -1;
  state.near = -1;
  state.far = -1;
}

export function call(operation: u32, a: u32, b: u32, c: u32, d: u32): i32 {
  switch (operation) {
    case Operation.SERVE:
      choose(a, b, c);
      return openServer();
    case Operation.BEGIN:
      choose(a, b, c);
      state.address = d;
      return a == Work.CONNECTIONS ? 0 : openClient();
    case Operation.DEMAND:
      state.demanded += a;
      if (state.work == Work.BULK && state.isOpen) writeBulk();
      if (state.work == Work.ROUND_TRIPS && state.isOpen) beginTrip();
      return 0;
    case Operation.DONE:
      if (state.isWrong) return -1;
      return state.work == Work.ROUND_TRIPS || state.work == Work.CONNECTIONS ? state.answered : state.served;
    case Operation.NEXT:
      return next();
    default:
      return -Errno.EOPNOTSUPP;
  }
}

function choose(work: u32, messageBytes: u32, packets: u32): void {
  state.work = work;
  state.messageBytes = messageBytes;
  state.packets = packets;
}

function openServer(): i32 {
  if (state.work == Work.DATAGRAMS) {
    state.far = datagramsAt(PORT);
    return state.far;
  }
  state.listener = listenAt(PORT, BACKLOG);
  limitWindow(state.listener);
  return state.listener;
}

function openClient(): i32 {
  state.near = socket(state.work == Work.DATAGRAMS ? SocketKind.DATAGRAM : SocketKind.STREAM);
  if (state.near < 0) return state.near;
  if (state.work != Work.DATAGRAMS) {
    limitWindow(state.near);
    setOption(state.near, SocketOption.NO_DELAY, 1); // a run's last piece is short: it is not to wait for an ACK
  }
  const answer = connect(state.near, state.address, PORT);
  return answer == -Errno.EINPROGRESS ? 0 : answer;
}

function limitWindow(stream: i32): void {
  setOption(stream, SocketOption.RECEIVE_PACKETS, state.packets);
  setOption(stream, SocketOption.SEND_PACKETS, state.packets);
}

function next(): i32 {
  if (state.begun == state.demanded) return 0;
  if (state.work == Work.CONNECTIONS) {
    state.begun++;
    return openClient();
  }
  for (let i: u32 = 0; i < VOLLEY && state.begun != state.demanded; i++, state.begun++) {
    const sent = write(state.near, PAYLOAD + state.nearOut, state.messageBytes);
    if (sent == -Errno.EAGAIN) break;
    if (sent < 0) return sent;
    state.nearOut = behind(state.nearOut, state.messageBytes);
  }
  return 0;
}

export function serve(name: i32, news: u32): void {
  if (name == state.listener) {
    for (let far = accept(name); far >= 0; far = accept(name)) state.far = far;
  } else if (name == state.near) {
    serveClient(news);
  } else if (name == state.far) {
    serveServer();
  }
}

function serveClient(news: u32): void {
  if (news & Event.ERROR) state.isWrong = 1;
  switch (state.work) {
    case Work.BULK:
      state.isOpen = 1;
      writeBulk();
      break;
    case Work.ROUND_TRIPS:
      if (!state.isOpen) {
        state.isOpen = 1;
        beginTrip();
      }
      takeAnswer();
      break;
    case Work.CONNECTIONS:
      if (!state.isOpen && news & Event.WRITABLE) {
        state.isOpen = 1;
        sendByte(state.near, REQUEST);
      }
      if (takeByte(state.near, ANSWER)) {
        close(state.near);
        state.near = -1;
        state.isOpen = 0;
        state.answered++;
      }
      break;
    default:
  }
}

function serveServer(): void {
  switch (state.work) {
    case Work.BULK:
      takeBulk();
      break;
    case Work.ROUND_TRIPS:
      answerTrip();
      break;
    case Work.CONNECTIONS:
      if (takeByte(state.far, REQUEST)) sendByte(state.far, ANSWER);
      else if (peek(state.far) == 0) close(state.far);
      break;
    default:
      takeDatagrams();
  }
}

// Until there is no room for more, or all is written: then the socket tells when there is some.
function writeBulk(): void {
  while (state.begun != state.demanded) {
    const wanted = min<u32>(state.demanded - state.begun, LONGEST);
    const written = write(state.near, PAYLOAD + state.nearOut, wanted);
    if (written < 0) return;
    state.begun += written;
    state.nearOut = behind(state.nearOut, written);
  }
}

function takeBulk(): void {
  for (let bytes = peek(state.far); bytes > 0; bytes = peek(state.far)) {
    compare(state.farIn, lentAt(), bytes);
    take(state.far, bytes);
    state.farIn = behind(state.farIn, bytes);
    state.served += bytes;
  }
}

function beginTrip(): void {
  if (state.begun == state.demanded || state.begun != state.answered) return;
  state.begun++;
  write(state.near, PAYLOAD + state.nearOut, state.messageBytes);
  state.nearOut = behind(state.nearOut, state.messageBytes);
}

function takeAnswer(): void {
  const bytes = peek(state.near);
  if (bytes <= 0) return;
  if (<u32>bytes != state.messageBytes) state.isWrong = 1;
  compare(state.nearIn, lentAt(), bytes);
  take(state.near, bytes);
  state.nearIn = behind(state.nearIn, bytes);
  state.answered++;
  beginTrip();
}

function answerTrip(): void {
  const bytes = peek(state.far);
  if (bytes <= 0) return;
  compare(state.farIn, lentAt(), bytes);
  take(state.far, bytes);
  state.farIn = behind(state.farIn, bytes);
  write(state.far, PAYLOAD + state.farOut, bytes);
  state.farOut = behind(state.farOut, bytes);
}

function takeDatagrams(): void {
  for (let bytes = peek(state.far); bytes >= 0; bytes = peek(state.far)) {
    if (<u32>bytes != state.messageBytes) state.isWrong = 1;
    compare(state.farIn, lentAt(), bytes);
    take(state.far, bytes);
    state.farIn = behind(state.farIn, bytes);
    state.served++;
  }
}

function sendByte(stream: i32, byte: u8): void {
  store<u8>(BYTE, byte);
  write(stream, BYTE, 1);
}

// True when the byte has come that is waited for.
function takeByte(stream: i32, byte: u8): bool {
  const bytes = peek(stream);
  if (bytes <= 0) return false;
  if (bytes != 1 || load<u8>(lentAt()) != byte) state.isWrong = 1;
  take(stream, bytes);
  return true;
}

function behind(place: u32, bytes: u32): u32 {
  const end = place + bytes;
  return end >= PERIOD ? end - PERIOD : end;
}

function compare(place: u32, at: usize, bytes: u32): void {
  let expected = PAYLOAD + place;
  const end = at + bytes;
  let differences: u64 = 0;
  for (; at + 32 <= end; at += 32, expected += 32) {
    differences |= load<u64>(at) ^ load<u64>(expected);
    differences |= load<u64>(at, 8) ^ load<u64>(expected, 8);
    differences |= load<u64>(at, 16) ^ load<u64>(expected, 16);
    differences |= load<u64>(at, 24) ^ load<u64>(expected, 24);
  }
  for (; at < end; at++, expected++) differences |= load<u8>(at) ^ load<u8>(expected);
  if (differences) state.isWrong = 1;
}
