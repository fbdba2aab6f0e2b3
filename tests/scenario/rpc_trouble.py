#!/usr/bin/env python3
"""A service in a cloud when others are late, fail or die: rpc_trouble.py [CASE...]."""
import fcntl
import hashlib
import os
import shutil
import signal
import uuid

import cloud_scene
from cloud_scene import PATIENCE, Cloud, content, wait_until

OLD = "UPDATE services SET rpc_current_version = '3.16', object_current_version = '1.38' WHERE `binary` = 'cinder-volume'"


def late():
    """A backup that is deleted before its turn or its device comes: its volume is free, and stays."""
    with Cloud() as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        volume, snapshot = cloud.volume(content=content(30)), None
        for of_snapshot in False, True:
            if of_snapshot:
                peer.moment = snapshot = cloud.snapshot(volume)
            peer.asked = []
            peer.hold.clear()
            backup = cloud.create_of(snapshot, volume) if snapshot else cloud.create(volume)
            wait_until('its device is asked for', lambda: peer.names() == ['get_backup_device'])
            cloud.delete(backup)
            wait_until('it is deleted', lambda: cloud.field('backups', backup, 'deleted') == '1')
            peer.hold.set()
            thing = ('snapshots', snapshot) if snapshot else ('volumes', volume)
            wait_until('what was to be read is free', lambda: cloud.field(*thing, 'status') == 'available')
            cloud.call('check_support_to_force_delete')
            assert peer.names() == ['get_backup_device'], peer.names()
            assert cloud.field(*thing, 'deleted') == '0'
        peer.moment = None

        # Its request was still in the queue.
        early = cloud.create(volume, cast=False)
        asked = cloud.backup_object(early)
        cloud.delete(early)
        wait_until('it is deleted', lambda: cloud.field('backups', early, 'deleted') == '1')
        refused = 'no backup has the id or name ' + early
        cloud.cast('create_backup', backup=asked)
        wait_until('the volume is free', lambda: cloud.field('volumes', volume, 'status') == 'available')
        wait_until('it is refused', lambda: 'create_backup: ' + refused in cloud.log())

        # What another backup keeps busy by now stays so.
        peer.asked = []
        peer.hold.clear()
        running = cloud.create(volume)
        wait_until('its device is asked for', lambda: peer.names() == ['get_backup_device'])
        cloud.cast('create_backup', backup=asked)
        wait_until('it is refused', lambda: cloud.log().count('create_backup: ' + refused) == 2)
        assert cloud.field('volumes', volume, 'status') == 'backing-up'
        peer.hold.set()
        wait_until('backup ends', lambda: cloud.status(running) == 'available')


def sources(cloud):
    """Of each kind that cinder-volume lends: how a backup of it begins, what is busy, what is read, what was made."""
    peer = cloud.volumes_peer
    peer.temporary = peer.moment = None
    free = cloud.volume(content=content(31))
    yield 'volume', lambda: cloud.create(free), ('volumes', free, 'available'), free, None
    used = cloud.volume(content=content(32), status='in-use')
    peer.temporary = copy = str(uuid.uuid4())
    yield 'copy', lambda: cloud.create(used), ('volumes', used, 'in-use'), copy, ('volumes', copy)
    peer.temporary = None
    peer.moment = moment = str(uuid.uuid4())
    other = cloud.volume(content=content(33), status='in-use')
    yield 'moment', lambda: cloud.create(other), ('volumes', other, 'in-use'), moment, ('snapshots', moment)
    kept = cloud.volume(content=content(34), status='in-use')
    peer.moment = snapshot = cloud.snapshot(kept)
    yield 'snapshot', lambda: cloud.create_of(snapshot, kept), ('snapshots', snapshot, 'available'), snapshot, None
    peer.moment = None


def calls_about(kind):
    more = '_snapshot' if kind in ('moment', 'snapshot') else ''
    calls = ['initialize_connection' + more, 'terminate_connection' + more, 'remove_export' + more]
    removal = {'copy': ['delete_volume'], 'moment': ['delete_snapshot']}.get(kind, [])
    return ['get_backup_device', *calls, *removal]


