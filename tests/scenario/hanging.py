#!/usr/bin/python3
"""What is asked for while a store or an identity service hangs.

hanging.py restore   is accepted, by what the records say; how it ends is seen when the store answers, or after a SIGKILL
hanging.py delete    and all else that is answered by records: likewise
hanging.py identity  who is known goes on; the others hear that it hangs, together, and nothing was done for them
"""
import base64
import concurrent.futures
import http.client
import json
import os
import sys
import time

import identity
import scene
import wire


def ask(server, method, path, body=None):
    status, _, answer = server.ask(method, '/v3/%s/%s' % (wire.PROJECT, path), body)
    return status, answer


def restore(server, backup):
    status, answer = ask(server, 'POST', 'backups/%s/restore' % backup, {'restore': {}})
    assert status == 202, (status, answer)
    return answer['restore']['volume_id']


def of(server, kind, identifier):
    status, answer = ask(server, 'GET', '%ss/%s' % (kind, identifier))
    assert status == 200, answer
    return answer[kind]


def back_up(server, **more):
    status, answer = ask(server, 'POST', 'backups', {'backup': {'volume_id': wire.DATA1, **more}})
    assert status == 202, answer
    return answer['backup']['id']


def whole_backup(server, **more):
    backup = back_up(server, **more)
    server.settle()
    assert of(server, 'backup', backup)['status'] == 'available'
    return backup


def wait_for(server, backup, status):
    """None: it is gone."""
    end, found = time.monotonic() + scene.PATIENCE, None
    while time.monotonic() < end:
        code, answer = ask(server, 'GET', 'backups/' + backup)
        found = answer['backup'] if code == 200 else {'status': None}
        if found['status'] == status:
            return found
        time.sleep(0.05)
    raise AssertionError('backup %s is %s, not %s' % (backup, found, status))


def restores(server, store):
    backup = whole_backup(server)

    # Nothing comes out of the store, the documents neither.
    store.close(everything=True)
    volume = restore(server, backup)
    assert of(server, 'backup', backup)['status'] == 'restoring', of(server, 'backup', backup)
    assert of(server, 'volume', volume)['status'] == 'restoring-backup', of(server, 'volume', volume)
    status, answer = ask(server, 'POST', 'backups/%s/restore' % backup, {'restore': {}})
    assert status == 400 and 'must be available' in str(answer), (status, answer)
    store.open()
    server.settle()
    assert of(server, 'backup', backup)['status'] == 'available'
    assert of(server, 'volume', volume)['status'] == 'available'
    paths = [os.path.join(server.stage.volumes, 'volume-' + identifier) for identifier in (wire.DATA1, volume)]
    assert scene.same(*paths)

    # SIGKILL while there is a row, and no file yet.
    store.close(everything=True)
    volume = restore(server, backup)
    server.child.kill()
    server.child.wait()
    store.open()
    server.__enter__()
    server.settle()
    assert of(server, 'backup', backup)['status'] == 'available'
    status, answer = ask(server, 'DELETE', 'volumes/' + volume)
    assert status == 202, (of(server, 'volume', volume), answer)

    # A document is gone: the backup stays, and what was to be restored is no volume.
    (manifest,) = [path for path in store.objects if path.endswith('_metadata')]
    kept = store.objects.pop(manifest)
    lost = restore(server, backup)
    server.settle()
    assert of(server, 'backup', backup)['status'] == 'available'
    assert of(server, 'volume', lost)['status'] == 'error_restoring', of(server, 'volume', lost)
    assert not os.path.exists(os.path.join(server.stage.volumes, 'volume-' + lost))
    status, answer = ask(server, 'DELETE', 'volumes/' + lost)
    assert status == 202, answer
    store.objects[manifest] = kept


def act(server, backup, action, value=None):
    status, answer = ask(server, 'POST', 'backups/%s/action' % backup, {action: value})
    assert status == 202, (status, answer)


def erase(server, backup, status=202):
    found, answer = ask(server, 'DELETE', 'backups/' + backup)
    assert found == status, (found, answer)
    return answer


