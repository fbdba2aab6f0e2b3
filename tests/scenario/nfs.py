#!/usr/bin/python3
"""nfs.py GROUP [ARCHIVE.tar.xz]: backups on a real NFS server, that of tests/servers/nfs, and all that can befall them there."""
import base64
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import uuid

import scene
import upstream
import volumes
from golden import SUMS
from relay import Relay, end

DRIVER = 'cinder.backup.drivers.nfs.NFSBackupDriver'
PORT, MOUNT_PORT = (int(os.environ.get(name, 0)) for name in ('NFS_PORT', 'NFS_MOUNT_PORT'))


def server(action):
    subprocess.run([os.environ['NFS_CONTROL'], action, os.environ['NFS_FOLDER']], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def portmapper():
    """For those who ask it where the server is: another server of this machine may have told it of itself since."""
    with open('/var/tmp/cinderbank-portmapper', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_registered():
            server('kill')
            server('up')
            assert is_registered(), 'the portmapper does not know the server'
        yield


def is_registered():
    said = subprocess.run(['/usr/sbin/rpcinfo', '-p', os.environ['NFS_SERVER']], stdout=subprocess.PIPE, text=True).stdout
    return re.search(r'100003 +3 +tcp +%d ' % PORT, said) and re.search(r'100005 +3 +tcp +%d ' % MOUNT_PORT, said)


class Share(scene.Scene):
    """A scene whose store is a folder of its own below an export."""

    def __init__(self, export='/backup', folder='NFS_DIR', options=(), port=PORT, mounts=MOUNT_PORT, host=None, own=None, **default):
        # Never the same again: the server remembers what is removed behind its back.
        self.name = 'scenario-' + str(uuid.uuid4())
        folder = os.path.join(os.environ[folder], self.name)
        os.mkdir(folder)
        ports = ['port=%d' % port, 'mountport=%d' % mounts] if port else []
        super().__init__(own=own, backup_driver=DRIVER, backup_mount_options=','.join([*ports, *options]),
                         backup_share='%s:%s/%s' % (host or os.environ['NFS_SERVER'], export, self.name),
                         **{'backup_compression_algorithm': 'none', 'backup_file_size': scene.MIB, **default})
        self.store = folder

    def __exit__(self, *why):
        super().__exit__(*why)
        shutil.rmtree(self.store, ignore_errors=True)

    def check_restore(self, backup, expected):
        target = self.path('out', 'restored')
        self.run('restore', backup['id'], '--to', target)
        assert scene.same(target, expected), backup
        os.unlink(target)

    def doctor(self, status, *says):
        done = self.run('doctor', 'store', status=status)
        for words in says:
            assert words in done.stdout, done.stdout


LOOKUP, READ, WRITE, CREATE, MKDIR, REMOVE, RMDIR, RENAME, FSINFO, COMMIT = 3, 6, 7, 8, 9, 12, 13, 14, 19, 21
CALL_OF_REMOVE = struct.pack('>III', 100003, 3, REMOVE)


class Wire(Relay):
    """Reads what passes.  meddle(procedure, answer) changes an answer; if it returns None the connection ends there."""

    def __init__(self, to, meddle):
        self.calls, self.longest, self.large, self.meddle = {}, {}, 0, meddle
        super().__init__(to)

    def pump(self, one, other, client):
        try:
            self.pass_records(one.makefile('rb'), other)
        except OSError:
            pass
        end(one)
        end(other)

    def pass_records(self, source, other):
        while mark := source.read(4):
            record = bytearray(source.read(int.from_bytes(mark, 'big') & 0x7fffffff))
            xid, is_call = bytes(record[:4]), record[4:8] == bytes(4)
            if is_call:
                self.calls[xid] = int.from_bytes(record[20:24], 'big')
                self.large += self.calls[xid] == WRITE and len(record) > 500 * scene.KIB
            procedure = self.calls.get(xid)
            self.longest[procedure, is_call] = max(len(record), self.longest.get((procedure, is_call), 0))
            if not is_call:
                record = self.meddle(procedure, record)
                if record is None:
                    return
                mark = (len(record) | 1 << 31).to_bytes(4, 'big')
            other.sendall(mark + record)


def forgotten(_):
    """What a server lost before it was committed is written again: its verifier changed, as after a restart."""
    seen = []

    def forget(procedure, answer):
        if procedure == COMMIT and not seen:
            seen.append(answer)
            answer[-1] ^= 0xff
        return answer

    relay = Wire(PORT, forget)
    with Share(port=relay.port) as s:
        volume = s.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(scene.seeded('nfs forgotten').randbytes(4 * scene.MIB))
        record = s.backup(volume)
        assert seen and relay.large == 4 * 2 + 2, 'WRITEs of half a MiB: %d' % relay.large
        s.check_no_strays()
        s.check_restore(record, volume)


def lost(_):
    """The answer to a request is lost after it was carried out, whatever it was: the job goes on all the same."""
    for procedure in MKDIR, CREATE, WRITE, COMMIT, RENAME, REMOVE, RMDIR:
        for which in 'first', 'last':
            answers = []

            def lose(seen, answer):
                answers.extend([seen] * (seen == procedure))
                # Two objects, the hash list and the manifest have four names; the manifest is the last.
                return None if seen == procedure and len(answers) == (1 if which == 'first' else 4) else answer

            relay = Wire(PORT, lose)
            with Share(port=relay.port) as s:
                volume = s.path('volumes', 'volume')
                with open(volume, 'wb') as f:
                    f.write(scene.seeded('nfs lost').randbytes(2 * scene.MIB))
                record = s.backup(volume)
                s.check_no_strays()
                s.check_restore(record, volume)
                s.run('delete', record['id'])
                assert os.listdir(s.store) == []
                assert answers, 'there was no procedure %d' % procedure


def chain(_):
    """Full, increments, restores and deletes; the ports are the portmapper's to tell."""
    rng, size = scene.seeded('nfs'), 9 * scene.MIB + 5000
    with portmapper(), Share(host='localhost', port=None, backup_compression_algorithm='zlib') as s:
        s.doctor(0)
        volume = scene.new_volume(s.path('volumes', 'volume'), size, rng, 40)
        steps = []
        for step in range(4):
            steps.append((s.backup(volume, *['--incremental'] * (step > 0)),
                          shutil.copy(volume, s.path('volume.%d' % step))))
            scene.scribble(volume, rng, 12)
        for record, expected in steps:
            s.check_restore(record, expected)
        s.check_no_strays()
        modes = {oct(os.stat(os.path.join(s.store, name)).st_mode & 0o777) for name in s.stored()}
        assert modes == {'0o660'}, modes
        row = s.backups()[steps[0][0]['id']]
        assert row['container'] == '%s/%s/%s' % (row['id'][:2], row['id'][2:4], row['id']), row
        assert os.stat(os.path.join(s.store, row['container'])).st_mode & 0o777 == 0o770
        for record, _ in reversed(steps):
            s.run('delete', record['id'])
        assert os.listdir(s.store) == [], 'folders stay behind'


def golden(archive):
    """What upstream's posix driver wrote is laid out as its nfs driver would."""
    with Share() as s:
        with tarfile.open(archive) as tar:
            tar.extractall(s.path('unpacked'))
        (folder,) = os.listdir(s.path('unpacked'))
        folder = s.path('unpacked', folder)
        with open(os.path.join(folder, 'backups.json')) as f:
            rows = json.load(f)
        for name in os.listdir(folder):
            if os.path.isdir(os.path.join(folder, name)):
                shutil.move(os.path.join(folder, name), s.store)
        for row in rows:
            with open(os.path.join(folder, row['display_name'] + '.backup_url')) as f:
                record = json.loads(base64.b64decode(f.read()))
            record['service'] = DRIVER
            s.run('import', DRIVER, base64.b64encode(json.dumps(record).encode()).decode())
        for row in rows:
            target = s.path('out', 'restored')
            s.run('restore', row['id'], '--to', target)
            assert scene.sha256(target) == SUMS[row['display_name']], row['display_name']
            os.unlink(target)
        for row in reversed(rows):
            s.run('delete', row['id'])
        assert os.listdir(s.store) == []


def restart(_):
    """The server dies in the middle of a transfer and comes back: it goes on."""
    rng, relay, mounts = scene.seeded('nfs restart'), Relay(PORT), Relay(MOUNT_PORT)

    def restart_now(_):
        server('kill')
        relay.cut()
        try:
            mounts.turn_away()
        finally:
            server('up')

    with Share(port=relay.port, mounts=mounts.port) as s:
        volume = s.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(rng.randbytes(24 * scene.MIB))
        for share in 0.1, 0.6:
            relay.after(int(share * 24 * scene.MIB), restart_now)
            record = s.backup(volume)
            assert relay.left is None, 'the server was not restarted'
            s.check_no_strays()
            relay.after(int(share * 24 * scene.MIB), restart_now)
            s.check_restore(record, volume)
            assert relay.left is None, 'the server was not restarted'


def away(_):
    """A server that stops answering ends the job with an error in time; when it is back all is put right."""
    rng, relay = scene.seeded('nfs away'), Relay(PORT)
    with Share(port=relay.port, options=['timeo=10', 'retrans=1']) as s:
        volume = s.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(rng.randbytes(16 * scene.MIB))
        good = s.backup(volume)

        def fails():
            s.refuse('backup', volume, '--name', 'failed', says='NFS server', timeout=120)
            (failed,) = [row for row in s.backups().values() if row['display_name'] == 'failed']
            assert failed['status'] == 'error' and 'NFS server' in failed['fail_reason'], failed
            return failed['id']

        def is_put_right(failed):
            s.run('delete', failed)
            s.check_no_strays()

        with relay.hold(5 * scene.MIB):
            failed = fails()
        is_put_right(failed)
        relay.after(5 * scene.MIB, Relay.cut)
        relay.to = 9                    # where nobody listens
        failed = fails()
        relay.to = PORT
        is_put_right(failed)
        target = s.path('out', 'restored')
        with relay.hold(5 * scene.MIB):
            s.refuse('restore', good['id'], '--to', target, says='NFS server', timeout=120)
            assert not os.path.exists(target)
        s.check_restore(good, volume)


def uncommitted(_):
    """kill -9 of the server when it has taken a WRITE and is still to be asked to COMMIT it: nothing is lost."""
    taken = []

    def die(relay):
        server('kill')
        server('up')

    def meddle(procedure, answer):
        # The answer ends with how it was committed and the verifier.
        if procedure == WRITE and answer[-12:-8] == bytes(4):
            taken.append(answer)
            if len(taken) in fatal:
                die(relay)
                return None
        return answer

    relay, fatal = Wire(PORT, meddle), ()
    with Share(port=relay.port, backup_sha_block_size_bytes=512) as s:
        volume = s.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(scene.seeded('nfs uncommitted').randbytes(8 * scene.MIB))
        first = s.backup(volume)
        undisturbed = len(taken)
        assert undisturbed >= 2 * 8 + 2, 'the hash list was not among them: %d' % undisturbed
        # A segment's, and the hash list's, which is written last.
        for number in 1, undisturbed:
            taken.clear()
            fatal = (number,)
            record = s.backup(volume)
            assert len(taken) > undisturbed, 'the server was not killed'
            fatal = ()
            s.check_no_strays()
            s.check_restore(record, volume)
        s.check_restore(first, volume)


def stale(_):
    """Handles that the server knows no longer: the share is mounted anew; a file that is gone is an error that says so."""
    lookups, forgets = [], []

    def forget(procedure, answer):
        if procedure == FSINFO:
            forgets.clear()         # asked for when a share is mounted
        elif procedure == LOOKUP:
            lookups.append(answer)
            if len(lookups) in (5, 20):
                forgets.append(answer)
            if forgets:             # accepted, no such handle, no attributes
                return answer[:24] + (70).to_bytes(4, 'big') + bytes(4)
        return answer

    relay = Wire(PORT, forget)
    with Share(port=relay.port, backup_file_size=256 * scene.KIB) as s:
        volume = s.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(scene.seeded('nfs stale').randbytes(8 * scene.MIB))
        record = s.backup(volume)
        assert len(lookups) > 20, 'the server forgot nothing: %d' % len(lookups)
        s.check_no_strays()
        s.check_restore(record, volume)
    taken, fatal = [], []

    def meddle(procedure, answer):
        if procedure == WRITE and answer[-12:-8] == bytes(4):
            taken.append(answer)
            if len(taken) in fatal:
                server('kill')
                (hidden,) = [name for name in s.stored() if name.endswith('_sha256file.partial')]
                os.unlink(os.path.join(s.store, hidden))
                server('up')
                return None
        return answer

    relay = Wire(PORT, meddle)
    with Share(port=relay.port, backup_sha_block_size_bytes=512) as s:
        volume = s.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(scene.seeded('nfs stale').randbytes(8 * scene.MIB))
        first = s.backup(volume)
        fatal.append(2 * len(taken))        # the last one of all is the hash list's
        s.refuse('backup', volume, '--name', 'gone', says='stale file handle')
        (failed,) = [row for row in s.backups().values() if row['display_name'] == 'gone']
        assert failed['status'] == 'error' and 'Stale file handle' in failed['fail_reason'], failed
        s.run('delete', failed['id'])
        s.check_no_strays()
        s.check_restore(first, volume)


def sizes(_):
    """No request is longer than rsize and wsize say."""
    relay = Wire(PORT, lambda _, answer: answer)
    with Share(port=relay.port, options=['rsize=8192', 'wsize=4096']) as s:
        volume = s.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(scene.seeded('nfs sizes').randbytes(scene.MIB))
        s.check_restore(s.backup(volume), volume)
        assert 4096 < relay.longest[WRITE, True] < 4096 + 512, relay.longest
        assert 8192 < relay.longest[READ, False] < 8192 + 512, relay.longest


def theirs(_):
    """Upstream's posix driver on the exported folder goes on with our chain, and we with its."""
    upstream.need_engine()
    with Share(backup_compression_algorithm='zlib') as s:
        upstream.take_turns(s, upstream.Engine(s, DRIVER), 'zlib', turns=2)


def interrupted(_):
    """A server that hangs keeps nobody who wants to go."""
    relay = Relay(PORT)
    with Share(port=relay.port, backup_file_size=64 * scene.KIB) as s:
        s.interrupt_all(relay, CALL_OF_REMOVE)
        assert os.listdir(s.store) == []


def ended(_):
    """Nor anyone who wants a job to go, by the API."""
    relay = Relay(PORT)
    with Share(port=relay.port, backup_file_size=64 * scene.KIB) as s:
        volumes.end_by_status(s, relay)
        assert os.listdir(s.store) == []


def full(_):
    """A share that fills up."""
    if 'NFS_SMALL_DIR' not in os.environ:
        scene.skip('the server could not mount a small file system')
    rng = scene.seeded('nfs full')
    with Share(export='/small', folder='NFS_SMALL_DIR') as s:
        large, small = (s.path('volumes', name) for name in ('volume.large', 'volume.small'))
        for path, size in (large, 40), (small, 3):
            with open(path, 'wb') as f:
                f.write(rng.randbytes(size * scene.MIB))
        record = s.backup(small)
        s.refuse('backup', large, '--name', 'large', says='space')
        s.check_no_strays()
        (failed,) = [row for row in s.backups().values() if row['display_name'] == 'large']
        assert failed['status'] == 'error' and 'space' in failed['fail_reason'].lower(), failed
        s.run('delete', failed['id'])
        s.check_restore(record, small)


def refused(_):
    """Shares that cannot be used, each with its reason."""
    with Share() as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), scene.MIB)
        record = s.backup(volume)
        with open(s.conf) as f:
            good = f.read()

        def configure(share=None, options=()):
            ports = 'port=%d,mountport=%d' % (PORT, MOUNT_PORT)
            share = share or '%s:/backup/%s' % (os.environ['NFS_SERVER'], s.name)
            lines = ['backup_share = ' + share if line.startswith('backup_share') else
                     'backup_mount_options = ' + ','.join([ports, *options])
                     if line.startswith('backup_mount_options') else line for line in good.splitlines()]
            with open(s.conf, 'w') as f:
                f.write('\n'.join(lines))

        configure('127.0.0.1:/readonly/' + s.name)
        s.refuse('backup', volume, says='read-only')
        s.doctor(1, 'read-only')
        s.check_restore(record, volume)
        configure('127.0.0.1:/nothing')
        s.refuse('backup', volume, says='refuses this client')
        s.doctor(1, 'refuses this client')
        configure(options=['mountport=9'])
        s.doctor(1, 'Connection refused')
        # One that never was there is not waited for.
        s.refuse('backup', volume, says='connection refused', timeout=120)
        configure('no-such-host.invalid:/backup')
        s.doctor(1, 'no-such-host.invalid')
        os.chmod(s.store, 0o755)
        configure(options=['uid=65534', 'gid=65534'])
        s.refuse('backup', volume, says='permission denied')
        s.doctor(1, 'user 65534 may not write there')
        configure(options=['ro'])
        s.refuse('backup', volume, says='ro')
        s.check_restore(record, volume)
        for option in 'vers=4.1', 'sec=krb5p', 'v4', 'timeo=soon':
            configure(options=[option])
            s.refuse('backup', volume, says='backup_mount_options')
        configure(options=['vers=3', 'context=system_u:object_r:glance_var_lib_t:s0'])
        assert 'context has no effect' in s.run('doctor').stdout
        s.backup(volume)


