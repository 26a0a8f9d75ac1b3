import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import type { RtcpProblem, RtcpVisitor } from '#src/rtp/rtcp/types.ts';

/** Everything a reader handed over, in order, and how it ended. */
export interface Reading {
  readonly found: readonly (readonly unknown[])[];
  readonly problem: RtcpProblem | undefined;
}

/** Reads a compound packet and writes down every call. */
export function readAll(datagram: Uint8Array): Reading {
  const found: (readonly unknown[])[] = [];
  const note =
    (name: keyof RtcpVisitor) =>
    (...values: readonly unknown[]): void => {
      found.push([name, ...values.map((value) => (typeof value === 'object' ? { ...value } : value))]);
    };
  const problem = new RtcpReader().read(datagram, {
    senderReport: note('senderReport'),
    reportBlock: note('reportBlock'),
    bye: note('bye'),
    nack: note('nack'),
    pli: note('pli'),
    fir: note('fir'),
    remb: note('remb'),
    transportFeedback: note('transportFeedback'),
    transportStatus: note('transportStatus'),
    transportFeedbackEnd: note('transportFeedbackEnd'),
    receiverReferenceTime: note('receiverReferenceTime'),
    delayReport: note('delayReport'),
  });
  return { found, problem };
}
