import { heavySuite } from '../kit/heavy-suite.ts';

export default heavySuite({ name: 'e2e', alone: ['adaptation', 'ladder'] });