def check_given_back(cloud, backup, kind, busy, read, made):
    peer, last = cloud.volumes_peer, calls_about(kind)
    table, id_, wanted = busy
    wait_until('%s is free' % table, lambda: cloud.field(table, id_, 'status') == wanted)
    if made:
        wait_until('what was made is gone', lambda: cloud.field(*made, 'deleted') == '1')
        wait_until('nobody looks for it', lambda: cloud.field('backups', backup, 'temp_volume_id') is None and
                   cloud.field('backups', backup, 'temp_snapshot_id') is None)
    assert cloud.field(table, id_, 'deleted') == '0'
    if last[1] in peer.names():
        wait_until('it is disconnected', lambda: peer.of(last[2], read) and peer.of(last[3], read))
    if read != id_:     # whoever uses the volume goes on using it
        assert not any(peer.of(name, id_) for name in ('terminate_connection', 'remove_export', 'delete_volume')), peer.asked


def faults():
    """Each call fails once: the backup says so, or is whole; nothing stays connected, or made for it."""
    with Cloud() as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        for number in range(5):
            for kind, begin, *rest in sources(cloud):
                if number >= len(calls_about(kind)) or number == 0:
                    continue    # nobody answers a cast of get_backup_device
                failing = calls_about(kind)[number]
                peer.fails, peer.asked = {failing}, []
                backup = begin()
                wait_until('backup ends', lambda: cloud.status(backup) != 'creating')
                wait_until('it was met', lambda: failing in peer.names())
                assert cloud.status(backup) == ('error' if number == 1 else 'available'), (kind, failing, cloud.status(backup))
                if number == 1:
                    assert failing in cloud.field('backups', backup, 'fail_reason')
                if failing.startswith('delete'):    # that is cinder-volume's own to bear
                    rest[-1] = None
                check_given_back(cloud, backup, kind, *rest)
                peer.fails = set()
        volume, target = cloud.volume(content=content(35)), cloud.volume(content=bytes(3 << 20))
        backup = cloud.backed_up(volume)
        for failing in 'secure_file_operations_enabled', 'initialize_connection', 'terminate_connection', 'remove_export':
            peer.fails, peer.asked = {failing}, []
            cloud.restore(backup, target)
            wait_until('restore ends', lambda: cloud.status(backup) == 'available')
            status = cloud.field('volumes', target, 'status')
            fatal = failing in ('secure_file_operations_enabled', 'initialize_connection')
            assert status == ('error_restoring' if fatal else 'available'), (failing, status)
            if failing != 'secure_file_operations_enabled':
                assert peer.names()[-2:] == ['terminate_connection', 'remove_export'], peer.names()
    with Cloud() as cloud:
        cloud.sql(OLD)
        cloud.play().serve()
        cloud.volumes_peer.fails = {'get_backup_device'}
        volume = cloud.volume(content=content(36))
        backup = cloud.create(volume)
        wait_until('backup fails', lambda: cloud.status(backup) == 'error')
        assert 'get_backup_device fails' in cloud.field('backups', backup, 'fail_reason')
        assert cloud.field('volumes', volume, 'status') == 'available'


def crashes():
    """SIGKILL while each call runs: the next start leaves nothing connected, busy, or made for a backup."""
    with Cloud(backup_service_inithost_offload='false') as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        for number in range(5):
            for kind, begin, *rest in sources(cloud):
                if number < len(calls_about(kind)):
                    backup = crash(cloud, calls_about(kind)[number], begin)
                    wait_until('backup ends', lambda: cloud.status(backup) in ('error', 'available'))
                    check_given_back(cloud, backup, kind, *rest)
        backup = cloud.backed_up(cloud.volume(content=content(37)))
        for call in 'secure_file_operations_enabled', 'initialize_connection', 'terminate_connection', 'remove_export':
            target = cloud.volume(content=bytes(3 << 20))
            crash(cloud, call, lambda: cloud.restore(backup, target))
            wait_until('restore ends', lambda: cloud.status(backup) == 'available')
            assert cloud.field('volumes', target, 'status') == 'error_restoring'
            wait_until('it is disconnected', lambda: peer.of('terminate_connection', target) and
                       peer.of('remove_export', target))


def crash(cloud, call, begin):
    peer = cloud.volumes_peer
    peer.asked = []
    peer.stop_at(call)
    begun = begin()
    assert peer.reached.wait(PATIENCE), 'nobody asks for ' + call
    cloud.stop(signal.SIGKILL)
    peer.goes_on.set()
    cloud.serve()
    return begun