def containers(_):
    """A container is made with its parents, or, if the options say so, has to be there; one that others use stays."""
    with Share(backup_create_containers='False') as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), scene.MIB, scene.seeded('nfs containers'), 9)
        s.refuse('backup', volume, '--container', 'shared/by', says='backup_create_containers is false')
        assert os.listdir(s.store) == []
    with Share() as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), scene.MIB, scene.seeded('nfs containers'), 9)
        one, other = (s.backup(volume, '--container', 'shared/by') for _ in range(2))
        s.run('delete', one['id'])
        s.check_no_strays()
        s.check_restore(other, volume)
        s.run('delete', other['id'])
        assert os.listdir(os.path.join(s.store, 'shared')) == ['by'], 'it is not ours to remove'


def links(_):
    """Symbolic links are never followed, wherever they lead."""
    with Share() as s:
        volume = s.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(scene.seeded('nfs links').randbytes(scene.MIB))
        outside = s.path('out')
        os.symlink(outside, os.path.join(s.store, 'away'))
        s.refuse('backup', volume, '--container', 'away', says='is a link')
        s.refuse('backup', volume, '--container', 'away/below', says='is a link')
        record = s.backup(volume, '--container', 'inside')
        row = s.backups()[record['id']]
        name = os.path.join(s.store, row['container'], row['service_metadata'] + '-00001')
        os.rename(name, name + '.moved')
        os.symlink(name + '.moved', name)
        server('kill')      # it remembers what the name was
        server('up')
        s.refuse('restore', record['id'], '--to', s.path('volumes', 'restored'), says='not a regular file')
        assert os.listdir(outside) == []


