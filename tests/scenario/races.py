#!/usr/bin/python3
"""Requests that cannot all be granted, sent at once; and a service that is killed at any moment of whatever it does.

    races.py limits|owners|struck

However it ends, what a project is said to use is what there is, and nothing else lies about.
"""
import concurrent.futures
import random
import signal
import sys
import time

import scene
from volumes import NEWEST, ONE, TWO, Alone, erase_all, everything, fill, open_scene, small_scene

GOING = {'creating', 'deleting', 'extending', 'backing-up', 'restoring-backup', 'restoring'}


def at_once(server, requests):
    """Status and answer of each (method, path, body[, project]), all sent together."""
    def ask(request):
        method, path, body, *project = request
        status, _, answer = server.ask(method, '/v3/%s/%s' % (project[0] if project else ONE, path), body, NEWEST)
        return status, answer
    with concurrent.futures.ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(ask, requests))


def statuses(answers):
    return sorted(status for status, _ in answers)


def found(server, project=ONE):
    """Every volume, snapshot and backup of the project, by kind."""
    return {kind: server.call('GET', kind + '/detail', project=project)[kind] for kind in ('volumes', 'snapshots', 'backups')}


def settled(server):
    """Wait until nothing is under way; what there is then."""
    end = time.monotonic() + server.kind.seconds
    while True:
        there = found(server)
        going = [(kind, row['id'], row['status']) for kind in there for row in there[kind] if row['status'] in GOING]
        if not going:
            return there
        assert time.monotonic() < end, (going, open(server.stage.path('log')).read()[-1500:])
        time.sleep(0.05)


def check_used(server, there, project=ONE):
    """What the quotas count is what is listed."""
    used = server.call('GET', 'os-quota-sets/%s?usage=True' % project)['quota_set']
    counted = {'volumes': len(there['volumes']), 'snapshots': len(there['snapshots']), 'backups': len(there['backups']),
               'gigabytes': sum(row['size'] for kind in ('volumes', 'snapshots') for row in there[kind]),
               'backup_gigabytes': sum(row['size'] for row in there['backups'])}
    assert {name: used[name]['in_use'] for name in counted} == counted, (used, counted)
    assert all(used[name]['reserved'] == 0 for name in counted), used


def limits(rng):
    """Of many at once as many are let in as the quotas allow, whatever the limit does meanwhile."""
    with open_scene(backup_max_operations=2) as stage, Alone(stage) as server:
        quota = 'os-quota-sets/' + ONE
        server.call('PUT', quota, {'quota_set': {'volumes': 3, 'gigabytes': 5, 'snapshots': 2, 'backups': 2}}, 200)
        answers = at_once(server, 8 * [('POST', 'volumes', {'volume': {'size': 1}})])
        assert statuses(answers) == 3 * [202] + 5 * [413], answers
        volumes = [row['id'] for row in settled(server)['volumes']]
        # Five gigabytes: two are free, for a volume that grows or for snapshots.
        answers = at_once(server, [('POST', 'volumes/%s/action' % volume, {'os-extend': {'new_size': 3}}) for volume in volumes]
                          + 3 * [('POST', 'snapshots', {'snapshot': {'volume_id': volumes[0]}})])
        there = settled(server)
        assert sum(row['size'] for kind in ('volumes', 'snapshots') for row in there[kind]) <= 5, there
        check_used(server, there)
        answers = at_once(server, [('POST', 'backups', {'backup': {'volume_id': volume}}) for volume in volumes])
        assert statuses(answers) == [202, 202, 413], answers
        # A limit that moves while others are let in is kept by all who come after it.
        there = settled(server)
        for row in there['backups']:
            server.call('DELETE', 'backups/' + row['id'], None, 202)
            server.wait('backup', row['id'], None)
        for _ in range(5):
            answers = at_once(server, [('PUT', quota, {'quota_set': {'backups': n}}) for n in (1, 2, 0)]
                              + [('POST', 'backups', {'backup': {'volume_id': volume}}) for volume in volumes])
            assert set(statuses(answers[:3])) <= {200, 400} and set(statuses(answers[3:])) <= {202, 413}, answers
            there = settled(server)
            assert len(there['backups']) <= 2, there
            check_used(server, there)
            for row in there['backups']:
                server.call('DELETE', 'backups/' + row['id'], None, 202)
                server.wait('backup', row['id'], None)
        # Each project has limits of its own, and an administrator's backup for one counts there.
        server.call('PUT', quota, {'quota_set': {'backups': 0}}, 200)
        answers = at_once(server, [('POST', 'backups', {'backup': {'volume_id': volume}}, project)
                                   for volume, project in zip(volumes, (ONE, TWO))])
        assert [status for status, _ in answers] == [413, 202], answers
        server.wait('volume', volumes[1], 'available')
        check_used(server, found(server))
        check_used(server, found(server, TWO), TWO)
        assert len(found(server, TWO)['backups']) == 1
    print('limits: kept by all at once')


