#!/usr/bin/python3
"""Volumes and snapshots of a service that stands alone, by its API: life, adoption, types, use, conflicts, turns, and crashes.

    volumes.py life|pages|manage|types|use|conflicts|turns|killed [pool]

Volumes are files, or, with `pool`, images of the Ceph that tests/servers/ceph has brought up.
"""
import contextlib
import fcntl
import os
import re
import signal
import sqlite3
import sys
import threading
import time
import urllib.parse

import scene
from wire import Server

NEWEST = {'OpenStack-API-Version': 'volume 3.70'}
ONE, TWO = '1' * 32, '2' * 32


class Files:
    """Volumes as sparse files; a volume is called by its id."""
    seconds = 300   # no more than patience

    def __init__(self, stage):
        self.stage = stage

    def options(self):
        return {}, {}

    def path(self, volume):
        return self.stage.path('volumes', 'volume-' + volume)

    name = path     # for verbs at a terminal

    def size(self, volume):
        return os.path.getsize(self.path(volume))

    def used(self, volume):
        return os.stat(self.path(volume)).st_blocks * 512

    def digest(self, volume):
        return scene.sha256(self.path(volume))

    def write(self, volume, content, at=0):
        """The volume stays as long as it is."""
        with open(self.path(volume), 'r+b') as f:
            f.seek(at)
            f.write(content)

    @contextlib.contextmanager
    def flock(self, volume):
        with open(self.path(volume), 'r+b') as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def bytes(self, volume):
        with open(self.path(volume), 'r+b') as f:
            fcntl.lockf(f, fcntl.LOCK_EX, 1, 100)
            yield

    def holds(self):
        """Ways to be somebody who uses a volume."""
        return self.flock, self.bytes

    def there(self):
        """Ids of volumes and snapshots, and whatever else there is."""
        names = [os.path.relpath(os.path.join(top, name), self.stage.volumes)
                 for top, _, names in os.walk(self.stage.volumes) for name in names]
        return sorted(re.sub('^(volume-|.snapshots/snapshot-)', '', name) for name in names)

    def temporary(self, _):
        return []

    def lay(self, rng):
        """Something that nobody has made here."""
        scene.new_volume(self.stage.path('volumes', 'disk.img'), 5 * scene.MIB, rng, 5)
        return 'disk.img'

    def lies(self, name):
        return os.path.exists(self.stage.path('volumes', name))


class Images:
    """Volumes as images of a pool, looked at by Ceph's own tools."""
    seconds = 300

    def __init__(self, stage):
        import ceph_lab     # which skips where there is no cluster
        self.stage, self.ceph = stage, ceph_lab

    def options(self):
        return {'volumes_pool': 'volumes'}, {'backup_ceph_conf': self.ceph.CONF, 'backup_ceph_user': 'cinder'}

    def image(self, volume):
        return 'volumes/volume-' + volume

    def name(self, volume):
        return 'rbd:' + self.image(volume)

    def size(self, volume):
        return self.ceph.size_of(self.image(volume))

    def used(self, volume):
        return self.ceph.used(self.image(volume))

    def digest(self, volume):
        """Of all that is not zero, since most of an image is."""
        diff, at, found = self.ceph.rbd('export-diff', self.image(volume), '-'), len(b'rbd diff v1\n'), []
        while diff[at:at + 1] != b'e':
            kind, first = diff[at:at + 1], int.from_bytes(diff[at + 1:at + 9], 'little')
            length = int.from_bytes(diff[at + 9:at + 17], 'little')
            at += 9 if kind == b's' else 17
            if kind == b'w':
                found += [(first + i, diff[at + i:at + i + 4096]) for i in range(0, length, 4096)]
                at += length
        found = [b'%d' % offset + block for offset, block in sorted(found) if block.strip(b'\0')]
        return self.ceph.digest(b''.join(found))

    def write(self, volume, content, at=0):
        place = at.to_bytes(8, 'little') + len(content).to_bytes(8, 'little')
        self.ceph.rbd('import-diff', '-', self.image(volume), input=b'rbd diff v1\ns' + self.size(volume).to_bytes(8, 'little')
                      + b'w' + place + content + b'e')

    @contextlib.contextmanager
    def watch(self, volume):
        watcher = self.ceph.watch(self.image(volume))
        try:
            yield
        finally:
            self.ceph.leave(watcher)

    flock = watch

    def holds(self):
        return self.watch,

    def there(self):
        """Of the volumes that this scene ever had, since others have theirs in the same pool."""
        with sqlite3.connect(self.stage.catalogue) as db:
            known = {row[0] for row in db.execute('select id from volumes')}
        db.close()
        images = [name for name in self.ceph.names() if name[-36:] in known]
        kept = [name for image in images for name in self.ceph.snapshots('volumes/' + image) if not name.startswith('backup.')]
        return sorted([name.removeprefix('volume-') for name in images] + [name.removeprefix('snapshot-') for name in kept])

    def lay(self, _):
        name = 'laid-%d' % os.getpid()
        self.ceph.create('volumes/' + name, 5 * scene.MIB)
        return name

    def lies(self, name):
        return name in self.ceph.names()

    def temporary(self, volume):
        """What was made for a backup."""
        return [name for name in self.ceph.snapshots(self.image(volume)) if name.startswith('backup.')]


