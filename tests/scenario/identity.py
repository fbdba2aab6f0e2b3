"""An identity service of this process, for tests that say whom a token belongs to: as much of Keystone v3 as checks tokens.

`with Identity() as identity:` listens; identity.grant('demo', project, 'member') makes the token `demo`; what it was asked
stands in identity.asked; identity.act is what it does instead of answering: None, 'refuse', 'lock' (lets nobody log in) or 'hang'.
"""
import http.server
import json
import threading
import time
import uuid

PASSWORD = 'a secret of the service'


def moment(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%S.000000Z', time.gmtime(time.time() + seconds))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {'Content-Type': 'application/json', 'Content-Length': len(text), **headers}.items():
            self.send_header(name.replace('_', '-'), str(value))
        self.end_headers()
        self.wfile.write(text)

    def act(self):
        identity = self.server.identity
        identity.asked.append((self.command, self.path, self.headers.get('X-Subject-Token')))
        if identity.act == 'hang':
            identity.released.wait(60)
        elif identity.act == 'refuse' or identity.act == 'lock' and self.command == 'POST':
            self.answer(500, {})
        return identity.act is None or identity.act == 'lock' and self.command != 'POST'

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        user = body['auth']['identity']['password']['user']
        if not self.act():
            return
        if user['password'] != PASSWORD:
            self.answer(401, {'error': {'code': 401}})
            return
        own = self.server.identity.own = uuid.uuid4().hex
        self.answer(201, {'token': {'expires_at': moment(3600)}}, X_Subject_Token=own)

    def do_GET(self):
        identity = self.server.identity
        if not self.act():
            return
        if self.headers.get('X-Auth-Token') != identity.own:
            self.answer(401, {'error': {'code': 401}})
        elif self.headers.get('X-Subject-Token') not in identity.tokens:
            self.answer(404, {'error': {'code': 404, 'message': 'Could not recognize Fernet token', 'title': 'Not Found'}})
        else:
            self.answer(200, {'token': identity.tokens[self.headers['X-Subject-Token']]})


class Identity:
    def __init__(self):
        self.tokens, self.asked, self.own, self.act = {}, [], None, None
        self.released = threading.Event()
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.server.identity = self
        self.url = 'http://127.0.0.1:%d/identity/' % self.server.server_port

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def options(self, **more):
        """What [keystone_authtoken] has to say."""
        return {'auth_url': self.url, 'www_authenticate_uri': self.url, 'auth_type': 'password', 'username': 'cinder',
                'password': PASSWORD, 'project_name': 'service', 'user_domain_name': 'Default',
                'project_domain_name': 'Default', **more}

    def grant(self, token, project, *roles, seconds=3600, catalog=None, user=None):
        """A token of that name, of the user of that name, or of another."""
        user = user or token
        self.tokens[token] = {
            'methods': ['password'], 'user': {'id': user, 'name': user, 'domain': {'id': 'default', 'name': 'Default'}},
            'audit_ids': ['x'], 'issued_at': moment(0), 'expires_at': moment(seconds), 'is_domain': False,
            'roles': [{'id': role, 'name': role} for role in roles],
            **({'project': {'id': project, 'name': project, 'domain': {'id': 'default', 'name': 'Default'}}} if project else {}),
            **({'catalog': catalog} if catalog is not None else {})}
