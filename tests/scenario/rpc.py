#!/usr/bin/env python3
"""The service in a cloud, over a real broker and database: rpc.py [CASE...]."""
import contextlib
import json
import os
import signal
import socket
import threading
import uuid
from unittest.mock import ANY

import cloud_scene
import oslo_messaging
from cloud_scene import HOST, PATIENCE, Cloud, content, thing, wait_until

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, 'data', 'oslo')
POSIX = 'cinder.backup.drivers.posix.PosixBackupDriver'


def life():
    """A full, an increment, a restore onto another volume and a delete, as cinder-api asks for them."""
    with Cloud() as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        first, second = content(1), bytearray(content(1))
        second[2 << 20:(2 << 20) + 100] = b'x' * 100
        volume = cloud.volume(content=first)
        full = cloud.backed_up(volume)
        assert cloud.field('volumes', volume, 'status') == 'available'
        assert cloud.field('volumes', volume, 'previous_status') == 'backing-up'
        assert peer.names() == ['get_backup_device', 'initialize_connection', 'terminate_connection', 'remove_export'], \
            peer.names()
        with open(cloud.file(volume), 'wb') as f:
            f.write(second)
        child = cloud.backed_up(volume, parent=full)
        assert cloud.field('backups', full, 'num_dependent_backups') == '1'
        for backup, wanted in (full, first), (child, second):
            target = cloud.volume(content=bytes(len(first)))
            cloud.restore(backup, target, volume_is_new=backup == child)     # as releases since 2023.1 say
            wait_until('restore ends', lambda: cloud.status(backup) != 'restoring')
            assert cloud.field('volumes', target, 'status') == 'available', cloud.field('volumes', target, 'status')
            assert open(cloud.file(target), 'rb').read() == bytes(wanted)
            tags = cloud.sql("SELECT value FROM volume_metadata WHERE volume_id = '%s'" % target)
            assert tags == [[backup]], tags
        for backup in child, full:
            cloud.delete(backup)
            wait_until('delete ends', lambda: cloud.field('backups', backup, 'deleted') == '1')
        assert not cloud.stored(), cloud.stored()
        wait_until('notifications', lambda: cloud.notices.events().count('backup.delete.end') == 2)
        events = cloud.notices.events()
        assert events[:2] == ['backup.create.start', 'backup.createprogress'], events
        for event in ('create.end', 'restore.start', 'restore.end', 'delete.start', 'delete.end'):
            assert events.count('backup.' + event) == 2, events
        assert {publisher for _, _, publisher, _ in cloud.notices.heard} == {'backup.' + HOST}


def described():
    """What a backup knows of its volume comes back with it; a name that somebody chose stays."""
    with Cloud() as cloud:
        cloud.play().serve()
        volume = cloud.volume(content=content(18))
        cloud.sql("UPDATE volumes SET display_name = 'disk \xe4', display_description = 'of mine' WHERE id = '%s'" % volume)
        cloud.insert('volume_metadata', volume_id=volume, key='colour', value='red')
        cloud.insert('volume_glance_metadata', volume_id=volume, key='image_name', value='cirros')
        backup = cloud.backed_up(volume)
        for name, wanted in ('restore_backup_1', 'disk \xe4'), ('mine', 'mine'):
            target = cloud.volume(content=bytes(3 << 20))
            cloud.sql("UPDATE volumes SET display_name = '%s' WHERE id = '%s'" % (name, target))
            cloud.insert('volume_metadata', volume_id=target, key='old', value='gone')
            cloud.restore(backup, target)
            wait_until('restore ends', lambda: cloud.status(backup) != 'restoring')
            assert cloud.field('volumes', target, 'display_name') == wanted, cloud.field('volumes', target, 'display_name')
            assert cloud.field('volumes', target, 'bootable') == '1'
            for table, pairs in (('volume_metadata', [['colour', 'red'], ['src_backup_id', backup]]),
                                 ('volume_glance_metadata', [['image_name', 'cirros']])):
                found = cloud.sql("SELECT `key`, value FROM %s WHERE volume_id = '%s' AND deleted = 0 ORDER BY `key`"
                                  % (table, target))
                assert found == pairs, (table, found)


def notifications():
    """What is announced is what upstream's service was recorded to announce, field by field, less the list of all objects."""
    with open(os.path.join(DATA, 'notifications.json'), encoding='utf-8') as f:
        recorded = json.load(f)
    with Cloud(backup_file_size=16 * 32768, backup_object_number_per_notification=1) as cloud:
        cloud.play().serve()
        volume, target = cloud.volume(content=content(27)), cloud.volume(content=bytes(3 << 20))
        full = cloud.backed_up(volume)
        made = cloud.backup_object(full)['versioned_object.data']
        cloud.restore(full, target)
        wait_until('restore ends', lambda: cloud.status(full) == 'available')
        cloud.cast('reset_status', backup=cloud.backup_object(full), status='error')
        wait_until('reset', lambda: cloud.status(full) == 'error')
        cloud.delete(full)
        wait_until('all is told', lambda: 'backup.delete.end' in cloud.notices.events())
        assert set(cloud.notices.events()) == set(recorded), cloud.notices.events()
        progress = []
        for event, payload, publisher, context in cloud.notices.heard:
            theirs = recorded[event]['message']
            assert publisher == theirs['publisher_id'].replace('lab', HOST), publisher
            assert list(payload) == list(theirs['payload']), (event, list(payload))
            for name, value in payload.items():
                if name == 'status':    # error: it was reset to that
                    assert value == theirs['payload'][name], (event, value)
                elif name == 'created_at':
                    assert value == made[name].replace('Z', '+00:00'), value
                elif name == 'tenant_id':
                    assert value == 'p1'
                elif name == 'backup_id':
                    assert value == full
                elif name in ('service', 'service_metadata') and event == 'backup.create.start':
                    assert value is None
                elif name == 'prefix':
                    assert value == made['service_metadata'], value
                elif name not in ('id', 'volume_meta', 'backup_percent'):
                    assert value == made[name], (event, name, value)
            for name in 'auth_token', 'remote_address', 'service_catalog':
                assert context[name] == theirs['_context_' + name], (event, name, context[name])
            assert context['request_id'] == cloud.context['request_id'] and context['a_key_of_tomorrow'], context
            if event == 'backup.createprogress':
                progress.append((payload['id'], payload['backup_percent']))
        assert progress == sorted(progress) and progress[-1] == (7, 100), progress
        assert all(0 <= percent <= 100 for _, percent in progress), progress


