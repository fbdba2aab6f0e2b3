#!/usr/bin/python3
"""cancel.py posix|swift|nfs|ceph: what runs is ended by the unmodified clients, in every store.

A backup by `cinder backup-delete --force`, of which nothing stays; a restore by `openstack volume backup set --state error`,
whose backup is whole and restores again.
"""
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
import uuid

import scene
from wire import PROJECT, Server

NEWEST = {'OpenStack-API-Version': 'volume 3.70'}


def need(name, word):
    return os.environ.get(name) or scene.skip('no %s; tests/check %s starts a server' % (name, word))


class Posix:
    options = {}
    fast = False    # over before a client has begun: what it would send is sent

    def __init__(self, stage):
        self.stage = stage

    def names(self, _):
        """What the store has of that backup."""
        return self.stage.stored()

    def drop(self):
        pass


class Swift(Posix):
    def __init__(self, stage):
        super().__init__(stage)
        self.container = 'scenario-' + str(uuid.uuid4())
        self.options = {'backup_driver': 'cinder.backup.drivers.swift.SwiftBackupDriver', 'backup_swift_auth': 'single_user',
                        'backup_swift_auth_url': need('SWIFT_AUTH', 'swift'), 'backup_swift_user': os.environ['SWIFT_USER'],
                        'backup_swift_key': os.environ['SWIFT_KEY'], 'backup_swift_container': self.container,
                        'backup_swift_object_size': scene.MIB}

    def names(self, _):
        login = urllib.request.Request(os.environ['SWIFT_AUTH'], headers={
            'X-Auth-User': os.environ['SWIFT_USER'], 'X-Auth-Key': os.environ['SWIFT_KEY']})
        with urllib.request.urlopen(login) as answer:
            url, token = answer.headers['X-Storage-Url'], answer.headers['X-Auth-Token']
        listing = urllib.request.Request('%s/%s' % (url, self.container), headers={'X-Auth-Token': token})
        with urllib.request.urlopen(listing) as answer:
            return answer.read().decode().split()


