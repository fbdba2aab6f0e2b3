#!/usr/bin/python3
"""Volumes and snapshots of a service that stands alone, by its API: life, types, use, conflicts, turns, and crashes.

    volumes.py life|types|use|conflicts|turns|killed
"""
import fcntl
import os
import signal
import sys
import threading
import time

import scene
from wire import Server

NEWEST = {'OpenStack-API-Version': 'volume 3.70'}
ONE, TWO = '1' * 32, '2' * 32


class Alone(Server):
    def __init__(self, stage):
        super().__init__(stage)
        self.project = ONE

    def call(self, method, path, body=None, status=None, project=None):
        got, _, answer = self.ask(method, '/v3/%s/%s' % (project or self.project, path), body, NEWEST)
        assert status in (None, got), '%s %s: %d, not %d: %s\n%s' % (
            method, path, got, status, answer, open(self.stage.path('log')).read()[-1500:])
        return answer

    def show(self, kind, identifier):
        got, _, answer = self.ask('GET', '/v3/%s/%ss/%s' % (self.project, kind, identifier), None, NEWEST)
        return answer[kind] if got == 200 else None

    def wait(self, kind, identifier, *wanted, seconds=30):
        """Until it is in one of these statuses; None: until it is gone."""
        end = time.monotonic() + seconds
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

    def file_of(self, volume):
        return self.stage.path('volumes', 'volume-' + volume['id'])

    def files(self):
        """What lies in volumes_dir, hidden or not, by its name."""
        return sorted(os.path.relpath(os.path.join(top, name), self.stage.volumes)
                      for top, _, names in os.walk(self.stage.volumes) for name in names)


def open_scene(own=None, **default):
    stage = scene.Scene(**default)
    stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes, **(own or {})}, default)
    return stage


def fill(path, rng, megabytes, at=0):
    """Noise in a sparse file, which stays as long as it is."""
    with open(path, 'r+b') as f:
        f.seek(at)
        for _ in range(megabytes):
            f.write(scene.noise(rng, scene.MIB))


def life(rng):
    with open_scene() as stage, Alone(stage) as server:
        data = server.make('volume', {'size': 1, 'name': 'data', 'metadata': {'a': 'b'}})
        assert data['metadata'] == {'a': 'b'} and data['volume_type'] == '__DEFAULT__' and not data['encrypted'], data
        state = os.stat(server.file_of(data))
        assert (state.st_size, state.st_blocks, state.st_mode & 0o777) == (scene.GIB, 0, 0o600), state
        fill(server.file_of(data), rng, 3)
        before = scene.sha256(server.file_of(data))
        full = server.make('backup', {'volume_id': data['id'], 'name': 'full', 'metadata': {'k': 'v'}})
        assert full['metadata'] == {'k': 'v'} and full['size'] == 1
        time.sleep(1)   # an increment of a snapshot is made on what is older, and times are whole seconds
        snapshot = server.make('snapshot', {'volume_id': data['id'], 'name': 'snap'})
        fill(server.file_of(data), rng, 2, 500 * scene.MIB)
        after = scene.sha256(server.file_of(data))
        # Of the snapshot: another volume, and an increment, which are as the volume was.
        twin = server.make('volume', {'snapshot_id': snapshot['id'], 'name': 'twin'})
        assert scene.sha256(server.file_of(twin)) == before and twin['snapshot_id'] == snapshot['id']
        clone = server.make('volume', {'source_volid': data['id'], 'size': 2})
        assert os.path.getsize(server.file_of(clone)) == 2 * scene.GIB
        old = server.make('backup', {'volume_id': data['id'], 'snapshot_id': snapshot['id'], 'incremental': True})
        assert old['is_incremental'] and old['snapshot_id'] == snapshot['id'] and old['object_count'] == 0, old
        assert old['data_timestamp'] == snapshot['created_at'] and server.show('snapshot', snapshot['id'])['status'] == 'available'
        new = server.make('backup', {'volume_id': data['id'], 'incremental': True})
        for backup, digest in (old, before), (new, after):
            made = server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 202)['restore']
            volume = server.wait('volume', made['volume_id'], 'available')
            assert volume['name'] == made['volume_name'] == 'restore_backup_' + backup['id']
            assert scene.sha256(server.file_of(volume)) == digest
        # Larger than its backup, and onto one that is there.
        large = server.make('volume', {'backup_id': new['id'], 'size': 2, 'name': 'large'})
        assert os.path.getsize(server.file_of(large)) == 2 * scene.GIB
        server.call('POST', 'backups/%s/restore' % old['id'], {'restore': {'volume_id': twin['id']}}, 202)
        server.wait('volume', twin['id'], 'available')
        assert scene.sha256(server.file_of(twin)) == before
        server.refuse('POST', 'volumes', {'volume': {'size': 1, 'backup_id': full['id'], 'volume_type': 'none'}},
                      'Volume type with name none could not be found.', 404)
        server.refuse('DELETE', 'volumes/' + data['id'], None, 'have snapshots')
        server.call('DELETE', 'snapshots/' + snapshot['id'], None, 202)
        server.wait('snapshot', snapshot['id'], None)
        for volume in server.call('GET', 'volumes')['volumes']:
            server.call('DELETE', 'volumes/' + volume['id'], None, 202)
            server.wait('volume', volume['id'], None)
        assert server.files() == [], server.files()
        # A verb at the terminal knows volumes by the names of their rows, and their statuses.
        data = server.make('volume', {'size': 1, 'name': 'data'})
        assert stage.ask('backup', 'data')['volume_id'] == data['id']
        server.call('POST', 'volumes/%s/action' % data['id'], {'os-reset_status': {'status': 'error'}}, 202)
        stage.refuse('backup', 'data', says='must be available or in-use, but the current status is "error"')
        # A file that simply lies there is a volume; to be removed it need not have been made here.
        scene.new_volume(stage.path('volumes', 'disk.img'), 5 * scene.MIB, rng, 5)
        found = [v for v in server.call('GET', 'volumes/detail')['volumes'] if v['name'] == 'disk.img'][0]
        assert (found['size'], found['status']) == (1, 'available'), found
        assert server.make('backup', {'volume_id': found['id']})['volume_id'] == found['id']
        assert server.make('snapshot', {'volume_id': found['id']})['size'] == 1
    print('life: made, copied, backed up, restored, removed')