def owners(rng):
    """Of all who want to change one thing, one at a time may."""
    with small_scene() as stage, Alone(stage) as server:
        volume, other = (server.make('volume', {'size': 1})['id'] for _ in range(2))
        server.kind.write(volume, scene.prose(rng, scene.MIB) * 8)
        # A volume that is backed up grows, goes and is restored to for nobody.
        with everything(stage) as held:
            backup = server.make('backup', {'volume_id': volume}, until='creating')['id']
            held()
            answers = at_once(server, [('POST', 'volumes/%s/action' % volume, {'os-extend': {'new_size': 2}}),
                                       ('DELETE', 'volumes/' + volume, None), ('DELETE', 'backups/' + backup, None),
                                       ('POST', 'snapshots', {'snapshot': {'volume_id': volume}}),
                                       ('POST', 'volumes', {'volume': {'source_volid': volume}}),
                                       ('POST', 'backups/%s/restore' % backup, {'restore': {'volume_id': other}})])
            assert statuses(answers) == 6 * [400], answers
        server.wait('backup', backup, 'available')
        assert server.show('volume', volume)['size'] == 1 and server.show('volume', volume)['status'] == 'available'
        # Of two restores, deletes and a backup of the target, what is let in does not meet another.
        for _ in range(5):
            answers = at_once(server, 2 * [('POST', 'backups/%s/restore' % backup, {'restore': {'volume_id': other}})] + [
                ('POST', 'volumes/%s/action' % other, {'os-extend': {'new_size': 1 + server.show('volume', other)['size']}}),
                ('POST', 'backups', {'backup': {'volume_id': other}})])
            assert {202} <= set(statuses(answers)) <= {202, 400}, answers
            there = settled(server)
            assert {row['status'] for row in there['volumes']} == {'available'}, there
            for row in there['backups']:
                if row['volume_id'] == other:
                    server.call('DELETE', 'backups/' + row['id'], None, 202)
                    server.wait('backup', row['id'], None)
        # What is made of a volume that grows, or is restored to, is what it was before, or after, or is refused.
        grown = server.make('volume', {'size': 1})['id']
        for size in range(2, 8):
            answers = at_once(server, 3 * [('POST', 'volumes', {'volume': {'source_volid': grown, 'name': 'of'}})] + [
                ('POST', 'volumes/%s/action' % grown, {'os-extend': {'new_size': size}})])
            assert {202} <= set(statuses(answers)) <= {202, 400}, answers
            there = settled(server)
            assert {row['status'] for row in there['volumes']} == {'available'}, there
            for row in there['volumes']:
                assert server.kind.size(row['id']) == row['size'] * scene.GIB, (row, answers)
                if row['name'] == 'of':
                    server.erase(row['id'])
        server.erase(grown)
        written = {server.kind.digest(volume)}
        server.kind.write(volume, scene.prose(rng, scene.MIB) * 8)
        written.add(server.kind.digest(volume))
        answers = at_once(server, [('POST', 'volumes', {'volume': {'source_volid': volume, 'name': 'of'}}),
                                   ('POST', 'backups/%s/restore' % backup, {'restore': {'volume_id': volume}})])
        assert {202} <= set(statuses(answers)) <= {202, 400}, answers
        for row in settled(server)['volumes']:
            if row['name'] == 'of':
                assert row['status'] == 'available' and server.kind.digest(row['id']) in written, answers
                server.erase(row['id'])
        # One record, imported by many, is there once.
        record = server.call('GET', 'backups/%s/export_record' % backup, None, 200)
        for path in 'backups/' + backup, 'volumes/' + other:
            assert set(statuses(at_once(server, 5 * [('DELETE', path, None)]))) <= {202, 400, 404}
            server.wait(path.split('s/')[0], path.split('/')[1], None)
        answers = at_once(server, 5 * [('POST', 'backups/import_record', record)])
        assert set(statuses(answers)) <= {201, 400, 404} and statuses(answers).count(201) <= 1, answers     # its objects are gone
        for row in settled(server)['backups']:
            assert row['status'] == 'error', row
            server.call('DELETE', 'backups/' + row['id'], None, 202)
            server.wait('backup', row['id'], None)
        assert not found(server)['backups'] and not stage.stored(), stage.stored()
        check_used(server, found(server))
        # Made of what goes: either is refused, or both are done.
        for _ in range(5):
            snapshot = server.make('snapshot', {'volume_id': volume})['id']
            answers = at_once(server, [('DELETE', 'snapshots/' + snapshot, None), ('DELETE', 'volumes/' + volume, None),
                                       ('POST', 'volumes', {'volume': {'snapshot_id': snapshot, 'name': 'of'}})])
            assert answers[1][0] == 400 and set(statuses(answers)) <= {202, 400, 404}, answers
            there = settled(server)
            assert {row['status'] for row in there['volumes'] if row['name'] != 'of'} == {'available'}, there
            for row in there['snapshots']:
                server.call('DELETE', 'snapshots/' + row['id'], None, 202)
                server.wait('snapshot', row['id'], None)
            for row in there['volumes']:
                if row['name'] == 'of':
                    server.call('POST', 'volumes/%s/action' % row['id'], {'os-force_delete': None}, 202)
                    server.wait('volume', row['id'], None)
        assert server.kind.there() == [volume], server.kind.there()
    print('owners: one at a time')


