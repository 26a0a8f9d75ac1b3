import type { AudioReport } from './rig-types.ts';

/** Browser clients that publish: our own, those of npm, and one that follows MediaMTX's script request by request. */
export type BrowserPublisher =
  'frontrow' | '@eyevinn/whip-web-client' | 'whip-whep' | '@binbat/whip-whep' | 'mediamtx';

/** Browser clients that watch over WHEP. */
export type BrowserViewer =
  'frontrow' | '@eyevinn/webrtc-player' | 'whip-whep' | '@binbat/whip-whep' | 'mediamtx';

/** One publication from a page. */
export interface PublishRequest {
  readonly client: BrowserPublisher;
  readonly url: string;
  /** Pitch of the tone. */
  readonly toneHz: number;
  readonly token?: string;
}

/** One stay of a viewer. */
export interface ViewRequest {
  readonly client: BrowserViewer;
  readonly url: string;
  readonly token?: string;
}

/** One HTTP exchange of a client, as the page's `fetch` saw it. */
export interface ClientExchange {
  readonly method: string;
  readonly status: number;
  /** Of the request headers, those that clients differ in: authorization, content-type, etag, if-match. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the path, what follows the stream's name: '' is the endpoint. */
  readonly session: boolean;
  /** Media sections of the body, for offers and fragments; m=application counts. */
  readonly sections: readonly string[];
}

/** What a page saw and heard since it began to watch. */
export interface InteropReport {
  readonly width: number;
  readonly height: number;
  /** Frames on the screen, and those of them whose barcode was intact and new. */
  readonly framesShown: number;
  readonly framesRead: number;
  readonly audio: AudioReport;
}

/** Functions of the page of browser clients. */
export interface InteropApi {
  publish(request: PublishRequest): Promise<void>;
  watch(request: ViewRequest): Promise<void>;
  watchHls(url: string): Promise<void>;
  report(): Promise<InteropReport>;
  /** Every exchange so far. */
  exchanges(): Promise<readonly ClientExchange[]>;
  /** Data of every event that the client was sent, where it hears any. */
  messages(): Promise<readonly string[]>;
  /** Chooses a layer, where the client can; undefined leaves the choice to the server again. */
  selectLayer(layer: Readonly<Record<string, string | number>> | undefined): Promise<void>;
  /** Restarts ICE, where the client can. */
  restartIce(): Promise<void>;
  /** Ends what the page does, in the client's own way. */
  stop(): Promise<void>;
}

/** The page of browser clients, whichever browser it is in. */
export interface InteropPage extends AsyncDisposable {
  call<Name extends keyof InteropApi>(
    name: Name,
    ...args: Parameters<InteropApi[Name]>
  ): ReturnType<InteropApi[Name]>;
  /** Errors and warnings of the page, for the message of a failed test. */
  readonly complaints: readonly string[];
}