def types(rng):
    with open_scene({'volume_types': 'plain, secret:encrypted'}) as stage, Alone(stage) as server:
        secret = server.make('volume', {'size': 1, 'volume_type': 'secret', 'name': 'secret'})
        plain = server.make('volume', {'size': 1, 'volume_type': 'plain'})
        assert secret['encrypted'] and secret['volume_type'] == 'secret' and not plain['encrypted'], (secret, plain)
        fill(server.file_of(secret), rng, 1)
        backup = server.make('backup', {'volume_id': secret['id']})
        assert backup['encryption_key_id'] == secret['encryption_key_id'], backup
        server.refuse('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': plain['id']}},
                      'restored to volumes of encrypted types only')
        server.refuse('POST', 'volumes', {'volume': {'backup_id': backup['id'], 'volume_type': 'plain'}},
                      'restored to volumes of encrypted types only')
        assert server.show('volume', plain['id'])['status'] == 'available'
        made = server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 202)['restore']
        again = server.wait('volume', made['volume_id'], 'available')
        assert again['volume_type'] == 'secret' and again['encryption_key_id'] == secret['encryption_key_id'], again
        assert scene.same(server.file_of(secret), server.file_of(again))
        assert 'encryption_key_id' not in server.make('backup', {'volume_id': plain['id']})
    print('types: encrypted ones keep to themselves')


