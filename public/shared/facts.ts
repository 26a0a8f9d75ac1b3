/** One label with its value; a latency is shown larger, an address gets room. */
export type Fact = readonly [label: string, value: string, kind?: 'latency' | 'address'];
