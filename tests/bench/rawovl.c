/* rawovl LIST TARGET: the bare system calls of a read-only overlay of the directories in
 * LIST (base first), with nothing checked: what ovl-mount is compared with.
 * SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	static char lines[600][256];
	FILE *f = argc == 3 ? fopen(argv[1], "r") : NULL;
	int n = 0, fs, mnt;

	while (f && n < 600 && fgets(lines[n], sizeof lines[n], f))
		lines[n][strcspn(lines[n], "\n")] = '\0', n++;
	fs = syscall(SYS_fsopen, "overlay", 1);
	while (n-- > 0)
		if (syscall(SYS_fsconfig, fs, 1, "lowerdir+", lines[n], 0) < 0)
			return perror("lowerdir+"), 1;
	syscall(SYS_fsconfig, fs, 6, NULL, NULL, 0);
	mnt = syscall(SYS_fsmount, fs, 1, 0);
	if (mnt < 0 || syscall(SYS_move_mount, mnt, "", AT_FDCWD, argv[2], 4) < 0)
		return perror("mount"), 1;
	return 0;
}
