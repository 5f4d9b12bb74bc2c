# Shows TAP and ends with `N passed, N failed`, as tests/run does.
{ print; fflush() }
/^ok / { if (/# skip/) skipped++; else passed++ }
/^not ok / { failed++ }
END {
    printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
    exit failed || !passed
}
