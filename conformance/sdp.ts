/** Attributes of a session or a section. */
export interface Lines {
  readonly lines: readonly string[];
  /** Value of the first `a=name:value`; '' for a flag; undefined when there is none. */
  value(name: string): string | undefined;
  /** Values of all of them. */
  values(name: string): readonly string[];
  has(name: string): boolean;
}

/** One m-section. */
export interface Section extends Lines {
  readonly kind: string;
  readonly port: number;
  readonly formats: readonly string[];
  readonly mid: string;
  readonly direction: string | undefined;
}

/** An SDP as far as the rules look at it. */
export interface Sdp {
  readonly session: Lines;
  readonly sections: readonly Section[];
}

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** Reads an SDP or an SDP fragment without judging it. */
export function readSdp(text: string): Sdp {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []));
  const session = linesOf(lines.slice(0, starts[0] ?? lines.length));
  const sections = starts.map((start, index) =>
    sectionOf(lines.slice(start, starts[index + 1] ?? lines.length), session),
  );
  return { session, sections };
}

function linesOf(lines: readonly string[]): Lines {
  const values = (name: string): readonly string[] =>
    lines.flatMap((line) =>
      line === `a=${name}` ? [''] : line.startsWith(`a=${name}:`) ? [line.slice(name.length + 3)] : [],
    );
  return { lines, values, value: (name) => values(name)[0], has: (name) => values(name).length > 0 };
}

function sectionOf(lines: readonly string[], session: Lines): Section {
  const own = linesOf(lines);
  const [kind = '', port = '', , ...formats] = (lines[0] ?? '').slice(2).split(' ');
  return {
    ...own,
    kind,
    port: Number.parseInt(port, 10),
    formats,
    mid: own.value('mid') ?? '',
    direction: directions.find((name) => own.has(name)) ?? directions.find((name) => session.has(name)),
  };
}

/** Value of an attribute that may stand in the session part or in the first section that has it. */
export function anywhere(sdp: Sdp, name: string): string | undefined {
  const places: readonly Lines[] = [...sdp.sections, sdp.session];
  return places.map((place) => place.value(name)).find((value) => value !== undefined);
}

/** The members of the BUNDLE group; undefined without one. */
export function bundleOf({ session }: Sdp): readonly string[] | undefined {
  const group = session.values('group').find((value) => /^BUNDLE( |$)/.test(value));
  return group?.split(' ').slice(1);
}

/** A section that was not refused (RFC 3264 section 6: port 0; RFC 9143 section 7.2.1: unless it is bundle-only). */
export function isAccepted(section: Section): boolean {
  return section.port !== 0 || section.has('bundle-only');
}

/** Every candidate of an SDP or fragment. */
export function candidatesOf(sdp: Sdp): readonly string[] {
  const places: readonly Lines[] = [sdp.session, ...sdp.sections];
  return places.flatMap((place) => place.values('candidate'));
}