def use(rng):
    with open_scene() as stage, Alone(stage) as server:
        volume = server.make('volume', {'size': 1})
        path = server.file_of(volume)
        fill(path, rng, 4)
        before = scene.sha256(path)
        locks = {'flock': lambda f: fcntl.flock(f, fcntl.LOCK_EX), 'bytes': lambda f: fcntl.lockf(f, fcntl.LOCK_EX, 1, 100)}
        for name, lock in locks.items():
            with open(path, 'r+b') as f:
                lock(f)
                assert server.show('volume', volume['id'])['status'] == 'in-use', name
                server.refuse('POST', 'backups', {'backup': {'volume_id': volume['id']}},
                              'Backing up an in-use volume must use the force flag.')
                backup = server.make('backup', {'volume_id': volume['id'], 'force': True})
                server.refuse('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': volume['id']}},
                              'Volume to be restored to must be available')
                server.refuse('DELETE', 'volumes/' + volume['id'], None, 'Volume status must be available')
                stage.refuse('backup', path, says='force flag')
                assert stage.ask('backup', path, '--force')['status'] == 'available'
            assert server.show('volume', volume['id'])['status'] == 'available', name
        # Marked, it is in use until it is marked otherwise, and no lock says so.
        server.call('POST', 'volumes/%s/action' % volume['id'], {'os-reset_status': {'status': 'in-use'}}, 202)
        backup = server.make('backup', {'volume_id': volume['id'], 'force': True})
        assert server.show('volume', volume['id'])['status'] == 'in-use'
        server.refuse('POST', 'snapshots', {'snapshot': {'volume_id': volume['id'], 'force': 'maybe'}}, 'is not one of')
        assert server.make('snapshot', {'volume_id': volume['id'], 'force': True})
        made = server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 202)['restore']
        server.wait('volume', made['volume_id'], 'available')
        assert scene.sha256(stage.path('volumes', 'volume-' + made['volume_id'])) == before
        assert len(server.files()) == 3, server.files()
    print('use: locks and marks, and copies that leave nothing')


def slow_scene(**own):
    """bz2 is slow enough to be met at work."""
    return open_scene(own, backup_compression_algorithm='bz2', backup_file_size=scene.MIB, backup_max_operations=1)


def conflicts(rng):
    with slow_scene() as stage, Alone(stage) as server:
        volume, other = (server.make('volume', {'size': 1}) for _ in range(2))
        with open(server.file_of(volume), 'r+b') as f:
            f.write(scene.prose(rng, scene.MIB) * 96)
        text = 'Volume to be backed up must be available or in-use, but the current status is "backing-up".'
        backup = server.make('backup', {'volume_id': volume['id']}, until='creating')
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
        stage.refuse('backup', server.file_of(volume), says='current status is "backing-up"')
        assert {k: v['status'] for k, v in stage.backups().items()} == {k: v['status'] for k, v in before.items()}
        # Cancelled by force delete: the volume is as it was, and the store empty.
        server.call('POST', 'backups/%s/action' % backup['id'], {'os-force_delete': None}, 202)
        server.wait('backup', backup['id'], None)
        server.wait('volume', volume['id'], 'available')
        assert not stage.stored(), stage.stored()
        backup = server.make('backup', {'volume_id': volume['id']}, until=('available',))
        # A restore keeps its backup and its target; a reset to error ends it soon.
        server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': other['id']}}, 202)
        assert server.show('volume', other['id'])['status'] == 'restoring-backup'
        server.refuse('POST', 'backups/%s/restore' % backup['id'], {'restore': {}}, 'Backup status must be available')
        server.refuse('DELETE', 'backups/' + backup['id'], None, 'Backup status must be available or error')
        server.refuse('DELETE', 'volumes/' + other['id'], None, 'Volume status must be available')
        server.refuse('POST', 'backups', {'backup': {'volume_id': other['id']}}, 'current status is "restoring-backup"')
        server.wait('volume', other['id'], 'available')
        server.wait('backup', backup['id'], 'available')
        for _ in range(10):     # until one is met before it is done
            server.call('POST', 'backups/%s/restore' % backup['id'], {'restore': {'volume_id': other['id']}}, 202)
            server.call('POST', 'backups/%s/action' % backup['id'], {'os-reset_status': {'status': 'error'}}, 202)
            ended = server.wait('volume', other['id'], 'error', 'available')['status']
            server.wait('backup', backup['id'], 'available')
            if ended == 'error':
                break
        assert ended == 'error', ended
        # Many at once for one volume: one is let in, the others are told why, and nothing else changes.
        answers = []

        def race():
            answers.append(server.ask('POST', '/v3/%s/backups' % ONE, {'backup': {'volume_id': volume['id']}}))
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
    print('conflicts: each refused in the documented words')


