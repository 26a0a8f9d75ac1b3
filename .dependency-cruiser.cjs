/**
 * The import table of docs/architecture.md as rules. Each room lists the rooms it may import; every room may
 * import itself. test/house/imports.test.ts runs this and asserts that modules were really cruised.
 */
const table = {
  core: [],
  settings: ['core'],
  rtp: ['core'],
  sfu: ['core', 'rtp'],
  media: ['core', 'rtp', 'sfu'],
  rtc: ['core', 'rtp', 'settings'],
  tier: ['core'],
  bridge: ['core', 'rtp', 'settings'],
  hls: ['core', 'settings'],
  record: ['core', 'settings'],
  telemetry: ['core'],
  auth: ['core', 'settings'],
  doctor: ['core', 'rtp'],
  session: ['core', 'tier'],
  http: ['core', 'session', 'tier', 'settings'],
  demo: ['core'],
};

/** npm packages behind one door each, so that they can be replaced. */
const doors = {
  werift: ['rtc', 'demo'],
  'fluent-ffmpeg': ['bridge', 'record'],
  express: ['http'],
  'hls-parser': ['hls'],
  chokidar: ['config', 'http', 'record'],
  jose: ['auth'],
  'ipaddr.js': ['auth', 'http'],
  'rate-limiter-flexible': ['http'],
  yaml: ['config'],
  pino: ['telemetry'],
  'prom-client': ['telemetry'],
};

const rooms = Object.entries(table).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `src/${room} may import only: ${[room, ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
}));

const doorRules = Object.entries(doors).map(([pkg, where]) => ({
  name: `door-${pkg}`,
  comment: `${pkg} is known only in: ${where.map((room) => `src/${room}`).join(', ')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(${where.join('|')})/` },
  to: { path: `^node_modules/(@types/)?${pkg}/` },
}));

module.exports = {
  forbidden: [
    ...rooms,
    ...doorRules,
    {
      name: 'room-config',
      comment: 'src/config composes the config.ts of every room and imports nothing else of them',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: ['^src/(config|core|settings)/', '/config\\.ts$'] },
    },
    {
      name: 'room-main',
      comment:
        'src/main.ts and src/welcome.ts start the app and talk to people; the rooms meet in src/app.ts',
      severity: 'error',
      from: { path: '^src/(main|welcome)\\.ts$' },
      to: {
        path: '^src/',
        pathNot: ['^src/(app|welcome)\\.ts$', '^src/(config|telemetry|demo|core)/', '^src/http/urls\\.ts$'],
      },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-and-rtp-know-only-the-language',
      severity: 'error',
      from: { path: '^src/(core|rtp|sfu|tier)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: '^(zod|node_modules/zod/)' },
    },
    {
      name: 'settings-alone-know-zod',
      comment: 'the words know only the language; settings are zod fields',
      severity: 'error',
      from: {
        path: '^src/(core|rtp|sfu|tier)/',
        pathNot: '/config\\.ts$',
      },
      to: { path: '^(zod|node_modules/zod/)' },
    },
    {
      name: 'public-stays-in-the-browser',
      severity: 'error',
      from: { path: '^public/' },
      to: { pathNot: '^(public/|src/core/|node_modules/hls\\.js/|/vendor/)' },
    },
    {
      name: 'public-takes-only-types-of-core',
      comment:
        'types are gone before a browser sees the file; anything else of src would be asked for and not be there',
      severity: 'error',
      from: { path: '^public/' },
      to: { path: '^src/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { path: '^(src|public)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
