import type { CatalogueEntry } from './catalogue-entry.ts';

const keyframeAdvice = {
  obs: 'Settings > Output > Output Mode: Advanced > Streaming > Keyframe Interval: 2 s (0 lets the encoder choose, often 8 s).',
  browser:
    'A browser sends keyframes when it is asked; look for what holds the requests up: packet loss, an overloaded machine.',
  other: 'Set the keyframe interval (GOP) of the encoder to 2 s.',
};

/** Findings about pictures. */
export const videoEntries = {
  'b-frames': {
    severity: 'problem',
    kind: 'video',
    appearMs: 0,
    vanishMs: 10_000,
    message:
      'The video has B-frames: browsers would show it jumping back and forth over WebRTC, so new viewers are sent to LL-HLS.',
    advice: {
      obs: 'Settings > Output > Output Mode: Advanced > Streaming: untick "Use B-Frames" (Apple VT), set "B-Frames" or "Max B-frames" to 0 (NVENC, AMF, QSV), or x264 Options: bframes=0.',
      other: 'Switch B-frames off in the encoder (FFmpeg: -bf 0; x264: bframes=0, or tune=zerolatency).',
    },
  },
  'keyframe-interval': {
    severity: 'warning',
    kind: 'video',
    appearMs: 0,
    vanishMs: 6_000,
    message:
      'More than 4 s pass between keyframes: LL-HLS segments become as long, so its viewers begin late, and after a loss pictures stay broken for as long.',
    advice: keyframeAdvice,
  },
  'no-keyframe': {
    severity: 'problem',
    kind: 'video',
    appearMs: 4_000,
    vanishMs: 0,
    message: 'Video arrives but no keyframe has come yet: nobody can see a picture before one does.',
    advice: keyframeAdvice,
  },
  'parameter-sets-missing': {
    severity: 'problem',
    kind: 'video',
    appearMs: 1_000,
    vanishMs: 2_000,
    message: 'Keyframes come without SPS and PPS, which never came before either: no decoder can begin.',
    advice: {
      obs: 'Settings > Output > Output Mode: Advanced > Streaming > x264 Options: repeat-headers=1; with a hardware encoder, update OBS and the driver.',
      other:
        'Let the encoder repeat its headers before every keyframe (x264: repeat-headers=1; FFmpeg: -bsf:v dump_extra).',
    },
  },
  'parameter-sets-once': {
    severity: 'note',
    kind: 'video',
    appearMs: 0,
    vanishMs: 10_000,
    message:
      'SPS and PPS came only once, not before every keyframe: if a viewer loses them, it sees nothing until they come again.',
    advice: {
      obs: 'Settings > Output > Output Mode: Advanced > Streaming > x264 Options: repeat-headers=1; with a hardware encoder, update OBS and the driver.',
      other:
        'Let the encoder repeat its headers before every keyframe (x264: repeat-headers=1; FFmpeg: -bsf:v dump_extra).',
    },
  },
  'profile-unlike-sdp': {
    severity: 'note',
    kind: 'video',
    appearMs: 0,
    vanishMs: 2_000,
    message:
      'The profile or level of the H.264 stream is not the one announced in SDP; browsers play it anyhow, some devices may refuse.',
    advice: {
      obs: 'Nothing is wrong with what you see; for old devices: Settings > Output > Output Mode: Advanced > Streaming > Profile: baseline.',
      other:
        'Announce the profile-level-id that the encoder writes, or set the encoder to the announced profile and level.',
    },
  },
  'resolution-change': {
    severity: 'note',
    kind: 'video',
    appearMs: 0,
    vanishMs: 0,
    message:
      'The picture changed its size within the last minute: LL-HLS players start a new section there, and a large jump can show as a blink.',
    advice: {
      obs: 'Change the output resolution (Settings > Video > Output (Scaled) Resolution) only while not streaming.',
      browser:
        'The browser adapts to its CPU or uplink: give it a faster uplink, or publish a smaller picture.',
      other: 'Keep the size of the picture during a stream.',
    },
  },
  'frame-rate-change': {
    severity: 'note',
    kind: 'video',
    appearMs: 0,
    vanishMs: 0,
    message: 'The frame rate changed within the last minute.',
    advice: {
      obs: 'Keep Settings > Video > Common FPS Values as it is during a stream, and see View > Stats for frames missed or skipped.',
      browser:
        'The browser adapts to its CPU or its camera to the light: close other pages, give the camera more light.',
      other: 'Keep the frame rate of the encoder during a stream.',
    },
  },
  'frame-rate-unstable': {
    severity: 'warning',
    kind: 'video',
    appearMs: 5_000,
    vanishMs: 10_000,
    message: 'Pictures do not come at an even pace: motion looks jerky to every viewer.',
    advice: {
      obs: 'See View > Stats: frames missed due to rendering lag ask for less load on the graphics card, skipped due to encoding lag for a faster preset (Settings > Output > Streaming).',
      browser:
        'The camera or the tab is not served evenly: close other pages, give the camera more light, keep the tab in front.',
      other: 'Let the encoder write a constant frame rate, and see whether its machine keeps up.',
    },
  },
  'no-video': {
    severity: 'note',
    kind: 'video',
    appearMs: 0,
    vanishMs: 0,
    message: 'The publisher announced no video: viewers hear sound alone.',
    advice: { other: 'If that is not what you want, add a video source to what you publish.' },
  },
  'video-stopped': {
    severity: 'problem',
    kind: 'video',
    appearMs: 2_000,
    vanishMs: 1_000,
    message: 'Video was announced but none arrives: viewers see nothing, or a still picture.',
    advice: {
      obs: 'See View > Stats for a stalled encoder, and choose another one under Settings > Output > Streaming > Video Encoder.',
      browser:
        'Look whether the camera is in use elsewhere, covered by a switch, or its permission was taken away.',
      other: 'Look whether the encoder still runs and its source still delivers.',
    },
  },
  'needs-transcoding': {
    severity: 'note',
    kind: 'video',
    appearMs: 0,
    vanishMs: 0,
    message:
      'LL-HLS needs H.264, so this codec is encoded anew here: that costs CPU for as long as the stream lasts, and a little quality.',
    advice: {
      obs: 'Settings > Output > Streaming > Video Encoder: one for H.264 spares it.',
      browser: 'Publishing H.264 spares it.',
      other: 'An encoder for H.264 spares it.',
    },
  },
  'cannot-transcode': {
    severity: 'problem',
    kind: 'video',
    appearMs: 0,
    vanishMs: 0,
    message:
      'LL-HLS would need this video encoded anew as H.264, and the gateway has no encoder that works: there is no LL-HLS of it.',
    advice: {
      obs: 'Settings > Output > Streaming > Video Encoder: one for H.264, without B-frames; or have FFmpeg with libx264 installed at the gateway.',
      browser: 'Publish H.264, or have FFmpeg with libx264 installed at the gateway.',
      other: 'Publish H.264 without B-frames, or have FFmpeg with libx264 installed at the gateway.',
    },
  },
  'codec-few-viewers': {
    severity: 'warning',
    kind: 'video',
    appearMs: 0,
    vanishMs: 0,
    message:
      'Few browsers decode H.265 over WebRTC: viewers without it are sent to LL-HLS, where the video is encoded anew as H.264.',
    advice: {
      obs: 'Settings > Output > Streaming > Video Encoder: one for H.264 plays everywhere.',
      other: 'An encoder for H.264 plays everywhere.',
    },
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
