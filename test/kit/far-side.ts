import { openOtherSide, type OtherSide } from './other-side.ts';

/** The other side of a wire with a firewall on it. */
export interface FarSide extends Pick<OtherSide, 'hereIp' | 'browserPath'>, AsyncDisposable {
  /** Lets no UDP through from now on but that of one port on this side; none at all without one. */
  blockUdpExcept(port?: number): Promise<void>;
}

/** Needs root and iproute2. */
export async function openFarSide(chromiumPath: string): Promise<FarSide> {
  const side = await openOtherSide(chromiumPath);
  return {
    hereIp: side.hereIp,
    browserPath: side.browserPath,
    async blockUdpExcept(port = 0) {
      for (const way of ['egress', 'ingress'] as const) await side.filter(way, udpFilter(way, port));
    },
    [Symbol.asyncDispose]: () => side[Symbol.asyncDispose](),
  };
}

/** Drops a UDP datagram unless it is from or to this port on this side. */
function udpFilter(way: 'egress' | 'ingress', port: number): readonly string[] {
  const portOffset = way === 'egress' ? 34 : 36;
  return [
    '40 0 0 12', // the type of the Ethernet frame
    '21 0 5 2048', // not IPv4: to the end
    '48 0 0 23', // IPv4's protocol
    '21 0 3 17', // not UDP: to the end
    `40 0 0 ${portOffset}`, // source port of what leaves, destination port of what comes
    `21 1 0 ${port}`, // ours: to the end
    '6 0 0 2',
    '6 0 0 4294967295',
  ];
}
