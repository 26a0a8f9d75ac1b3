import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freeTcpPort } from './free-port.ts';
import { exchange } from './hls-http.ts';
import { edgeKey, passKey } from './pass-origin.ts';
import { until } from './wait.ts';

/** A cache of others in front of an origin, with the files of deploy/ but for addresses, folders and keys. */
export interface Edge extends AsyncDisposable {
  /** Without trailing slash. */
  readonly base: string;
  readonly pid: number;
  /** What it wrote into its log of requests; '' where it writes none. */
  log(): Promise<string>;
}

/** Starts a cache in front of the origin that listens on this port of loopback. */
export type StartEdge = (originPort: number) => Promise<Edge>;

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url));
const startTimeoutMs = 30_000;
/** Debian's number for it. */
const nobody = 65_534;

/** nginx with njs. */
export const startNginx: StartEdge = async (originPort) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-nginx-'));
  const port = await freeTcpPort();
  await copyFile(join(deploy, 'nginx/frontrow-pass.js'), join(folder, 'frontrow-pass.js'));
  await writeFile(
    join(folder, 'frontrow-keys.conf'),
    [
      `map "" $frontrow_pass_keys { default "old=nobody-signs-with-this-one-any-more ${passKey.kid}=${passKey.secret}"; }`,
      `map "" $frontrow_edge_key { default "${edgeKey}"; }`,
    ].join('\n'),
  );
  await writeChanged('nginx/frontrow.conf', join(folder, 'frontrow.conf'), [
    ['/etc/nginx/frontrow', folder],
    ['/var/cache/nginx/frontrow', join(folder, 'cache')],
    ['/var/log/nginx/frontrow.log', join(folder, 'requests.log')],
    ['server 127.0.0.1:8080;', `server 127.0.0.1:${originPort};`],
    ['listen 8090;', `listen 127.0.0.1:${port};`],
  ]);
  const temporary = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  await writeFile(
    join(folder, 'nginx.conf'),
    [
      'load_module /usr/lib/nginx/modules/ngx_http_js_module.so;',
      'daemon off; worker_processes 1; error_log stderr;',
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      `pid ${join(folder, 'nginx.pid')};`,
      'events { worker_connections 1024; }',
      `http { ${temporary.join(' ')} include ${join(folder, 'frontrow.conf')}; }`,
    ].join('\n'),
  );
  return started('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { folder, port });
};

/** Varnish, which asks the origin about passes. */
export const startVarnish: StartEdge = (originPort) =>
  varnish(originPort, `set req.http.Frontrow-Edge = "${edgeKey}"`);

/** Varnish for streams that everybody may watch. */
export const startOpenVarnish: StartEdge = (originPort) => varnish(originPort, keyOfVarnish);

const keyOfVarnish = '# set req.http.Frontrow-Edge = "KEY"';

async function varnish(originPort: number, key: string): Promise<Edge> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-varnish-'));
  const port = await freeTcpPort();
  const inside = (name: string): string => join(folder, name);
  await writeChanged('varnish/frontrow.vcl', inside('frontrow.vcl'), [
    ['/etc/varnish', folder],
    ['.port = "8080"', `.port = "${originPort}"`],
  ]);
  await writeChanged('varnish/frontrow-key.vcl', inside('frontrow-key.vcl'), [[keyOfVarnish, key]]);
  const small = ['vsl_space=1M', 'thread_pools=1', 'thread_pool_min=20'].flatMap((setting) => [
    '-p',
    setting,
  ]);
  const where = ['-a', `127.0.0.1:${port}`, '-f', inside('frontrow.vcl'), '-n', inside('run')];
  // Its own folder, no port of its own for commands, and whoever runs the tests as its user.
  const alone = ['-F', '-j', 'none', '-T', 'none', '-s', 'malloc,64M'];
  return started('/usr/sbin/varnishd', [...alone, ...where, ...small], { folder, port });
}

/** Apache Traffic Server with pass.lua. */
export const startTrafficServer: StartEdge = (originPort) =>
  trafficServer(originPort, 'edge/remap-guarded.config');

/** Apache Traffic Server for streams that everybody may watch. */
export const startOpenTrafficServer: StartEdge = (originPort) =>
  trafficServer(originPort, 'edge/remap.config');

