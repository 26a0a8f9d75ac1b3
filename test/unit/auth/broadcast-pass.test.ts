import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openPassDesk } from '#src/auth/broadcast-pass.ts';
import type { AuthConfig } from '#src/auth/config.ts';
import { type Grant, openGrant } from '#src/core/access.ts';
import type { PassDesk } from '#src/core/pass-desk.ts';
import { Failure } from '#src/core/failure.ts';
import { authSettings, sha256Hex, streamNamed, testNowMs } from '#test/kit/tokens.ts';

const live = streamNamed('live');
const secret = 'the secret of passes, which is long enough';
const older = 'the secret of passes that were made before';
const ann: Grant = {
  action: 'view',
  subject: 'ann',
  credential: 'token:x',
  tier: undefined,
  maxHeight: undefined,
};

interface Rig {
  readonly desk: PassDesk;
  settings: AuthConfig;
  nowMs: number;
}
function openRig(more: Record<string, unknown> = { passKeys: [{ kid: 'k1', secret }] }): Rig {
  const rig = { settings: authSettings(more), nowMs: testNowMs };
  const desk = openPassDesk({ settings: () => rig.settings, open: () => false, nowMs: () => rig.nowMs });
  return Object.assign(rig, { desk });
}
function passOf(desk: PassDesk, grant = ann): { readonly path: string; readonly cookie: string } {
  const pass = desk.issue(live, grant);
  if (pass === undefined) throw new Error('no pass was made');
  return pass;
}
const codeOf = (verdict: number | Failure): unknown => (verdict instanceof Failure ? verdict.code : verdict);

describe('a pass', () => {
  test('is what documents say, so that caches can check it', () => {
    const endS = testNowMs / 1000 + 600;
    const mac = (holder: string): string =>
      createHmac('sha256', secret).update(`/hls/live/\n${endS}\n${holder}`).digest('hex');
    const holder = Buffer.from('ann').toString('base64url');
    expect(openRig().desk.issue(live, ann)).toEqual({
      folder: 'live',
      path: `${endS}.k1.${mac('')}`,
      cookie: `${endS}.k1.${mac(holder)}.${holder}`,
      untilMs: endS * 1000,
    });
  });

  test('is the same for all viewers of a minute, and lives as long as the settings say, or a little longer', () => {
    const rig = openRig({ passKeys: [{ kid: 'k1', secret }], passLifetimeS: 90 });
    rig.nowMs += 1;
    const { path, cookie } = passOf(rig.desk);
    rig.nowMs += 29_000;
    expect(passOf(rig.desk, { ...ann, subject: 'bob' }).path).toBe(path);
    expect(passOf(rig.desk, { ...ann, subject: 'bob' }).cookie).not.toBe(cookie);
    rig.nowMs = testNowMs + 119_999;
    expect([rig.desk.read(live, path), rig.desk.read(live, cookie)]).toEqual([
      testNowMs + 120_000,
      testNowMs + 120_000,
    ]);
    rig.nowMs++;
    expect(codeOf(rig.desk.read(live, path))).toBe('pass-expired');
  });

  test('opens its stream and no other', () => {
    const { desk } = openRig();
    const { path, cookie } = passOf(desk);
    for (const name of ['live2', 'liv', 'Live', 'other'])
      for (const pass of [path, cookie])
        expect(codeOf(desk.read(streamNamed(name), pass))).toBe('pass-invalid');
  });

  test('for pictures up to a height opens the folder of that height, and no other', () => {
    const { desk } = openRig();
    const made = desk.issue(live, { ...ann, maxHeight: 500 });
    expect(made?.folder).toBe('live~480');
    for (const pass of [made?.path ?? '', made?.cookie ?? '']) {
      expect(desk.read('live~480', pass)).toBeTypeOf('number');
      for (const name of ['live', 'live~720', 'live~360', 'live~48'])
        expect(codeOf(desk.read(name, pass))).toBe('pass-invalid');
    }
    expect(codeOf(desk.read('live~480', passOf(desk).path))).toBe('pass-invalid');
    // Viewers of one class have the same, whatever number their token has.
    expect(passOf(desk, { ...ann, maxHeight: 480 }).path).toBe(made?.path);
  });

  test('is refused when any character of it is another', () => {
    const { desk } = openRig();
    const made = passOf(desk);
    for (const pass of [made.path, made.cookie]) {
      for (let at = 0; at < pass.length; at++) {
        const changed = `${pass.slice(0, at)}${pass[at] === '1' ? '2' : '1'}${pass.slice(at + 1)}`;
        expect(['pass-invalid', 'pass-key-unknown', 'pass-expired']).toContain(
          codeOf(desk.read(live, changed)),
        );
        expect(codeOf(desk.read(live, pass.slice(0, at)))).toBe('pass-invalid');
      }
    }
    expect(codeOf(desk.read(live, `${made.path}.YW5u`))).toBe('pass-invalid');
    expect(codeOf(desk.read(live, made.path.toUpperCase()))).not.toBeTypeOf('number');
  });

  test('is not made for who may not watch LL-HLS, or need not ask', () => {
    const { desk } = openRig();
    expect(desk.issue(live, { ...ann, tier: 'interactive' })).toBeUndefined();
    expect(desk.issue(live, { ...ann, action: 'publish' })).toBeUndefined();
    expect(desk.issue(live, openGrant('view'))).toBeUndefined();
    expect(desk.issue(live, { ...ann, tier: 'broadcast' })).toBeDefined();
    const free = openRig({ openBroadcast: true }).desk;
    expect([free.isNeedless('hls'), free.issue(live, ann)]).toEqual([true, undefined]);
  });

  test('names its holder shortly, however long the name is', () => {
    const { desk } = openRig();
    const { cookie } = passOf(desk, { ...ann, subject: 'ö'.repeat(200) });
    expect(cookie.length).toBeLessThan(300);
    expect(desk.read(live, cookie)).toBeTypeOf('number');
  });
});

