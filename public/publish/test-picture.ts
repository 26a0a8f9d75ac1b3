import type { Source } from './source.ts';

const widthPx = 1280;
const heightPx = 720;
const frameRateHz = 30;
/** Sound and flash of one beep, so that eye and ear can compare. */
const beepMs = 90;

/**
 * A moving picture with a running clock, and a beep on every full second together with a white flash. It is drawn from a
 * timer, not from animation frames, so that it keeps moving behind another tab.
 */
export function testPicture(): Source {
  const canvas = document.createElement('canvas');
  canvas.width = widthPx;
  canvas.height = heightPx;
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new Error('This browser cannot draw the test picture.');
  const frame = (): void => draw(context, Date.now());
  frame();
  const timer = setInterval(frame, 1000 / frameRateHz);
  const media = canvas.captureStream(frameRateHz);
  for (const track of media.getVideoTracks()) track.contentHint = 'motion';
  const sound = beeps();
  for (const track of sound.media.getAudioTracks()) media.addTrack(track);
  return {
    kind: 'canvas',
    media,
    close() {
      clearInterval(timer);
      sound.close();
      for (const track of media.getTracks()) track.stop();
    },
  };
}

function beeps(): { readonly media: MediaStream; close(): void } {
  const audio = new AudioContext({ latencyHint: 'interactive', sampleRate: 48_000 });
  const gain = audio.createGain();
  gain.gain.value = 0;
  const tone = new OscillatorNode(audio, { frequency: 880 });
  const out = audio.createMediaStreamDestination();
  tone.connect(gain).connect(out);
  tone.start();
  let lastSecond = 0;
  const schedule = (): void => {
    const untilSecondMs = 1000 - (Date.now() % 1000);
    const second = Math.round((Date.now() + untilSecondMs) / 1000);
    if (second === lastSecond) return;
    lastSecond = second;
    const at = audio.currentTime + untilSecondMs / 1000;
    gain.gain.setTargetAtTime(second % 10 === 0 ? 0.35 : 0.18, at, 0.004);
    gain.gain.setTargetAtTime(0, at + beepMs / 1000, 0.008);
  };
  schedule();
  const timer = setInterval(schedule, 250);
  // Without a click the browser keeps sound off: the picture goes out silently, and the first click adds the beep.
  const resume = (): void => void audio.resume().catch(() => undefined);
  const closing = new AbortController();
  resume();
  addEventListener('pointerdown', resume, { signal: closing.signal });
  return {
    media: out.stream,
    close() {
      clearInterval(timer);
      closing.abort();
      tone.stop();
      void audio.close();
    },
  };
}

function draw(context: CanvasRenderingContext2D, nowMs: number): void {
  const inSecond = nowMs % 1000;
  const turn = inSecond / 1000;
  context.fillStyle = inSecond < beepMs ? '#ffffff' : '#14161b';
  context.fillRect(0, 0, widthPx, heightPx);
  bars(context);
  const date = new Date(nowMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  context.fillStyle = inSecond < beepMs ? '#14161b' : '#ffffff';
  context.textAlign = 'center';
  context.font = '700 150px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
  context.fillText(clock, widthPx / 2, 380);
  context.font = '500 64px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
  context.fillText(`.${String(Math.floor(inSecond)).padStart(3, '0')}`, widthPx / 2, 470);
  hand(context, turn);
  ball(context, nowMs);
}

/** Colour bars: a codec's colours can be compared by eye. */
function bars(context: CanvasRenderingContext2D): void {
  const colours = ['#f4f5f7', '#e8d21d', '#1fb5c9', '#2fa84f', '#b83fae', '#c22f3d', '#2b49c4'];
  colours.forEach((colour, index) => {
    context.fillStyle = colour;
    context.fillRect((index * widthPx) / colours.length, 0, widthPx / colours.length + 1, 120);
  });
}

/** A hand that turns once a second. */
function hand(context: CanvasRenderingContext2D, turn: number): void {
  const angle = turn * 2 * Math.PI - Math.PI / 2;
  context.strokeStyle = '#ffb020';
  context.lineWidth = 10;
  context.beginPath();
  context.arc(widthPx / 2, 590, 70, -Math.PI / 2, angle);
  context.stroke();
}

/** Something that moves evenly: stutter is seen at once. */
function ball(context: CanvasRenderingContext2D, nowMs: number): void {
  const phase = (nowMs % 4000) / 4000;
  const across = phase < 0.5 ? phase * 2 : 2 - phase * 2;
  context.fillStyle = '#ffb020';
  context.beginPath();
  context.arc(60 + across * (widthPx - 120), 200, 36, 0, 2 * Math.PI);
  context.fill();
}
