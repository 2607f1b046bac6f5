#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A plain TCP balancer: each connection goes to the next backend in turn, bytes untouched.

Prints its port; then reads one line with the ports of its backends, all on 127.0.0.1, and serves
until standard input ends."""
import itertools
import socket
import sys
import threading


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
        try:
            end.shutdown(how)
        except OSError:
            pass


def carry(client, port):
    with client, socket.create_connection(("127.0.0.1", port)) as backend:
        back = threading.Thread(target=pump, args=(backend, client))
        back.start()
        pump(client, backend)
        back.join()


def accept(listener, ports):
    for port in itertools.cycle(ports):
        client, _ = listener.accept()
        threading.Thread(target=carry, args=(client, port), daemon=True).start()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    ports = [int(port) for port in sys.stdin.readline().split()]
    threading.Thread(target=accept, args=(listener, ports), daemon=True).start()
    sys.stdin.read()


main()
