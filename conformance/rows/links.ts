import { type ConformanceTest, shared } from '../check.ts';
import type { Context } from '../context.ts';
import { must, notSupported, type Protocol } from '../verdict.ts';

const section: Readonly<Record<Protocol, string>> = { whip: 'RFC 9725 4.6', whep: 'WHEP-03 4.7' };

/** The ice-server links of a 201, one string for each header line. */
async function iceLinks(context: Context): Promise<readonly string[]> {
  const { created } = await context.open();
  const links = created.lines('Link').filter((line) => /rel="?ice-server/.test(line));
  return links.length > 0 ? links : notSupported('the 201 has no ice-server Link');
}

const isTurn = (link: string): boolean => /^<turns?:/.test(link);

/** STUN and TURN servers in Link headers, and how clients read them: with regular expressions and by splitting at commas. */
export const linkRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'link-targets',
    title: 'ice-server links point to stun:, turn: or turns: URLs',
    section,
    level: 'MUST',
    async run(context) {
      for (const link of await iceLinks(context))
        must(/^<(stuns?|turns?):[^<>]+>\s*;/.test(link), `this is no STUN or TURN server: ${hidden(link)}`);
    },
  }),
  ...shared({
    id: 'link-credentials',
    title: 'TURN links have username and credential',
    section,
    level: 'MUST',
    async run(context) {
      const links = (await iceLinks(context)).filter(isTurn);
      if (links.length === 0) notSupported('there is no TURN server');
      for (const link of links)
        must(
          /; *username="[^"]+"/.test(link) && /; *credential="[^"]+"/.test(link),
          `incomplete: ${hidden(link)}`,
        );
    },
  }),
  ...shared({
    id: 'link-order',
    title: 'parameters are quoted and in the usual order: rel, username, credential, credential-type',
    section,
    level: 'house',
    async run(context) {
      const form =
        /^<[^>]+>; rel="ice-server"(; username="[^"]*"; credential="[^"]*"; credential-type="password")?$/;
      for (const link of await iceLinks(context)) must(form.test(link), `otherwise: ${hidden(link)}`);
    },
  }),
  ...shared({
    id: 'link-lines',
    title: 'each server has a header line of its own, without commas or semicolons inside values',
    section,
    level: 'house',
    async run(context) {
      for (const link of await iceLinks(context)) {
        must(!link.includes(','), `a comma: ${hidden(link)}`);
        const inside = [...link.matchAll(/"([^"]*)"/g)].map(([, value]) => value ?? '');
        must(!inside.some((value) => value.includes(';')), `a semicolon inside a value: ${hidden(link)}`);
      }
    },
  }),
  ...shared({
    id: 'link-best-first',
    title: 'TURN over UDP comes before TURN over TCP and TLS (some clients take only the first)',
    section,
    level: 'house',
    async run(context) {
      const links = (await iceLinks(context)).filter(isTurn);
      if (links.length < 2) notSupported('there is no choice of TURN servers');
      const ranks = links.map((link) =>
        link.startsWith('<turns:') ? 2 : /transport=tcp/i.test(link) ? 1 : 0,
      );
      must(
        ranks.every((rank, index) => rank >= (ranks[index - 1] ?? 0)),
        `the order is ${links.map(hidden).join(' ')}`,
      );
    },
  }),
  ...shared({
    id: 'link-on-options',
    title: 'OPTIONS with authorization names the same servers, for clients that need them before the offer',
    section,
    level: 'MAY',
    async run(context) {
      await iceLinks(context);
      const answer = await context.request(context.endpoint, { method: 'OPTIONS' });
      const links = answer.lines('Link').filter((line) => /rel="?ice-server/.test(line));
      if (links.length === 0) notSupported('OPTIONS has no ice-server Link');
      must(
        links.every((link) => /^<(stuns?|turns?):[^<>]+>\s*;/.test(link)),
        'a link is no STUN or TURN server',
      );
    },
  }),
];

/** The link without its secrets. */
function hidden(link: string): string {
  return link.replaceAll(/(username|credential)="[^"]*"/g, '$1="..."');
}
