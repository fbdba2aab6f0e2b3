#!/usr/bin/python3
"""Drives the chunked engine of OpenStack's cinder-backup offline, as a library.

    upstream.py DIR [--driver swift] [--set OPTION=VALUE]... backup VOLUME [--parent ID] [--volume-id ID] [--algorithm NAME]
                                                             [--file-size BYTES]
    upstream.py DIR [--driver swift] [--set OPTION=VALUE]... restore ID TARGET
    upstream.py serve       what comes as lines of JSON, each a list of the words of one of these; answers with a line each

DIR holds the store, and records.json in the place of cinder's database.  The driver
is PosixBackupDriver, or SwiftBackupDriver, with its defaults; database, messages and
progress are stubs, so what remains is its data path.  Prints one JSON object: the id,
and the wall and CPU seconds of the driver's call alone, without the start of Python
and its imports.
"""
import argparse
import contextlib
import datetime
import json
import logging
import os
import resource
import sys
import time
import types
import uuid

import eventlet.tpool
from oslo_config import cfg

from cinder import context, objects
from cinder.backup import chunkeddriver
from cinder.backup.drivers import posix

GIB = 1 << 30
FIELDS = ('id', 'volume_id', 'parent_id', 'status', 'size', 'container', 'service_metadata',
          'display_name', 'display_description', 'created_at', 'object_count')


class Record:
    """What the driver sees of a row of the table backups."""

    def __init__(self, **fields):
        for name in FIELDS:
            setattr(self, name, fields.get(name))

    def __getitem__(self, name):
        return getattr(self, name)

    @contextlib.contextmanager
    def as_read_deleted(self):
        yield

    def refresh(self):
        """Nobody else has the row."""

    def save(self):
        """All of it is written once, at the end."""


class Records:
    def __init__(self, path):
        self.path = path
        self.rows = {}
        if os.path.exists(path):
            with open(path) as file:
                self.rows = json.load(file)

    def find(self, identity):
        return Record(**self.rows[identity])

    def keep(self, record):
        self.rows[record.id] = {name: record[name] for name in FIELDS}
        with open(self.path, 'w') as file:
            json.dump(self.rows, file, indent=1)


def open_driver(args, records, volume_gib, options):
    conf, driver_class = cfg.CONF, posix.PosixBackupDriver
    if args.driver == 'swift':
        from cinder.backup.drivers import swift
        driver_class = swift.SwiftBackupDriver
    conf([], project='cinder', default_config_files=[])
    conf.set_override('connection', 'sqlite://', group='database')    # opened, and never asked
    conf.set_override('backup_posix_path', os.path.join(args.dir, 'store'))
    for name, value in [*options.items(), *(setting.split('=', 1) for setting in args.set)]:
        conf.set_override(name, value)
    os.makedirs(conf.backup_posix_path, exist_ok=True)
    driver = driver_class(context.get_admin_context())
    if args.driver == 'swift':
        driver.initialize()
    driver.db = types.SimpleNamespace(volume_get=lambda _, identity: {'id': identity, 'size': volume_gib})
    driver.get_metadata = lambda volume_id: None
    driver.put_metadata = lambda volume_id, metadata: None
    # The engine asks for parents by their class, and tells of its progress to a queue.
    chunkeddriver.objects = types.SimpleNamespace(
        Backup=types.SimpleNamespace(get_by_id=lambda _, identity: records.find(identity)))
    chunkeddriver.volume_utils = types.SimpleNamespace(
        notify_about_backup_usage=lambda *args, **named: None)
    return driver


def timed(call):
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    call()
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF)
    return {'wall': wall,
            'cpu': after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def backup(records, args):
    size = -(-os.path.getsize(args.volume) // GIB)
    options = {'backup_compression_algorithm': args.algorithm}
    if args.file_size:
        options['backup_file_size'] = args.file_size
    driver = open_driver(args, records, size, options)
    record = Record(
        id=str(uuid.uuid4()), parent_id=args.parent, status='creating', size=size,
        volume_id=args.volume_id or str(uuid.uuid5(uuid.NAMESPACE_URL, os.path.abspath(args.volume))),
        created_at=str(datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)))
    with open(args.volume, 'rb') as volume:
        spent = timed(lambda: driver.backup(record, eventlet.tpool.Proxy(volume)))
    record.status = 'available'
    records.keep(record)
    return {'id': record.id, **spent}


def restore(records, args):
    record = records.find(args.id)
    record.status = 'restoring'
    driver = open_driver(args, records, record.size, {})
    with open(args.target, 'r+b' if os.path.exists(args.target) else 'w+b') as volume:
        spent = timed(lambda: driver.restore(record, record.volume_id, eventlet.tpool.Proxy(volume)))
    return {'id': record.id, **spent}


def serve():
    """Each in a process of its own, which finds all imported."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            play(json.loads(line))
            sys.stdout.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            print('null', flush=True)


def play(words):
    parser = argparse.ArgumentParser()
    parser.add_argument('dir')
    parser.add_argument('--driver', choices=['posix', 'swift'], default='posix')
    parser.add_argument('--set', action='append', default=[])
    verbs = parser.add_subparsers(dest='verb', required=True)
    verb = verbs.add_parser('backup')
    verb.add_argument('volume')
    verb.add_argument('--parent')
    verb.add_argument('--volume-id')
    verb.add_argument('--algorithm', default='zlib')
    verb.add_argument('--file-size', type=int)
    verb = verbs.add_parser('restore')
    verb.add_argument('id')
    verb.add_argument('target')
    args = parser.parse_args(words)
    logging.disable(logging.CRITICAL)
    os.makedirs(args.dir, exist_ok=True)
    records = Records(os.path.join(args.dir, 'records.json'))
    print(json.dumps({'backup': backup, 'restore': restore}[args.verb](records, args)))


if __name__ == '__main__':
    serve() if sys.argv[1:] == ['serve'] else play(sys.argv[1:])
