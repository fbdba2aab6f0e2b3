#!/usr/bin/python3
"""accounts.py CASE: a service that stands alone, and whoever asks has his backups in the account of his own project.

Members of two projects of a real Keystone ask; the service has no credentials for the real Swift (backup_swift_auth =
per_user): it works by each caller's token and catalogue.  CASE is a function at the end.
"""
import functools
import http.client
import json
import os
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid

import guide
import scene
import tokens
from relay import Relay

ONE, TWO, ADMIN = ('demo', 'demo'), ('demo', 'other'), ('admin', 'admin')      # user, project
issue = functools.cache(tokens.issue)


class Service(scene.Scene):
    """A service over a container of its own in each account, in a region of its own: what it asks Swift passes by `relay`."""

    def __init__(self, listen='127.0.0.1:0', **default):
        if not {'SWIFT_URL', 'KEYSTONE_VOLUME'} <= set(os.environ):
            scene.skip('no SWIFT_URL and KEYSTONE_VOLUME; tests/check swift starts the servers')
        self.container, self.listen, self.address = 'scenario-' + str(uuid.uuid4()), listen, None
        place = urllib.parse.urlsplit(os.environ['SWIFT_URL'])
        self.relay = Relay(place.port)
        tokens.add_region(self.container, 'http://127.0.0.1:%d%s' % (self.relay.port, place.path))
        super().__init__()
        self.default = {'backup_driver': 'cinder.backup.drivers.swift.SwiftBackupDriver', 'backup_swift_auth': 'per_user',
                        'backup_swift_container': self.container, 'backup_swift_region_name': self.container,
                        'backup_swift_object_size': 64 * scene.KIB, 'backup_compression_algorithm': 'none', **default}
        self.child = None

    def begin(self, **sections):
        """Serve, anew if need be."""
        if self.child:
            self.child.terminate()
            assert self.child.wait(60) == 0
        self.configure({'listen': self.listen, 'volumes_dir': self.volumes, 'auth': 'keystone'}, self.default,
                       keystone_authtoken=self.login('cinder'), **sections)
        self.begin_again()

    def die(self):
        self.child.kill()
        self.child.wait()

    def begin_again(self):
        self.child, self.address = self.serve()

    def at_work(self):
        return self.volumes_at_work() or [row for row in self.backups().values() if row['status'] not in ('available', 'error')]

    @staticmethod
    def login(user):
        return {'auth_url': os.environ['KEYSTONE_URL'], 'auth_type': 'password', 'username': user, 'password': user,
                'project_name': 'service', 'user_domain_name': 'Default', 'project_domain_id': 'default'}

    def volume(self, who, size=8 * scene.MIB):
        """(id, path) of a volume of that project, full of noise."""
        identifier = str(uuid.uuid4())
        path = self.lay_volume('of-' + who[1], size, identifier, issue(*who)[1])
        with open(path, 'wb') as f:
            f.write(scene.noise(scene.seeded('accounts', *who), size))
        return identifier, path

    def wait(self, backup, *statuses):
        """Until it is in one of these, or gone: its row, or None."""
        self.wait_until(lambda: not (row := self.backups().get(backup)) or row['status'] in statuses,
                        'backup %s does not become %s' % (backup, statuses))
        return self.backups().get(backup)

    def ask(self, token, method, path, body=None):
        """Status and body of a request by (token, project)."""
        link = http.client.HTTPConnection(self.address, timeout=60)
        link.request(method, '/v3/%s/%s' % (token[1], path), json.dumps(body) if body else None,
                     {'X-Auth-Token': token[0], **({'Content-Type': 'application/json'} if body else {})})
        with link.getresponse() as answer:
            return answer.status, json.loads(answer.read() or b'{}')

    def backup(self, who, volume):
        """The id of one that is under way."""
        status, answer = self.ask(issue(*who), 'POST', 'backups', {'backup': {'volume_id': volume}})
        assert status == 202, answer
        return answer['backup']['id']

    def ends(self, backup, status):
        row = self.wait(backup, 'available', 'error')
        assert row and row['status'] == status, (row, self.log()[-3000:])
        return row

    def restores(self, who, backup, path):
        name = 'restored-' + str(uuid.uuid4())
        status, answer = self.ask(issue(*who), 'POST', 'backups/%s/restore' % backup, {'restore': {'name': name}})
        assert status == 202, answer
        self.sees_restored(backup, name, path)

    def sees_restored(self, backup, name, path):
        self.wait_until(lambda: not self.at_work(), 'the restore does not end')
        assert self.ends(backup, 'available') and scene.same(self.volume_file(name), path), self.log()[-3000:]

    def is_deleted(self, who, backup):
        status, answer = self.ask(issue(*who), 'DELETE', 'backups/' + backup)
        assert status == 202, answer
        assert self.wait(backup, 'error', 'available') is None, self.log()[-3000:]

    def stored(self, who=ONE):
        """Names in the container of that project's account, told to a member of it."""
        token, project = issue(*who)
        request = urllib.request.Request('%s%s/%s?format=json&limit=9999' % (os.environ['SWIFT_URL'], project, self.container),
                                         headers={'X-Auth-Token': token})
        try:
            with urllib.request.urlopen(request) as answer:
                return {entry['name'] for entry in json.load(answer)}
        except urllib.error.HTTPError as error:
            assert error.code == 404, error
            return set()


