/**
 * A signal that ends the bench runs what was left for `exit`: children are ended, network namespaces removed. Without this
 * the default action of the signal would skip it all.
 */
export function endOnSignals(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.once(signal, () => process.exit(code));
}
