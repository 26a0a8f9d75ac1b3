import { describe, expect, test } from 'vitest';
import { read } from './repository.ts';

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Package;
const installed = new Map(Object.entries({ ...dependencies, ...devDependencies }));
/** First and second cell of every row of the tables. */
const rows = [...read('docs/clients.md').matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm)].map(
  ([, client, version]) => ({
    client: client ?? '',
    version: version ?? '',
  }),
);

describe('docs/clients.md', () => {
  test.each([
    'hls.js',
    'node-datachannel',
    '@eyevinn/whip-web-client',
    '@eyevinn/webrtc-player',
    'whip-whep',
    '@binbat/whip-whep',
  ])('names the installed version of %s', (name) => {
    const row = rows.find(({ client }) => client === name || client.includes(`\`${name}\``));
    expect(row?.version).toBe(installed.get(name));
  });
});
