#!/usr/bin/python3
"""Clients that do not behave: what they get is an error or nothing, and nothing changes."""
import concurrent.futures
import os
import socket

import scene
from wire import PROJECT, Server

BASE = '/v3/%s/backups' % PROJECT


def raw(server, *pieces, wait=10):
    """Send bytes as they are; all that comes back."""
    host, port = server.address.rsplit(':', 1)
    with socket.create_connection((host, int(port)), wait) as link:
        try:
            for piece in pieces:
                link.sendall(piece)
            link.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        answer = b''
        try:
            while True:
                piece = link.recv(65536)
                if not piece:
                    return answer
                answer += piece
        except OSError:
            return answer


def post(path, body, length=None, kind='application/json'):
    return ('POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n' % (
        path, kind, len(body) if length is None else length)).encode() + body


def status(answer):
    return int(answer.split()[1]) if answer.startswith(b'HTTP/1.') else None


def bad_bytes(server):
    table = [
        (b'GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', {400, 404}, [
            b'/v3/../../etc/passwd', b'/v3/%2e%2e/backups', b'/v3/backups/%00', b'/v3/backups/%ff', b'/v3/backups/a%2fb',
            b'//v3/backups', b'/v3/backups//detail', b'/v3/backups/x/y/z/a/b/c/d', b'/v3/backups/\xc3\x28',
            b'/v3/backups?limit=%ff', b'/v3/backups?' + b'&'.join(b'a%d=1' % i for i in range(60))]),
        (b'GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', {400, 414, 431, None}, [b'/v3/backups?x=' + b'y' * 20000,
                                                                                            b'/' + b'z' * 200000]),
        (b'GET /v3/backups HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n\r\n', {400, 431, 413, None}, [
            b'X-Long: ' + b'q' * 100000, b'\r\n'.join(b'X-%d: 1' % i for i in range(5000)),
            b'OpenStack-API-Version: volume \xff\xfe', b'OpenStack-API-Version: volume ' + b'9' * 5000]),
    ]
    for form, statuses, cases in table:
        for case in cases:
            answer = raw(server, form % case)
            # A header that is not text counts as not sent.
            assert status(answer) in statuses | ({200} if b'\xff\xfe' in case else set()), (case[:60], answer[:300])
    for body, wanted in ((b'\xff\xfe{}', 400), (b'{"backup": {"volume_id": "\xed\xa0\x80"}}', 400), (b'[' * 50000, 400),
                         (b'{"backup":' * 5000, 400), (b'{"backup": {"name": "\\u0000"}}', 400),
                         (b'{"backup": 1e999}', 400), (b'{"backup": {"volume_id": 99999999999999999999999}}', 400),
                         (b' ' * 114689, 413), (b'', 400)):
        answer = raw(server, post(BASE, body))
        assert status(answer) == wanted, (body[:40], answer[:300])
    assert status(raw(server, post(BASE, b'x', length=10 ** 12))) in (400, 413, None)


def slow(server):
    """More that say nothing, or drip, than there may be connections: who asks is answered all the same."""
    host, port = server.address.rsplit(':', 1)
    idle = []
    for number in range(200):
        link = socket.create_connection((host, int(port)), 10)
        if number % 2:
            link.sendall(b'POST /v3/backups HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{')
        idle.append(link)
    for _ in range(3):
        assert server.ask('GET', '/')[0] == 300
    closed = 0
    for link in idle:
        link.setblocking(False)
        try:
            closed += link.recv(1) == b''
        except BlockingIOError:
            pass
        except ConnectionResetError:
            closed += 1
        link.close()
    assert closed >= 200 - 128, closed


def in_a_row(server):
    """Requests sent before the first was answered, and such whose length is told twice."""
    ask = b'GET %s HTTP/1.1\r\nHost: a\r\n\r\n'
    last = b'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    answer = raw(server, ask % b'/v3/backups' + ask % b'/v3/nosuch' + last)
    assert [int(part.split()[0]) for part in answer.split(b'HTTP/1.1 ')[1:]] == [200, 404, 300], answer
    whole = post(BASE, b'{}').replace(b'Connection: close', b'X: y')
    answer = raw(server, whole + last)
    assert [int(part.split()[0]) for part in answer.split(b'HTTP/1.1 ')[1:]] == [400, 300], answer
    # In pieces a body is as good; with two lengths, or a wrong one, nothing behind it is taken for a request.
    body = b'{"backup": {"volume_id": "nosuch"}}'
    chunked = (b'POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n'
               b'Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n')
    assert b"is not a 'uuid'" in raw(server, chunked % (BASE.encode(), len(body), body))
    hidden = b'DELETE /v3/backups/hidden HTTP/1.1\r\nHost: a\r\n\r\n'
    form = b'POST %s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n%s'
    for headers, text in ((b'Content-Length: 2\r\nTransfer-Encoding: chunked', b'0\r\n\r\n'),
                          (b'Content-Length: 2\r\nContent-Length: 0', b'{}'), (b'Content-Length: -1', b''),
                          (b'Content-Length: 2x', b'{}'), (b'Transfer-Encoding: chunked', b'zz\r\n'),
                          (b'Transfer-Encoding: chunked', b'ffffffffffffffff\r\n')):
        answer = raw(server, form % (BASE.encode(), headers, text + hidden))
        assert b'hidden' not in answer and answer.count(b'HTTP/1.1 ') <= 2, (headers, answer)
        for part in answer.split(b'HTTP/1.1 ')[1:]:
            assert int(part.split()[0]) in (400, 404, 413, 415), (headers, answer)
    twice = b'{"backup": {"volume_id": "11111111-2222-4333-8444-555555555555", "volume_id": "nosuch"}}'
    assert b"'nosuch' is not a 'uuid'" in raw(server, post(BASE, twice))    # of two the last, as in Python


