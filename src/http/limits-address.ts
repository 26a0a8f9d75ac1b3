import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/**
 * What one client is counted by: its IPv4 address, or the /64 of its IPv6 address, within which it can choose addresses as it
 * likes (RFC 6177 section 2).
 */
export function addressKey(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return parsed.toByteArray().slice(0, 8).join('.');
}

/**
 * Where a request came from, for what is served beside express: who connected, or behind so many reverse proxies of ours what
 * the outermost of them wrote into X-Forwarded-For. What stands further left there anybody may have written.
 */
export function clientAddress(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  trustedProxies: number,
): string {
  const connected = socket.remoteAddress ?? '';
  const forwarded = headers['x-forwarded-for'];
  if (trustedProxies === 0 || forwarded === undefined) return connected;
  const hops = String(forwarded)
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '');
  return hops[Math.max(0, hops.length - trustedProxies)] ?? connected;
}