class Alone(Server):
    def __init__(self, stage):
        super().__init__(stage)
        self.project, self.kind = ONE, stage.kind

    def call(self, method, path, body=None, status=None, project=None):
        got, _, answer = self.ask(method, '/v3/%s/%s' % (project or self.project, path), body, NEWEST)
        assert status in (None, got), '%s %s: %d, not %d: %s\n%s' % (
            method, path, got, status, answer, open(self.stage.path('log')).read()[-1500:])
        return answer

    def show(self, kind, identifier):
        got, _, answer = self.ask('GET', '/v3/%s/%ss/%s' % (self.project, kind, identifier), None, NEWEST)
        return answer[kind] if got == 200 else None

    def wait(self, kind, identifier, *wanted, seconds=None):
        """Until it is in one of these statuses; None: until it is gone."""
        end = time.monotonic() + (seconds or self.kind.seconds)
        while time.monotonic() < end:
            found = self.show(kind, identifier)
            if (found['status'] if found else None) in wanted:
                return found
            time.sleep(0.02)
        raise AssertionError('%s %s is %s, not %s\n%s' % (kind, identifier, found and found['status'], wanted,
                                                         open(self.stage.path('log')).read()[-1500:]))

    def make(self, kind, body, until='available', **more):
        made = self.call('POST', kind + 's', {kind: body}, 202, **more)[kind]
        return self.wait(kind, made['id'], *(until if isinstance(until, tuple) else (until,))) if until else made

    def refuse(self, method, path, body, words, status=400):
        answer = self.call(method, path, body, status)
        message = list(answer.values())[0]['message']
        assert words in message, message

    def erase(self, volume):
        """A volume goes, once nobody uses it any more who died."""
        end = time.monotonic() + self.kind.seconds
        while True:
            self.call('DELETE', 'volumes/' + volume, None, 202)
            if not self.wait('volume', volume, None, 'error_deleting'):
                return
            assert time.monotonic() < end, open(self.stage.path('log')).read()[-1500:]
            time.sleep(1)


def open_scene(own=None, **default):
    stage = scene.Scene(**default)
    stage.kind = KINDS[sys.argv[2:] == ['pool']](stage)
    ours, theirs = stage.kind.options()
    stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes, **(own or {}), **ours}, {**default, **theirs})
    return stage


def fill(server, volume, rng, megabytes, at=0):
    server.kind.write(volume['id'], b''.join(scene.noise(rng, scene.MIB) for _ in range(megabytes)), at)


def erase_all(server):
    """A pool outlives the scene."""
    for snapshot in server.call('GET', 'snapshots')['snapshots']:
        server.call('DELETE', 'snapshots/' + snapshot['id'], None, 202)
        server.wait('snapshot', snapshot['id'], None)
    for volume in server.call('GET', 'volumes')['volumes']:
        server.call('POST', 'volumes/%s/action' % volume['id'], {'os-force_delete': None}, 202)
        server.wait('volume', volume['id'], None)
    assert server.kind.there() == [], server.kind.there()


