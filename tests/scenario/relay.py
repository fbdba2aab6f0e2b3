"""A port that leads to a server's: what passes can be cut off, or held at a known place, however fast the machine is."""
import contextlib
import select
import socket
import threading
import time


def end(link):
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass                                    # it has gone by itself


class Relay:
    """Listens at `port` of loopback; whoever comes is led to port `to`, or turned away while nobody listens there."""

    def __init__(self, to, family=socket.AF_INET):
        self.to, self.left, self.word, self.act = to, None, None, None
        self.spoils, self.spoilt = [], 0
        self.open, self.stopped, self.refused = threading.Event(), threading.Event(), threading.Event()
        self.open.set()
        self.links, self.lock = [], threading.Lock()
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.bind(('::1' if family == socket.AF_INET6 else '127.0.0.1', 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def after(self, count, act, word=None):
        """act(self) once so many bytes have passed, or this word so many times."""
        self.left, self.word, self.act = count, word, act

    @contextlib.contextmanager
    def hold(self, count=0, word=None):
        """The server is silent as long as this lasts, from the moment that after() tells of.

        What it yields returns once somebody waits for the server, or, if it is told how to see that, nobody will.  Who has left by the end is not passed on.
        """
        self.stopped.clear()
        if count:
            self.after(count, lambda _: self.open.clear(), word)
        else:
            self.open.clear()
        try:
            yield self.wait
        finally:
            self.left = None
            self.open.set()

    def wait(self, given_up=lambda: False):
        end = time.monotonic() + 300
        while not self.stopped.wait(0.05) and not given_up():
            assert time.monotonic() < end, 'nobody waits for the server'

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            try:
                there = socket.create_connection(('127.0.0.1', self.to))
            except OSError:
                client.close()
                self.refused.set()
                continue
            self.links += [client, there]
            for one, other in (client, there), (there, client):
                threading.Thread(target=self.pump, args=(one, other, client), daemon=True).start()

    def count(self, passing):
        with self.lock:
            if self.left is None:
                return
            self.left -= passing.count(self.word) if self.word else len(passing)
            if self.left > 0:
                return
            self.left, act = None, self.act
        act(self)

    def pass_gate(self, client):
        """False: who has had to wait has gone meanwhile."""
        if self.open.is_set():
            return True
        self.stopped.set()
        self.open.wait()
        left = select.poll()
        left.register(client, select.POLLRDHUP)
        return not left.poll(0)

    def spoil(self, word, times):
        """So many pieces with this word pass with its first byte changed."""
        self.spoils, self.spoilt = [word] * times, 0

    def break_word(self, data):
        with self.lock:
            if not self.spoils or self.spoils[0] not in data:
                return data
            word = self.spoils.pop()
            self.spoilt += 1
        return data.replace(word, bytes([word[0] ^ 1]) + word[1:], 1)

    def pump(self, one, other, client):
        try:
            while data := one.recv(65536):
                self.count(data)
                if not self.pass_gate(client):
                    break
                other.sendall(self.break_word(data))
        except OSError:
            pass                                # either side has gone
        end(one)
        end(other)

    def cut(self):
        for link in self.links:
            end(link)
        self.links = []

    def turn_away(self):
        """Nobody listens there any more: until one of those who are cut off has come back in vain."""
        self.refused.clear()
        self.cut()
        assert self.refused.wait(300), 'nobody comes back'
