"""An object store of this process, as much of Swift as the service asks for, which waits when it is told to.

`with ObjectStore() as store:` listens at store.url, an account; store.objects is what it holds, by path below the account.
store.close() lets no blocks in or out until store.open(), documents it does (unless it is to hold everything), so that a job is
met at work however fast or slow the machine is; store.keep makes deletes of objects do nothing.  Whoever comes with a token is let in.
"""
import hashlib
import http.server
import json
import re
import select
import socket
import threading
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, body=b'', **headers):
        self.send_response(status)
        for name, value in {'Content-Length': len(body), **headers}.items():
            self.send_header(name.replace('_', '-'), str(value))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def act(self):
        store, self.url = self.server.store, urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        parts = urllib.parse.unquote(self.url.path).split('/', 4)[1:]
        if parts == ['info']:
            self.answer(200, b'{"swift": {}}')
        elif parts[:2] != ['v1', 'AUTH_test'] or not self.headers.get('X-Auth-Token'):
            self.answer(401)
        elif store.everything and not self.pass_gate(store.gate):
            pass
        elif len(parts) == 3:
            self.container(store, parts[2])
        elif self.command == 'DELETE' or not re.search(r'-\d+$', parts[-1]) or self.pass_gate(store.gate):
            self.object(store, '/'.join(parts[2:]), body)

    def pass_gate(self, gate):
        """False: who asked has gone before it opened."""
        if gate.is_set():
            return True
        gate.wait()
        gone = select.select([self.connection], [], [], 0)[0] and not self.connection.recv(1, socket.MSG_PEEK)
        self.close_connection = bool(gone)
        return not gone

    do_GET = do_HEAD = do_PUT = do_DELETE = act

    def container(self, store, name):
        query = dict(urllib.parse.parse_qsl(self.url.query))
        if self.command == 'PUT':
            store.containers.add(name)
            self.answer(201)
        elif name not in store.containers:
            self.answer(404)
        elif self.command == 'HEAD':
            self.answer(204)
        else:
            start = name + '/' + query.get('prefix', '')
            found = sorted(path[len(name) + 1:] for path in list(store.objects) if path.startswith(start))
            page = [path for path in found if path > query.get('marker', '')][:10000]
            self.answer(200, json.dumps([{'name': path} for path in page]).encode(), Content_Type='application/json')

    def object(self, store, path, body):
        if self.command == 'PUT':
            store.objects[path] = body
            self.answer(201, Etag=hashlib.md5(body).hexdigest())
        elif path not in store.objects:
            self.answer(404)
        elif self.command == 'DELETE':
            if not store.keep:
                store.objects.pop(path, None)
            self.answer(204)
        else:
            self.read(store.objects[path])

    def read(self, text):
        """All of it, or the range that is asked for."""
        etag = hashlib.md5(text).hexdigest()
        if not self.headers.get('Range'):
            self.answer(200, text, Etag=etag)
            return
        first, last = (int(number) for number in re.fullmatch(r'bytes=(\d+)-(\d+)', self.headers['Range']).groups())
        if first >= len(text):
            self.answer(416)
            return
        part = text[first:last + 1]
        self.answer(206, part, Etag=etag, Content_Range='bytes %d-%d/%d' % (first, first + len(part) - 1, len(text)))


class ObjectStore:
    def __init__(self):
        self.objects, self.containers, self.keep, self.gate = {}, set(), False, threading.Event()
        self.everything = False
        self.gate.set()
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.server.store = self
        self.url = 'http://127.0.0.1:%d/v1/AUTH_test' % self.server.server_port

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.open()
        self.server.shutdown()
        self.server.server_close()

    def close(self, everything=False):
        self.everything = everything
        self.gate.clear()

    def open(self):
        self.everything = False
        self.gate.set()

    def catalog(self):
        """The catalogue of a token, with this store in it."""
        return [{'type': 'object-store', 'name': 'swift', 'id': 'swift', 'endpoints': [
            {'interface': 'public', 'region': 'RegionOne', 'region_id': 'RegionOne', 'id': 'swift', 'url': self.url}]}]
