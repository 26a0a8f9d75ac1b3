import { expect, test } from 'vitest';
import { planReload } from '#src/config/reload.ts';
import { configSchema, defaultConfig } from '#src/config/schema.ts';

test('live settings act, the others wait', () => {
  const next = configSchema.parse({
    http: { port: 9000, corsOrigin: 'https://a.example' },
    tier: { interactiveLimit: 7 },
  });
  const plan = planReload(defaultConfig(), next);
  expect(plan.applied).toEqual(['http.corsOrigin', 'tier.interactiveLimit']);
  expect(plan.waiting).toEqual(['http.port']);
  expect(plan.config.tier.interactiveLimit).toBe(7);
  expect(plan.config.http).toMatchObject({
    port: defaultConfig().http.port,
    corsOrigin: ['https://a.example'],
  });
});

test('nothing changed, nothing to do', () => {
  expect(planReload(defaultConfig(), defaultConfig())).toEqual({
    config: defaultConfig(),
    applied: [],
    waiting: [],
  });
});

test('an optional setting that went away goes away', () => {
  const before = configSchema.parse({ http: { publicUrl: 'https://a.example' } });
  const plan = planReload(before, defaultConfig());
  expect(plan.applied).toEqual(['http.publicUrl']);
  expect(plan.config).toEqual(defaultConfig());
});
