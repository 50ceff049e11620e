/* The smallest program that needs libcal's header and library, from C. */
#include <cal.h>
#include <stdio.h>

int main(void) {
    if (cal_check_version(CAL_ABI_VERSION, CAL_VERSION_NUMBER) != CAL_OK) {
        fprintf(stderr, "%s\n", cal_last_error());
        return 1;
    }
    printf("C %s\n", cal_version());
    return 0;
}
