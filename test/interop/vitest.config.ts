import { heavySuite } from '../kit/heavy-suite.ts';

/** Two browsers and an interpreter at a time, none of them ours to make faster. */
export default heavySuite({ name: 'interop' });
