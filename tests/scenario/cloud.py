"""cloud ours|upstream SCENE [STORE...]: a cinder-backup in a real cloud, which notices nothing but the speed.

A scene is played on all these stores at once, each by a service and in a project of its own.  Played by upstream's
service, it checks the cloud and itself; played by ours, it checks us.
"""
import concurrent.futures
import contextlib
import fcntl
import os
import re
import signal
import sys
import time
import traceback

import ceph_lab
import cloud_commands
import cloud_lab
import cloud_store
import scene
from cinderclient import exceptions
from cloud_lab import row, rows, until


# Objects of a backup that is met at work: some come soon, and it is not thousands, since zeros are stored.
SMALL = {'backup_file_size': 8 * scene.MIB, 'backup_swift_object_size': 8 * scene.MIB}


def refused(code, call, *args, **more):
    try:
        call(*args, **more)
    except exceptions.ClientException as error:
        assert error.code == code, '%d was due, not %s' % (code, error)
        return str(error)
    raise AssertionError('%d was due, and nothing came' % code)


def check_clean(place):
    """No volume, snapshot, image, file or target is left of those that were made for a backup, and nothing in the store."""
    for table in 'volumes', 'snapshots':
        until('temporary %s go' % table, lambda: not rows(
            'SELECT id FROM ' + table + " WHERE deleted = 0 AND project_id = %s AND display_name LIKE 'backup-%%'",
            place.project))
    until('the store is empty', lambda: not place.store.names())
    ids = place.volumes() | place.snapshots()
    for what, names in (('images', ceph_lab.names), ('files', cloud_store.files), ('targets', cloud_store.targets)):
        until('%s go' % what, lambda: not ids & {id_ for name in names() for id_ in re.findall('[0-9a-f-]{36}', name)})


def check_usage(place, *expected):
    """What is counted is what cinder has noted, and that much; upstream notes it last."""
    until('quota of %s' % (expected or 'what is there',), lambda: len({*usage(place.project), *expected}) == 1)


def usage(project_id):
    """Quota in use: counted, and as cinder has it."""
    counted = row('SELECT COUNT(*) AS n, CAST(COALESCE(SUM(size), 0) AS SIGNED) AS g FROM backups'
                  ' WHERE deleted = 0 AND project_id = %s', project_id)
    noted = {use['resource']: use['in_use'] for use in rows(
        "SELECT resource, in_use FROM quota_usages WHERE project_id = %s AND deleted = 0", project_id)}
    return (counted['n'], counted['g']), (noted['backups'], noted['backup_gigabytes'])


# ---- scenes ----

def chain(place):
    """Full, incremental, restore to a new and to a given volume, and to one that is made of it; counts, quota, rows."""
    rng = scene.seeded('chain')
    with place.service(), place.tenant() as demo:
        volume = demo.volume(rng)
        sums = [demo.sum(volume)]
        full = demo.backup(volume, name='full', description='all of it', metadata={'k1': 'v1'})
        demo.write(volume, rng)
        sums.append(demo.sum(volume))
        child = demo.backup(volume, incremental=True)

        made = row('SELECT * FROM backups WHERE id = %s', full)
        assert made['service'] == place.store.driver and made['host'] == place.host, made
        assert made['num_dependent_backups'] == 1, made
        if place.kind != 'ceph' and place.whose == 'ours':
            assert made['object_count'] and made['service_metadata'].startswith('volume_%s' % volume), made
            (kept,) = ceph_lab.snapshots(cloud_store.image(volume))
            assert kept.startswith('backup.%s.snap.' % child), 'the next increment compares with ' + kept
        assert demo.api.backups.get(full).has_dependent_backups
        assert demo.api.backups.get(child).is_incremental
        refused(400, demo.api.backups.delete, full)

        fresh = demo.restore(child)
        assert demo.sum(fresh) == sums[1], 'a new volume is another one'
        tags = {tag['key']: tag['value'] for tag in rows('SELECT * FROM volume_metadata WHERE volume_id = %s', fresh)}
        assert tags['src_backup_id'] == child, tags
        born = demo.volume(backup_id=child)
        assert demo.sum(born) == sums[1], 'a volume that is made of it is another one'
        demo.write(volume, rng)
        demo.restore(full, volume)
        assert demo.sum(volume) == sums[0], 'a volume restored in place is another one'

        demo.drop(child)
        assert row('SELECT * FROM backups WHERE id = %s', full)['num_dependent_backups'] == 0
        assert not rows('SELECT * FROM backups WHERE id = %s AND deleted = 0', child)
        check_usage(place, (1, 1))
        demo.drop(full)
        assert not rows('SELECT * FROM backup_metadata WHERE backup_id = %s AND deleted = 0', full)
        check_usage(place, (0, 0))
    check_clean(place)


