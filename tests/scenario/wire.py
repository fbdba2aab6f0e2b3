#!/usr/bin/python3
"""Recorded requests of the Block Storage API, sent to `serve`: status, headers and body as the real one answered.

wire.py requests   single ones of tests/data/wire/rest.json, errors above all, in the order in which they were made
wire.py held       those of them that meet jobs at work
wire.py sessions   tests/data/wire/sessions.json: all that cinder, openstack and Horizon sent, session by session
wire.py noauth     those of the clients that need no identity service
Later requests see what earlier ones did.  Ids of the recordings become those that our answers have in their place.  Values that
no two services share (times, users, sizes in the store) are compared by type only.
"""
import base64
import http.client
import json
import os
import re
import sqlite3
import sys

import identity
import object_store
import scene

PROJECT = '0c2eba2c5af04d3f9e9d0d410b371fde'
ADMIN_PROJECT = '5f8c2bb9a1d14e6fb5a1e8d3a6a2f101'
# Whose token each recording was made with: project and role.
ROLES = {'demo': (PROJECT, 'member'), 'reader': (PROJECT, 'reader'), 'admin': (PROJECT, 'admin'),
         'elsewhere': (ADMIN_PROJECT, 'admin')}
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../data/wire')
# Volumes that the recordings know: name, GiB, status, project, second of their birth.
VOLUMES = {'5f75430a-abff-4cc7-b74e-f808234fa6c5': ('data1', 1, 'available', PROJECT, 12),
           '7a9f1c0e-3d5e-4c47-9f62-6f5c2f8b1e02': ('inuse1', 2, 'in-use', PROJECT, 13),
           'e1d2c3b4-0a1b-4c2d-8e3f-1234567890ab': ('target1', 3, 'available', PROJECT, 14),
           '99999999-aaaa-4bbb-8ccc-dddddddddddd': ('adminvol', 1, 'available', ADMIN_PROJECT, 15)}
DATA1, SNAPSHOT = '5f75430a-abff-4cc7-b74e-f808234fa6c5', '2bb856e1-b3d8-4432-a858-09e4ce939389'
# What the recordings were made with, and what they are sent to here.
POSIX, SWIFT = 'cinder.backup.drivers.posix.PosixBackupDriver', 'cinder.backup.drivers.swift.SwiftBackupDriver'
OWN_VALUES = re.compile(r'(.*_at|data_timestamp|last-update|user_id|backup_url|volume_type_id|availability_zone|container|object_count|'
                        r'has_dependent_backups|fail_reason|os-vol-host-attr:host|in_use|shared_targets|total.*Used|.*_count|'
                        r'total_.*_gb)$')
# Lists of what else a cloud has, by what names an entry: ours are among theirs.
LONGER = {'services': lambda entry: entry['binary'], 'hosts': lambda entry: entry['service'],
          'extensions': lambda entry: entry['alias'], 'host': lambda entry: entry['resource']['project']}


class Server:
    def __init__(self, stage, token='notused'):
        self.stage, self.token, self.child, self.address = stage, token, None, None

    def __enter__(self):
        self.child, self.address = self.stage.serve()
        return self

    def __exit__(self, *_):
        self.child.terminate()
        assert self.child.wait(scene.PATIENCE) == 0

    def ask(self, method, path, body=None, headers=()):
        link = http.client.HTTPConnection(self.address, timeout=30)
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        headers = {'X-Auth-Token': self.token, 'X-Project-Id': PROJECT, 'Host': '127.0.0.1:8776',
                   **({'Content-Type': 'application/json'} if body is not None else {}), **dict(headers)}
        link.request(method, path, body.encode() if body is not None else None,
                     {name: value for name, value in headers.items() if value is not None})
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        kind = answer.headers.get('Content-Type', '')
        return answer.status, answer.headers, json.loads(text) if text and kind.startswith('application/json') else text

    def settle(self):
        """Wait until no backup is on its way."""
        def calm():
            _, _, backups = self.ask('GET', '/v3/backups/detail?all_tenants=1')
            _, _, volumes = self.ask('GET', '/v3/volumes/detail?all_tenants=1')
            busy = {b['status'] for b in backups['backups']} - {'available', 'error'} | \
                {v['status'] for v in volumes['volumes']} & {'creating', 'deleting', 'backing-up', 'restoring-backup'}
            return None if busy else backups
        return self.stage.wait_until(calm, 'something is always at work')['backups']


# ---- two answers side by side ----