def life(rng):
    with open_scene() as stage, Alone(stage) as server:
        data = server.make('volume', {'size': 1, 'name': 'data', 'description': 'of it', 'metadata': {'a': 'b'}})
        assert data['metadata'] == {'a': 'b'} and data['volume_type'] == '__DEFAULT__' and not data['encrypted'], data
        kind = server.kind
        assert (kind.size(data['id']), kind.used(data['id'])) == (scene.GIB, 0)
        assert sys.argv[2:] or os.stat(kind.path(data['id'])).st_mode & 0o777 == 0o600
        fill(server, data, rng, 3)
        before = kind.digest(data['id'])
        full = server.make('backup', {'volume_id': data['id'], 'name': 'full', 'metadata': {'k': 'v'}})
        assert full['metadata'] == {'k': 'v'} and full['size'] == 1
        # A record that leaves one catalogue and enters another takes its metadata along, and counts against the quota.
        record = server.call('GET', 'backups/%s/export_record' % full['id'], None, 200)
        with sqlite3.connect(stage.catalogue) as db:
            for table, column in ('backups', 'id'), ('backup_metadata', 'backup_id'):
                db.execute('delete from %s where %s = ?' % (table, column), (full['id'],))
        db.close()
        server.call('PUT', 'os-quota-sets/' + ONE, {'quota_set': {'backups': 0}}, 200)
        server.refuse('POST', 'backups/import_record', record, 'BackupLimitExceeded', 413)
        server.call('DELETE', 'os-quota-sets/' + ONE, None, 200)
        server.call('POST', 'backups/import_record', record, 201)
        again = server.wait('backup', full['id'], 'available')
        assert again['metadata'] == {'k': 'v'} and again['data_timestamp'] == full['data_timestamp'], again
        time.sleep(1)   # an increment of a snapshot is made on what is older, and times are whole seconds
        snapshot = server.make('snapshot', {'volume_id': data['id'], 'name': 'snap'})
        fill(server, data, rng, 2, 500 * scene.MIB)
        after = kind.digest(data['id'])
        # Of the snapshot: another volume, and an increment, which are as the volume was.
        twin = server.make('volume', {'snapshot_id': snapshot['id'], 'name': 'twin'})
        assert kind.digest(twin['id']) == before and twin['snapshot_id'] == snapshot['id']
        clone = server.make('volume', {'source_volid': data['id'], 'size': 2})
        assert kind.size(clone['id']) == 2 * scene.GIB and kind.used(clone['id']) <= 8 * scene.MIB
        old = server.make('backup', {'volume_id': data['id'], 'snapshot_id': snapshot['id'], 'incremental': True})
        assert old['is_incremental'] and old['snapshot_id'] == snapshot['id'] and old['object_count'] == 0, old
        assert old['data_timestamp'] == snapshot['created_at'] and server.show('snapshot', snapshot['id'])['status'] == 'available'
        new = server.make('backup', {'volume_id': data['id'], 'incremental': True})
        for backup, digest in (old, before), (new, after):
            made = server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 202)['restore']
            volume = server.wait('volume', made['volume_id'], 'available')
            # Nobody chose that name, so what the backup knows of its volume is true of this one.
            assert made['volume_name'] == 'restore_backup_' + backup['id'], made
            assert (volume['name'], volume['description']) == ('data', 'of it'), volume
            assert volume['metadata'] == {'a': 'b', 'src_backup_id': backup['id']}, volume
            assert kind.digest(volume['id']) == digest
        # Larger than its backup, and onto one that is there.
        large = server.make('volume', {'backup_id': new['id'], 'size': 2, 'name': 'large'})
        assert kind.size(large['id']) == 2 * scene.GIB
        server.call('POST', 'backups/%s/restore' % old['id'], {'restore': {'volume_id': twin['id']}}, 202)
        server.wait('volume', twin['id'], 'available')
        assert kind.digest(twin['id']) == before
        server.refuse('POST', 'volumes', {'volume': {'size': 1, 'backup_id': full['id'], 'volume_type': 'none'}},
                      'Volume type with name none could not be found.', 404)
        # A name that somebody chose stays.  What a volume was restored from stands in its metadata, unless it is itself.
        assert server.show('volume', large['id'])['name'] == 'large' and server.show('volume', twin['id'])['name'] == 'twin'
        assert server.show('volume', large['id'])['metadata'] == {'a': 'b', 'src_backup_id': new['id']}
        assert server.show('volume', twin['id'])['metadata'] == {'a': 'b', 'src_backup_id': old['id']}
        assert server.show('volume', data['id'])['metadata'] == {'a': 'b'}
        # Larger, with what it held.
        server.call('POST', 'volumes/%s/action' % data['id'], {'os-extend': {'new_size': 3}}, 202)
        assert server.wait('volume', data['id'], 'available')['size'] == 3 and kind.size(data['id']) == 3 * scene.GIB
        assert server.call('GET', 'os-quota-sets/%s?usage=True' % ONE)['quota_set']['gigabytes']['in_use'] == sum(
            v['size'] for kind in ('volumes', 'snapshots') for v in server.call('GET', kind + '/detail')[kind])
        bigger = server.make('backup', {'volume_id': data['id'], 'incremental': True})
        made = server.call('POST', 'backups/%s/restore' % bigger['id'], {'restore': {}}, 202)['restore']['volume_id']
        server.wait('volume', made, 'available')
        assert kind.size(made) == 3 * scene.GIB and kind.digest(made) == kind.digest(data['id'])
        for size, words in ((3, 'New size for extend must be greater than current size. (current: 3, extended: 3).'),
                            (0, 'is less than the minimum of 1'), ('x', 'does not match'), (None, 'None is not of type'),
                            (1.5, 'is not of type'), ([], 'is not of type'), (2 ** 31, 'Invalid volume size'),
                            ('9' * 40, 'Invalid volume size')):
            server.refuse('POST', 'volumes/%s/action' % data['id'], {'os-extend': {'new_size': size}}, words)
        server.refuse('POST', 'volumes/%s/action' % data['id'], {'os-extend': {}}, "'new_size' is a required property")
        server.refuse('POST', 'volumes/%s/action' % data['id'], {'os-extend': {'new_size': 4, 'x': 1}}, "('x' was unexpected)")
        server.refuse('POST', 'volumes/%s/action' % ONE, {'os-extend': {'new_size': 4}}, 'could not be found', 404)
        server.refuse('POST', 'snapshots/%s/action' % snapshot['id'], {'os-extend': {'new_size': 4}}, 'no such action')
        server.call('PUT', 'os-quota-sets/' + ONE, {'quota_set': {'gigabytes_%s' % data['volume_type']: 60}}, 200)
        server.refuse('POST', 'volumes/%s/action' % data['id'], {'os-extend': {'new_size': 600}},
                      'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes___DEFAULT__ quota. '
                      'Requested 597G, quota is 60G', 413)
        assert server.show('volume', data['id'])['size'] == 3 and server.show('volume', data['id'])['status'] == 'available'
        server.refuse('DELETE', 'volumes/' + data['id'], None, 'have snapshots')
        server.call('DELETE', 'snapshots/' + snapshot['id'], None, 202)
        server.wait('snapshot', snapshot['id'], None)
        for volume in server.call('GET', 'volumes')['volumes']:
            server.erase(volume['id'])
        assert kind.there() == [], kind.there()
        # A verb at the terminal knows volumes by the names of their rows, and their statuses.
        data = server.make('volume', {'size': 1, 'name': 'data'})
        assert stage.ask('backup', 'data')['volume_id'] == data['id']
        server.call('POST', 'volumes/%s/action' % data['id'], {'os-reset_status': {'status': 'error'}}, 202)
        stage.refuse('backup', 'data', says='must be available or in-use, but the current status is "error"')
        if not sys.argv[2:]:
            # A file that simply lies there is a volume; to be removed it need not have been made here.
            scene.new_volume(stage.path('volumes', 'disk.img'), 5 * scene.MIB, rng, 5)
            found = [v for v in server.call('GET', 'volumes/detail')['volumes'] if v['name'] == 'disk.img'][0]
            assert (found['size'], found['status']) == (1, 'available'), found
            assert server.make('backup', {'volume_id': found['id']})['volume_id'] == found['id']
            assert server.make('snapshot', {'volume_id': found['id']})['size'] == 1
        erase_all(server)
    print('life: made, copied, backed up, restored, removed')


