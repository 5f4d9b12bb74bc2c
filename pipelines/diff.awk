# Compares the parameters, commands and scores of two lock files, older and newer, and prints those
# that differ. Seeds that only one of them has are left out.

{ newer = FNR != NR }
/^param / {
    name = $2
    sub(/^param +[^ ]+ */, "")
    take("param", name, $0)
}
/^metric / {
    split($2, part, "/")
    seed[newer, part[1] "/" part[2]] = 1
    take("metric", $2 " " $3, $4)
}

function take(kind, name, value) {
    if (!((kind, name) in known)) { known[kind, name] = 1; order[++count] = kind SUBSEP name }
    has[newer, kind, name] = 1
    got[newer, kind, name] = value
}

function shown(when, kind, name) {
    return !has[when, kind, name] ? "-" : got[when, kind, name] == "" ? "(empty)" : got[when, kind, name]
}

END {
    for (i = 1; i <= count; i++) {
        split(order[i], k, SUBSEP)
        if (got[0, k[1], k[2]] == got[1, k[1], k[2]] && has[0, k[1], k[2]] == has[1, k[1], k[2]]) continue
        if (k[1] == "metric") {
            split(k[2], part, "/")
            if (!((0, part[1] "/" part[2]) in seed) || !((1, part[1] "/" part[2]) in seed)) continue
        }
        change = ""
        if (k[1] == "metric" && has[0, k[1], k[2]] && has[1, k[1], k[2]])
            change = sprintf("%+.3f", got[1, k[1], k[2]] - got[0, k[1], k[2]])
        printf "%-6s %-44s %s -> %s%s\n", k[1], k[2], shown(0, k[1], k[2]), shown(1, k[1], k[2]), \
            change == "" ? "" : "  " change
    }
}
