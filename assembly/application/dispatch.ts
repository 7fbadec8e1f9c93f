// Whose application is called. An application is a few functions, as application/own.ts has
// them; they are called by name, so that one that the profile does not have leaves no byte.

import {
  DHCP_CLIENT,
  DHCP_POOL,
  DNS_SERVER,
  FETCHES,
  LOOKUPS,
  NAME_CACHE,
  OWN_APPLICATION,
  WEB_CONNECTIONS,
} from "profile";
import { Application } from "../abi/applications";
import { Errno } from "../abi/errno";
import { APPLICATIONS, DHCP_TIMER, FETCH_TIMER, OWN_TIMER, RESOLVER_TIMER, WEB_TIMER } from "../base/config";
import { eventsWaiting, postEvent, takeEvent, takeOldest, wasCalledInside } from "../base/events";
import { startCache } from "../names/cache";
import * as dhcpClient from "../names/dhcp-client";
import { startLeases } from "../names/dhcp-lease";
import * as dhcpServer from "../names/dhcp-server";
import * as nameServer from "../names/dns-server";
import { startQueries } from "../names/query";
import * as resolver from "../names/resolver";
import { descriptorAt, endpointAt, isInside } from "../transport/endpoint";
import { timer as browserTimer, serve as serveBrowser } from "./browser/browser";
import { call as callBrowser } from "./browser/call";
import * as own from "./own";
import { call as callWebServer } from "./web/call";
import { serve as serveWebServer, timer as webServerTimer } from "./web/server";

/** Times that what serving brings about, as a connection that is accepted and has data, is served in the same turn. */
const ROUNDS: u32 = 4;

export function startApplications(): void {
  if (DHCP_CLIENT) startLeases();
  if (NAME_CACHE) startCache();
  if (LOOKUPS) startQueries();
  if (DHCP_POOL) dhcpServer.startDhcpServer();
  if (DNS_SERVER) nameServer.startNameServer();
  if (OWN_APPLICATION) own.start();
}

/** Serves the applications' sockets that have news. True when some are left for another turn. */
export function serveApplications(): bool {
  for (let round: u32 = 0; round < ROUNDS; round++) {
    if (!wasCalledInside()) return false;
    serveWaiting();
  }
  return true;
}

// The host's entries go to the end of the ring, in the order in which they came.
function serveWaiting(): void {
  for (let left = eventsWaiting(); left > 0; left--) {
    const news = takeOldest();
    const mask = <u32>news & 0xff;
    if (!mask) continue;
    const index = <u32>news >> 8;
    const owner = endpointAt(index).owner;
    if (isInside(owner)) serve(owner & 0xff, descriptorAt(index), mask);
    else postEvent(index, mask);
  }
}

function serve(application: u32, socket: i32, news: u32): void {
  if (OWN_APPLICATION && application == Application.OWN) own.serve(socket, news);
  if (WEB_CONNECTIONS && application == Application.WEB_SERVER) serveWebServer(socket, news);
  if (FETCHES && application == Application.BROWSER) serveBrowser(socket, news);
  if (DHCP_CLIENT && application == Application.DHCP_CLIENT) dhcpClient.serve(socket, news);
  if (LOOKUPS && application == Application.RESOLVER) resolver.serve(socket, news);
  if (DHCP_POOL && application == Application.DHCP_SERVER) dhcpServer.serve(socket, news);
  if (DNS_SERVER && application == Application.NAME_SERVER) nameServer.serve(socket, news);
}

/** An application's time has come. */
export function serveTimer(timer: u32): void {
  if (OWN_APPLICATION && timer == OWN_TIMER) own.timer();
  if (WEB_CONNECTIONS && timer == WEB_TIMER) webServerTimer();
  if (FETCHES && timer == FETCH_TIMER) browserTimer();
  if (DHCP_CLIENT && timer == DHCP_TIMER) dhcpClient.timer();
  if (LOOKUPS && timer == RESOLVER_TIMER) resolver.timer();
}

/** What the host asks of an application: an operation of its own, with up to four arguments. EOPNOTSUPP: there is none. */
export function callApplication(application: u32, operation: u32, a: u32, b: u32, c: u32, d: u32): i32 {
  if (OWN_APPLICATION && application == Application.OWN) return own.call(operation, a, b, c, d);
  if (WEB_CONNECTIONS && application == Application.WEB_SERVER) return callWebServer(operation, a, b, c, d);
  if (FETCHES && application == Application.BROWSER) return callBrowser(operation, a, b, c, d);
  return -Errno.EOPNOTSUPP;
}

/** The socket of the host whose news have waited longest, as index << 8 | mask; -1 when it has none. */
export function takeHostEvent(): i32 {
  if (!APPLICATIONS) return takeEvent();
  for (let left = eventsWaiting(); left > 0; left--) {
    const news = takeOldest();
    const index = <u32>news >> 8;
    if (!(news & 0xff)) continue;
    if (!isInside(endpointAt(index).owner)) return news;
    postEvent(index, <u32>news & 0xff);
  }
  return -1;
}