def sources(place):
    """A snapshot, and a volume that is in use; nothing made for them stays."""
    with place.service(), place.tenant() as demo:
        kept_by(place, demo, 'rbd')
    check_clean(place)


def iscsi(place):
    """The same, and the rest, with volumes behind iSCSI: two portals, CHAP, snapshots that are read themselves."""
    rng = scene.seeded('iscsi')
    with place.service(), place.tenant() as demo:
        kept_by(place, demo, 'tgt')
        volume = demo.volume(rng, kind='tgt')
        sums = [demo.sum(volume)]
        full = demo.backup(volume)
        demo.write(volume, rng)
        sums.append(demo.sum(volume))
        if place.kind != 'ceph':    # it makes none of what is no image, upstream's neither
            demo.backup(volume, incremental=True)
        newest = demo.backups[-1]
        demo.write(volume, rng)
        demo.restore(newest, volume)
        assert demo.sum(volume) == sums[demo.backups.index(newest) - demo.backups.index(full)], \
            'a volume restored in place is another one'
        image = demo.restore(full)
        assert cloud_store.image(image) and demo.sum(image) == sums[0], 'an image is another one'
    check_clean(place)


def kept_by(place, demo, kind):
    rng = scene.seeded(kind)
    volume = demo.volume(rng, kind=kind)
    before = demo.sum(volume)
    snapshot = demo.api.volume_snapshots.create(volume).id
    demo.settled('snapshots', snapshot, 'available')
    demo.write(volume, rng)
    after = demo.sum(volume)
    old = demo.backup(volume, snapshot_id=snapshot)
    demo.settled('snapshots', snapshot, 'available')
    attachment = demo.api.attachments.create(volume, {}, mode='rw')
    demo.api.attachments.complete(attachment['id'])
    demo.settled('volumes', volume, 'in-use')
    refused(400, demo.api.backups.create, volume)
    live = demo.backup(volume, force=True)
    assert demo.sum(demo.restore(old)) == before, 'the snapshot is another one'
    assert demo.sum(demo.restore(live)) == after, 'the volume in use is another one'
    for backup in old, live:
        made = row('SELECT * FROM backups WHERE id = %s', backup)
        assert not made['temp_volume_id'] and not made['temp_snapshot_id'], made
    for one in demo.api.volumes.get(volume).attachments:
        demo.api.attachments.delete(one['attachment_id'])
    demo.settled('volumes', volume, 'available')
    until('temporaries go', lambda: not rows(
        "SELECT id FROM volumes WHERE deleted = 0 AND project_id = %s AND display_name LIKE 'backup-%%'", place.project))


def record(place):
    """Export, loss of the row, import by another project's administrator, restore."""
    rng = scene.seeded('record')
    with place.service(), place.tenant() as demo:
        volume = demo.volume(rng)
        before = demo.sum(volume)
        backup = demo.backup(volume, name='kept')
        with place.tenant('admin') as owner:
            exported = owner.api.backups.export_record(backup)
            assert exported['backup_service'] == place.store.driver
            rows('DELETE FROM backup_metadata WHERE backup_id = %s', backup)
            rows('DELETE FROM backups WHERE id = %s', backup)
            rows("UPDATE quota_usages SET in_use = 0 WHERE resource LIKE 'backup%%' AND project_id = %s", place.project)
            refused(404, demo.api.backups.get, backup)
            with place.imports():
                owner.api.backups.import_record(**exported)
            demo.settled('backups', backup, 'available')
            assert row('SELECT * FROM backups WHERE id = %s', backup)['host'] == place.host
            assert demo.sum(demo.restore(backup)) == before, 'what was imported is another one'
            refused(400, owner.api.backups.import_record, exported['backup_service'], 'bm9uc2Vuc2U=')
    check_clean(place)


