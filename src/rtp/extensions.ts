import type { ExtensionIds, ExtensionName } from '#src/core/plane.ts';
import { noBytes, readUint16, writeUint16, writeUint24 } from './bytes.ts';
import type { RtpHeader } from './header.ts';

/** URI of every header extension we know, as it stands in a=extmap (RFC 8285 section 5). */
export const extensionUris: Readonly<Record<ExtensionName, string>> = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'repaired-rid': 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'abs-send-time': 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'transport-cc': 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'abs-capture-time': 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  'audio-level': 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'video-orientation': 'urn:3gpp:video-orientation',
  'playout-delay': 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  'color-space': 'http://www.webrtc.org/experiments/rtp-hdrext/color-space',
  'video-layers-allocation': 'http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00',
  'dependency-descriptor':
    'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
};

const namesByUri = new Map(Object.entries(extensionUris).map(([name, uri]) => [uri, name as ExtensionName]));

/** The short name of an extension's URI; undefined for one that we do not know. */
export function extensionName(uri: string): ExtensionName | undefined {
  return namesByUri.get(uri);
}

/**
 * Extensions whose content is the publisher's word to every viewer. The others belong to one hop (abs-send-time,
 * transport-cc), name the publisher's own streams (rid) or describe layers that a viewer does not get.
 */
export const passThroughExtensions: readonly ExtensionName[] = [
  'abs-capture-time',
  'audio-level',
  'video-orientation',
  'playout-delay',
  'color-space',
  'dependency-descriptor',
];

/** "Defined by profile" word of blocks with one-byte element headers (RFC 8285 section 4.2). */
export const oneByteProfile = 0xbede;
/** The same for two-byte headers, low four bits being free (RFC 8285 section 4.3). */
export const twoByteProfile = 0x1000;

/** Walks the elements of a header extension in place; made once, used for every packet. */
export class ExtensionReader {
  id = 0;
  /** Where the element's data begins. */
  offset = 0;
  /** Length of the element's data. */
  bytes = 0;
  #data: Uint8Array = noBytes;
  #at = 0;
  #end = 0;
  #twoByte = false;

  /** Starts at the first element of a complete block (profile, length, elements); an empty one has none. */
  start(block: Uint8Array): void {
    this.#open(block, readUint16(block, 0));
    this.#at = 4;
    this.#end = Math.min(4 + 4 * readUint16(block, 2), this.#end);
  }

  /** Goes to the next element; false at the end, and at the first one that does not fit. */
  next(): boolean {
    const data = this.#data;
    while (this.#at < this.#end) {
      const first = data[this.#at] ?? 0;
      // Id 0 is padding of one byte, whatever the other bits say (RFC 8285 section 4.2).
      if (this.#twoByte ? first === 0 : first >>> 4 === 0) {
        this.#at += 1;
        continue;
      }
      return this.#twoByte ? this.#element(first, data[this.#at + 1] ?? 0, 2) : this.#oneByte(first);
    }
    return false;
  }

  /** Goes to the first element with this id in a parsed packet; false when there is none. */
  find(packet: Uint8Array, header: RtpHeader, id: number): boolean {
    this.#open(packet, header.extensionProfile);
    this.#at = header.extensionOffset;
    this.#end = Math.min(header.extensionOffset + header.extensionBytes, this.#end);
    while (this.next()) if (this.id === id) return true;
    return false;
  }

  /** The element as text, for mid and rid; decodes ASCII. */
  text(): string {
    let text = '';
    for (let i = 0; i < this.bytes; i += 1) text += String.fromCharCode(this.#data[this.offset + i] ?? 0);
    return text;
  }

  /** Blocks of a profile other than the two of RFC 8285 hold no elements that we know how to find. */
  #open(data: Uint8Array, profile: number): void {
    this.#data = data;
    this.#twoByte = (profile & 0xfff0) === twoByteProfile;
    this.#end = this.#twoByte || profile === oneByteProfile ? data.length : 0;
  }

  #oneByte(first: number): boolean {
    // Id 15 ends the block (RFC 8285 section 4.2).
    if (first >>> 4 === 15) {
      this.#at = this.#end;
      return false;
    }
    return this.#element(first >>> 4, (first & 15) + 1, 1);
  }

  #element(id: number, bytes: number, headBytes: number): boolean {
    this.id = id;
    this.offset = this.#at + headBytes;
    this.bytes = bytes;
    this.#at = this.offset + bytes;
    if (this.#at <= this.#end) return true;
    this.#at = this.#end;
    return false;
  }
}

/** No packet of one datagram carries a longer block. */
const maxBlockBytes = 1024;

/** Data of a transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2). */
const transportBytes = 2;
/** Data of abs-send-time: seconds of 64 s, 6 bits before the point and 18 behind it. */
const sendTimeBytes = 3;
const sendTimeSteps = 0x4_0000;

