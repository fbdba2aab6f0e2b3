#!/usr/bin/python3
"""swift.py NAME [ARCHIVE]: whole programs on a real Swift; NAME is one of the functions at the end.

tests/servers/swift brings it up and says where it is; each scenario has a container of its own.
"""
import json
import os
import re
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import golden
import reader
import relay
import scene
import tokens
import volumes

TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
DRIVER = 'cinder.backup.drivers.swift.SwiftBackupDriver'


class Account:
    """The account that tests look into, by code that is not ours."""

    def __init__(self, auth):
        login = urllib.request.Request(auth, headers={'X-Auth-User': os.environ['SWIFT_USER'],
                                                      'X-Auth-Key': os.environ['SWIFT_KEY']})
        with urllib.request.urlopen(login) as answer:
            self.url, self.token = answer.headers['X-Storage-Url'], answer.headers['X-Auth-Token']

    def ask(self, method, path, body=None, query='', **headers):
        request = urllib.request.Request(self.url + '/' + urllib.parse.quote(path) + query, data=body, method=method, headers={
            'X-Auth-Token': self.token, **{name.replace('_', '-'): value for name, value in headers.items()}})
        with urllib.request.urlopen(request) as answer:
            return answer.headers, answer.read()

    def names(self, container):
        names = []
        while True:
            query = '?format=json' + ('&marker=' + urllib.parse.quote(names[-1]) if names else '')
            try:
                page = json.loads(self.ask('GET', container, query=query)[1])
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise
                page = []
            if not page:
                return names
            names += [entry['name'] for entry in page]

    def fetch_all(self, container, folder):
        """The container as a folder, as a file store would have it."""
        for name in self.names(container):
            path = os.path.join(folder, container, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as f:
                f.write(self.ask('GET', container + '/' + name)[1])


def server(action):
    subprocess.run([os.path.join(TREE, 'tests/servers/swift'), action, os.environ['SWIFT_FOLDER']], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


class Swift(scene.Scene):
    """A scene whose store is a container of its own; all that the service asks of it passes by `relay`."""

    def __init__(self, auth='SWIFT_AUTH', **default):
        if not os.environ.get(auth):
            scene.skip('no %s; tests/check swift starts a server' % auth)
        self.container = 'scenario-' + str(uuid.uuid4())
        self.account = Account(os.environ[auth])
        place = urllib.parse.urlsplit(os.environ[auth])
        self.relay = relay.Relay(place.port)
        super().__init__(**{
            'backup_driver': DRIVER,
            'backup_swift_auth': 'single_user',
            # Swift says of an account that it is where it was asked for.
            'backup_swift_auth_url': 'http://127.0.0.1:%d%s' % (self.relay.port, place.path),
            'backup_swift_user': os.environ['SWIFT_USER'],
            'backup_swift_key': os.environ['SWIFT_KEY'],
            'backup_swift_container': self.container,
            'backup_swift_object_size': scene.MIB,
            'backup_swift_retry_backoff': 1,
            **default})

    def change(self, **options):
        """Set options of [DEFAULT] anew."""
        with open(self.conf) as f:
            lines = [line for line in f.read().splitlines() if line.split(' = ')[0] not in options]
        with open(self.conf, 'w') as f:
            print('[DEFAULT]', *('%s = %s' % item for item in options.items()), *lines[1:], sep='\n', file=f)

    def for_whom(self):
        """Whoever asks has an account: the one of tempauth, by OS_TOKEN and OS_PROJECT_ID, behind the relay."""
        _, project = self.account.url.rsplit('_', 1)
        self.change(backup_swift_auth='per_user', backup_swift_url='http://127.0.0.1:%d/v1/AUTH_' % self.relay.port)
        os.environ.update(OS_TOKEN=self.account.token, OS_PROJECT_ID=project)

    def stored(self):
        return set(self.account.names(self.container))

    def new_volume(self, size):
        """One that does not shrink."""
        volume = self.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(scene.noise(scene.seeded('swift', size), size))
        return volume


def take_chain(s, size, steps, salt):
    """[(record, copy of the volume)] of a full backup and its increments."""
    rng = scene.seeded('swift', salt)
    volume = scene.new_volume(s.path('volumes', 'volume'), size, rng, 40)
    taken = []
    for step in range(steps):
        taken.append((s.backup(volume, '--name', 'step %d' % step, *['--incremental'] * (step > 0)),
                      shutil.copy(volume, s.path('volume.%d' % step))))
        scene.scribble(volume, rng, 10)
    return taken


def see_restores(s, taken):
    for record, expected in taken:
        target = s.path('out', 'restored')
        s.run('restore', record['id'], '--to', target)
        assert scene.same(target, expected), record['display_name']
        os.unlink(target)


def chain():
    """Backup, increments, restore, delete; export, loss of the catalogue, import."""
    with Swift() as s:
        taken = take_chain(s, 9 * scene.MIB + 5000, 4, 'chain')
        names = s.stored()
        row = s.backups()[taken[-1][0]['id']]
        assert row['container'] == s.container and row['service'] == DRIVER
        assert row['service_metadata'].startswith('volume_%s/' % row['volume_id'])
        assert row['service_metadata'].endswith('/az_nova_backup_' + row['id'])
        see_restores(s, taken)
        exported = [s.ask('export', record['id']) for record, _ in taken]
        os.unlink(s.catalogue)
        for record in exported:
            s.run('import', record['backup_service'], record['backup_url'])
        see_restores(s, taken[-1:])
        assert s.stored() == names, 'the store changed'
        s.refuse('delete', taken[0][0]['id'], says='incremental')
        for record, _ in reversed(taken):
            s.run('delete', record['id'])
        assert not s.stored() and not s.backups()


def large():
    """Hash lists beyond what an object may hold; upstream reads them as one, and a delete leaves nothing."""
    with Swift('SWIFT_SMALL_AUTH', backup_swift_block_size=4096, backup_swift_object_size=512 * scene.KIB) as s:
        taken = take_chain(s, 80 * scene.MIB, 2, 'large')
        segments = [name for name in s.stored() if name.startswith('cinderbank_segments/')]
        assert len(segments) >= 4, segments
        for row in s.backups().values():
            name = s.container + '/' + row['service_metadata'] + '_sha256file'
            headers, text = s.account.ask('GET', name)
            assert headers['X-Static-Large-Object'] == 'True' and len(text) > scene.MIB
            assert len(json.loads(text)['sha256s']) == 80 * scene.MIB // 4096
        see_restores(s, taken)
        for record, _ in reversed(taken):
            s.run('delete', record['id'])
        assert not s.stored(), s.stored()


def by_reader():
    """What is stored, read by code that is not ours."""
    with Swift() as s:
        taken = take_chain(s, 5 * scene.MIB + 12345, 3, 'reader')
        s.account.fetch_all(s.container, s.path('fetched'))
        for record, expected in taken:
            rows = s.backups()
            with open(expected, 'rb') as f:
                assert reader.restore(s.path('fetched'), rows, rows[record['id']]) == f.read()


def killed():
    """The proxy dies in mid-transfer: what may wait goes on when it is back, what may not leaves nothing."""
    size = 16 * scene.MIB
    with Swift('SWIFT_SMALL_AUTH', backup_swift_retry_attempts=100, backup_swift_object_size=128 * scene.KIB,
               backup_compression_algorithm='none') as s:
        def die(_):
            server('kill')
            try:
                s.relay.turn_away()
            finally:
                server('up')

        volume, target = s.new_volume(size), s.path('out', 'restored')
        s.relay.after(size // 2, die)
        record = s.backup(volume, '--name', 'patient')
        s.relay.after(size // 2, die)
        s.run('restore', record['id'], '--to', target)
        assert s.relay.left is None and scene.same(volume, target)
        s.run('delete', record['id'])
        assert not s.stored()
        # Without further tries.
        s.change(backup_swift_retry_attempts=0)
        s.relay.after(size // 2, lambda _: server('kill'))
        s.refuse('backup', volume, '--name', 'hasty')
        (row,) = s.backups().values()
        assert row['status'] == 'error' and row['fail_reason'], row
        server('up')
        s.run('delete', row['id'])
        assert not s.stored() and not s.backups()


def interrupted():
    """A proxy that hangs keeps nobody who wants to go."""
    with Swift(backup_swift_object_size=64 * scene.KIB, backup_compression_algorithm='none') as s:
        s.interrupt_all(s.relay, b'DELETE /')


def ended():
    """Nor anyone who wants a job to go, by the API."""
    with Swift(backup_swift_object_size=256 * scene.KIB, backup_compression_algorithm='none') as s:
        volumes.end_by_status(s, s.relay)


def forgotten():
    """Every token is lost in mid-backup: the service logs in again."""
    with Swift(backup_swift_object_size=64 * scene.KIB, backup_compression_algorithm='none') as s:
        volume, target = s.new_volume(8 * scene.MIB), s.path('out', 'restored')
        s.relay.after(4 * scene.MIB, lambda _: server('forget'))
        s.run('restore', s.backup(volume)['id'], '--to', target)
        assert s.relay.left is None and scene.same(volume, target)


def doctor_says(s, status=0):
    return s.run('doctor', status=status).stdout


def refused():
    """What an operator may get wrong is said in one line, and leaves nothing."""
    for wrong, says in (({'backup_swift_key': 'wrong'}, 'backup_swift_user and backup_swift_key'),
                        ({'backup_create_containers': 'false'}, 'backup_create_containers is false'),
                        ({'backup_swift_auth_url': 'http://127.0.0.1:1/auth/v1.0', 'backup_swift_retry_attempts': 0},
                         'connect'),
                        ({'backup_swift_create_storage_policy': 'none-such'}, 'backup_swift_create_storage_policy'),
                        ({'backup_swift_auth': 'per_user'}, 'per_user')):
        with Swift(**wrong) as s:
            volume = scene.new_volume(s.path('volumes', 'volume'), scene.MIB)
            complaint = s.refuse('backup', volume, says=says)
            assert 'testing' not in complaint, complaint
            assert not s.stored()


def doctor():
    """The store is looked at from end to end, and nothing stays of it."""
    with Swift(backup_swift_create_storage_policy='silver') as s:
        said = doctor_says(s)
        assert DRIVER in said, said
        headers, _ = s.account.ask('HEAD', s.container)
        assert headers['X-Storage-Policy'] == 'silver' and not s.stored()
        s.account.ask('POST', s.container, X_Container_Meta_Quota_Bytes=str(scene.GIB))
        assert '1.0 GiB of 1.0 GiB are free' in doctor_says(s)
    with Swift(backup_swift_key='wrong') as s:
        said = doctor_says(s, 1)
        assert 'backup_swift_key' in said and '401' in said, said
    with Swift(backup_swift_auth='per_user', backup_swift_retry_attempts=0) as s:
        s.change(backup_swift_url=s.account.url.rsplit('_', 1)[0] + '_')
        # Without a user there is no account to look into.
        assert 'OS_TOKEN and OS_PROJECT_ID say whose' in doctor_says(s)
        s.for_whom()
        assert 'takes backups' in doctor_says(s)
        os.environ['OS_TOKEN'] = 'not a good one'
        assert 'no longer good' in doctor_says(s, 1)
        del os.environ['OS_TOKEN']
        s.change(backup_swift_url='http://127.0.0.1:1/v1/AUTH_')
        said = doctor_says(s, 1)
        assert 'backup_swift_url' in said and 'connect' in said, said


def full():
    """A container whose quota is used up is an error that says so; what fits is stored."""
    with Swift(backup_compression_algorithm='none', backup_swift_object_size=scene.MIB) as s:
        s.account.ask('PUT', s.container, b'', X_Container_Meta_Quota_Bytes=str(300 * scene.KIB))
        large, small = s.path('volumes', 'volume.large'), s.path('volumes', 'volume.small')
        for path, size in (large, 4 * scene.MIB), (small, 100 * scene.KIB):
            with open(path, 'wb') as f:
                f.write(scene.noise(scene.seeded('full'), size))
        s.refuse('backup', large, '--name', 'large', says='quota')
        (row,) = s.backups().values()
        assert row['status'] == 'error' and 'quota' in row['fail_reason'] and not s.stored(), row
        s.run('delete', row['id'])
        record, target = s.backup(small), s.path('out', 'restored')
        s.run('restore', record['id'], '--to', target)
        assert scene.same(target, small)


def per_user():
    """In the account of whoever asks, by the token of the request."""
    with Swift() as s:
        s.for_whom()
        taken = take_chain(s, 3 * scene.MIB, 2, 'per_user')
        see_restores(s, taken)
        os.environ['OS_TOKEN'] = 'not a good one'
        s.refuse('restore', taken[0][0]['id'], '--to', s.path('out', 'restored'), says='no longer good')
        os.environ['OS_TOKEN'] = s.account.token
        for record, _ in reversed(taken):
            s.run('delete', record['id'])
        assert not s.stored()


def widowed():
    """A backup of per_user whose process died: what it stored is its owner's to delete, and he can."""
    with Swift(backup_swift_object_size=64 * scene.KIB, backup_compression_algorithm='none',
               backup_swift_retry_attempts=0) as s:
        s.for_whom()
        with s.relay.hold(4 * scene.MIB) as held:
            running = s.start('backup', s.new_volume(8 * scene.MIB))
            held()
            running.kill()
            running.communicate()
        s.run('list')
        (row,) = s.backups().values()
        assert row['status'] == 'error' and s.stored(), row
        s.run('delete', row['id'])
        assert not s.stored() and not s.backups()


def keystone():
    """Logged in at Keystone, in the project's account, in the region that the options say."""
    with Swift(backup_swift_auth_url=os.environ.get('KEYSTONE_URL'), backup_swift_auth_version='3',
               backup_swift_user='cinder', backup_swift_key='cinder', backup_swift_project='service',
               backup_swift_user_domain='Default', backup_swift_project_domain='Default',
               backup_swift_region_name='Two', backup_swift_retry_attempts=0) as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), 3 * scene.MIB, scene.seeded('keystone'), 20)
        record, target = s.backup(volume), s.path('out', 'restored')
        s.run('restore', record['id'], '--to', target)
        assert scene.same(volume, target)
        assert DRIVER in doctor_says(s) and not s.stored(), 'in another account than the one of tempauth'
        s.run('delete', record['id'])
        for wrong, says in (({'backup_swift_key': 'wrong'}, 'see backup_swift_user'),
                            ({'backup_swift_key': 'cinder',
                              'swift_catalog_info': 'object-store:swift:internalURL'}, 'no internalURL endpoint'),
                            ({'swift_catalog_info': 'object-store:swift:publicURL',
                              'backup_swift_region_name': 'RegionOne'}, 'connect')):
            s.change(**wrong)
            said = doctor_says(s, 1)
            assert says in said, said


def service_token():
    """A token that has expired is taken, if the service's own comes with it: by a real Keystone, behind a certificate of its
    own, and the real middleware."""
    with Swift(backup_swift_auth='per_user', backup_swift_retry_attempts=0) as s:
        with tokens.brief(s.top, 3) as url:
            token, project = tokens.issue('cinder', 'service', url)
        s.change(backup_swift_url=os.environ['SWIFT_URL'])
        os.environ.update(OS_TOKEN=token, OS_PROJECT_ID=project)
        volume = scene.new_volume(s.path('volumes', 'volume'), 3 * scene.MIB, scene.seeded('service_token'), 20)
        s.wait_until(lambda: not tokens.is_good(token), 'the token does not expire')
        s.refuse('backup', volume, says='no longer good')
        identity = Tunnel(s.top, urllib.parse.urlsplit(os.environ['KEYSTONE_URL']).port)
        with open(s.conf, 'a') as f:
            print('[service_user]', 'send_service_user_token = true', 'auth_url = ' + identity.url, 'username = swift',
                  'password = swift', 'project_name = service', 'user_domain_id = default', 'project_domain_name = Default',
                  sep='\n', file=f)
        s.change(backup_swift_service_auth='true')
        s.refuse('backup', volume, says='certificate')
        with open(s.conf, 'a') as f:
            print('cafile = ' + identity.certificate, file=f)
        record, target = s.backup(volume), s.path('out', 'restored')
        s.run('restore', record['id'], '--to', target)
        assert scene.same(volume, target)
        s.run('delete', record['id'])
        assert {row['status'] for row in s.backups().values()} == {'error'}


def recipe():
    """What the README says of Swift is all it takes, but for the names of this cloud."""
    with open(os.path.join(TREE, 'README.md'), encoding='utf-8') as f:
        text = f.read().split('**Object storage.**')[1]
    lines = re.search(r'\n\n((?:    .*\n)+)', text)[1].split('\n')
    options = dict(line.strip().split(' = ') for line in lines if ' = ' in line)
    ours = {'backup_swift_auth_url': os.environ.get('KEYSTONE_URL', '') + '/v3', 'backup_swift_user': 'cinder',
            'backup_swift_key': 'cinder', 'backup_swift_project': 'service'}
    assert set(ours) < set(options), options
    with Swift() as s:
        # It has two regions, of which the first one is not there.
        s.configure({}, {**options, **ours, 'backup_swift_region_name': 'Two', 'backup_swift_container': s.container})
        assert DRIVER in doctor_says(s)
        volume = scene.new_volume(s.path('volumes', 'volume'), 3 * scene.MIB, scene.seeded('swift recipe'), 20)
        record, target = s.backup(volume), s.path('out', 'restored')
        increment = s.backup(volume, '--incremental')
        s.run('restore', increment['id'], '--to', target)
        assert scene.same(volume, target)
        for made in increment, record:
            s.run('delete', made['id'])


class Tunnel(socketserver.ThreadingTCPServer):
    """TLS in front of the server, under a certificate that no authority has signed."""
    daemon_threads = True

    def __init__(self, folder, port):
        self.certificate, key, self.inner = os.path.join(folder, 'own.pem'), os.path.join(folder, 'key.pem'), port
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out',
                        self.certificate, '-days', '2', '-subj', '/CN=store', '-addext', 'subjectAltName=IP:127.0.0.1'],
                       check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        super().__init__(('127.0.0.1', 0), None)
        self.url = 'https://127.0.0.1:%d' % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        try:
            outer = self.context.wrap_socket(request, server_side=True)
        except (OSError, ssl.SSLError):
            return                              # a client that does not trust us
        inner = socket.create_connection(('127.0.0.1', self.inner))
        back = threading.Thread(target=self.carry, args=(inner, outer), daemon=True)
        back.start()
        self.carry(outer, inner)
        back.join()

    @staticmethod
    def carry(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass                                # either side has gone


def tls():
    """A certificate is believed if an option says whose, or that none matters."""
    with Swift(backup_swift_auth='per_user', backup_swift_retry_attempts=0) as s:
        place = urllib.parse.urlsplit(s.account.url)
        tunnel = Tunnel(s.top, place.port)
        s.change(backup_swift_url=tunnel.url + '/v1/AUTH_')
        os.environ.update(OS_TOKEN=s.account.token, OS_PROJECT_ID=place.path.rsplit('_', 1)[1])
        volume = scene.new_volume(s.path('volumes', 'volume'), 3 * scene.MIB, scene.seeded('tls'), 20)
        s.refuse('backup', volume, says='certificate')
        assert not s.stored()
        for believed in {'backup_swift_ca_cert_file': tunnel.certificate}, {'backup_swift_auth_insecure': 'true'}:
            s.change(**believed)
            record, target = s.backup(volume), s.path('out', 'restored')
            s.run('restore', record['id'], '--to', target)
            assert scene.same(volume, target)
            os.unlink(target)
            s.change(backup_swift_ca_cert_file='/etc/ssl/certs/ca-certificates.crt')
        s.change(backup_swift_auth_insecure='false', backup_swift_ca_cert_file=s.path('none.pem'))
        s.refuse('backup', volume, says='none.pem')


def from_upstream(archive):
    """Backups that upstream wrote are imported from their records and restored."""
    with Swift() as s:
        with tarfile.open(archive) as tar:
            tar.extractall(s.path('unpacked'))
        (folder,) = os.listdir(s.path('unpacked'))
        folder = s.path('unpacked', folder)
        with open(os.path.join(folder, 'backups.json')) as f:
            rows = json.load(f)
        s.container = rows[0]['container']
        s.account.ask('PUT', s.container, b'')
        for name in reader.names_below(os.path.join(folder, s.container)):
            with open(os.path.join(folder, s.container, name), 'rb') as f:
                s.account.ask('PUT', s.container + '/' + name, f.read())
        before = s.stored()
        for row in rows:
            with open(os.path.join(folder, row['display_name'] + '.backup_url')) as f:
                assert s.ask('import', DRIVER, f.read().strip())['id'] == row['id']
        for row in rows:
            target = s.path('out', 'restored')
            s.run('restore', row['id'], '--to', target)
            assert scene.sha256(target) == golden.SUMS[row['display_name']], row['display_name']
            os.unlink(target)
        assert s.stored() == before, 'the store changed'
        for row in reversed(rows):
            s.run('delete', row['id'])
        assert not s.stored()


def upstream():
    """Upstream's own driver restores what we wrote, and we what it wrote, on one Swift."""
    if subprocess.run(['/usr/bin/python3', '-c', 'import cinder.backup.drivers.swift'], stdin=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode:
        scene.skip('python3-cinder is not installed')
    with Swift() as s:
        def theirs(*args):
            options = [word for name in ('auth', 'auth_url', 'user', 'key', 'container') for word in
                       ('--set', 'backup_swift_%s=%s' % (name, settings[name]))]
            script = os.path.join(TREE, 'tests/bench.d/upstream.py')
            done = subprocess.run(['/usr/bin/python3', script, s.path('theirs'), '--driver', 'swift', *options, *args],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert done.returncode == 0, done.stderr[-4000:]
            return json.loads(done.stdout)

        settings = {'auth': 'single_user', 'auth_url': os.environ['SWIFT_AUTH'], 'user': os.environ['SWIFT_USER'],
                    'key': os.environ['SWIFT_KEY'], 'container': s.container}
        taken = take_chain(s, 6 * scene.MIB + 777, 3, 'upstream')
        os.makedirs(s.path('theirs'), exist_ok=True)
        with open(s.path('theirs', 'records.json'), 'w') as f:
            json.dump(s.backups(), f)
        for record, expected in taken:
            target = scene.soil(s.path('out', 'restored'), os.path.getsize(expected))
            theirs('restore', record['id'], target)
            assert scene.same(target, expected), 'upstream restores %s otherwise' % record['display_name']
        # The other way: their increment stands on their full backup.
        volume, rng = s.path('volumes', 'volume'), scene.seeded('swift', 'theirs')
        full = theirs('backup', volume)['id']
        scene.scribble(volume, rng, 8)
        last = theirs('backup', volume, '--parent', full)['id']
        with open(s.path('theirs', 'records.json')) as f:
            rows = json.load(f)
        for identity in full, last:
            s.run('import', DRIVER, record_of(rows[identity]))
        target = s.path('out', 'restored')
        os.unlink(target)
        s.run('restore', last, '--to', target)
        assert scene.same(target, volume), 'we restore what upstream wrote otherwise'


def broken():
    """A body that changes on its way is noticed, and sent again; what always does so ends in an error."""
    word = b'on its way '
    with Swift(backup_compression_algorithm='none', backup_swift_retry_attempts=2) as s:
        volume = s.new_volume(3 * scene.MIB)
        with open(volume, 'r+b') as f:
            f.seek(scene.MIB + 4096)
            f.write(word * 1000)                    # one of them lies within what passes at once
        s.relay.spoil(word, 1)
        done = s.run('backup', volume, '--format', 'json')
        record = json.loads(done.stdout)
        assert s.relay.spoilt == 1 and record['status'] == 'available'
        assert '-00002 in %s: the store says that what came has another MD5; it is sent again' % s.container in done.stderr, done.stderr
        s.run('restore', record['id'], '--to', s.path('out', 'restored'))
        assert scene.same(s.path('out', 'restored'), volume)
        s.relay.spoil(word, 1000)
        error = s.run('backup', volume, status=1).stderr.splitlines()[-1]
        assert '-00002' in error, error
        assert s.relay.spoilt > 1
        assert [row['status'] for row in s.backups().values()].count('available') == 1


def record_of(row):
    """What an export of the row would print."""
    import base64
    row = dict(row, service=DRIVER, user_id='u', project_id='p', host='h', availability_zone='nova', fail_reason=None,
               snapshot_id=None, data_timestamp=None, metadata={}, encryption_key_id=None, driver_info={},
               num_dependent_backups=0, temp_volume_id=None, temp_snapshot_id=None, restore_volume_id=None,
               updated_at=None, deleted_at=None, deleted=False,
               created_at=row['created_at'].replace(' ', 'T').replace('+00:00', 'Z'))
    return base64.b64encode(json.dumps(row).encode()).decode()


if __name__ == '__main__':
    scenarios = {'chain': chain, 'large': large, 'reader': by_reader, 'killed': killed, 'forgotten': forgotten,
                 'interrupted': interrupted, 'ended': ended, 'refused': refused, 'full': full, 'doctor': doctor, 'per_user': per_user,
                 'recipe': recipe, 'service_token': service_token, 'widowed': widowed, 'keystone': keystone, 'tls': tls, 'broken': broken, 'upstream': upstream, 'golden': from_upstream}
    scenarios[sys.argv[1]](*sys.argv[2:])
    print('swift: ' + sys.argv[1])