def pages(rng):
    """Lists by pages, in any order, with files among the rows that have none."""
    with open_scene() as stage, Alone(stage) as server:
        for number in range(70):    # more than are read at once
            stage.lay_volume('n%d' % (number % 7), (1 + number % 3) * scene.GIB, '%08x-0000-4000-8000-000000000000' % number,
                             ONE if number % 3 else TWO)
        for name in 'a-stray', 'n3', 'zz-stray':
            scene.new_volume(stage.path('volumes', name), 2 * scene.GIB)
        whole = server.call('GET', 'volumes/detail?all_tenants=1')['volumes']
        assert len(whole) == 73 == len({v['id'] for v in whole}), len(whole)
        keys = {'created_at': 'created_at', 'name': 'name', 'size': 'size', 'status': 'status', 'id': 'id', 'display_name': 'name'}
        assert [v['created_at'] for v in whole] == sorted((v['created_at'] for v in whole), reverse=True)
        for key, shown in keys.items():
            for way in 'asc', 'desc':
                for query in '&sort=%s:%s' % (key, way), '&sort_key=%s&sort_dir=%s' % (key, way):
                    path, found = 'volumes/detail?all_tenants=1&with_count=1&limit=16' + query, []
                    while path:
                        answer = server.call('GET', path, None, 200)
                        assert answer['count'] == 73 and len(answer['volumes']) <= 16, answer
                        found += answer['volumes']
                        path = 'volumes/detail?all_tenants=1&with_count=1&limit=16%s&marker=%s' % (query, found[-1]['id']) \
                            if answer['volumes'] else None
                    assert len(found) == 73 == len({v['id'] for v in found}), (query, len(found))
                    values = [v[shown] for v in found]
                    assert values == sorted(values, reverse=way == 'desc'), (query, values)
        with server.kind.flock(whole[20]['id']) if os.path.exists(server.kind.path(whole[20]['id'])) else contextlib.nullcontext():
            for status, count in ('in-use', 1), ('available', 72), ('error', 0):
                found = server.call('GET', 'volumes?all_tenants=1&limit=5&with_count=1&status=' + status)
                assert (found['count'], len(found['volumes'])) == (count, min(count, 5)), (status, found)
        assert server.call('GET', 'volumes?all_tenants=1&offset=70')['volumes'] == [
            {key: v[key] for key in ('id', 'name', 'links')} for v in whole[70:]]
        assert len(server.call('GET', 'volumes?limit=7&name=n3&all_tenants=1')['volumes']) == 7
        # What Python prints of a dictionary is what clients send of metadata.
        server.call('PUT', 'volumes/%s/metadata' % whole[9]['id'], {'metadata': {'k': "it's", 'l': 'v'}}, 200)
        for query, expected in (('metadata={"k": "it\'s"}', [whole[9]]), ("metadata={'l': 'v', 'k': 'it\\'s'}", [whole[9]]),
                                ("metadata={'l': 'x'}", []), ("metadata={'l': 'v', 'm': 'n'}", []), ('metadata=l', []),
                                ("metadata={'l'", []), ("metadata={'l': 'v'", []), ('name~=stray', 2), ('bootable=False', 73),
                                ('bootable=1', 0)):
            found = server.call('GET', 'volumes/detail?all_tenants=1&' + urllib.parse.quote(query, safe='=~'), None, 200)['volumes']
            assert len(found) == (len(expected) if isinstance(expected, list) else expected), (query, found)
            assert not isinstance(expected, list) or [v['id'] for v in found] == [v['id'] for v in expected], (query, found)
        for force in ', ', "n', ", '':
            server.refuse('POST', 'backups', {'backup': {'volume_id': whole[9]['id'], 'force': force}}, 'is not one of [True,')
        summary = server.call('GET', 'volumes/summary?all_tenants=1')['volume-summary']
        assert (summary['total_count'], summary['total_size']) == (73, sum(v['size'] for v in whole)), summary
        for path, words in (('volumes?sort=nothing', 'Invalid sort key'), ('volumes?sort=', 'Invalid sort key'),
                            ('volumes?sort=size:up', 'Unknown sort direction'), ('backups?sort_key=nothing', 'Invalid sort key'),
                            ('volumes?sort=size&sort_dir=asc', 'are deprecated'),
                            ('volumes/summary?all_tenants=x', "Value 'x' for 'all_tenants' is not a boolean.")):
            server.refuse('GET', path, None, words)
        for path in 'volumes?sort=size:&limit=1', 'backups?sort= created_at : asc ,status'.replace(' ', '%20'):
            server.call('GET', path, None, 200)
        server.refuse('GET', 'volumes?marker=' + ONE, None, 'Volume %s could not be found.' % ONE, 404)
        # As a key for snapshots the name came later.
        status, _, answer = server.ask('GET', '/v3/%s/snapshots?sort=name' % ONE, None, {'OpenStack-API-Version': 'volume 3.29'})
        assert status == 400 and 'Invalid sort key' in str(answer), answer
        server.call('GET', 'snapshots?sort=name,size', None, 200)
    print('pages: each once, in order')


