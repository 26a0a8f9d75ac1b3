import { catalogue } from '../catalogue.ts';
import type { ConformanceTest } from '../check.ts';
import type { Settings } from '../context.ts';
import { Suite } from '../suite.ts';
import { rightToken, viewToken } from './exchange.ts';
import { type Fault, faults } from './faults.ts';
import { openSelfTestServer } from './server.ts';

/** The server of the self-test speaks no DTLS, so what needs a connection cannot be tried against it. */
const needsConnection =
  /-(connect|stop-and-start|delete-closes-transport|delete-after-close|media-flows|counter-offer-answered)$/;

/** Tests that are tried against the self-test's server. */
export const tried: readonly ConformanceTest[] = catalogue.filter(({ id }) => !needsConnection.test(id));

/** Ids of the tests that have to fail at a server with these faults. */
export function expectedFailures(present: readonly Fault[]): readonly string[] {
  const names = new Set<string>(present.flatMap((fault) => faults[fault]));
  return tried.map(({ id }) => id).filter((id) => names.has(id) || names.has(id.slice('whip-'.length)));
}

/** What the suite says of a server with these faults: ids of failed tests, with reasons. */
export async function failuresOf(present: readonly Fault[]): Promise<ReadonlyMap<string, string>> {
  await using server = await openSelfTestServer(present);
  const at = (path: string): string => `${server.origin}/${path}`;
  const usual = {
    badToken: 'the-wrong-token',
    token: rightToken,
    viewToken,
    insecure: false,
    timeoutMs: 3_000,
    maxWaitMs: 4_000,
  };
  const declining = (name: string): Pick<Settings, 'busyWhip' | 'busyWhep'> => ({
    busyWhip: at(`whip/${name}`),
    busyWhep: at(`whep/${name}`),
  });
  const live = { whip: at('whip/live'), whep: at('whep/live') };
  // Nobody publishes through WHIP here: the stream is just there.
  const suites = {
    whip: new Suite({ ...usual, ...declining('busy'), whip: at('whip/live') }),
    whep: new Suite({ ...usual, ...declining('busy'), whep: at('whep/live') }),
    offline: new Suite({ ...usual, whep: at('whep/offline') }),
    full: new Suite({ ...usual, ...live, ...declining('full') }),
    // The suite asks again where Retry-After fits into its time-out.
    often: new Suite({ ...usual, ...live, ...declining('often'), timeoutMs: 1_500 }),
  };
  const failed = new Map<string, string>();
  for (const test of tried) {
    const { id, protocol, phase } = test;
    const declined = id.endsWith('-busy-503') ? 'full' : id.endsWith('-busy-429') ? 'often' : undefined;
    const suite = suites[declined ?? (phase === 'offline' ? 'offline' : protocol)];
    // Where everybody is declined, nobody needs a stream.
    const { outcome, reason } = await suite.run(declined === undefined ? test : { ...test, phase: 'idle' });
    if (outcome === 'failed') failed.set(id, reason);
  }
  for (const suite of Object.values(suites)) await suite[Symbol.asyncDispose]();
  return failed;
}
