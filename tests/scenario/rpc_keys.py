#!/usr/bin/env python3
"""Encrypted volumes of a cloud, whose keys are in a real Barbican: rpc_keys.py [CASE...]."""
import base64
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
import uuid

import cloud_scene
from cloud_scene import Cloud, content, wait_until
from scene import skip

if 'BARBICAN_URL' not in os.environ or 'KEYSTONE_URL' not in os.environ:
    skip('no key manager: tests/servers/keystone up, tests/servers/barbican up, and their env')
BARBICAN, KEYSTONE = os.environ['BARBICAN_URL'], os.environ['KEYSTONE_URL']
LUKS = str(uuid.uuid4())


def ask(method, url, token=None, body=None, accept='application/json'):
    """Status, headers, and bytes."""
    headers = {'Content-Type': 'application/json', 'Accept': accept, **({'X-Auth-Token': token} if token else {})}
    asked = urllib.request.Request(url, method=method, headers=headers, data=json.dumps(body).encode() if body else None)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class User:
    """Somebody who is logged in; his keys."""

    def __init__(self, name, project):
        default = {'domain': {'id': 'default'}}
        status, headers, body = ask('POST', KEYSTONE + '/v3/auth/tokens', body={'auth': {
            'identity': {'methods': ['password'], 'password': {'user': {'name': name, 'password': name, **default}}},
            'scope': {'project': {'name': project, **default}}}})
        assert status == 201, body
        self.token, told = headers['X-Subject-Token'], json.loads(body)['token']
        self.context = {
            **Cloud.context, 'auth_token': self.token, 'user_id': told['user']['id'], 'project_id': told['project']['id'],
            'service_catalog': [{'type': 'key-manager', 'name': 'barbican', 'endpoints': [
                {'region': 'RegionOne', 'publicURL': BARBICAN, 'internalURL': 'http://127.0.0.1:1/'}]}]}

    def make(self, secret, **more):
        status, _, body = ask('POST', BARBICAN + '/v1/secrets', self.token, {
            'name': 'a volume', 'algorithm': 'aes', 'bit_length': 256, 'mode': 'xts', 'secret_type': 'symmetric', **(more or {
                'payload': base64.b64encode(secret).decode(), 'payload_content_type': 'application/octet-stream',
                'payload_content_encoding': 'base64'})})
        assert status == 201, body
        return json.loads(body)['secret_ref'].rsplit('/', 1)[1]

    def about(self, key):
        status, _, body = ask('GET', '%s/v1/secrets/%s' % (BARBICAN, key), self.token)
        return {name: value for name, value in json.loads(body).items()
                if name in ('name', 'algorithm', 'bit_length', 'mode', 'secret_type', 'content_types')} if status == 200 else None

    def payload(self, key, kind='application/octet-stream'):
        status, _, body = ask('GET', '%s/v1/secrets/%s/payload' % (BARBICAN, key), self.token, accept=kind)
        return body if status == 200 else None

    def remove(self, key):
        assert ask('DELETE', '%s/v1/secrets/%s' % (BARBICAN, key), self.token)[0] == 204

    def all(self):
        """The ids of his project's keys."""
        _, _, body = ask('GET', BARBICAN + '/v1/secrets?limit=100', self.token)
        return {one['secret_ref'].rsplit('/', 1)[1] for one in json.loads(body)['secrets']}


