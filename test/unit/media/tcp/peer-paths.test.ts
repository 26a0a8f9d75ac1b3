import { expect, test } from 'vitest';
import { nextPeerId } from '#src/core/ids.ts';
import { PeerPaths, type HeldPath } from '#src/media/tcp/peer-paths.ts';

class FakePath implements HeldPath {
  isOpen = true;
  readonly localPort: number;

  constructor(localPort: number) {
    this.localPort = localPort;
  }

  [Symbol.dispose](): void {
    this.isOpen = false;
  }
}

function open(): { paths: PeerPaths; released: number[] } {
  const released: number[] = [];
  return { paths: new PeerPaths((port) => released.push(port)), released };
}

test('a path lingers until its time has come', () => {
  const { paths, released } = open();
  const path = new FakePath(1);
  paths.add(nextPeerId(), path);
  paths.linger(path, 1_000);
  paths.sweep(999);
  expect([path.isOpen, released]).toEqual([true, []]);
  paths.sweep(1_000);
  expect([path.isOpen, released]).toEqual([false, [1]]);
  paths.release(path);
  expect(released).toEqual([1]);
});

test('a path in use is not swept, and goes when its peer is gone only if it lingers', () => {
  const { paths, released } = open();
  const peer = nextPeerId();
  const [used, old, other] = [new FakePath(1), new FakePath(2), new FakePath(3)];
  paths.add(peer, used);
  paths.add(peer, old);
  paths.add(nextPeerId(), other);
  paths.linger(old, 10_000);
  paths.linger(other, 10_000);
  paths.hurry(peer, 500);
  paths.sweep(500);
  expect(released).toEqual([2]);
  paths[Symbol.dispose]();
  expect([used.isOpen, other.isOpen]).toEqual([false, false]);
});

test('no more linger than may; the oldest go early', () => {
  const { paths, released } = open();
  const peer = nextPeerId();
  for (let port = 0; port < 5_000; port++) {
    const path = new FakePath(port);
    paths.add(peer, path);
    paths.linger(path, 10_000);
  }
  expect(released).toHaveLength(5_000 - 4_096);
  expect(released[0]).toBe(0);
});
