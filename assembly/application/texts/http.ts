// biome-ignore-all format: a program wrote this.
// What HTTP/1.1 is written in (RFC 9110, RFC 9112). Written by host/build/texts.mjs from http.json.
// Each is its length in one byte, and then its bytes.

import { FETCHES, WEB_CONNECTIONS } from "profile";

export const HTTP_TEXTS: usize = WEB_CONNECTIONS > 0 || FETCHES > 0
  ? memory.data<u8>([
      7, 72, 84, 84, 80, 47, 49, 46, 2, 13, 10, 3, 71, 69, 84, 4, 72, 69, 65, 68,
      4, 80, 79, 83, 84, 3, 80, 85, 84, 6, 68, 69, 76, 69, 84, 69, 7, 67, 79, 78,
      78, 69, 67, 84, 7, 79, 80, 84, 73, 79, 78, 83, 5, 84, 82, 65, 67, 69, 5, 80,
      65, 84, 67, 72, 7, 104, 116, 116, 112, 58, 47, 47, 4, 104, 111, 115, 116, 10, 99, 111,
      110, 110, 101, 99, 116, 105, 111, 110, 14, 99, 111, 110, 116, 101, 110, 116, 45, 108, 101, 110,
      103, 116, 104, 17, 116, 114, 97, 110, 115, 102, 101, 114, 45, 101, 110, 99, 111, 100, 105, 110,
      103, 5, 114, 97, 110, 103, 101, 6, 101, 120, 112, 101, 99, 116, 13, 105, 102, 45, 110, 111,
      110, 101, 45, 109, 97, 116, 99, 104, 8, 105, 102, 45, 114, 97, 110, 103, 101, 6, 98, 121,
      116, 101, 115, 61, 5, 99, 108, 111, 115, 101, 10, 107, 101, 101, 112, 45, 97, 108, 105, 118,
      101, 7, 99, 104, 117, 110, 107, 101, 100, 6, 50, 48, 48, 32, 79, 75, 19, 50, 48, 54,
      32, 80, 97, 114, 116, 105, 97, 108, 32, 67, 111, 110, 116, 101, 110, 116, 16, 51, 48, 52,
      32, 78, 111, 116, 32, 77, 111, 100, 105, 102, 105, 101, 100, 15, 52, 48, 48, 32, 66, 97,
      100, 32, 82, 101, 113, 117, 101, 115, 116, 13, 52, 48, 52, 32, 78, 111, 116, 32, 70, 111,
      117, 110, 100, 22, 52, 48, 53, 32, 77, 101, 116, 104, 111, 100, 32, 78, 111, 116, 32, 65,
      108, 108, 111, 119, 101, 100, 19, 52, 48, 56, 32, 82, 101, 113, 117, 101, 115, 116, 32, 84,
      105, 109, 101, 111, 117, 116, 21, 52, 49, 51, 32, 67, 111, 110, 116, 101, 110, 116, 32, 84,
      111, 111, 32, 76, 97, 114, 103, 101, 16, 52, 49, 52, 32, 85, 82, 73, 32, 84, 111, 111,
      32, 76, 111, 110, 103, 25, 52, 49, 54, 32, 82, 97, 110, 103, 101, 32, 78, 111, 116, 32,
      83, 97, 116, 105, 115, 102, 105, 97, 98, 108, 101, 35, 52, 51, 49, 32, 82, 101, 113, 117,
      101, 115, 116, 32, 72, 101, 97, 100, 101, 114, 32, 70, 105, 101, 108, 100, 115, 32, 84, 111,
      111, 32, 76, 97, 114, 103, 101, 25, 53, 48, 48, 32, 73, 110, 116, 101, 114, 110, 97, 108,
      32, 83, 101, 114, 118, 101, 114, 32, 69, 114, 114, 111, 114, 19, 53, 48, 49, 32, 78, 111,
      116, 32, 73, 109, 112, 108, 101, 109, 101, 110, 116, 101, 100, 23, 53, 48, 51, 32, 83, 101,
      114, 118, 105, 99, 101, 32, 85, 110, 97, 118, 97, 105, 108, 97, 98, 108, 101, 30, 53, 48,
      53, 32, 72, 84, 84, 80, 32, 86, 101, 114, 115, 105, 111, 110, 32, 78, 111, 116, 32, 83,
      117, 112, 112, 111, 114, 116, 101, 100, 16, 67, 111, 110, 116, 101, 110, 116, 45, 76, 101, 110,
      103, 116, 104, 58, 32, 14, 67, 111, 110, 116, 101, 110, 116, 45, 84, 121, 112, 101, 58, 32,
      10, 116, 101, 120, 116, 47, 112, 108, 97, 105, 110, 21, 67, 111, 110, 116, 101, 110, 116, 45,
      82, 97, 110, 103, 101, 58, 32, 98, 121, 116, 101, 115, 32, 22, 65, 99, 99, 101, 112, 116,
      45, 82, 97, 110, 103, 101, 115, 58, 32, 98, 121, 116, 101, 115, 13, 10, 7, 69, 84, 97,
      103, 58, 32, 34, 18, 65, 108, 108, 111, 119, 58, 32, 71, 69, 84, 44, 32, 72, 69, 65,
      68, 13, 10, 19, 67, 111, 110, 110, 101, 99, 116, 105, 111, 110, 58, 32, 99, 108, 111, 115,
      101, 13, 10, 24, 67, 111, 110, 110, 101, 99, 116, 105, 111, 110, 58, 32, 107, 101, 101, 112,
      45, 97, 108, 105, 118, 101, 13, 10, 6, 72, 111, 115, 116, 58, 32, 21, 85, 115, 101, 114,
      45, 65, 103, 101, 110, 116, 58, 32, 116, 104, 105, 109, 98, 108, 101, 13, 10, 13, 65, 99,
      99, 101, 112, 116, 58, 32, 42, 47, 42, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ])
  : 0;

