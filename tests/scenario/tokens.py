"""Tokens of the real Keystone that tests/servers/keystone brings up; every password there is the user's name."""
import contextlib
import json
import os
import re
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


def issue(user, project, url=None):
    """(token, id of the project), from Keystone itself or from one beside it."""
    login = {'auth': {'identity': {'methods': ['password'], 'password': {'user': {
        'name': user, 'password': user, 'domain': {'id': 'default'}}}},
        'scope': {'project': {'name': project, 'domain': {'id': 'default'}}}}}
    request = urllib.request.Request((url or os.environ['KEYSTONE_URL']) + '/v3/auth/tokens', json.dumps(login).encode(),
                                     {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request) as answer:
        return answer.headers['X-Subject-Token'], json.load(answer)['token']['project']['id']


def is_good(token):
    """What Keystone itself says of it."""
    own, _ = issue('admin', 'admin')
    request = urllib.request.Request(os.environ['KEYSTONE_URL'] + '/v3/auth/tokens', method='HEAD',
                                     headers={'X-Auth-Token': own, 'X-Subject-Token': token})
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError as error:
        assert error.code == 404, error
        return False
    return True


def add_region(name, url):
    """Into the catalogue: a store of that region is at url and the id of a project.

    Straight into the database, as tests/servers/swift does.
    """
    with sqlite3.connect(os.path.join(os.environ['KEYSTONE_FOLDER'], 'keystone.sqlite'), timeout=300) as db:
        db.execute("insert into region (id, description, extra) values (?, '', '{}')", (name,))
        db.execute("insert into endpoint (id, interface, service_id, url, extra, enabled, region_id) values (?, 'public', "
                   "(select id from service where type = 'object-store'), ?, '{}', 1, ?)",
                   (uuid.uuid4().hex, url + '%(project_id)s', name))
    db.close()


@contextlib.contextmanager
def brief(folder, seconds):
    """The URL of a Keystone beside it, whose tokens are the other one's too, but live no longer than that."""
    theirs, conf = os.environ['KEYSTONE_FOLDER'], os.path.join(folder, 'brief.conf')
    # The same keys, and a copy of the rest, since SQLite has one writer at a time.
    with sqlite3.connect(os.path.join(theirs, 'keystone.sqlite')) as db, sqlite3.connect(conf + '.sqlite') as copy:
        db.backup(copy)
    with open(os.path.join(theirs, 'keystone.conf')) as f, open(conf, 'w') as out:
        out.write(re.sub('sqlite:///.*', 'sqlite:///%s.sqlite' % conf, f.read()) + '[token]\nexpiration = %d\n' % seconds)
    host = urllib.parse.urlsplit(os.environ['KEYSTONE_URL']).hostname
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    url = 'http://%s:%d' % (host, port)
    environment = {**os.environ, 'OS_KEYSTONE_CONFIG_FILES': conf, 'PATH': '/usr/bin:/bin'}
    server = subprocess.Popen(['keystone-wsgi-public', '--host', host, '--port', str(port), '--', '--config-file=' + conf],
                              env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(3000):
            try:
                urllib.request.urlopen(url + '/v3').close()
                break
            except urllib.error.URLError:
                assert server.poll() is None, 'the brief Keystone is gone'
                time.sleep(0.1)
        yield url
    finally:
        server.kill()
        server.wait()
