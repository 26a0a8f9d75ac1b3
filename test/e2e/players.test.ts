import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { launchChromium } from '#test/kit/chromium.ts';
import { openHlsRig, type HlsRig } from '#test/kit/hls-rig.ts';
import { type PageServer, servePages } from '#test/kit/page-server.ts';
import { openPlayersPage } from '#test/kit/players-page.ts';
import type { PlayerName, PlayerReport } from '#test/kit/players-types.ts';
import { until } from '#test/kit/wait.ts';
import { need, type Shape, type ShapedStream, shapes, ShapeSources } from '../integration/shapes-source.ts';

type Reports = Readonly<Record<PlayerName, PlayerReport>>;

const segmentTargetMs = 1_000;
/** What is played on behind the moment that a shape is about. */
const onMs = 3_000;
/** Of the sound in all of them. */
const toneHz = 440;
/** At a time: each has an FFmpeg and two decoders. */
const sideBySide = 3;

const opened = new AsyncDisposableStack();
const outcomes = new Map<string, Reports | Error>();
let browser: Browser;
let pages: PageServer;
let hls: HlsRig;
let sources: ShapeSources;

/** Whether a player has played on, or given up. */
const isDecided = (
  { codec, audio, event, lastWidth }: Shape,
  sinceMs: number,
  report: PlayerReport,
): boolean =>
  report.fatal.length > 0 ||
  (report.playedMs >= onMs &&
    (!event || report.showsMs >= sinceMs + onMs) &&
    (lastWidth === undefined || report.width === lastWidth) &&
    (!codec || report.pictures > 30) &&
    (!audio || Math.abs(report.audio.peakHz - toneHz) < 40));

/** Plays a shape in both players, over its moment and a while further. */
async function watch(shape: Shape): Promise<Reports> {
  const stream = sources.publish(shape, hls, segmentTargetMs);
  try {
    // The page opens while the stream fills.
    await using page = await openPlayersPage(browser, pages.origin);
    await until(`${shape.name} has a segment`, () => hasSegments(stream), {
      timeoutMs: 40_000,
      everyMs: 100,
    });
    await page.call('watch', `${stream.url}index.m3u8`);
    await page.call('reset');
    await shape.event?.(stream);
    const sinceMs = Date.now();
    let last: Reports | undefined;
    return await until(
      `both players play ${shape.name}`,
      async () => {
        last = await page.call('report');
        return Object.values(last).every((report) => isDecided(shape, sinceMs, report)) ? last : undefined;
      },
      { timeoutMs: 60_000, everyMs: 250, detail: () => [sinceMs, last, page.complaints] },
    );
  } finally {
    await stream.end();
  }
}

function hasSegments({ packager }: ShapedStream): boolean {
  const { renditions } = packager.report;
  return renditions.length > 0 && renditions.every(({ segment }) => segment > 1);
}

beforeAll(async () => {
  pages = opened.use(await servePages());
  hls = opened.use(
    await openHlsRig({ segmentTargetMs, targetDurationMs: 2_000, windowSegments: 30, measureMs: 300 }),
  );
  browser = await launchChromium();
  opened.defer(() => browser.close());
  sources = await ShapeSources.open();
  const waiting = [...shapes];
  const inTurn = async (): Promise<void> => {
    for (let shape = waiting.shift(); shape; shape = waiting.shift())
      outcomes.set(shape.name, await watch(shape).catch((error: unknown) => error as Error));
  };
  await Promise.all(Array.from({ length: sideBySide }, inTurn));
}, 300_000);
afterAll(() => opened.disposeAsync());

describe.each(shapes)('$name', (shape) => {
  test.each(['hls.js', 'shaka'] as const)('%s plays it', (player) => {
    const outcome = need(outcomes.get(shape.name));
    if (outcome instanceof Error) throw outcome;
    expect(outcome[player].fatal).toEqual([]);
  });
});
