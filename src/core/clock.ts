/** Time as the rooms see it; tests hand in their own. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean something. Equal in every thread of the process. */
  nowMs(): number;
  /** Milliseconds since 1970 that never step while the process runs. */
  wallMs(): number;
}

/** Read once: the getter costs more than the time. It never changes. */
const originMs = performance.timeOrigin;

/** The real clock. Worker threads have their own `performance.timeOrigin`, so both readings count from 1970. */
export const systemClock: Clock = {
  nowMs: () => originMs + performance.now(),
  wallMs: () => originMs + performance.now(),
};
