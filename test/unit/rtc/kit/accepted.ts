import type { AcceptedSection, AnswerModel } from '#src/rtc/negotiation.ts';

/** A section of an answer that must be accepted. */
export function accepted({ answer }: { readonly answer: AnswerModel }, index: number): AcceptedSection {
  const section = answer.sections[index];
  if (!section || section.rejected) throw new Error(`section ${index} is not accepted`);
  return section;
}
