/** One join by WHEP. */
export interface JoinOptions {
  readonly whepUrl: string;
  /** From the POST until the viewer leaves. */
  readonly watchMs: number;
}

/** One shown frame. */
export interface ShownFrame {
  /** From the POST of the offer until it was shown. */
  readonly afterMs: number;
  /** Wall clock at which it was shown. */
  readonly wallMs: number;
  /** What its barcode says. */
  readonly wallTenths: number;
  readonly counter: number;
}

/** Everything that a joining viewer saw. */
export interface JoinReport {
  readonly frames: readonly ShownFrame[];
  readonly framesUnreadable: number;
  /** From the POST until the transport was connected. */
  readonly connectedMs: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly keyframesDecoded: number;
  readonly nacks: number;
  readonly keyframeRequests: number;
  readonly freezes: number;
  readonly packetsLost: number;
  readonly packetsReceived: number;
  /** Mean over the whole stay. */
  readonly jitterBufferMs: number;
  readonly decodeMsPerFrame: number;
}