def manage(rng):
    """What is there becomes a project's: by administrators, once, and within limits."""
    with open_scene() as stage, Alone(stage) as server:
        kind = server.kind
        name = kind.lay(rng)
        path = 'os-volume-manage'
        asked = lambda source, **more: {'volume': {'ref': {'source-name': source}, 'name': 'mine', **more}}
        for source, words in (('none', 'invalid backend reference none'), ('../' + name, 'invalid backend reference'),
                              ('.snapshots', 'invalid backend reference'), ('/etc/hostname', 'invalid backend reference'),
                              ('x' * 255, 'invalid backend reference'), (name + '@snap', 'invalid backend reference'),
                              ('rbd:', 'invalid backend reference'), ('', 'must contain source-name')):
            server.refuse('POST', path, asked(source), words)
        for body, words in (({'volume': {}}, "'ref' is a required property"), ({'volume': {'ref': 5}}, 'is not of type'),
                            ({'volume': {'ref': {'a': 1}}}, 'is not of type'), ({'volume': {'ref': {'a': 'b'}}}, 'must contain source-name'),
                            (asked(name, foo=1), "('foo' was unexpected)"), (asked(name, volume_type='none'), "Cannot find requested 'none'"),
                            (asked(name, metadata={'k': 1}), 'is not of type'), (asked(name, name='x' * 256), 'is too long')):
            server.refuse('POST', path, body, words)
        server.refuse('POST', path, asked(name, host='elsewhere'), "Host 'elsewhere' not found", 503)
        server.call('PUT', 'os-quota-sets/' + ONE, {'quota_set': {'volumes': 0}}, 200)
        server.refuse('POST', path, asked(name), "exceeded for quota 'volumes'", 413)
        server.call('DELETE', 'os-quota-sets/' + ONE, None, 200)
        assert server.call('GET', 'os-quota-sets/%s?usage=True' % ONE)['quota_set']['volumes']['in_use'] == 0
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(server.ask(
            'POST', '/v3/%s/%s' % (ONE, path), asked(name, host='scene@x#y', metadata={'k': 'v'}), NEWEST))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(a[0] for a in answers) == [202, 400, 400, 400], answers
        made = [a[2]['volume'] for a in answers if a[0] == 202][0]
        found = server.wait('volume', made['id'], 'available')
        assert (found['name'], found['size'], found['metadata'], found['os-vol-tenant-attr:tenant_id']) == ('mine', 1, {'k': 'v'}, ONE), found
        server.refuse('POST', path, asked(name), 'The volume is already managed')
        assert server.call('GET', 'os-quota-sets/%s?usage=True' % ONE)['quota_set']['volumes']['in_use'] == 1
        backup = server.make('backup', {'volume_id': made['id']})
        restored = server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 202)['restore']['volume_id']
        server.wait('volume', restored, 'available')
        server.erase(made['id'])
        assert not kind.lies(name)
        # Another of that name is another volume of that id.
        assert kind.lay(rng) == name
        server.call('POST', path, asked(name), 202)
        server.erase(made['id'])
        erase_all(server)
    print('manage: what was there is a project\'s')


