"""cloud ours|upstream SCENE: a cinder-backup in a real cloud, which notices nothing but the speed.

Played by upstream's service, a scene checks the cloud and itself; played by ours, it checks us.
"""
import os
import signal
import sys
import time

import ceph_lab
import cloud_lab
import scene
from cinderclient import exceptions
from cloud_lab import Backup, Tenant, row, rows, until


def refused(code, call, *args, **more):
    try:
        call(*args, **more)
    except exceptions.ClientException as error:
        assert error.code == code, '%d was due, not %s' % (code, error)
        return str(error)
    raise AssertionError('%d was due, and nothing came' % code)


def check_clean():
    """No volume, snapshot or image is left that was made for a backup."""
    for table in 'volumes', 'snapshots':
        left = rows('SELECT id FROM ' + table + " WHERE deleted = 0 AND display_name LIKE 'backup-%%'")
        assert not left, 'temporary %s are left: %s' % (table, left)


def check_usage(project_id, *expected):
    """What is counted is what cinder has noted, and that much; upstream notes it last."""
    until('quota of %s' % (expected or 'what is there',), lambda: len({*usage(project_id), *expected}) == 1, 20)


def usage(project_id):
    """Quota in use: counted, and as cinder has it."""
    counted = row('SELECT COUNT(*) AS n, CAST(COALESCE(SUM(size), 0) AS SIGNED) AS g FROM backups'
                  ' WHERE deleted = 0 AND project_id = %s', project_id)
    noted = {use['resource']: use['in_use'] for use in rows(
        "SELECT resource, in_use FROM quota_usages WHERE project_id = %s AND deleted = 0", project_id)}
    return (counted['n'], counted['g']), (noted['backups'], noted['backup_gigabytes'])


# ---- scenes ----

def chain(whose):
    """Full, incremental, restore to a new and to a given volume; counts, quota, rows."""
    rng = scene.seeded('chain')
    with Backup(whose) as service, Tenant() as demo:
        volume = demo.volume(rng)
        sums = [demo.sha256(volume)]
        full = demo.backup(volume, name='full', description='all of it', metadata={'k1': 'v1'})
        demo.write(volume, rng)
        sums.append(demo.sha256(volume))
        child = demo.backup(volume, incremental=True)

        made = row('SELECT * FROM backups WHERE id = %s', full)
        assert made['service'] == service.driver and made['host'] == 'lab' and made['object_count'], made
        assert made['num_dependent_backups'] == 1, made
        assert made['service_metadata'].startswith('volume_%s_' % volume), made
        assert demo.api.backups.get(full).has_dependent_backups
        assert demo.api.backups.get(child).is_incremental
        refused(400, demo.api.backups.delete, full)

        fresh = demo.restore(child)
        assert demo.sha256(fresh) == sums[1], 'a new volume is another one'
        tags = {tag['key']: tag['value'] for tag in rows('SELECT * FROM volume_metadata WHERE volume_id = %s', fresh)}
        assert tags['src_backup_id'] == child, tags
        demo.write(volume, rng)
        demo.restore(full, volume)
        assert demo.sha256(volume) == sums[0], 'a volume restored in place is another one'

        demo.drop(child)
        assert row('SELECT * FROM backups WHERE id = %s', full)['num_dependent_backups'] == 0
        assert not rows('SELECT * FROM backups WHERE id = %s AND deleted = 0', child)
        check_usage(made['project_id'], (1, 1))
        demo.drop(full)
        assert not rows('SELECT * FROM backup_metadata WHERE backup_id = %s AND deleted = 0', full)
        check_usage(made['project_id'], (0, 0))
        assert not [name for _, _, names in os.walk(service.store) for name in names], 'files are left'
    check_clean()