def cancel(place):
    """A create is cancelled by a forced delete, a restore by another status."""
    rng = scene.seeded('cancel')
    with place.service(**SMALL), place.tenant() as demo, \
            place.tenant('admin') as admin:
        volume = demo.volume(rng, writes=40)
        demo.slowed(volume)
        backup = demo.begin(volume)
        until('data moves', place.store.names)
        admin.api.backups.delete(backup, force=True)
        demo.gone('backups', backup)
        demo.backups.remove(backup)
        demo.settled('volumes', volume, 'available')
        until('what is stored goes', lambda: not place.store.names())
        demo.sped(volume)

        backup = demo.backup(volume)
        target = demo.volume()
        demo.slowed(target)
        demo.api.restores.restore(backup, target)
        until('data moves', lambda: ceph_lab.used(cloud_store.image(target)))
        admin.api.backups.reset_state(backup, 'error')
        demo.settled('volumes', target, 'error', ('available', 'error_restoring'))
        demo.settled('backups', backup, 'available', ())
        assert demo.api.volumes.get(volume).status == 'available'
        demo.sped(target)
    check_clean(place)


def limits(place):
    """Quotas, another project's backups, an administrator for a tenant."""
    rng = scene.seeded('limits')
    admin = cloud_lab.api()
    with place.service(), place.tenant() as demo, place.tenant('admin') as tenant:
        volume = demo.volume(rng)
        admin.quotas.update(place.project, backups=1)
        first = demo.backup(volume)
        assert 'Maximum number of backups allowed' in refused(413, demo.api.backups.create, volume)
        demo.drop(first)
        check_usage(place, (0, 0))
        again = demo.backup(volume)
        demo.drop(again)
        admin.quotas.update(place.project, backups=10)
        theirs = tenant.backup(volume)
        assert row('SELECT project_id FROM backups WHERE id = %s', theirs)['project_id'] == place.project
        assert demo.api.backups.get(theirs).id == theirs
        refused(404, cloud_lab.api('demo').backups.get, theirs)
        tenant.drop(theirs)
        check_usage(place, (0, 0))
    check_clean(place)


def service_row(place):
    """The row in services, its heartbeat, and what the operator switches."""
    admin = cloud_lab.api()

    def ours():
        return rows("SELECT * FROM services WHERE `binary` = 'cinder-backup' AND deleted = 0 AND host = %s", place.host)

    def seen():
        (one,) = [one for one in admin.services.list(binary='cinder-backup') if one.host == place.host]
        return one

    with place.service(report_interval=1):
        made = until('the row', ours)
        assert len(made) == 1, made
        one = made[0]
        expected = {'topic': 'cinder-backup', 'disabled': 0, 'availability_zone': place.zone,
                    'rpc_current_version': '2.3', 'object_current_version': '1.39', 'frozen': 0,
                    'replication_status': 'not-capable', 'cluster_name': None, 'deleted': 0, 'disabled_reason': None}
        assert {key: one[key] for key in expected} == expected, one
        assert one['uuid'] and one['created_at'] and one['updated_at'], one
        until('it beats', lambda: ours()[0]['report_count'] > 1)
        assert (seen().state, seen().status, seen().zone) == ('up', 'enabled', place.zone), seen()
        admin.services.disable_log_reason(place.host, 'cinder-backup', 'for a while')
        assert (seen().status, seen().disabled_reason) == ('disabled', 'for a while'), seen()
        beats = ours()[0]['report_count']
        until('it still beats', lambda: ours()[0]['report_count'] > beats + 1)
        assert ours()[0]['disabled'] == 1
        admin.services.enable(place.host, 'cinder-backup')
    if place.whose == 'ours':   # upstream's goes on telling the scheduler that it works
        switched_off(place, admin)
    with place.service(report_interval=1):
        again = ours()[0]
        assert again['id'] == one['id'] and again['uuid'] == one['uuid'], 'a restart takes the same row'
        with cloud_lab.registry(fcntl.LOCK_SH):
            rows('DELETE FROM services WHERE id = %s', one['id'])
            until('a row that was lost is made again', ours)