class Nfs(Posix):
    def __init__(self, stage):
        super().__init__(stage)
        need('NFS_SERVER', 'nfs')
        name = 'scenario-cancel-%d' % os.getpid()
        self.folder = os.path.join(os.environ['NFS_DIR'], name)
        os.mkdir(self.folder)
        ports = ['%s=%s' % (key, os.environ[of]) for key, of in (('port', 'NFS_PORT'), ('mountport', 'NFS_MOUNT_PORT')) if os.environ.get(of)]
        self.options = {'backup_driver': 'cinder.backup.drivers.nfs.NFSBackupDriver', 'backup_mount_options': ','.join(ports),
                        'backup_share': '%s:/backup/%s' % (os.environ['NFS_SERVER'], name), 'backup_file_size': scene.MIB}

    def names(self, _):
        return [name for _, _, names in os.walk(self.folder) for name in names]

    def drop(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Ceph(Posix):
    fast = True

    def __init__(self, stage):
        import ceph_lab     # which skips where there is no cluster
        super().__init__(stage)
        self.lab = ceph_lab
        self.options = {'backup_driver': ceph_lab.CEPH, 'backup_ceph_conf': ceph_lab.CONF, 'backup_ceph_user': 'cinder',
                        'backup_ceph_pool': 'backups'}

    def names(self, backup):
        return [name for name in self.lab.names('backups') | set(self.lab.objects('backups')) if backup in name]


class Ended(Server):
    def call(self, method, path, body=None, status=200):
        got, _, answer = self.ask(method, '/v3/%s/%s' % (PROJECT, path), body, NEWEST)
        assert got == status, (method, path, got, answer)
        return answer

    def status(self, kind, identifier):
        got, _, answer = self.ask('GET', '/v3/%s/%ss/%s' % (PROJECT, kind, identifier), None, NEWEST)
        return answer[kind]['status'] if got == 200 else None

    def wait(self, kind, identifier, *wanted):
        end = time.monotonic() + 300
        while self.status(kind, identifier) not in wanted:
            assert time.monotonic() < end, '%s is %s\n%s' % (kind, self.status(kind, identifier), self.stage.log()[-2000:])
            time.sleep(0.01)
        return self.status(kind, identifier)

    def client(self, *words):
        endpoint = 'http://%s/v3' % self.address
        modes = {'cinder': ['--os-auth-type', 'noauth', '--os-user-id', 'me', '--os-project-id', PROJECT, '--os-endpoint', endpoint],
                 'openstack': ['--os-auth-type', 'none', '--os-endpoint', endpoint + '/' + PROJECT]}
        env = {name: value for name, value in os.environ.items() if not name.startswith(('OS_', 'CINDER'))}
        done = subprocess.run([words[0], *modes[words[0]], *words[1:]], env={**env, 'OS_VOLUME_API_VERSION': '3'},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, (words, done.stdout)

    def make(self, name):
        volume = self.call('POST', 'volumes', {'volume': {'size': 1, 'name': name, 'metadata': {'of': name}}}, 202)['volume']['id']
        self.wait('volume', volume, 'available')
        return volume, self.stage.path('volumes', 'volume-' + volume)

    def backup(self, volume):
        return self.call('POST', 'backups', {'backup': {'volume_id': volume, 'name': 'full'}}, 202)['backup']['id']




def end_backup(server, store, volume):
    backup = server.backup(volume)
    server.wait('backup', backup, 'creating')
    if store.fast:
        server.call('POST', 'backups/%s/action' % backup, {'os-force_delete': None}, 202)
    else:
        server.client('cinder', 'backup-delete', '--force', backup)
    server.wait('backup', backup, None)
    server.wait('volume', volume, 'available')
    assert not store.names(backup), store.names(backup)
    return 'cancelled' in server.stage.log()


def reset(server, store, backup):
    if store.fast:
        server.call('POST', 'backups/%s/action' % backup, {'os-reset_status': {'status': 'error'}}, 202)
    else:
        server.client('openstack', 'volume', 'backup', 'set', '--state', 'error', backup)


def end_restore(server, store, backup, target):
    """Seconds from the reset to the end; None: it was over before."""
    server.call('POST', 'backups/%s/restore' % backup, {'restore': {'volume_id': target}}, 202)
    client = threading.Thread(target=reset, args=(server, store, backup))
    client.start()
    server.wait('backup', backup, 'available', 'error')
    begun = time.monotonic()
    ended = server.wait('volume', target, 'error', 'available')
    took = time.monotonic() - begun
    client.join()
    server.wait('backup', backup, 'available', 'error')
    if ended == 'available':    # it was over, and so the reset was of a backup that is not restored from
        server.call('POST', 'backups/%s/action' % backup, {'os-reset_status': {'status': 'available'}}, 202)
        return None
    server.call('POST', 'volumes/%s/action' % target, {'os-reset_status': {'status': 'available'}}, 202)
    return took


def play(stage, store):
    stage.configure({'volumes_dir': stage.volumes}, {'backup_compression_algorithm': 'bz2', 'backup_file_size': scene.MIB, **store.options})
    stage.log = lambda: open(stage.path('log')).read()
    with Ended(stage) as server:
        (volume, path), (target, copy) = server.make('source'), server.make('target')
        size, block = 64, scene.prose(scene.seeded('cancel'), scene.MIB)
        while True:     # more of it, until a machine that is fast is met at work
            with open(path, 'r+b') as f:
                for _ in range(size):
                    f.write(block)
            met = end_backup(server, store, volume)
            backup = server.backup(volume)
            server.wait('backup', backup, 'available')
            took = end_restore(server, store, backup, target)
            if met and took is not None:
                break
            size *= 2
            assert size < 1024, 'nothing was met at work'
            server.call('DELETE', 'backups/' + backup, None, 202)
            server.wait('backup', backup, None)
        server.call('POST', 'backups/%s/restore' % backup, {'restore': {'volume_id': target}}, 202)
        server.wait('volume', target, 'available')
        server.wait('backup', backup, 'available')
        assert scene.same(path, copy)
        shown = server.call('GET', 'volumes/' + target, None, 200)['volume']
        assert (shown['name'], shown['metadata']) == ('target', {'of': 'source', 'src_backup_id': backup}), shown
        server.call('DELETE', 'backups/' + backup, None, 202)
        server.wait('backup', backup, None)
        assert not store.names(backup), store.names(backup)
    print('cancel: a backup left nothing, a restore ended %.2f s after it was told to' % took)


def main():
    for program in 'cinder', 'openstack':
        if not shutil.which(program):
            scene.skip('no client %s' % program)
    with scene.Scene() as stage:
        store = {'posix': Posix, 'swift': Swift, 'nfs': Nfs, 'ceph': Ceph}[sys.argv[1]](stage)
        try:
            play(stage, store)
        finally:
            store.drop()


main()
