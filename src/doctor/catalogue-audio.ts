import type { CatalogueEntry } from './catalogue-entry.ts';

/** Findings about sound. */
export const audioEntries = {
  'no-audio': {
    severity: 'note',
    kind: 'audio',
    appearMs: 0,
    vanishMs: 0,
    message: 'The publisher announced no audio: viewers hear nothing.',
    advice: { other: 'If that is not what you want, add an audio source to what you publish.' },
  },
  'audio-stopped': {
    severity: 'warning',
    kind: 'audio',
    appearMs: 2_000,
    vanishMs: 1_000,
    message: 'Audio was announced but none arrives: viewers hear nothing; LL-HLS gets silence in its place.',
    advice: {
      obs: 'See whether the audio track of Settings > Output > Streaming > Audio Track has any source (Advanced Audio Properties).',
      browser:
        'Look whether the microphone is muted by a switch, in use elsewhere, or its permission was taken away.',
      other: 'Look whether the audio source still delivers.',
    },
  },
  'audio-silent': {
    severity: 'warning',
    kind: 'audio',
    appearMs: 0,
    vanishMs: 2_000,
    message: 'The sound has been silent for more than 20 s: the microphone or the source may be muted.',
    advice: {
      obs: 'Look at the Audio Mixer: a source that moves its meter must not be muted, and must be on the track of Settings > Output > Streaming > Audio Track.',
      browser: 'Look whether the microphone is muted in the page, in the system or by a switch on it.',
      other: 'Look whether the audio source is muted.',
    },
  },
  'audio-channels': {
    severity: 'note',
    kind: 'audio',
    appearMs: 5_000,
    vanishMs: 5_000,
    message:
      'The Opus packets do not have as many channels as was announced in SDP: stereo may be heard as mono.',
    advice: {
      obs: 'Settings > Audio > General > Channels: Stereo, and restart the stream.',
      other: 'Announce sprop-stereo=1 exactly when stereo is sent.',
    },
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