// "HTTP/1."
export const VERSION: usize = HTTP_TEXTS + 0;
// "\r\n"
export const LINE_END: usize = HTTP_TEXTS + 8;
// "GET"
export const GET: usize = HTTP_TEXTS + 11;
// "HEAD"
export const HEAD: usize = HTTP_TEXTS + 15;
// "POST"
export const POST: usize = HTTP_TEXTS + 20;
// "PUT"
export const PUT: usize = HTTP_TEXTS + 25;
// "DELETE"
export const DELETE: usize = HTTP_TEXTS + 29;
// "CONNECT"
export const CONNECT: usize = HTTP_TEXTS + 36;
// "OPTIONS"
export const OPTIONS: usize = HTTP_TEXTS + 44;
// "TRACE"
export const TRACE: usize = HTTP_TEXTS + 52;
// "PATCH"
export const PATCH: usize = HTTP_TEXTS + 58;
// "http://"
export const SCHEME: usize = HTTP_TEXTS + 64;
// "host"
export const HOST: usize = HTTP_TEXTS + 72;
// "connection"
export const CONNECTION: usize = HTTP_TEXTS + 77;
// "content-length"
export const CONTENT_LENGTH: usize = HTTP_TEXTS + 88;
// "transfer-encoding"
export const TRANSFER_ENCODING: usize = HTTP_TEXTS + 103;
// "range"
export const RANGE: usize = HTTP_TEXTS + 121;
// "expect"
export const EXPECT: usize = HTTP_TEXTS + 127;
// "if-none-match"
export const IF_NONE_MATCH: usize = HTTP_TEXTS + 134;
// "if-range"
export const IF_RANGE: usize = HTTP_TEXTS + 148;
// "bytes="
export const BYTES_UNIT: usize = HTTP_TEXTS + 157;
// "close"
export const CLOSE: usize = HTTP_TEXTS + 164;
// "keep-alive"
export const KEEP_ALIVE: usize = HTTP_TEXTS + 170;
// "chunked"
export const CHUNKED: usize = HTTP_TEXTS + 181;
// "200 OK"
export const S200: usize = HTTP_TEXTS + 189;
// "206 Partial Content"
export const S206: usize = HTTP_TEXTS + 196;
// "304 Not Modified"
export const S304: usize = HTTP_TEXTS + 216;
// "400 Bad Request"
export const S400: usize = HTTP_TEXTS + 233;
// "404 Not Found"
export const S404: usize = HTTP_TEXTS + 249;
// "405 Method Not Allowed"
export const S405: usize = HTTP_TEXTS + 263;
// "408 Request Timeout"
export const S408: usize = HTTP_TEXTS + 286;
// "413 Content Too Large"
export const S413: usize = HTTP_TEXTS + 306;
// "414 URI Too Long"
export const S414: usize = HTTP_TEXTS + 328;
// "416 Range Not Satisfiable"
export const S416: usize = HTTP_TEXTS + 345;
// "431 Request Header Fields Too Large"
export const S431: usize = HTTP_TEXTS + 371;
// "500 Internal Server Error"
export const S500: usize = HTTP_TEXTS + 407;
// "501 Not Implemented"
export const S501: usize = HTTP_TEXTS + 433;
// "503 Service Unavailable"
export const S503: usize = HTTP_TEXTS + 453;
// "505 HTTP Version Not Supported"
export const S505: usize = HTTP_TEXTS + 477;
// "Content-Length: "
export const F_LENGTH: usize = HTTP_TEXTS + 508;
// "Content-Type: "
export const F_TYPE: usize = HTTP_TEXTS + 525;
// "text/plain"
export const F_PLAIN: usize = HTTP_TEXTS + 540;
// "Content-Range: bytes "
export const F_RANGE: usize = HTTP_TEXTS + 551;
// "Accept-Ranges: bytes\r\n"
export const F_RANGES: usize = HTTP_TEXTS + 573;
// "ETag: \""
export const F_TAG: usize = HTTP_TEXTS + 596;
// "Allow: GET, HEAD\r\n"
export const F_ALLOW: usize = HTTP_TEXTS + 604;
// "Connection: close\r\n"
export const F_CLOSE: usize = HTTP_TEXTS + 623;
// "Connection: keep-alive\r\n"
export const F_KEEP: usize = HTTP_TEXTS + 643;
// "Host: "
export const F_HOST: usize = HTTP_TEXTS + 668;
// "User-Agent: thimble\r\n"
export const F_AGENT: usize = HTTP_TEXTS + 675;
// "Accept: */*\r\n"
export const F_ACCEPT: usize = HTTP_TEXTS + 697;