def together(server, volume):
    """Of ten requests for one volume at once, each is taken or refused in the API's words; deletes in between too."""
    def create(number):
        return server.ask('POST', BASE, {'backup': {'volume_id': volume, 'name': 'n%d' % number}})

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(create, range(10)))
    made = [body['backup']['id'] for code, _, body in answers if code == 202]
    refused = [body['badRequest']['message'] for code, _, body in answers if code == 400]
    assert made and len(made) + len(refused) == 10, answers
    assert all('must be available or in-use, but the current status is "backing-up"' in text for text in refused), refused
    server.settle()
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        restores = list(pool.map(lambda _: server.ask('POST', '%s/%s/restore' % (BASE, made[0]), {'restore': {}}), range(5)))
        deletes = list(pool.map(lambda _: server.ask('DELETE', '%s/%s' % (BASE, made[0])), range(5)))
    assert {code for code, _, _ in restores} <= {202, 400} and {code for code, _, _ in deletes} <= {202, 400, 404}, (
        restores, deletes)
    server.settle()


def cancel(stage, server):
    """A running backup is force deleted, a running restore is reset: both end, and leave nothing."""
    with stage.hold(stage.store + '/*', 9) as held:
        _, _, body = server.ask('POST', BASE, {'backup': {'volume_id': LARGE}})
        backup = body['backup']['id']
        held()
        _, _, shown = server.ask('GET', '%s/%s' % (BASE, backup))
        assert shown['backup']['status'] == 'creating' and shown['backup']['size'] == 1, shown
        assert server.ask('GET', '/v3/volumes/' + LARGE)[2]['volume']['status'] == 'backing-up'
        assert server.ask('POST', '%s/%s/action' % (BASE, backup), {'os-force_delete': None})[0] == 202
    stage.wait_until(lambda: server.ask('GET', '%s/%s' % (BASE, backup))[0] == 404, 'it stays')
    assert not [name for name in stage.stored() if backup in name], stage.stored()
    _, _, body = server.ask('POST', BASE, {'backup': {'volume_id': LARGE}})
    backup = body['backup']['id']
    server.settle()
    with stage.hold(stage.volumes + '/*', 2) as held:
        code, _, body = server.ask('POST', '%s/%s/restore' % (BASE, backup), {'restore': {'name': 'never'}})
        assert code == 202 and body['restore']['volume_name'] == 'never', body
        target = body['restore']['volume_id']
        held()
        code, _, shown = server.ask('GET', '/v3/volumes/' + target)
        assert code == 200 and shown['volume']['status'] == 'restoring-backup', shown
        assert server.ask('POST', '%s/%s/action' % (BASE, backup), {'os-reset_status': {'status': 'error'}})[0] == 202
        stage.notice(backup)
    # In error it seems to be settled; it is whole again when the restore has ended.
    stage.wait_until(lambda: stage.backups()[backup]['status'] == 'available', 'the restore does not end')
    assert not os.path.exists(os.path.join(stage.volumes, 'volume-' + target))
    assert server.ask('DELETE', '%s/%s' % (BASE, backup))[0] == 202
    server.settle()


def drain(stage, server):
    """SIGTERM in the middle of a backup: what was admitted is finished."""
    with stage.hold(stage.store + '/*', 9) as held:
        _, _, body = server.ask('POST', BASE, {'backup': {'volume_id': LARGE}})
        held()
        server.child.terminate()
        stage.wait_until(lambda: 'running jobs may finish' in stage.log(), 'it does not stop')
    assert server.child.wait(scene.PATIENCE) == 0
    assert stage.backups()[body['backup']['id']]['status'] == 'available'


LARGE, SMALL = '11111111-2222-4333-8444-555555555555', '22222222-2222-4333-8444-555555555555'


def main():
    with scene.Scene() as stage:
        stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes}, {'backup_file_size': scene.MIB})
        stage.serving.append('--debug')
        scene.new_volume(os.path.join(stage.volumes, 'volume-' + LARGE), 8 * scene.MIB, scene.seeded('rude'), 60)
        scene.new_volume(os.path.join(stage.volumes, 'volume-' + SMALL), 5 * scene.MIB)
        with Server(stage) as server:
            bad_bytes(server)
            assert not stage.backups()
            slow(server)
            in_a_row(server)
            assert not stage.backups()
            together(server, SMALL)
            cancel(stage, server)
            drain(stage, server)
            assert stage.stored() == stage.accounted(), stage.stored() ^ stage.accounted()
    print('rude: refused, and nothing changed')


main()