def topology():
    """Queues and bindings are those that upstream's service makes, with the same attributes."""
    with open(os.path.join(DATA, 'topology.json'), encoding='utf-8') as f:
        theirs = json.load(f)

    def plain(name):
        return 'FANOUT' if '_fanout_' in name else name.replace('.lab', '.' + HOST)

    with Cloud() as cloud:
        cloud.serve()
        columns = 'name', 'durable', 'auto_delete', 'exclusive', 'consumers', 'arguments'

        def queues():
            return json.loads(cloud.ctl('list_queues', '-p', cloud.vhost, '--formatter', 'json', *columns))
        wait_until('each is read', lambda: sum(queue['consumers'] for queue in queues()) == len(theirs['queues']))
        bindings = cloud.ctl('list_bindings', '-p', cloud.vhost, '--formatter', 'json')
        ours = {plain(queue['name']): (queue['durable'], queue['auto_delete'], queue['exclusive'], queue['consumers'],
                                       queue['arguments']) for queue in queues()}
        recorded = {plain(queue['name']): (queue['durable'], queue['auto_delete'], queue['exclusive'], queue['consumers'],
                                           {name: value for name, _, value in queue['arguments']})
                    for queue in theirs['queues']}
        ours = {name: (*rest, dict(arguments) if isinstance(arguments, dict) else
                       {name: value for name, _, value in arguments}) for name, (*rest, arguments) in ours.items()}
        assert ours == recorded, (ours, recorded)

        def ends(rows):
            return {(row['source_name'], plain(row['destination_name']), plain(row['routing_key'])) for row in rows}
        assert ends(json.loads(bindings)) == ends(theirs['bindings']), ends(json.loads(bindings))
        exchanges = cloud.ctl('list_exchanges', '-p', cloud.vhost, 'name', 'type', 'durable', 'auto_delete').splitlines()
        assert 'openstack\ttopic\tfalse\tfalse' in exchanges, exchanges
        assert 'cinder-backup_fanout\tfanout\tfalse\ttrue' in exchanges, exchanges
        cloud.stop()
        wait_until('nobody reads them', lambda: sum(queue['consumers'] for queue in queues()) == 0)
        assert {'cinder-backup', 'cinder-backup.' + HOST} <= {queue['name'] for queue in queues()}, queues()


def raises(name, call, *args, **more):
    try:
        call(*args, **more)
    except oslo_messaging.RemoteError as error:
        assert error.exc_type == name, (error.exc_type, error.value)
        return error.value
    raise AssertionError('%s was due' % name)


def calls():
    """What is asked and waited for is answered; what is not known is refused as oslo.messaging refuses it."""
    with Cloud() as cloud:
        cloud.play().serve()
        volume = cloud.volume(content=content(2))
        backup = cloud.backed_up(volume)
        record = cloud.call('export_record', backup=cloud.backup_object(backup))
        assert record['backup_service'] == POSIX and len(record['backup_url']) > 100, record
        assert cloud.call('check_support_to_force_delete') is True
        cloud.sql("UPDATE backups SET status = 'error' WHERE id = '%s'" % backup)
        says = raises('InvalidBackup', cloud.call, 'export_record', backup=cloud.backup_object(backup))
        assert says.startswith('Invalid backup: ') and 'must be available' in says, says
        cloud.sql("UPDATE backups SET status = 'available', service = 'cinder.backup.drivers.ceph.CephBackupDriver'"
                  " WHERE id = '%s'" % backup)
        says = raises('InvalidBackup', cloud.call, 'export_record', backup=cloud.backup_object(backup))
        assert 'CephBackupDriver' in says and POSIX in says, says

        assert raises('NoSuchMethod', cloud.call, 'no_such_thing') == 'Endpoint does not support RPC method no_such_thing'
        says = raises('UnsupportedVersion', cloud.call, 'export_record', version='3.0')
        assert says == 'Endpoint does not support RPC version 3.0. Attempted method: export_record', says
        raises('UnsupportedVersion', cloud.call, 'export_record', version='2.9')
        raises('NoSuchMethod', cloud.call, '_hidden')
        raises('InvalidBackup', cloud.call, 'export_record', backup='nonsense')
        raises('InvalidBackup', cloud.call, 'export_record', backup=thing('Backup', '2.0', {'id': backup}))
        raises('InvalidBackup', cloud.call, 'create_backup')


        def levels(prefix):
            found = cloud.call('get_log_levels', version='2.1',
                               log_request=thing('LogLevel', '1.0', {'prefix': prefix, 'level': None}))
            return [one['versioned_object.data'] for one in found['versioned_object.data']['objects']]
        assert levels('cinder') == [{'prefix': 'cinder.backup', 'level': 'DEBUG'}], levels('cinder')
        cloud.cast('set_log_levels', version='2.1', log_request=thing('LogLevel', '1.0', {'prefix': '', 'level': 'warning'}))
        wait_until('it says less', lambda: levels('')[0]['level'] == 'WARNING')
        assert 'secret-token' not in cloud.log()


def reports():
    """The scheduler hears what the service can do: at its start, and when it asks."""
    with Cloud() as cloud:
        cloud.play().serve()
        heard = cloud.scheduler.reports

        def told(works, since=0):
            """Has it been said so both ways, last of all?  It may be said again at any time."""
            kinds = {kind: report['capabilities']['backend_state'] for kind, report in heard[since:]}
            return kinds == {'fanout': works, 'cast': works}
        wait_until('it is told at the start', lambda: told(True))
        since = len(heard)
        cloud.client('cinder-backup', fanout=True, version='2.2').cast({}, 'publish_service_capabilities')
        wait_until('it is told again', lambda: told(True, since))
        # A service that the operator has switched off takes no new work, be its store as good as it is.
        for disabled in 1, 0:
            cloud.sql("UPDATE services SET disabled = %d WHERE host = '%s'" % (disabled, HOST))
            wait_until('both are told', lambda: told(not disabled))
        for kind, report in heard:
            assert {**report['capabilities'], 'backend_state': True} == {
                'backend_state': True, 'driver_name': POSIX, 'availability_zone': 'nova'}, report
            assert report['service_name'] == 'backup', report
            assert report['host' if kind == 'fanout' else 'backend'] == HOST and report['timestamp'], report
    with Cloud() as cloud:
        cloud.sql("UPDATE services SET rpc_current_version = '3.11' WHERE `binary` = 'cinder-scheduler'")
        cloud.play().serve()
        cloud.client('cinder-backup', fanout=True, version='2.2').cast({}, 'publish_service_capabilities')
        cloud.call('check_support_to_force_delete')
        # What the service may have sent before this is heard before it.
        cloud.client('cinder-scheduler', fanout=True, version='3.12').cast({}, 'update_service_capabilities', last=True)
        wait_until('the scheduler hears', lambda: cloud.scheduler.reports)
        assert cloud.scheduler.reports == [('fanout', {'last': True})], 'a scheduler of old has no use for it'


