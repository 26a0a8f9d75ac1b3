/** What strangers and slow readers may cost; every bound of the TCP port stands here. */
export interface RelayLimits {
  /** Connections at a time. */
  readonly connections: number;
  /** Of one remote address; many people may share one. */
  readonly connectionsPerAddress: number;
  /** Of one address that have not yet proved whose they are. */
  readonly strangersPerAddress: number;
  /** Of one peer: one for each of its addresses and ours, and the ones from before an ICE restart. */
  readonly connectionsPerPeer: number;
  /** Longest wait for the first frame. */
  readonly firstFrameMs: number;
  /** How long a connection may wait for its session to become known. */
  readonly unknownMs: number;
  /** A connection on which nothing came for so long is closed; ICE sends something every few seconds. */
  readonly idleMs: number;
  /** Largest frame that is taken; what WebRTC sends fits a path of 1500 bytes. */
  readonly frameBytes: number;
  /** How long after its TCP connection an address that got media is kept from being used again. */
  readonly lingerMs: number;
  readonly backlog: BacklogLimits;
}

/** What may wait for a connection that drains slowly. */
export interface BacklogLimits {
  /** Media is left out beyond this when the connection has not been empty for {@link patienceMs}. */
  readonly steadyBytes: number;
  readonly patienceMs: number;
  /** Media is left out beyond this in any case; a picture at once for a viewer that joins fits in. */
  readonly burstBytes: number;
  /** The connection is cut beyond this: not even answers to checks drain. */
  readonly cutBytes: number;
}

/** Bounds for one gateway. */
export const defaultLimits: RelayLimits = {
  connections: 4_000,
  connectionsPerAddress: 500,
  strangersPerAddress: 100,
  connectionsPerPeer: 16,
  firstFrameMs: 8_000,
  unknownMs: 1_000,
  idleMs: 60_000,
  frameBytes: 2_048,
  lingerMs: 12_000,
  backlog: { steadyBytes: 131_072, patienceMs: 1_000, burstBytes: 1_048_576, cutBytes: 2_097_152 },
};
