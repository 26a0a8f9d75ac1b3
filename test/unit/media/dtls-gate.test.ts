import { describe, expect, it } from 'vitest';
import { DtlsGate } from '#src/media/dtls-gate.ts';

const alert = 21;
const handshake = 22;
const cipherSpec = 20;
const data = 23;
function record(type: number, epoch: number): Buffer {
  return Buffer.from([type, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2]);
}

describe('DtlsGate', () => {
  it('lets everything well-formed pass before the session has keys', () => {
    const gate = new DtlsGate();
    expect(gate.admits(record(handshake, 0), 0)).toBe(true);
    expect(gate.admits(record(alert, 0), 0)).toBe(true);
    expect(
      gate.admits(Buffer.concat([record(handshake, 0), record(cipherSpec, 0), record(handshake, 1)]), 0),
    ).toBe(true);
  });

  it('drops what is cut off', () => {
    const gate = new DtlsGate();
    for (let length = 0; length < 15; length++)
      expect(gate.admits(record(handshake, 0).subarray(0, length), 0)).toBe(false);
  });

  it('answers a repeated last flight for five seconds, and never takes a clear alert or clear data', () => {
    const gate = new DtlsGate();
    gate.secure(1_000);
    gate.secure(3_000);
    const lastFlight = Buffer.concat([record(handshake, 0), record(cipherSpec, 0), record(handshake, 1)]);
    expect(gate.admits(lastFlight, 5_900)).toBe(true);
    expect(gate.admits(lastFlight, 6_000)).toBe(false);
    expect(gate.admits(record(alert, 0), 1_000)).toBe(false);
    expect(gate.admits(record(data, 0), 1_000)).toBe(false);
    expect(gate.admits(Buffer.concat([record(handshake, 0), record(alert, 0)]), 1_000)).toBe(false);
    expect(gate.admits(record(alert, 1), 60_000)).toBe(true);
  });

  it('bounds how many reach the control plane in a second', () => {
    const gate = new DtlsGate();
    const admitted = Array.from({ length: 200 }, () => gate.admits(record(handshake, 0), 10)).filter(Boolean);
    expect(admitted).toHaveLength(64);
    expect(gate.admits(record(handshake, 0), 1_010)).toBe(true);
  });
});
