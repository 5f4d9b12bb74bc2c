# Compares two lock files, that of the project and that of a run of today, stage by stage: which
# outputs are the same bytes, where the first differences arose, and what may be why. Of the first
# only the stages that the second has. With quiet=1 it prints nothing if all are the same.
# Ends with status 1 if any is not.

/^fact / { fact[FILENAME, $0] = 1; facts[++fact_count] = $0; next }
/^stage / {
    stage = $2
    if (FNR != NR && !(stage in here)) { here[stage] = 1; order[++stages] = stage }
    if (FNR == NR) locked[stage] = 1
    next
}
/^  run / { sub(/^  run +/, ""); run[FNR == NR, stage] = $0; next }
/^  with / { run[FNR == NR, stage] = run[FNR == NR, stage] "\n" $0; next }
/^  (in|out) / {
    path = substr($0, index($0, $2) + length($2) + 1)
    hex[FNR == NR, stage, $1, path] = $2
    if (FNR == NR) next
    if ($1 == "in") inputs[stage] = inputs[stage] path "\n"
    else outputs[stage] = outputs[stage] path "\n"
}

function say(what, path, why) { text = text sprintf("%-10s %s%s\n", what, path, why == "" ? "" : "  (" why ")") }

# Why the outputs of a stage differ, as far as the lock tells.
function reason(stage,    i, n, path, changed) {
    if (run[1, stage] != run[0, stage]) return "another command"
    n = split(inputs[stage], path, "\n")
    for (i = 1; i < n; i++)
        if (hex[1, stage, "in", path[i]] != hex[0, stage, "in", path[i]])
            changed = changed (changed == "" ? "" : ", ") path[i]
    if (changed != "") return "of another " changed
    arose = 1
    return "of the same inputs"
}

function compare(stage,    i, n, path) {
    n = split(outputs[stage], path, "\n")
    for (i = 1; i < n; i++) {
        total++
        if (!(stage in locked)) say("new", path[i], "the lock has no such stage")
        else if (hex[1, stage, "out", path[i]] == hex[0, stage, "out", path[i]]) {
            same++
            say("identical", path[i])
        } else
            say("differs", path[i], reason(stage))
    }
}

END {
    for (i = 1; i <= stages; i++) compare(order[i])
    if (!total) { print "there is nothing to compare" > "/dev/stderr"; exit 1 }
    if (quiet && same == total) exit 0
    printf "%s\n%d of %d outputs are those of %s\n", text, same, total, ARGV[1]
    if (same == total) exit 0
    for (i = 1; i <= fact_count; i++) {
        was = (ARGV[1], facts[i]) in fact
        is = (ARGV[2], facts[i]) in fact
        if (was == is || facts[i] in told) continue
        told[facts[i]] = 1
        if (!told_why++) print arose ? "What may be why:" : "What else is different:"
        printf "  %s %s\n", was ? "there:" : "here: ", substr(facts[i], 8)
    }
    if (arose && !told_why) print "Sources, libraries, compiler and instruction set are the same."
    exit 1
}
