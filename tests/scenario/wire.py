#!/usr/bin/python3
"""Recorded requests of the Block Storage API, sent to `serve`: status, headers and body as the real one answered.

The recordings are tests/data/wire/rest.json, in the order in which they were made: later ones see what earlier ones did.
Values that no two services share (ids, times, hosts, sizes in the store) are compared by type only.
"""
import base64
import collections
import http.client
import json
import os
import re
import sqlite3
import sys
import time

import identity
import scene

PROJECT = '0c2eba2c5af04d3f9e9d0d410b371fde'
ADMIN_PROJECT = '5f8c2bb9a1d14e6fb5a1e8d3a6a2f101'
# Whose token each recording was made with: project and role.
ROLES = {'demo': (PROJECT, 'member'), 'reader': (PROJECT, 'reader'), 'admin': (PROJECT, 'admin'),
         'elsewhere': (ADMIN_PROJECT, 'admin')}
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../data/wire/rest.json')
# Volumes that the recordings know: name, GiB, status.
VOLUMES = {'5f75430a-abff-4cc7-b74e-f808234fa6c5': ('data1', 1, 'available'),
           'e1d2c3b4-0a1b-4c2d-8e3f-1234567890ab': ('target1', 3, 'available'),
           '7a9f1c0e-3d5e-4c47-9f62-6f5c2f8b1e02': ('inuse1', 2, 'in-use'),
           'b0ef9ad2-9faa-422c-8236-ea2d63dd06e3': ('other1', 1, 'available')}
SNAPSHOT, OF = '2bb856e1-b3d8-4432-a858-09e4ce939389', '5f75430a-abff-4cc7-b74e-f808234fa6c5'
TWO_GIB_BACKUP = '7721138b-1e63-41b8-8019-893d2b9d3d36'
OWN_VALUES = re.compile(r'(.*_at|data_timestamp|.*id|href|host|container|availability_zone|object_count|backup_url|updated|'
                        r'fail_reason|has_dependent_backups|count|in_use)$')
NUMBERS = 'below usage', 'over quota'   # their texts hold numbers of what there is by then
# What was done between two recordings, and is not one.
BEFORE = {'mv header volume 3.71': ('demo', 'backups', {'backup': {'volume_id': '5f75430a-abff-4cc7-b74e-f808234fa6c5',
                                                                   'name': 'az'}}),
          'restore volume missing': ('admin', 'backups/{backup_id}/action', {'os-reset_status': {'status': 'available'}}),
          'member shows backup of another project': ('elsewhere', 'backups', {'backup': {
              'volume_id': 'b0ef9ad2-9faa-422c-8236-ea2d63dd06e3', 'name': 'adm'}})}
# What the project may have from then on: no more of that than it has, or all it likes.
LIMITS = {'over quota backups': ('backups', True),
          'over quota gigabytes': ('backup_gigabytes', True), 'services': ('backups', False), 'volume create from backup 3.47': ('backups', False),
          'quota show': ('backups', False), 'reader quota show': ('backups', False)}
# What that made, as the recordings call it.
MADE = {'member shows backup of another project': 'fd2786e1-2fc5-4dd3-af94-29536dbe48f5'}


class Server:
    def __init__(self, stage, token='notused'):
        self.stage, self.token, self.child, self.address = stage, token, None, None

    def __enter__(self):
        self.child, self.address = self.stage.serve()
        return self

    def __exit__(self, *_):
        self.child.terminate()
        assert self.child.wait(60) == 0

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
        for _ in range(600):
            _, _, body = self.ask('GET', '/v3/backups/detail?all_tenants=1')
            _, _, volumes = self.ask('GET', '/v3/volumes/detail?all_tenants=1')
            busy = {b['status'] for b in body['backups']} - {'available', 'error'} | \
                {v['status'] for v in volumes['volumes']} & {'creating', 'deleting', 'backing-up', 'restoring-backup'}
            if not busy:
                return body['backups']
            time.sleep(0.02)
        sys.exit('something stays %s' % busy)


def compare(expected, found, where=''):
    """Differences between what was recorded and what came, as text."""
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return ['%s: no object: %r' % (where, found)]
        missing, extra = set(expected) - set(found), set(found) - set(expected)
        result = ['%s: without %s' % (where, key) for key in missing] + ['%s: with %s' % (where, key) for key in extra]
        for key in set(expected) & set(found):
            if OWN_VALUES.match(key):
                if type(expected[key]) is not type(found[key]) and None not in (expected[key], found[key]):
                    result.append('%s.%s: %r, not %r' % (where, key, found[key], expected[key]))
            else:
                result += compare(expected[key], found[key], where + '.' + key)
        return result
    if isinstance(expected, list) and expected and isinstance(expected[0], dict):
        if not isinstance(found, list) or not found:
            return ['%s: an empty list' % where]
        return [d for e, f in zip(expected, found) for d in compare(e, f, where + '[]')]
    return [] if expected == found else ['%s: %r, not %r' % (where, found, expected)]


