import { mkdir, open, rename, stat, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { errorCode } from '#src/core/error-code.ts';
import type { Log } from '#src/core/log.ts';
import { badRevocationsFile } from './failures.ts';
import { maxRevocations, type RevocationStore, Revocations } from './revocations.ts';

/** Where revoked tokens are kept, and what that takes. */
export interface RevocationsFileDeps {
  readonly file: string;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** How soon it is tried again when it cannot be written. */
  readonly retryMs?: number;
}

/** All that may be in it, with the longest names there are, is smaller. */
const maxFileBytes = 32 * 1024 * 1024;
const usualRetryMs = 30_000;

const contentSchema = z.object({
  version: z.literal(1),
  /** Name of the token, and until when it counts, in milliseconds since 1970. */
  revoked: z.array(z.tuple([z.string().min(1).max(200), z.number()])).max(maxRevocations),
});

/**
 * Opens the memory of revoked tokens that a file keeps over restarts. Throws `bad-revocations-file` for one that is there and
 * cannot be understood: going on without it would let in who was turned out.
 */
export async function openRevocationsFile(deps: RevocationsFileDeps): Promise<RevocationsFile> {
  const memory = new Revocations(deps.nowMs);
  for (const [jti, untilMs] of await readRevoked(deps.file))
    if (untilMs > deps.nowMs()) memory.add(jti, untilMs);
  if (memory.size > 0) deps.log.info({ tokens: memory.size }, 'tokens that were revoked stay revoked');
  return new RevocationsFile(deps, memory);
}

/** Revoked tokens, in memory and in a file that is replaced as a whole. */
class RevocationsFile implements RevocationStore, AsyncDisposable {
  readonly memory: Revocations;
  readonly #deps: RevocationsFileDeps;
  #writing: Promise<boolean> = Promise.resolve(true);
  #next: Promise<boolean> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(deps: RevocationsFileDeps, memory: Revocations) {
    this.#deps = deps;
    this.memory = memory;
  }

  save(): Promise<boolean> {
    // What is asked for while a write is on its way is in the one after it, whoever asks and however many.
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined;
      this.#writing = this.#write();
      return this.#writing;
    });
    return this.#next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await (this.#next ?? this.#writing);
  }

  async #write(): Promise<boolean> {
    const { file, log, retryMs = usualRetryMs } = this.#deps;
    clearTimeout(this.#retry);
    try {
      await replaceFile(file, JSON.stringify({ version: 1, revoked: this.memory.list() }));
      return true;
    } catch (error) {
      log.error(
        { file, problem: String(error) },
        'revoked tokens cannot be kept: a restart would forget them',
      );
      if (!this.#closed) this.#retry = setTimeout(() => void this.save(), retryMs).unref();
      return false;
    }
  }
}

/** Whoever reads finds the old text or the new one, also after a power cut. */
async function replaceFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const anew = `${file}.part`;
  const handle = await open(anew, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(anew, file);
}

async function readRevoked(file: string): Promise<readonly (readonly [jti: string, untilMs: number])[]> {
  try {
    if ((await stat(file)).size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`);
    return contentSchema.parse(JSON.parse(await readFile(file, 'utf8'))).revoked;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw badRevocationsFile(file, problemOf(error));
  }
}

function problemOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is no JSON, or not all of it';
  if (error instanceof z.ZodError) return 'it does not hold what this gateway writes';
  return error instanceof Error ? error.message : String(error);
}
