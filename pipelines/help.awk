# Prints the targets and settings of makefiles: a line that begins with ## is the text of the target
# or the setting in the line below it. Values of settings are in the environment.
/^## / { text = substr($0, 4); next }
text && /^[a-z][a-z-]*:/ { note(target, ++targets, substr($0, 1, index($0, ":") - 1), text, "") }
text && /^[A-Z_]+ [?]=/ { note(setting, ++settings, $1, text, ENVIRON[$1]) }
{ text = "" }

function note(list, n, name, text, value) {
    list[n, "name"] = name
    list[n, "text"] = text
    list[n, "value"] = value
    if (length(name) > width) width = length(name)
}

END {
    print "\nTargets"
    for (i = 1; i <= targets; i++)
        printf "  %-*s  %s\n", width, target[i, "name"], target[i, "text"]
    print "\nSettings, and what they are now"
    for (i = 1; i <= settings; i++) {
        printf "  %-*s  %s\n", width, setting[i, "name"], setting[i, "text"]
        if (setting[i, "value"] != "") printf "  %-*s  = %s\n", width, "", setting[i, "value"]
    }
}
