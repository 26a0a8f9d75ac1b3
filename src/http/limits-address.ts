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
