import { Failure } from '#src/core/failure.ts';
import type { TrackKind } from '#src/core/media.ts';

/** The offer is longer than the reader looks at. */
export function sdpTooLarge(bytes: number, maxBytes: number): Failure {
  return new Failure(
    'too-large',
    'sdp-too-large',
    `the SDP has ${bytes} bytes and ${maxBytes} are allowed; offer one audio and one video section`,
  );
}

/** A line of the offer breaks the grammar of RFC 8866 or of its attribute. Lines count from 1. */
export function badSdp(line: number, problem: string, remedy: string): Failure {
  return new Failure('invalid', 'bad-sdp', `SDP line ${line}: ${problem}; ${remedy}`);
}

/** Something that every offer has is nowhere in this one. */
export function incompleteSdp(missing: string, remedy: string): Failure {
  return new Failure('invalid', 'bad-sdp', `the SDP has no ${missing}; ${remedy}`);
}

/** More of something than any client sends: a bomb, or the wrong file. */
export function tooManySdpLines(line: number, what: string, max: number): Failure {
  return new Failure(
    'invalid',
    'sdp-too-many-lines',
    `SDP line ${line}: more than ${max} ${what}; remove the surplus`,
  );
}

/** More m-sections than one session can use. */
export function tooManySections(line: number, max: number): Failure {
  return new Failure(
    'invalid',
    'sdp-too-many-sections',
    `SDP line ${line}: more than ${max} m= sections; offer one audio and one video section`,
  );
}

/** ICE credentials are missing (RFC 8839 section 5.4). */
export function noIceCredentials(line: number): Failure {
  return new Failure(
    'invalid',
    'sdp-no-ice',
    `the m= section at SDP line ${line} has no a=ice-ufrag and a=ice-pwd; put both there or at session level`,
  );
}

/** No certificate fingerprint that can be trusted (RFC 8122 section 5). */
export function noFingerprint(line: number): Failure {
  return new Failure(
    'invalid',
    'sdp-no-fingerprint',
    `the m= section at SDP line ${line} has no a=fingerprint with sha-256, sha-384 or sha-512; add one (sha-1 and md5 are not accepted)`,
  );
}

/** The DTLS role is missing (RFC 8842 section 5.2). */
export function noSetup(line: number): Failure {
  return new Failure(
    'invalid',
    'sdp-no-setup',
    `the m= section at SDP line ${line} has no a=setup; add a=setup:actpass there or at session level`,
  );
}

/** Several sections on several transports (RFC 9725 section 4.4.1: one transport carries everything). */
export function bundleRequired(line: number): Failure {
  return new Failure(
    'unprocessable',
    'bundle-required',
    `the m= section at SDP line ${line} is not in a=group:BUNDLE; set bundlePolicy to max-bundle`,
  );
}

/** With this a=setup nobody would begin DTLS, or both sides might (RFC 8842 section 5). */
export function wrongSetup(line: number, setup: string, wanted: string): Failure {
  return new Failure(
    'unprocessable',
    'wrong-setup',
    `the m= section at SDP line ${line} says a=setup:${setup}; ${wanted}`,
  );
}

/** Two ICE-lite sides never check each other (RFC 8445 section 2.5). */
export function iceLiteOffer(): Failure {
  return new Failure(
    'unprocessable',
    'ice-lite-offer',
    'the SDP says a=ice-lite and so does Frontrow, so nobody would begin; use a client with full ICE',
  );
}

/** A publisher must send and a viewer must receive. */
export function wrongDirection(line: number, direction: string, wanted: string): Failure {
  return new Failure(
    'unprocessable',
    'wrong-direction',
    `the m= section at SDP line ${line} is a=${direction}; here it must be a=${wanted} (or a=sendrecv)`,
  );
}

/** A publisher may send one video track, and as many audio tracks as the settings allow (RFC 9725 section 4.4.2). */
export function tooManyTracks(line: number, kind: TrackKind, limit: number): Failure {
  const remedy =
    kind === 'video'
      ? 'publish one; several sizes of it are simulcast layers of one m= section'
      : 'publish fewer, or raise rtc.maxAudioTracks';
  return new Failure(
    'unprocessable',
    'too-many-tracks',
    `the m= section at SDP line ${line} is ${kind} track ${limit + 1} and only ${limit} may be sent; ${remedy}`,
  );
}

/** A section that is neither audio nor video over DTLS-SRTP. */
export function unsupportedSection(line: number, section: string): Failure {
  return new Failure(
    'unprocessable',
    'unsupported-section',
    `the m= section at SDP line ${line} is ${section}; only audio and video over UDP/TLS/RTP/SAVPF are taken`,
  );
}

