import type { Finding } from '../shared/api-types.ts';
import { followDoctor, doctorRelation } from '../shared/doctor.ts';
import { byId, setText } from '../shared/dom.ts';
import { FindingList } from '../shared/finding-list.ts';
import { plural } from '../shared/format.ts';
import { linkTarget } from '../shared/link-header.ts';
import type { OpenedSession } from '../shared/peer-session.ts';

const watched = 'Picture, sound and the way here are watched all the time.';

/** What the gateway finds out about the stream: live from the doctor of our own session, or as the API tells of another's. */
export class HealthCard {
  readonly #card = byId('health', HTMLElement);
  readonly #calm = byId('health-calm', HTMLElement);
  readonly #list = new FindingList({ open: true });
  #following: AbortController | undefined;
  #findings: readonly Finding[] = [];

  constructor() {
    this.#calm.after(this.#list.element);
    // How long something has been so changes without any news.
    setInterval(() => this.#list.show(this.#findings, Date.now()), 1_000);
  }

  /** Listens to the doctor of this session instead of the one before; a gateway without one shows nothing. */
  follow(session: OpenedSession | undefined): void {
    this.#following?.abort();
    this.#following = undefined;
    this.#card.hidden = true;
    const doctor = session === undefined ? undefined : linkTarget(session.links, doctorRelation);
    if (session === undefined || doctor === undefined) return;
    const following = new AbortController();
    this.#following = following;
    void followDoctor(
      { url: doctor, token: session.endpoint.token },
      ({ leads, findings }) => {
        if (following.signal.aborted) return;
        if (leads) this.#show(findings, 'your stream');
        else this.#showTakenOver();
      },
      following.signal,
    );
  }

  /** Shows what the API tells of a stream that somebody else publishes; undefined hides it. */
  showOther(program: string, findings: readonly Finding[] | undefined): void {
    if (this.#following !== undefined) return;
    if (findings === undefined) this.#card.hidden = true;
    else this.#show(findings, `what ${program} publishes under this name now`);
  }

  #show(findings: readonly Finding[], whose: string): void {
    this.#findings = findings;
    this.#card.hidden = false;
    setText(byId('health-whose', HTMLElement), `About ${whose}, as it arrives at the gateway`);
    setText(byId('health-what', HTMLElement), 'Nothing to mend.');
    const mending = findings.filter(({ severity }) => severity !== 'note').length;
    this.#calm.hidden = mending > 0;
    const more = findings.length > 0 ? 'Below is what is good to know.' : watched;
    setText(byId('health-more', HTMLElement), more);
    this.#list.show(findings, Date.now());
    const badge = byId('health-badge', HTMLElement);
    badge.className = mending > 0 ? 'badge warn' : 'badge good';
    setText(badge, mending > 0 ? `${plural(mending, 'thing')} to mend` : 'Well');
  }

  #showTakenOver(): void {
    this.#show([], 'your stream');
    setText(byId('health-what', HTMLElement), 'Somebody else publishes under this name now.');
    setText(
      byId('health-more', HTMLElement),
      'Viewers see the newer publisher. Stop here, or choose another name.',
    );
    byId('health-badge', HTMLElement).className = 'badge warn';
    setText(byId('health-badge', HTMLElement), 'Taken over');
  }
}
