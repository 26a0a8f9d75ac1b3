import { describe, expect, it } from 'vitest';
import { IceLite, type IceCheck } from '#src/media/ice-lite.ts';
import { bindingRequest, type CheckOptions } from '#test/integration/media-kit.ts';

interface Peer {
  readonly name: string;
}
const alice: Peer = { name: 'alice' };
const bob: Peer = { name: 'bob' };
const ofAlice = { ufrag: 'AAAA', password: 'the password of alice' };
const ofBob = { ufrag: 'BBBB', password: 'the password of bob' };
const request = (of: typeof ofAlice, options: CheckOptions = {}): Buffer =>
  bindingRequest(`${of.ufrag}:x`, of.password, options);

function accepted(outcome: IceCheck<Peer> | string): IceCheck<Peer> {
  if (typeof outcome === 'string') throw new Error(outcome);
  return outcome;
}

function table(): { ice: IceLite<Peer>; agent: ReturnType<IceLite<Peer>['add']> } {
  const ice = new IceLite<Peer>();
  const agent = ice.add(alice, ofAlice);
  ice.add(bob, ofBob);
  return { ice, agent };
}

describe('IceLite', () => {
  it('maps an address on the first authentic check, nominated or not', () => {
    const { ice, agent } = table();
    const check = accepted(ice.check(request(ofAlice, { nominate: false }), '192.0.2.1', 5_000));
    expect(check).toMatchObject({
      peer: alice,
      moved: true,
      from: { ip: '192.0.2.1', port: 5_000, family: 4 },
    });
    expect(ice.peerAt('192.0.2.1', 5_000)).toBe(alice);
    expect(agent.selected).toEqual(check.from);
  });

  it('believes no check a second time from somewhere else, where whoever reads along would send it from', () => {
    const { ice, agent } = table();
    const check = request(ofAlice);
    const first = accepted(ice.check(check, '192.0.2.1', 5_000));
    // The same address may repeat it: its answer was lost.
    expect(accepted(ice.check(check, '192.0.2.1', 5_000))).toMatchObject({ moved: false });
    for (let i = 0; i < 100; i++) ice.check(request(ofAlice), '192.0.2.1', 5_000);
    expect(ice.check(check, '192.0.2.66', 1)).toBe('stun-replay');
    expect(ice.peerAt('192.0.2.66', 1)).toBeUndefined();
    expect(agent.selected).toEqual(first.from);
    expect(accepted(ice.check(request(ofAlice), '192.0.2.2', 6_000)).moved).toBe(true);
  });

  it('answers nobody who does not know the password, and remembers nothing of him', () => {
    const { ice, agent } = table();
    const forged = bindingRequest('AAAA:x', 'a guess');
    expect(ice.check(forged, '192.0.2.66', 1)).toBe('stun-unauthenticated');
    expect(ice.check(bindingRequest('CCCC:x', 'x'), '192.0.2.66', 1)).toBe('stun-unauthenticated');
    // Not even to tell of a role conflict.
    expect(ice.check(bindingRequest('AAAA:x', 'a guess', { controlled: true }), '192.0.2.66', 1)).toBe(
      'stun-unauthenticated',
    );
    expect(ice.peerAt('192.0.2.66', 1)).toBeUndefined();
    expect(agent.selected).toBeUndefined();
  });

  it('moves only when another address is nominated, IPv6 included', () => {
    const { ice, agent } = table();
    ice.check(request(ofAlice), '192.0.2.1', 1);
    expect(accepted(ice.check(request(ofAlice, { nominate: false }), '2001:db8::1', 2)).moved).toBe(false);
    expect(agent.selected?.port).toBe(1);
    expect(accepted(ice.check(request(ofAlice), '2001:db8::1', 2)).moved).toBe(true);
    expect(agent.selected).toEqual({ ip: '2001:db8::1', port: 2, family: 6 });
    expect(accepted(ice.check(request(ofAlice), '2001:db8::1', 2)).moved).toBe(false);
    expect(ice.peerAt('192.0.2.1', 1)).toBe(alice);
  });

  it('gives an address to the peer that proved itself there last', () => {
    const { ice } = table();
    ice.check(request(ofAlice), '192.0.2.1', 1);
    ice.check(request(ofBob), '192.0.2.1', 1);
    expect(ice.peerAt('192.0.2.1', 1)).toBe(bob);
    ice.remove(alice);
    expect(ice.peerAt('192.0.2.1', 1)).toBe(bob);
  });

  it('keeps eight addresses of a peer and never forgets the selected one', () => {
    const { ice } = table();
    ice.check(request(ofAlice), '192.0.2.1', 1);
    for (let port = 2; port <= 20; port++)
      ice.check(request(ofAlice, { nominate: false }), '192.0.2.1', port);
    const known = Array.from({ length: 20 }, (_, i) => i + 1).filter((port) => ice.peerAt('192.0.2.1', port));
    expect(known).toEqual([1, 14, 15, 16, 17, 18, 19, 20]);
  });

  it('tells an authentic peer of a role conflict and does not take its check', () => {
    const { ice } = table();
    const outcome = accepted(ice.check(request(ofAlice, { controlled: true }), '192.0.2.1', 1));
    expect(outcome.response.toString('latin1')).toContain('Role Conflict');
    expect(ice.peerAt('192.0.2.1', 1)).toBeUndefined();
  });

  it('restarts, more than once, with two credentials at most', () => {
    const { ice } = table();
    const second = { ufrag: 'A222', password: 'second' };
    const third = { ufrag: 'A333', password: 'third' };
    ice.check(request(ofAlice), '192.0.2.1', 1);
    ice.restart(alice, second);
    ice.restart(alice, third);
    expect(ice.check(request(second), '192.0.2.1', 1)).toBe('stun-unauthenticated');
    expect(accepted(ice.check(request(ofAlice), '192.0.2.1', 1)).peer).toBe(alice);
    expect(accepted(ice.check(request(third), '192.0.2.1', 1)).peer).toBe(alice);
    expect(ice.check(request(ofAlice), '192.0.2.1', 1)).toBe('stun-unauthenticated');
  });

  it('forgets a removed peer altogether', () => {
    const { ice } = table();
    ice.check(request(ofAlice), '192.0.2.1', 1);
    ice.restart(alice, { ufrag: 'A222', password: 'second' });
    ice.remove(alice);
    expect(ice.peerAt('192.0.2.1', 1)).toBeUndefined();
    expect(ice.check(request(ofAlice), '192.0.2.1', 1)).toBe('stun-unauthenticated');
    expect(ice.check(bindingRequest('A222:x', 'second'), '192.0.2.1', 1)).toBe('stun-unauthenticated');
  });
});
