/** What can be published. */
export type SourceKind = 'camera' | 'screen' | 'canvas';

/** A picture with sound, and how to put it away. */
export interface Source {
  readonly kind: SourceKind;
  readonly media: MediaStream;
  /** Stops the devices. */
  close(): void;
}
