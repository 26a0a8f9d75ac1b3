import { describe, expect, test } from 'vitest';
import { isMediaName, newRecordingId, parseVodPath } from '#src/record/names.ts';

const id = '20261121T181126Z-Ab3xYz';

test('a new recording is named by its time, so that names sort by age', () => {
  const name = newRecordingId(Date.UTC(2026, 10, 21, 18, 11, 26, 512));
  expect(name).toMatch(/^20261121T181126Z-[A-Za-z0-9]{6}$/);
  expect(newRecordingId(0)).not.toBe(newRecordingId(0));
  expect(parseVodPath(`live/${name}/index.m3u8`)).toMatchObject({ stream: 'live', id: name });
});

describe('paths below /vod/', () => {
  test.each([
    [`live/${id}/index.m3u8`, 'index.m3u8'],
    [`live/${id}/v0.m3u8`, 'v0.m3u8'],
    [`live/${id}/a0_12.mp4`, 'a0_12.mp4'],
    [`live/${id}/s0_12.vtt`, 's0_12.vtt'],
    [`live/${id}/s0.m3u8`, 's0.m3u8'],
    [`live/${id}/poster.jpg`, 'poster.jpg'],
    [`live/${id}/storyboard.vtt`, 'storyboard.vtt'],
    [`live/${id}.mp4`, 'download.mp4'],
  ])('%s is read', (path, name) => {
    expect(parseVodPath(path)).toEqual({ stream: 'live', id, name });
  });

  test.each([
    '',
    '/',
    'live',
    'live/',
    `live/${id}`,
    `live/${id}/`,
    `live/${id}/index.jsonl`,
    `live/${id}/download.mp4.part`,
    `live/${id}/download.mp4`,
    `live/${id}/../../../etc/passwd`,
    `live/${id}/..%2f..%2fetc%2fpasswd`,
    `live/${id}/v0_1.mp4/..`,
    `live/${id}//v0_1.mp4`,
    `live//${id}/index.m3u8`,
    `../live/${id}/index.m3u8`,
    `./${id}/index.m3u8`,
    `.dvr/${id}/index.m3u8`,
    `..%2flive/${id}/index.m3u8`,
    `live/../index.m3u8`,
    `live/${id}%00/index.m3u8`,
    `live/${id}\0/index.m3u8`,
    `live/${id}/v0_1.mp4%00.jpg`,
    `live/${id}/v0_1.mp4\n`,
    `live/${id}/V0_1.mp4`,
    `live/${id}/v0_1.vtt`,
    `live/${id}/s0_1.mp4`,
    `live/${id}/v0_01234567.mp4`,
    `live/${id}/_1.mp4`,
    `live/${id}/v0.m3u8?x`,
    `live/${id}/.m3u8`,
    `live/${id}.mp4/`,
    `live/.mp4`,
    `live/${id}x.mp4`,
    `live/${id.toLowerCase()}.mp4`,
    `li ve/${id}.mp4`,
    `live\\${id}.mp4`,
    `live/${'A'.repeat(5_000)}/index.m3u8`,
  ])('%j names nothing', (path) => {
    expect(parseVodPath(path)).toBeUndefined();
  });
});

test('media files have the names that we give them, and no others', () => {
  expect(['v0_1.mp4', 'a0_99.mp4', 'v1_3.mp4'].every(isMediaName)).toBe(true);
  expect(['download.mp4', 'stretch1.part.mp4', 'v0_1.mp4.part', '../v0_1.mp4', ''].some(isMediaName)).toBe(
    false,
  );
});