def own():
    """With the unmodified clients: backup, increment, restore, delete, each member's in the account of his project alone."""
    for program in 'cinder', 'openstack':
        if not shutil.which(program):
            scene.skip('no client %s' % program)
    with Service(os.environ.get('KEYSTONE_VOLUME'), backup_swift_object_size=scene.MIB,
                 backup_compression_algorithm='zlib') as s:
        clients = guide.Clients(s.address)

        def give(line, who, good=True):
            status, said = clients.run(line, who)
            assert (status == 0) == good, '%s (as %s)\n%s\n%s' % (line, who, said, s.log()[-3000:])
            return said

        def make(line, who):
            backup = dict(row[:2] for row in guide.rows(give(line, who)))['id']
            s.ends(backup, 'available')
            return backup

        s.begin()
        chains = {}
        for who in ONE, TWO:
            volume, path = s.volume(who, 5 * scene.MIB)
            chain = [make('cinder backup-create ' + volume, who)]
            scene.scribble(path, scene.seeded('accounts'), 5)
            chain.append(make('openstack volume backup create --incremental ' + volume, who))
            chains[who] = volume, path, chain
        for who, (volume, path, chain) in chains.items():
            names = s.stored(who)
            assert all(name.startswith('volume_%s/' % volume) for name in names), names
            for backup in chain:
                assert any(name.endswith('_backup_%s_metadata' % backup) for name in names), names
            name = 'restored-' + who[1]
            give('cinder backup-restore %s --name %s' % (chain[-1], name), who)
            s.sees_restored(chain[-1], name, path)
        (_, _, mine), (_, _, theirs) = chains.values()
        give('cinder backup-delete ' + mine[1], TWO, good=False)
        for who, chain, other in (ONE, mine, TWO), (TWO, theirs, None):
            for backup in reversed(chain):
                give('cinder backup-delete ' + backup, who)
                assert s.wait(backup, 'error', 'available') is None, s.log()[-3000:]
            assert not s.stored(who) and (not other or s.stored(other))


def outlived(s, url, path, body):
    """The answer to a POST whose job is held in mid-transfer until the token that it came with has expired.

    None: it expired before that, and nothing is left of it.
    """
    with s.relay.hold(4 * scene.MIB) as held:
        token = tokens.issue(*ONE, url)
        status, answer = s.ask(token, 'POST', path, body)
        if status == 202:
            held(lambda: not s.at_work())
        if s.relay.stopped.is_set():
            s.wait_until(lambda: not tokens.is_good(token[0]), 'the token does not expire')
            return answer
    s.wait_until(lambda: not s.at_work(), 'a job without a token does not end')
    if 'backup' in answer:
        s.is_deleted(ONE, answer['backup']['id'])
    return None


def outlived_thrice(s, url, volume, path):
    """False: no token of this Keystone lives long enough on this machine."""
    s.default['backup_swift_service_auth'] = 'false'
    s.begin()
    if not (answer := outlived(s, url, 'backups', {'backup': {'volume_id': volume}})):
        return False
    row = s.ends(answer['backup']['id'], 'error')
    assert 'no longer good' in row['fail_reason'] and s.stored(), row
    s.is_deleted(ONE, row['id'])
    assert not s.stored(), s.stored()
    s.default['backup_swift_service_auth'] = 'true'
    s.begin(service_user={'send_service_user_token': 'true', **s.login('swift')})
    if not (answer := outlived(s, url, 'backups', {'backup': {'volume_id': volume}})):
        return False
    row = s.ends(answer['backup']['id'], 'available')
    s.default['backup_swift_service_auth'] = 'false'
    s.begin()
    late = outlived(s, url, 'backups/%s/restore' % row['id'], {'restore': {'name': 'late'}})
    s.wait_until(lambda: not s.at_work(), 'the restore does not end')
    s.wait_until(lambda: not late or 'no longer good' in s.log(), 'the log does not say why')
    s.restores(ONE, row['id'], path)
    s.is_deleted(ONE, row['id'])
    assert not s.stored()
    return bool(late)


