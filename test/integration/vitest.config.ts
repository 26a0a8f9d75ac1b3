import { heavySuite } from '../kit/heavy-suite.ts';

export default heavySuite({ name: 'integration', alone: ['guards-flood', 'load-clients'] });
