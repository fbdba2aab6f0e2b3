"""Scenes of cloud.py by OpenStack's own commands: cinder's, one after the other, and those of the page about the swap."""
import contextlib
import os
import re
import shlex
import subprocess

import ceph_lab
import cloud_lab
import cloud_store
import scene
from cloud_lab import row, rows, until

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../docs/replacing-cinder-backup.md')


def run(place, *words):
    """As an administrator in the place's project."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')}
    done = subprocess.run(words, env={**environment, 'OS_PROJECT_NAME': place.name}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, '%s: %d\n%s%s' % (' '.join(words), done.returncode, done.stdout, done.stderr)
    return done.stdout


def table(text):
    """Rows of texts, without the heading."""
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in text.splitlines() if line.startswith('|')][1:]


def newest(place):
    return rows('SELECT id FROM backups WHERE project_id = %s ORDER BY created_at DESC, id', place.project)[0]['id']


def commands(place):
    """Each of cinder's commands about backups, once."""
    rng = scene.seeded('commands')

    def cinder(*words):
        return table(run(place, 'cinder', *words))

    with place.service(), place.tenant('admin') as demo:
        volume = demo.volume(rng)
        before = demo.sum(volume)

        def made(*words):
            id_ = dict(cinder('backup-create', *words))['id']
            demo.backups.append(id_)
            demo.settled('backups', id_, 'available')
            return id_

        full = made('--name', 'full', '--description', 'Monday', volume)
        child = made('--name', place.name, '--incremental', volume)
        snapshot = demo.api.volume_snapshots.create(volume).id
        demo.settled('snapshots', snapshot, 'available')
        made('--name', 'of-snapshot', '--snapshot-id', snapshot, volume)
        attachment = demo.api.attachments.create(volume, {}, mode='rw')
        demo.api.attachments.complete(attachment['id'])
        demo.settled('volumes', volume, 'in-use')
        made('--name', 'forced', '--force', volume)
        for one in demo.api.volumes.get(volume).attachments:
            demo.api.attachments.delete(one['attachment_id'])
        demo.settled('volumes', volume, 'available')

        assert {line[0] for line in cinder('backup-list')} == set(demo.backups)
        shown = dict(cinder('backup-show', place.name))
        assert (shown['id'], shown['status'], shown['is_incremental']) == (child, 'available', 'True'), shown
        restored = dict(cinder('backup-restore', child))['volume_id']
        demo.volumes.append(restored)
        demo.settled('volumes', restored, 'available', ('error', 'error_restoring'))
        assert demo.sum(restored) == before
        demo.write(restored, rng)
        cinder('backup-restore', '--volume', restored, full)
        demo.settled('volumes', restored, 'available', ('error', 'error_restoring'))
        assert demo.sum(restored) == before

        record = dict(cinder('backup-export', full))
        rows('DELETE FROM backups WHERE id IN (%s, %s)', full, child)
        demo.backups = demo.backups[2:]
        with place.imports():
            imported = dict(cinder('backup-import', record['backup_service'], record['backup_url']))['id']
        assert imported == full
        demo.backups.insert(0, full)
        demo.settled('backups', full, 'available')
        cinder('backup-reset-state', '--state', 'error', full)
        demo.settled('backups', full, 'error', ())
        services = [line for line in cinder('service-list', '--binary', 'cinder-backup') if place.host in line]
        assert services and services[0][3:5] == ['enabled', 'up'], services
        cinder('service-disable', '--reason', 'for a while', place.host, 'cinder-backup')
        assert row('SELECT * FROM services WHERE host = %s', place.host)['disabled'] == 1
        cinder('service-enable', place.host, 'cinder-backup')
        cinder('quota-update', '--backups', '11', '--backup-gigabytes', '900', place.project)
        assert dict(cinder('quota-show', place.project))['backups'] == '11'
        for backup in reversed(list(demo.backups)):
            run(place, 'cinder', 'backup-delete', *(['--force'] if backup == full else []), backup)
            demo.gone('backups', backup)
            demo.backups.remove(backup)


