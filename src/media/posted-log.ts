import type { Log, LogMethod } from '#src/core/log.ts';

/** A line of the log on its way to the main thread. */
export interface PostedLine {
  readonly type: 'log';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly sentence: string;
}

/** A log whose lines are written by the main thread; fields must survive structured cloning. */
export function postedLog(
  post: (line: PostedLine) => void,
  bound: Readonly<Record<string, unknown>> = {},
): Log {
  const at =
    (level: PostedLine['level']): LogMethod =>
    (fields, sentence) =>
      post({ type: 'log', level, fields: { ...bound, ...fields }, sentence });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => postedLog(post, { ...bound, ...fields }),
  };
}
