#!/usr/bin/python3
"""A reader of the chunked format that shares nothing with the program, and a scenario that uses it.

restore() judges as it reads: the documents are spelt as upstream spells them, names and folder agree with the manifest,
objects ascend, every object has its length and md5, every block its hash.
"""
import bz2
import hashlib
import json
import os
import sys
import zlib

import scene


def unpack(compression, packed):
    if compression == 'zstd':
        import zstd                                     # Debian: python3-zstd, what upstream uses
        return zstd.decompress(packed)
    if compression in ('zlib', 'gzip'):
        return zlib.decompress(packed)
    if compression in ('bz2', 'bzip2'):
        return bz2.decompress(packed)
    assert compression == 'none', compression
    return packed


def spelt(text):
    """The document, which must be in Python's spelling: keys sorted, two blanks, ASCII."""
    document = json.loads(text)
    assert json.dumps(document, sort_keys=True, indent=2) == text, 'spelt otherwise than upstream does'
    assert document['version'] == '1.0.0'
    return document


def names_below(place):
    return [os.path.relpath(os.path.join(top, name), place) for top, _, names in os.walk(place) for name in names]


def read_segments(place, prefix, manifest):
    """(offset, bytes) of every object, checked."""
    end, names = 0, []
    for entry in manifest['objects']:
        (name, fact), = entry.items()
        names.append(name)
        assert name == '%s-%05d' % (prefix, len(names)), name
        assert fact['offset'] >= end and fact['offset'] % scene.BLOCK == 0, 'objects overlap or are not aligned: ' + name
        end = fact['offset'] + fact['length']
        with open(os.path.join(place, name), 'rb') as f:
            packed = f.read()
        raw = unpack(fact['compression'], packed)
        assert len(raw) == fact['length'] and hashlib.md5(raw).hexdigest() == fact['md5'], name
        assert fact['compression'] == 'none' or len(packed) < len(raw), 'packed for nothing: ' + name
        yield fact['offset'], raw
    there = sorted(name for name in names_below(place) if name.startswith(prefix))
    assert there == sorted(names + [prefix + '_metadata', prefix + '_sha256file']), 'other files than the manifest says'


def restore(store, rows, row):
    """The volume as it was at this backup: its chain, oldest first, every layer checked against its hash list."""
    image = restore(store, rows, rows[row['parent_id']]) if row['parent_id'] else bytearray()
    place, prefix = os.path.join(store, row['container']), row['service_metadata']
    with open(os.path.join(place, prefix + '_metadata'), encoding='ascii') as f:
        manifest = spelt(f.read())
    with open(os.path.join(place, prefix + '_sha256file'), encoding='ascii') as f:
        hashes = spelt(f.read())
    assert set(manifest) == {'version', 'backup_id', 'volume_id', 'backup_name', 'backup_description', 'created_at',
                             'parent_id', 'objects', 'volume_meta'}, set(manifest)
    assert set(hashes) == {'version', 'backup_id', 'volume_id', 'backup_name', 'backup_description', 'created_at',
                           'chunk_size', 'sha256s'}, set(hashes)
    step, end, covered = hashes['chunk_size'], 0, 0
    for offset, raw in read_segments(place, prefix, manifest):
        end = offset + len(raw)
        image.extend(bytes(max(0, end - len(image))))
        image[offset:end] = raw
        covered += len(raw)
    # A last block of another length is another block, so its object tells where the volume ends.
    blocks = len(hashes['sha256s'])
    del image[end if end > (blocks - 1) * step else blocks * step:]
    assert row['parent_id'] or covered == len(image), 'a full backup covers every byte'
    assert row['object_count'] == len(manifest['objects'])
    assert (manifest['backup_id'], manifest['volume_id']) == (row['id'], row['volume_id'])
    assert [hashlib.sha256(image[i:i + step]).hexdigest() for i in range(0, len(image), step)] == hashes['sha256s'], \
        'hash list of ' + row['id']
    return image


def main(codec):
    rng, size = scene.seeded('reader', codec), 5 * scene.MIB + 12345
    with scene.Scene(backup_compression_algorithm=codec, backup_file_size=scene.MIB) as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), size, rng, 30)
        for step in range(3):
            record = s.backup(volume, '--name', 'Füßchen "%d"' % step, *['--incremental'] * (step > 0))
            rows = s.backups()
            with open(volume, 'rb') as f:
                assert restore(s.store, rows, rows[record['id']]) == f.read()
            scene.scribble(volume, rng, 6)
        # Nothing changed: an increment without objects.
        s.backup(volume, '--incremental')
        last = s.backup(volume, '--incremental')
        assert s.backups()[last['id']]['object_count'] == 0
    print('reader: four layers with %s read by other code' % codec)


if __name__ == '__main__':
    main(sys.argv[1])
