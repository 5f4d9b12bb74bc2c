# Shows TAP and ends with `N passed, N failed`, as tests/run does; where CI is set, a test that is
# skipped has failed.
{ print; fflush() }
/^ok / { if (!/# skip/) passed++; else if (ENVIRON["CI"]) failed++; else skipped++ }
/^not ok / { failed++ }
END {
    printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
    exit failed || !passed
}
