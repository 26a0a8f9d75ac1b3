import { barcodeColumns, barcodeHeightShare, barcodeRows, encodeBarcode } from '../barcode.ts';
import { wallNowMs } from './clock.ts';

/** A made-up camera and microphone that every browser can have. */
export interface CanvasSource {
  readonly stream: MediaStream;
  stop(): Promise<void>;
}

const width = 640;
const height = 360;
const frameRateHz = 20;

/** Draws the barcode of the wall clock over moving colours, and plays a steady tone. */
export async function openCanvasSource(toneHz: number): Promise<CanvasSource> {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  // A canvas that is not on the page is not painted by every browser.
  document.body.append(canvas);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  let counter = 0;
  const timer = setInterval(() => draw(context, counter++), 1000 / frameRateHz);
  draw(context, counter++);
  const stream = canvas.captureStream(frameRateHz);
  const tone = await openTone(toneHz);
  stream.addTrack(tone.track);
  return {
    stream,
    async stop() {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      canvas.remove();
      await tone.stop();
    },
  };
}

function draw(context: CanvasRenderingContext2D, counter: number): void {
  context.fillStyle = `hsl(${(counter * 3) % 360} 60% 45%)`;
  context.fillRect(0, 0, width, height);
  context.fillStyle = 'white';
  context.fillRect((counter * 9) % width, height * 0.6, 60, 60);
  const cells = encodeBarcode({ wallTenths: Math.round(wallNowMs() * 10), counter });
  const cellWidth = width / barcodeColumns;
  const cellHeight = (height * barcodeHeightShare) / barcodeRows;
  for (const [index, cell] of cells.entries()) {
    context.fillStyle = cell === 1 ? 'white' : 'black';
    const column = index % barcodeColumns;
    const row = Math.floor(index / barcodeColumns);
    context.fillRect(column * cellWidth, row * cellHeight, cellWidth, cellHeight);
  }
}

interface Tone {
  readonly track: MediaStreamTrack;
  stop(): Promise<void>;
}

/**
 * Firefox's own fake microphone where the browser is Firefox, because its AudioContext does not run without an audio device;
 * the preference that starts it sets its pitch.
 */
async function openTone(toneHz: number): Promise<Tone> {
  if (navigator.userAgent.includes('Firefox')) {
    const fake = await navigator.mediaDevices.getUserMedia({ audio: true });
    const [track] = fake.getAudioTracks();
    if (track) return { track, stop: () => Promise.resolve() };
  }
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.resume();
  const destination = context.createMediaStreamDestination();
  const tone = new OscillatorNode(context, { frequency: toneHz });
  tone.connect(new GainNode(context, { gain: 0.25 })).connect(destination);
  tone.start();
  const [track] = destination.stream.getAudioTracks();
  if (!track) throw new Error('the audio context made no track');
  return { track, stop: () => context.close() };
}
