#!/usr/bin/python3
"""An operator's commands, given with the unmodified cinder and openstack clients.

clients.py backups   full, incremental, list, show, rename, restore, export, loss of the catalogue's row, import, delete, cancel
clients.py volumes   volumes of types, within limits, made larger
clients.py service   sums, room, names, metadata and statuses of volumes and snapshots
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys

import scene

PROJECT = '0c2eba2c5af04d3f9e9d0d410b371fde'


class Clients:
    def __init__(self, stage, address):
        endpoint = 'http://%s/v3' % address
        env = {name: value for name, value in os.environ.items() if not name.startswith(('OS_', 'CINDER'))}
        self.env = {**env, 'OS_VOLUME_API_VERSION': '3'}
        self.cinder_words = ['cinder', '--os-auth-type', 'noauth', '--os-user-id', 'demo', '--os-project-id', PROJECT,
                             '--os-endpoint', endpoint]
        self.openstack_words = ['openstack', '--os-auth-type', 'none', '--os-endpoint', endpoint + '/' + PROJECT]
        self.stage = stage

    def run(self, words, status=0):
        done = subprocess.run(words, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        assert done.returncode == status, '%s: %d\n%s%s\n%s' % (' '.join(words), done.returncode, done.stdout,
                                                               done.stderr, open(self.stage.path('log')).read()[-2000:])
        return done

    def cinder(self, *words, status=0):
        """What a table of cinder holds: rows of texts."""
        done = self.run(self.cinder_words + list(words), status)
        return [[cell.strip() for cell in line.strip('|').split('|')]
                for line in done.stdout.splitlines() if line.startswith('|')][1:] if not status else done.stdout + done.stderr

    def openstack(self, *words, status=0):
        text = self.run(self.openstack_words + list(words), status).stdout
        return json.loads(text) if text.strip().startswith(('{', '[')) else text

    def wait(self, backup, status='available'):
        self.stage.wait_until(lambda: self.stage.backups().get(backup, {}).get('status') == status,
                              'backup %s is not %s' % (backup, status))
        return self.stage.backups().get(backup)


def with_cinder(stage, clients):
    """Full, incremental, both shown; the parent of the second cannot go; restored by name."""
    assert clients.cinder('list')[0][1:4] == ['available', 'volume-1', '1']
    full = dict(clients.cinder('backup-create', '--name', 'full', '--description', 'Monday', 'volume-1'))['id']
    clients.wait(full)
    with open(stage.path('volumes', 'volume-1'), 'r+b') as f:
        f.seek(12345)
        f.write(b'changed')
    increment = dict(clients.cinder('backup-create', '--incremental', '--name', 'increment', 'volume-1'))['id']
    assert clients.wait(increment)['parent_id'] == full
    assert [row[3] for row in clients.cinder('backup-list', '--sort', 'name:asc')] == ['full', 'increment']
    assert dict(clients.cinder('backup-show', 'increment'))['is_incremental'] == 'True'
    assert 'Incremental backups exist' in clients.cinder('backup-delete', 'full', status=1)
    restored = dict(clients.cinder('backup-restore', '--name', 'restored', 'increment'))
    clients.wait(increment)
    assert restored['volume_name'] == 'restored'
    assert scene.same(stage.path('volumes', 'volume-1'), file_of(stage, restored['volume_id']))
    return full, increment, restored['volume_id']


def file_of(stage, volume):
    return stage.path('volumes', 'volume-' + volume)


def catalogue_loss(stage, clients, increment, restored):
    """Section 3.5: a record that was exported brings a backup back that was forgotten."""
    record = dict(clients.cinder('backup-export', increment))
    assert record['backup_service'].startswith('cinder.backup.drivers.')
    found = clients.openstack('volume', 'backup', 'record', 'export', '-f', 'json', increment)
    assert found['backup_service'] == record['backup_service']
    with sqlite3.connect(stage.catalogue) as db:
        db.execute('delete from backups where id = ?', (increment,))
    db.close()
    assert increment not in stage.backups()
    clients.cinder('backup-import', found['backup_service'], found['backup_url'])
    clients.wait(increment)
    clients.cinder('backup-restore', '--volume', 'restored', increment)
    clients.wait(increment)
    assert scene.same(stage.path('volumes', 'volume-1'), file_of(stage, restored))


def with_openstack(clients, full, increment):
    rows = clients.openstack('volume', 'backup', 'list', '-f', 'json', '--long')
    assert {row['Name'] for row in rows} == {'full', 'increment'}, rows
    clients.openstack('--os-volume-api-version', '3.9', 'volume', 'backup', 'set', '--name', 'renamed', full)
    assert clients.openstack('volume', 'backup', 'show', '-f', 'json', 'renamed')['id'] == full
    made = clients.openstack('volume', 'backup', 'create', '-f', 'json', '--name', 'third', '--incremental', 'volume-1')
    clients.wait(made['id'])
    clients.openstack('volume', 'backup', 'set', '--state', 'error', made['id'])
    clients.wait(made['id'], 'error')
    clients.openstack('volume', 'backup', 'delete', '--force', made['id'])
    clients.wait(made['id'], None)
    for backup in increment, full:
        clients.openstack('volume', 'backup', 'delete', backup)
        clients.wait(backup, None)


def volumes_and_limits(stage, clients):
    """Volumes of types, made larger, within limits of their types."""
    plain = dict(clients.cinder('create', '--name', 'plain', '--volume-type', 'plain', '1'))['id']
    assert {row[1] for row in clients.cinder('type-list')} == {'__DEFAULT__', 'plain'}
    plain_type = dict(clients.cinder('type-show', 'plain'))
    assert plain_type['id'] == clients.openstack('volume', 'type', 'show', '-f', 'json', 'plain')['id']
    clients.cinder('rename', '--description', 'to be back', 'plain', 'other')
    shown = dict(clients.cinder('show', 'other'))
    assert (shown['id'], shown['description']) == (plain, 'to be back'), shown
    clients.openstack('volume', 'set', '--name', 'plain', '--description', '', 'other')
    assert dict(clients.cinder('show', 'plain'))['id'] == plain
    clients.cinder('extend', 'plain', '2')
    stage.wait_until(lambda: dict(clients.cinder('show', plain))['status'] == 'available', 'the volume is not extended')
    assert dict(clients.cinder('show', plain))['size'] == '2' and os.path.getsize(file_of(stage, plain)) == 2 * scene.GIB
    clients.openstack('volume', 'set', '--size', '3', 'plain')
    stage.wait_until(lambda: dict(clients.cinder('show', plain))['status'] == 'available', 'the volume is not extended')
    assert os.path.getsize(file_of(stage, plain)) == 3 * scene.GIB
    limits = dict(clients.cinder('quota-update', '--volumes', '1', '--gigabytes', '4', '--volume-type', 'plain', PROJECT))
    assert (limits['volumes_plain'], limits['gigabytes_plain'], limits['gigabytes']) == ('1', '4', '1000'), limits
    assert "exceeded for quota 'volumes_plain'" in clients.cinder('create', '--volume-type', 'plain', '1', status=1)
    assert 'gigabytes_plain quota' in clients.cinder('extend', 'plain', '5', status=1)
    used = {row[0]: row[1:] for row in clients.cinder('quota-usage', PROJECT)}
    assert used['gigabytes_plain'] [:3] == ['3', '0', '4'], used
    clients.cinder('quota-delete', PROJECT)
    assert dict(clients.cinder('quota-show', PROJECT))['volumes_plain'] == '-1'
    clients.cinder('delete', 'plain')
    stage.wait_until(lambda: not os.path.exists(file_of(stage, plain)), 'the volume is not deleted')


def small_service(stage, clients):
    """What else operators ask of volumes and snapshots: sums, room, names, metadata, statuses."""
    kept = dict(clients.cinder('create', '--name', 'kept', '--metadata', 'a=1', '--', '1'))['id']
    clients.cinder('create', '--name', 'other', '--metadata', 'a=2', '--', '2')
    def settled():
        return {row[1] for row in clients.cinder('list')} == {'available'}
    stage.wait_until(settled, 'the volumes are not made')
    every = clients.cinder('list')
    total = dict(clients.cinder('--os-volume-api-version', '3.70', 'summary'))
    assert int(total['total_count']) == len(every) and int(total['total_size']) == sum(int(row[3]) for row in every), (total, every)
    assert total['metadata'].replace(' ', '') == "a:['1','2']", total
    assert set(dict(clients.cinder('--os-volume-api-version', '3.12', 'summary'))) == {'total_count', 'total_size'}
    pool = dict(clients.cinder('get-pools', '--detail'))
    room = os.statvfs(stage.volumes)
    assert int(pool['total_capacity_gb']) == room.f_blocks * room.f_frsize >> 30 and int(pool['free_capacity_gb']) >= 0, pool
    assert pool['name'] == dict(clients.cinder('show', kept))['os-vol-host-attr:host'], pool

    def pairs(kind, thing):
        return dict(clients.cinder(*(['metadata-show'] if kind == 'volume' else ['snapshot-metadata-show']), thing))
    clients.cinder('snapshot-create', '--name', 'moment', 'kept')
    stage.wait_until(lambda: clients.cinder('snapshot-list')[0][2] == 'available', 'the snapshot is not made')
    clients.cinder('snapshot-rename', '--description', 'before the change', 'moment', 'point')
    shown = dict(clients.cinder('snapshot-show', 'point'))
    assert shown['description'] == 'before the change', shown
    clients.openstack('volume', 'snapshot', 'set', '--name', 'moment', '--description', '', 'point')
    assert dict(clients.cinder('snapshot-show', 'moment'))['id'] == shown['id']
    for kind, thing, prefix in ('volume', 'kept', ()), ('snapshot', 'moment', ('snapshot',)):
        verb = '-'.join(prefix + ('metadata',))
        clients.cinder(verb, thing, 'set', 'color=red', 'a=3')
        assert pairs(kind, thing) == {'color': 'red', 'a': '3'}, pairs(kind, thing)
        clients.cinder(verb, thing, 'unset', 'a')
        assert pairs(kind, thing) == {'color': 'red'}
        assert 'no metadata with key a' in clients.cinder(verb, thing, 'unset', 'a', status=1)
        clients.cinder(verb + '-update-all', thing, 'x=y')
        assert pairs(kind, thing) == {'x': 'y'}
        words = ['volume', *prefix]
        clients.openstack(*words, 'set', '--property', 'p=q', thing)
        clients.openstack(*words, 'unset', '--property', 'x', thing)
        assert pairs(kind, thing) == {'p': 'q'}
        verb = '-'.join(prefix + ('reset-state',))
        clients.openstack(*words, 'set', '--state', 'error', thing)
        clients.cinder(verb, '--state', 'AVAILABLE', thing)
        assert dict(clients.cinder(*(['show'] if kind == 'volume' else ['snapshot-show']), thing))['status'] == 'available'
        assert 'is invalid, valid statuses are: (' in clients.cinder(verb, '--state', 'unmanaging', thing, status=1)
        assert 'Cannot reset-state to deleting' in clients.cinder(verb, '--state', 'deleting', thing, status=1)
    clients.cinder('reset-state', '--attach-status', 'detached', '--reset-migration-status', 'kept')
    assert 'attach status' in clients.cinder('reset-state', '--attach-status', 'attached', 'kept', status=1)
    # What there is none of here.
    assert 'Glance metadata' in clients.cinder('image-metadata-show', kept, status=1)
    assert clients.cinder('transfer-list') == [] and clients.openstack('volume', 'transfer', 'request', 'list').strip() == ''
    for words in ('transfer-create', kept), ('get-capabilities', pool['name']), ('image-metadata', kept, 'set', 'a=b'):
        clients.cinder(*words, status=1)
    clients.cinder('snapshot-delete', 'moment')
    stage.wait_until(lambda: not clients.cinder('snapshot-list'), 'the snapshot is not deleted')
    for volume in 'kept', 'other':
        clients.cinder('delete', volume)
    stage.wait_until(lambda: not os.path.exists(file_of(stage, kept)), 'the volume is not deleted')


def backups(stage, clients):
    full, increment, restored = with_cinder(stage, clients)
    catalogue_loss(stage, clients, increment, restored)
    with_openstack(clients, full, increment)


GROUPS = {'backups': backups, 'volumes': volumes_and_limits, 'service': small_service}


def main(group):
    for program in 'cinder', 'openstack':
        if not shutil.which(program):
            scene.skip('no client %s' % program)
    rng = scene.seeded('clients')
    with scene.Scene() as stage:
        stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes, 'volume_types': 'plain'}, {})
        scene.new_volume(stage.path('volumes', 'volume-1'), 20 * scene.MIB, rng, 20)
        child, address = stage.serve()
        GROUPS[group](stage, Clients(stage, address))
        child.terminate()
        assert child.wait(scene.PATIENCE) == 0
        assert not stage.stored(), stage.stored()
    print('clients: %s, with cinder and openstack' % group)


main(sys.argv[1])
