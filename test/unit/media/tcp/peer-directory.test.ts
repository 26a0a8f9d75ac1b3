import { expect, test } from 'vitest';
import { nextPeerId } from '#src/core/ids.ts';
import { passwordFor, PeerDirectory, type DirectoryEntry } from '#src/media/tcp/peer-directory.ts';
import { bindingRequest } from '#test/integration/media-kit.ts';

const first = { ufrag: 'one', password: 'the first password' };
const second = { ufrag: 'two', password: 'the second password' };
const third = { ufrag: 'three', password: 'the third password' };

function check({ ufrag, password }: typeof first): Buffer {
  return bindingRequest(`${ufrag}:theirs`, password);
}

function known(outcome: DirectoryEntry | string): DirectoryEntry {
  if (typeof outcome === 'string') throw new Error(`it was ${outcome}`);
  return outcome;
}

test('knows whose a check is, and where the peer lives', () => {
  const directory = new PeerDirectory();
  const [a, b] = [nextPeerId(), nextPeerId()];
  directory.add(a, 8_189, first);
  directory.add(b, 8_190, second);
  expect(known(directory.authenticate(check(first)))).toMatchObject({ peer: a, workerPort: 8_189 });
  expect(known(directory.authenticate(check(second)))).toMatchObject({ peer: b, workerPort: 8_190 });
});

test('tells who may still become known from who never will', () => {
  const directory = new PeerDirectory();
  expect(directory.authenticate(check(first))).toBe('unknown');
  directory.add(nextPeerId(), 1, first);
  expect(directory.authenticate(bindingRequest('one:theirs', 'a guess'))).toBe('refused');
  expect(directory.authenticate(Buffer.from([22, 254, 253]))).toBe('refused');
  expect(directory.authenticate(Buffer.alloc(0))).toBe('refused');
});

test('an ICE restart keeps the credentials that may still be in use, two pairs at most', () => {
  const directory = new PeerDirectory();
  const peer = nextPeerId();
  directory.add(peer, 1, first);
  directory.restart(peer, second);
  for (const one of [first, second]) expect(known(directory.authenticate(check(one))).peer).toBe(peer);
  directory.restart(peer, third);
  expect(directory.authenticate(check(second))).toBe('unknown');
  for (const one of [first, third]) expect(known(directory.authenticate(check(one))).peer).toBe(peer);
  const entry = directory.get(peer);
  expect(entry && passwordFor(entry, 'three')).toBe(third.password);
  expect(entry && passwordFor(entry, 'two')).toBeUndefined();
});

test('forgets a peer wholly', () => {
  const directory = new PeerDirectory();
  const peer = nextPeerId();
  directory.add(peer, 1, first);
  directory.restart(peer, second);
  directory.remove(peer);
  directory.remove(peer);
  directory.restart(peer, third);
  expect([directory.size, directory.get(peer)]).toEqual([0, undefined]);
  for (const one of [first, second, third]) expect(directory.authenticate(check(one))).toBe('unknown');
});
