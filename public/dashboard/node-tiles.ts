import type { NodeView, Snapshot } from '../shared/api-types.ts';
import { formatBitrate, formatBytes, formatCount, formatDuration, formatLatency } from '../shared/format.ts';
import type { NodeTrend } from './health.ts';

/** One number about the gateway with a remark below it. */
export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly remark: string;
}

/** Rates of the time between two snapshots, and what the last seconds say. */
export interface NodeNumbers extends NodeTrend {
  readonly inBps: number;
  readonly outBps: number;
  readonly packetsOutPerSecond: number;
}

/** More seconds than anything looks at. */
const rememberedSeconds = 10;

/** Turns totals of two snapshots into rates of the time between them, and remembers the last waits. */
export class NodeRates {
  #before: { readonly node: NodeView; readonly atMs: number } | undefined;
  #mediaWaitsMs: readonly number[] = [];
  #requestWaitsMs: readonly number[] = [];

  /** Rates since the last call; zeros at the first one or after a restart of the gateway. */
  update(node: NodeView, atMs: number): NodeNumbers {
    const before = this.#before;
    this.#before = { node, atMs };
    this.#mediaWaitsMs = [...this.#mediaWaitsMs, node.mediaLoopDelayMs].slice(-rememberedSeconds);
    this.#requestWaitsMs = [...this.#requestWaitsMs, node.controlLoopDelayMs].slice(-rememberedSeconds);
    const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1000;
    const per = (now: number, then: number | undefined): number =>
      seconds <= 0 || then === undefined || now < then ? 0 : (now - then) / seconds;
    const old = before?.node.counters;
    const { counters } = node;
    return {
      inBps: per(counters.bytesIn, old?.bytesIn) * 8,
      outBps: per(counters.bytesOut, old?.bytesOut) * 8,
      packetsOutPerSecond: per(counters.datagramsOut, old?.datagramsOut),
      mediaWaitsMs: this.#mediaWaitsMs,
      requestWaitsMs: this.#requestWaitsMs,
      sendErrorsPerSecond: per(counters.sendErrors, old?.sendErrors),
      lapsesPerSecond: per(lapsesOf(node), before && lapsesOf(before.node)),
      droppedPerSecond: Object.fromEntries(
        Object.entries(counters.dropped).map(([reason, count]) => [
          reason,
          per(count, old?.dropped[reason] ?? 0),
        ]),
      ),
    };
  }
}

function lapsesOf({ workers }: NodeView): number {
  return workers.reduce((sum, { mirrorLapses }) => sum + mirrorLapses, 0);
}

/** The tiles of the dashboard's first row. */
export function nodeTiles(snapshot: Snapshot, rates: NodeNumbers): readonly Tile[] {
  const { node, streams } = snapshot;
  const live = streams.filter((stream) => stream.live).length;
  const seats = streams.reduce((sum, stream) => sum + stream.viewers.interactive, 0);
  const cast = streams.reduce((sum, stream) => sum + stream.viewers.broadcast, 0);
  return [
    { label: 'Live streams', value: formatCount(live), remark: `${formatCount(streams.length)} listed` },
    { label: 'Front row', value: formatCount(seats), remark: 'viewers on WebRTC' },
    { label: 'Broadcast', value: formatCount(cast), remark: 'viewers on LL-HLS' },
    { label: 'Media in', value: formatBitrate(rates.inBps), remark: 'from publishers' },
    {
      label: 'Media out',
      value: formatBitrate(rates.outBps),
      remark: `${formatCount(rates.packetsOutPerSecond)} packets a second`,
    },
    {
      label: 'CPU',
      value: `${node.cpuCores.toFixed(2)} cores`,
      remark: `memory ${formatBytes(node.rssBytes)}`,
    },
    {
      label: 'Longest wait',
      value: formatLatency(node.mediaLoopDelayMs),
      remark: `media; requests ${formatLatency(node.controlLoopDelayMs)}`,
    },
    { label: 'Up for', value: formatDuration(node.uptimeMs), remark: `version ${node.version}` },
  ];
}
