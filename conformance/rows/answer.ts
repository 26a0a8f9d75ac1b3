import { type ConformanceTest, rule, shared } from '../check.ts';
import { expectRefusal, isSuccess } from '../context.ts';
import { anywhere, bundleOf, candidatesOf, isAccepted, readSdp } from '../sdp.ts';
import { must, notSupported } from '../verdict.ts';

const bundle = { whip: 'RFC 9725 4.4.1', whep: 'WHEP-03 4.5.1' } as const;

/** What stands in the answer. */
export const answerRows: readonly ConformanceTest[] = [
  ...shared({
    id: 'answer-direction',
    title: 'the answer receives only (WHIP) or sends only (WHEP)',
    section: { whip: 'RFC 9725 4.2', whep: 'WHEP-03 4.2.5' },
    level: 'MUST',
    async run(context) {
      const wanted = context.protocol === 'whip' ? 'recvonly' : 'sendonly';
      const { answer } = await context.open();
      for (const section of answer.sections.filter(isAccepted))
        must(section.direction === wanted, `${section.kind} is ${String(section.direction)}, not ${wanted}`);
    },
  }),
  ...shared({
    id: 'answer-mirrors-offer',
    title: 'the answer has the offer’s sections, in order, with their mids',
    section: { whip: 'RFC 3264 6', whep: 'RFC 3264 6' },
    level: 'MUST',
    async run(context) {
      const offer = context.offer();
      const { answer } = context.opened(await context.post(offer.sdp), offer.ice);
      const names = (sections: typeof answer.sections): string =>
        sections.map(({ kind, mid }) => `${kind} ${mid}`).join(', ');
      const [offered, answered] = [names(readSdp(offer.sdp).sections), names(answer.sections)];
      must(offered === answered, `offered ${offered}; answered ${answered}`);
    },
  }),
  ...shared({
    id: 'answer-codecs-offered',
    title: 'the answer names only payload types and header extensions that were offered',
    section: { whip: 'RFC 3264 6.1', whep: 'RFC 3264 6.1' },
    level: 'MUST',
    async run(context) {
      const offer = context.offer();
      const { answer } = context.opened(await context.post(offer.sdp), offer.ice);
      const offered = readSdp(offer.sdp).sections;
      for (const [index, section] of answer.sections.entries()) {
        const strange = section.formats.filter((format) => offered[index]?.formats.includes(format) !== true);
        must(
          strange.length === 0,
          `${section.kind} answers payload types nobody offered: ${strange.join(' ')}`,
        );
        const extensions = section
          .values('extmap')
          .filter((value) => offered[index]?.values('extmap').includes(value) !== true);
        must(
          extensions.length === 0,
          `${section.kind} answers extensions nobody offered: ${extensions.join(', ')}`,
        );
      }
    },
  }),
  ...shared({
    id: 'answer-line-ends',
    title: 'every line of the answer ends with CRLF',
    section: { whip: 'RFC 8866 9', whep: 'RFC 8866 9' },
    level: 'MUST',
    async run(context) {
      const { body } = (await context.open()).created;
      must(body.endsWith('\r\n'), 'the answer does not end with CRLF');
      must(!/[\r\n]/.test(body.replaceAll('\r\n', '')), 'there are line ends other than CRLF');
    },
  }),
  ...shared({
    id: 'answer-bundle',
    title: 'the answer puts every section into one BUNDLE group',
    section: bundle,
    level: 'MUST',
    async run(context) {
      const { answer } = await context.open();
      const group = bundleOf(answer);
      must(group !== undefined, 'there is no a=group:BUNDLE');
      const outside = answer.sections.filter(
        (section) => isAccepted(section) && !group.includes(section.mid),
      );
      must(outside.length === 0, `not in the group: ${outside.map(({ mid }) => mid).join(' ')}`);
    },
  }),
  ...shared({
    id: 'answer-rtcp-mux',
    title: 'every section multiplexes RTCP',
    section: bundle,
    level: 'MUST',
    async run(context) {
      const { answer } = await context.open();
      for (const section of answer.sections.filter(isAccepted))
        must(section.has('rtcp-mux'), `${section.kind} has no a=rtcp-mux`);
    },
  }),
  ...shared({
    id: 'answer-rtcp-mux-only',
    title: 'every section says rtcp-mux-only',
    section: bundle,
    level: 'MUST',
    async run(context) {
      const { answer } = await context.open();
      for (const section of answer.sections.filter(isAccepted))
        must(section.has('rtcp-mux-only'), `${section.kind} has no a=rtcp-mux-only`);
    },
  }),
  ...shared({
    id: 'answer-candidates',
    title: 'the answer has the server’s candidates, all there will be',
    section: { whip: 'RFC 9725 4.3.2', whep: 'WHEP-03 4.4.2' },
    level: 'MUST',
    async run(context) {
      const { answer } = await context.open({ candidates: false });
      must(candidatesOf(answer).length > 0, 'the answer has no candidate');
    },
  }),
  ...shared({
    id: 'answer-security',
    title: 'the answer has ICE credentials and a certificate’s fingerprint of proper form',
    section: { whip: 'RFC 8839 5.4, RFC 8122 5', whep: 'RFC 8839 5.4, RFC 8122 5' },
    level: 'MUST',
    async run(context) {
      const { answer } = await context.open();
      const [ufrag = '', password = ''] = ['ice-ufrag', 'ice-pwd'].map((name) => anywhere(answer, name));
      must(/^[\w+/-]{4,256}$/.test(ufrag), `a=ice-ufrag is "${ufrag}"`);
      must(/^[\w+/-]{22,256}$/.test(password), 'a=ice-pwd is not 22 to 256 ice-chars');
      const fingerprint = anywhere(answer, 'fingerprint') ?? '';
      must(
        /^sha-\d+ [\dA-F]{2}(:[\dA-F]{2}){19,63}$/i.test(fingerprint),
        `a=fingerprint is "${fingerprint}"`,
      );
    },
  }),
  ...shared({
    id: 'answer-setup',
    title: 'actpass is answered with active or passive',
    section: { whip: 'RFC 8842 5.3', whep: 'RFC 8842 5.3' },
    level: 'MUST',
    async run(context) {
      const { answer } = await context.open();
      const setup = anywhere(answer, 'setup');
      must(setup === 'active' || setup === 'passive', `a=setup is ${setup ?? 'not there'}`);
    },
  }),
  ...shared({
    id: 'answer-setup-to-active',
    title: 'setup:active is answered with passive, or refused with 422 or 400',
    section: { whip: 'RFC 9725 4.4.4', whep: 'RFC 8842 5.3' },
    level: 'MUST',
    async run(context) {
      const offer = context.offer({ setup: 'active' });
      const created = await context.post(offer.sdp);
      if (created.status === 422 || created.status === 400) return;
      const { answer } = context.opened(created, offer.ice);
      must(anywhere(answer, 'setup') === 'passive', `a=setup is ${anywhere(answer, 'setup') ?? 'not there'}`);
    },
  }),
  ...shared({
    id: 'answer-setup-to-passive',
    title: 'setup:passive is answered with active, or refused with 422 or 400',
    section: { whip: 'RFC 8842 5.3, RFC 4145 4.1', whep: 'RFC 8842 5.3, RFC 4145 4.1' },
    level: 'MUST',
    async run(context) {
      const offer = context.offer({ setup: 'passive' });
      const created = await context.post(offer.sdp);
      if (created.status === 422 || created.status === 400) return;
      const { answer } = context.opened(created, offer.ice);
      must(anywhere(answer, 'setup') === 'active', `a=setup is ${anywhere(answer, 'setup') ?? 'not there'}`);
    },
  }),
  rule({
    id: 'whep-answer-one-stream',
    title: 'all sections of the answer have msid, of one MediaStream',
    section: 'WHEP-03 4.5.2',
    level: 'MUST',
    protocol: 'whep',
    async run(context) {
      const { answer } = await context.open();
      const accepted = answer.sections.filter(isAccepted);
      const streams = accepted.map((section) => section.value('msid')?.split(' ')[0]);
      must(!streams.includes(undefined), 'a section has no a=msid');
      must(new Set(streams).size === 1, `there are several streams: ${streams.join(', ')}`);
    },
  }),
  rule({
    id: 'whep-answer-one-track-each',
    title: 'at most one track of a kind is sent, however many sections were offered',
    section: 'WHEP-03 4.5.2',
    level: 'MUST',
    protocol: 'whep',
    async run(context) {
      const offer = context.offer({ videos: 2 });
      const created = await context.post(offer.sdp);
      if (!isSuccess(created)) {
        expectRefusal(created, 'two video sections');
        return;
      }
      const { answer } = context.opened(created, offer.ice);
      const sent = answer.sections.filter(
        (section) => section.kind === 'video' && isAccepted(section) && section.direction !== 'inactive',
      );
      must(sent.length <= 1, `${sent.length} video sections send`);
    },
  }),
  rule({
    id: 'whip-answer-simulcast',
    title: 'a simulcast offer gets all its layers back (encoders stop otherwise)',
    section: 'RFC 9725 4.8, RFC 8853 5.3',
    level: 'house',
    protocol: 'whip',
    async run(context) {
      const rids = ['0', '1', '2', '3'];
      const { answer } = await context.open({ rids });
      const video = answer.sections.find(({ kind }) => kind === 'video');
      const simulcast = video?.value('simulcast');
      if (simulcast === undefined) notSupported('the answer has no a=simulcast, so one layer is taken');
      const taken = simulcast.replace(/^recv /, '').split(';');
      must(simulcast.startsWith('recv '), `a=simulcast is "${simulcast}"`);
      must(
        rids.every((rid) => taken.includes(rid)),
        `offered ${rids.join(';')}, taken ${taken.join(';')}`,
      );
    },
  }),
];
