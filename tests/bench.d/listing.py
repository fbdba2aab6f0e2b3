#!/usr/bin/python3
"""listing.py PROGRAM [COUNT]: pages of the API's list among 100 000 backups of one project and as many of others.

A row is the least of many turns over one connection, from the request's first byte to the answer's last.
"""
import http.client
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

PROJECT, OTHER = '1' * 32, '2' * 32
TURNS = 25


def fill(path, count):
    """Half of them this project's; one a second, so that every place in the list is its own."""
    rows = ((uuid.UUID(int=i + 1, version=4).hex, PROJECT if i % 2 else OTHER, time.strftime(
        '%Y-%m-%d %H:%M:%S', time.gmtime(1700000000 + i))) for i in range(2 * count))
    with sqlite3.connect(path) as db:
        db.executemany("insert into backups (created_at, deleted, id, volume_id, project_id, host, display_name, status, size, "
                       "object_count, num_dependent_backups, service_metadata, container) values (?3, 0, substr(?1, 1, 8) || '-' || "
                       "substr(?1, 9, 4) || '-' || substr(?1, 13, 4) || '-' || substr(?1, 17, 4) || '-' || substr(?1, 21), "
                       "'5f75430a-abff-4cc7-b74e-f808234fa6c5', ?2, 'bench', 'backup-' || ?1, 'available', 1, 22, 0, 'p', 'c')", rows)
        ids = [row[0] for row in db.execute('select id from backups where project_id = ? order by created_at desc', (PROJECT,))]
    db.close()
    return ids


class Service:
    def __init__(self, program, folder, count):
        conf, log = os.path.join(folder, 'conf'), os.path.join(folder, 'log')
        for name in 'volumes', 'store', 'state':
            os.mkdir(os.path.join(folder, name))
        with open(conf, 'w') as f:
            f.write('[DEFAULT]\nstate_path = %s/state\nhost = bench\nbackup_posix_path = %s/store\n'
                    'backup_driver = cinder.backup.drivers.posix.PosixBackupDriver\n[database]\n'
                    'connection = sqlite:///%s/catalogue\n[cinderbank]\nlisten = 127.0.0.1:0\n' % ((folder,) * 3))
        with open(log, 'w') as f:
            self.child = subprocess.Popen([program, 'serve', '--config-file', conf], stdout=f, stderr=f)
        while not (found := re.search(r'listening on http://(\S+)\n', open(log).read())):
            assert self.child.poll() is None, open(log).read()
            time.sleep(0.02)
        self.ids = fill(os.path.join(folder, 'catalogue'), count)
        self.link = http.client.HTTPConnection(found[1])

    def ask(self, query):
        """Least seconds of a page, and the page."""
        best = None
        for _ in range(TURNS):
            start = time.perf_counter()
            self.link.request('GET', '/v3/%s/backups/detail?%s' % (PROJECT, query), headers={
                'OpenStack-API-Version': 'volume 3.45'})
            answer = self.link.getresponse()
            text = answer.read()
            took = time.perf_counter() - start
            assert answer.status == 200, text
            best = took if best is None else min(best, took)
        return best, json.loads(text)


def pages(service):
    """(what, seconds): each page is looked at, too."""
    ids, middle = service.ids, len(service.ids) // 2
    asked = [('first 20', 'limit=20', 0), ('20 in the middle', 'limit=20&marker=' + ids[middle], middle + 1),
             ('20 as Horizon asks', 'limit=20&sort=created_at:desc&with_count=True&marker=' + ids[middle], middle + 1),
             ('first 1000', '', 0), ('1000 in the middle', 'marker=' + ids[middle], middle + 1), ('by name', 'name=backup-nothing', None)]
    for key in 'name', 'status', 'size':
        # As many names, but one status and one size: then as they were made, which is also the order of the names.
        asked.append(('20 in the middle, by ' + key, 'limit=20&sort=%s:desc&marker=%s' % (key, ids[middle]), middle + 1))
    for what, query, start in asked:
        took, answer = service.ask(query)
        found = [row['id'] for row in answer['backups']]
        assert found == (ids[start:start + len(found)] if start is not None else []), what
        assert 'count' not in answer or answer['count'] == len(ids), what
        yield what, took


def measure(program, count):
    folder = tempfile.mkdtemp(prefix='bench-listing-')
    service = Service(program, folder, count)
    try:
        yield from pages(service)
    finally:
        service.child.terminate()
        service.child.wait()
        shutil.rmtree(folder)


def rows(bench):
    count = 10000 if bench.args.quick else 100000
    for what, seconds in measure(bench.program, count):
        bench.note('%d backups' % count, what, 'cinderbank', {'wall': seconds})


if __name__ == '__main__':
    for name, spent in measure(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100000):
        print('%-20s %7.2f ms' % (name, 1000 * spent))
