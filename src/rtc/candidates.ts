/** One host candidate of the gateway (RFC 8839 section 5.1). */
export interface HostCandidate {
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
}

/**
 * The gateway's candidates, best first. All are host candidates of component 1 over UDP, so the priorities (RFC 8445 section
 * 5.1.2.1) differ in the local preference alone.
 */
export function hostCandidates(addresses: readonly string[], port: number): readonly HostCandidate[] {
  return addresses.map((address, index) => ({
    foundation: String(index + 1),
    priority: 126 * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255,
    address,
    port,
  }));
}

/** The value of an a=candidate line. */
export function candidateValue({ foundation, priority, address, port }: HostCandidate): string {
  return `${foundation} 1 udp ${priority} ${address} ${port} typ host`;
}
