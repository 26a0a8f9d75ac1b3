import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { asksForTokens, type AuthConfig } from './config.ts';
import { openToTheNetwork } from './failures.ts';

/** Whether only this machine can reach what listens on an address. */
export function isLoopback(address: string): boolean {
  if (isIP(address) === 0) return address.toLowerCase() === 'localhost';
  return ipaddr.process(address.split('%', 1)[0] ?? '').range() === 'loopback';
}

/**
 * Refuses to listen where others can reach us while nobody would be asked for a token, unless the settings say that this is
 * meant. Throws `open-to-the-network`.
 */
export function mustBeGuarded(address: string, config: AuthConfig): void {
  if (isLoopback(address) || asksForTokens(config) || config.allowOpen) return;
  throw openToTheNetwork(address);
}
