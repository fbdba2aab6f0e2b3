#!/usr/bin/python3
"""GET /metrics and /healthcheck: what is told is the text format of Prometheus, and true; services are turned off and on."""
import http.client
import os
import re
import shutil
import sqlite3

import scene
from wire import Server

VOLUME = '5f75430a-abff-4cc7-b74e-f808234fa6c5'
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)$')


def parse(text):
    """{(name, labels): value}; each line must be what the format allows, each family told of once and in one piece."""
    assert text.endswith('\n') and '\r' not in text
    values, kinds, helped, closed, family = {}, {}, set(), set(), None
    for line in text[:-1].split('\n'):
        if line.startswith('#'):
            word, name, rest = re.match(r'# (HELP|TYPE) (\S+) (.+)$', line).groups()
            if word == 'HELP':
                assert name not in helped, 'helped twice: ' + name
                helped.add(name)
            else:
                assert rest in ('counter', 'gauge') and name not in kinds, line
                kinds[name] = rest
                closed.add(family)
                family = name
                assert family not in closed, 'in two pieces: ' + name
            continue
        name, labels, value = SAMPLE.match(line).groups()
        assert name == family and name in helped, line
        assert name.endswith('_total') == (kinds[name] == 'counter'), line
        labels = tuple(sorted(re.findall(r'(\w+)="([^"]*)"', labels or '')))
        assert (name, labels) not in values, 'told twice: ' + line
        values[name, labels] = float(value)
        assert value == value.strip() and values[name, labels] >= 0, line
    return values


class Watch:
    def __init__(self, stage):
        self.stage = stage
        self.address = stage.wait_until(lambda: re.search(r'cinderbank.health .* listening on http://(\S+)\n', stage.log()),
                                        'the watch does not listen')[1]

    def ask(self, path, method='GET'):
        link = http.client.HTTPConnection(self.address, timeout=30)
        link.request(method, path)
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        return answer.status, answer.headers['Content-Type'], text

    def metrics(self):
        status, kind, text = self.ask('/metrics')
        assert status == 200 and kind == 'text/plain; version=0.0.4; charset=utf-8', (status, kind)
        return parse(text)

    def value(self, name, **labels):
        return self.metrics()['cinderbank_' + name, tuple(sorted(labels.items()))]

    def wait(self, name, wanted, **labels):
        """A job is counted just after its record says that it is done."""
        self.stage.wait_until(lambda: self.value(name, **labels) == wanted, '%s %s is not %s' % (name, labels, wanted))


def numbers(stage, server, watch):
    """What was done is counted; what failed too."""
    assert watch.value('jobs_total', verb='backup', outcome='done') == 0
    _, _, body = server.ask('POST', '/v3/backups', {'backup': {'volume_id': VOLUME}})
    backup = body['backup']['id']
    server.settle()
    watch.wait('jobs_total', 1, verb='backup', outcome='done')
    assert watch.value('volume_bytes_total', verb='backup') == 5 * scene.MIB
    stored = sum(os.path.getsize(os.path.join(stage.store, name)) for name in stage.stored() if '-' in os.path.basename(name))
    assert 0 < watch.value('store_bytes_total', verb='backup') <= stored + 4096, stored
    assert watch.value('job_seconds_total', verb='backup') > 0
    assert watch.value('backups', status='available') == 1
    assert watch.value('jobs', verb='backup', state='running') == watch.value('jobs', verb='backup', state='waiting') == 0
    assert server.ask('POST', '/v3/backups/%s/restore' % backup, {'restore': {'name': 'again'}})[0] == 202
    server.settle()
    watch.wait('volume_bytes_total', 5 * scene.MIB, verb='restore')
    # The store goes away: the next backup fails, and that is what the watch is for.
    errors = watch.value('store_errors_total')
    shutil.move(stage.store, stage.store + '.gone')
    with open(stage.store, 'w'):
        pass
    assert server.ask('POST', '/v3/backups', {'backup': {'volume_id': VOLUME}})[0] in (202, 500)
    server.settle()
    watch.wait('jobs_total', 1, verb='backup', outcome='failed')
    assert watch.value('store_errors_total') > errors
    os.unlink(stage.store)
    shutil.move(stage.store + '.gone', stage.store)


def refusals(watch):
    for method, path, status in (('GET', '/', 404), ('GET', '/metrics/', 404), ('GET', '/metric', 404), ('POST', '/metrics', 405),
                                 ('GET', '/v3/backups', 404), ('DELETE', '/healthcheck', 405), ('GET', '/%ff', 404)):
        assert watch.ask(path, method)[0] == status, (method, path)
    assert watch.ask('/healthcheck?detailed=1')[::2] == (200, 'OK\n')
    assert watch.ask('/healthcheck', 'HEAD')[0] == 200


