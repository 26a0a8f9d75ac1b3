import puppeteer from 'puppeteer-core';

import type { InteropApi, InteropPage } from './interop-types.ts';

/** The system's Firefox. */
const firefoxPath = process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr';

/** Pitch of its fake microphone. */
export const firefoxToneHz = 500;

const preferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.navigator.audio.fake_frequency': firefoxToneHz,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  // Nothing is fetched from the internet while a test runs.
  'media.gmp-manager.updateEnabled': false,
  'app.normandy.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'media.peerconnection.ice.loopback': true,
};

/** As text, because this side has no document. Firefox counts frames of live streams only as it paints them. */
const framesOfVideos = `Math.max(
  0,
  ...[...document.querySelectorAll('video')].map((video) => video.mozPaintedFrames),
)`;

/** A Firefox with the page of browser clients. */
export interface FirefoxPage extends InteropPage {
  /** Leaves that page for another one. */
  visit(url: string): Promise<void>;
  /** Frames that the videos of the page have shown; 0 without a video. */
  framesShown(): Promise<number>;
  /** What is written on the page. */
  text(): Promise<string>;
}

/** Starts a Firefox of its own for one page: a tab behind another one hardly draws. */
export async function openFirefox(url: string): Promise<FirefoxPage> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefoxPath,
    headless: true,
    extraPrefsFirefox: preferences,
    timeout: 60_000,
    protocolTimeout: 45_000,
  });
  const complaints: string[] = [];
  const [page = await browser.newPage()] = await browser.pages();
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type()) && complaints.length < 100)
      complaints.push(message.text());
  });
  await page.goto(url);
  await page.waitForFunction(() => 'interop' in globalThis, { timeout: 60_000 });
  return {
    complaints,
    async visit(address) {
      await page.goto(address);
    },
    framesShown: async () => Number(await page.evaluate(framesOfVideos)),
    text: async () => String(await page.evaluate('document.body.innerText')),
    call: (name, ...args) =>
      page.evaluate(
        (method: string, values: unknown[]) => {
          const { interop } = globalThis as unknown as {
            interop: Record<string, (...all: unknown[]) => unknown>;
          };
          return interop[method]?.(...values);
        },
        name,
        args,
      ) as ReturnType<InteropApi[typeof name]>,
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
