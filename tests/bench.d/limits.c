/*
 * What a library does alone: one thread, one volume, buffers of 16 MiB, nothing
 * stored.  limits VOLUME MIB takes the first MiB of the volume and prints one JSON object,
 * a member a limit: CPU seconds, bytes that went in and bytes that came out.
 */
#include <bzlib.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { PIECE = 16 << 20, BLOCK = 32768, ROOM = PIECE + PIECE / 64 + 4096 };

static unsigned char raw[PIECE], packed[ROOM], spare[PIECE];
static uint8_t tokens[ISAL_DEF_LVL1_DEFAULT];
static struct libdeflate_compressor *level7, *level10;
static struct libdeflate_decompressor *inflater;

static size_t
nothing(size_t length)
{
	return length;
}

static size_t
sha256(size_t length)
{
	unsigned char digest[32];
	size_t at, step;

	for (at = 0; at < length; at += step) {
		step = length - at < BLOCK ? length - at : BLOCK;
		EVP_Digest(raw + at, step, digest, NULL, EVP_sha256(), NULL);
	}
	return length / BLOCK * sizeof digest;
}

static size_t
md5(size_t length)
{
	unsigned char digest[16];

	EVP_Digest(raw, length, digest, NULL, EVP_md5(), NULL);
	return sizeof digest;
}

static size_t
zlib_level6(size_t length)
{
	uLongf room = ROOM;

	return compress2(packed, &room, raw, length, 6) == Z_OK ? room : 0;
}

static size_t
deflate_default(size_t length)
{
	return libdeflate_zlib_compress(level7, raw, length, packed, ROOM);
}

static size_t
deflate_best(size_t length)
{
	return libdeflate_zlib_compress(level10, raw, length, packed, ROOM);
}

static size_t
isal_fast(size_t length)
{
	struct isal_zstream stream;

	isal_deflate_stateless_init(&stream);
	stream.level = 1;
	stream.level_buf = tokens;
	stream.level_buf_size = sizeof tokens;
	stream.gzip_flag = IGZIP_ZLIB;
	stream.end_of_stream = 1;
	stream.next_in = raw;
	stream.avail_in = (uint32_t)length;
	stream.next_out = packed;
	stream.avail_out = ROOM;
	return isal_deflate_stateless(&stream) == COMP_OK ? stream.total_out : 0;
}

static size_t
zstd_level3(size_t length)
{
	return ZSTD_compress(packed, ROOM, raw, length, 3);
}

static size_t
bz2_level9(size_t length)
{
	unsigned room = ROOM;

	BZ2_bzBuffToBuffCompress((char *)packed, &room, (char *)raw, (unsigned)length, 9, 0, 0);
	return room;
}

/* The two that unpack take what the limit before them left in packed. */
static size_t last;

static size_t
inflate_libdeflate(size_t length)
{
	size_t done = 0;

	(void)length;
	libdeflate_zlib_decompress(inflater, packed, last, spare, PIECE, &done);
	return done;
}

static size_t
inflate_zlib(size_t length)
{
	uLongf done = PIECE;

	(void)length;
	return uncompress(spare, &done, packed, last) == Z_OK ? done : 0;
}

static const struct limit {
	const char *name;
	size_t (*run)(size_t length);
} limits[] = {
	{ "read", nothing },
	{ "sha256", sha256 },
	{ "md5", md5 },
	{ "isal-fast", isal_fast },
	{ "zstd-3", zstd_level3 },
	{ "bz2-9", bz2_level9 },
	{ "zlib-6", zlib_level6 },
	{ "libdeflate-best", deflate_best },
	{ "libdeflate-default", deflate_default },
	{ "inflate-libdeflate", inflate_libdeflate },
	{ "inflate-zlib", inflate_zlib },
};
enum { LIMITS = sizeof limits / sizeof limits[0] };

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t
fill(int fd)
{
	size_t length = 0;
	ssize_t done;

	while (length < PIECE && (done = read(fd, raw + length, PIECE - length)) > 0)
		length += (size_t)done;
	return length;
}

int
main(int argc, char **argv)
{
	double seconds[LIMITS] = { 0 }, start;
	size_t out[LIMITS] = { 0 }, length, i;
	long left = argc == 3 ? atol(argv[2]) * (1L << 20) / PIECE : 0;
	int fd = left ? open(argv[1], O_RDONLY) : -1;

	if (fd < 0) {
		fprintf(stderr, "usage: limits VOLUME MIB\n");
		return 2;
	}
	level7 = libdeflate_alloc_compressor(7);
	level10 = libdeflate_alloc_compressor(10);
	inflater = libdeflate_alloc_decompressor();
	for (start = cpu_seconds(); left-- && (length = fill(fd)) > 0; start = cpu_seconds()) {
		seconds[0] += cpu_seconds() - start;
		out[0] += length;
		for (i = 1; i < LIMITS; i++) {
			start = cpu_seconds();
			size_t made = limits[i].run(length);
			seconds[i] += cpu_seconds() - start;
			out[i] += made;
			if (i < LIMITS - 2)
				last = made;
		}
	}
	printf("{");
	for (i = 0; i < LIMITS; i++)
		printf("%s\"%s\": {\"cpu\": %.3f, \"raw\": %zu, \"bytes\": %zu}", i ? ", " : "",
		    limits[i].name, seconds[i], out[0], out[i]);
	printf("}\n");
	return 0;
}
