#!/usr/bin/python3
"""A restore is accepted, by what the records say, while the store hangs; how it ends is seen then, or after a SIGKILL."""
import os

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


def hanging(server, store):
    status, answer = ask(server, 'POST', 'backups', {'backup': {'volume_id': wire.DATA1}})
    assert status == 202, answer
    backup = answer['backup']['id']
    server.settle()
    assert of(server, 'backup', backup)['status'] == 'available'

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


if __name__ == '__main__':
    wire.play(hanging, wire.SWIFT)