def sources(whose):
    """A snapshot, and a volume that is in use; nothing made for them stays."""
    rng = scene.seeded('sources')
    with Backup(whose), Tenant() as demo:
        volume = demo.volume(rng)
        before = demo.sha256(volume)
        snapshot = demo.api.volume_snapshots.create(volume).id
        demo.settled(demo.api.volume_snapshots, snapshot, 'available')
        demo.write(volume, rng)
        after = demo.sha256(volume)
        old = demo.backup(volume, snapshot_id=snapshot)
        demo.settled(demo.api.volume_snapshots, snapshot, 'available')
        attachment = demo.api.attachments.create(volume, {}, mode='rw')
        demo.api.attachments.complete(attachment['id'])
        demo.settled(demo.api.volumes, volume, 'in-use')
        refused(400, demo.api.backups.create, volume)
        live = demo.backup(volume, force=True)
        assert demo.sha256(demo.restore(old)) == before, 'the snapshot is another one'
        assert demo.sha256(demo.restore(live)) == after, 'the volume in use is another one'
        for backup in old, live:
            made = row('SELECT * FROM backups WHERE id = %s', backup)
            assert not made['temp_volume_id'] and not made['temp_snapshot_id'], made
        for one in demo.api.volumes.get(volume).attachments:
            demo.api.attachments.delete(one['attachment_id'])
        demo.settled(demo.api.volumes, volume, 'available')
        until('temporaries go', lambda: not rows(
            "SELECT id FROM volumes WHERE deleted = 0 AND display_name LIKE 'backup-%%'"))
    check_clean()


def record(whose):
    """Export, loss of the row, import, restore."""
    rng = scene.seeded('record')
    admin = cloud_lab.api()
    with Backup(whose), Tenant() as demo:
        volume = demo.volume(rng)
        before = demo.sha256(volume)
        backup = demo.backup(volume, name='kept')
        exported = admin.backups.export_record(backup)
        assert exported['backup_service'] == cloud_lab.POSIX
        rows('DELETE FROM backup_metadata WHERE backup_id = %s', backup)
        rows('DELETE FROM backups WHERE id = %s', backup)
        rows("UPDATE quota_usages SET in_use = 0 WHERE resource LIKE 'backup%%'")
        refused(404, demo.api.backups.get, backup)
        admin.backups.import_record(**exported)
        until('the import ends', lambda: admin.backups.get(backup).status == 'available')
        with Tenant('admin') as owner:
            owner.backups.append(backup)
            assert demo.sha256(owner.restore(backup)) == before, 'what was imported is another one'
            demo.backups.remove(backup)
        refused(400, admin.backups.import_record, exported['backup_service'], 'bm9uc2Vuc2U=')


def cancel(whose):
    """A create is cancelled by a forced delete, a restore by another status."""
    rng = scene.seeded('cancel')
    admin = cloud_lab.api()
    with Backup(whose, backup_file_size=scene.MIB, backup_sha_block_size_bytes=32 * scene.KIB,
                backup_compression_algorithm='bz2') as service, Tenant() as demo:
        volume = demo.volume()
        demo.fill(volume, rng, 96)
        backup = demo.begin(volume)
        until('data moves', lambda: any(names for _, _, names in os.walk(service.store)))
        admin.backups.delete(backup, force=True)
        demo.gone(demo.api.backups, backup)
        demo.backups.remove(backup)
        demo.settled(demo.api.volumes, volume, 'available')
        until('its files go', lambda: not any(names for _, _, names in os.walk(service.store)))

        backup = demo.backup(volume)
        target = demo.volume()
        demo.api.restores.restore(backup, target)
        until('it restores', lambda: demo.api.volumes.get(target).status == 'restoring-backup')
        admin.backups.reset_state(backup, 'error')
        demo.settled(demo.api.volumes, target, 'error', ('available', 'error_restoring'))
        demo.settled(demo.api.backups, backup, 'available', ())
        assert demo.api.volumes.get(volume).status == 'available'


