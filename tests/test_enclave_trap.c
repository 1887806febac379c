/* Trap mode, in child processes: it ends them. */
#include "probe/enclave_test.h"

#include <sys/wait.h>
#include <unistd.h>

/* Runs `op` in trap mode; its stderr goes to `text`. Returns the wait status. */
static int in_child(enum probe_op op, char *text, size_t room)
{
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct kc_enclave *enclave = NULL;
        struct kc_error error = KC_ERROR_NONE;
        dup2(pipe_ends[1], STDERR_FILENO);
        if (probe_try(PROBE_IMAGE, PROBE_SIG, false, true, &enclave, &error) != KC_OK)
            _exit(1);
        int answer = probe_ask(enclave, op, 10, 0);
        kc_enclave_free(enclave);
        _exit(answer == 1 ? 0 : 2);
    }
    close(pipe_ends[1]);
    size_t len = 0;
    ssize_t n = 0;
    while (len < room - 1 && (n = read(pipe_ends[0], text + len, room - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = 0;
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static void test_forbidden(void **state)
{
    (void)state;
    static const struct {
        enum probe_op op;
        const char *skipped;
        const char *want;
    } cases[] = {
        {PROBE_CPUID, "CPUID cannot be trapped", "trap: CPUID inside the enclave at offset 0x"},
        {PROBE_RDTSC, "RDTSC cannot be trapped", "trap: RDTSC inside the enclave at offset 0x"},
        {PROBE_SYSCALL, "system call cannot be trapped",
         "trap: system call inside the enclave at offset 0x"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[1024];
        int status = in_child(cases[i].op, text, sizeof(text));
        if (strstr(text, cases[i].skipped) != NULL) {
            print_message("%s", text);
            continue;
        }
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 70 || strstr(text, cases[i].want) == NULL)
            fail_msg("operation %d: status %x, \"%s\"", cases[i].op, status, text);
    }
}

/* What the image does in earnest raises nothing. */
static void test_allowed(void **state)
{
    (void)state;
    static const enum probe_op ops[] = {PROBE_SIGN, PROBE_VERIFY, PROBE_GCM, PROBE_RSA,
                                        PROBE_HEAP_MIX};
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        char text[1024];
        int status = in_child(ops[i], text, sizeof(text));
        if (status != 0)
            fail_msg("operation %d: status %x, \"%s\"", ops[i], status, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
