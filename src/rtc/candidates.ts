/** One host candidate of the gateway (RFC 8839 section 5.1). */
export interface HostCandidate {
  readonly foundation: string;
  /** Over TCP it is passive: the gateway waits for connections (RFC 6544 section 4.1). */
  readonly transport: 'udp' | 'tcp';
  readonly priority: number;
  readonly address: string;
  readonly port: number;
}

const component = 1;
/** Type preferences of host candidates; browsers give their own over TCP the same lower one. */
const udpPreference = 126;
const tcpPreference = 90;
/** Of a passive host candidate (RFC 6544 section 4.2). */
const passivePreference = 4;

/**
 * The gateway's candidates, best first: every address over UDP, then over TCP for clients whose UDP is blocked. Some clients
 * look at the first line only, so it is UDP. All are host candidates of component 1. Without `tcpPort` there is UDP only.
 */
export function hostCandidates(
  addresses: readonly string[],
  port: number,
  tcpPort?: number,
): readonly HostCandidate[] {
  const overUdp = addresses.map((address, index): HostCandidate => {
    const priority = priorityOf(udpPreference, 65_535 - index);
    return { foundation: String(index + 1), transport: 'udp', priority, address, port };
  });
  if (tcpPort === undefined) return overUdp;
  const overTcp = tcpAddresses(addresses).map((address, index): HostCandidate => {
    // RFC 6544 section 4.2: three bits of direction, then 13 of our own order.
    const priority = priorityOf(tcpPreference, passivePreference * 2 ** 13 + (8_191 - index));
    const foundation = String(addresses.length + index + 1);
    return { foundation, transport: 'tcp', priority, address, port: tcpPort };
  });
  return [...overUdp, ...overTcp];
}

/** Nobody's UDP to this very machine is blocked, so loopback is only worth a line where there is nothing else. */
function tcpAddresses(addresses: readonly string[]): readonly string[] {
  const outside = addresses.filter((address) => !address.startsWith('127.') && address !== '::1');
  return outside.length > 0 ? outside : addresses;
}

/** RFC 8445 section 5.1.2.1. */
function priorityOf(typePreference: number, localPreference: number): number {
  return typePreference * 2 ** 24 + localPreference * 2 ** 8 + (256 - component);
}

/** The value of an a=candidate line. */
export function candidateValue(candidate: HostCandidate): string {
  const { foundation, transport, priority, address, port } = candidate;
  const line = `${foundation} ${component} ${transport} ${priority} ${address} ${port} typ host`;
  return transport === 'tcp' ? `${line} tcptype passive` : line;
}
