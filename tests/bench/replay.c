/* replay TAR DIR: create the entries of a plain tar below a new directory with the bare
 * system calls and no check at all: the floor for an unpacker's writing half.
 * SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void
create(int dir, struct archive *a, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	static char buf[1 << 20];
	ssize_t n;
	int fd;

	if (archive_entry_hardlink(e)) {
		linkat(dir, archive_entry_hardlink(e), dir, name, 0);
	} else if (archive_entry_filetype(e) == AE_IFDIR) {
		mkdirat(dir, name, 0755);
	} else if (archive_entry_filetype(e) == AE_IFLNK) {
		symlinkat(archive_entry_symlink(e), dir, name);
	} else if (archive_entry_filetype(e) == AE_IFREG) {
		fd = openat(dir, name, O_WRONLY | O_CREAT, archive_entry_perm(e));
		while ((n = archive_read_data(a, buf, sizeof buf)) > 0)
			if (write(fd, buf, n) != n)
				perror(name);
		close(fd);
	}
}

int
main(int argc, char **argv)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int dir;

	archive_read_support_format_tar(a);
	if (argc != 3 || mkdir(argv[2], 0755) < 0 ||
	    archive_read_open_filename(a, argv[1], 1 << 20) != ARCHIVE_OK)
		return 2;
	dir = open(argv[2], O_RDONLY | O_DIRECTORY);
	while (archive_read_next_header(a, &e) == ARCHIVE_OK)
		create(dir, a, e);
	return 0;
}