def switched_off(place, admin):
    """A service that is disabled is given nothing new by anybody; what runs goes on."""
    rng = scene.seeded('switch')
    since = os.path.getsize(cloud_lab.SCHEDULER_LOG)
    with place.service(report_interval=1) as service, place.tenant('admin') as demo:
        volume, other = demo.volume(rng, writes=40), demo.volume()
        before = demo.backup(other)
        stored = len(place.store.names())
        demo.slowed(volume, 8 * scene.MIB)
        running = demo.begin(volume)
        until('data moves', lambda: len(place.store.names()) > stored)
        admin.services.disable_log_reason(place.host, 'cinder-backup', 'for a while')
        refused(404, demo.api.backups.export_record, before)
        until('the scheduler knows', lambda: service.is_known(since, state=False))
        late = demo.begin(other)
        demo.settled('backups', late, 'error', ())
        assert 'Service not found' in demo.api.backups.get(late).fail_reason
        demo.settled('volumes', other, 'available')
        demo.settled('backups', running, 'available')
        since = os.path.getsize(cloud_lab.SCHEDULER_LOG)
        admin.services.enable(place.host, 'cinder-backup')
        until('the scheduler knows', lambda: service.is_known(since))
        demo.sped(volume)
        demo.backup(other)
    check_clean(place)


def killed_copy(place):
    """SIGKILL while a copy, or a snapshot, is read in the place of a volume in use: it goes, who uses the volume goes on."""
    guest = {'initiator': 'iqn.2026-11.org.cinderbank:guest', 'ip': '127.0.0.1', 'host': 'guest', 'platform': 'x86_64',
             'os_type': 'linux', 'multipath': False}
    with place.service(**SMALL) as service, place.tenant() as demo:
        # Ceph's driver reads an image itself, in use or not.
        for kind in ('tgt',) if place.kind == 'ceph' else ('rbd', 'tgt'):
            rng = scene.seeded('killed', kind)
            volume = demo.volume(rng, writes=40, kind=kind)
            before = demo.sum(volume)
            attachment = demo.api.attachments.create(volume, guest, mode='rw')
            demo.api.attachments.complete(attachment['id'])
            demo.settled('volumes', volume, 'in-use')
            backup = demo.begin(volume, force=True)
            noted = 'temp_volume_id' if kind == 'rbd' else 'temp_snapshot_id'
            made = until('it is made', lambda: row('SELECT * FROM backups WHERE id = %s', backup)[noted])
            if kind == 'tgt':
                until('it is exported', lambda: [name for name in cloud_store.targets() if made in name])
            service.end(signal.SIGKILL)
            service.start()
            demo.settled('backups', backup, 'error', ())
            demo.settled('volumes', volume, 'in-use')
            until('it goes', lambda: not rows('SELECT id FROM %ss WHERE deleted = 0 AND id = %%s' % noted[5:-3], made))
            until('nobody looks for it', lambda: not row('SELECT * FROM backups WHERE id = %s', backup)[noted])
            if kind == 'tgt':
                assert [name for name in cloud_store.targets() if volume in name], 'the guest has lost its disk'
            demo.drop(backup)
            assert demo.sum(demo.restore(demo.backup(volume, force=True))) == before
            for one in demo.api.volumes.get(volume).attachments:
                demo.api.attachments.delete(one['attachment_id'])
            demo.settled('volumes', volume, 'available')
    check_clean(place)


