/** One label with its value; a latency is shown larger. */
export type Fact = readonly [label: string, value: string, kind?: 'latency'];