def compare_lists(key, expected, found, where):
    if not isinstance(found, list):
        return ['%s: no list: %r' % (where, found)]
    if key in LONGER:
        if expected and not found:
            return ['%s: an empty list' % where]
        expected = [next((e for e in expected if LONGER[key](e) == LONGER[key](f)), {}) for f in found]
    result = [] if len(expected) == len(found) else ['%s: %d entries, not %d' % (where, len(found), len(expected))]
    return result + [d for e, f in zip(expected, found) for d in compare(e, f, where + '[]')]


def compare(expected, found, where='body'):
    """Differences between what was recorded and what came, as text."""
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return ['%s: no object: %r' % (where, found)]
        if where.endswith('volumes[].metadata') or where.endswith('volume.metadata'):   # in a cloud, too, once it is restored
            found = {key: value for key, value in found.items() if key != 'src_backup_id'}
        result = ['%s: without %s' % (where, key) for key in sorted(set(expected) - set(found))] + \
            ['%s: with %s' % (where, key) for key in sorted(set(found) - set(expected))]
        for key in set(expected) & set(found):
            one, other, there = expected[key], found[key], where + '.' + key
            if OWN_VALUES.match(key):
                if type(one) is not type(other) and None not in (one, other):
                    result.append('%s: %r, not %r' % (there, other, one))
            elif isinstance(one, list):
                result += compare_lists(key, one, other, there)
            else:
                result += compare(one, other, there)
        return result
    if isinstance(expected, str) and expected.endswith('...'):
        expected, found = expected[:-3], str(found)[:len(expected) - 3]
    return [] if expected == found else ['%s: %r, not %r' % (where, found, expected)]


# ---- a replay ----