def kept():
    """The broker is away when a copy is to be removed: it is, by the next start, though the backup is whole."""
    # As long as it waits for each answer that does not come, and no less than the peer may need.
    with cloud_scene.server('rabbit') as (server, env), Cloud(rabbit=env, rpc_response_timeout=10) as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        used = cloud.volume(content=content(38), status='in-use')
        peer.temporary = copy = str(uuid.uuid4())
        peer.stop_at('terminate_connection')
        backup = cloud.create(used)
        assert peer.reached.wait(PATIENCE), 'nobody disconnects it'
        server('kill')
        peer.goes_on.set()
        wait_until('backup ends', lambda: cloud.status(backup) == 'available')
        assert cloud.field('backups', backup, 'temp_volume_id') == copy
        cloud.stop(signal.SIGKILL)
        server('up')
        cloud.again()
        cloud.serve()
        wait_until('the copy is removed', lambda: cloud.field('volumes', copy, 'deleted') == '1')
        wait_until('nobody looks for it', lambda: cloud.field('backups', backup, 'temp_volume_id') is None)
        assert cloud.status(backup) == 'available' and not os.listdir(os.path.join(cloud.state, 'cinderbank-jobs'))


def moved():
    """What outlives a whole backup on one node is found by the next one of that name, which has nothing of its files."""
    with Cloud(rpc_response_timeout=3) as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        peer.temporary = copy = str(uuid.uuid4())
        backup = cloud.backed_up(cloud.volume(content=content(38), status='in-use'))
        wait_until('the copy is removed', lambda: cloud.field('volumes', copy, 'deleted') == '1')
        cloud.stop(signal.SIGKILL)
        peer.asked = []
        snapshot = cloud.snapshot(cloud.volume(), status='available')
        cloud.sql("UPDATE backups SET temp_volume_id = '%s', temp_snapshot_id = '%s'" % (copy, snapshot))
        cloud.sql("UPDATE volumes SET deleted = 0, status = 'backing-up' WHERE id = '%s'" % copy)
        foreign = cloud.create(cloud.volume(), cast=False, host='backup2', temp_volume_id=copy)
        shutil.rmtree(cloud.state)
        os.mkdir(cloud.state)
        cloud.serve()
        for kind, made in ('volumes', copy), ('snapshots', snapshot):
            wait_until('the %s go' % kind, lambda kind=kind, made=made: cloud.field(kind, made, 'deleted') == '1')
        for column in 'temp_volume_id', 'temp_snapshot_id':
            wait_until('nobody looks for it', lambda column=column: cloud.field('backups', backup, column) is None)
        assert cloud.status(backup) == 'available' and cloud.field('backups', foreign, 'temp_volume_id') == copy


def turns():
    """What a recovery set right while a request waited for it is not worked on again."""
    with Cloud() as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        volume = cloud.volume(content=content(41))
        whole = cloud.backed_up(volume)
        new = cloud.create(volume, cast=False)
        for backup, now, cast in (
                (new, 'error', lambda: cloud.cast('create_backup', backup=cloud.backup_object(new))),
                (whole, 'available', lambda: cloud.restore(whole, cloud.volume(content=bytes(3 << 20))))):
            peer.asked = []
            with open(os.path.join(cloud.state, 'cinderbank-jobs', backup), 'w', encoding='utf-8') as claim:
                fcntl.flock(claim, fcntl.LOCK_EX)
                seen = cloud.log().count('find ' + backup)
                cast()
                wait_until('it waits', lambda: cloud.log().count('find ' + backup) > seen)
                cloud.sql("UPDATE backups SET status = '%s' WHERE id = '%s'" % (now, backup))
            wait_until('it is refused', lambda: 'backup %s is %s: its status must be' % (backup, now) in cloud.log())
            assert not peer.asked and cloud.status(backup) == now, peer.names()


