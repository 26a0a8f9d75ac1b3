import { expect, test } from 'vitest';
import { ExpectedTracks } from '#src/bridge/expected-tracks.ts';
import { audioTrack, videoTrack } from './units.ts';

const sounds = { choices: [{ index: 0, name: 'main', language: '' }] };

test('pictures lead where there are any, and sounds are told where there is sound', () => {
  const both = new ExpectedTracks([audioTrack, videoTrack('h264')], sounds);
  expect([both.leads, both.hasSound, both.sounds]).toEqual(['video', true, sounds.choices]);
  const heard = new ExpectedTracks([audioTrack], sounds);
  expect([heard.leads, heard.hasSound]).toEqual(['audio', true]);
  const mute = new ExpectedTracks([videoTrack('h264')], sounds);
  expect([mute.leads, mute.hasSound, mute.sounds]).toEqual(['video', false, []]);
});