class Encrypted(Cloud):
    """`with Encrypted() as cloud:` is a cloud whose requests are by `cloud.user`."""

    def __init__(self, service=None, **barbican):
        super().__init__()
        self.act_as(User('demo', 'demo'))
        sections = {'barbican': barbican}
        if service:
            sections['keystone_authtoken'] = {
                'auth_url': KEYSTONE, 'auth_type': 'password', 'username': service[0], 'password': service[0],
                'project_name': service[1], 'user_domain_id': 'default', 'project_domain_id': 'default'}
        with open(self.conf, 'a', encoding='utf-8') as f:
            for name, options in sections.items():
                print('[%s]' % name, *('%s = %s' % option for option in options.items()), sep='\n', file=f)
        self.play().serve()

    def act_as(self, user):
        self.user, self.context = user, user.context

    def locked(self, key, data=None):
        """A volume with that key."""
        made = self.volume(content=data or content(50))
        self.sql("UPDATE volumes SET encryption_key_id = '%s', volume_type_id = '%s' WHERE id = '%s'" % (key, LUKS, made))
        return made

    def create(self, volume, **more):
        return super().create(volume, **{'project_id': self.context['project_id'], **more})

    def restored(self, backup, target):
        self.restore(backup, target)
        wait_until('restore ends', lambda: self.status(backup) == 'available')
        return self.field('volumes', target, 'status')

    def key_of(self, thing, kind='backups'):
        return self.field(kind, thing, 'encryption_key_id')

    def deleted(self, backup):
        self.delete(backup)
        wait_until('it is deleted', lambda: self.field('backups', backup, 'deleted') == '1')
        # The key goes after the row; its answer comes last.
        wait_until('its key went, or stays', lambda: 'delete of backup %s is done' % backup in self.log())

    def check_no_secret(self, *secrets):
        for secret in secrets:
            for form in secret.hex(), base64.b64encode(secret).decode(), repr(secret)[2:-1]:
                assert form not in self.log(), 'a key is in the log'
        assert self.user.token not in self.log(), 'a token is in the log'


def own():
    """Each backup has a key of its own, and each volume that is restored; what is not needed any more goes."""
    secret, other = os.urandom(32), os.urandom(32)
    with Encrypted() as cloud:
        user, before = cloud.user, cloud.user.all()
        key = user.make(secret)
        source = cloud.locked(key)
        backup = cloud.backed_up(source)
        copy = cloud.key_of(backup)
        assert copy not in (None, key) and user.payload(copy) == secret and user.about(copy) == user.about(key)
        child = cloud.backed_up(source, parent=backup)
        assert user.payload(cloud.key_of(child)) == secret and cloud.key_of(child) not in (copy, key)

        # Back to where it came from.
        assert cloud.restored(backup, source) == 'available' and cloud.key_of(source, 'volumes') == key

        # To another one, when the first is gone with its key.
        user.remove(key)
        old = user.make(other)
        target = cloud.locked(old, bytes(3 << 20))
        assert cloud.restored(child, target) == 'available', cloud.log()
        new = cloud.key_of(target, 'volumes')
        assert new not in (old, key, copy) and user.payload(new) == secret
        wait_until('the old key is gone', lambda: user.about(old) is None)
        with open(cloud.file(target), 'rb') as f:
            assert f.read() == content(50)

        for one in child, backup:
            cloud.deleted(one)
        assert user.all() == before | {new}, (user.all(), before)
        cloud.check_no_secret(secret, other)
        user.remove(new)


def texts():
    """A key that is a text stays one; what is empty, or not there, is no key: the backup fails before anything is asked for."""
    with Encrypted(barbican_endpoint=BARBICAN + '/v1/') as cloud:
        user, before = cloud.user, cloud.user.all()
        cloud.context = {**cloud.context, 'service_catalog': []}
        key = user.make(None, payload='päss "word"', payload_content_type='text/plain', secret_type='passphrase')
        backup = cloud.backed_up(cloud.locked(key))
        copy = cloud.key_of(backup)
        assert user.payload(copy, 'text/plain') == 'päss "word"'.encode() and user.about(copy) == user.about(key)
        cloud.deleted(backup)
        empty = user.make(None, name='empty')
        cloud.volumes_peer.asked = []
        for none, says in (empty, 'is empty'), (str(uuid.uuid4()), '404 Not Found'):
            source = cloud.locked(none)
            refused = cloud.create(source)
            wait_until('it is refused', lambda: cloud.status(refused) == 'error')
            reason = cloud.field('backups', refused, 'fail_reason')
            assert 'volume %s is encrypted: ' % source in reason and says in reason, reason
            assert cloud.field('volumes', source, 'status') == 'available' and not cloud.volumes_peer.asked
        assert user.all() == before | {key, empty}
        for one in key, empty:
            user.remove(one)