def request_of(row, ids):
    role = row.get('role', 'demo')
    text = json.dumps([row['path'], row.get('body')])
    for old, new in ids.items():
        text = text.replace(old, new)
    path, body = json.loads(text)
    if row.get('label') == 'import exists':
        record = base64.b64decode(body['backup-record']['backup_url']).decode()
        for old, new in ids.items():
            record = record.replace(old, new)
        body['backup-record']['backup_url'] = base64.b64encode(record.encode()).decode()
    headers = {'X-Auth-Token': role, **row.get('request_headers', {})}
    if row.get('microversion'):
        version = row['microversion']
        headers['OpenStack-API-Version'] = version if ' ' in version else 'volume ' + version
    return path if path.startswith('/') else '/v3/%s/%s' % (ROLES[role][0], path), body, headers


def differences(row, status, headers, body, ids):
    expected = json.dumps(row['response'])
    for old, new in ids.items():
        expected = expected.replace(old, new)
    result = [] if status == row['status'] else ['status %d, not %d' % (status, row['status'])]
    for name in 'OpenStack-API-Version', 'Vary', 'WWW-Authenticate':
        if name in row['response_headers'] and headers.get(name) != row['response_headers'][name]:
            result.append('%s: %s' % (name, headers.get(name)))
    expected = json.loads(expected)
    if any(word in row['label'] for word in NUMBERS):
        expected, body = re.sub(r'\d+', 'N', str(expected)), re.sub(r'\d+', 'N', str(body))
    if status < 300:
        return result + (compare(expected, body, 'body') if expected is not None else [])
    return result + ([] if expected is None or expected == body else ['body %r, not %r' % (body, expected)])


def limit(server, resource, full):
    """Let the project have as many as it has, or as it likes."""
    path = '/v3/%s/os-quota-sets/%s' % (PROJECT, PROJECT)
    used = server.ask('GET', path + '?usage=True')[2]['quota_set'][resource]['in_use']
    for other in 'volumes', 'gigabytes', 'backups', 'backup_gigabytes':
        status, _, answer = server.ask('PUT', path, {'quota_set': {other: used if full and other == resource else -1}})
        assert status == 200, answer


def replay(server, rows):
    ids, wrong, done = {}, [], set()
    limit(server, 'backups', False)
    for old, volume, name in ((TWO_GIB_BACKUP, '7a9f1c0e-3d5e-4c47-9f62-6f5c2f8b1e02', 'two'),
                              ('{backup_id}', '5f75430a-abff-4cc7-b74e-f808234fa6c5', 'er1')):
        _, _, body = server.ask('POST', '/v3/%s/backups' % PROJECT,
                                {'backup': {'volume_id': volume, 'name': name, 'force': True}})
        ids[old] = body['backup']['id']
        server.settle()
    ids['9d57fb7f-7283-4241-8b2a-fbce385c08fb'] = ids['{backup_id}']
    for row in rows:
        if row['label'] in BEFORE and row['label'] not in done:
            done.add(row['label'])
            time.sleep(1)   # rows of one second come in the order of their ids when that is asked for
            path, body, headers = request_of(dict(zip(('role', 'path', 'body'), BEFORE[row['label']])), ids)
            status, _, answer = server.ask('POST', path, body, headers)
            assert status == 202, answer
            if row['label'] in MADE:
                ids[MADE[row['label']]] = answer['backup']['id']
            server.settle()
        if row['label'] in LIMITS:
            limit(server, *LIMITS[row['label']])
        path, body, headers = request_of(row, ids)
        status, got, answer = server.ask(row['method'], path, body, headers)
        if status in (201, 202):
            for kind in 'backup', 'volume':
                if kind in (answer or {}) and kind in row['response']:
                    ids.setdefault(row['response'][kind]['id'], answer[kind]['id'])
            server.settle()
        found = differences(row, status, got, answer, ids)
        if found:
            wrong.append('%s %s %s %s: %s' % (row['label'], row['method'], path, row.get('microversion', ''),
                                             '; '.join(found)))
        assert got['x-openstack-request-id'] == got['x-compute-request-id'] and 'Content-Length' in got, row['label']
    return wrong


