import type { EnginePeer, SocketAddress } from '#src/core/engine.ts';
import type { PeerId } from '#src/core/ids.ts';
import type { VideoWish } from '#src/core/media.ts';
import type { SrtpKeys } from '#src/core/plane.ts';
import { DtlsGate } from './dtls-gate.ts';

/** What a peer does once it is secure. Packets are plain; `arrivedMs` is Clock.nowMs. */
export interface PeerRole {
  readonly kind: 'publisher' | 'viewer';
  /** The peer has keys now; called once, before any packet. */
  secured(engine: EnginePeer): void;
  rtp(packet: Uint8Array, arrivedMs: number): void;
  rtcp(packet: Uint8Array, arrivedMs: number): void;
  /** A viewer says what it wants of the video. */
  wish?(video: VideoWish): void;
  /** The peer leaves; called once. */
  close(): void;
}

/** Numbers of one peer, for reports. Roles bump them. */
export interface PeerTally {
  rttMs: number;
  lossRatio: number;
  packetsSent: number;
  bytesSent: number;
  nacksReceived: number;
  retransmitted: number;
  keyframeRequestsReceived: number;
  estimateBps: number;
  estimateSource: 'none' | 'transport-cc' | 'remb';
  rung: string;
  videoPaused: boolean;
  rungChanges: number;
  probePackets: number;
}

/** One transport in the plane: ICE, DTLS gate, SRTP session in the engine, and its role. */
export class PlanePeer {
  readonly id: PeerId;
  readonly addedMs: number;
  readonly gate = new DtlsGate();
  readonly tally: PeerTally = {
    rttMs: 0,
    lossRatio: 0,
    packetsSent: 0,
    bytesSent: 0,
    nacksReceived: 0,
    retransmitted: 0,
    keyframeRequestsReceived: 0,
    estimateBps: 0,
    estimateSource: 'none',
    rung: '',
    videoPaused: false,
    rungChanges: 0,
    probePackets: 0,
  };
  /** Where media goes; undefined until the first authentic check. */
  address: SocketAddress | undefined;
  /** When something authentic last came. */
  heardMs: number;
  /** Set once keys are known and the address too. */
  engine: EnginePeer | undefined;
  /** Keys that came before any address did. */
  keysWaiting: SrtpKeys | undefined;
  role: PeerRole | undefined;

  constructor(id: PeerId, nowMs: number) {
    this.id = id;
    this.addedMs = nowMs;
    this.heardMs = nowMs;
  }
}