def expired():
    """A token that expires in the middle ends a job with an error that says so; a service token lets it go on."""
    with Service() as s:
        s.begin()
        volume, path = s.volume(ONE)
        for life in 4, 12, 36, 108:
            with tokens.brief(s.top, life) as url:
                if outlived_thrice(s, url, volume, path):
                    return
        raise AssertionError('no token lives long enough to be told')


def died():
    """kill -9: what a recovery would need a token for, it leaves to whoever has one, and says so."""
    with Service() as s:
        s.begin()
        volume, path = s.volume(ONE)
        with s.relay.hold(4 * scene.MIB) as held:
            backup = s.backup(ONE, volume)
            held()
            s.die()
        s.begin_again()
        row = s.ends(backup, 'error')
        assert row['fail_reason'] == 'incomplete backup reset on manager restart' and s.stored(), row
        assert backup + ': what it has stored stays until it is deleted again' in s.log(), s.log()
        s.is_deleted(ONE, backup)
        assert not s.stored(), s.stored()
        # In the middle of a restore.
        backup = s.backup(ONE, volume)
        s.ends(backup, 'available')
        with s.relay.hold(4 * scene.MIB) as held:
            status, _ = s.ask(issue(*ONE), 'POST', 'backups/%s/restore' % backup, {'restore': {'name': 'torn'}})
            assert status == 202
            held()
            s.die()
        s.begin_again()
        s.ends(backup, 'available')
        s.restores(ONE, backup, path)
        # And of a delete.
        with s.relay.hold(20, b'DELETE /') as held:
            status, _ = s.ask(issue(*ONE), 'DELETE', 'backups/' + backup)
            assert status == 202
            held()
            s.die()
        s.begin_again()
        row = s.ends(backup, 'error')
        assert s.stored() and 'per_user needs the token' in row['fail_reason'], (row, s.log())
        s.is_deleted(ONE, backup)
        assert not s.stored(), s.stored()


def administrator():
    """His own token opens his own account: what is in a tenant's he reaches by a token of the tenant's project."""
    with Service(backup_swift_object_size=scene.MIB) as s:
        s.begin()
        volume, path = s.volume(ONE, 3 * scene.MIB)
        backup = s.backup(ONE, volume)
        s.ends(backup, 'available')
        names = s.stored()
        status, answer = s.ask(issue(*ADMIN), 'DELETE', 'backups/' + backup)
        assert status == 202, (status, answer)
        row = s.wait(backup, 'error_deleting')
        assert 'is this the right store?' in row['fail_reason'] and s.stored() == names, row
        tenant = ADMIN[0], ONE[1]
        status, answer = s.ask(issue(*tenant), 'POST', 'backups/%s/action' % backup, {'os-reset_status': {'status': 'available'}})
        assert status == 202, (status, answer)
        s.restores(tenant, backup, path)
        s.is_deleted(tenant, backup)
        assert not s.stored()


def found():
    """single_user without a URL of Keystone: it is in the caller's catalogue; there is one account for all."""
    with Service(backup_swift_auth='single_user', backup_swift_auth_version='3', backup_swift_user='cinder',
                 backup_swift_key='cinder', backup_swift_project='service', backup_swift_user_domain='Default',
                 backup_swift_project_domain='Default') as s:
        account = 'cinder', 'service'
        s.begin()
        volume, path = s.volume(ONE)
        backup = s.backup(ONE, volume)
        s.ends(backup, 'available')
        assert s.stored(account) and not s.stored(ONE)
        s.restores(ONE, backup, path)
        s.is_deleted(ONE, backup)
        with s.relay.hold(4 * scene.MIB) as held:
            backup = s.backup(ONE, volume)
            held()
            s.die()
        s.begin_again()
        s.ends(backup, 'error')
        assert s.stored(account)
        s.is_deleted(ONE, backup)
        assert not s.stored(account)
        assert 'this service is down' not in s.log()


if __name__ == '__main__':
    {'own': own, 'expired': expired, 'died': died, 'administrator': administrator, 'found': found}[sys.argv[1]]()
    print('accounts: ' + sys.argv[1])