def share():
    """Files of an NFS share, as cinder's own driver tells of them; those that are not raw are refused."""
    try:
        from cinder import objects
        objects.register_all()
        from cinder.volume.drivers import nfs
    except ImportError as error:
        cloud_scene.skip('no cinder here: %s' % error)

    with Cloud() as cloud:
        class Driver(nfs.NfsDriver):
            form, driver_volume_type, shares = 'raw', 'nfs', {}

            def __init__(self):
                pass

            def get_active_image_from_info(self, volume):
                return 'volume-' + volume.id

            def _local_volume_dir(self, volume):
                return ''

            def _qemu_img_info(self, path, name):
                return type('Info', (), {'file_format': self.form, 'virtual_size': 1 << 30})

            def _get_mount_point_base(self):
                return cloud.path('mnt')

        class Volume(dict):
            __getattr__ = dict.__getitem__

        def connect(ctxt, connector, volume):
            id_ = volume['versioned_object.data']['id']
            return driver.initialize_connection(Volume(id=id_, name='volume-' + id_, size=1, provider_location=export), connector)

        export, driver = '192.0.2.1:/export', Driver()
        os.makedirs(cloud.path('mnt'))
        os.symlink(cloud.volumes, cloud.path('mnt', hashlib.md5(export.encode()).hexdigest()))
        cloud.play().serve()
        cloud.volumes_peer.initialize_connection = connect
        volume, target = cloud.volume(content=content(40)), cloud.volume(content=bytes(3 << 20))
        backup = cloud.backed_up(volume)
        cloud.restore(backup, target)
        wait_until('restore ends', lambda: cloud.status(backup) == 'available')
        with open(cloud.file(target), 'rb') as f:
            assert f.read() == content(40)
        driver.form = 'qcow2'
        refused = cloud.create(volume)
        wait_until('it is refused', lambda: cloud.status(refused) == 'error')
        assert 'is qcow2' in cloud.field('backups', refused, 'fail_reason'), cloud.field('backups', refused, 'fail_reason')


def encrypted():
    """Ciphertext without its key is no backup: without a key manager nothing is asked for, and nothing is made."""
    key, fixed = str(uuid.uuid4()), str(uuid.UUID(int=0))
    with Cloud() as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer

        def volume(key_id, type_id, data=None):
            made = cloud.volume(content=data or content(39))
            cloud.sql("UPDATE volumes SET encryption_key_id = %s, volume_type_id = '%s' WHERE id = '%s'"
                      % (cloud_scene.quoted(key_id), type_id, made))
            return made

        def restored(backup, target):
            peer.asked = []
            cloud.restore(backup, target)
            wait_until('restore ends', lambda: cloud.status(backup) == 'available')
            status = cloud.field('volumes', target, 'status')
            assert status == 'available' or not peer.asked, peer.names()
            return status

        luks, plain = str(uuid.uuid4()), str(uuid.uuid4())
        secret = volume(key, luks)
        backup = cloud.create(secret)
        wait_until('it is refused', lambda: cloud.status(backup) == 'error')
        assert 'is encrypted' in cloud.field('backups', backup, 'fail_reason') and not peer.asked, peer.names()
        assert cloud.field('volumes', secret, 'status') == 'available'

        # One that upstream's service has made, with a copy of the key, goes back to where it came from.
        copy = str(uuid.uuid4())
        backup = cloud.create(secret, encryption_key_id=copy)
        wait_until('backup ends', lambda: cloud.status(backup) == 'available')
        assert restored(backup, secret) == 'available'
        assert cloud.field('volumes', secret, 'encryption_key_id') == key
        for target in volume(str(uuid.uuid4()), luks), volume(None, plain), volume(key, plain):
            assert restored(backup, target) == 'error_restoring'
            with open(cloud.file(target), 'rb') as f:
                assert f.read() == content(39), 'it was written to'
        assert 'backup %s is of an encrypted volume: key %s: ' % (backup, copy) in cloud.log() and 'is different than the destination volume type' in cloud.log()
        open_one = cloud.backed_up(volume(None, plain))
        assert restored(open_one, secret) == 'error_restoring'
        cloud.delete(backup)
        wait_until('it is deleted', lambda: cloud.field('backups', backup, 'deleted') == '1')
        wait_until('told', lambda: 'is deleted; the key %s that it had stays' % copy in cloud.log())

        # A key manager with one key for all has nothing to copy.
        backup = cloud.backed_up(volume(fixed, luks))
        assert cloud.field('backups', backup, 'encryption_key_id') == fixed
        assert restored(backup, volume(fixed, luks, bytes(3 << 20))) == 'available'


cloud_scene.main({name: case for name, case in list(globals().items())
                  if callable(case) and getattr(case, '__module__', '') == '__main__' and case.__doc__
                  and not case.__code__.co_argcount})
