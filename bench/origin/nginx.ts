import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { freeTcpPort } from '#test/kit/free-port.ts';
import { until } from '#test/kit/wait.ts';

/** nginx with one worker, serving files. */
export interface StaticServer extends AsyncDisposable {
  readonly port: number;
  /** Of the process that answers. */
  readonly pid: number;
}

/** Serves these bodies under these paths, with the headers that the origin sends with its media. */
export async function startStaticNginx(files: ReadonlyMap<string, Uint8Array>): Promise<StaticServer> {
  const folder = await mkdtemp(join(tmpdir(), 'static-nginx-'));
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, 'root', path)), { recursive: true });
    await writeFile(join(folder, 'root', path), bytes);
  }
  const port = await freeTcpPort();
  const temporary = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const config = [
    'daemon off; worker_processes 1; error_log stderr;',
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `pid ${join(folder, 'nginx.pid')};`,
    'events { worker_connections 4096; }',
    `http { ${temporary.join(' ')} access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;`,
    'types { video/mp4 m4s mp4; }',
    'add_header Cache-Control "public, max-age=3600, immutable"; add_header Access-Control-Allow-Origin "*";',
    `server { listen 127.0.0.1:${port} backlog=4096; root ${join(folder, 'root')}; } }`,
  ];
  await writeFile(join(folder, 'nginx.conf'), config.join('\n'));
  const child = spawn('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: 'ignore',
  });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const pid = await until('nginx has a worker', () => workerOf(child.pid ?? 0), { timeoutMs: 10_000 });
  return {
    port,
    pid,
    async [Symbol.asyncDispose]() {
      process.off('exit', endWithUs);
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      await rm(folder, { recursive: true });
    },
  };
}

async function workerOf(parent: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  const [first = ''] = text.trim().split(' ');
  return first === '' ? undefined : Number(first);
}