async function trafficServer(originPort: number, remap: string): Promise<Edge> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-ats-'));
  const port = await freeTcpPort();
  const inside = (name: string): string => join(folder, name);
  const folders = ['config', 'cache', 'log', 'run'].map(inside);
  for (const name of folders) await mkdir(name);
  // It refuses to serve as root, and then needs folders of the user that it becomes.
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? 'nobody' : userInfo().username;
  if (isRoot) for (const name of [folder, ...folders]) await chown(name, nobody, nobody);
  // Who may ask for what is left as Debian has it.
  await copyFile('/etc/trafficserver/ip_allow.yaml', inside('config/ip_allow.yaml'));
  await copyFile(join(deploy, 'edge/pass.lua'), inside('config/pass.lua'));
  await writeFile(
    inside('config/keys.lua'),
    `return { passes = { ["${passKey.kid}"] = "${passKey.secret}" }, edge = "${edgeKey}" }\n`,
  );
  await writeChanged('edge/records.config', inside('config/records.config'), [
    ['STRING 8090', `STRING ${port}:ip-in=127.0.0.1`],
    ['user_id STRING trafficserver', `user_id STRING ${user}`],
    ['ram_cache.size INT 512M', 'ram_cache.size INT 32M'],
  ]);
  const gateway = ['http://gateway:8080', `http://127.0.0.1:${originPort}`] as const;
  const guarded = remap.includes('guarded');
  await writeChanged(remap, inside('config/remap.config'), [
    gateway,
    ...(guarded ? [['/etc/trafficserver', inside('config')] as const] : []),
  ]);
  await writeFile(inside('config/storage.config'), `${inside('cache')} 64M\n`);
  const places = {
    ...{ prefix: folder, exec_prefix: folder, bindir: '/usr/bin', sbindir: '/usr/bin' },
    ...{ sysconfdir: inside('config'), datadir: folder, includedir: folder, libdir: folder },
    ...{ libexecdir: '/usr/lib/trafficserver/modules', localstatedir: folder, runtimedir: inside('run') },
    ...{ logdir: inside('log'), cachedir: inside('cache'), mandir: folder, infodir: folder },
  };
  const lines = Object.entries(places).map(([name, place]) => `${name}: ${place}\n`);
  await writeFile(inside('runroot.yaml'), lines.join(''));
  return started('traffic_server', [`--run-root=${inside('runroot.yaml')}`], { folder, port });
}

interface Place {
  readonly folder: string;
  readonly port: number;
}

/** Waits until it answers, and ends it and its folder later. */
async function started(command: string, args: readonly string[], { folder, port }: Place): Promise<Edge> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const pipe of [child.stdout, child.stderr])
    pipe.setEncoding('utf8').on('data', (text: string) => void lines.splice(0, lines.length - 40, text));
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const base = `http://127.0.0.1:${port}`;
  const edge: Edge = {
    base,
    pid: child.pid ?? 0,
    log: () => readFile(join(folder, 'requests.log'), 'utf8').catch(() => ''),
    async [Symbol.asyncDispose]() {
      process.off('exit', endWithUs);
      await stop(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  try {
    await until(
      `${command} answers`,
      async () => {
        if (failure !== undefined || child.exitCode !== null)
          throw new Error(`${command} ended: ${String(failure)}\n${lines.join('')}`);
        return (await exchange(`${base}/`).catch(() => undefined))?.status === 404;
      },
      { timeoutMs: startTimeoutMs, everyMs: 100, detail: () => lines },
    );
  } catch (error) {
    await edge[Symbol.asyncDispose]();
    throw error;
  }
  return edge;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(late);
}

/** Copies a file of deploy/ with each of the texts replaced; one that is not there is a mistake. */
async function writeChanged(
  from: string,
  to: string,
  changes: readonly (readonly [text: string, instead: string])[],
): Promise<void> {
  let text = await readFile(join(deploy, from), 'utf8');
  for (const [wanted, instead] of changes) {
    if (!text.includes(wanted)) throw new Error(`deploy/${from} has no "${wanted}"`);
    text = text.replaceAll(wanted, instead);
  }
  await writeFile(to, text);
}