def limits(whose):
    """Quotas, another project's backups, an administrator for a tenant."""
    rng = scene.seeded('limits')
    admin = cloud_lab.api()
    with Backup(whose), Tenant() as demo, Tenant('admin', 'demo') as tenant:
        volume = demo.volume(rng)
        project = row('SELECT project_id FROM volumes WHERE id = %s', volume)['project_id']
        admin.quotas.update(project, backups=1)
        try:
            first = demo.backup(volume)
            assert 'Maximum number of backups allowed' in refused(413, demo.api.backups.create, volume)
            demo.drop(first)
            check_usage(project, (0, 0))
            again = demo.backup(volume)
            demo.drop(again)
        finally:
            admin.quotas.update(project, backups=10)
        theirs = tenant.backup(volume)
        assert row('SELECT project_id FROM backups WHERE id = %s', theirs)['project_id'] == project
        assert demo.api.backups.get(theirs).id == theirs
        refused(404, cloud_lab.api('admin').backups.get, 'b' * 8 + '-0000-4000-8000-000000000000')
        tenant.drop(theirs)
        check_usage(project, (0, 0))


def service_row(whose):
    """The row in services, its heartbeat, and what the operator switches."""
    admin = cloud_lab.api()
    rows("DELETE FROM services WHERE `binary` = 'cinder-backup'")
    with Backup(whose, report_interval=1):
        made = until('the row', lambda: rows("SELECT * FROM services WHERE `binary` = 'cinder-backup' AND deleted = 0"))
        assert len(made) == 1, made
        one = made[0]
        expected = {'host': 'lab', 'topic': 'cinder-backup', 'disabled': 0, 'availability_zone': 'nova',
                    'rpc_current_version': '2.3', 'object_current_version': '1.39', 'frozen': 0,
                    'replication_status': 'not-capable', 'cluster_name': None, 'deleted': 0, 'disabled_reason': None}
        assert {key: one[key] for key in expected} == expected, one
        assert one['uuid'] and one['created_at'] and one['updated_at'], one
        until('it beats', lambda: row('SELECT * FROM services WHERE id = %s', one['id'])['report_count'] > 1)
        seen = admin.services.list(binary='cinder-backup')[0]
        assert (seen.state, seen.status, seen.zone) == ('up', 'enabled', 'nova'), seen
        admin.services.disable_log_reason('lab', 'cinder-backup', 'for a while')
        seen = admin.services.list(binary='cinder-backup')[0]
        assert (seen.status, seen.disabled_reason) == ('disabled', 'for a while'), seen
        beats = row('SELECT * FROM services WHERE id = %s', one['id'])['report_count']
        until('it still beats',
              lambda: row('SELECT * FROM services WHERE id = %s', one['id'])['report_count'] > beats + 1)
        assert row('SELECT * FROM services WHERE id = %s', one['id'])['disabled'] == 1
        admin.services.enable('lab', 'cinder-backup')
    with Backup(whose, report_interval=1):
        again = row("SELECT * FROM services WHERE `binary` = 'cinder-backup' AND deleted = 0")
        assert again['id'] == one['id'] and again['uuid'] == one['uuid'], 'a restart takes the same row'
        rows('DELETE FROM services WHERE id = %s', one['id'])
        until('a row that was lost is made again',
              lambda: rows("SELECT * FROM services WHERE `binary` = 'cinder-backup' AND deleted = 0"))


def killed(whose):
    """SIGKILL in creating, restoring and deleting; what is left is put right at the next start."""
    rng = scene.seeded('killed')
    with Backup(whose, backup_file_size=scene.MIB, backup_compression_algorithm='bz2') as service, Tenant() as demo:
        volume = demo.volume(rng)
        before = demo.sha256(volume)
        backup = demo.begin(volume)
        until('data moves', lambda: any(names for _, _, names in os.walk(service.store)))
        service.end(signal.SIGKILL)
        service.start()
        until('it is in error', lambda: demo.api.backups.get(backup).status == 'error')
        assert 'incomplete backup reset' in demo.api.backups.get(backup).fail_reason
        demo.settled(demo.api.volumes, volume, 'available')
        demo.drop(backup)

        backup = demo.backup(volume)
        target = demo.volume()
        demo.api.restores.restore(backup, target)
        until('it restores', lambda: demo.api.volumes.get(target).status == 'restoring-backup')
        service.end(signal.SIGKILL)
        service.start()
        until('the target is in error', lambda: demo.api.volumes.get(target).status == 'error_restoring')
        demo.settled(demo.api.backups, backup, 'available')
        assert demo.sha256(demo.restore(backup)) == before

        os.killpg(service.process.pid, signal.SIGSTOP)
        demo.api.backups.delete(backup)
        until('it is to go', lambda: demo.api.backups.get(backup).status == 'deleting')
        service.end(signal.SIGKILL)
        service.start()
        demo.gone(demo.api.backups, backup)
        demo.backups.remove(backup)
        project = row('SELECT project_id FROM volumes WHERE id = %s', volume)['project_id']
        if whose == 'ours':     # upstream pays twice
            check_usage(project)
    check_clean()


