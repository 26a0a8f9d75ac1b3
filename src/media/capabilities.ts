import type { Feedback } from '#src/core/plane.ts';

/**
 * The feedback that the plane can give a publisher, for negotiation. `transport-cc` is complete: arrival times of all tracks,
 * reported ten times a second. Where it is not negotiated, `remb` tells the publisher our fixed limit, which lets a browser
 * reach its full rate within the first second.
 */
export const publisherFeedback: readonly Feedback[] = ['nack', 'pli', 'fir', 'remb', 'transport-cc'];

/** The feedback that the plane understands from a viewer. REMB and transport-cc of viewers are read over and not acted on. */
export const viewerFeedback: readonly Feedback[] = ['nack', 'pli', 'fir'];
