/** Whose a folder is. `none`: nobody's, and it cannot be made ours; a read-only disk for example. */
export type LockState = 'ours' | 'theirs' | 'none';
