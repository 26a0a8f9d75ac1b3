import type { PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import type { PlainFailure } from './plain-failure.ts';
import type { PlaneSettings, WorkerPlace } from './plane.ts';
import type { PostedLine } from './posted-log.ts';
import type { SharingOrder } from './workers/sharing.ts';

/** What the worker is started with. */
export interface WorkerStart {
  readonly settings: PlaneSettings;
  /** Absent when it is the only one. */
  readonly place: WorkerPlace | undefined;
}

/** Main thread to worker. */
export type ToWorker =
  | { readonly type: 'command'; readonly command: PlaneCommand }
  | { readonly type: 'share'; readonly order: SharingOrder }
  | { readonly type: 'close' };

/** Worker to main thread. */
export type FromWorker =
  | { readonly type: 'opened'; readonly port: number; readonly engine: 'typescript' | 'native' }
  | { readonly type: 'failed'; readonly failure: PlainFailure }
  | { readonly type: 'event'; readonly event: PlaneEvent }
  | PostedLine;
