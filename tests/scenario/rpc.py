#!/usr/bin/env python3
"""The service in a cloud, over a real broker and database: rpc.py [CASE...]."""
import cloud_scene
from cloud_scene import HOST, Cloud, content, wait_until


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
            cloud.restore(backup, target)
            wait_until('restore ends', lambda: cloud.status(backup) != 'restoring')
            assert cloud.field('volumes', target, 'status') == 'available', cloud.field('volumes', target, 'status')
            assert open(cloud.file(target), 'rb').read() == bytes(wanted)
            tags = cloud.sql("SELECT value FROM volume_metadata WHERE volume_id = '%s'" % target)
            assert tags == [[backup]], tags
        for backup in child, full:
            cloud.delete(backup)
            wait_until('delete ends', lambda: cloud.field('backups', backup, 'deleted') == '1')
        assert not cloud.stored(), cloud.stored()
        wait_until('notifications', lambda: len(cloud.notices.heard) >= 12)
        events = cloud.notices.events()
        assert events[:3] == ['backup.create.start', 'backup.createprogress', 'backup.createprogress'] or \
            events[0] == 'backup.create.start' and events[1] == 'backup.createprogress', events
        for event in ('create.end', 'restore.start', 'restore.end', 'delete.start', 'delete.end'):
            assert events.count('backup.' + event) == 2, events
        assert {publisher for _, _, publisher, _ in cloud.notices.heard} == {'backup.' + HOST}


cloud_scene.main({name: case for name, case in list(globals().items())
                  if callable(case) and getattr(case, '__module__', '') == '__main__' and case.__doc__})