class Replay:
    def __init__(self, server):
        self.server, self.wrong, self.count = server, [], 0
        self.ids = {POSIX: server.stage.driver, 'ctl0@fast': 'ctl0'}
        self.refused = self.made = None
        self.records = {}   # that we exported, by the id that the recordings have for the backup

    def ours(self, value):
        """The same, of the things that stand here for those of the recordings."""
        text = json.dumps(value)
        for old, new in self.ids.items():
            text = text.replace(old, new)
        return json.loads(text)

    def learn(self, expected, found):
        """What is new in an answer, by the names that both have for it."""
        for kind, key in ('backup', 'id'), ('volume', 'id'), ('restore', 'volume_id'):
            if isinstance(expected, dict) and isinstance(found, dict) and kind in expected and kind in found:
                self.ids.setdefault(expected[kind][key], found[kind][key])
        if isinstance(expected, dict) and 'backup-record' in expected:
            record = json.loads(base64.b64decode(expected['backup-record']['backup_url']))
            self.records[record['id']] = found['backup-record']['backup_url']

    def record_of(self, url):
        """What we exported in place of that record; of one that was not, the same with our ids."""
        try:
            record = json.loads(base64.b64decode(url))
        except ValueError:
            return url
        if record.get('id') in self.records:
            return self.records[record['id']]
        return base64.b64encode(json.dumps(self.ours(record)).encode()).decode() if record.get('id') in self.ids else url

    @staticmethod
    def version_of(row):
        version = row.get('microversion', '3.0')
        return version if ' ' in version else 'volume ' + version

    def request_of(self, row):
        role = row.get('role', 'demo')
        path, body = self.ours([row['path'], row.get('body')])
        if 'backup_url' in str(row.get('body')) and row['status'] in (201, 400):
            body['backup-record']['backup_url'] = self.record_of(row['body']['backup-record']['backup_url'])
        headers = {'X-Auth-Token': role, **row.get('request_headers', {})}
        if row.get('microversion'):
            headers['OpenStack-API-Version'] = self.version_of(row)
        return path if path.startswith('/') else '/v3/%s/%s' % (ROLES[role][0], path), body, headers

    def overlook_imports(self, row, expected, found):
        """The recorded service never read what it imported, so it did not know of which volume that is, nor its metadata."""
        ours = {self.ids.get(backup) for backup in self.records}
        if 'volume_id=' in row['path'] and isinstance(found, dict) and 'backups' in found:
            theirs = {backup['id'] for backup in expected['backups']}
            found['backups'] = [b for b in found['backups'] if b['id'] not in ours - theirs]
        elif isinstance(found, dict) and found.get('backup', {}).get('id') in ours and 'volume_id' in expected['backup']:
            expected['backup']['volume_id'] = found['backup']['volume_id']
        elif isinstance(found, dict) and isinstance(expected, dict):
            for one, other in zip(expected.get('backups', []), found.get('backups', [])):
                if other['id'] == self.refused and 'status' in one:     # its stand-in for a scheduler knew every zone
                    one['status'] = 'error'
                if one.get('volume_id', '').startswith('00000000'):
                    one.update({key: other[key] for key in ('volume_id', 'metadata') if key in one})

    def differences(self, row, status, headers, body):
        named = row.get('response_headers', {'Content-Type': 'application/json', 'Vary': 'OpenStack-API-Version',
                                             'OpenStack-API-Version': self.version_of(row)})
        result = [] if status == row['status'] else ['status %d, not %d' % (status, row['status'])]
        result += ['%s: %s, not %s' % (name, headers.get(name), value) for name, value in named.items()
                   if headers.get(name) != value]
        if headers['x-openstack-request-id'] != headers['x-compute-request-id'] or 'Content-Length' not in headers:
            result.append('headers %s' % headers)
        expected = self.ours(row['response'])
        self.overlook_imports(row, expected, body)
        if expected is None:
            return result + ([] if body in ('', None) else ['a body: %r' % body])
        if row.get('used'):   # the numbers of what there is by then are ours
            expected, body = (re.sub(r'\d+', 'N', str(answer)) for answer in (expected, body))
        return result + compare(expected, body)

    def send(self, row):
        path, body, headers = self.request_of(row)
        status, got, answer = self.server.ask(row['method'], path, body, headers)
        if status < 300:
            self.learn(row['response'], answer)
            self.made = answer
        found = self.differences(row, status, got, answer)
        if found:
            self.wrong.append('%s: %s %s %s: %s' % (row['label'], row['method'], path, row.get('microversion', ''),
                                                   '; '.join(found)))
        self.count += 1
        return status

    def make(self, role, name, volume, as_id=None, **more):
        """A backup that no recording tells of."""
        path = '/v3/%s/backups' % ROLES[role][0]
        body = {'backup': {'volume_id': volume, 'name': name, **more}}
        status, _, answer = self.server.ask('POST', path, body, {'X-Auth-Token': role})
        assert status == 202, answer
        self.ids[as_id or name] = answer['backup']['id']
        self.next_second()

    def reset(self, backup, status='available'):
        path = '/v3/%s/backups/%s/action' % (PROJECT, self.ids[backup])
        assert self.server.ask('POST', path, {'os-reset_status': {'status': status}}, {'X-Auth-Token': 'admin'})[0] == 202

    def next_second(self):
        """What is made next is younger than what there is, in whole seconds: all that is there gets a second older."""
        self.server.settle()
        with sqlite3.connect(self.server.stage.catalogue, timeout=scene.PATIENCE) as db:
            for table, columns in (('backups', ('created_at', 'data_timestamp')), ('volumes', ('created_at',)),
                                   ('snapshots', ('created_at',))):
                db.execute('update %s set %s' % (table, ', '.join("{0} = datetime({0}, '-1 second')".format(column)
                                                                  for column in columns)))
        db.close()

    def limit(self, **limits):
        """What the project may have; 'full': no more than it has."""
        path = '/v3/%s/os-quota-sets/%s' % (PROJECT, PROJECT)
        used = self.server.ask('GET', path + '?usage=True')[2]['quota_set']
        limits = {key: used[key]['in_use'] if limit == 'full' else limit for key, limit in limits.items()}
        status, _, answer = self.server.ask('PUT', path, {'quota_set': limits}, {'X-Auth-Token': 'admin'})
        assert status == 200, answer

    def name_again(self, asked):
        """The recorded restores gave a volume its blocks only; ours, as a cloud's do, what the backup knows of it, too."""
        made = self.made.get('volume') if isinstance(self.made, dict) else None
        if isinstance(self.made, dict) and 'restore' in self.made and not asked['restore'].get('volume_id'):
            made = {'id': self.made['restore']['volume_id'], 'name': self.made['restore']['volume_name'],
                    'description': 'auto-created_from_restore_from_backup'}
        if made:
            with sqlite3.connect(self.server.stage.catalogue, timeout=30) as db:
                db.execute('update volumes set display_name = ?, display_description = ? where id = ?',
                           (made['name'], made['description'], made['id']))
            db.close()

    def check(self, what):
        assert not self.wrong, '%d of %d %s differ:\n%s' % (len(self.wrong), self.count, what, '\n'.join(self.wrong))
        print('wire: %d %s, as recorded' % (self.count, what))


