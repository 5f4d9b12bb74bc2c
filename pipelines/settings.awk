# Checks the settings of a pipeline that no tool would check, or only minutes later; they are in the
# environment. Prints one line, "error: ..." for the first that is wrong; else each point of GRID, as
# its folder is called: CAM_WEIGHT=1,3 SIGMA=.15 has the points CAM_WEIGHT-1,SIGMA-.15 and
# CAM_WEIGHT-3,SIGMA-.15.
BEGIN {
    whole("SEED", ENVIRON["SEED"], 0)
    whole("SEEDS", ENVIRON["SEEDS"], 1)
    if (ENVIRON["JOBS"] != "") whole("JOBS", ENVIRON["JOBS"], 1)
    n = split(ENVIRON["GRID_SEEDS"], seed, " ")
    if (!n) stop("GRID_SEEDS: expected seeds, not nothing")
    for (i = 1; i <= n; i++) whole("GRID_SEEDS", seed[i], 0)
    if (ENVIRON["GRID_SLACK"] !~ /^([0-9]+[.]?[0-9]*|[.][0-9]+)$/)
        stop("GRID_SLACK: expected a number, 0 or more, not '" ENVIRON["GRID_SLACK"] "'")
    n = split(ENVIRON["TRY"], pair, " ")
    for (i = 1; i <= n; i++)
        if (pair[i] !~ /^[0-9.]+\/(0|1|1[.]0+|0?[.][0-9]+)$/)
            stop("TRY: expected CAM_WEIGHT/SWAP, such as 1/0.5, not '" pair[i] "'")

    points[1] = ""
    n = split(ENVIRON["GRID"], varied, " ")
    for (i = 1; i <= n; i++) vary(varied[i])
    for (i = 1; n && i in points; i++) print points[i]
}

function stop(message) {
    print "error: " message
    exit
}

function whole(name, value, least) {
    if (value !~ /^[0-9]+$/ || value + 0 < least)
        stop(name ": expected a whole number, " least " or more, not '" value "'")
}

# Each point so far becomes as many as the setting NAME=VALUE,VALUE... has values.
function vary(setting,    name, values, n, v, i, k, more) {
    name = setting
    sub(/=.*/, "", name)
    if (index(" " ENVIRON["VARIABLE"] " ", " " name " ") == 0)
        stop("GRID may vary " ENVIRON["VARIABLE"] ", not " name)
    if (setting !~ /^[^=]+=[^=,]+(,[^=,]+)*$/)
        stop("GRID: expected NAME=VALUE,VALUE..., not '" setting "'")
    n = split(substr(setting, length(name) + 2), values, ",")
    for (i = 1; i in points; i++)
        for (v = 1; v <= n; v++) more[++k] = points[i] (points[i] == "" ? "" : ",") name "-" values[v]
    for (i = 1; i <= k; i++) points[i] = more[i]
}