def fails():
    """A restore that fails leaves the volume its key, and no other one behind."""
    secret, other = os.urandom(32), os.urandom(32)
    with Encrypted() as cloud:
        user = cloud.user
        key, old = user.make(secret), user.make(other)
        backup = cloud.backed_up(cloud.locked(key))
        target, before = cloud.locked(old), user.all()
        for method in 'secure_file_operations_enabled', 'initialize_connection':
            cloud.volumes_peer.fails = {method}
            assert cloud.restored(backup, target) == 'error_restoring'
            assert cloud.key_of(target, 'volumes') == old and user.payload(old) == other
            wait_until('the copy is gone', lambda: user.all() == before)
        cloud.volumes_peer.fails = set()

        # A full that cannot be read, and a key that cannot be got.
        user.remove(cloud.key_of(backup))
        assert cloud.restored(backup, target) == 'error_restoring'
        assert 'backup %s is of an encrypted volume: key %s: GET ' % (backup, cloud.key_of(backup)) in cloud.log()
        with open(cloud.file(target), 'rb') as f:
            assert f.read() == content(50), 'it was written to'
        assert user.payload(old) == other
        cloud.deleted(backup)
        assert 'stays in the key manager' not in cloud.log()
        for one in key, old:
            user.remove(one)


def others():
    """Keys are their owner's: nobody else copies one; what his deletes leave behind is told, or goes by the service's login."""
    secret = os.urandom(32)
    with Encrypted() as cloud:
        user, reader, stranger = cloud.user, User('reader', 'demo'), User('admin', 'admin')
        key = user.make(secret)
        source = cloud.locked(key)
        cloud.act_as(stranger)
        refused = cloud.create(source)
        wait_until('it is refused', lambda: cloud.status(refused) == 'error')
        assert '403 Forbidden' in cloud.field('backups', refused, 'fail_reason')
        cloud.act_as(user)
        backup = cloud.backed_up(source)
        copy = cloud.key_of(backup)
        stays = 'is deleted; the key %s that it had stays in the key manager: key %s: DELETE ' % (copy, copy)
        cloud.act_as(reader)
        cloud.deleted(backup)
        assert stays in cloud.log() and user.payload(copy) == secret
        backup = cloud.create(source, cast=False, project_id=user.context['project_id'], encryption_key_id=copy)
        cloud.sql("UPDATE backups SET status = 'error' WHERE id = '%s'" % backup)
        cloud.act_as(stranger)
        cloud.deleted(backup)
        assert cloud.log().count(stays) == 2 and user.payload(copy) == secret
        user.remove(copy)
    with Encrypted(service=('admin', 'demo')) as cloud:
        backup = cloud.backed_up(cloud.locked(key))
        copy = cloud.key_of(backup)
        cloud.context = {**cloud.context, 'auth_token': 'of yesterday'}
        cloud.deleted(backup)
        assert user.about(copy) is None and 'stays in the key manager' not in cloud.log()
        user.remove(key)


def away():
    """A key manager that is gone: what needs a key fails at once and says why; a delete does not wait for it."""
    secret, server = os.urandom(32), [os.environ['BARBICAN_SERVER'], 'kill', os.environ['BARBICAN_FOLDER']]
    with Encrypted() as cloud:
        user = cloud.user
        key = user.make(secret)
        source = cloud.locked(key)
        backup, plain = cloud.backed_up(source), cloud.volume(content=content(51))
        copy = cloud.key_of(backup)
        subprocess.run(server, check=True)
        try:
            refused = cloud.create(source)
            wait_until('it is refused', lambda: cloud.status(refused) == 'error')
            reason = cloud.field('backups', refused, 'fail_reason')
            assert 'is encrypted: key %s: GET ' % key in reason, reason
            assert cloud.field('volumes', source, 'status') == 'available'
            cloud.backed_up(plain)
            cloud.deleted(backup)
            assert 'the key %s that it had stays in the key manager' % copy in cloud.log()
        finally:
            subprocess.run([server[0], 'start', server[2]], check=True)
        cloud.backed_up(source)
        for one in user.all():
            user.remove(one)


def killed():
    """What deletes a key is its owner's token: a delete that a crash cut short waits for him, as in cinder."""
    with Encrypted() as cloud:
        user = cloud.user
        key = user.make(os.urandom(32))
        source = cloud.locked(key)
        backup = cloud.backed_up(source)
        cloud.stop(signal.SIGKILL)
        cloud.sql("UPDATE backups SET status = 'deleting' WHERE id = '%s'" % backup)
        cloud.serve()
        wait_until('it waits', lambda: cloud.status(backup) == 'error_deleting')
        assert user.about(cloud.key_of(backup))
        copy = cloud.key_of(backup)
        cloud.deleted(backup)
        assert user.about(copy) is None
        user.remove(key)


cloud_scene.main({case.__name__: case for case in (own, texts, fails, others, away, killed)})
