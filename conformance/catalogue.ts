import type { ConformanceTest, Phase } from './check.ts';
import { answerRows } from './rows/answer.ts';
import { authRows } from './rows/auth.ts';
import { corsRows } from './rows/cors.ts';
import { counterOfferRows } from './rows/counter-offer.ts';
import { endingRows } from './rows/ending.ts';
import { extensionRows } from './rows/extensions.ts';
import { linkRows } from './rows/links.ts';
import { loadRows } from './rows/load.ts';
import { mediaRows } from './rows/media.ts';
import { optionsRows } from './rows/options.ts';
import { postRows } from './rows/post.ts';
import { refusalRows } from './rows/refusals.ts';
import { restartRows } from './rows/restart.ts';
import { serverOfferRows } from './rows/server-offer.ts';
import { tagRows } from './rows/tags.ts';
import { trickleRows } from './rows/trickle.ts';

const groups: readonly (readonly ConformanceTest[])[] = [
  optionsRows,
  corsRows,
  postRows,
  answerRows,
  refusalRows,
  trickleRows,
  restartRows,
  tagRows,
  endingRows,
  mediaRows,
  serverOfferRows,
  counterOfferRows,
  loadRows,
  linkRows,
  authRows,
  extensionRows,
];

const order: Readonly<Record<Phase, number>> = { offline: 0, idle: 1, live: 2 };

/** Every test, in an order in which one stream does for all: first nobody publishes, then publishers are tested, then viewers. */
export const catalogue: readonly ConformanceTest[] = groups
  .flat()
  .toSorted((one, other) => order[one.phase] - order[other.phase]);

/** The tests whose id is one of these, or begins with one of these and a hyphen; all of them without any. */
export function chosen(ids: readonly string[]): readonly ConformanceTest[] {
  const wanted = catalogue.filter(
    ({ id }) => ids.length === 0 || ids.some((one) => id === one || id.startsWith(`${one}-`)),
  );
  if (wanted.length === 0) throw new Error(`there is no test "${ids.join(', ')}"; --list names all`);
  return wanted;
}
