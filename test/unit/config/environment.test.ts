import { describe, expect, test } from 'vitest';
import { readEnvironment } from '#src/config/environment.ts';

const valuesOf = (environment: Record<string, string>): unknown =>
  Object.fromEntries(readEnvironment(environment).map(({ field, value }) => [field.path, value]));

describe('environment', () => {
  test('reads what is ours and leaves the rest alone', () => {
    const environment = {
      HOME: '/root',
      FRONTROW_HTTP__PORT: '81',
      FRONTROW_SERVICE_HOST: '10.0.0.1',
      XFRONTROW_A__B: '1',
    };
    expect(valuesOf(environment)).toEqual({ 'http.port': 81 });
  });

  test('a platform variable of a service called frontrow-http is no mistake', () => {
    expect(valuesOf({ FRONTROW_HTTP_PORT: 'tcp://10.0.0.1:8080' })).toEqual({});
  });

  test.each([
    ['127.0.0.1, ::1 ,', ['127.0.0.1', '::1']],
    ['[192.0.2.1, "2001:db8::1"]', ['192.0.2.1', '2001:db8::1']],
    ['', []],
  ])('the list %j', (text, expected) => {
    expect(valuesOf({ FRONTROW_RTC__ADDRESSES: text })).toEqual({ 'rtc.addresses': expected });
  });

  test('text that reads like a number stays text where text is wanted', () => {
    expect(valuesOf({ FRONTROW_HTTP__ADDRESS: '1.10' })).toEqual({ 'http.address': '1.10' });
  });
});
