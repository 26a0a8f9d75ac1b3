import { offerNames, offerText } from '#test/unit/rtc/kit/offers.ts';

/** Reproducible noise: a linear congruential generator (Numerical Recipes' constants). */
export function noise(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What may happen to an offer on its way, or in a program that is not quite right. */
const mutations: readonly ((lines: string[], random: (below: number) => number) => string)[] = [
  (lines, random) => lines.filter((_, index) => index !== random(lines.length)).join('\r\n'),
  (lines, random) => lines.toSpliced(random(lines.length), 0, lines[random(lines.length)] ?? '').join('\r\n'),
  (lines, random) => lines.slice(0, random(lines.length)).join('\r\n'),
  (lines, random) => lines.toSorted(() => random(3) - 1).join('\r\n'),
  (lines, random) => lines.slice(random(lines.length)).concat(lines).join('\r\n'),
  (lines, random) => {
    const text = lines.join('\r\n');
    const at = random(text.length);
    return text.slice(0, at) + String.fromCharCode(random(300)) + text.slice(at + random(4));
  },
  (lines, random) => {
    const line = random(lines.length);
    const words = (lines[line] ?? '').split(/([ :;=/])/);
    const word = random(words.length);
    const odd = ['', '-1', '0', '99999999999', 'a'.repeat(500), '*', '%s', '\ud83d', '__proto__', ';', ' '];
    words[word] = odd[random(odd.length)] ?? '';
    return lines.toSpliced(line, 1, words.join('')).join('\r\n');
  },
  (lines, random) =>
    lines.map((line) => (random(20) === 0 ? line.slice(0, random(line.length)) : line)).join('\r\n'),
  (lines, random) =>
    lines.map((line) => (random(8) === 0 ? line.replace(/\d+/, String(random(70_000))) : line)).join('\r\n'),
];

/** These lines with something wrong; the same for the same noise and round. */
export function mutated(lines: readonly string[], random: (below: number) => number, round: number): string {
  return mutations[round % mutations.length]?.([...lines], random) ?? '';
}

/** The offer of a real client with something wrong. */
export function mutatedOffer(random: (below: number) => number, round: number): string {
  const name = offerNames[random(offerNames.length)] ?? '';
  return mutated(offerText(name).split('\r\n'), random, round);
}
