/** Fields first, then a fixed sentence; pino fits as it is. Never called per packet. */
export interface LogMethod {
  (fields: Readonly<Record<string, unknown>>, sentence: string): void;
}

/** What a room sees of the log. */
export interface Log {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  child(fields: Readonly<Record<string, unknown>>): Log;
}

const nothing: LogMethod = () => undefined;
/** Swallows everything; for tests and for rooms opened without a log. */
export const silentLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
};
