#!/usr/bin/python3
"""64 GiB, nearly all of it a hole, backed up and restored with the default options in less than 128 MiB of memory."""
import os
import subprocess
import time

import scene

SIZE = 64 * scene.GIB
MEMORY = 128 * scene.MIB


def measure(s, *args):
    """Run a verb; say how long it took and how much memory, and hold it to the limit."""
    began = time.monotonic()
    with open(s.path('said'), 'w+') as said:
        child = subprocess.Popen(s.command(*args), stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        assert child.returncode == 0, said.read()
    peak = usage.ru_maxrss * scene.KIB
    print('%s: %.1f s, %.1f MiB' % (args[0], time.monotonic() - began, peak / scene.MIB))
    assert peak < MEMORY, '%s took %.1f MiB' % (args[0], peak / scene.MIB)


def pieces(path):
    """(offset, length) of what is allocated."""
    with open(path, 'rb') as f:
        end = 0
        while True:
            try:
                start = os.lseek(f.fileno(), end, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(f.fileno(), start, os.SEEK_HOLE)
            yield start, end - start


def assert_same(one, other):
    """Compare what either has allocated; both read as zeros elsewhere."""
    assert os.path.getsize(one) == os.path.getsize(other) == SIZE
    with open(one, 'rb') as a, open(other, 'rb') as b:
        for offset, length in list(pieces(one)) + list(pieces(other)):
            for start in range(offset, offset + length, scene.MIB):
                count = min(scene.MIB, offset + length - start)
                assert os.pread(a.fileno(), count, start) == os.pread(b.fileno(), count, start), start


def main():
    rng = scene.seeded('limits')
    with scene.Scene() as s:
        if os.statvfs(s.top).f_bavail * os.statvfs(s.top).f_frsize < 2 * scene.GIB:
            scene.skip('less than 2 GiB free in ' + s.top)
        volume = scene.new_volume(s.path('volumes', 'volume'), SIZE)
        with open(volume, 'r+b') as f:
            for offset in 0, 5 * scene.GIB + 513, 31 * scene.GIB, SIZE - 20000:
                f.seek(offset)
                f.write(scene.noise(rng, min(40 * scene.MIB, SIZE - offset)))
        restored = s.path('out', 'restored')
        measure(s, 'backup', volume, '--name', 'full')
        measure(s, 'restore', 'full', '--to', restored)
        assert_same(volume, restored)
        assert os.stat(restored).st_blocks * 512 < scene.GIB, 'holes were filled'
        with open(volume, 'r+b') as f:
            f.seek(12 * scene.GIB)
            f.write(scene.prose(rng, 3 * scene.MIB))
            f.seek(31 * scene.GIB)
            f.write(bytes(5 * scene.MIB))
        measure(s, 'backup', volume, '--name', 'increment', '--incremental')
        measure(s, 'restore', 'increment', restored)
        assert_same(volume, restored)
        s.check_no_strays()


main()
