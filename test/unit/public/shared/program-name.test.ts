import { expect, it } from 'vitest';
import { programName } from '#public/shared/program-name.ts';

const webkit = 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko)';

it.each([
  ['Mozilla/5.0 (OBS-Studio/32.2.2; Linux x86_64; en-US)', 'OBS 32'],
  ['Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36', 'Chrome 156'],
  [
    'Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0',
    'Edge 156',
  ],
  ['Mozilla/5.0 (X11; Linux; rv:153.0) Gecko/20100101 Firefox/153.0', 'Firefox 153'],
  [`${webkit} Version/26.1 Safari/605.1.15`, 'Safari 26'],
  ['Lavf/61.1.100', 'FFmpeg 61'],
  ['curl/8.1', 'curl/8.1'],
  ['', 'unknown'],
])('%s is %s', (userAgent, name) => {
  expect(programName(userAgent)).toBe(name);
});
