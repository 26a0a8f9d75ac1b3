import type { CatalogueEntry } from './catalogue-entry.ts';

const uplink = {
  obs: 'Use a cable instead of Wi-Fi, and lower Settings > Output > Streaming > Bitrate to at most three quarters of your upload speed.',
  browser: 'Use a cable instead of Wi-Fi, stop other uploads, or publish a smaller picture.',
  other: 'Use a cable instead of Wi-Fi, and lower the bitrate to at most three quarters of the upload speed.',
};

/** Findings about the way from the publisher to here, its clocks, and whether its viewers can take what it sends. */
export const transportEntries = {
  loss: {
    severity: 'problem',
    kind: undefined,
    appearMs: 3_000,
    vanishMs: 10_000,
    message:
      'Packets get lost between the publisher and this server, and do not come when asked for again: pictures freeze for every viewer.',
    advice: uplink,
  },
  'loss-repaired': {
    severity: 'note',
    kind: undefined,
    appearMs: 5_000,
    vanishMs: 10_000,
    message:
      'Packets get lost between the publisher and this server; they come when asked for again, which costs a little latency.',
    advice: uplink,
  },
  jitter: {
    severity: 'warning',
    kind: undefined,
    appearMs: 5_000,
    vanishMs: 10_000,
    message:
      'Packets arrive unevenly: players hold back more of the stream to even it out, so everybody is further behind.',
    advice: uplink,
  },
  bursts: {
    severity: 'warning',
    kind: undefined,
    appearMs: 0,
    vanishMs: 5_000,
    message:
      'Again and again nothing arrives for a quarter of a second and then much at once: viewers see short freezes.',
    advice: uplink,
  },
  'clock-drift': {
    severity: 'warning',
    kind: undefined,
    appearMs: 5_000,
    vanishMs: 20_000,
    message:
      'The clock of the publisher runs faster or slower than time does here: players drop or stretch sound to follow.',
    advice: {
      obs: 'Set the sample rate of all audio devices and Settings > Audio > Sample Rate to 48 kHz, and update the driver of the capture device.',
      other:
        'Take timestamps from one clock that runs in real time; with a file as the source, read it at its native rate (FFmpeg: -re).',
    },
  },
  'av-skew': {
    severity: 'warning',
    kind: undefined,
    appearMs: 5_000,
    vanishMs: 10_000,
    message:
      'Picture and sound of one moment arrive far apart: WebRTC players wait for the later one, or show them out of step.',
    advice: {
      obs: 'Look at Sync Offset in Advanced Audio Properties and at delay filters of the sources.',
      browser: 'Reload the publishing page; the camera or microphone delivers late.',
      other: 'Send audio and video of one moment at the same time, with sender reports of one clock.',
    },
  },
  'deaf-to-keyframe-requests': {
    severity: 'note',
    kind: 'video',
    appearMs: 2_000,
    vanishMs: 5_000,
    message:
      'The encoder ignores requests for keyframes. Viewers that join lose nothing, they begin with what is kept here; after a loss it takes until the next keyframe.',
    advice: {
      obs: 'OBS always does: keep Settings > Output > Output Mode: Advanced > Streaming > Keyframe Interval at 1 or 2 s.',
      other: 'Let the encoder answer PLI and FIR, or keep its keyframe interval at 1 or 2 s.',
    },
  },
  'bitrate-over-viewers': {
    severity: 'warning',
    kind: 'video',
    appearMs: 10_000,
    vanishMs: 20_000,
    message:
      'Even the smallest form of the video is more than the networks of most viewers carry: they see it stop.',
    advice: {
      obs: 'Lower Settings > Output > Streaming > Bitrate, or set Settings > Stream > Simulcast > Total Layers to 2 or 3.',
      browser: 'Publish with simulcast, or a smaller picture.',
      other: 'Lower the bitrate, or send a small simulcast layer too.',
    },
  },
  'no-simulcast': {
    severity: 'note',
    kind: 'video',
    appearMs: 10_000,
    vanishMs: 20_000,
    message:
      'There is one form of the video for all, and many viewers have networks that carry less: a smaller layer would serve them.',
    advice: {
      obs: 'Settings > Stream > Simulcast > Total Layers: 2 or 3 (OBS 32 and later, service WHIP).',
      browser: 'Publish with simulcast.',
      other: 'Send simulcast layers (a=simulcast) with the encoder.',
    },
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
