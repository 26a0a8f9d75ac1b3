/** Programs beside Node: FFmpeg for the broadcast tier, and what the tests need. */
import { existsSync, readdirSync } from 'node:fs';
import { aptCommand, aptInstall, stopService } from './debian.mjs';
import { findCompiler } from './native.mjs';
import { ask, say } from './process.mjs';

const oldest = [5, 1];

/** Finds FFmpeg 5.1 or later, or installs it. Without it the WebRTC tier still works, so this only warns. */
export async function ensureFfmpeg() {
  let found = await findFfmpeg();
  if (!found.fits && (await aptInstall(['ffmpeg']))) found = await findFfmpeg();
  if (found.fits) return true;
  say(
    found.version === undefined
      ? 'FFmpeg is missing.'
      : `FFmpeg ${found.version} is too old, 5.1 or later is needed.`,
  );
  say(`Install it with: ${installHint()}`);
  say('Going on without it: publishing and watching over WebRTC work, LL-HLS does not.');
  return false;
}

function installHint() {
  if (process.platform === 'darwin') return 'brew install ffmpeg';
  if (process.platform === 'win32') return 'winget install Gyan.FFmpeg';
  return aptCommand(['ffmpeg']);
}

async function findFfmpeg() {
  const command = process.env['FRONTROW_BRIDGE__FFMPEG_PATH'] || process.env['FFMPEG_PATH'] || 'ffmpeg';
  const text = await ask(command, ['-hide_banner', '-version']);
  const version = text === undefined ? undefined : /^ffmpeg version (\S+)/.exec(text)?.[1];
  return { version, fits: version !== undefined && newEnough(version) };
}

/** `5.1.9-0+deb12u1`, `n7.1`; builds from git are named `N-12345-g…` and count as new. */
function newEnough(version) {
  const match = /^n?(\d+)\.(\d+)/.exec(version);
  if (match === null) return true;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** What only the tests need: how to see that it is there, and the Debian package that brings it. */
const testTools = [
  { package: 'chromium', there: async () => (await ask('chromium', ['--version'])) !== undefined },
  {
    package: 'coturn',
    // The tests start one of their own; nobody asked for a relay that is open to the network.
    service: 'coturn',
    there: async () => (await ask('turnserver', ['--version'])) !== undefined,
  },
  { package: 'fonts-dejavu-core', there: async () => hasFonts() },
  { package: 'g++', there: async () => (await findCompiler()) !== undefined },
  { package: 'iproute2', there: async () => (await ask('ip', ['-V'])) !== undefined },
  // Clients that others wrote: a browser, GStreamer's webrtcbin (its encoders and decoders come along) and aiortc.
  { package: 'firefox-esr', there: async () => (await ask('firefox-esr', ['--version'])) !== undefined },
  // Caches that the files of deploy/ are tried in; the tests start their own.
  { package: 'nginx-light', service: 'nginx', there: () => isInstalled('nginx') },
  { package: 'trafficserver', service: 'trafficserver', there: () => isInstalled('trafficserver') },
  { package: 'varnish', service: 'varnish', there: () => isInstalled('varnish') },
  ...['libnginx-mod-http-js', 'trafficserver-experimental-plugins'].map((name) => ({
    package: name,
    there: () => isInstalled(name),
  })),
  ...[
    'gstreamer1.0-plugins-bad',
    'gstreamer1.0-nice',
    'gir1.2-gst-plugins-bad-1.0',
    'python3-gi',
    'python3-aiortc',
  ].map((name) => ({ package: name, there: () => isInstalled(name) })),
];

/** Installs what the tests need beside FFmpeg; says what is missing and goes on, the tests then fail by themselves. */
export async function ensureTestTools() {
  const there = await Promise.all(testTools.map((tool) => tool.there()));
  const missing = testTools.filter((_, index) => !there[index]);
  if (missing.length === 0) return true;
  const packages = missing.map((tool) => tool.package);
  if (await aptInstall(packages)) {
    for (const { service } of missing) if (service !== undefined) await stopService(service);
    return true;
  }
  say(`The tests need these packages. Install them with: ${aptCommand(packages)}`);
  return false;
}

/** Libraries have no command that would tell; the packages are Debian's, and so is the Python that loads them. */
async function isInstalled(name) {
  return (await ask('dpkg-query', ['-W', '-f=${db:Status-Status}', name]))?.trim() === 'installed';
}

/** Chromium draws no letters at all without a font, and Debian only recommends one. */
function hasFonts() {
  const folder = '/usr/share/fonts';
  return (
    existsSync(folder) &&
    readdirSync(folder, { recursive: true }).some((file) => /\.(ttf|otf|ttc)$/.test(file))
  );
}