def types(rng):
    with open_scene({'volume_types': 'plain, hidden:encrypted, secret:encrypted'}) as stage, Alone(stage) as server:
        secret = server.make('volume', {'size': 1, 'volume_type': 'secret', 'name': 'secret'})
        plain = server.make('volume', {'size': 1, 'volume_type': 'plain'})
        assert secret['encrypted'] and secret['volume_type'] == 'secret' and not plain['encrypted'], (secret, plain)
        fill(server, secret, rng, 1)
        backup = server.make('backup', {'volume_id': secret['id']})
        assert backup['encryption_key_id'] == secret['encryption_key_id'], backup
        server.refuse('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': plain['id']}},
                      'restored to volumes of encrypted types only')
        server.refuse('POST', 'volumes', {'volume': {'backup_id': backup['id'], 'volume_type': 'plain'}},
                      'restored to volumes of encrypted types only')
        assert server.show('volume', plain['id'])['status'] == 'available'
        # Another encrypted type is as wrong; only the backup itself tells, so it is told in the end.
        hidden = server.make('volume', {'size': 1, 'volume_type': 'hidden'})
        server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': hidden['id']}}, 202)
        server.wait('volume', hidden['id'], 'error_restoring')
        server.wait('backup', backup['id'], 'available')
        server.erase(hidden['id'])
        hidden = server.make('volume', {'size': 1, 'volume_type': 'hidden'})
        stage.refuse('restore', backup['id'], server.kind.name(hidden['id']),
                     says='the backup is of an encrypted volume of type secret')
        assert server.show('volume', hidden['id'])['status'] == 'error_restoring'
        assert server.show('backup', backup['id'])['status'] == 'available'
        server.erase(hidden['id'])
        made = server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 202)['restore']
        again = server.wait('volume', made['volume_id'], 'available')
        assert again['volume_type'] == 'secret' and again['encryption_key_id'] == secret['encryption_key_id'], again
        assert server.kind.digest(secret['id']) == server.kind.digest(again['id'])
        assert 'encryption_key_id' not in server.make('backup', {'volume_id': plain['id']})
        # Types have limits of their own, beside those of the project.
        path = 'os-quota-sets/' + ONE
        used = server.call('GET', path + '?usage=True')['quota_set']
        assert used['volumes_plain'] == {'limit': -1, 'in_use': 1, 'reserved': 0}, used
        assert used['volumes_secret']['in_use'] == used['gigabytes_secret']['in_use'] == 2, used
        assert used['snapshots_plain']['in_use'] == used['volumes___DEFAULT__']['in_use'] == 0, used
        server.refuse('PUT', path, {'quota_set': {'volumes_secret': 1}}, 'Quota volumes_secret limit must be equal or greater')
        server.refuse('PUT', path, {'quota_set': {'volumes_other': 1, 'backups_plain': 1, 'volumes_plain': 5}},
                      'Bad key(s) in quota set: volumes_other, backups_plain')
        server.refuse('PUT', path, {'quota_set': {'volumes_plain': 5, 'gigabytes_plain': 'x'}}, 'must be an integer')
        assert server.call('GET', path)['quota_set']['volumes_plain'] == -1
        changed = server.call('PUT', path, {'quota_set': {'volumes_plain': 1, 'snapshots_plain': 0, 'backups': 99}}, 200)['quota_set']
        assert (changed['volumes_plain'], changed['snapshots_plain'], changed['backups']) == (1, 0, 99), changed
        server.refuse('POST', 'volumes', {'volume': {'size': 1, 'volume_type': 'plain'}},
                      "Maximum number of volumes allowed (1) exceeded for quota 'volumes_plain'.", 413)
        server.refuse('POST', 'snapshots', {'snapshot': {'volume_id': plain['id']}}, 'SnapshotLimitExceeded', 413)
        server.make('volume', {'size': 1})
        assert server.call('GET', path + '/defaults')['quota_set']['volumes_plain'] == -1
        server.call('DELETE', path, None, 200)
        server.make('snapshot', {'volume_id': plain['id']})
        erase_all(server)
    print('types: encrypted ones keep to themselves')


def use(rng):
    with open_scene({'rbd_keep_snapshot': False}) as stage, Alone(stage) as server:
        volume, kind = server.make('volume', {'size': 1, 'name': 'used'}), server.kind
        name = kind.name(volume['id'])
        fill(server, volume, rng, 4)
        before = kind.digest(volume['id'])
        for hold in kind.holds():
            with hold(volume['id']):
                assert server.show('volume', volume['id'])['status'] == 'in-use', hold
                assert [v['status'] for v in server.call('GET', 'volumes/detail?name=used')['volumes']] == ['in-use'], hold
                server.refuse('POST', 'backups', {'backup': {'volume_id': volume['id']}},
                              'Backing up an in-use volume must use the force flag.')
                backup = server.make('backup', {'volume_id': volume['id'], 'force': True})
                server.refuse('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': volume['id']}},
                              'Volume to be restored to must be available')
                server.refuse('DELETE', 'volumes/' + volume['id'], None, 'Volume status must be available')
                stage.refuse('backup', name, says='force flag')
                assert stage.ask('backup', name, '--force')['status'] == 'available'
                assert kind.temporary(volume['id']) == []
            assert server.show('volume', volume['id'])['status'] == 'available', hold
        # Marked, it is in use until it is marked otherwise, and no lock says so.
        server.call('POST', 'volumes/%s/action' % volume['id'], {'os-reset_status': {'status': 'in-use'}}, 202)
        backup = server.make('backup', {'volume_id': volume['id'], 'force': True})
        assert server.show('volume', volume['id'])['status'] == 'in-use'
        server.refuse('POST', 'snapshots', {'snapshot': {'volume_id': volume['id'], 'force': 'maybe'}}, 'is not one of')
        assert server.make('snapshot', {'volume_id': volume['id'], 'force': True})
        made = server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 202)['restore']
        server.wait('volume', made['volume_id'], 'available')
        assert kind.digest(made['volume_id']) == before
        assert len(kind.there()) == 3, kind.there()
        erase_all(server)
    print('use: locks and marks, and copies that leave nothing')


def small_scene(**own):
    """Many objects of small volumes, one job at a time."""
    stage = open_scene(own, backup_file_size=scene.MIB, backup_max_operations=1)
    stage.serving.append('--debug')     # so that notice() has something to read
    return stage


def everything(stage, after=0):
    """Nobody uses the store; or not before so much was done that something is in it."""
    return stage.hold(stage.store + '/*', after)


