import { describe, expect, it } from 'vitest';
import type { Log } from '#src/core/log.ts';
import { loadAddon, type Addon, type AddonKeys, type AddonSession } from '#src/media/engine/addon.ts';
import { nativeEngineMissing, openEngine, trustedAddon } from '#src/media/engine/select.ts';
import { addonFault } from '#src/media/engine/self-test.ts';

const socket = { port: 0, address: '127.0.0.1', recvBufferBytes: 65_536, sendBufferBytes: 65_536 };
const intake = { datagram: () => undefined, error: () => undefined };

function realAddon(): Addon {
  const addon = trustedAddon();
  if (typeof addon === 'string') throw new Error(addon);
  return addon;
}

/** The real addon with one method of its SRTP changed. */
function withFault(fault: (session: AddonSession) => Partial<AddonSession>): Addon {
  const addon = realAddon();
  const construct = (Session: Addon['SrtpSession'], keys: AddonKeys): AddonSession => {
    const session = new Session(...keys);
    const right: AddonSession = {
      protectRtp: (buffer, plainBytes) => session.protectRtp(buffer, plainBytes),
      protectRtcp: (buffer, plainBytes) => session.protectRtcp(buffer, plainBytes),
      unprotectRtp: (packet) => session.unprotectRtp(packet),
      unprotectRtcp: (packet) => session.unprotectRtcp(packet),
    };
    return { ...right, ...fault(session) };
  };
  return { ...addon, SrtpSession: new Proxy(addon.SrtpSession, { construct }) };
}

describe('an addon that cannot be had', () => {
  it('is told with what to do', () => {
    expect(loadAddon('/nowhere/frontrow.node')).toMatch(/not built.*g\+\+.*npm run build:native/);
    // There is a file, and it is no addon.
    expect(loadAddon(import.meta.filename)).toMatch(/does not load.*npm run build:native/);
  });
});

describe('the self-test', () => {
  it('finds no fault in the addon that was built', () => {
    expect(addonFault(realAddon())).toBeUndefined();
  });

  it('finds one changed byte', () => {
    const addon = withFault((session) => ({
      protectRtp: (buffer, plainBytes) => {
        const length = session.protectRtp(buffer, plainBytes);
        buffer[length - 1] = (buffer[length - 1] ?? 0) ^ 1;
        return length;
      },
    }));
    expect(addonFault(addon)).toMatch(/SRTP differs \(aead-aes-128-gcm\)/);
  });

  it('finds a tag that is not looked at', () => {
    const addon = withFault(() => ({ unprotectRtp: (packet) => packet.length - 16 }));
    expect(addonFault(addon)).toMatch(/SRTP differs/);
  });

  it('finds wrong reports', () => {
    const addon = withFault(() => ({ unprotectRtcp: () => -1 }));
    expect(addonFault(addon)).toMatch(/SRTCP differs/);
  });

  it('survives an addon that throws', () => {
    const addon = withFault(() => ({
      protectRtcp: () => {
        throw new Error('no such cipher');
      },
    }));
    expect(addonFault(addon)).toMatch(/no such cipher/);
  });
});

describe('openEngine', () => {
  it.each([
    ['auto', 'native'],
    ['native', 'native'],
    ['typescript', 'typescript'],
  ] as const)('%s opens the %s engine and says so once', async (choice, name) => {
    const lines: unknown[] = [];
    const said = (fields: object, sentence: string): void => void lines.push({ ...fields, sentence });
    const log: Log = { debug: said, info: said, warn: said, error: said, child: () => log };
    const engine = await openEngine(choice, socket, intake, log);
    expect(engine.name).toBe(name);
    expect(lines).toMatchObject([{ engine: name, port: engine.port, sentence: 'media engine open' }]);
    await engine[Symbol.asyncDispose]();
  });

  it('tells what to do when native cannot be had', () => {
    expect(nativeEngineMissing('it is not built')).toMatchObject({
      code: 'native-engine-missing',
      message: expect.stringMatching(/it is not built.*FRONTROW_MEDIA__ENGINE/) as unknown,
    });
  });
});