def vanished(whose):
    """An image that is gone: the backup says why, the user is told, the volume is as it was."""
    rng = scene.seeded('vanished')
    with Backup(whose), Tenant() as demo:
        volume = demo.volume(rng)
        ceph_lab.rbd('mv', demo.image(volume), demo.image(volume) + '-away')
        backup = demo.begin(volume)
        until('it is in error', lambda: demo.api.backups.get(backup).status == 'error')
        assert demo.api.backups.get(backup).fail_reason
        until('the volume is free', lambda: demo.api.volumes.get(volume).status == 'available')
        assert row('SELECT * FROM volumes WHERE id = %s', volume)['previous_status'] == 'error_backing-up'
        told = until('a message', lambda: [one for one in demo.api.messages.list() if one.resource_uuid == backup])
        assert [(one.resource_type, one.message_level) for one in told] == [('VOLUME_BACKUP', 'ERROR')], told
        ceph_lab.rbd('mv', demo.image(volume) + '-away', demo.image(volume))
        demo.drop(backup)
    check_clean()


def others(whose):
    """Backups outlive the change of the service: by theirs and restored by the other's, there and back."""
    other = 'upstream' if whose == 'ours' else 'ours'
    rng = scene.seeded('others')
    with Tenant() as demo:
        with Backup(whose) as first:
            volume = demo.volume(rng)
            sums = [demo.sha256(volume)]
            backups = [demo.backup(volume)]
            first.end()
            with Backup(other) as second:
                second.end()
                second.take_over(first)
                second.start()
                for incremental in True, True:
                    if len(backups) == 2:       # the last one by the first service again
                        second.end()
                        first.start()
                    demo.write(volume, rng)
                    sums.append(demo.sha256(volume))
                    backups.append(demo.backup(volume, incremental=incremental))
                for service in first, second:
                    for one in first, second:
                        one.end()
                    service.start()
                    for at in 2, 1, 0:
                        target = demo.restore(backups[at], volume if at == 0 else None)
                        assert demo.sha256(target) == sums[at], 'backup %d, by %s' % (at, service.whose)
                for backup in reversed(backups):
                    demo.drop(backup)
                    demo.backups = [one for one in demo.backups if one != backup]


def restarts(whose):
    """Broker and database go and come while jobs run: none is lost, and statuses end right."""
    rng = scene.seeded('restarts')
    with Backup(whose, backup_file_size=scene.MIB, backup_compression_algorithm='bz2') as service, Tenant() as demo:
        volume = demo.volume(rng)
        for gone in 'rabbitmq', 'mariadb':
            before = demo.sha256(volume)
            backup = demo.begin(volume)
            until('data moves', lambda: any(names for _, _, names in os.walk(service.store)))
            cloud_lab.server('kill', gone)
            time.sleep(3)
            cloud_lab.server('start')
            demo.settled(demo.api.backups, backup, 'available')
            demo.settled(demo.api.volumes, volume, 'available')
            until('the service consumes again', service.is_ready, 90)
            assert demo.sha256(demo.restore(backup)) == before
            demo.drop(backup)
    check_clean()


SCENES = {scene_.__name__: scene_ for scene_ in (chain, sources, record, cancel, limits, service_row, killed,
                                              vanished, others, restarts)}

if __name__ == '__main__':
    began = time.monotonic()
    if len(sys.argv) < 2 or sys.argv[1] not in ('ours', 'upstream'):
        sys.exit(__doc__)
    for name in sys.argv[2:] or SCENES:
        SCENES[name](sys.argv[1])
        print('%s, by %s: good after %.0f s' % (name, sys.argv[1], time.monotonic() - began))
