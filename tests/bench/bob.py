"""Bob, for the benches: each line of standard input becomes a message to alice. Says ready
once logged in; ends at the end of input. Started by figures.Bob, with its arguments."""

import sys
import types

from peer import Peer


def main():
    port, host, ca_file, secret, alice = sys.argv[1:]
    server = types.SimpleNamespace(port=int(port), host=host, ca_file=ca_file)
    with Peer(server, "bob", secret) as bob:
        print("ready", flush=True)
        for line in sys.stdin:
            bob.send(alice, line.rstrip("\n"))


if __name__ == "__main__":
    main()