def records():
    """A lost row comes back by import; what another driver made goes on to the next host, and then to error."""
    with Cloud() as cloud:
        cloud.play().serve()
        data = content(3)
        volume = cloud.volume(content=data)
        backup = cloud.backed_up(volume)
        record = cloud.call('export_record', backup=cloud.backup_object(backup))
        cloud.sql("DELETE FROM backups WHERE id = '%s'" % backup)

        def lost(id_=backup):
            cloud.insert('backups', id=id_, volume_id=str(uuid.UUID(int=0)), user_id='u1', project_id='p1', status='creating',
                         size=1, object_count=0, num_dependent_backups=0, host=None)
            found = cloud.backup_object(id_)
            return {**found, 'versioned_object.name': 'BackupImport'}
        cloud.cast('import_record', backup=lost(), backup_hosts=[], **record)
        wait_until('import ends', lambda: cloud.status(backup) != 'creating')
        assert cloud.status(backup) == 'available', cloud.field('backups', backup, 'fail_reason')
        assert cloud.field('backups', backup, 'volume_id') == volume and cloud.field('backups', backup, 'host') == HOST
        target = cloud.volume(content=bytes(len(data)))
        cloud.restore(backup, target)
        wait_until('restore ends', lambda: cloud.status(backup) != 'restoring')
        assert open(cloud.file(target), 'rb').read() == data

        other, heard = str(uuid.uuid4()), []

        class Next:
            target = oslo_messaging.Target(version='2.0')

            def import_record(self, ctxt, **args):
                heard.append((ctxt, args))
        rpc = oslo_messaging.get_rpc_server(cloud.transport(), oslo_messaging.Target(
            exchange='openstack', topic='cinder-backup', server='backup2'), [Next()], executor='threading')
        rpc.start()
        cloud.servers.append(rpc)
        foreign = {'backup_service': 'cinder.backup.drivers.ceph.CephBackupDriver', 'backup_url': record['backup_url']}
        cloud.cast('import_record', backup=lost(other), backup_hosts=['backup3', 'backup2'], **foreign)
        wait_until('the next host is asked', lambda: heard)
        ctxt, args = heard[0]
        assert args['backup_hosts'] == ['backup3'] and args['backup_service'] == foreign['backup_service'], args
        assert ctxt['a_key_of_tomorrow'] == {'kept': True} and ctxt['request_id'] == cloud.context['request_id'], ctxt
        assert cloud.status(other) == 'creating'
        cloud.cast('import_record', backup=cloud.backup_object(other), backup_hosts=[], **foreign)
        wait_until('import fails', lambda: cloud.status(other) == 'error')
        assert 'CephBackupDriver' in cloud.field('backups', other, 'fail_reason')


def temporary():
    """What cinder-volume makes for a backup is read in the volume's place, and goes with the job."""
    with Cloud() as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        for failing in False, True:
            volume = cloud.volume(content=content(4), status='in-use')
            peer.temporary, peer.asked, peer.fails = str(uuid.uuid4()), [], {'initialize_connection'} if failing else set()
            backup = cloud.create(volume)
            wait_until('backup ends', lambda: cloud.status(backup) != 'creating')
            wait_until('it is removed', lambda: cloud.field('volumes', peer.temporary, 'deleted') == '1')
            assert cloud.status(backup) == ('error' if failing else 'available')
            assert cloud.field('backups', backup, 'temp_volume_id') is None
            wait_until('the volume is free', lambda: cloud.field('volumes', volume, 'status') == 'in-use')
            previous = cloud.field('volumes', volume, 'previous_status')
            assert previous == ('error_backing-up' if failing else 'backing-up'), previous
            read = [args['volume']['versioned_object.data']['id'] for name, args in peer.asked if name == 'initialize_connection']
            assert read == [peer.temporary], read
            assert peer.names()[-1] == 'delete_volume' and 'terminate_connection' in peer.names(), peer.names()
        # The backup is deleted while cinder-volume still works on it: what it makes is nobody's.
        peer.temporary, peer.asked, peer.fails = str(uuid.uuid4()), [], set()
        peer.hold.clear()
        volume = cloud.volume(content=content(5), status='in-use')
        backup = cloud.create(volume)
        wait_until('it is asked for', lambda: peer.names() == ['get_backup_device'])
        cloud.delete(backup)
        wait_until('it is deleted', lambda: cloud.field('backups', backup, 'deleted') == '1')
        peer.hold.set()
        wait_until('it is removed', lambda: cloud.field('volumes', peer.temporary, 'deleted') == '1')
        assert 'initialize_connection' not in peer.names(), peer.names()


def failures():
    """Whatever fails, statuses end as upstream's, and what was connected is not any more."""
    with Cloud() as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        volume = cloud.volume(content=content(6))
        peer.fails = {'initialize_connection'}
        broken = cloud.create(volume)
        wait_until('backup fails', lambda: cloud.status(broken) == 'error')
        assert 'ValueError: initialize_connection fails' in cloud.field('backups', broken, 'fail_reason')
        assert cloud.field('volumes', volume, 'status') == 'available'
        assert cloud.field('volumes', volume, 'previous_status') == 'error_backing-up'
        assert peer.names()[-2:] == ['terminate_connection', 'remove_export'], peer.names()
        cloud.call('check_support_to_force_delete')
        told = wait_until('told', lambda: [line for line in cloud.log().splitlines() if 'initialize_connection fails' in line])
        assert len(told) == 1 and cloud.context['request_id'] in told[0], told

        peer.fails, peer.asked = set(), []
        wrong = cloud.volume(content=content(6))
        early = cloud.create(wrong, cast=False)
        cloud.sql("UPDATE volumes SET status = 'available' WHERE id = '%s'" % wrong)
        cloud.cast('create_backup', backup=cloud.backup_object(early))
        wait_until('backup fails', lambda: cloud.status(early) == 'error')
        assert 'expected volume status backing-up but got available' in cloud.field('backups', early, 'fail_reason')
        assert not peer.asked and cloud.field('volumes', wrong, 'status') == 'available'

        # What went wrong on the way back is told, and keeps no backup from being whole.
        peer.fails = {'terminate_connection'}
        good = cloud.backed_up(volume)
        wait_until('told', lambda: 'terminate_connection: ValueError' in cloud.log())
        peer.fails = set()

        full = cloud.volume(content=b'\0' * 4096)
        cloud.restore(good, full)
        wait_until('restore fails', lambda: cloud.status(good) == 'available')
        assert cloud.field('volumes', full, 'status') == 'error_restoring', cloud.field('volumes', full, 'status')
        foreign = cloud.volume(content=bytes(4096))
        cloud.sql("UPDATE backups SET service = 'cinder.backup.drivers.nfs.NFSBackupDriver' WHERE id = '%s'" % good)
        cloud.restore(good, foreign)
        wait_until('restore fails', lambda: cloud.status(good) == 'available')
        assert cloud.field('volumes', foreign, 'status') == 'error', cloud.field('volumes', foreign, 'status')
        cloud.delete(good)
        wait_until('delete fails', lambda: cloud.status(good) == 'error')
        assert 'NFSBackupDriver' in cloud.field('backups', good, 'fail_reason')
        told = wait_until('the user is told', lambda: cloud.sql(
            "SELECT action_id, detail_id, request_id FROM messages WHERE resource_uuid = '%s' AND action_id = '014'" % good))
        assert told == [['014', '025', cloud.context['request_id']]], told
        cloud.sql("UPDATE backups SET status = 'available' WHERE id = '%s'" % good)
        cloud.cast('delete_backup', backup=cloud.backup_object(good))
        told = wait_until('the user is told', lambda: cloud.sql(
            "SELECT detail_id FROM messages WHERE resource_uuid = '%s' AND detail_id = '017'" % good))
        assert cloud.status(good) == 'available'
        cloud.sql("UPDATE backups SET service = NULL WHERE id = '%s'" % early)
        cloud.delete(early)
        wait_until('it is deleted', lambda: cloud.field('backups', early, 'deleted') == '1')
        wait_until('all is told', lambda: 'backup.delete.end' in cloud.notices.events())
        ended = [payload['backup_id'] for event, payload, *_ in cloud.notices.heard if event == 'backup.create.end']
        assert ended == [good], (ended, broken, early)


