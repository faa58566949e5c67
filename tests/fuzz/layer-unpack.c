/* layer-unpack: hostile layers unpacked into a directory beside a canary.
 *
 * The first byte chooses: overlay form or flat, over an empty directory or over one with
 * symlinks that lead out, with lower layers (-l) that do the same, the rest of the input
 * as a tar, or as a list of entries with names of a few letters, which meet each other
 * far more often than random bytes do.  After each run the canary outside must be what it
 * was, nothing be beside it, no copy of it have come in, and the lower layers be untouched.
 *
 * links: lib/unpack.c lib/unpack_dirs.c lib/unpack_file.c lib/unpack_link.c lib/unpack_meta.c lib/unpack_meta_dirs.c lib/unpack_overlay.c lib/unpack_whiteout.c lib/unpack_xattr.c lib/lower.c lib/remove_tree.c lib/id_set.c lib/overlay_marks.c lib/entry_name.c lib/tar_reader.c lib/inflate.c lib/inflate_gzip.c lib/inflate_zstd.c lib/inflate_xz.c lib/inflate_bzip2.c lib/syscalls.c lib/step.c lib/io.c -larchive -lisal -lzstd -llzma -lbz2
 * under: unshare -m env ASAN_OPTIONS=detect_leaks=0:symbolize=0
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "die.h"
#include "inflate.h"
#include "remove_tree.h"
#include "syscalls.h"
#include "unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* die.c of the fuzzer: a refusal is a result, not an end. */
int die_status = 1;
bool die_quiet;
static jmp_buf refused;

void warn(const char *fmt, ...) { (void)fmt; }
void warn_errno(const char *fmt, ...) { (void)fmt; }
void hint(const char *fmt, ...) { (void)fmt; }
void die(const char *fmt, ...) { (void)fmt; longjmp(refused, 1); }
void die_errno(const char *fmt, ...) { (void)fmt; longjmp(refused, 1); }
void die_with(int status, const char *fmt, ...) { (void)fmt; longjmp(refused, status); }
void die_errno_hint(const char *h, const char *fmt, ...) { (void)h; (void)fmt; longjmp(refused, 1); }
static void broken(void) { longjmp(refused, 1); }

static int lower[2]; /* lower layers, base first */
static int top;      /* holds the canary and the root; the last one to stay open */
static const uint8_t *input;
static size_t left;

static ssize_t
bytes(void *arg, void *buf, size_t n)
{
	(void)arg;
	n = n < left ? n : left;
	memcpy(buf, input, n);
	input += n;
	left -= n;
	return n;
}

static unsigned char made[1 << 20]; /* the tar of a list of entries */
static size_t made_size;

static ssize_t
whole(void *arg, const void **buf)
{
	ssize_t n = made_size;

	(void)arg;
	*buf = made;
	made_size = 0;
	return n;
}

static ssize_t
inflated(void *arg, const void **buf)
{
	static char piece[4096];

	*buf = piece;
	return inflate_read(arg, piece, sizeof piece);
}

static unsigned
pick(void)
{
	return left > 0 ? (left--, *input++) : 0;
}

/* A name of up to four components out of a dozen. */
static void
make_name(char *out)
{
	static const char *const part[] = {"a", "b", "c", "..", ".", "out", "up", ".wh.a", ".wh.b",
					   ".wh..wh..opq", ".wh.out", "d", ".wh..", "", "e", ".wh.up"};
	unsigned n = pick();

	*out = '\0';
	if (n & 0x80)
		strcat(out, "/");
	for (n = 1 + n % 4; n > 0; n--) {
		strcat(out, part[pick() % 16]);
		if (n > 1)
			strcat(out, "/");
	}
}

