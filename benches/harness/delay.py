"""Makes the way to a fleet long: each packet of its port waits in an NFQUEUE until its time has come, or
is dropped. Needs root, iptables and a kernel with NFQUEUE; netem (tc(8)) isn't in every kernel.

    python3 delay.py QUEUE MILLISECONDS LOSS     gives the verdicts, until it is ended
"""

import heapq
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

NETLINK_NETFILTER, QUEUE_MESSAGE = 12, 3 << 8
PACKET, VERDICT, CONFIG = QUEUE_MESSAGE, 1, 2
ACCEPT, DROP = 1, 0


class Delay:
    """A context in which packets to and from `port` on loopback take so many milliseconds each way."""

    def __init__(self, port, milliseconds, loss=0.0):
        self.port, self.words = port, [str(port % 1000 + 1), str(milliseconds), str(loss)]

    def rules(self, verb):
        for side in ("--sport", "--dport"):
            match = ["-o", "lo", "-p", "tcp", side, str(self.port)]
            to = ["-j", "NFQUEUE", "--queue-num", self.words[0], "--queue-bypass"]
            subprocess.run(["iptables", verb, "OUTPUT", *match, *to], check=True)

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, __file__, *self.words])
        self.rules("-I")
        return self

    def __exit__(self, *_):
        self.rules("-D")
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def attribute(kind, data):
    padded = data + b"\0" * (-len(data) % 4)
    return struct.pack("=HH", 4 + len(data), kind) + padded


class Queue:
    """The packets that the kernel holds back (linux/netfilter/nfnetlink_queue.h)."""

    def __init__(self, number):
        self.number = number
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.bind((0, 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.send(CONFIG, attribute(1, struct.pack("!BBH", 1, 0, 0)))  # bind
        self.send(CONFIG, attribute(2, struct.pack("!IB", 0, 1)))  # only what a packet is, not its bytes
        self.send(CONFIG, attribute(3, struct.pack("!I", 65536)))  # so many at once

    def send(self, kind, attributes):
        body = struct.pack("=BBH", 0, 0, socket.htons(self.number)) + attributes
        head = struct.pack("=IHHII", 16 + len(body), QUEUE_MESSAGE | kind, 1, 0, 0)
        self.socket.send(head + body)

    def judge(self, packet, verdict):
        self.send(VERDICT, attribute(2, struct.pack("!II", verdict, packet)))

    def held(self, wait):
        """The numbers of the packets that came, within so many seconds."""
        if not select.select([self.socket], [], [], wait)[0]:
            return
        try:
            data = self.socket.recv(1 << 20)
        except OSError:  # more than it could hold: the kernel dropped some
            return
        place = 0
        while place + 16 <= len(data):
            length, kind = struct.unpack_from("=IH", data, place)
            if kind == PACKET:
                yield from self.numbers(data, place + 20, place + length)
            place += max(16, (length + 3) & ~3)

    @staticmethod
    def numbers(data, place, end):
        while place + 4 <= end:
            length, kind = struct.unpack_from("=HH", data, place)
            if length < 4:
                return
            if kind & 0x7FFF == 1:
                yield struct.unpack_from("!I", data, place + 4)[0]
            place += (length + 3) & ~3


def serve(number, seconds, loss):
    queue, waiting = Queue(number), []
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            queue.judge(heapq.heappop(waiting)[1], ACCEPT)
        for packet in queue.held(max(0.0, waiting[0][0] - now) if waiting else None):
            if random.random() < loss:
                queue.judge(packet, DROP)
            else:
                heapq.heappush(waiting, (time.monotonic() + seconds, packet))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(int(sys.argv[1]), float(sys.argv[2]) / 1000, float(sys.argv[3]))
