/* The same random numbers in every run: hash seeds and blinding change counts by up to 3 %. .ci/bounds.py preloads it. */

#include <stddef.h>
#include <sys/types.h>

ssize_t getrandom(void *buffer, size_t length, unsigned int flags) {
    static unsigned long long state = 1;
    unsigned char *bytes = buffer;
    (void)flags;
    for (size_t i = 0; i < length; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        bytes[i] = (unsigned char)(state >> 56);
    }
    return (ssize_t)length;
}
