// What lwIP names of <stdlib.h>; nothing that is linked calls it.
#pragma once
#include <stddef.h>
int atoi(const char *text);
