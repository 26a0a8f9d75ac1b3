import type { SocketAddress } from '#src/core/engine.ts';
import type { PeerId } from '#src/core/ids.ts';
import type { IceCredentials } from '#src/core/plane.ts';
import type { PlainFailure } from '../plain-failure.ts';
import type { PostedLine } from '../posted-log.ts';
import type { RelayLimits } from './limits.ts';
import type { RelayCounts } from './tally.ts';

/** What a relay is told at its start. */
export interface RelaySettings {
  /** TCP port; 0 lets the system choose. */
  readonly port: number;
  /** Take any port when that one is taken: nobody asked for it by number. */
  readonly orAnyPort: boolean;
  /** One local address; without it all of them. */
  readonly address?: string | undefined;
  /** Where the media workers' UDP ports are reached. */
  readonly mediaIp: string;
  readonly limits: RelayLimits;
}

/** Control plane to relay: who may come. */
export type RelayOrder =
  | {
      readonly type: 'add';
      readonly peer: PeerId;
      readonly local: IceCredentials;
      /** The UDP port of its media worker. */
      readonly workerPort: number;
    }
  | { readonly type: 'restart'; readonly peer: PeerId; readonly local: IceCredentials }
  | { readonly type: 'remove'; readonly peer: PeerId };

/** Relay to control plane. */
export type RelayEvent =
  /** What the media plane takes for `localPort` on the loopback interface is really this client. */
  | {
      readonly type: 'attached';
      readonly peer: PeerId;
      readonly localPort: number;
      readonly remote: SocketAddress;
    }
  | { readonly type: 'detached'; readonly localPort: number }
  /** Once a second. */
  | { readonly type: 'tally'; readonly counts: RelayCounts };

/** Main thread to the relay's. */
export type ToRelay = { readonly type: 'order'; readonly order: RelayOrder } | { readonly type: 'close' };

/** The relay's thread to the main one. */
export type FromRelay =
  | { readonly type: 'opened'; readonly port: number }
  | { readonly type: 'failed'; readonly failure: PlainFailure }
  | { readonly type: 'event'; readonly event: RelayEvent }
  | PostedLine;
