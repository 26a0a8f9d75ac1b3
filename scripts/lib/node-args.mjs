/**
 * Node's options for the gateway. New objects get 4 MiB a thread before they are swept: Node's own 32 MiB would fill with the
 * garbage of every join, and longer sweeps hold up packets. The Dockerfile says the same.
 */
export const gatewayNodeArgs = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'];
