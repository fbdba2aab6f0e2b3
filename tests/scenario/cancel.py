#!/usr/bin/python3
"""cancel.py posix|swift|nfs|ceph: what runs is ended by the unmodified clients, in every store.

A backup by `cinder backup-delete --force`, of which nothing stays; a restore by `openstack volume backup set --state error`,
whose backup is whole and restores again.
"""
import os
import shutil
import subprocess
import sys
import urllib.request
import uuid

import scene
from volumes import ONE, Alone, Files, fill


def need(name, word):
    return os.environ.get(name) or scene.skip('no %s; tests/check %s starts a server' % (name, word))


class Posix:
    options = {}

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
        name = 'scenario-' + str(uuid.uuid4())
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
    def __init__(self, stage):
        import ceph_lab     # which skips where there is no cluster
        super().__init__(stage)
        self.lab = ceph_lab
        self.options = {'backup_driver': ceph_lab.CEPH, 'backup_ceph_conf': ceph_lab.CONF, 'backup_ceph_user': 'cinder',
                        'backup_ceph_pool': 'backups'}

    def names(self, backup):
        return [name for name in self.lab.names('backups') | set(self.lab.objects('backups')) if backup in name]


class Ended(Alone):
    def client(self, *words):
        endpoint = 'http://%s/v3' % self.address
        modes = {'cinder': ['--os-auth-type', 'noauth', '--os-user-id', 'me', '--os-project-id', ONE, '--os-endpoint', endpoint],
                 'openstack': ['--os-auth-type', 'none', '--os-endpoint', endpoint + '/' + ONE]}
        env = {name: value for name, value in os.environ.items() if not name.startswith(('OS_', 'CINDER'))}
        done = subprocess.run([words[0], *modes[words[0]], *words[1:]], env={**env, 'OS_VOLUME_API_VERSION': '3'},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, (words, done.stdout)


def end_backup(stage, server, store, volume):
    """When a part of it has been read."""
    with stage.hold(server.kind.path(volume), after=1) as held:
        backup = server.make('backup', {'volume_id': volume, 'name': 'full'}, until='creating')['id']
        held()
        server.client('cinder', 'backup-delete', '--force', backup)
    server.wait('backup', backup, None)
    server.wait('volume', volume, 'available')
    assert not store.names(backup), store.names(backup)


def end_restore(stage, server, backup, target):
    """When a part of it has been written."""
    with stage.hold(server.kind.path(target), after=1) as held:
        server.call('POST', 'backups/%s/restore' % backup, {'restore': {'volume_id': target}}, 202)
        held()
        server.client('openstack', 'volume', 'backup', 'set', '--state', 'error', backup)
        stage.notice(backup)
    server.wait('volume', target, 'error')
    server.wait('backup', backup, 'available')
    server.call('POST', 'volumes/%s/action' % target, {'os-reset_status': {'status': 'available'}}, 202)


def play(stage, store):
    stage.kind = Files(stage)
    stage.serving.append('--debug')
    stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes}, {'backup_file_size': scene.MIB, **store.options})
    with Ended(stage) as server:
        volume, target = (server.make('volume', {'size': 1, 'name': name, 'metadata': {'of': name}})['id']
                          for name in ('source', 'target'))
        fill(server, {'id': volume}, scene.seeded('cancel'), 24)
        end_backup(stage, server, store, volume)
        backup = server.make('backup', {'volume_id': volume, 'name': 'full'})['id']
        end_restore(stage, server, backup, target)
        server.call('POST', 'backups/%s/restore' % backup, {'restore': {'volume_id': target}}, 202)
        server.wait('volume', target, 'available')
        server.wait('backup', backup, 'available')
        assert scene.same(server.kind.path(volume), server.kind.path(target))
        shown = server.show('volume', target)
        assert (shown['name'], shown['metadata']) == ('target', {'of': 'source', 'src_backup_id': backup}), shown
        server.call('DELETE', 'backups/' + backup, None, 202)
        server.wait('backup', backup, None)
        assert not store.names(backup), store.names(backup)
    print('cancel: a backup left nothing, a restore ended')


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