def turns(rng):
    with slow_scene(queue_max=4) as stage, Alone(stage) as server:
        volumes = [server.make('volume', {'size': 1}) for _ in range(6)]
        for volume in volumes:
            fill(server.file_of(volume), rng, 12)
        many = [server.make('backup', {'volume_id': v['id']}, until=None)['id'] for v in volumes[:4]]
        # The other project's goes behind one of the many, and not behind all of them.
        few = server.make('backup', {'volume_id': volumes[4]['id']}, until=None, project=TWO)['id']
        server.refuse('POST', 'backups', {'backup': {'volume_id': volumes[5]['id']}}, 'wait already', 503)
        assert server.show('volume', volumes[5]['id'])['status'] == 'available'
        # One that waits is cancelled at once, and its volume is free.
        server.call('POST', 'backups/%s/action' % many[3], {'os-force_delete': None}, 202)
        server.wait('backup', many[3], None, seconds=5)
        server.wait('volume', volumes[3]['id'], 'available')
        running = lambda: [i for i in many[:3] + [few] if server.show('backup', i)['status'] == 'available']
        ended = []
        while len(ended) < 4:
            ended += [i for i in running() if i not in ended]
            time.sleep(0.02)
        assert ended[0] == many[0] and ended.index(few) <= 1 + (ended[1] == many[1]), (ended, many, few)
        assert ended.index(few) < ended.index(many[2]), (ended, many, few)
        # A project at its limit is told so, and what it has counts until it is gone.
        server.call('PUT', 'os-quota-sets/' + ONE, {'quota_set': {'backups': 3}}, 200)
        server.refuse('POST', 'backups', {'backup': {'volume_id': volumes[5]['id']}},
                      'BackupLimitExceeded: Maximum number of backups allowed (3) exceeded', 413)
        server.call('DELETE', 'backups/' + many[0], None, 202)
        server.wait('backup', many[0], None)
        server.make('backup', {'volume_id': volumes[5]['id']})
    print('turns: by project, within limits')


def killed(rng):
    with slow_scene() as stage:
        server = Alone(stage)
        server.__enter__()
        volume, target = (server.make('volume', {'size': 1}) for _ in range(2))
        fill(server.file_of(volume), rng, 32)
        snapshot = server.make('snapshot', {'volume_id': volume['id']})
        good = server.make('backup', {'volume_id': volume['id']})
        used = server.call('GET', 'os-quota-sets/%s?usage=True' % ONE)['quota_set']

        def crash():
            server.child.send_signal(signal.SIGKILL)
            server.child.wait()
            server.__enter__()

        def check():
            found = server.call('GET', 'os-quota-sets/%s?usage=True' % ONE)['quota_set']
            assert found == used, (found, used)
            expected = ['.snapshots/snapshot-' + snapshot['id']] + ['volume-' + v['id'] for v in (volume, target)]
            assert server.files() == sorted(expected), server.files()

        # In use: the copy that is read goes with the process.
        with open(server.file_of(volume), 'r+b') as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            half = server.make('backup', {'volume_id': volume['id'], 'force': True}, until='creating')
            crash()
        server.wait('volume', volume['id'], 'available')
        assert server.wait('backup', half['id'], 'error')['fail_reason'].startswith('incomplete backup reset')
        server.call('DELETE', 'backups/' + half['id'], None, 202)
        server.wait('backup', half['id'], None)
        check()
        half = server.make('backup', {'volume_id': volume['id'], 'snapshot_id': snapshot['id']}, until='creating')
        assert server.show('snapshot', snapshot['id'])['status'] == 'backing-up'
        crash()
        server.wait('snapshot', snapshot['id'], 'available')
        server.call('DELETE', 'backups/' + half['id'], None, 202)
        server.wait('backup', half['id'], None)
        server.call('POST', 'backups/%s/restore' % good['id'], {'restore': {'volume_id': target['id']}}, 202)
        crash()
        server.wait('volume', target['id'], 'error_restoring')
        server.wait('backup', good['id'], 'available')
        check()
        made = server.call('POST', 'backups/%s/restore' % good['id'], {'restore': {}}, 202)['restore']['volume_id']
        crash()
        server.wait('volume', made, 'error_restoring')
        server.call('DELETE', 'volumes/' + made, None, 202)
        server.wait('volume', made, None)
        made = server.call('POST', 'volumes', {'volume': {'backup_id': good['id']}}, 202)['volume']['id']
        crash()
        server.wait('volume', made, 'error')
        server.call('DELETE', 'volumes/' + made, None, 202)
        server.wait('volume', made, None)
        check()
        server.__exit__()
    print('killed: everything is what it was, or says that it is not')


def main():
    play = {f.__name__: f for f in (life, types, use, conflicts, turns, killed)}[sys.argv[1]]
    play(scene.seeded('volumes', sys.argv[1]))


main()
