# What is wrong with a setting on the command line that there is not, and which one may have been meant:
# the one that takes the fewest changes of letters, if these are few. UNKNOWN and SETTINGS are in the
# environment; nothing is printed where UNKNOWN is empty.
BEGIN {
    n = split(ENVIRON["SETTINGS"], known, " ")
    split(ENVIRON["UNKNOWN"], unknown, " ")
    if (unknown[1] == "") exit
    least = 1 + int(length(unknown[1]) / 3)
    for (i = 1; i <= n; i++) {
        d = distance(toupper(unknown[1]), known[i])
        if (d < least || d == least && meant == "") { least = d; meant = known[i] }
    }
    print "there is no setting '" unknown[1] "'" (meant == "" ? "" : "; did you mean " meant "?") \
        (meant == "" ? "; 'make help' lists all" : "")
}

# Levenshtein's, where letters that have changed places count as one change.
function distance(a, b,    i, j, d, cost) {
    for (i = 0; i <= length(a); i++) d[i, 0] = i
    for (j = 0; j <= length(b); j++) d[0, j] = j
    for (i = 1; i <= length(a); i++)
        for (j = 1; j <= length(b); j++) {
            cost = substr(a, i, 1) != substr(b, j, 1)
            d[i, j] = smaller(d[i - 1, j - 1] + cost, 1 + smaller(d[i - 1, j], d[i, j - 1]))
            if (i > 1 && j > 1 && substr(a, i - 1, 2) == substr(b, j, 1) substr(b, j - 1, 1))
                d[i, j] = smaller(d[i, j], 1 + d[i - 2, j - 2])
        }
    return d[length(a), length(b)]
}

function smaller(x, y) { return x < y ? x : y }