def parents():
    """A full that any project's increment needs is not deleted, though somebody has asked for it."""
    with Cloud() as cloud:
        cloud.play().serve()
        volume = cloud.volume(content=content(7))
        full = cloud.backed_up(volume)
        child = cloud.backed_up(volume, parent=full)
        cloud.delete(full)
        wait_until('delete is refused', lambda: cloud.status(full) == 'error')
        assert 'incremental backups exist' in cloud.field('backups', full, 'fail_reason')
        cloud.cast('reset_status', backup=cloud.backup_object(full), status='available')
        wait_until('reset', lambda: cloud.status(full) == 'available')
        target = cloud.volume(content=bytes(3 << 20))
        cloud.restore(child, target)
        wait_until('restore ends', lambda: cloud.status(child) != 'restoring')
        assert open(cloud.file(target), 'rb').read() == content(7)
        wait_until('notification', lambda: 'backup.reset_status.end' in cloud.notices.events())


def old():
    """Where cinder-volume is of before Yoga, the device is the answer to a call."""
    with Cloud() as cloud:
        cloud.sql("UPDATE services SET rpc_current_version = '3.16', object_current_version = '1.38'"
                  " WHERE `binary` = 'cinder-volume'")
        cloud.play().serve()
        volume = cloud.volume(content=content(8))
        backup = cloud.backed_up(volume)
        (name, args), = [one for one in cloud.volumes_peer.asked if one[0] == 'get_backup_device']
        assert not args['async_call'], (name, args)
        target = cloud.volume(content=bytes(3 << 20))
        cloud.restore(backup, target)
        wait_until('restore ends', lambda: cloud.status(backup) != 'restoring')
        assert open(cloud.file(target), 'rb').read() == content(8)
        sent = [args['volume'] for name, args in cloud.volumes_peer.asked if name == 'secure_file_operations_enabled']
        assert sent[0]['versioned_object.version'] == '1.8' and 'use_quota' not in sent[0]['versioned_object.data'], sent


def queens():
    """Among services of Queens, on its tables: the device is the answer, and every object one of that release."""
    with Cloud(release='queens') as cloud:
        cloud.insert('quota_usages', project_id='p1', resource='backups', in_use=2, reserved=0)
        cloud.insert('quota_usages', project_id='p1', resource='backup_gigabytes', in_use=2, reserved=0)
        cloud.play().serve()
        peer = cloud.volumes_peer
        row = cloud.sql("SELECT rpc_current_version, object_current_version FROM services WHERE `binary` = 'cinder-backup'")
        assert row == [['2.1', '1.35']], row
        volume = cloud.volume(content=content(25))
        cloud.insert('volume_attachment', id=str(uuid.uuid4()), volume_id=volume, attached_host='other', attach_status='attached')
        full = cloud.backed_up(volume)
        peer.temporary = str(uuid.uuid4())
        child = cloud.backed_up(volume, parent=full)
        wait_until('what was made for it goes', lambda: cloud.field('volumes', peer.temporary, 'deleted') == '1')
        target = cloud.volume(content=bytes(3 << 20))
        cloud.restore(child, target)
        wait_until('restore ends', lambda: cloud.status(child) != 'restoring')
        assert open(cloud.file(target), 'rb').read() == content(25)
        assert cloud.field('volumes', target, 'status') == 'available'
        record = cloud.call('export_record', backup=cloud.backup_object(full))
        assert record['backup_service'] == POSIX, record
        cloud.cast('reset_status', backup=cloud.backup_object(full), status='error')
        wait_until('reset', lambda: cloud.status(full) == 'error')
        peer.temporary, peer.fails = None, {'get_backup_device'}
        broken = cloud.create(volume)
        wait_until('backup fails', lambda: cloud.status(broken) == 'error')
        assert 'ValueError: get_backup_device fails' in cloud.field('backups', broken, 'fail_reason')
        assert cloud.field('volumes', volume, 'status') == 'available'
        for one in child, full:
            cloud.delete(one)
            wait_until('it is deleted', lambda: cloud.field('backups', one, 'deleted') == '1')
        assert cloud.sql('SELECT in_use FROM quota_usages') == [['0'], ['0']]
        assert not cloud.scheduler.reports and cloud.sql('SELECT COUNT(*) FROM messages') == [['0']]
        asked = set(peer.names())
        assert asked == {'get_backup_device', 'initialize_connection', 'terminate_connection', 'remove_export',
                         'secure_file_operations_enabled', 'delete_volume'}, asked


def told(cloud, about):
    """What the user hears about it: each message's action and detail, in their order."""
    rows = cloud.sql("SELECT action_id, detail_id, event_id, request_id, project_id, message_level, resource_type FROM messages"
                     " WHERE resource_uuid = '%s' ORDER BY created_at" % about)
    for action, detail, *rest in rows:
        assert rest == ['VOLUME_VOLUME_BACKUP_%s_%s' % (action, detail), cloud.context['request_id'], 'p1', 'ERROR',
                        'VOLUME_BACKUP'], rest
    return [row[:2] for row in rows]


