/** Bytes from `start` to `end`, both included; `none` when no byte of the file is asked for. */
export type ByteRange = { readonly start: number; readonly end: number } | 'none';

/**
 * Reads a Range header for a file of this size (RFC 9110 section 14.2). Undefined: send all of it, which is the right answer to
 * none, to several ranges and to what cannot be understood.
 */
export function readRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const start = Math.max(0, sizeBytes - Number(last));
    return start < sizeBytes ? { start, end: sizeBytes - 1 } : 'none';
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start < sizeBytes ? { start, end } : 'none';
}