def killed(place):
    """SIGKILL in creating, restoring and deleting; what is left is put right at the next start."""
    rng = scene.seeded('killed')
    with place.service(**SMALL) as service, \
            place.tenant() as demo:
        volume = demo.volume(rng, writes=40)
        before = demo.sum(volume)
        demo.slowed(volume)
        backup = demo.begin(volume)
        until('data moves', place.store.names)
        service.end(signal.SIGKILL)
        service.start()
        demo.settled('backups', backup, 'error', ())
        assert 'incomplete backup reset' in demo.api.backups.get(backup).fail_reason
        demo.settled('volumes', volume, 'available')
        demo.drop(backup)
        until('what is stored goes', lambda: not place.store.names())
        demo.sped(volume)

        backup = demo.backup(volume)
        target = demo.volume()
        demo.slowed(target)
        demo.api.restores.restore(backup, target)
        until('data moves', lambda: ceph_lab.used(cloud_store.image(target)))
        service.end(signal.SIGKILL)
        service.start()
        demo.settled('volumes', target, 'error_restoring')
        demo.settled('backups', backup, 'available')
        demo.sped(target)
        assert demo.sum(demo.restore(backup)) == before

        os.killpg(service.process.pid, signal.SIGSTOP)
        demo.api.backups.delete(backup)
        demo.settled('backups', backup, 'deleting')
        service.end(signal.SIGKILL)
        service.start()
        demo.gone('backups', backup)
        demo.backups.remove(backup)
        if place.whose == 'ours':     # upstream pays twice
            check_usage(place)
    check_clean(place)


def elsewhere(place):
    """No ceph.conf leads to the volumes: cinder-volume says where they are, also when what is left there is to go."""
    rng = scene.seeded('elsewhere')
    with place.service(backup_ceph_conf='/nowhere/ceph.conf') as service, place.tenant() as demo:
        volume = demo.volume(rng)
        image = cloud_store.image(volume)
        full = demo.backup(volume)
        demo.write(volume, rng)
        child = demo.backup(volume, incremental=True)
        (kept,) = ceph_lab.snapshots(image)
        assert kept.startswith('backup.%s.snap.' % child), kept
        demo.drop(child)
        assert not ceph_lab.snapshots(image), ceph_lab.snapshots(image)
        demo.slowed(volume)
        backup = demo.begin(volume)
        until('it is held still', lambda: ceph_lab.snapshots(image))
        service.end(signal.SIGKILL)
        demo.sped(volume)
        service.start()
        demo.settled('backups', backup, 'error', ())
        until('what held it goes', lambda: not ceph_lab.snapshots(image))
        demo.drop(full)
    check_clean(place)


def vanished(place):
    """An image that is gone: the backup says why, the user is told, the volume is as it was."""
    rng = scene.seeded('vanished')
    with place.service(), place.tenant() as demo:
        volume = demo.volume(rng)
        image = cloud_store.image(volume)
        ceph_lab.rbd('mv', image, image + '-away')
        backup = demo.begin(volume)
        demo.settled('backups', backup, 'error', ())
        assert demo.api.backups.get(backup).fail_reason
        demo.settled('volumes', volume, 'available')
        assert row('SELECT * FROM volumes WHERE id = %s', volume)['previous_status'] == 'error_backing-up'
        told = until('a message', lambda: [one for one in demo.api.messages.list() if one.resource_uuid == backup])
        assert [(one.resource_type, one.message_level, one.event_id) for one in told] == \
            [('VOLUME_BACKUP', 'ERROR', 'VOLUME_VOLUME_BACKUP_013_021')], told      # it could not be attached
        ceph_lab.rbd('mv', image + '-away', image)
        demo.drop(backup)
    check_clean(place)


