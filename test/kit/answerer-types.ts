/** What a page that answered an offer sees of it. */
export interface AnswererReport {
  readonly connection: string;
  readonly framesDecoded: number;
  /** For example video/VP8; '' before the first frame. */
  readonly videoCodec: string;
  /** Sound that was played out. */
  readonly soundMs: number;
}

/** The functions of the answering page. */
export interface AnswererApi {
  /** Asks a WHEP endpoint for an offer, answers and plays it; gives the status of the PATCH. May leave a kind out. */
  watch(whepUrl: string, without?: 'audio' | 'video'): Promise<number>;
  report(): Promise<AnswererReport>;
  /** DELETEs the session; gives the status. */
  leave(): Promise<number>;
}
