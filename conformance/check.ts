import type { Context } from './context.ts';
import type { Protocol } from './verdict.ts';

/**
 * How binding a rule is. MUST, SHOULD and MAY as the cited section has it (BCP 14); MUST also where the section says plainly
 * what happens. `house` is advice that no document demands: what clients in the field need.
 */
export type Level = 'MUST' | 'SHOULD' | 'MAY' | 'house';

/** What has to be so at the server before a test can run. */
export type Phase =
  /** WHEP: nobody publishes yet. */
  | 'offline'
  /** WHIP: nobody else publishes. */
  | 'idle'
  /** WHEP: somebody publishes. */
  | 'live';

/** One rule of a specification, and how to find out whether a server keeps it. */
export interface ConformanceTest {
  /** Stable, kebab-case, begins with the protocol. */
  readonly id: string;
  /** What the server does when it conforms. */
  readonly title: string;
  /** Where it is written, e.g. `RFC 9725 4.2`. */
  readonly section: string;
  readonly level: Level;
  readonly protocol: Protocol;
  readonly phase: Phase;
  /** Throws a Violation when the rule is broken, NotSupported when it does not apply to this server. */
  run(context: Context): Promise<void>;
}

/** A rule of one protocol. */
export type OneRow = Omit<ConformanceTest, 'phase' | 'protocol'> & {
  readonly protocol: Protocol;
  readonly phase?: Phase;
};

/** Makes a test of a rule that one protocol has. */
export function rule({ phase, ...row }: OneRow): ConformanceTest {
  return { ...row, phase: phase ?? usualPhase(row.protocol) };
}

/** A rule that both protocols have, each in a section of its own. */
export interface SharedRow {
  /** Without the protocol in front. */
  readonly id: string;
  readonly title: string;
  readonly section: Readonly<Record<Protocol, string>>;
  readonly level: Level;
  run(context: Context): Promise<void>;
}

/** Makes the two tests of a rule that both protocols have. */
export function shared({ id, section, ...row }: SharedRow): readonly ConformanceTest[] {
  const protocols: readonly Protocol[] = ['whip', 'whep'];
  return protocols.map((protocol) => ({
    ...row,
    id: `${protocol}-${id}`,
    section: section[protocol],
    protocol,
    phase: usualPhase(protocol),
  }));
}

function usualPhase(protocol: Protocol): Phase {
  return protocol === 'whip' ? 'idle' : 'live';
}