def others(place):
    """Backups outlive the change of the service: by theirs and restored by the other's, there and back."""
    first, second = place.service(), place.service('upstream' if place.whose == 'ours' else 'ours')
    rng = scene.seeded('others')
    with place.tenant() as demo, first:
        volume = demo.volume(rng)
        sums, backups = [], []
        for service, incremental in (first, False), (second, True), (first, True):
            if backups:
                demo.write(volume, rng)
                (second if service == first else first).end()
                service.start()
            sums.append(demo.sum(volume))
            backups.append(demo.backup(volume, incremental=incremental))
        assert demo.sum(demo.restore(backups[1])) == sums[1], 'the other\'s, by %s' % first.whose
        first.end()
        with second:
            assert demo.sum(demo.restore(backups[2])) == sums[2], 'the whole chain, by %s' % second.whose
            whole = demo.backup(volume)
            demo.drop(backups[2])
            second.end()
            first.start()
            demo.restore(whole, volume)
            assert demo.sum(volume) == sums[2], 'the other\'s full, by %s' % first.whose
            demo.drop(whole)
            demo.drop(backups[1])
            demo.drop(backups[0])
            demo.backups = []
    check_clean(place)


class Interrupted:
    """A tenant whose backup and restore run while something dies; each step is taken by all tenants at once."""

    def __init__(self, place, demo, service, volume):
        self.place, self.demo, self.service, self.volume = place, demo, service, volume

    def prepare(self):
        demo, volume = self.demo, self.volume
        self.sum, self.old, self.target = demo.sum(volume), demo.backup(volume), demo.volume()
        for slow in volume, self.target:
            demo.slowed(slow)

    def begin(self):
        stored = len(self.place.store.names())
        self.new = self.demo.begin(self.volume)
        self.demo.api.restores.restore(self.old, self.target)
        until('data moves', lambda: len(self.place.store.names()) > stored and ceph_lab.used(cloud_store.image(self.target)))

    def check(self):
        demo = self.demo
        demo.settled('backups', self.new, 'available')
        demo.settled('volumes', self.volume, 'available')
        demo.settled('volumes', self.target, 'available', ('error', 'error_restoring'))
        demo.settled('backups', self.old, 'available')
        until('the service consumes again', self.service.is_ready)
        for slow in self.volume, self.target:
            demo.sped(slow)
        assert demo.sum(self.target) == self.sum and demo.sum(demo.restore(self.new)) == self.sum
        demo.drop(self.new)
        demo.drop(self.old)


def restarts(places):
    """Broker and database go and come while jobs run: none is lost, and statuses end right."""
    rng = scene.seeded('restarts')
    with contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(len(places)) as pool:
        those = []
        for place in places:
            demo = stack.enter_context(place.tenant())
            those.append(Interrupted(place, demo, stack.enter_context(place.service(**SMALL)), demo.volume(rng)))
        for gone in 'rabbitmq', 'mariadb':
            for step in Interrupted.prepare, Interrupted.begin:
                list(pool.map(step, those))
            cloud_lab.server('kill', gone)
            time.sleep(3)
            cloud_lab.server('start')
            list(pool.map(Interrupted.check, those))
    for place in places:
        check_clean(place)


SCENES = {scene_.__name__: scene_ for scene_ in (chain, sources, iscsi, record, cancel, limits, service_row, killed, killed_copy,
                                              elsewhere, vanished, others, restarts, cloud_commands.commands,
                                              cloud_commands.page)}


def play(name, whose, kinds):
    """On every store at once; those where it failed."""
    def one(kind):
        try:
            with cloud_lab.Place(whose, kind) as place:
                SCENES[name](place)
        except Exception:
            return '%s on %s:\n%s' % (name, kind, traceback.format_exc())
        return None

    if name == 'restarts':
        with contextlib.ExitStack() as stack:
            SCENES[name]([stack.enter_context(cloud_lab.Place(whose, kind)) for kind in kinds])
        return []
    with concurrent.futures.ThreadPoolExecutor(len(kinds)) as pool:
        return [why for why in pool.map(one, kinds) if why]


def main():
    began = time.monotonic()
    if len(sys.argv) < 3 or sys.argv[1] not in ('ours', 'upstream'):
        sys.exit(__doc__)
    failed = play(sys.argv[2], sys.argv[1], sys.argv[3:] or ['posix'])
    if failed:
        sys.exit('\n'.join(failed))
    print('%s, by %s: good after %.0f s' % (sys.argv[2], sys.argv[1], time.monotonic() - began))


if __name__ == '__main__':
    main()
