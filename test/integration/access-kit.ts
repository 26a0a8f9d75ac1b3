import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange, type Exchange } from '#test/kit/http-exchange.ts';
import { makeOffer } from '#test/kit/offers.ts';
import { bearer } from '#test/kit/token-client.ts';

/** What tokens are signed with. */
export const secret = 'a secret of the tests that is long enough';
/** Keys in the clear; the gateway knows their hashes. */
export const keys = {
  studio: 'key-of-the-studio',
  second: 'key-of-the-second',
  operator: 'key-of-the-operator',
};

/** What differs from the usual settings. */
export interface ConfigChoice {
  readonly without?: keyof typeof keys;
  /** Lines at the end. */
  readonly more?: readonly string[];
}

/** The settings file of a guarded gateway. */
export function configText({ without, more = [] }: ConfigChoice = {}): string {
  const streamKeys = (['studio', 'second'] as const).filter((name) => name !== without);
  const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
  return [
    'auth:',
    '  streamKeys:',
    ...streamKeys.map((name) => `    - { name: ${name}, sha256: ${hashOf(keys[name])}, stream: '${name}*' }`),
    '  operateKeys:',
    `    - { name: operator, sha256: ${hashOf(keys.operator)} }`,
    `  signingKey: { kid: here, algorithm: HS256, secret: '${secret}' }`,
    ...more,
    '',
  ].join('\n');
}

/** Answer of POST /api/tokens. */
export interface Minted {
  readonly token: string;
  readonly jti: string;
  readonly expiresAt: string;
  readonly urls: Readonly<Record<string, string>>;
}

/** A gateway that asks for keys and tokens, and its settings file. */
export class GuardedGateway implements AsyncDisposable {
  readonly gateway: Gateway;
  readonly configFile: string;
  readonly #folder: string;

  private constructor(gateway: Gateway, folder: string, configFile: string) {
    this.gateway = gateway;
    this.#folder = folder;
    this.configFile = configFile;
  }

  static async start(choice: ConfigChoice = {}, args: readonly string[] = []): Promise<GuardedGateway> {
    const folder = await mkdtemp(join(tmpdir(), 'access-'));
    const configFile = join(folder, 'frontrow.yaml');
    await writeFile(configFile, configText(choice));
    const gateway = await startGateway({ args: ['--config', configFile, ...args] });
    return new GuardedGateway(gateway, folder, configFile);
  }

  url(path: string): string {
    return this.gateway.url(path);
  }

  ask(path: string, method = 'GET', token?: string): Promise<Exchange> {
    return exchange(this.url(path), { method, headers: bearer(token) });
  }

  /** POSTs an offer that fits the endpoint. */
  post(path: string, headers: Readonly<Record<string, string>>): Promise<Exchange> {
    const body = makeOffer({ role: path.startsWith('/whip') ? 'publisher' : 'viewer' });
    return exchange(this.url(path), {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', ...headers },
      body,
    });
  }

  /** POST /api/tokens as an operator. */
  postToken(wish: object): Promise<Exchange> {
    return exchange(this.url('/api/tokens'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...bearer(keys.operator) },
      body: JSON.stringify(wish),
    });
  }

  async mint(wish: object): Promise<Minted> {
    const answer = await this.postToken(wish);
    if (answer.status !== 201) throw new Error(answer.body);
    return JSON.parse(answer.body) as Minted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}