def messages():
    """Where upstream leaves a message for the user, there is one, and it says the same."""
    with Cloud() as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        volume = cloud.volume(content=content(26))

        def fails(detail, **columns):
            backup = cloud.create(volume, **columns)
            wait_until('backup fails', lambda: cloud.status(backup) == 'error')
            wait_until('the user is told', lambda: told(cloud, backup) == [['013', detail]])
            assert cloud.field('volumes', volume, 'status') == 'available'
            return backup
        peer.fails = {'initialize_connection'}
        fails('021')
        peer.fails = set()
        os.rename(cloud.file(volume), cloud.file(volume) + '-away')
        fails('021')
        os.rename(cloud.file(volume) + '-away', cloud.file(volume))
        fails('020', container='../../../../../../dev/null')
        cloud.sql("UPDATE services SET rpc_current_version = '3.16' WHERE `binary` = 'cinder-volume'")
        peer.fails = {'get_backup_device'}
        fails('019')
        cloud.sql("UPDATE services SET rpc_current_version = '3.17' WHERE `binary` = 'cinder-volume'")
        peer.fails = {'terminate_connection'}
        backup = cloud.backed_up(volume)
        wait_until('the user is told', lambda: told(cloud, backup) == [['013', '022']])
        peer.fails = set()
        # A temporary snapshot of a volume that is not there cannot be removed.
        orphan = str(uuid.uuid4())
        cloud.insert('snapshots', id=orphan, volume_id=str(uuid.uuid4()), status='available', volume_type_id=str(uuid.uuid4()),
                     use_quota=0)
        left = cloud.backed_up(volume, temp_snapshot_id=orphan)
        wait_until('the user is told', lambda: told(cloud, left) == [['013', '023']])
        early = cloud.create(volume, cast=False)
        cloud.sql("UPDATE backups SET status = 'error' WHERE id = '%s'" % early)
        cloud.cast('create_backup', backup=cloud.backup_object(early))
        wait_until('the user is told', lambda: told(cloud, early) == [['013', '017']])
        cloud.sql("UPDATE volumes SET status = 'available' WHERE id = '%s'" % volume)

        target = cloud.volume(content=bytes(3 << 20))

        def ends(status, detail, about=backup):
            cloud.sql('DELETE FROM messages')
            cloud.restore(backup, target)
            wait_until('restore ends', lambda: cloud.status(backup) != 'restoring')
            assert cloud.field('volumes', target, 'status') == status, cloud.field('volumes', target, 'status')
            wait_until('the user is told', lambda: told(cloud, about) == [['015', detail]])
        peer.fails = {'initialize_connection'}
        ends('error_restoring', '021')
        peer.fails = {'terminate_connection'}
        ends('available', '022')
        peer.fails = set()
        stored = [name for name in cloud.stored() if backup in name and name.endswith('_metadata')]
        assert len(stored) == 1, cloud.stored()
        os.rename(os.path.join(cloud.store, stored[0]), cloud.path('hidden'))
        ends('error_restoring', '026')
        os.rename(cloud.path('hidden'), os.path.join(cloud.store, stored[0]))
        # Both were set otherwise, while the request waited in the queue.
        for table, id_, status, detail, about, left in (
                ('volumes', target, 'available', '027', target, 'available'), ('backups', backup, 'error', '017', backup, 'error')):
            cloud.sql('DELETE FROM messages')
            cloud.restore(backup, target, cast=False)
            cloud.sql("UPDATE %s SET status = '%s' WHERE id = '%s'" % (table, status, id_))
            cloud.cast('restore_backup', backup=cloud.backup_object(backup), volume_id=target)
            wait_until('the user is told', lambda: told(cloud, about) == [['015', detail]])
            wait_until('restore ends', lambda: cloud.status(backup) == 'available')
            assert cloud.field('volumes', target, 'status') == left, cloud.field('volumes', target, 'status')


def broker():
    """The broker dies and comes back while a job runs: it is not lost, and new ones are heard."""
    with cloud_scene.server('rabbit') as (server, env), Cloud(rabbit=env) as cloud:
        cloud.play().serve()
        volume, other = cloud.volume(content=content(9)), cloud.volume(content=content(10))
        with cloud.hold(cloud.file(volume)) as held:
            backup = cloud.create(volume)
            held()
            server('kill')
            wait_until('the service misses it', lambda: 'cinderbank.bus' in cloud.log() and 'next try in' in cloud.log())
            assert cloud.service.poll() is None and cloud.status(backup) == 'creating'
            server('up')
        wait_until('backup is there', lambda: cloud.status(backup) == 'available')
        assert cloud.field('volumes', volume, 'status') == 'available'
        wait_until('it reads its queue again', cloud.consumers)
        cloud.again()
        later = cloud.backed_up(other)
        for one, source in (backup, volume), (later, other):
            target = cloud.volume(content=bytes(os.path.getsize(cloud.file(source))))
            cloud.restore(one, target)
            wait_until('restore ends', lambda: cloud.status(one) != 'restoring')
            with open(cloud.file(source), 'rb') as a, open(cloud.file(target), 'rb') as b:
                assert a.read() == b.read()


