import type { DemoConfig } from './config.ts';

/** Which of FFmpeg's parts are there to draw with. */
export interface DrawingTools {
  /** drawtext and a font that it finds. */
  readonly text: boolean;
}

/** Loopback ports that take the RTP. */
export interface RtpPorts {
  readonly video: number;
  readonly audio: number;
}

const frameRate = 30;
const loopback = '127.0.0.1';

/** FFmpeg's arguments for the moving clock with its beep, as RTP to loopback ports. */
export function demoArguments(config: DemoConfig, tools: DrawingTools, ports: RtpPorts): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostats', '-nostdin', '-filter_complex_threads', '1'],
    ...['-re', '-f', 'lavfi', '-i', `color=c=0x0b1020:size=1280x720:rate=${String(frameRate)}`],
    ...['-re', '-f', 'lavfi', '-i', `testsrc2=size=480x270:rate=${String(frameRate)}`],
    ...['-re', '-f', 'lavfi', '-i', `color=c=0x38bdf8:size=12x40:rate=${String(frameRate)}`],
    ...['-re', '-f', 'lavfi', '-i', `color=c=0xf59e0b:size=56x56:rate=${String(frameRate)}`],
    ...['-re', '-f', 'lavfi', '-i', `aevalsrc=${beep()}:sample_rate=48000`],
    ...['-filter_complex', picture(tools)],
    ...['-map', '[picture]', ...videoEncoder(config), '-f', 'rtp', rtpUrl(ports.video)],
    ...['-map', '4:a', '-c:a', 'libopus', '-b:a', '96k', '-application', 'lowdelay', '-frame_duration', '20'],
    ...['-f', 'rtp', rtpUrl(ports.audio)],
    ...lifeline(),
  ];
}

/**
 * A trickle of sound to the pipe that we read: when we are gone, also killed, FFmpeg cannot write there and ends. RTP alone
 * would go on for ever, because nobody needs to listen to UDP.
 */
function lifeline(): string[] {
  return [
    '-map',
    '4:a',
    '-ac',
    '1',
    '-ar',
    '8000',
    '-c:a',
    'pcm_u8',
    '-f',
    'u8',
    '-flush_packets',
    '1',
    'pipe:1',
  ];
}

/**
 * A test card, a hand that crosses the picture every two seconds and a lamp that lights while the beep sounds, so that
 * stutter and lip sync show; above them the wall clock when text can be drawn.
 */
function picture(tools: DrawingTools): string {
  const steps = [
    '[0:v][1:v]overlay=x=400:y=310[card]',
    "[card][2:v]overlay=x='mod(t*640,1268)':y=640[hand]",
    "[hand][3:v]overlay=x=1168:y=48:enable='lt(mod(t,1),0.1)'[lamp]",
  ];
  const clock = tools.text ? `${text('%{localtime\\:%T}', 170, 70)},${text('frame %{n}', 36, 250)},` : '';
  return [...steps, `[lamp]${clock}format=yuv420p[picture]`].join(';');
}

function text(content: string, size: number, y: number): string {
  return `drawtext=text='${content}':fontcolor=white:fontsize=${String(size)}:x=(w-text_w)/2:y=${String(y)}`;
}

/** A tenth of a second of 880 Hz at every full second, on both channels. */
function beep(): string {
  const channel = '0.35*sin(2*PI*880*t)*lt(mod(t\\,1)\\,0.1)';
  return `${channel}|${channel}`;
}

/** What every browser decodes: constrained baseline, no reordering, parameter sets before each keyframe. */
function videoEncoder(config: DemoConfig): string[] {
  const rate = String(config.videoBitrateBps);
  const interval = String(Math.max(1, Math.round((config.keyframeIntervalMs * frameRate) / 1000)));
  return [
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-tune',
      'zerolatency',
      '-profile:v',
      'baseline',
      '-threads',
      '1',
    ],
    ...['-g', interval, '-keyint_min', interval, '-sc_threshold', '0'],
    ...['-b:v', rate, '-maxrate', rate, '-bufsize', rate, '-bsf:v', 'dump_extra=freq=keyframe'],
  ];
}

/** RTCP to the same port: it is told apart there, and no other port is touched. */
function rtpUrl(port: number): string {
  return `rtp://${loopback}:${String(port)}?rtcpport=${String(port)}&pkt_size=1200`;
}