def conflicts(rng):
    with small_scene() as stage, Alone(stage) as server:
        volume, other = (server.make('volume', {'size': 1}) for _ in range(2))
        fill(server, volume, rng, 4)
        text = 'Volume to be backed up must be available or in-use, but the current status is "backing-up".'
        with everything(stage, after=9) as held:
            backup = server.make('backup', {'volume_id': volume['id']}, until='creating')
            held()
            assert server.show('volume', volume['id'])['status'] == 'backing-up'
            before = stage.backups()
            for force in False, True:
                server.refuse('POST', 'backups', {'backup': {'volume_id': volume['id'], 'force': force}}, text)
            server.refuse('DELETE', 'volumes/' + volume['id'], None, 'Volume status must be available')
            server.refuse('DELETE', 'backups/' + backup['id'], None, 'Backup status must be available or error')
            server.refuse('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 'Backup status must be available')
            server.refuse('POST', 'volumes', {'volume': {'backup_id': backup['id']}}, 'Originating backup status')
            server.refuse('GET', 'backups/%s/export_record' % backup['id'], None, 'must be available and not creating')
            server.refuse('POST', 'snapshots', {'snapshot': {'volume_id': volume['id']}}, 'but current status is: backing-up')
            stage.refuse('backup', server.kind.name(volume['id']), says='current status is "backing-up"')
            assert {k: v['status'] for k, v in stage.backups().items()} == {k: v['status'] for k, v in before.items()}
            # Cancelled by force delete: the volume is as it was, and the store empty.
            server.call('POST', 'backups/%s/action' % backup['id'], {'os-force_delete': None}, 202)
        server.wait('backup', backup['id'], None)
        server.wait('volume', volume['id'], 'available')
        assert not stage.stored(), stage.stored()
        backup = server.make('backup', {'volume_id': volume['id']})
        # A restore keeps its backup and its target; a reset to error ends it.
        with everything(stage, after=4) as held:
            server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': other['id']}}, 202)
            held()
            assert server.show('volume', other['id'])['status'] == 'restoring-backup'
            server.refuse('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 'Backup status must be available')
            server.refuse('DELETE', 'backups/' + backup['id'], None, 'Backup status must be available or error')
            server.refuse('DELETE', 'volumes/' + other['id'], None, 'Volume status must be available')
            server.refuse('POST', 'backups', {'backup': {'volume_id': other['id']}}, 'current status is "restoring-backup"')
        server.wait('volume', other['id'], 'available')
        server.wait('backup', backup['id'], 'available')
        with everything(stage, after=4) as held:
            server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': other['id']}}, 202)
            held()
            server.call('POST', 'backups/%s/action' % backup['id'], {'os-reset_status': {'status': 'error'}}, 202)
            stage.notice(backup['id'])
        server.wait('volume', other['id'], 'error')
        server.wait('backup', backup['id'], 'available')
        # Many at once for one volume: one is let in, the others are told why, and nothing else changes.
        answers = []

        def race():
            answers.append(server.ask('POST', '/v3/%s/backups' % ONE, {'backup': {'volume_id': volume['id']}}))
        with everything(stage):
            threads = [threading.Thread(target=race) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(a[0] for a in answers) == [202] + 7 * [400], [a[0] for a in answers]
            assert all(text in str(a[2]) for a in answers if a[0] == 400)
            assert len(stage.backups()) == 2
            made = [a[2]['backup']['id'] for a in answers if a[0] == 202][0]
            server.call('POST', 'backups/%s/action' % made, {'os-force_delete': None}, 202)
        server.wait('backup', made, None)
        erase_all(server)
    print('conflicts: each refused in the documented words')


def end_by_status(stage, relay):
    """By the API, while the server behind this relay is silent: a backup at work is deleted, a restore reset to error."""
    stage.kind = Files(stage)
    with open(stage.conf, 'a') as f:
        print('listen = 127.0.0.1:0', 'volumes_dir = ' + stage.volumes, 'skip_zeros = true', sep='\n', file=f)
    with Alone(stage) as server:
        volume, other = (server.make('volume', {'size': 1}) for _ in range(2))
        fill(server, volume, scene.seeded('ended'), 8)
        with relay.hold(4 * scene.MIB) as held:
            backup = server.make('backup', {'volume_id': volume['id']}, until=None)
            held()
            server.call('POST', 'backups/%s/action' % backup['id'], {'os-force_delete': None}, 202)
            server.wait('volume', volume['id'], 'available')
        server.wait('backup', backup['id'], None)
        assert not stage.stored(), stage.stored()
        backup = server.make('backup', {'volume_id': volume['id']})
        with relay.hold(4 * scene.MIB) as held:
            server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': other['id']}}, 202)
            held()
            server.call('POST', 'backups/%s/action' % backup['id'], {'os-reset_status': {'status': 'error'}}, 202)
            server.wait('volume', other['id'], 'error')
        server.wait('backup', backup['id'], 'available')
        server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': volume['id']}}, 202)
        server.wait('volume', volume['id'], 'available')
        server.call('DELETE', 'backups/' + backup['id'], None, 202)
        server.wait('backup', backup['id'], None)


def turns(rng):
    with small_scene(queue_max=4) as stage, Alone(stage) as server:
        volumes = [server.make('volume', {'size': 1}) for _ in range(6)]
        for volume in volumes:
            fill(server, volume, rng, 1)
        with stage.hold(server.kind.path(volumes[0]['id'])) as held:
            many = [server.make('backup', {'volume_id': v['id']}, until=None)['id'] for v in volumes[:4]]
            # The other project's goes behind one of the many, and not behind all of them.
            few = server.make('backup', {'volume_id': volumes[4]['id']}, until=None, project=TWO)['id']
            held()
            server.refuse('POST', 'backups', {'backup': {'volume_id': volumes[5]['id']}}, 'wait already', 503)
            assert server.show('volume', volumes[5]['id'])['status'] == 'available'
            # One that waits is cancelled at once, and its volume is free.
            server.call('POST', 'backups/%s/action' % many[3], {'os-force_delete': None}, 202)
            server.wait('backup', many[3], None)
            server.wait('volume', volumes[3]['id'], 'available')
        stage.wait_until(lambda: all(row['status'] == 'available' for row in stage.backups().values()), 'some do not end')
        # One at a time, so they end in the order in which they begin to write.
        began = re.findall(r'\] begin \S+_backup_(\S{36})', stage.log())
        assert sorted(began) == sorted(many[:3] + [few]), (began, many, few)
        assert began[0] == many[0] and began.index(few) <= 1 + (began[1] == many[1]), (began, many, few)
        assert began.index(few) < began.index(many[2]), (began, many, few)
        # A project at its limit is told so, and what it has counts until it is gone.
        server.call('PUT', 'os-quota-sets/' + ONE, {'quota_set': {'backups': 3}}, 200)
        server.refuse('POST', 'backups', {'backup': {'volume_id': volumes[5]['id']}},
                      'BackupLimitExceeded: Maximum number of backups allowed (3) exceeded', 413)
        server.call('DELETE', 'backups/' + many[0], None, 202)
        server.wait('backup', many[0], None)
        server.make('backup', {'volume_id': volumes[5]['id']})
    print('turns: by project, within limits')


def killed(rng):
    with small_scene() as stage:
        server = Alone(stage)
        server.__enter__()
        volume, target = (server.make('volume', {'size': 1}) for _ in range(2))
        fill(server, volume, rng, 4)
        snapshot = server.make('snapshot', {'volume_id': volume['id']})
        good = server.make('backup', {'volume_id': volume['id']})
        used = server.call('GET', 'os-quota-sets/%s?usage=True' % ONE)['quota_set']

        def crash():
            server.child.send_signal(signal.SIGKILL)
            server.child.wait()

        def crash_in_the_middle(path, body, *key):
            """Of what this asks for; the id of what that was to make."""
            with everything(stage, after=4) as held:
                made = server.call('POST', path, body, 202)[key[0]][key[1]]
                held()
                crash()
            server.__enter__()
            return made

        def check():
            found = server.call('GET', 'os-quota-sets/%s?usage=True' % ONE)['quota_set']
            assert found == used, (found, used)
            expected = sorted(v['id'] for v in (snapshot, volume, target))
            assert server.kind.there() == expected, server.kind.there()
            assert len(server.kind.temporary(volume['id'])) <= 1

        # In use: the copy that is read goes with the process.
        with server.kind.flock(volume['id']):
            half = crash_in_the_middle('backups', {'backup': {'volume_id': volume['id'], 'force': True}}, 'backup', 'id')
        server.wait('volume', volume['id'], 'available')
        assert server.wait('backup', half, 'error')['fail_reason'].startswith('incomplete backup reset')
        server.call('DELETE', 'backups/' + half, None, 202)
        server.wait('backup', half, None)
        check()
        half = crash_in_the_middle('backups', {'backup': {'volume_id': volume['id'], 'snapshot_id': snapshot['id']}}, 'backup', 'id')
        server.wait('snapshot', snapshot['id'], 'available')
        server.wait('backup', half, 'error')
        server.call('DELETE', 'backups/' + half, None, 202)
        server.wait('backup', half, None)
        again = 'backups/%s/restore' % good['id']
        crash_in_the_middle(again, {'restore': {'volume_id': target['id']}}, 'restore', 'volume_id')
        server.wait('volume', target['id'], 'error_restoring')
        server.wait('backup', good['id'], 'available')
        check()
        for path, body, key, ends in ((again, {'restore': {}}, ('restore', 'volume_id'), 'error_restoring'),
                                      ('volumes', {'volume': {'backup_id': good['id']}}, ('volume', 'id'), 'error')):
            made = crash_in_the_middle(path, body, *key)
            server.wait('volume', made, ends)
            server.erase(made)
        check()
        # What was being made larger when the process died is as large as its row says.
        with sqlite3.connect(stage.catalogue) as db:
            db.execute("update volumes set status = 'extending', previous_status = 'available', size = 2 where id = ?", (target['id'],))
        db.close()
        open(stage.path('state', 'cinderbank-jobs', target['id']), 'w').close()
        crash()
        server.__enter__()
        server.wait('volume', target['id'], 'available')
        assert server.kind.size(target['id']) == 2 * scene.GIB
        erase_all(server)
        server.__exit__()
    print('killed: everything is what it was, or says that it is not')


KINDS = Files, Images


def main():
    play = {f.__name__: f for f in (life, pages, manage, types, use, conflicts, turns, killed)}[sys.argv[1]]
    play(scene.seeded('volumes', sys.argv[1]))


if __name__ == '__main__':
    main()
