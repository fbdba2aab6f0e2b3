#!/usr/bin/python3
"""Signals that come early, and while others are waited for.

    stop.py start|claim
"""
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading

import scene

SECONDS = 60    # far less than what is waited for without the signal


class Silent:
    """A server that takes requests, and never answers one."""

    def __enter__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.taken = []
        threading.Thread(target=self.take, daemon=True).start()
        return self

    def take(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            link.recv(1)
            self.taken.append(link)

    def __exit__(self, *_):
        self.listener.close()
        for link in self.taken:
            link.close()

    def url(self):
        return 'http://127.0.0.1:%d/auth/v1.0' % self.listener.getsockname()[1]


def start(rng):
    """A service that recovers at its start, from a store that hangs, ends when it is told to."""
    for offload in 'false', 'true':
        with Silent() as server, scene.Scene(
                backup_driver='cinder.backup.drivers.swift.SwiftBackupDriver', backup_swift_auth='single_user',
                backup_swift_auth_url=server.url(), backup_swift_user='test:tester', backup_swift_key='testing',
                backup_service_inithost_offload=offload) as stage:
            volume = scene.new_volume(stage.path('volumes', 'volume'), scene.MIB)
            running = stage.start('backup', volume)
            stage.wait_until(lambda: server.taken, 'the backup does not begin')
            running.kill()
            running.communicate()
            (row,) = stage.backups().values()
            assert row['status'] == 'creating', row
            known = len(server.taken)
            with open(stage.path('log'), 'w+') as log:
                stage.service = subprocess.Popen(stage.command('serve'), stdin=subprocess.DEVNULL,
                                                       stdout=log, stderr=log)
                stage.wait_until(lambda: len(server.taken) > known, 'nothing is recovered')
                stage.service.send_signal(signal.SIGHUP)    # asks for another log, no more
                stage.service.terminate()
                assert stage.service.wait(SECONDS) == 0, stage.service.returncode
            with open(stage.path('log')) as log:
                text = log.read()
            assert 'put right' not in text and 'Traceback' not in text, text
            (row,) = stage.backups().values()
            assert row['status'] == 'creating', 'what was not put right is left for the next start: %s' % row


def claim(rng):
    """A verb that waits for another's work is cancelled."""
    with scene.Scene() as stage:
        volume = scene.new_volume(stage.path('volumes', 'volume'), scene.MIB)
        record = stage.backup(volume)
        path = os.path.join(stage.state, 'cinderbank-jobs', record['id'])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as claimed:
            fcntl.flock(claimed, fcntl.LOCK_EX)
            running = stage.start('delete', record['id'])
            stage.wait_until(lambda: stage.backups()[record['id']]['status'] == 'deleting', 'the delete does not begin')
            running.send_signal(signal.SIGINT)
            _, complaints = running.communicate(timeout=SECONDS)
            assert running.returncode == 130, (running.returncode, complaints)
            assert 'cancelled while another job worked on' in complaints, complaints
        stage.run('list')   # and goes on with what was left half done
        assert not stage.backups() and not stage.stored()


if __name__ == '__main__':
    {'start': start, 'claim': claim}[sys.argv[1]](scene.seeded('stop ' + sys.argv[1]))