def rows_of(name):
    with open(os.path.join(DATA, name), encoding='ascii') as f:
        data = json.load(f)
    rows = data if isinstance(data, list) else data['requests']
    for row in rows:
        if 'same_as' in row:
            row['response'] = rows[row['same_as']]['response']
        if name == 'sessions.json':
            row['request_headers'] = {'Accept': 'application/json', **row.get('request_headers', {})}
    return rows, data


# ---- single requests ----

ER1, TWO_GIB, OTHERS, HELD_ONE = '9d57fb7f-7283-4241-8b2a-fbce385c08fb', '7721138b-1e63-41b8-8019-893d2b9d3d36', \
    'fd2786e1-2fc5-4dd3-af94-29536dbe48f5', '484ad44c-04ec-445f-a699-6159f2123b74'
SMALL = 'b0ef9ad2-9faa-422c-8236-ea2d63dd06e3'
# Jobs that are held at work, from the first of two requests to the last.
HELD = {'create (held)': 'force delete while creating', 'snapshot backup (held)': 'incremental from snapshot',
        'restore (held)': 'backup after the reset'}
FREE = {'volumes': -1, 'gigabytes': -1, 'backups': -1, 'backup_gigabytes': -1}
# What the project may have from then on.
LIMITS = {'over quota backups': {**FREE, 'backups': 'full'}, 'over quota gigabytes': {**FREE, 'backup_gigabytes': 'full'},
          'quota show': FREE, 'services': FREE, 'reader quota show': FREE}
# Their texts have numbers of what there is by then.
USED = 'below usage', 'over quota'


def spans(rows):
    """Each row, and the last one of the span in which jobs are held, or None."""
    until = None
    for row in rows:
        until = HELD.get(row['label'], until)
        yield row, until
        if row['label'] == until:
            until = None


def requests(server, _):
    replay = Replay(server)
    replay.limit(**FREE)
    replay.make('demo', 'er1', DATA1, ER1)
    replay.ids['{backup_id}'] = replay.ids[ER1]
    rows, data = rows_of('rest.json')
    for row, until in spans(rows):
        label = row['label']
        if label == 'snapshot backup (held)':
            replay.make('demo', 'sheld', DATA1, HELD_ONE, snapshot_id=SNAPSHOT)
        if until:
            continue
        if label in LIMITS:
            replay.limit(**LIMITS[label])
        if label == 'restore volume too small' and TWO_GIB not in replay.ids:
            replay.make('demo', 'two', '7a9f1c0e-3d5e-4c47-9f62-6f5c2f8b1e02', TWO_GIB, force=True)
        if label == 'restore volume missing':
            replay.reset(ER1)
        if label == 'member shows backup of another project' and OTHERS not in replay.ids:
            replay.make('elsewhere', 'adm', '99999999-aaaa-4bbb-8ccc-dddddddddddd', OTHERS)
        row['used'] = any(word in label for word in USED)
        status = replay.send(row)
        if label == 'az unknown 3.51':
            replay.refused = replay.ids['b83cda97-ed6e-409c-98ec-c3a760d114de']
        if row['method'] != 'GET' and status < 300:
            replay.next_second()
    replay.wrong += views(server, data['views'])
    replay.check('single requests')


def held(server, store):
    """Those that meet jobs at work: the store lets nothing in or out."""
    replay = Replay(server)
    replay.make('demo', 'er1', DATA1, ER1)
    replay.ids['{backup_id}'] = replay.ids[ER1]
    for row, until in spans(rows_of('rest.json')[0]):
        if not until:
            continue
        if row['label'] in HELD:
            store.close()
        if row['label'] == 'backup after the reset':   # it may be over by then, and the backup whole
            _, _, shown = server.ask('GET', '/v3/backups/' + replay.ids[ER1])
            assert shown['backup']['status'] in ('error', 'available'), shown
            row['response']['backup']['status'] = shown['backup']['status']
        replay.send(row)
        if row['label'] == until:
            store.open()
            replay.next_second()
    assert not [path for path in store.objects if replay.ids['ee1211ca-1d71-4b68-bd89-350ae4a66f96'] in path]
    replay.check('requests that meet jobs at work')