def queue(stage, server, watch):
    """One place: the second backup waits, and is seen to."""
    big = [os.path.join(stage.volumes, 'volume-%d1111111-2222-4333-8444-555555555555' % i) for i in (1, 2)]
    jobs = lambda: [watch.value('jobs', verb='backup', state=state) for state in ('running', 'waiting')]
    with stage.hold(stage.store + '/*') as held:
        for path in big:
            scene.new_volume(path, scene.MIB)
            assert server.ask('POST', '/v3/backups', {'backup': {'volume_id': os.path.basename(path)[7:]}})[0] == 202
        held()
        assert jobs() == [1, 1], jobs()
    server.settle()
    stage.wait_until(lambda: jobs() == [0, 0], 'a job that is over counts')


def catalogue(stage, server, watch):
    """A catalogue that does not answer: not well, and the numbers that need none are told all the same."""
    with sqlite3.connect(stage.catalogue, isolation_level=None) as db:
        db.execute('alter table backups rename to elsewhere')
        status, _, text = watch.ask('/healthcheck')
        assert status == 503 and text.startswith('catalogue: '), (status, text)
        values = watch.metrics()
        assert values['cinderbank_catalogue_up', ()] == 0 and not any(name == 'cinderbank_backups' for name, _ in values)
        db.execute('alter table elsewhere rename to backups')
    db.close()
    assert watch.ask('/healthcheck')[0] == 200 and watch.value('catalogue_up') == 1


def services(stage, server):
    """A service that is off, or has not been seen for a while, takes no backups, and deletes none."""
    for path, body in (('disable', {}), ('disable-log-reason', {'disabled_reason': 'r'})):
        body = {'host': 'scene', 'binary': 'cinder-backup', **body}
        assert server.ask('PUT', '/v3/os-services/' + path, body)[0] == 200
    _, _, body = server.ask('POST', '/v3/backups', {'backup': {'volume_id': VOLUME, 'name': 'refused'}})
    backup = server.settle()[0]
    assert (backup['id'], backup['status']) == (body['backup']['id'], 'error'), backup
    assert backup['fail_reason'] == 'Service not found for creating backup.', backup
    assert server.ask('DELETE', '/v3/backups/' + backup['id'])[0] == 404
    for body in ({}, [], {'host': 'scene'}, {'host': '', 'binary': 'cinder-backup'}, {'host': 'scene', 'binary': 5},
                 {'host': 'scene', 'binary': 'cinder-backup', 'more': 1}, {'host': 'x' * 256, 'binary': 'cinder-backup'},
                 {'host': None, 'binary': 'cinder-backup'}, {'host': 'scene', 'binary': 'cinder-backup', 'disabled_reason': 'r'}):
        assert server.ask('PUT', '/v3/os-services/enable', body)[0] == 400, body
    assert server.ask('PUT', '/v3/os-services/enable', {'host': 'scene', 'service': 'cinder-backup'})[2] == {
        'disabled': False, 'host': 'scene', 'service': 'cinder-backup', 'binary': '', 'status': 'enabled'}
    assert server.ask('DELETE', '/v3/backups/' + backup['id'])[0] == 202
    server.settle()
    # Somebody else's host, long silent: down, and of no use.
    with sqlite3.connect(stage.catalogue) as db:
        db.execute("insert into services (created_at, updated_at, deleted, host, `binary`, report_count, disabled) values"
                   " ('2026-01-01 00:00:00', '2026-01-01 00:00:00', 0, 'other', 'cinder-backup', 0, 0)")
    db.close()
    rows = {row['host']: row for row in server.ask('GET', '/v3/os-services')[2]['services']}
    assert rows['other']['state'] == 'down' and rows['scene']['state'] == 'up', rows
    assert server.ask('PUT', '/v3/os-services/disable', {'host': 'scene', 'binary': 'cinder-backup'})[0] == 200
    assert server.ask('POST', '/v3/backups/import_record', {'backup-record': {
        'backup_service': 'cinder.backup.drivers.posix', 'backup_url': 'eyJpZCI6ICJhIiwgInNpemUiOiAxfQ=='}})[0] == 503
    assert server.ask('PUT', '/v3/os-services/enable', {'host': 'scene', 'binary': 'cinder-backup'})[0] == 200


def main():
    with scene.Scene() as stage:
        stage.configure({'listen': '127.0.0.1:0', 'health_listen': '127.0.0.1:0', 'volumes_dir': stage.volumes},
                        {'backup_max_operations': 1})
        scene.new_volume(stage.path('volumes', 'volume-' + VOLUME), 5 * scene.MIB, scene.seeded('health'), 20)
        with Server(stage) as server:
            watch = Watch(stage)
            numbers(stage, server, watch)
            refusals(watch)
            queue(stage, server, watch)
            catalogue(stage, server, watch)
            services(stage, server)
    print('health: told, and true')


if __name__ == '__main__':
    main()