def deletes(server, store):
    first, forced, lost = (whole_backup(server, name=name) for name in ('first', 'forced', 'lost'))
    store.close(everything=True)
    erase(server, first)
    act(server, forced, 'os-force_delete')
    for backup in first, forced:
        assert of(server, 'backup', backup)['status'] == 'deleting'
        assert 'must be available or error' in str(erase(server, backup, 400))
    # Nothing else that is asked for waits, either.
    status, answer = ask(server, 'GET', 'backups/%s/export_record' % lost)
    assert status == 200, answer
    record = {**json.loads(base64.b64decode(answer['backup-record']['backup_url'])),
              'id': '11111111-2222-4333-8444-555555555555', 'service_metadata': 'nowhere'}
    status, answer = ask(server, 'POST', 'backups/import_record', {'backup-record': {
        'backup_service': wire.SWIFT, 'backup_url': base64.b64encode(json.dumps(record).encode()).decode()}})
    assert status == 201, answer
    imported, made = answer['backup']['id'], back_up(server, force=True)
    for backup in imported, made:
        assert of(server, 'backup', backup)['status'] == 'creating', of(server, 'backup', backup)
    act(server, lost, 'os-reset_status', {'status': 'error'})
    act(server, lost, 'os-reset_status', {'status': 'available'})
    store.open()
    for backup in first, forced:
        wait_for(server, backup, None)
    wait_for(server, made, 'available')
    assert 'manifest' in wait_for(server, imported, 'error')['fail_reason']
    erase(server, made)
    erase(server, imported)
    for backup in made, imported:
        wait_for(server, backup, None)

    # SIGKILL while it waits: with the service goes the token that the store takes, so its owner asks again.
    backup = whole_backup(server)
    store.close(everything=True)
    erase(server, backup)
    server.child.kill()
    server.child.wait()
    store.open()
    server.__enter__()
    wait_for(server, backup, 'error')
    erase(server, backup)
    wait_for(server, backup, None)

    # A store that lacks the manifest may be the wrong one: the record stays, until an administrator insists.
    (manifest,) = [path for path in store.objects if path.endswith('_metadata')]
    kept = store.objects.pop(manifest)
    erase(server, lost)
    assert 'has no manifest in' in wait_for(server, lost, 'error_deleting')['fail_reason']
    assert store.objects, 'what was in the store is gone'
    assert 'must be available or error' in str(erase(server, lost, 400))
    store.objects[manifest] = kept
    act(server, lost, 'os-reset_status', {'status': 'available'})
    status, answer = ask(server, 'POST', 'backups/%s/restore' % lost, {'restore': {}})
    assert status == 202, answer
    server.settle()
    assert of(server, 'volume', answer['restore']['volume_id'])['status'] == 'available'
    store.objects.pop(manifest)
    act(server, lost, 'os-force_delete')
    wait_for(server, lost, None)
    assert not store.objects, store.objects


def identities():
    with scene.Scene() as stage, identity.Identity() as keystone:
        for name in ('known', *map(str, range(6))):
            keystone.grant(name, wire.PROJECT, 'admin')
        stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes, 'auth': 'keystone'}, {},
                        keystone_authtoken=keystone.options())
        with wire.Server(stage, 'known') as server:
            stage.lay_volume('laid', scene.MIB, wire.DATA1, wire.PROJECT)
            backup = whole_backup(server)
            ours = {'restore': {}}, {'restore': {'name': 'mine'}}
            paths = ['backups/%s/restore' % backup] * 2 + ['backups'] * 2 + ['volumes'] * 2
            bodies = [*ours, *[{'backup': {'volume_id': wire.DATA1, 'force': True}}] * 2, *[{'volume': {'size': 1}}] * 2]
            keystone.own, keystone.act = 'revoked', 'lock'    # so that the service has to log in, too
            assert server.ask('GET', '/v3/backups', headers={'X-Auth-Token': '0'})[0] == 503
            del keystone.asked[:]
            keystone.act = 'hang'

            def stranger(number):
                link = http.client.HTTPConnection(server.address, timeout=scene.PATIENCE)
                link.request('POST', '/v3/%s/%s' % (wire.PROJECT, paths[number]), json.dumps(bodies[number]),
                             {'X-Auth-Token': str(number), 'Content-Type': 'application/json'})
                answer = link.getresponse()
                return answer.status, answer.read().decode()

            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                asked = [pool.submit(stranger, number) for number in range(6)]
                stage.wait_until(lambda: keystone.asked, 'nobody asks the identity service')
                before = stage.backups()
                made = whole_backup(server, force=True)
                status, answer = ask(server, 'POST', 'backups/%s/restore' % made, {'restore': {}})
                assert status == 202, answer
                server.settle()
                assert not any(one.done() for one in asked), 'the identity service did not hang'
                answers = [one.result() for one in asked]
            assert all(status == 503 and 'Keystone service is temporarily unavailable' in text for status, text in answers), answers
            logins = [path for method, path, _ in keystone.asked if method == 'POST']
            assert len(logins) < 6, 'each waits for all who asked before: %s' % keystone.asked
            assert set(stage.backups()) == {*before, made}
            assert len(server.ask('GET', '/v3/volumes')[2]['volumes']) == 2
            keystone.act = None
            keystone.released.set()
            assert server.ask('GET', '/v3/backups', headers={'X-Auth-Token': '0'})[0] == 200


if __name__ == '__main__':
    if sys.argv[1] == 'identity':
        identities()
    else:
        wire.play({'restore': restores, 'delete': deletes}[sys.argv[1]], wire.SWIFT)