def views(server, rows):
    """What each microversion shows of a backup and of a volume, to a member and to an administrator."""
    wrong = []
    backup = [b['id'] for b in server.settle() if b['name']][0]
    for name, expected in rows.items():
        version, role = name.rsplit(' ', 1)
        headers = {'X-Auth-Token': role, **({'OpenStack-API-Version': 'volume ' + version} if version else {})}
        for key, path in ('backup', 'backups/' + backup), ('volume', 'volumes/e1d2c3b4-0a1b-4c2d-8e3f-1234567890ab'):
            _, _, body = server.ask('GET', '/v3/%s/%s' % (PROJECT, path), None, headers)
            keys = set(expected.get('show' if key == 'backup' else 'volume', body[key]))
            if set(body[key]) != keys:
                wrong.append('%s at %s: %s' % (key, name, sorted(set(body[key]) ^ keys)))
    return wrong


# ---- sessions ----

# Made to reach the quota.
FILL = '180ee90f-fba7-42ad-ba41-e9abfd4b8375', 'e2cdb955-1e14-499f-988e-b5d314b4c9b0'
# Backups whose record is imported later: the store keeps what they have.
KEPT = 'cinder-backup-delete', 'openstack-volume-backup-delete', 'openstack74-volume-backup-delete'


def sessions(server, store):
    replay, last = Replay(server), None
    for row in rows_of('sessions.json')[0]:
        if row['role'] == 'none':
            continue
        label, first = row['label'], row['label'] != last
        if first and label == 'cinder-backup-create-over-quota':
            for backup in FILL:
                replay.make('demo', 'fill', DATA1, backup)
        if first and label == 'openstack74-volume-backup-create':
            replay.limit(**FREE)
        store.keep = label in KEPT
        last = label
        status = replay.send(row)
        if row['method'] != 'GET' and status < 300:
            replay.next_second()
            replay.name_again(row.get('body'))
    replay.check('requests of sessions')


# ---- where it plays ----

def furnish(stage, server, volumes):
    """The volumes and the snapshot that the recordings begin with."""
    rng = scene.seeded('wire')
    default = server.ask('GET', '/v3/types/default')[2]['volume_type']['id']
    os.mkdir(os.path.join(stage.volumes, '.snapshots'))
    with sqlite3.connect(stage.catalogue) as db:
        for volume, (name, size, status, project, second) in volumes.items():
            scene.new_volume(os.path.join(stage.volumes, 'volume-' + volume), size * scene.GIB, rng, 1)
            db.execute("insert into volumes (created_at, deleted, id, user_id, project_id, size, status, display_name, "
                       "provider_location, volume_type_id) values (?, 0, ?, 'demo', ?, ?, ?, ?, ?, ?)",
                       ('2026-11-23 01:02:%d' % second, volume, project, size, status, name, 'volume-' + volume, default))
        scene.new_volume(os.path.join(stage.volumes, '.snapshots', 'snapshot-' + SNAPSHOT), scene.GIB, rng, 1)
        db.execute("insert into snapshots (created_at, deleted, id, volume_id, user_id, project_id, volume_size, status, "
                   "display_name, display_description, provider_location) values ('2026-11-23 01:02:15', 0, ?, ?, 'demo', ?, 1, "
                   "'available', 'snap1', 'before upgrade', ?)", (SNAPSHOT, DATA1, PROJECT, 'snapshot-' + SNAPSHOT))
    db.close()


def play(group, driver, more=()):
    with scene.Scene() as stage, identity.Identity() as keystone, object_store.ObjectStore() as store:
        for role, (project, name) in ROLES.items():
            keystone.grant(role, project, name, catalog=store.catalog())
        stage.driver = driver
        stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes, 'auth': 'keystone'},
                        {'host': 'ctl0', 'backup_driver': driver},
                        keystone_authtoken=keystone.options(www_authenticate_uri='http://127.0.0.1:8776/identity/'))
        with Server(stage, 'admin') as server:
            furnish(stage, server, {**VOLUMES, **dict(more)})
            group(server, store)


def noauth():
    with scene.Scene() as stage:
        stage.driver = POSIX
        stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes}, {'host': 'ctl0'})
        with Server(stage) as server:
            furnish(stage, server, VOLUMES)
            replay = Replay(server)
            for row in rows_of('sessions.json')[0]:
                if row['role'] == 'none':
                    replay.send(row)
            replay.check('requests without an identity service')


def main():
    group = sys.argv[1]
    if group == 'noauth':
        noauth()
    elif group == 'requests':
        play(requests, POSIX, {SMALL: ('other1', 1, 'available', PROJECT, 11)})
        for row in rows_of('left.json')[0]:
            print('wire: not sent: %s %s (%s): %s' % (row['method'], row['path'], row['label'], row['why']))
    else:
        play({'held': held, 'sessions': sessions}[group], SWIFT)


if __name__ == '__main__':
    main()