/**
 * Makes the header extension block of a group of viewers from the publisher's: ids become the viewers', what is not meant for
 * them goes, their mid comes in, and so does what their bandwidth is judged by: room for a transport-wide number, which
 * every viewer has his own of, or else the time of sending. One-byte element headers are used when every id and length
 * allows it.
 */
export class ExtensionRewriter {
  readonly #reader = new ExtensionReader();
  /** Viewer's id by publisher's id; 0 drops. */
  readonly #ids = new Uint8Array(256);
  readonly #midId: number;
  readonly #mid: Uint8Array;
  readonly #transportId: number;
  readonly #sendTimeId: number;
  #transportAt = 0;
  readonly #block = new Uint8Array(maxBlockBytes);
  #view = noBytes;

  /** `mid` is sent with every packet when the viewers negotiated its id and it is not empty. */
  constructor(group: {
    readonly publisher: ExtensionIds;
    readonly viewer: ExtensionIds;
    readonly mid: string;
  }) {
    for (const name of passThroughExtensions) {
      const from = group.publisher[name];
      const to = group.viewer[name];
      if (from !== undefined && to !== undefined) this.#ids[from] = to;
    }
    this.#mid = new TextEncoder().encode(group.mid).subarray(0, 255);
    this.#midId = this.#mid.length === 0 ? 0 : (group.viewer.mid ?? 0);
    this.#transportId = group.viewer['transport-cc'] ?? 0;
    // A browser that gets both judges by the transport-wide number.
    this.#sendTimeId = this.#transportId === 0 ? (group.viewer['abs-send-time'] ?? 0) : 0;
  }

  /** Where in the block last made each viewer's transport-wide number goes; 0 when they negotiated none. */
  get transportAt(): number {
    return this.#transportAt;
  }

  /**
   * Complete block (profile, length, elements) or empty; valid until the next call. `block` is the publisher's, complete. The
   * time of sending is only told when it is given: a wrong one would be taken for a change of the network.
   */
  rewrite(block: Uint8Array, sentMs = -1): Uint8Array {
    const twoByte = this.#needsTwoByte(block);
    let at = this.#own(twoByte, sentMs);
    const reader = this.#start(block);
    while (reader.next()) {
      const id = this.#ids[reader.id] ?? 0;
      if (id === 0 || at + 2 + reader.bytes + 3 > maxBlockBytes) continue;
      at = this.#head(at, twoByte, id, reader.bytes);
      for (let i = 0; i < reader.bytes; i += 1) this.#block[at + i] = block[reader.offset + i] ?? 0;
      at += reader.bytes;
    }
    return this.#finish(at, twoByte);
  }

  /** Writes what is ours, and returns where the publisher's elements begin: the same place in every packet. */
  #own(twoByte: boolean, sentMs: number): number {
    let at = 4;
    this.#transportAt = 0;
    if (this.#midId !== 0) {
      at = this.#head(at, twoByte, this.#midId, this.#mid.length);
      this.#block.set(this.#mid, at);
      at += this.#mid.length;
    }
    if (this.#transportId !== 0) {
      at = this.#head(at, twoByte, this.#transportId, transportBytes);
      this.#transportAt = at;
      writeUint16(this.#block, at, 0);
      at += transportBytes;
    } else if (this.#sendTimeId !== 0 && sentMs >= 0) {
      at = this.#head(at, twoByte, this.#sendTimeId, sendTimeBytes);
      writeUint24(this.#block, at, Math.floor(((sentMs % 64_000) * sendTimeSteps) / 1_000));
      at += sendTimeBytes;
    }
    return at;
  }

  #start(block: Uint8Array): ExtensionReader {
    this.#reader.start(block);
    return this.#reader;
  }

  #needsTwoByte(block: Uint8Array): boolean {
    if (this.#midId !== 0 && this.#mid.length > 16) return true;
    if (Math.max(this.#midId, this.#transportId, this.#sendTimeId) > 14) return true;
    const reader = this.#start(block);
    while (reader.next()) {
      const id = this.#ids[reader.id] ?? 0;
      if (id > 14 || (id !== 0 && (reader.bytes === 0 || reader.bytes > 16))) return true;
    }
    return false;
  }

  #head(at: number, twoByte: boolean, id: number, bytes: number): number {
    if (!twoByte) {
      this.#block[at] = (id << 4) | (bytes - 1);
      return at + 1;
    }
    this.#block[at] = id;
    this.#block[at + 1] = bytes;
    return at + 2;
  }

  #finish(at: number, twoByte: boolean): Uint8Array {
    if (at === 4) return noBytes;
    const end = 4 * Math.ceil(at / 4);
    this.#block.fill(0, at, end);
    writeUint16(this.#block, 0, twoByte ? twoByteProfile : oneByteProfile);
    writeUint16(this.#block, 2, end / 4 - 1);
    // Nearly every packet of a stream has the same block length: the view is kept.
    if (this.#view.length !== end) this.#view = this.#block.subarray(0, end);
    return this.#view;
  }
}