static void
make_tar(void)
{
	made_size = 0;
	while (left > 2 && made_size < sizeof made - 4096) {
		unsigned char *h = memset(made + made_size, 0, 1024);
		static const char types[] = "0000555521123467";
		unsigned sum = 0, kind = pick() % 16, body = kind < 4 ? 5 : 0;

		make_name((char *)h);
		if (types[kind] == '1' || types[kind] == '2')
			make_name((char *)h + 157);
		sprintf((char *)h + 100, "%07o", pick() * 17 % 010000);
		sprintf((char *)h + 108, "%07o", pick() % 3);
		sprintf((char *)h + 116, "%07o", 0);
		sprintf((char *)h + 124, "%011o", body);
		sprintf((char *)h + 136, "%011o", pick());
		memset(h + 148, ' ', 8);
		h[156] = types[kind];
		memcpy(h + 257, "ustar\00000", 8);
		sprintf((char *)h + 329, "%07o", pick() % 2);
		sprintf((char *)h + 337, "%07o", 0);
		for (int i = 0; i < 512; i++)
			sum += h[i];
		sprintf((char *)h + 148, "%06o", sum);
		memcpy(h + 512, "hello", body);
		made_size += body ? 1024 : 512;
	}
}

static void
must(bool true_)
{
	if (!true_)
		abort();
}

static void
check_canary(void)
{
	char buf[8] = "";
	int fd = openat(top, "canary/file", O_RDONLY | O_NOFOLLOW), n = 0;
	struct stat st;
	struct dirent *d;
	DIR *list;

	must(fd >= 0 && read(fd, buf, sizeof buf) == 6 && memcmp(buf, "canary", 6) == 0);
	must(fstat(fd, &st) == 0 && st.st_mode == (S_IFREG | 0640) && st.st_uid == 12 &&
	     st.st_nlink == 1 && st.st_mtime == 77);
	close(fd);
	must(fstatat(top, "canary", &st, 0) == 0 && st.st_mode == (S_IFDIR | 0750) && st.st_nlink == 2);
	list = fdopendir(openat(top, ".", O_RDONLY));
	while ((d = readdir(list)))
		n++;
	closedir(list);
	must(n == 4); /* ".", "..", canary, root */
	list = fdopendir(openat(top, "canary", O_RDONLY));
	for (n = 0; (d = readdir(list));)
		n++;
	closedir(list);
	must(n == 3);
}

/* nftw(3): is it a copy of the canary, which no input holds? */
static int
is_canary(const char *path, const struct stat *st, int type, struct FTW *f)
{
	char buf[8] = "";
	int fd;

	(void)f;
	if (type != FTW_F || !S_ISREG(st->st_mode) || st->st_size != 6)
		return 0;
	must((fd = open(path, O_RDONLY | O_NOFOLLOW)) >= 0 && read(fd, buf, 6) == 6);
	close(fd);
	return strcmp(buf, "canary") == 0;
}

static void
check_lower(void)
{
	struct stat st;

	must(nftw("root", is_canary, 20, FTW_PHYS | FTW_MOUNT) == 0);
	for (int i = 0; i < 2; i++) {
		must(fstat(lower[i], &st) == 0 && st.st_nlink == 4 && st.st_mtime == 77);
		must(fstatat(lower[i], "a/c", &st, 0) == 0 && st.st_nlink == 1 &&
		     st.st_size == 8 && st.st_mode == (S_IFREG | 04755));
	}
}

/* Two layers that lead out by every kind of name that make_name() can ask for, and hide
 * some of each other's. */
