# Reads the "summary" of lint-eval's JSON, for the programs beside it: awk -f summary.awk -f OTHER.awk.
# On a line of the summary `score` is the name and `value_read` the number; elsewhere `score` is empty.
# Values that are unknown are null, and left out. `path` has the parts of the file's path, `parts` of them.

FNR == 1 {
    in_summary = 0
    parts = split(FILENAME, path, "/")
}
{ score = "" }
/"summary": \{/ { in_summary = 1 }
in_summary && /^ *\}/ { in_summary = 0 }
in_summary && /^ *"[a-z0-9_]+": [-0-9]/ {
    score = $1
    gsub(/[":]/, "", score)
    value_read = $2 + 0
}
