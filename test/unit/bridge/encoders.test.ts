import { expect, test } from 'vitest';
import { deviceOf, encoderArguments, hardwareEncoders } from '#src/bridge/encoders.ts';

const linux = (...paths: readonly string[]): Parameters<typeof deviceOf>[1] => ({
  platform: 'linux',
  exists: (path) => paths.includes(path),
});

test('on Linux a device is a file, and the first that is there counts', () => {
  expect(deviceOf('vaapi', linux('/dev/dri/renderD129'))).toEqual({
    device: '/dev/dri/renderD129',
    absent: undefined,
  });
  expect(deviceOf('nvenc', linux('/dev/dxg')).device).toBe('/dev/dxg');
});

test('without that file there is a reason, and the usual device for who insists', () => {
  expect(deviceOf('nvenc', linux())).toEqual({
    device: '/dev/nvidiactl',
    absent: 'there is no /dev/nvidiactl and no /dev/dxg',
  });
});

test('what belongs to one system is looked for on that one', () => {
  expect(deviceOf('videotoolbox', linux()).absent).toBe('there is none on linux');
  const mac = { platform: 'darwin', exists: () => false };
  expect(deviceOf('videotoolbox', mac).absent).toBeUndefined();
  expect(deviceOf('vaapi', mac).absent).toBe('there is none on darwin');
  expect(deviceOf('nvenc', { platform: 'win32', exists: () => false }).absent).toBeUndefined();
});

test.each(hardwareEncoders)('%s encodes H.264 without reordering, and its device is named', (name) => {
  const told = encoderArguments({ name, device: '/dev/some' });
  expect(told.codec).toMatch(/^h264_/);
  expect([...told.global, ...told.options].join(' ')).not.toContain('{');
});
