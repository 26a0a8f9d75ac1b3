import type { PictureIdBits } from '#src/rtp/descriptor/vp8.ts';

/** Where a viewer of one set of layers may go on with another one of the same stream, without a keyframe. */
export interface SwitchPoint {
  /** A picture begins with this packet, nothing newer came before it, and viewers may change what they follow. */
  readonly possible: boolean;
  /** Viewers who had all temporal layers up to this one... */
  readonly riseFrom: number;
  /** ...may go on with those whose bit is set here. */
  readonly riseTo: number;
}

/** Numbers that a picture carries in its payload; a viewer's must go on without a jump, whatever it is switched to. */
export interface PictureNumbers {
  readonly idBits: PictureIdBits;
  /** Extended; its low bits are on the wire. */
  readonly id: number;
  /** TL0PICIDX of VP8, -1 when there is none. */
  readonly tl0: number;
}

/** What a packet's descriptor says about layers. One object for each reader, filled again for every packet. */
export class PacketLayers {
  spatial = 0;
  temporal = 0;
  /** First packet of a picture. */
  startsPicture = false;
  /** Last packet of one layer's frame. */
  endsFrame = false;
  /** No whole picture is missing before this one, as far as picture ids tell. */
  contiguous = true;
  riseFrom = 0;
  riseTo = 0;
  readonly picture = { idBits: 0 as PictureIdBits, id: 0, tl0: -1 };
  /** Where in the payload the picture's numbers are. */
  patchAt = 0;
  patchBytes = 0;

  /** A packet without layers: everybody gets it, nobody switches there. */
  clear(): void {
    this.spatial = 0;
    this.temporal = 0;
    this.startsPicture = false;
    this.endsFrame = false;
    this.contiguous = true;
    this.riseFrom = 0;
    this.riseTo = 0;
    this.picture.idBits = 0;
    this.picture.tl0 = -1;
    this.patchAt = 0;
    this.patchBytes = 0;
  }
}

/** What a reader looks at. */
export interface DescribedPacket {
  readonly sequence: number;
  readonly extensions: Uint8Array;
  readonly payload: Uint8Array;
}

/** Reads one codec's layers, packet for packet, in the order in which they come. */
export interface LayerReader {
  readonly layers: PacketLayers;
  /** Fills {@link layers}; false for a packet whose layers are not known: it belongs to all. */
  read(packet: DescribedPacket): boolean;
  /** Size of a spatial layer's pictures; 0 when the stream did not say. */
  width(spatial: number): number;
  height(spatial: number): number;
}
