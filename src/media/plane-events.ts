import type { PlaneEvent } from '#src/core/plane.ts';

/** Hears the plane's events. Buffers in `transfer` are not used by the plane afterwards. */
export type EmitEvent = (event: PlaneEvent, transfer?: readonly ArrayBuffer[]) => void;
