import { Failure } from '#src/core/failure.ts';

/** Nothing of this name was recorded, or it is gone. */
export const noSuchRecording = (): Failure =>
  new Failure('missing', 'no-such-recording', 'there is no such recording here, or no longer');

/** The recording has no file of this name. */
export const noSuchRecordingFile = (): Failure =>
  new Failure('missing', 'no-such-recording-file', 'the recording has no such file');

/** It has to be made first, which takes longer than a request should. */
export const recordingNotReady = (progress: number): Failure =>
  new Failure(
    'unavailable',
    'recording-not-ready',
    `the file is being made, ${Math.floor(progress * 100)} % are done; ask again`,
    { retryAfterMs: 5_000 },
  );

/** The recording has nothing that could be played yet. */
export const recordingEmpty = (): Failure =>
  new Failure('unavailable', 'recording-empty', 'nothing of the recording can be played yet', {
    retryAfterMs: 2_000,
  });

/** It is still being written. */
export const recordingActive = (): Failure =>
  new Failure(
    'conflict',
    'recording-active',
    'the recording still grows; end it first: DELETE /api/streams/:stream/recording',
  );

/** The settings say that nothing is recorded. */
export const recordingDisabled = (): Failure =>
  new Failure('conflict', 'recording-disabled', 'recording is off; set record.enabled');

/** Only what is on the air can be recorded. */
export const notOnAir = (stream: string): Failure =>
  new Failure('conflict', 'recording-not-on-air', `"${stream}" is not on the air, or has no broadcast tier`);

/** Nothing is being recorded of this stream. */
export const notRecorded = (stream: string): Failure =>
  new Failure('missing', 'not-being-recorded', `"${stream}" is not being recorded`);

/** FFmpeg could not make a file of the recording. */
export const recordingUnmakeable = (why: string): Failure =>
  new Failure('unavailable', 'recording-unmakeable', `the file cannot be made: ${why}`, {
    retryAfterMs: 60_000,
  });

/** Too many files wait to be made. */
export const tooManyJobs = (): Failure =>
  new Failure(
    'unavailable',
    'recording-jobs-full',
    'too many files are waiting to be made; ask again later',
    {
      retryAfterMs: 30_000,
    },
  );

/** Another gateway writes into the folder of the recordings. */
export const recordDirectoryHeld = (problem: string): Failure =>
  new Failure('unavailable', 'record-directory-held', problem, { retryAfterMs: 5_000 });

/** The disk has the segment and does not give it. */
export const dvrUnreadable = (): Failure =>
  new Failure('unavailable', 'dvr-unreadable', 'this segment cannot be read from the disk at present', {
    retryAfterMs: 1_000,
  });
