/** Chromium's insertable streams, which TypeScript's DOM library does not know yet. */
declare class MediaStreamTrackGenerator extends MediaStreamTrack {
  constructor(init: { readonly kind: 'video' });
  readonly writable: WritableStream<VideoFrame>;
}

interface RTCRtpSender {
  /** WebRTC extensions: options of this one change, here a keyframe on demand. */
  setParameters(
    parameters: RTCRtpSendParameters,
    options: { readonly encodingOptions: readonly { readonly keyFrame: boolean }[] },
  ): Promise<void>;
}

interface VideoFrame {
  /** RTP time of a received frame, among others. */
  metadata(): { readonly rtpTimestamp?: number };
}

declare class MediaStreamTrackProcessor {
  constructor(init: { readonly track: MediaStreamTrack; readonly maxBufferSize?: number });
  readonly readable: ReadableStream<VideoFrame>;
}

interface RTCRtpEncodingParameters {
  /** WebRTC-SVC: the layers inside one stream. */
  scalabilityMode?: string;
}