def any_request(rng, there):
    """Something that somebody may want, of what there is."""
    ids = {kind: [row['id'] for row in rows] for kind, rows in there.items()}
    volume = rng.choice(ids['volumes'])
    wanted = [('POST', 'volumes', {'volume': {'size': 1}}), ('POST', 'volumes', {'volume': {'source_volid': volume}}),
              ('POST', 'snapshots', {'snapshot': {'volume_id': volume}}),
              ('POST', 'backups', {'backup': {'volume_id': volume, 'incremental': rng.random() < 0.5}}),
              ('DELETE', 'volumes/' + volume, None),
              ('POST', 'volumes/%s/action' % volume, {'os-extend': {'new_size': rng.randint(2, 5)}})]
    for snapshot in ids['snapshots'][:1]:
        wanted += [('DELETE', 'snapshots/' + snapshot, None), ('POST', 'volumes', {'volume': {'snapshot_id': snapshot}})]
    for backup in ids['backups'][:2]:
        wanted += [('DELETE', 'backups/' + backup, None), ('POST', 'backups/%s/restore' % backup, {'restore': {}}),
                   ('POST', 'backups/%s/restore' % backup, {'restore': {'volume_id': volume}}),
                   ('POST', 'volumes', {'volume': {'backup_id': backup}})]
    return rng.choice(wanted)


def strike(server, rng, there):
    """Requests of several clients, and SIGKILL in the middle of them."""
    def ask(request):
        try:
            server.ask(request[0], '/v3/%s/%s' % (ONE, request[1]), request[2], NEWEST)
        except OSError:
            pass    # it died of it
        except Exception as e:      # or in the middle of its answer
            assert type(e).__module__ in ('http.client', 'json.decoder'), e
    requests = [any_request(rng, there) for _ in range(6)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for request in requests:
            pool.submit(ask, request)
        time.sleep(rng.random() * 0.25)
        server.child.send_signal(signal.SIGKILL)
        server.child.wait()
    server.__enter__()
    return requests


def struck(rng):
    """Twenty lives, each ended at some moment; then all that is there is taken away, and nothing is left."""
    with open_scene(backup_file_size=scene.MIB) as stage:
        server, rng = Alone(stage), random.Random(rng.random())
        server.__enter__()
        for _ in range(3):
            fill(server, server.make('volume', {'size': 1}), scene.seeded('struck'), 8)
        for life in range(20):
            there = found(server)
            if not there['volumes']:
                server.make('volume', {'size': 1})
                there = found(server)
            asked = strike(server, rng, there)
            there = settled(server)
            check_used(server, there)
            whole = {row['id'] for kind in ('volumes', 'snapshots') for row in there[kind]}
            assert set(server.kind.there()) <= whole, (life, asked, set(server.kind.there()) - whole)
            for row in there['volumes']:
                if row['status'] == 'available':
                    assert server.kind.size(row['id']) <= row['size'] * scene.GIB, (life, asked, row)
            assert len(found(server)['backups']) == len([b for b in stage.backups().values()]), asked
        while there['backups']:     # increments before what they need
            for row in there['backups']:
                server.ask('POST', '/v3/%s/backups/%s/action' % (ONE, row['id']), {'os-force_delete': None}, NEWEST)
            there = settled(server)
        erase_all(server)
        check_used(server, found(server))
        assert not stage.stored(), stage.stored()
        server.__exit__()
    print('struck: nothing is left, and nothing is counted that is not there')


if __name__ == '__main__':
    {f.__name__: f for f in (limits, owners, struck)}[sys.argv[1]](scene.seeded('races', sys.argv[1]))
