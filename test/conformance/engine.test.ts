import { TypescriptEngine } from '#src/media/engine/typescript.ts';
import { describeEngine } from './engine-stories.ts';

const socket = { port: 0, recvBufferBytes: 1 << 20, sendBufferBytes: 1 << 20 };

describeEngine('typescript', (intake) => TypescriptEngine.open({ ...socket, address: '127.0.0.1' }, intake));
describeEngine('typescript, IPv4 and IPv6 in one socket,', (intake) => TypescriptEngine.open(socket, intake));
