import { describe, expect, it } from 'vitest';
import { socketAddress } from '#src/media/address.ts';
import {
  bindingSuccessResponse,
  isAuthentic,
  parseBindingRequest,
  roleConflictResponse,
  unknownAttributeResponse,
  type BindingRequest,
} from '#src/media/stun.ts';
import { bindingRequest, type CheckOptions } from '#test/integration/media-kit.ts';

const password = 'VOkJxbRl1RmTxUk/WvJxBt';
/** The sample request of RFC 5769 section 2.1. */
const sample = Buffer.from(
  '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74' +
    '002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020' +
    '000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
  'hex',
);

function parsed(datagram: Buffer): BindingRequest {
  const request = parseBindingRequest(datagram);
  if (typeof request === 'string') throw new Error(request);
  return request;
}
const check = (options: CheckOptions = {}): Buffer => bindingRequest('ours:theirs', password, options);

describe('parseBindingRequest', () => {
  it('reads and authenticates the sample of RFC 5769, whose padding is not zero', () => {
    const request = parsed(sample);
    expect(request.localUfrag).toBe('evtj');
    expect(request.claimsControlled).toBe(true);
    expect(request.useCandidate).toBe(false);
    expect(isAuthentic(request, password)).toBe(true);
    expect(isAuthentic(request, `${password}x`)).toBe(false);
  });

  it('sees nomination and does not need FINGERPRINT', () => {
    expect(parsed(check()).useCandidate).toBe(true);
    expect(parsed(check({ nominate: false })).useCandidate).toBe(false);
    expect(isAuthentic(parsed(check({ fingerprint: false })), password)).toBe(true);
  });

  it('does not authenticate what was changed on the way', () => {
    const changed = check({ fingerprint: false });
    changed[30] = (changed[30] ?? 0) ^ 1;
    expect(isAuthentic(parsed(changed), password)).toBe(false);
  });

  it('ignores attributes behind MESSAGE-INTEGRITY', () => {
    const request = check({ nominate: false, fingerprint: false });
    const smuggled = Buffer.concat([request, Buffer.from('00250000', 'hex')]);
    smuggled.writeUInt16BE(smuggled.length - 20, 2);
    expect(parsed(smuggled).useCandidate).toBe(false);
  });

  it.each([
    ['an empty datagram', Buffer.alloc(0), 'stun-malformed'],
    ['a wrong cookie', Buffer.alloc(20), 'stun-malformed'],
    ['a cut-off request', check().subarray(0, 40), 'stun-malformed'],
    ['a wrong fingerprint', Buffer.concat([check().subarray(0, -1), Buffer.from([0])]), 'stun-malformed'],
    ['no attributes', Buffer.from('000100002112a442000000000000000000000000', 'hex'), 'stun-unauthenticated'],
    ['an indication', Buffer.from('001100002112a442000000000000000000000000', 'hex'), 'stun-ignored'],
    ['an answer', Buffer.from('010100002112a442000000000000000000000000', 'hex'), 'stun-ignored'],
    ['a user without a colon', bindingRequest('ours', password), 'stun-unauthenticated'],
    ['a user without a name', bindingRequest(':theirs', password), 'stun-unauthenticated'],
  ])('refuses %s', (_what, datagram, refusal) => {
    expect(parseBindingRequest(datagram)).toBe(refusal);
  });
});

describe('responses', () => {
  it('tell the address in the form of RFC 5769, signed and with a fingerprint', () => {
    // Section 2.2 (IPv4): the sample's transaction, 192.0.2.1:32853.
    const v4 = bindingSuccessResponse(parsed(sample), socketAddress('192.0.2.1', 32_853), password);
    expect(v4.subarray(20, 32)).toEqual(Buffer.from('002000080001a147e112a643', 'hex'));
    // Section 2.3 (IPv6): 2001:db8:1234:5678:11:2233:4455:6677.
    const v6 = bindingSuccessResponse(
      parsed(sample),
      socketAddress('2001:db8:1234:5678:11:2233:4455:6677', 32_853),
      password,
    );
    expect(v6.subarray(20, 44)).toEqual(
      Buffer.from('002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9', 'hex'),
    );
    for (const response of [v4, v6]) {
      expect(response.readUInt16BE(0)).toBe(0x0101);
      // A parser that wants a request checks fingerprint and integrity just the same.
      const asRequest = Buffer.from(response);
      expect(response.subarray(4, 20)).toEqual(sample.subarray(4, 20));
      expect(asRequest.readUInt16BE(2)).toBe(response.length - 20);
    }
  });

  it('name a role conflict and unknown attributes', () => {
    expect(roleConflictResponse(parsed(sample), password).toString('latin1')).toContain('Role Conflict');
    const request = parsed(check({ extraAttribute: 0x7777 }));
    expect(request.unknown).toEqual([0x7777]);
    const response = unknownAttributeResponse(request, password);
    expect(response.readUInt16BE(0)).toBe(0x0111);
    expect(response.includes(Buffer.from('000a00027777', 'hex'))).toBe(true);
  });
});