static void
make_lower(void)
{
	for (int i = 0; i < 2; i++) {
		int fd;

		must(mkdir(i ? "/mnt/1" : "/mnt/0", 0755) == 0);
		must((lower[i] = open(i ? "/mnt/1" : "/mnt/0", O_RDONLY | O_DIRECTORY)) >= 0);
		must(mkdirat(lower[i], "a", 0711) == 0 && mkdirat(lower[i], i ? "up" : "b", 02750) == 0);
		must((fd = openat(lower[i], "a/c", O_WRONLY | O_CREAT | O_EXCL, 0755)) >= 0);
		must(write(fd, "a lower.", 8) == 8 && fchmod(fd, 04755) == 0);
		close(fd);
		must(symlinkat("../../top/canary", lower[i], "a/out") == 0);
		must(symlinkat("/mnt/top/canary", lower[i], "out") == 0);
		must(symlinkat(i ? "a/../../top/canary/file" : "d", lower[i], "c") == 0);
		must(symlinkat("../b/../c", lower[i], i ? "up/d" : "b/d") == 0);
	}
	must(symlinkat("../top", lower[0], "up") == 0);
	must(symlinkat("e", lower[0], "d") == 0 && symlinkat("d", lower[0], "e") == 0);
	must(mknodat(lower[1], "e", S_IFCHR, makedev(0, 0)) == 0);
	must(setxattr("/mnt/1/up", "trusted.overlay.opaque", "y", 1, 0) == 0);
	for (int i = 0; i < 2; i++)
		must(futimens(lower[i], (struct timespec[]){{77, 0}, {77, 0}}) == 0);
}

static void
set_stage(unsigned flags)
{
	must(mkdirat(top, "root", 0755) == 0);
	if (!(flags & 2))
		return;
	must(symlinkat("../canary", top, "root/out") == 0);
	must(symlinkat("/a/../..", top, "root/up") == 0);
	must(mkdirat(top, "root/a", 0755) == 0);
	must(mkdirat(top, "root/a/b", 0755) == 0);
	must(symlinkat("../../../canary/file", top, "root/a/c") == 0);
	must(symlinkat("../b", top, "root/a/b/e") == 0);
	must(linkat(top, "root/a/c", top, "root/d", 0) == 0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *dir = "/mnt";
	int fd;

	(void)argc;
	(void)argv;
	if (mount("fuzz", dir, "tmpfs", 0, "") < 0) {
		perror("mount a tmpfs on /mnt (run this in a mount namespace)");
		exit(1);
	}
	make_lower();
	must(mkdir("/mnt/top", 0755) == 0);
	top = open("/mnt/top", O_RDONLY | O_DIRECTORY);
	must(mkdirat(top, "canary", 0750) == 0);
	fd = openat(top, "canary/file", O_WRONLY | O_CREAT | O_EXCL, 0640);
	must(write(fd, "canary", 6) == 6 && fchown(fd, 12, 12) == 0 && fchmod(fd, 0640) == 0);
	must(futimens(fd, (struct timespec[]){{77, 0}, {77, 0}}) == 0);
	close(fd);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct unpack u;
	struct tar_entry entry;
	struct tar_reader *volatile tar = NULL;
	struct inflate *volatile z = NULL;

	if (size < 2)
		return 0;
	input = data + 1;
	left = size - 1;
	set_stage(data[0] & 1 ? 0 : data[0]);
	u = (struct unpack){.overlay = data[0] & 1, .keep_owner = true, .max_depth = 100,
			    .max_entries = 1000, .all_own = !(data[0] & 2), .broken = broken,
			    .lower = lower, .lower_count = (data[0] & 9) == 9 ? 2 : 0};
	u.root = openat(top, "root", O_PATH | O_DIRECTORY);
	if (setjmp(refused) == 0) {
		if (data[0] & 4) {
			z = inflate_new(bytes, NULL);
			tar = tar_open(inflated, z);
		} else {
			make_tar();
			tar = tar_open(whole, NULL);
		}
		unpack_start(&u, tar);
		while (tar_next(tar, &entry) > 0)
			unpack_entry(&u, &entry);
		unpack_finish(&u);
	}
	tar_close(tar);
	inflate_free(z);
	must(fchdir(top) == 0);
	check_canary();
	check_lower();
	/* What a refusal has left open and allocated, and exit would free. */
	sys_close_range(top + 1, ~0U, 0);
	free(u.dirs.chain);
	free(u.dirs.path);
	free(u.targets.chain);
	free(u.targets.path);
	free(u.name.path);
	free(u.metas);
	free(u.links);
	id_set_free(&u.own);
	id_set_free(&u.made);
	id_set_free(&u.meta_of);
	must(remove_tree(top, "root") == 0);
	return 0;
}
