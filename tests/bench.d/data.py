#!/usr/bin/python3
"""Volumes for tests/bench, made from a seed.

    data.py make KIND FILE MIB [SEED]     KIND: mixed, random, holes, zeros
    data.py change FILE STEP [SEED]       1 % of its bytes, other ones in each step

mixed   files of /usr, as tar would string them together, in an order drawn from the seed
random  bytes that do not compress
holes   a tenth of mixed, in extents between 128 KiB and 2 MiB; between them the file has holes
zeros   the same, with zeros that are written

Prints the SHA-256 of what it made: the same machine, seed and size give the same.
"""
import argparse
import hashlib
import itertools
import os
import random

KIB, MIB = 1 << 10, 1 << 20
SOURCES = '/usr/bin', '/usr/lib', '/usr/share', '/usr/include', '/usr/sbin'
TAR_BLOCK = 512


def files_of_usr(draw):
    found = []
    for top in SOURCES:
        for folder, folders, names in os.walk(top):
            folders.sort()
            paths = (os.path.join(folder, name) for name in sorted(names))
            found += (path for path in paths if os.path.isfile(path) and not os.path.islink(path))
    draw.shuffle(found)
    return found


def tar_like(path, content):
    header = ('%-100s0000644\0000000000\0000000000\0%011o\0' % (path[-100:], len(content))).encode()
    for part in header, content:
        yield part + bytes(-len(part) % TAR_BLOCK)


def mixed(draw):
    """Bytes without end.  Where /usr is used up it comes again backwards, so that nothing comes twice."""
    files = files_of_usr(draw)
    for turn in itertools.count():
        assert turn < 2, 'there is not enough in /usr for a volume of this size'
        for path in files:
            with open(path, 'rb') as file:
                content = file.read(64 * MIB)
            yield from tar_like(path, content[::-1] if turn else content)


class Stream:
    """Bytes of a generator, in pieces of any length."""

    def __init__(self, parts):
        self.parts, self.rest = parts, bytearray()

    def take(self, length):
        while len(self.rest) < length:
            self.rest += next(self.parts)
        piece = bytes(self.rest[:length])
        del self.rest[:length]
        return piece


def make_dense(file, size, take):
    for _ in range(size // MIB):
        file.write(take(MIB))


def make_sparse(file, size, draw, written):
    stream, done, held = Stream(mixed(draw)), 0, 0
    if written:
        for _ in range(size // MIB):
            file.write(bytes(MIB))
    while held < size // 10:
        length = min(draw.randrange(1, 17) * 128 * KIB, size // 10 - held or 1)
        done += draw.randrange(0, 2 * 9 * length // (128 * KIB) + 1) * 128 * KIB
        if done + length > size:
            break
        file.seek(done)
        file.write(stream.take(length))
        done, held = done + length, held + length
    file.truncate(size)


def make(kind, path, size, seed):
    draw = random.Random('%s-%s' % (kind if kind in ('mixed', 'random') else 'sparse', seed))
    with open(path, 'wb') as file:
        if kind == 'mixed':
            make_dense(file, size, Stream(mixed(draw)).take)
        elif kind == 'random':
            make_dense(file, size, draw.randbytes)
        else:
            make_sparse(file, size, draw, kind == 'zeros')


def change(path, step, seed):
    """Runs of 4 to 256 KiB, one in each of as many equal parts of the file, until 1 % is other bytes."""
    draw = random.Random('change-%s-%s' % (step, seed))
    size = os.path.getsize(path)
    runs, left = [], size // 100
    while left > 0:
        runs.append(min(draw.choice((4, 8, 16, 32, 64, 128, 256)) * KIB, left))
        left -= runs[-1]
    flip = bytes.maketrans(bytes(range(256)), bytes((value + 1 + step) % 256 for value in range(256)))
    with open(path, 'r+b') as file:
        for number, length in enumerate(runs):
            part = size // len(runs)
            at = number * part + draw.randrange(max(part - length, 1)) // (4 * KIB) * (4 * KIB)
            file.seek(at)
            piece = file.read(length)
            file.seek(at)
            file.write(piece.translate(flip))


def main():
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest='verb', required=True)
    verb = verbs.add_parser('make')
    verb.add_argument('kind', choices=('mixed', 'random', 'holes', 'zeros'))
    verb.add_argument('file')
    verb.add_argument('mib', type=int)
    verb.add_argument('seed', nargs='?', default='1')
    verb = verbs.add_parser('change')
    verb.add_argument('file')
    verb.add_argument('step', type=int)
    verb.add_argument('seed', nargs='?', default='1')
    args = parser.parse_args()
    if args.verb == 'make':
        make(args.kind, args.file, args.mib * MIB, args.seed)
    else:
        change(args.file, args.step, args.seed)
    with open(args.file, 'rb') as file:
        print(hashlib.file_digest(file, 'sha256').hexdigest())


if __name__ == '__main__':
    main()
