/** Fetches the same files over and over on a few connections, as fast as they come. */
import type { FetchOrder, FetchReport } from './messages.ts';
import { getRequest, RawConnection, sourceOf } from './raw-client.ts';

function fetchAll({ port, targets, connections, seconds }: FetchOrder): Promise<FetchReport> {
  const requests = targets.map(getRequest);
  const startedMs = performance.now();
  let [done, errors, bytes, next, ended] = [0, 0, 0, 0, false];
  const all: RawConnection[] = [];
  for (let index = 0; index < connections; index++) {
    const connection = new RawConnection({
      port,
      from: sourceOf(index),
      onAnswer({ status, body }) {
        if (status === 200) done += 1;
        else errors += 1;
        bytes += body.length;
        if (!ended) connection.send(requests[next++ % requests.length] ?? requests[0]!);
      },
      onEnd: () => (errors += 1),
    });
    connection.send(requests[next++ % requests.length] ?? requests[0]!);
    all.push(connection);
  }
  return new Promise((resolve) =>
    setTimeout(() => {
      ended = true;
      for (const connection of all) connection.close();
      resolve({ requests: done, errors, bytes, seconds: (performance.now() - startedMs) / 1000 });
    }, seconds * 1000),
  );
}

process.on('message', (order: FetchOrder) => {
  void fetchAll(order).then((report) => process.send?.(report));
});
process.once('disconnect', () => process.exit());
