// A test as `iperf3 -J` prints it: the same names at the same places, so that programs that read the one read the other.

import type { Results } from "./protocol.ts";
import { type FlowSide, outcomes, type StreamOutcome, sumOfSides } from "./report.ts";
import type { FlowReport, TestRun } from "./test-run.ts";

/** One interval, as it was reported. */
export interface Interval {
  reports: readonly FlowReport[];
  isWarmUp: boolean;
}

interface TestData {
  run: TestRun;
  remote: Results;
  intervals: readonly Interval[];
  version: string;
}

export function testJson({ run, remote, intervals, version }: TestData): object {
  const { parameters } = run;
  const streams = outcomes(run, remote);
  const own = run.results();
  const isUdp = parameters.udp === true;
  return {
    start: {
      connected: run.flows.map(({ index, localEnd, remoteEnd }) => ({
        socket: 5 + 2 * index,
        ...{ local_host: localEnd.address, local_port: localEnd.port },
        ...{ remote_host: remoteEnd.address, remote_port: remoteEnd.port },
      })),
      version: `thimble ${version}`,
      test_start: {
        protocol: isUdp ? "UDP" : "TCP",
        num_streams: parameters.parallel,
        blksize: parameters.len,
        omit: parameters.omit,
        duration: parameters.time,
        bytes: parameters.num,
        blocks: parameters.blockcount,
        reverse: parameters.reverse ? 1 : 0,
        bidir: parameters.bidirectional ? 1 : 0,
        target_bitrate: parameters.bandwidth ?? 0,
      },
    },
    intervals: intervals.map((interval) => intervalJson(interval, isUdp)),
    end: {
      streams: streams.map((stream) => streamJson(stream, isUdp)),
      sum_sent: sideJson(sumOfSides(streams.map(({ sender }) => sender)), isUdp, true),
      sum_received: sideJson(sumOfSides(streams.map(({ receiver }) => receiver)), isUdp, false),
      cpu_utilization_percent: {
        host_total: own.cpu_util_total,
        host_user: own.cpu_util_user,
        host_system: own.cpu_util_system,
        remote_total: remote.cpu_util_total,
        remote_user: remote.cpu_util_user,
        remote_system: remote.cpu_util_system,
      },
    },
  };
}

function intervalJson({ reports, isWarmUp }: Interval, isUdp: boolean): object {
  const spans = reports.map((report) => intervalStreamJson(report, isUdp, isWarmUp));
  const [{ start, end }] = reports as [FlowReport];
  const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
  return { streams: spans, sum: { ...spanJson(start, end, bytes), omitted: isWarmUp } };
}

function intervalStreamJson(report: FlowReport, isUdp: boolean, omitted: boolean): object {
  const { flow, start, end, bytes, retransmits, path, packets, lost, jitter } = report;
  const tcp = retransmits === null || !path ? {} : { retransmits, snd_cwnd: path.cwnd, rtt: path.rtt };
  const udp = flow.sends ? { packets } : { ...lossJson(jitter, lost, packets), packets };
  const head = { socket: 5 + 2 * flow.index, ...spanJson(start, end, bytes) };
  return { ...head, ...(isUdp ? udp : tcp), omitted, sender: flow.sends };
}

function streamJson({ flow, sender, receiver }: StreamOutcome, isUdp: boolean): object {
  const socket = 5 + 2 * flow.index;
  if (isUdp) return { udp: { socket, ...sideJson(receiver, true, false), sender: flow.sends } };
  return {
    sender: { socket, ...sideJson(sender, false, true), sender: flow.sends },
    receiver: { socket, ...sideJson(receiver, false, false), sender: flow.sends },
  };
}

function sideJson(
  { seconds, bytes, retransmits, jitter, lost, packets }: FlowSide,
  isUdp: boolean,
  isSender: boolean,
): object {
  const span = spanJson(0, seconds, bytes);
  if (isUdp) return { ...span, ...lossJson(jitter, isSender ? 0 : lost, packets), packets };
  return isSender && retransmits >= 0 ? { ...span, retransmits } : span;
}

function spanJson(start: number, end: number, bytes: number): object {
  const seconds = end - start;
  return { start, end, seconds, bytes, bits_per_second: seconds > 0 ? (bytes * 8) / seconds : 0 };
}

function lossJson(jitter: number, lost: number, packets: number): object {
  return { jitter_ms: jitter * 1000, lost_packets: lost, lost_percent: packets > 0 ? (100 * lost) / packets : 0 };
}
