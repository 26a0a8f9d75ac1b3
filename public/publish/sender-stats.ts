/** Totals of one outgoing connection, as read from getStats at one instant. */
export interface SenderTotals {
  readonly atMs: number;
  readonly bytesSent: number;
  readonly framesEncoded: number;
  readonly packetsSent: number;
  readonly retransmittedPackets: number;
  readonly remoteLost: number;
  readonly roundTripSeconds: number | undefined;
  readonly width: number;
  readonly height: number;
  readonly videoCodec: string | undefined;
  readonly audioCodec: string | undefined;
  /** `bandwidth`, `cpu`, `none` or `other`: what keeps the picture from being better. */
  readonly limitedBy: string;
}

/** Rates of the time between two readings. */
export interface SenderRates {
  readonly bitrateBps: number;
  readonly frameRate: number;
  readonly lossRatio: number;
}

/** Adds a report up; a simulcast sender has several outgoing video streams, of which the largest picture is named. */
export function readSenderTotals(
  report: Iterable<Readonly<Record<string, unknown>>>,
  atMs: number,
): SenderTotals {
  const totals = {
    atMs,
    bytesSent: 0,
    framesEncoded: 0,
    packetsSent: 0,
    retransmittedPackets: 0,
    remoteLost: 0,
    roundTripSeconds: undefined as number | undefined,
    width: 0,
    height: 0,
    videoCodec: undefined as string | undefined,
    audioCodec: undefined as string | undefined,
    limitedBy: 'none',
  };
  let pairBytes = 0;
  const codecs = new Map<string, string>();
  const used: { readonly kind: unknown; readonly codec: string }[] = [];
  for (const entry of report) {
    const number = (name: string): number => (typeof entry[name] === 'number' ? entry[name] : 0);
    if (entry['type'] === 'codec') codecs.set(String(entry['id']), String(entry['mimeType']));
    if (
      entry['type'] === 'candidate-pair' &&
      entry['nominated'] === true &&
      'currentRoundTripTime' in entry
    ) {
      // Several pairs can be nominated over time; the one that carries the media has sent the most.
      if (number('bytesSent') >= pairBytes) totals.roundTripSeconds = number('currentRoundTripTime');
      pairBytes = Math.max(pairBytes, number('bytesSent'));
    }
    if (entry['type'] === 'remote-inbound-rtp') totals.remoteLost += Math.max(0, number('packetsLost'));
    if (entry['type'] !== 'outbound-rtp') continue;
    totals.bytesSent += number('bytesSent');
    totals.packetsSent += number('packetsSent');
    totals.retransmittedPackets += number('retransmittedPacketsSent');
    const codec = entry['codecId'];
    used.push({ kind: entry['kind'], codec: typeof codec === 'string' ? codec : '' });
    if (entry['kind'] !== 'video') continue;
    totals.framesEncoded = Math.max(totals.framesEncoded, number('framesEncoded'));
    if (number('frameWidth') > totals.width) {
      totals.width = number('frameWidth');
      totals.height = number('frameHeight');
    }
    const reason = entry['qualityLimitationReason'];
    if (typeof reason === 'string' && reason !== 'none') totals.limitedBy = reason;
  }
  for (const { kind, codec } of used) {
    if (kind === 'video') totals.videoCodec ??= codecs.get(codec);
    else totals.audioCodec ??= codecs.get(codec);
  }
  return totals;
}

/** Rates between two readings; undefined when they are the same instant or the counters started over. */
export function senderRates(before: SenderTotals, now: SenderTotals): SenderRates | undefined {
  const seconds = (now.atMs - before.atMs) / 1000;
  if (seconds <= 0 || now.bytesSent < before.bytesSent) return undefined;
  const sent = now.packetsSent - before.packetsSent;
  const lost = Math.max(0, now.remoteLost - before.remoteLost);
  return {
    bitrateBps: ((now.bytesSent - before.bytesSent) * 8) / seconds,
    frameRate: Math.max(0, now.framesEncoded - before.framesEncoded) / seconds,
    lossRatio: sent > 0 ? Math.min(1, lost / sent) : 0,
  };
}

/** Says what keeps the picture from being better, or nothing. */
export function limitWords(limitedBy: string): string {
  switch (limitedBy) {
    case 'bandwidth':
      return 'your upload';
    case 'cpu':
      return 'this computer’s CPU';
    case 'none':
      return 'nothing';
    default:
      return 'something else';
  }
}
