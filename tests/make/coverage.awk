# Reads what gcov prints of all objects and prints, for each folder, how many of its lines ran. A file
# that was compiled several times, such as a header or the kernels, counts as where it ran most.
/^File / { file = substr($0, 7, length($0) - 7) }
/^Lines executed:/ && file ~ /^(lib|tools|pipelines)\// {
    split($0, part, /[:% ]+/) # Lines executed:PERCENT% of COUNT
    ran = part[3] * part[5] / 100
    if (ran > most[file]) most[file] = ran
    if (part[5] > lines[file]) lines[file] = part[5]
}
/^Lines/ { file = "" } # more of them are sums

END {
    for (file in lines) {
        folder = file
        sub(/\/[^\/]*$/, "", folder)
        ran_in[folder] += most[file]
        lines_in[folder] += lines[file]
        ran_in["all"] += most[file]
        lines_in["all"] += lines[file]
    }
    for (folder in lines_in)
        printf "%-24s %6.1f %% of %6d lines\n", folder, 100 * ran_in[folder] / lines_in[folder],
            lines_in[folder] | "LC_ALL=C sort"
}
