/* The emulated machine's first program: runs /program with its own arguments, says how that ended,
 * and ends the machine. */
#include <stdio.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/wait.h>
#include <unistd.h>

/* The end of the kernel's log, which names the address of a fault. */
static void print_log(void) {
    static char text[1 << 18];
    const int length = klogctl(3, text, sizeof text - 1);
    if (length > 0)
        puts(text + (length > 300 ? length - 300 : 0));
}

static void print_end(int status) {
    if (WIFSIGNALED(status)) {
        print_log();
        printf("END signal %d\n", WTERMSIG(status));
    } else {
        printf("END status %d\n", WEXITSTATUS(status));
    }
    fflush(stdout);
    sleep(1); /* the serial line is slow */
}

/* Bochs ends when this is written to its port. */
static void shut_down(void) {
    ioperm(0x8900, 1, 1);
    for (const char *word = "Shutdown"; *word; word++)
        outb((unsigned char)*word, 0x8900);
}

int main(int count, char **arguments) {
    (void)count;
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        execv("/program", arguments);
        perror("/program");
        _exit(127);
    }
    waitpid(child, &status, 0);
    print_end(status);
    shut_down();
    for (;;)
        pause();
}