describe('keys', () => {
  test('rotate: the first signs, all are good, those that are gone are not', () => {
    const rig = openRig({ passKeys: [{ kid: 'k0', secret: older }] });
    const old = passOf(rig.desk).path;
    rig.settings = authSettings({
      passKeys: [
        { kid: 'k1', secret },
        { kid: 'k0', secret: older },
      ],
    });
    const fresh = passOf(rig.desk).path;
    expect(fresh).toContain('.k1.');
    expect([rig.desk.read(live, old), rig.desk.read(live, fresh)].map((verdict) => typeof verdict)).toEqual([
      'number',
      'number',
    ]);
    rig.settings = authSettings({ passKeys: [{ kid: 'k1', secret }] });
    expect(codeOf(rig.desk.read(live, old))).toBe('pass-key-unknown');
  });

  test('are made where there are none, by every process anew', () => {
    const [one, other] = [openRig({}).desk, openRig({}).desk];
    const { path } = passOf(one);
    expect(one.read(live, path)).toBeTypeOf('number');
    expect(codeOf(other.read(live, path))).toBe('pass-key-unknown');
  });

  test('of caches are known by their hashes', () => {
    const { desk } = openRig({ edgeKeys: [{ name: 'edge', sha256: sha256Hex('key') }] });
    expect(['key', 'kez', ''].map((key) => desk.edgeOf(key))).toEqual(['edge', undefined, undefined]);
    expect(openRig({}).desk.edgeOf('')).toBeUndefined();
  });
});

describe('a pass for recordings', () => {
  test('is of the same form, signed for another door, and opens that alone', () => {
    const rig = openRig();
    const endS = testNowMs / 1000 + 600;
    const made = rig.desk.issue(live, ann, 'vod');
    const mac = createHmac('sha256', secret).update(`/vod/live/\n${endS}\n`).digest('hex');
    expect([made?.folder, made?.path]).toEqual(['live', `${endS}.k1.${mac}`]);
    for (const pass of [made?.path ?? '', made?.cookie ?? '']) {
      expect(rig.desk.read('live', pass, 'vod')).toBe(endS * 1000);
      expect(codeOf(rig.desk.read('live', pass))).toBe('pass-invalid');
    }
    expect(codeOf(rig.desk.read('live', passOf(rig.desk).path, 'vod'))).toBe('pass-invalid');
  });

  test('is for who may watch in any way, at any height', () => {
    const { desk } = openRig();
    const all = desk.issue(live, ann, 'vod');
    for (const limits of [
      { tier: 'interactive' as const },
      { tier: 'broadcast' as const },
      { maxHeight: 360 },
    ])
      expect(desk.issue(live, { ...ann, ...limits }, 'vod')?.path).toBe(all?.path);
    expect(desk.issue(live, { ...ann, action: 'publish' }, 'vod')).toBeUndefined();
    expect(desk.issue(live, openGrant('view'), 'vod')).toBeUndefined();
  });

  test('is not needed where everybody may watch in some way', () => {
    const { desk } = openRig({ openInteractive: true });
    expect([desk.isNeedless('vod'), desk.isNeedless('hls')]).toEqual([true, false]);
    expect(desk.issue(live, ann, 'vod')).toBeUndefined();
    expect(openRig().desk.isNeedless('vod')).toBe(false);
  });
});
