import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

import { errorCode } from '#src/core/error-code.ts';
import type { RtcConfig } from './config.ts';
import { addressUnresolved } from './failures.ts';

/** What the address choice looks at; tests hand in their own. */
export interface AddressSources {
  readonly interfaces: () => NodeJS.Dict<
    readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>[]
  >;
  /** All addresses of a host name; none when it does not resolve. */
  readonly lookup: (host: string) => Promise<readonly string[]>;
}

/** Most candidates an answer carries; clients try them all. */
const maxAddresses = 16;
const loopback = '127.0.0.1';

const system: AddressSources = {
  interfaces: networkInterfaces,
  lookup: async (host) => {
    const found = await systemLookup(host, { all: true }).catch((error: unknown) => {
      if (errorCode(error) !== undefined) return [];
      throw error;
    });
    return found.map(({ address }) => address);
  },
};

/**
 * The addresses that answers advertise, best first: those configured, names resolved once, else the one that we are bound to,
 * else the machine's own. IPv4 comes before IPv6, because some clients look at the first candidate only and have no IPv6.
 * Throws Failure `rtc-address-unresolved`.
 */
export async function advertisedAddresses(
  { addresses: configured, bindAddress }: Pick<RtcConfig, 'addresses' | 'bindAddress'>,
  sources: AddressSources = system,
): Promise<readonly string[]> {
  if (configured.length === 0) return bindAddress === undefined ? ownAddresses(sources) : [bindAddress];
  const addresses = new Set<string>();
  for (const host of configured) {
    const found = isIP(host) === 0 ? await sources.lookup(host) : [host];
    if (found.length === 0) throw addressUnresolved(host);
    for (const address of found) addresses.add(address);
  }
  const ordered = [...addresses].sort((a, b) => Number(isIPv6(a)) - Number(isIPv6(b)));
  return ordered.slice(0, maxAddresses);
}

/**
 * The machine's addresses, loopback last: a client elsewhere would first try itself in vain (2 s with OBS),
 * but a browser on this machine may have nothing else. Link-local addresses need a zone, which a candidate cannot name.
 */
function ownAddresses({ interfaces }: AddressSources): readonly string[] {
  const all = Object.values(interfaces()).flatMap((list) => list ?? []);
  const outside = all.filter(({ address, internal }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address));
  const pick = (family: string): string[] =>
    outside.filter((one) => one.family === family).map(({ address }) => address);
  return [...new Set([...pick('IPv4'), ...pick('IPv6')])].slice(0, maxAddresses - 1).concat(loopback);
}