/** A publisher's section has no codec that Frontrow forwards. */
export function unsupportedCodec(
  line: number,
  offered: readonly string[],
  accepted: readonly string[],
): Failure {
  return new Failure(
    'unprocessable',
    'unsupported-codec',
    `the m= section at SDP line ${line} offers ${list(offered)}; Frontrow forwards ${list(accepted)}`,
  );
}

/** The viewer can decode nothing of what the stream carries. */
export function noCommonCodec(stream: readonly string[], viewer: readonly string[]): Failure {
  return new Failure(
    'unprocessable',
    'no-common-codec',
    `the stream carries ${list(stream)} and this viewer takes ${list(viewer)}; watch over HLS, or publish another codec`,
  );
}

/** Every section is disabled, or there is none. */
export function noMedia(): Failure {
  return new Failure(
    'unprocessable',
    'no-media',
    'the SDP has no enabled audio or video section; add at least one audio or video track',
  );
}

/** The offer waited too long for its turn. */
export function negotiationTimeout(limitMs: number): Failure {
  return new Failure(
    'unavailable',
    'negotiation-timeout',
    `no answer within ${limitMs} ms, too many join at once; try again`,
    {
      retryAfterMs: 2_000,
    },
  );
}

/** The node holds as many WebRTC sessions as it may. */
export function gatewayFull(maxPeers: number): Failure {
  return new Failure(
    'unavailable',
    'rtc-full',
    `all ${maxPeers} WebRTC sessions are taken; try again, or watch over HLS`,
    {
      retryAfterMs: 5_000,
    },
  );
}

/** The gateway closes, or its media plane did. */
export function gatewayClosed(): Failure {
  return new Failure('unavailable', 'rtc-closed', 'the gateway is shutting down; try again in a moment', {
    retryAfterMs: 5_000,
  });
}

/** ICE never came up, or the other side fell silent. */
export function peerGone(reason: 'silent' | 'never-came'): Failure {
  return reason === 'never-came'
    ? new Failure(
        'unavailable',
        'ice-timeout',
        'no ICE check arrived; open the UDP media port and check the advertised addresses',
      )
    : new Failure('unavailable', 'peer-silent', 'nothing arrived from the other side for 10 s');
}

/** ICE came up and DTLS did not. */
export function dtlsTimeout(limitMs: number): Failure {
  return new Failure('unavailable', 'dtls-timeout', `the DTLS handshake did not finish within ${limitMs} ms`);
}

/** The handshake broke: other certificate than the SDP names, no common cipher, a fatal alert. */
export function dtlsFailed(problem: string): Failure {
  return new Failure('unprocessable', 'dtls-failed', `the DTLS handshake failed: ${problem}`);
}

/** The session was ended before it was connected. */
export function endedEarly(): Failure {
  return new Failure('gone', 'session-ended', 'the session ended before it was connected');
}

/** A PATCH body that is no trickle-ice-sdpfrag (RFC 8840). */
export function badSdpFragment(problem: string): Failure {
  return new Failure(
    'invalid',
    'bad-sdp-fragment',
    `the SDP fragment ${problem}; the session goes on as it was`,
  );
}

/** If-Match, or the ufrag, names an ICE session that was restarted since (RFC 9725 section 4.3.3). */
export function staleEtag(): Failure {
  return new Failure(
    'stale',
    'stale-etag',
    'this belongs to an older ICE session; send the ETag of the last restart, or restart with If-Match: *',
  );
}

/** PATCH without If-Match where the settings are strict (RFC 9725 section 4.3.1, RFC 6585 section 3). */
export function ifMatchNeeded(): Failure {
  return new Failure(
    'precondition',
    'if-match-needed',
    'send If-Match: the newest ETag for trickled candidates, * for an ICE restart; or unset session.strictEtags',
  );
}

/** An SDP answer that does not belong to the offer we made (RFC 3264 section 6). */
export function answerMismatch(problem: string): Failure {
  return new Failure(
    'unprocessable',
    'answer-mismatch',
    `the SDP answer does not fit the offer: ${problem}; answer the offer that came with this session`,
  );
}

/** A second answer, unlike the first. */
export function alreadyAnswered(): Failure {
  return new Failure(
    'unprocessable',
    'already-answered',
    'the offer of this session was answered before; POST again for another one',
  );
}

/** An advertised host name that resolves to nothing. */
export function addressUnresolved(host: string): Failure {
  return new Failure(
    'unavailable',
    'rtc-address-unresolved',
    `"${host}" in FRONTROW_RTC__ADDRESSES resolves to no address; write an IP address or a name that resolves here`,
  );
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'nothing it could use' : words.join(', ');
}
