/** As much of a video element as a playback touches; it plays once it has a source. */
export class FakeVideo extends EventTarget {
  #src = '';
  srcObject: unknown = null;
  currentTime = 0;
  readyState = 0;
  playbackRate = 1;
  videoWidth = 640;
  videoHeight = 360;
  readonly error = { message: 'the file is not there' };
  readonly buffered = { length: 0 };
  /** No captions. */
  readonly textTracks = new EventTarget();
  /** What `canPlayType` says to everything. */
  readonly claims: '' | 'maybe';
  loads = 0;
  /** Told when it gets something to play. */
  onSource: (() => void) | undefined;

  constructor(claims: '' | 'maybe' = 'maybe') {
    super();
    this.claims = claims;
  }

  get src(): string {
    return this.#src;
  }

  set src(url: string) {
    this.#src = url;
    this.onSource?.();
  }

  canPlayType(): '' | 'maybe' {
    return this.claims;
  }

  getVideoPlaybackQuality(): { readonly droppedVideoFrames: number } {
    return { droppedVideoFrames: 3 };
  }

  getStartDate(): Date {
    return new Date(1_000);
  }

  play(): Promise<void> {
    return Promise.resolve();
  }

  load(): void {
    this.loads += 1;
  }

  removeAttribute(): void {
    this.#src = '';
  }

  /** A frame is on the screen. */
  show(): void {
    this.currentTime += 1;
    this.readyState = 4;
    this.dispatchEvent(new Event('timeupdate'));
  }

  get element(): HTMLVideoElement {
    return this as unknown as HTMLVideoElement;
  }
}
