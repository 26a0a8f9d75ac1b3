import { expect, test } from 'vitest';
import { LayerRig } from './layer-rig.ts';

test('the largest of the first keyframes leads; each other picture comes behind its partner, in its timestamps', () => {
  const rig = new LayerRig();
  rig.sound();
  rig.pass(4);
  expect(rig.video.layersAt(rig.nowMs).seen.map(({ rid, problem }) => [rid, problem])).toEqual([
    ['h', undefined],
    ['q', undefined],
  ]);
  const outcomes = rig.take();
  expect(outcomes[0]?.text).toBe('a');
  const pictures = new Map<number, string[]>();
  for (const { text, timestamp } of outcomes.slice(1))
    pictures.set(timestamp, [...(pictures.get(timestamp) ?? []), text]);
  const [first, ...others] = [...pictures.values()];
  expect(first).toEqual(['1280*', '(640*)', '(320*)']);
  expect(others).toHaveLength(3);
  for (const texts of others) expect(texts.toSorted()).toEqual(['(320)', '(640)', '1280']);
  for (const texts of others) expect(texts[0]).toBe('1280');
});

test('a keyframe that takes its time on the way is waited for, and sound with the pictures', () => {
  const rig = new LayerRig();
  rig.lateMs.set(0, 150);
  rig.pass(3);
  rig.sound();
  expect(rig.take()).toEqual([]);
  rig.pass(6);
  expect(rig.story()).toMatch(/^1280\* a \(640\*\) \(320\*\) 1280 /);
  expect(rig.problemOf('h')).toBeUndefined();
});

test('who never comes is not waited for; who comes later is counted on after a second, and leads if it is the largest', () => {
  const rig = new LayerRig();
  rig.active.delete(0);
  rig.active.delete(1);
  rig.pass(12);
  expect(rig.story()).toMatch(/^320\* 320$/);
  rig.active.add(1);
  rig.pass(30);
  expect(rig.problemOf('h')).toBe('it has not been there for long enough');
  rig.pass(60);
  expect(rig.story()).toMatch(/640\*/);
  rig.active.add(0);
  rig.pass(90);
  const texts = rig.take().map(({ text }) => text);
  const at = texts.indexOf('1280*');
  expect(at).toBeGreaterThan(0);
  // Those that led before go on with the same keyframe: none of them has a segment less.
  expect(texts.slice(at + 1, at + 3).toSorted()).toEqual(['(320*)', '(640*)']);
});

test('a layer that rests is named, holds nobody up, and counts again when it has been back for five seconds', () => {
  const rig = new LayerRig();
  rig.pass(60);
  rig.active.delete(2);
  rig.pass(70);
  expect(rig.problemOf('q')).toBe('the publisher does not send it now');
  expect(rig.problemOf('h')).toBeUndefined();
  expect(rig.take().filter(({ text }) => text.startsWith('1280')).length).toBe(130);
  rig.active.add(2);
  rig.pass(140);
  expect(rig.problemOf('q')).toBeDefined();
  rig.pass(60);
  expect(rig.problemOf('q')).toBeUndefined();
});

test('without its leader the stream goes on with the next after a second, on one timeline', () => {
  const rig = new LayerRig();
  rig.pass(45);
  const before = rig.take().at(-1)?.timestamp ?? 0;
  rig.active.delete(0);
  rig.pass(75);
  const after = rig.take().filter(({ text }) => !text.startsWith('('));
  expect(after[0]?.text).toBe('640*');
  // The keyframe of the layer that leads now is half a second behind the last picture.
  expect(((after[0]?.timestamp ?? 0) - before) | 0).toBe(16 * 3_000);
  rig.active.add(0);
  rig.pass(30 * 8);
  expect(rig.story()).toMatch(/1280\*/);
});

test('no keyframe at hand of the next one: it is asked for', () => {
  const rig = new LayerRig();
  rig.pass(45, 1_000);
  rig.active.delete(0);
  const wanted = rig.wanted;
  rig.pass(50, 1_000);
  expect(rig.wanted).toBeGreaterThan(wanted);
});

test('a layer whose keyframes stand elsewhere is no rung, whatever the first ones looked like', () => {
  const rig = new LayerRig();
  rig.reports = true;
  rig.behind.set(1, 7);
  rig.pass(100);
  expect(rig.problemOf('h')).toMatch(/its keyframes are not of the same pictures/);
  expect(rig.problemOf('q')).toBeUndefined();
  rig.take();
  rig.pass(30);
  expect(rig.story()).not.toContain('(640');
});

test('without sender reports it is found out by keyframes that are missing', () => {
  const rig = new LayerRig();
  rig.pass(31);
  expect(rig.problemOf('h')).toBeUndefined();
  rig.behind.set(1, 12);
  rig.pass(75);
  expect(rig.problemOf('h')).toMatch(/its keyframes are not of the same pictures/);
});

test('other parameters of the leader wait for those of the others', () => {
  const rig = new LayerRig();
  rig.pass(30);
  rig.take();
  rig.lateMs.set(1, 100);
  rig.looksLike.set(0, 1).set(1, 2);
  rig.pass(1);
  expect(rig.take().filter(({ text }) => !text.startsWith('('))).toEqual([]);
  rig.pass(6);
  expect(rig.story()).toMatch(/^.*640\*/);
  expect(rig.video.layersAt(rig.nowMs).seen.map(({ config }) => config.width)).toEqual([320, 320]);
});

test('the sender reports of the leader are handed on in its timestamps, others are not', () => {
  const rig = new LayerRig();
  rig.reports = true;
  rig.pass(31);
  expect(rig.clocks).toHaveLength(2);
  const last = rig.take().findLast(({ text }) => text === '1280*');
  expect(((rig.clocks.at(-1)?.timestamp ?? 0) - (last?.timestamp ?? 0)) | 0).toBe(0);
});

test('after a takeover everything begins anew', () => {
  const rig = new LayerRig();
  rig.pass(31);
  rig.take();
  rig.video.renew();
  rig.pass(28);
  expect(rig.take()).toEqual([]);
  rig.pass(8);
  expect(rig.story()).toMatch(/^1280\* /);
  expect(rig.problemOf('h')).toBeUndefined();
});

test('layers that are missing are awaited in the first five seconds', () => {
  const rig = new LayerRig();
  rig.active.delete(2);
  rig.pass(60);
  expect(rig.video.layersAt(rig.nowMs)).toMatchObject({ awaited: 1, seen: [{ rid: 'h' }] });
  rig.pass(120);
  expect(rig.video.layersAt(rig.nowMs).awaited).toBe(0);
});
