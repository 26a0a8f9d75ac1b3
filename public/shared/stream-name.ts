/** The stream name in the address, e.g. `lecture` of `/watch/lecture`; undefined when there is none or it is no valid name. */
export function streamInPath(pathname: string): string | undefined {
  const name = pathname.split('/')[2] ?? '';
  return isStreamName(name) ? name : undefined;
}

/** Whether the gateway takes this as a stream name. */
export function isStreamName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name);
}
