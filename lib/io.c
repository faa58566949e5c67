#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "io.h"

enum { SMALL_FILE_MAX = 1 << 20 };

int
write_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= w;
	}
	return 0;
}

ssize_t
read_all(int fd, void *buf, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, (char *)buf + got, n - got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += r;
	}
	return got;
}

int
write_file_at(int dirfd, const char *path, const char *value)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = strlen(value);
	int saved;

	if (fd < 0)
		return -1;
	n = write(fd, value, n) == n ? 0 : -1;
	saved = errno;
	close(fd);
	errno = saved;
	return n;
}

char *
read_file_at(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	size_t cap = 4096, len = 0;
	char *buf = NULL;

	if (fd < 0)
		return NULL;
	/* Kernel files report size 0, so the buffer grows until end of file. */
	for (;;) {
		ssize_t r;
		char *bigger = realloc(buf, cap);

		if (!bigger)
			break;
		buf = bigger;
		r = read_all(fd, buf + len, cap - 1 - len);
		if (r < 0)
			break;
		len += r;
		if (len < cap - 1) {
			close(fd);
			buf[len] = '\0';
			if (len > 0 && buf[len - 1] == '\n')
				buf[len - 1] = '\0';
			return buf;
		}
		cap *= 2;
		if (cap > 2 * SMALL_FILE_MAX) {
			errno = EFBIG;
			break;
		}
	}
	free(buf);
	close(fd);
	return NULL;
}

void
flush_stdout(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		die_errno("write to standard output");
}

void
close_stdout(void)
{
	flush_stdout();
	if (fclose(stdout) != 0 && errno != EBADF)
		die_errno("write to standard output");
}