def check_views(server, views):
    """What each microversion shows of a backup and of a volume, to a member and to an administrator."""
    wrong = []
    backup = server.settle()[0]['id']
    for name, expected in views.items():
        version, role = name.rsplit(' ', 1)
        headers = {'X-Auth-Token': role, **({'OpenStack-API-Version': 'volume ' + version} if version else {})}
        for key, path in ('backup', 'backups/' + backup), ('volume', 'volumes/e1d2c3b4-0a1b-4c2d-8e3f-1234567890ab'):
            _, _, body = server.ask('GET', '/v3/%s/%s' % (PROJECT, path), None, headers)
            keys = set(expected.get('show' if key == 'backup' else 'volume', body[key]))
            if set(body[key]) != keys:
                wrong.append('%s at %s: %s' % (key, name, sorted(set(body[key]) ^ keys)))
    return wrong


def shape(expected, found, where):
    """Differences of keys and types; null may stand for anything, and of lists the first element for all."""
    if expected is None or found is None:
        return []
    if type(expected) is not type(found):
        return ['%s: %r, not %r' % (where, found, expected)]
    if isinstance(expected, list):
        return shape(expected[0], found[0], where + '[]') if expected and found else []
    if not isinstance(expected, dict) or where.endswith('.metadata'):
        return []
    different = ['%s: %s' % (where, key) for key in sorted(set(expected) ^ set(found)) if not key.endswith('_links')]
    return different + [d for key in set(expected) & set(found) for d in shape(expected[key], found[key], where + '.' + key)]


def check_clients(server, rows):
    """What cinder, openstack and Horizon asked for in their sessions, besides what they changed: statuses and shapes."""
    wrong = []
    for row in rows:
        headers = {'X-Auth-Token': row['role'], 'OpenStack-API-Version': row['microversion']}
        status, _, body = server.ask('GET', row['path'], None, headers)
        found = ['status %d, not %d' % (status, row['status'])] if status != row['status'] else []
        if status == row['status']:
            found = shape(row['response'], body, 'body') if status < 400 else [] if body == row['response'] else [str(body)]
        if found:
            wrong.append('%s %s: %s' % (row['label'], row['path'], '; '.join(found)))
    return wrong


def furnish(stage):
    """The volumes and the snapshot that the recordings begin with."""
    os.mkdir(os.path.join(stage.volumes, '.snapshots'))
    with sqlite3.connect(stage.catalogue) as db:
        for volume, (name, size, status) in VOLUMES.items():
            scene.new_volume(os.path.join(stage.volumes, 'volume-' + volume), size * scene.GIB)
            db.execute("insert into volumes (created_at, deleted, id, user_id, project_id, size, status, display_name, "
                       "provider_location) values ('2026-11-23 01:02:14', 0, ?, 'demo', ?, ?, ?, ?, ?)",
                       (volume, PROJECT, size, status, name, 'volume-' + volume))
        scene.new_volume(os.path.join(stage.volumes, '.snapshots', 'snapshot-' + SNAPSHOT), scene.GIB)
        db.execute("insert into snapshots (created_at, deleted, id, volume_id, user_id, project_id, volume_size, status, "
                   "display_name, provider_location) values ('2026-11-23 01:02:15', 0, ?, ?, 'demo', ?, 1, 'available', "
                   "'snap1', ?)", (SNAPSHOT, OF, PROJECT, 'snapshot-' + SNAPSHOT))
    db.close()


def main():
    with open(DATA, encoding='ascii') as f:
        data = json.load(f)
    with open(os.path.join(os.path.dirname(DATA), 'clients.json'), encoding='ascii') as f:
        asked = json.load(f)
    with scene.Scene() as stage, identity.Identity() as keystone:
        for role, (project, name) in ROLES.items():
            keystone.grant(role, project, name)
        stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes, 'auth': 'keystone'}, {'host': 'ctl0'},
                        keystone_authtoken=keystone.options(www_authenticate_uri='http://127.0.0.1:8776/identity/'))
        with Server(stage, 'admin') as server:
            furnish(stage)
            wrong = replay(server, data['requests']) + check_views(server, data['views']) + check_clients(server, asked)
    count = len(data['requests']) + len(asked)
    assert not wrong, '%d of %d differ:\n%s' % (len(wrong), count, '\n'.join(wrong))
    with open(os.path.join(os.path.dirname(DATA), 'left.json'), encoding='ascii') as f:
        left = collections.Counter(row['why'] for row in json.load(f))
    for why, number in left.most_common():
        print('wire: %d not sent: %s' % (number, why))
    print('wire: %d requests as recorded, %d not sent' % (count, sum(left.values())))


if __name__ == '__main__':
    main()
