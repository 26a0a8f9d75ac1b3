import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { hasEnded, type LockOwner, ourselves, readOwner } from '#src/record/lock-owner.ts';

const tell = `const { ourselves } = await import('#src/record/lock-owner.ts');
console.log(JSON.stringify(await ourselves()));`;

/** Another process as owner, which has ended by now. */
async function gone(): Promise<LockOwner> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', tell]);
  const owner = readOwner(stdout);
  if (!owner) throw new Error(`not an owner: ${stdout}`);
  return owner;
}

describe('the owner of a folder', () => {
  test('is read as it was written; everything else is nobody', async () => {
    const self = await ourselves();
    expect(readOwner(`${JSON.stringify(self)}\n`)).toEqual(self);
    expect(self.pid).toBe(process.pid);
    for (const text of ['', '{', 'null', '{"pid":1}', JSON.stringify({ ...self, pid: -1 })])
      expect(readOwner(text)).toBeUndefined();
  });

  test('has ended when its process has', async () => {
    const [self, owner] = [await ourselves(), await gone()];
    expect(owner.place).toBe(self.place);
    expect(await hasEnded(owner, self)).toBe(true);
  });

  test('lives as long as its process, and is not another one that has its number', async () => {
    const stay = `${tell} process.stdin.resume();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', stay], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    try {
      const self = await ourselves();
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const owner = readOwner(String(said));
      if (!owner) throw new Error(`not an owner: ${String(said)}`);
      expect(await hasEnded(owner, self)).toBe(false);
      expect(await hasEnded({ ...owner, birth: '1' }, self)).toBe(true);
      child.kill('SIGKILL');
      await exited;
      expect(await hasEnded(owner, self)).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('cannot be told in other places, and not within one process', async () => {
    const [self, owner] = [await ourselves(), await gone()];
    expect(await hasEnded({ ...owner, place: 'another machine' }, self)).toBeUndefined();
    expect(await hasEnded({ ...self, token: 'another gateway of this process' }, self)).toBeUndefined();
  });
});
