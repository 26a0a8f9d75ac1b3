import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heightClassOf, hlsFolderName, parseHlsFolder } from '#src/core/hls-folder.ts';

const streamNames = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

/** As a name is, but for what stands behind the stream. */
const nearNames = fc
  .tuple(
    streamNames,
    fc.constantFrom('~', '~~', '-'),
    fc.oneof(fc.string({ maxLength: 6 }), fc.nat().map(String)),
  )
  .map((pieces) => pieces.join(''));

test('every stream and height has one folder, which never holds more than was granted', () => {
  fc.assert(
    fc.property(streamNames, fc.option(fc.integer({ min: 1, max: 100_000 })), (stream, granted) => {
      const name = hlsFolderName(stream, granted ?? undefined);
      const folder = parseHlsFolder(name);
      expect(folder?.stream).toBe(stream);
      expect(hlsFolderName(stream, folder?.maxHeight)).toBe(name);
      expect(encodeURIComponent(name)).toBe(name);
      if (granted === null) expect(folder?.maxHeight).toBeUndefined();
      else expect(folder?.maxHeight).toBeLessThanOrEqual(Math.max(granted, heightClassOf(1)));
    }),
  );
});

test('any other text is the name of no folder', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 80 }), nearNames), (text) => {
      const folder = parseHlsFolder(text);
      if (folder !== undefined) expect(hlsFolderName(folder.stream, folder.maxHeight)).toBe(text);
    }),
  );
});
