import type { IceServer } from './config.ts';

/**
 * One Link value per ICE server (RFC 9725 section 4.6). Clients read them with regular expressions and by splitting at
 * commas, so the order of the parameters is fixed, values are quoted and each server gets a header line of its own.
 */
export function iceServerLinks(servers: readonly IceServer[]): string[] {
  return servers.map(({ url, username, credential }) => {
    const login =
      username === undefined
        ? ''
        : `; username="${quoted(username)}"; credential="${quoted(credential ?? '')}"; credential-type="password"`;
    return `<${url}>; rel="ice-server"${login}`;
  });
}

function quoted(text: string): string {
  return text.replaceAll(/["\\]/g, (character) => `\\${character}`);
}
