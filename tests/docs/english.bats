# Help and README are read by people in a hurry: sentences are short, and every default looks alike.
load ../support/helpers

WORDS_MAX=30

tools() {
    (cd "$CLONE/tools" && printf '%s\n' *.c | sed 's/\.c$//')
}

# Markdown to one paragraph, list item or table cell a line; without code, headings and link targets.
paragraphs() {
    awk '
        function flush() { if (text != "") print text; text = "" }
        /^```/ { fenced = !fenced; flush(); next }
        fenced || /^    / || /^#/ || /^!\[/ || /^\|[-|: ]*$/ { flush(); next }
        /^$/ { flush(); next }
        /^\|/ { flush(); n = split($0, cell, "|"); for (i = 2; i < n; i++) print cell[i]; next }
        /^ *([-*]|[0-9]+\.) / { flush(); sub(/^ *([-*]|[0-9]+\.) /, "") }
        { text = text " " $0 }
        END { flush() }
    ' "$1" | sed -E 's/\]\([^)]*\)/]/g; s/<http[^>]*>/URL/g'
}

# Lines of text to those sentences that have more than WORDS_MAX words, with the count before each.
long_sentences() {
    awk -v most="$WORDS_MAX" -v stop="$1" '{
        gsub(stop " +", "&\n")
        n = split($0, sentence, "\n")
        for (i = 1; i <= n; i++) if (split(sentence[i], word, " ") > most) print split(sentence[i], word, " ") ": " sentence[i]
    }'
}

@test "no sentence in README.md has more than 30 words" {
    run -0 bash -c "$(declare -f paragraphs long_sentences); WORDS_MAX=$WORDS_MAX; paragraphs '$CLONE/README.md' | long_sentences '[.!?][)\"]?'"
    assert_output ''
}

@test "no sentence in any tool's help has more than 30 words, and no option's text has a longer clause" {
    local tool
    for tool in $(tools); do
        run -0 bash -c "$(declare -f long_sentences); WORDS_MAX=$WORDS_MAX
            $tool --help=table | sed -n 's/^purpose\t//p' | long_sentences '[.!?]'
            $tool --help=table | grep '^option' | cut -f7 | long_sentences '[.;:]'"
        assert_output ''
    done
}

@test "every default in a tool's help is written (default X), at the end of a phrase without a stop" {
    local tool
    cd "$BATS_TEST_TMPDIR"
    for tool in $(tools); do
        "$tool" --help=table | grep '^option' | cut -f7 >help
        # Bare values in parentheses, and defaults outside of them.
        run -1 grep -E '\(([0-9][^)]*|none|all|sgd|erm|center|even)\)$' help
        run -1 grep -P '(?<!\()\bdefaults?\b' help
        run -1 grep '[.]$' help
    done
}

@test "options that several tools have are worded the same" {
    local tool option
    cd "$BATS_TEST_TMPDIR"
    for tool in $(tools); do
        "$tool" --help=table | sed -n 's/^option\t//p' >of_one
        run -0 grep -P '^q\tquiet\t' of_one
        cat of_one >>of_all
    done
    for option in quiet threads version; do
        assert_equal "$(cut -f2,6 of_all | grep -P "^$option\t" | sort -u | wc -l)" 1
    done
}
