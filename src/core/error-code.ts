/** What the system, or a module of Node, calls an error (`ENOENT`, `ERR_…`); undefined for all others. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
