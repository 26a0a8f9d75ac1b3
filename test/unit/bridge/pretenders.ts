import { chmod, writeFile } from 'node:fs/promises';

/** Arguments of other encoders in words of x264; an empty entry drops the argument with its value. */
const translations = `
    h264_*) out+=(libx264 -forced-idr 1);;
    libopenh264) out+=(libx264 -forced-idr 1 -preset ultrafast -tune zerolatency);;
    -forced-idr|-realtime|-allow_sw|-rc|-zerolatency|-delay|-no-scenecut|-num_capture_buffers|-async_depth|-idr_interval|-vaapi_device|-rc_mode|-allow_skip_frames) skip=1;;
    -preset) out+=(-preset ultrafast); skip=1;;
    -tune) out+=(-tune zerolatency); skip=1;;
    scale=*hwupload) out+=("\${arg%,format=nv12,hwupload}");;
    *) out+=("$arg");;`;

/** How a program that claims to be FFmpeg with another encoder behaves. */
export interface Pretence {
  /** Shell lines that run first where the encoder is asked for. */
  readonly first?: string;
  /** Arguments that it does not hear, each with its value. */
  readonly deafTo?: string;
}

/** Makes a program that passes other encoders off as there, and has x264 do their work. */
export async function pretender(path: string, { first = ':', deafTo }: Pretence = {}): Promise<string> {
  const script = `#!/bin/bash
out=(); skip=0; hardware=0
for arg in "$@"; do
  case "$arg" in h264_*|libopenh264) hardware=1;; esac
  if [ $skip = 1 ]; then skip=0; continue; fi
  case "$arg" in
    ${deafTo === undefined ? '' : `${deafTo}) skip=1;;`}${translations}
  esac
done
if [ $hardware = 1 ]; then
${first}
fi
if [ $hardware = 1 ]; then exec ffmpeg "\${out[@]}"; fi
exec ffmpeg "$@"
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}