def ipv6(_):
    """An address in brackets."""
    try:
        relay, mounts = Relay(PORT, socket.AF_INET6), Relay(MOUNT_PORT, socket.AF_INET6)
    except OSError:
        scene.skip('there is no ::1 here')
    with Share(host='[::1]', port=None, options=['port=%d' % relay.port, 'mountport=%d' % mounts.port]) as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), 3 * scene.MIB, scene.seeded('nfs ipv6'), 9)
        s.check_restore(s.backup(volume), volume)


def recipe(_):
    """What the README says of NFS is all it takes; the ports are the portmapper's to tell."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../README.md'), encoding='utf-8') as f:
        text = f.read().split('**NFS.**')[1]
    lines = re.search(r'\n\n((?:    .*\n)+)', text).group(1).split('\n')
    options = dict(line.strip().split(' = ') for line in lines if ' = ' in line)
    with portmapper(), Share(port=None) as s:
        options['backup_share'] = '%s:/backup/%s' % (os.environ['NFS_SERVER'], s.name)
        s.configure({}, {**options, 'backup_posix_path': s.path('nowhere')})
        s.doctor(0, 'GiB are free')
        volume = scene.new_volume(s.path('volumes', 'volume'), scene.MIB, scene.seeded('nfs recipe'), 9)
        s.check_restore(s.backup(volume), volume)
        assert len(s.stored()) >= 3, 'the backup is somewhere else'


MOUNT = '''#!/bin/sh
# Stands in for mount(8) where the kernel has no NFS: notes what was asked for, and binds a folder.
echo "$@" >>%(log)s
case "$*" in
*vers=4.2*) echo 'mount.nfs: Protocol not supported' >&2; exit 32 ;;
*broken*) echo 'mount.nfs: access denied by server' >&2; exit 32 ;;
esac
exec %(mount)s --bind %(folder)s "$4"
'''


def mounted(_):
    """nfs_client = mount: mounted once, by the newest version there is, found again, and worked on as a folder."""
    with Share(own={'nfs_client': 'mount'}, port=None, options=['sec=krb5'], backup_mount_attempts=2) as s:
        folder, log = s.path('bin'), s.path('mount.log')
        share = '%s:/backup/%s' % (os.environ['NFS_SERVER'], s.name)
        point = s.path('state', 'backup_mount', hashlib.md5(share.encode()).hexdigest())
        os.mkdir(folder)
        with open(os.path.join(folder, 'mount'), 'w') as f:
            f.write(MOUNT % {'log': log, 'folder': s.store, 'mount': shutil.which('mount')})
        os.chmod(f.name, 0o755)
        os.environ['PATH'] = folder + ':' + os.environ['PATH']
        probe = s.path('out', 'probe')
        os.mkdir(probe)
        if subprocess.run([f.name, '-t', 'nfs', share, probe], stderr=subprocess.DEVNULL).returncode:
            scene.skip('nothing can be mounted here')
        subprocess.run(['umount', probe], check=True)
        os.rmdir(probe)
        os.unlink(log)
        volume = scene.new_volume(s.path('volumes', 'volume'), 3 * scene.MIB, scene.seeded('nfs mounted'), 9)
        os.chmod(s.store, 0o750)
        try:
            record = s.backup(volume)
            s.check_restore(record, volume)
            with open(log) as f:
                calls = f.read().splitlines()
            assert calls == ['-t nfs %s %s -o sec=krb5,vers=%s' % (share, point, version) for version in ('4.2', '4.1')]
            assert os.stat(s.store).st_mode & 0o777 == 0o750, 'the share is not ours to change'
            assert record['id'] in ''.join(s.stored())
            subprocess.run(['umount', point], check=True)
            s.run('delete', record['id'])
            assert not s.stored()
        finally:
            subprocess.run(['umount', point], check=True)
        with open(s.conf) as f:
            text = f.read()
        with open(s.conf, 'w') as f:
            f.write(text.replace('sec=krb5', 'broken,nfsvers=4'))
        os.unlink(log)
        s.doctor(1, 'access denied by server')
        with open(log) as f:
            assert len(f.readlines()) == 2, 'backup_mount_attempts is 2, and a version is named'


def main(group, *archive):
    if 'NFS_DIR' not in os.environ:
        scene.skip('no NFS_DIR; tests/check nfs starts a server')
    group(*archive or [None])
    print('nfs: %s' % group.__name__)


if __name__ == '__main__':
    main(globals()[sys.argv[1]], *sys.argv[2:])
