import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { defaultConfig } from '#src/config/schema.ts';
import { read, repositoryFiles } from './repository.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
}
interface Compose {
  readonly services: Record<
    string,
    {
      readonly build?: string;
      readonly ports?: readonly string[];
      readonly profiles?: readonly string[];
      readonly environment?: Record<string, string>;
      readonly stop_grace_period?: string;
    }
  >;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as {
  readonly packages: Record<string, { readonly resolved?: string; readonly integrity?: string }>;
};

describe('npm', () => {
  test('every dependency is pinned to one version; types follow their major', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    const loose = ranges.filter(
      ([name, range]) => !/^\d+\.\d+\.\d+(?:-[a-z.-]+)?$/.test(range) && name !== '@types/node',
    );
    expect(loose).toEqual([]);
  });

  test('the lockfile names no private registry and every package has its checksum', () => {
    const packages = Object.entries(lock.packages).filter(([where]) => where !== '');
    expect(packages.length).toBeGreaterThan(100);
    for (const [where, { resolved, integrity }] of packages) {
      expect(integrity, where).toMatch(/^sha512-/);
      if (resolved !== undefined) expect(resolved, where).toMatch(/^https:\/\/registry\.npmjs\.org\//);
    }
  });

  test('the one install script that is needed is allowed', () => {
    expect(manifest.allowScripts).toEqual({ node: true });
  });
});

describe('containers', () => {
  const compose = parse(read('docker-compose.yml')) as Compose;
  const config = defaultConfig();

  test('docker compose up gateway starts the gateway alone', () => {
    expect(compose.services['gateway']?.profiles).toBeUndefined();
    const others = Object.entries(compose.services).filter(([name]) => name !== 'gateway');
    expect(others.map(([name]) => name).sort()).toEqual(['edge', 'turn']);
    for (const [name, service] of others) expect(service.profiles, name).toEqual([name]);
  });

  test('ports are the default ports everywhere', () => {
    const { port: http } = config.http;
    const { port: rtc, tcpPort } = config.rtc;
    expect(tcpPort).toBe('same');
    const udp = `\${FRONTROW_UDP_PORTS:-${rtc}}`;
    expect(compose.services['gateway']?.ports).toEqual([
      `${http}:${http}/tcp`,
      `${udp}:${udp}/udp`,
      `${rtc}:${rtc}/tcp`,
    ]);
    // One port is mapped, so one worker may run.
    expect(compose.services['gateway']?.environment?.['FRONTROW_MEDIA__WORKERS']).toBe(
      '${FRONTROW_MEDIA_WORKERS:-1}',
    );
    expect(read('Dockerfile')).toContain('\nENV FRONTROW_MEDIA__WORKERS=1\n');
    expect(read('Dockerfile')).toContain(`EXPOSE ${http}/tcp ${rtc}/udp ${rtc}/tcp`);
    expect(read('deploy/edge/remap.config')).toContain(`http://gateway:${http}/hls/`);
    const edge = /server_ports STRING (\d+)/.exec(read('deploy/edge/records.config'))?.[1];
    expect(compose.services['edge']?.ports).toEqual([`${edge ?? ''}:${edge ?? ''}/tcp`]);
  });

  test('the gateway is told how it is reached and has time to end', () => {
    const { environment = {}, stop_grace_period: grace } = compose.services['gateway'] ?? {};
    expect(Object.keys(environment)).toContain('FRONTROW_RTC__ADDRESSES');
    expect(grace).toBe('20s');
  });

  test('the image runs the Node that package.json pins, as a plain user', () => {
    const major = manifest.dependencies['node']?.split('.')[0] ?? '';
    expect(read('Dockerfile')).toContain(`FROM node:${major}-bookworm-slim`);
    expect(read('Dockerfile')).toContain('\nUSER node\n');
    expect(read('deploy/edge/Dockerfile')).toContain('\nUSER trafficserver\n');
  });

  test('the image holds every file that the code reaches for outside its own folder', () => {
    const reached = repositoryFiles('src', ['.ts']).flatMap((file) =>
      [...read(file).matchAll(/'((?:\.\.\/)+[^']+)'/g)]
        .map((match) => path.posix.join(path.posix.dirname(file), match[1] ?? '').split('/')[0] ?? '')
        .filter((top) => top !== 'src'),
    );
    expect(new Set(reached)).toContain('public');
    for (const top of new Set(reached)) {
      const copied = read('Dockerfile').matchAll(/^COPY (.+) \S+$/gm);
      expect([...copied].flatMap((line) => line[1]?.split(' ') ?? [])).toContain(top);
      expect(read('.dockerignore').split('\n')).toContain(`!${top}`);
    }
  });

  test('the edge keys on the three directives of LL-HLS and nothing else', () => {
    expect(read('deploy/edge/remap.config')).toContain('--include-params=_HLS_msn,_HLS_part,_HLS_skip ');
  });
});

describe('project papers', () => {
  test('the change log has a place for what comes next, the licence is there', () => {
    expect(read('CHANGELOG.md')).toMatch(/^## Next$/m);
    expect(read('LICENSE')).toContain('MIT License');
  });

  test('decision records are numbered without holes', () => {
    const numbers = repositoryFiles('docs/adr', ['.md']).map((file) => Number(/(\d{4})-/.exec(file)?.[1]));
    expect(numbers.sort((one, other) => one - other)).toEqual(numbers.map((_number, index) => index + 1));
  });
});
