import { type Browser, chromium, type Page } from 'playwright-core';

import type { RigApi } from './rig-types.ts';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--mute-audio',
  '--autoplay-policy=no-user-gesture-required',
  // Peers on one machine meet on 127.0.0.1, which Chromium leaves out by default.
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // Pages behind other pages must draw, play and keep their timers.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/** The system's Chromium. */
export const chromiumPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Starts Chromium without a window; nobody grants it a camera, so its candidates are mDNS names. */
export async function launchChromium(executablePath = chromiumPath): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: flags,
    timeout: 60_000,
  });
}

/** A page of its own context (so no page shares another's state), and what its console said. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the page, for the message of a failed test. */
  readonly complaints: readonly string[];
}

/** A page with the rig's functions. */
export interface RigPage extends OpenPage {
  call<Name extends keyof RigApi>(name: Name, ...args: Parameters<RigApi[Name]>): ReturnType<RigApi[Name]>;
}

const complaintLimit = 100;
/** Says nothing about what is proved: how long a busy machine may take to load a page. */
const openTimeoutMs = 60_000;

/** Opens any page. */
export async function openPage(browser: Browser, url: string): Promise<OpenPage> {
  const context = await browser.newContext();
  context.setDefaultTimeout(openTimeoutMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  const note = (text: string): void => {
    if (complaints.length < complaintLimit) complaints.push(text);
  };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(message.text());
  });
  page.on('pageerror', (error) => note(error.message));
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Opens a rig page and waits for its functions. */
export async function openRigPage(browser: Browser, origin: string): Promise<RigPage> {
  const opened = await openPage(browser, `${origin}/kit/pages/rig.html`);
  await opened.page.waitForFunction(() => 'rig' in globalThis, undefined, { timeout: openTimeoutMs });
  return {
    ...opened,
    call: (name, ...args) =>
      opened.page.evaluate(
        ([method, values]) => {
          const { rig } = globalThis as unknown as { rig: Record<string, (...all: unknown[]) => unknown> };
          return rig[method]?.(...values);
        },
        [name, args] as [string, unknown[]],
      ) as ReturnType<RigApi[typeof name]>,
  };
}
