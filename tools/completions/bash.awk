# Makes a bash completion from what `TOOL --help=table` prints: awk -f bash.awk -v tool=TOOL TABLE

BEGIN { FS = "\t" }

$1 == "usage" { files = $2 ~ /FILE|DIR|SRC|MODEL|IMAGE|json|PREDICTIONS/ }
$1 == "option" {
    words = words " --" $3 ($2 == "" ? "" : " -" $2)
    if ($4 == "flag") next
    name = ($2 == "" ? "" : "-" $2 "|") "--" $3
    if ($6 != "") {
        gsub(/\|/, " ", $6)
        choices = choices "    " name ") COMPREPLY=($(compgen -W '" $6 "' -- \"$cur\")); return ;;\n"
    } else if ($3 == "net")
        networks = name
    else if ($5 ~ /FILE|DIR|PATH|WHAT/)
        paths = paths (paths == "" ? "" : "|") name
    else
        others = others (others == "" ? "" : "|") name
}
END {
    f = "_" tool
    gsub(/-/, "_", f)
    print "# bash completion for " tool
    print f "() {"
    print "    local cur prev" (networks == "" ? "" : " net names=")
    print "    cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}"
    print "    COMPREPLY=()"
    print "    case $prev in"
    printf "%s", choices
    if (networks != "") {
        # Names as lib/engine/net_path.c finds them: in models/, and beside the installed tools.
        print "    " networks ")"
        print "        for net in models/*.net \"$(dirname \"$(type -P " tool ")\")\"/../share/lint/*.net; do"
        print "            [ ! -e \"$net\" ] || names+=\" $(basename \"$net\" .net)\""
        print "        done"
        print "        COMPREPLY=($(compgen -W \"$names\" -- \"$cur\" | sort -u) $(compgen -f -- \"$cur\"))"
        print "        compopt -o filenames; return ;;"
    }
    # Nothing of ours: the shell's own completion of file names takes over (-o default).
    if (paths != "") print "    " paths ") return ;;"
    if (others != "") print "    " others ") compopt +o default; return ;;"
    print "    esac"
    print "    [[ $cur != -* ]]" (files ? "" : " && compopt +o default") " ||"
    print "        COMPREPLY=($(compgen -W '" substr(words, 2) "' -- \"$cur\"))"
    print "}"
    print "complete -o default -F " f " " tool
}
