import type { RecordReport } from '#src/core/record.ts';
import type { Metric } from './metric.ts';

function ofRecord(
  kind: Metric['kind'],
  name: string,
  help: string,
  read: (report: RecordReport) => number,
): Metric {
  return { name, help, kind, labels: [], read: ({ record }) => (record ? [[{}, read(record)]] : []) };
}

/** Recordings, DVR windows and uploads. */
export const recordMetrics: readonly Metric[] = [
  ofRecord('gauge', 'recordings', 'Recordings there are', (r) => r.recordings),
  ofRecord('gauge', 'recordings_active', 'Recordings that grow', (r) => r.active),
  ofRecord(
    'gauge',
    'recordings_paused',
    'Streams whose recording cannot be written at present',
    (r) => r.paused,
  ),
  ofRecord('gauge', 'recordings_bytes', 'Disk that recordings take', (r) => r.bytes),
  ofRecord('counter', 'recorded_bytes_total', 'Bytes written to recordings', (r) => r.bytesWritten),
  ofRecord('counter', 'recorded_segments_total', 'Segments written to recordings', (r) => r.segmentsWritten),
  ofRecord(
    'counter',
    'record_lost_segments_total',
    'Segments that are missing in recordings because they could not be written',
    (r) => r.segmentsLost,
  ),
  ofRecord('counter', 'record_write_errors_total', 'Writes of recordings that failed', (r) => r.writeErrors),
  ofRecord(
    'counter',
    'recordings_removed_total',
    'Recordings removed for their age or for room',
    (r) => r.removedByRetention,
  ),
  ofRecord(
    'counter',
    'recordings_uploaded_total',
    'Recordings uploaded to the object store',
    (r) => r.uploaded,
  ),
  ofRecord(
    'counter',
    'record_upload_errors_total',
    'Uploads that failed and are tried again',
    (r) => r.uploadErrors,
  ),
  ofRecord('gauge', 'record_upload_queue', 'Recordings that wait for their upload', (r) => r.uploadQueue),
  ofRecord('gauge', 'dvr_spool_bytes', 'Disk that DVR windows of live streams take', (r) => r.spoolBytes),
];