class Page:
    """Where one is on the page: what the words in capitals are, and what runs."""

    def __init__(self, place, demo):
        self.place, self.demo = place, demo
        self.services = {'cinder-backup': place.service('upstream'), 'cinderbank': place.service('ours')}
        self.means = {'HOST': place.host}
        for service in self.services.values():
            service.configure()

    def do(self, line):
        words = [self.means.get(word, word) for word in shlex.split(line)]
        if words[0] == 'systemctl':
            service = self.services[words[-1]]
            return service.end() if words[1] == 'disable' else service.start(disabled=True)
        if words[0] == 'cinderbank':
            files = ['--config-file', os.environ['CLOUD_CONF'], '--config-file', self.services['cinderbank'].conf]
            assert words[2:] == ['--config-file', '/etc/cinder/cinder.conf'], line
            return run(self.place, scene.program(), words[1], *files)
        if words[0] == 'rabbitmqctl':
            return run(self.place, os.environ['CLOUD_SERVER'], 'rabbit', cloud_lab.FOLDER, *words[1:])
        since = os.path.getsize(cloud_lab.SCHEDULER_LOG)
        said = run(self.place, *words)
        if '--enable' in words and self.services['cinderbank'].process.poll() is None:
            until('the scheduler knows', lambda: self.services['cinderbank'].is_known(since))
        return said


def lines_of(section):
    with open(PAGE, encoding='utf-8') as f:
        text = re.split(r'^## ', f.read(), flags=re.M)
    (found,) = [part for part in text if part.startswith(section + '\n')]
    return [line.strip() for line in found.splitlines() if re.match(r' {4,}\w', line)]


def page(place):
    """Every command of docs/replacing-cinder-backup.md, from upstream's service to ours, through a night, and back."""
    rng = scene.seeded('page')
    ran = []
    with place.tenant('admin') as demo:
        there = Page(place, demo)
        volume = demo.volume(rng, writes=40)
        there.means['VOLUME'] = volume
        there.services['cinder-backup'].start()
        try:
            for line in lines_of('Swap it in'):
                said = there.do(line)
                ran.append(line)
                if 'service list' in line:
                    assert [cells for cells in table(said) if cells[1] == place.host][0][4] == 'up', said
                elif 'create' in line:
                    demo.settled('backups', newest(place), 'available')
                elif 'restore' in line:
                    demo.settled('volumes', volume, 'available', ('error', 'error_restoring'))
                elif 'delete' in line:
                    until('it is gone', lambda: len(rows('SELECT id FROM backups WHERE project_id = %s AND deleted = 0',
                                                         place.project)) == ('probe' not in line))
            night(there, ran)
            for line in lines_of('Swap it back'):
                there.do(line)
                ran.append(line)
            demo.backup(volume)
            for backup in list(demo.backups):
                demo.drop(backup)
        finally:
            for service in there.services.values():
                service.end()
    assert len(ran) >= 24, '%d commands are on the page' % len(ran)


def night(there, ran):
    """A backup that does not end, a restore that does not, and a lost row."""
    place, demo = there.place, there.demo
    volume = there.means['VOLUME']
    target = demo.volume()
    demo.slowed(target)
    exported = None
    for line in lines_of('At night'):
        if 'backup show' in line:
            demo.slowed(volume)
            there.means['BACKUP'] = demo.begin(volume)
            until('data moves', place.store.names)
        elif 'backup-reset-state' in line:
            there.means['BACKUP'] = demo.backup(volume)
            demo.api.restores.restore(there.means['BACKUP'], target)
            until('data moves', lambda: ceph_lab.used(cloud_store.image(target)))
        elif 'record import' in line:
            exported = demo.api.backups.export_record(there.means['BACKUP'])
            rows('DELETE FROM backups WHERE id = %s', there.means['BACKUP'])
            there.means.update(SERVICE=exported['backup_service'], URL=exported['backup_url'])
        with place.imports() if 'record import' in line else contextlib.nullcontext():
            said = there.do(line)
        ran.append(line)
        if 'list_queues' in line:
            assert re.search(r'^cinder-backup\.%s\t0\t1$' % place.host, said, re.M), said
        elif 'delete --force' in line:
            demo.gone('backups', there.means['BACKUP'])
            demo.backups.remove(there.means['BACKUP'])
            demo.settled('volumes', volume, 'available')
            demo.sped(volume)
        elif 'backup-reset-state' in line:
            demo.settled('volumes', target, 'error', ())
            demo.settled('backups', there.means['BACKUP'], 'available', ())
            there.means['VOLUME'] = target
        elif 'reset-state' in line:
            assert row('SELECT status FROM volumes WHERE id = %s', target)['status'] == 'available'
    demo.sped(target)
    demo.settled('backups', there.means['BACKUP'], 'available')
    assert exported, 'the page imports no record'
