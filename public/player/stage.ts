/**
 * Two video elements on top of each other: the front one is seen and heard, the back one gets the next tier ready in
 * silence. The swap is a matter of one style change, so that a switch shows no black frame.
 */
export class Stage {
  readonly #videos: [HTMLVideoElement, HTMLVideoElement];
  #muted: boolean;
  #volume = 1;

  constructor(container: HTMLElement, muted: boolean) {
    this.#muted = muted;
    this.#videos = [makeVideo(), makeVideo()];
    if (getComputedStyle(container).position === 'static') container.style.position = 'relative';
    // The back one comes first, so that the front one covers it without any z-index.
    container.append(this.#videos[1], this.#videos[0]);
    this.#show();
  }

  /** The one that is seen. */
  get front(): HTMLVideoElement {
    return this.#videos[0];
  }

  /** The one for the next playback; muted, so that the browser lets it start. */
  get back(): HTMLVideoElement {
    return this.#videos[1];
  }

  get muted(): boolean {
    return this.#muted;
  }

  get volume(): number {
    return this.#volume;
  }

  set volume(volume: number) {
    this.#volume = Math.min(1, Math.max(0, volume));
    this.front.volume = this.#volume;
  }

  /** Brings the back video to the front. The old one stays as it is, silent, until its owner closes it. */
  swap(): void {
    this.#videos.reverse();
    this.back.muted = true;
    this.front.volume = this.#volume;
    this.#show();
  }

  /** Plays the front video with sound if wanted; resolves to false when the browser allows it only without sound. */
  async playWithSound(): Promise<boolean> {
    const video = this.front;
    video.muted = this.#muted;
    try {
      await video.play();
      return true;
    } catch (error) {
      if (this.#muted || !(error instanceof DOMException) || error.name !== 'NotAllowedError') return true;
      this.#muted = true;
      video.muted = true;
      await video.play().catch(() => undefined); // Nothing more can be done before the viewer clicks.
      return false;
    }
  }

  /** Sets the viewer's wish; from a click it always works. */
  setMuted(muted: boolean): Promise<boolean> {
    this.#muted = muted;
    return this.playWithSound();
  }

  /** Takes both videos off the page. */
  remove(): void {
    for (const video of this.#videos) video.remove();
  }

  #show(): void {
    const [front, back] = this.#videos;
    front.style.opacity = '1';
    front.style.zIndex = '1';
    front.removeAttribute('aria-hidden');
    back.style.zIndex = '0';
    back.setAttribute('aria-hidden', 'true');
  }
}

function makeVideo(): HTMLVideoElement {
  const video = document.createElement('video');
  video.playsInline = true;
  video.muted = true;
  video.disableRemotePlayback = true;
  Object.assign(video.style, {
    position: 'absolute',
    inset: '0',
    width: '100%',
    height: '100%',
    objectFit: 'contain',
  });
  return video;
}
