#include <stdlib.h>
#include <sys/random.h>

#include "retry.h"

double
retry_pause(int tries, long long after)
{
	double pause = 0.5;
	unsigned short dice = 0;

	for (int i = 0; i < tries && pause < 15; i++)
		pause *= 2;
	if (pause > 15)
		pause = 15;
	if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) < 0)
		dice = 0;
	pause *= 0.8 + 0.4 * dice / 65536;
	return pause < after ? after : pause;
}