class Relay:
    """What stands before a cluster of databases, as HAProxy does: the first node that is there."""

    def __init__(self, ports):
        self.ports, self.listener = ports, socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            for port in self.ports:
                with contextlib.suppress(OSError):
                    there = socket.create_connection(('127.0.0.1', port))
                    for one, other in (client, there), (there, client):
                        threading.Thread(target=self.pump, args=(one, other), daemon=True).start()
                    break
            else:
                client.close()

    @staticmethod
    def pump(one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in one, other:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def galera():
    """The database's node dies under a running job: it is gone on with at the other one, and nothing is lost."""
    if not os.path.exists('/usr/lib/galera/libgalera_smm.so'):
        cloud_scene.skip('no Galera here')
    with cloud_scene.server('galera') as (server, env):
        first, second = env['GALERA_SOCKETS'].split(',')
        relay = Relay([int(port) for port in env['GALERA_PORTS'].split(',')])
        lost_node(server, first, {
            'MYSQL_ROOT': second,
            'MYSQL_ZED': 'mysql+pymysql://cinder:backup%%40%%3A%%20%%2F%%25@127.0.0.1:%d/zed?charset=utf8' % relay.port})


def lost_node(server, first, mysql):
    with Cloud(mysql=mysql) as cloud:
        cloud.play().serve()
        volume = cloud.volume(content=content(22))
        full = cloud.backed_up(volume)
        with cloud.hold(cloud.file(volume)) as held:
            backup = cloud.create(volume, parent=full)
            held()
            server('kill', '1')
        wait_until('backup is there', lambda: cloud.status(backup) == 'available')
        assert cloud.field('volumes', volume, 'status') == 'available'
        later = cloud.backed_up(cloud.volume(content=content(23)))
        for one in backup, full, later:
            cloud.delete(one)
            wait_until('it is deleted', lambda: cloud.field('backups', one, 'deleted') == '1')
        assert cloud.field('backups', full, 'num_dependent_backups') == '0'
        server('up')
        cloud.mysql = {**mysql, 'MYSQL_ROOT': first}
        assert cloud.sql('SELECT deleted, COUNT(*) FROM backups GROUP BY deleted') == [['1', '3']]
        cloud.mysql = mysql


def killed():
    """kill -9 in the middle: the next start sets right what was creating, restoring and deleting, of this host only."""
    with Cloud(backup_file_size=32768 * 4) as cloud:
        cloud.play().serve()
        peer = cloud.volumes_peer
        volume, target = cloud.volume(content=content(11)), cloud.volume(content=bytes(3 << 20))
        peer.temporary = None
        done = cloud.backed_up(volume)
        gone = cloud.backed_up(volume)
        cloud.service.kill()
        cloud.service.wait()
        # What a service leaves that dies at the worst moment.
        busy = cloud.volume(content=content(12), status='in-use')
        temporary = cloud.volume(status='backing-up')
        creating = cloud.create(busy, cast=False, temp_volume_id=temporary)
        theirs = cloud.create(cloud.volume(content=b'x'), cast=False, host='elsewhere')
        attached = {host: str(uuid.uuid4()) for host in (HOST, 'elsewhere')}
        for host, attachment in attached.items():
            cloud.insert('volume_attachment', id=attachment, volume_id=busy, attached_host=host, attach_status='attached')
        cloud.restore(done, target, cast=False)
        cloud.delete(gone)     # the cast waits in the queue
        peer.asked = []
        cloud.serve()
        wait_until('deletes go on', lambda: cloud.field('backups', gone, 'deleted') == '1')
        wait_until('nothing is creating', lambda: cloud.status(creating) == 'error')
        assert cloud.field('backups', creating, 'fail_reason') == 'incomplete backup reset on manager restart'
        assert cloud.field('volumes', busy, 'status') == 'in-use'
        wait_until('nothing is restoring', lambda: cloud.status(done) == 'available')
        assert cloud.field('volumes', target, 'status') == 'error_restoring'
        wait_until('what was made for it goes', lambda: cloud.field('volumes', temporary, 'deleted') == '1')
        assert cloud.field('backups', creating, 'temp_volume_id') is None
        assert cloud.status(theirs) == 'creating'
        wait_until('it is disconnected', lambda: peer.names().count('terminate_connection') == 2)
        asked = wait_until('it is detached', lambda: [args for name, args in peer.asked if name == 'detach_volume'])
        assert [args['attachment_id'] for args in asked] == [attached[HOST]], asked
        assert asked[0]['volume']['versioned_object.data']['id'] == busy
        peer.asked = []
        assert cloud.backed_up(volume)


# What cinder's tables have no index for.
SCANS = ("host = '", 'parent_id = ', 'project_id = ')


def large():
    """Of 100000 rows none is read where cinder's own tables have an index; the log of the database tells."""
    with Cloud() as cloud:
        cloud.sql("SET foreign_key_checks = 0;"
                  "INSERT INTO backups (id, volume_id, project_id, host, status, size, deleted, created_at, num_dependent_backups)"
                  " SELECT UUID(), UUID(), 'p9', 'other', 'available', 1, seq % 2, NOW(), 0 FROM seq_1_to_100000;"
                  "INSERT INTO backup_metadata (backup_id, `key`, value, deleted) SELECT id, 'k', 'v', 0 FROM backups;"
                  "INSERT INTO volumes (id, host, status, size, deleted, use_quota, volume_type_id) SELECT volume_id, 'h', 'in-use', 1, 0, 1, UUID() FROM backups;"
                  "INSERT INTO snapshots (id, volume_id, status, deleted, volume_type_id, use_quota)"
                  " SELECT UUID(), id, 'available', 0, UUID(), 1 FROM volumes;"
                  + ''.join('INSERT INTO %s (volume_id, `key`, value, deleted) SELECT id, 0x6b, 0x76, 0 FROM volumes;' % table
                            for table in ('volume_metadata', 'volume_admin_metadata', 'volume_glance_metadata'))
                  + "INSERT INTO messages (id, project_id, message_level, resource_type, resource_uuid, event_id, deleted, expires_at)"
                    " SELECT UUID(), 'p9', 'ERROR', 'VOLUME_BACKUP', id, 'e', 0, NOW() FROM backups;"
                    "INSERT INTO quota_usages (project_id, resource, in_use, reserved, deleted, until_refresh)"
                    " SELECT seq, 'backups', 1, 0, 0, 0 FROM seq_1_to_10000;"
                  "SET GLOBAL log_output = 'TABLE', GLOBAL long_query_time = 0, GLOBAL min_examined_row_limit = 5000,"
                  " GLOBAL slow_query_log = 1")
        cloud.play().serve()
        peer = cloud.volumes_peer
        volume, target = cloud.volume(content=content(60)), cloud.volume(content=bytes(3 << 20))
        cloud.insert('volume_metadata', volume_id=volume, key='k', value='v')
        full = cloud.backed_up(volume)
        peer.moment = str(uuid.uuid4())
        child = cloud.backed_up(volume, parent=full)
        peer.moment = None
        cloud.restore(child, target)
        wait_until('restore ends', lambda: cloud.status(child) == 'available')
        assert cloud.field('volumes', target, 'status') == 'available', cloud.log()
        record = cloud.call('export_record', backup=cloud.backup_object(full))
        assert record['backup_url']
        peer.fails = {'initialize_connection'}
        broken = cloud.create(volume)
        wait_until('backup fails', lambda: cloud.status(broken) == 'error')
        for one in child, full, broken:
            cloud.delete(one)
            wait_until('it is deleted', lambda one=one: cloud.field('backups', one, 'deleted') == '1')
        cloud.stop()
        read = [text for text, in cloud.sql("SELECT CONVERT(sql_text USING utf8mb4) FROM mysql.slow_log WHERE db = '%s' AND user_host LIKE 'cinder%%'"
                                            % cloud.database)]
        cloud.sql('SET GLOBAL slow_query_log = 0')
        assert any('parent_id = ' in text for text in read), 'nothing is logged'
        for text in read:
            assert ' FROM backups WHERE' in text and any(scan in text for scan in SCANS), text


def offload():
    """backup_service_inithost_offload = false: deletes are resumed before anything else is heard."""
    with Cloud(backup_service_inithost_offload='false') as cloud:
        cloud.play().serve()
        backup = cloud.backed_up(cloud.volume(content=content(19)))
        cloud.stop(signal.SIGKILL)
        cloud.sql("UPDATE backups SET status = 'deleting' WHERE id = '%s'" % backup)
        cloud.serve()
        assert cloud.field('backups', backup, 'deleted') == '1' and not cloud.stored()


def away():
    """A service whose store is away is down: no heartbeat, and the scheduler hears it; it comes back with the store."""
    with Cloud(backup_driver_init_check_interval=5) as cloud:
        def beats():
            found = cloud.sql("SELECT report_count FROM services WHERE `binary` = 'cinder-backup' AND deleted = 0")
            return int(found[0][0]) if found else 0

        def state():
            return [report['capabilities']['backend_state'] for _, report in heard][-1:]

        def hide():
            os.rename(cloud.store, cloud.store + '-away')
            with open(cloud.store, 'w', encoding='utf-8'):
                pass

        def show():
            os.unlink(cloud.store)
            os.rename(cloud.store + '-away', cloud.store)

        hide()
        cloud.play().serve()
        heard = cloud.scheduler.reports
        wait_until('it says so', lambda: state() == [False])
        assert beats() == 0 and 'down until the store works' in cloud.log()
        show()
        wait_until('it beats', beats)
        wait_until('it says so', lambda: state() == [True])
        volume = cloud.volume(content=content(20))
        backup, other = cloud.backed_up(volume), cloud.backed_up(volume)
        hide()
        wait_until('it says so', lambda: state() == [False])
        # What was asked for before that was known is not begun.
        late = cloud.create(volume)
        wait_until('backup is refused', lambda: cloud.status(late) == 'error')
        assert cloud.field('backups', late, 'fail_reason') == 'Create backup aborted due to backup service is down.'
        assert cloud.field('volumes', volume, 'status') == 'available'
        cloud.delete(other)
        wait_until('delete is refused', lambda: cloud.status(other) == 'error_deleting')
        assert cloud.field('backups', other, 'fail_reason') == 'Delete backup is aborted due to backup service is down.'
        wait_until('the user is told', lambda: told(cloud, late) + told(cloud, other) == [['013', '018'], ['014', '018']])
        before = beats()
        show()
        wait_until('it says so', lambda: state() == [True])
        wait_until('it beats again', lambda: beats() > before)
        cloud.delete(backup)
        wait_until('it is deleted', lambda: cloud.field('backups', backup, 'deleted') == '1')


def monitored():
    """Who calls with a monitor hears that the service is still at it; what is sent twice is done once."""
    with Cloud() as cloud:
        cloud.play().serve()
        volume = cloud.volume(content=content(21))
        backup = cloud.backed_up(volume)

        def request(method, backup, **more):
            return {'method': method, 'args': {'backup': cloud.backup_object(backup)}, 'version': '2.0', '_unique_id': uuid.uuid4().hex,
                    **more, **{'_context_' + key: value for key, value in cloud.context.items()}}
        # As oslo.messaging's client asks that wants to hear something every two seconds.
        asked = request('export_record', backup, _msg_id=uuid.uuid4().hex, _reply_q='reply_' + uuid.uuid4().hex, _timeout=2)
        patience = {'result': None, 'failure': None, 'ending': False, '_msg_id': asked['_msg_id']}
        with cloud.replies(asked['_reply_q']) as replies:
            with cloud.locked('backups'):
                cloud.publish(asked)
                for _ in range(2):
                    assert next(replies) == {**patience, '_unique_id': ANY}
            answer = next(reply for reply in replies if reply['ending'])
        assert answer['result']['backup_service'] == POSIX, answer

        again = cloud.create(volume, cast=False)
        body = request('create_backup', again)
        cloud.volumes_peer.asked = []
        for _ in range(2):
            cloud.publish(body)
        wait_until('backup ends', lambda: cloud.status(again) == 'available')
        cloud.call('check_support_to_force_delete')
        assert cloud.volumes_peer.names().count('get_backup_device') == 1, cloud.volumes_peer.names()


def syslog():
    """use_syslog: what is logged goes to the system's log, too, with the facility that is asked for."""
    if os.path.exists('/dev/log'):
        cloud_scene.skip('this machine has a system log of its own')
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind('/dev/log')
    try:
        with Cloud(use_syslog='true', syslog_log_facility='local4') as cloud:
            cloud.serve()
            heard.settimeout(PATIENCE)
            lines = ''
            while 'is ready' not in lines:
                lines += heard.recv(65536).decode()
            assert 'cinder' in lines, lines
            # 20 is local4 (RFC 3164, 4.1.1), 6 informational.
            assert '<%d>' % (20 << 3 | 6) in lines, lines
    finally:
        heard.close()
        os.unlink('/dev/log')


def cancel():
    """A create ends when its backup is to be deleted, long before all is read."""
    with Cloud(backup_file_size=1 << 20, backup_object_number_per_notification=1) as cloud:
        cloud.play().serve()
        volume = cloud.volume(content=content(13, 64 << 20))
        with cloud.hold(cloud.file(volume)) as held:
            backup = cloud.create(volume)
            held()
            cloud.sql("UPDATE backups SET status = 'deleting' WHERE id = '%s'" % backup)
            cloud.notice(backup)
        cloud.cast('delete_backup', backup=cloud.backup_object(backup))
        wait_until('it is deleted', lambda: cloud.field('backups', backup, 'deleted') == '1')
        assert cloud.field('volumes', volume, 'status') == 'available'
        assert cloud.field('volumes', volume, 'previous_status') == 'backing-up'
        assert not cloud.stored(), cloud.stored()
        assert cloud.volumes_peer.names()[-1] == 'remove_export', cloud.volumes_peer.names()
        wait_until('all is told', lambda: 'backup.delete.end' in cloud.notices.events())
        read = [payload['backup_percent'] for event, payload, *_ in cloud.notices.heard if event == 'backup.createprogress']
        assert max(read, default=0) < 100, read


def drained():
    """SIGTERM: no more requests are taken, what runs is ended in order, systemd hears of it."""
    with Cloud(graceful_shutdown_timeout=600) as cloud:
        path = cloud.path('notify')
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(path)
        heard = []
        threading.Thread(target=lambda: [heard.append(told.recv(100).decode()) for _ in range(1000)], daemon=True).start()
        cloud.play().serve(env={**os.environ, 'NOTIFY_SOCKET': path, 'WATCHDOG_USEC': '1000000'})
        wait_until('the watchdog is fed', lambda: heard.count('WATCHDOG=1') > 2)
        assert heard.count('READY=1') == 1 and 'STOPPING=1' not in heard, heard
        volume = cloud.volume(content=content(14))
        with cloud.hold(cloud.file(volume)) as held:
            backup = cloud.create(volume)
            held()
            cloud.service.send_signal(signal.SIGTERM)
            wait_until('it reads no more', lambda: not cloud.consumers())
            waits = cloud.create(cloud.volume(content=content(15)))
            assert cloud.service.poll() is None and cloud.status(backup) == 'creating'
        assert cloud.service.wait(PATIENCE) == 0
        assert cloud.status(backup) == 'available' and cloud.field('volumes', volume, 'status') == 'available'
        assert cloud.volumes_peer.names()[-1] == 'remove_export'
        wait_until('systemd hears', lambda: heard.count('STOPPING=1') == 1)
        assert cloud.status(waits) == 'creating'
        wait_until('notification', lambda: 'backup.create.end' in cloud.notices.events())


def several():
    """Two services on one broker and one database: each does what it is asked for, and not twice."""
    with Cloud() as cloud:
        cloud.play().serve()
        second = cloud.serve_as('backup2')
        for host in (HOST, 'backup2') * 2:
            volume = cloud.volume(content=content(16))
            backup = cloud.create(volume, cast=False)
            cloud.sql("UPDATE backups SET host = '%s' WHERE id = '%s'" % (host, backup))
            cloud.client('cinder-backup', host).cast(cloud.context, 'create_backup', backup=cloud.backup_object(backup))
            wait_until('backup ends', lambda: cloud.status(backup) != 'creating')
            assert cloud.status(backup) == 'available', cloud.field('backups', backup, 'fail_reason')
            assert cloud.field('backups', backup, 'host') == host
        hosts = cloud.sql("SELECT host FROM services WHERE `binary` = 'cinder-backup' ORDER BY host")
        assert hosts == [[HOST], ['backup2']], hosts
        second.kill()


def doctor():
    """Doctor logs in to the broker, tells what is wrong there, and no password."""
    with Cloud() as cloud:
        found = cloud.run('doctor', 'volumes').stdout
        assert 'the message broker lets us in' in found, found
        with open(cloud.conf, encoding='utf-8') as f:
            text = f.read()
        for url, says in ((cloud.url.replace('a%40', 'wrong%40'), 'ACCESS_REFUSED'),
                          (cloud.url.replace(cloud.vhost, 'nowhere'), 'nowhere'),
                          ('rabbit://lab:secret%40@127.0.0.1:1/', '127.0.0.1:1'),
                          ('amqps://lab:secret%40@h/', 'begins with neither')):
            with open(cloud.conf, 'w', encoding='utf-8') as f:
                f.write(text.replace(cloud.url, url))
            found = cloud.run('doctor', 'volumes', status=1).stdout
            assert says in found and 'transport_url' in found, found
            assert 'wrong' not in found and 'secret' not in found, found


def quorum():
    """Quorum queues with limits: each side declares what the other has made, and neither is turned away.

    Transient ones are unknown to the peer: its fanouts are others, and what the broker says to that holds up nothing else.
    """
    with Cloud() as cloud:
        cloud.rabbit_options = {'rabbit_quorum_queue': True, 'rabbit_quorum_delivery_limit': 5}
        with open(cloud.conf, 'a', encoding='utf-8') as f:
            f.write('[oslo_messaging_rabbit]\nrabbit_quorum_queue = true\nrabbit_quorum_delivery_limit = 5\n'
                    'rabbit_transient_quorum_queue = true\n')
        cloud.play().serve()
        wait_until('it is turned away', lambda: "exchange 'cinder-scheduler_fanout'" in cloud.log())
        cloud.backed_up(cloud.volume(content=content(28)))
        queues = json.loads(cloud.ctl('list_queues', '-p', cloud.vhost, '--formatter', 'json', 'name', 'durable', 'arguments'))

        def made(start):
            """How the queue of that name is declared."""
            (queue,) = [one for one in queues if one['name'].startswith(start)]
            arguments = queue['arguments']
            return queue['durable'], dict(arguments) if isinstance(arguments, dict) else {
                name: value for name, _, value in arguments}
        lasting = made('cinder-scheduler.api1')     # oslo.messaging's
        assert lasting == (True, {'x-queue-type': 'quorum', 'x-delivery-limit': 5}), lasting
        assert made('cinder-backup.' + HOST) == lasting, made('cinder-backup.' + HOST)
        passing = made('cinder-backup_fanout_')
        assert passing == (True, {**lasting[1], 'x-expires': 1800 * 1000}), passing
        answers = [one for one in queues if one['name'].startswith('reply_') and one['durable']]
        assert [made(one['name']) for one in answers] == [passing], answers
        with open(cloud.conf, 'a', encoding='utf-8') as f:
            f.write('rabbit_stream_fanout = true\n')
        assert 'streams cannot be read' in cloud.run('doctor', 'volumes', status=1).stdout


def tls():
    """Over TLS, by the second of two brokers: the first is dead.  A certificate that is not known is refused."""
    with Cloud() as cloud:
        user = cloud.url.split('//')[1].split('@127')[0]
        hosts = '%s@127.0.0.1:1,127.0.0.1:%s/%s' % (user, os.environ['RABBIT_TLS_PORT'], cloud.vhost)
        with open(cloud.conf, encoding='utf-8') as f:
            text = f.read()

        def configure(query, section=''):
            with open(cloud.conf, 'w', encoding='utf-8') as f:
                f.write(text.replace(cloud.url, 'rabbit://' + hosts + query) + section)
        configure('', '[oslo_messaging_rabbit]\nssl = true\nssl_ca_file = /etc/ssl/certs/ca-certificates.crt\n')
        assert 'cert verification failed' in cloud.run('doctor', 'volumes', status=1).stdout
        # A name that is not the certificate's is only let in where it is said so.
        query = '?ssl=1&ssl_ca_file=' + os.environ['RABBIT_CERTIFICATE']
        hosts, named = '%s@127.1:%s/%s' % (user, os.environ['RABBIT_TLS_PORT'], cloud.vhost), hosts
        configure(query)
        assert 'hostname' in cloud.run('doctor', 'volumes', status=1).stdout.lower()
        configure(query, '[oslo_messaging_rabbit]\nssl_enforce_hostname_verification = false\n')
        assert 'lets us in' in cloud.run('doctor', 'volumes').stdout
        hosts = named
        configure(query)
        cloud.play().serve()
        volume = cloud.volume(content=content(17))
        cloud.backed_up(volume)
        assert '127.0.0.1:1: connect' in cloud.log() or 'messages wait' in cloud.log()
        ports = cloud.ctl('list_connections', 'ssl', 'vhost', 'client_properties').splitlines()
        ours = [line for line in ports if cloud.vhost in line and 'cinder-backup:' in line]
        assert ours and all(line.startswith('true') for line in ours), ports


cloud_scene.main({name: case for name, case in list(globals().items())
                  if callable(case) and getattr(case, '__module__', '') == '__main__' and case.__doc__})
