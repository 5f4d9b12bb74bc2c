load ../support/helpers

# answers LOGIT...: METADATA and names aside, what lint-cam would give for three samples of label 0,
# 1 and -1: two logits each.
answers() {
    perl -e 'my @l = @ARGV; my $n = @l / 2;
        my $h = qq({"__metadata__":{"classes":"[\\"leopard\\",\\"orca\\"]","kind":"predictions","lint":"1"},)
            . qq("logits":{"dtype":"F32","shape":[$n,2],"data_offsets":[0,) . 8 * $n . qq(]},)
            . qq("label":{"dtype":"I32","shape":[$n],"data_offsets":[) . 8 * $n . "," . 12 * $n . qq(]},)
            . qq("odd":{"dtype":"U8","shape":[$n],"data_offsets":[) . 12 * $n . "," . 13 * $n . "]}}";
        $h .= " " x (-length($h) % 8);
        print pack("Q<", length $h), $h, pack("f<*", @l), pack("l<*", map { $_ % 3 == 2 ? -1 : $_ % 3 } 0 .. $n - 1),
            map { chr(65 + $_) } 0 .. $n - 1' "$@"
}

# answered_again FILE: what lint-weight wrote of six samples, answered again: the second and the fourth wrong.
answered_again() {
    perl -e 'local $/; open A, "<:raw", shift; $_ = <A>; my $len = unpack "Q<";
        my $h = substr $_, 8, $len; my $d = substr $_, 8 + $len;
        $h =~ s/\}\s*$//; my $at = length $d;
        $h .= qq(,"logits":{"dtype":"F32","shape":[6,2],"data_offsets":[$at,) . ($at + 48) . "]}}";
        $h .= " " x (-length($h) % 8);
        print pack("Q<", length $h), $h, $d, pack("f<*", 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1)' "$1"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    answers 1 2  1 2  3 1  2 2  2 2  0 5 >predictions
}

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "--nonsense" "--wrong" "--wrong x" "--wrong -1" "a b"; do
        run -2 --separate-stderr lint-weight $wrong </dev/null
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-weight: '
        assert_output ''
    done
}

@test "--help is a screen with an example" {
    run -0 lint-weight --help
    assert_line --regexp '^Usage: lint-weight '
    assert_line --partial 'lint-cam erm.safetensors train.lts | lint-weight --wrong 20 |'
}

@test "what is answered wrong weighs more; unlabelled samples never do; of equals the first is the answer" {
    lint-weight --wrong 6 predictions -o out
    assert_equal "$(tensor out weight | xargs)" '6 1 1 1 6 1'
    lint-weight <predictions >default
    assert_equal "$(tensor default weight | xargs)" '20 1 1 1 20 1'
}

@test "answers leave the stream, everything else stays" {
    lint-weight predictions -o out
    run -0 headers out
    assert_output --partial '"kind":"samples"'
    refute_output --partial logits
    assert_equal "$(tensor out odd | xargs)" '65 66 67 68 69 70'
    assert_equal "$(tensor out label | xargs)" '0 1 -1 0 1 -1'
}

@test "a weight that is there is multiplied" {
    lint-weight --wrong 6 predictions -o once
    answered_again once >again
    lint-weight --wrong 2 again -o twice
    assert_equal "$(tensor twice weight | xargs)" '6 2 1 2 6 1'
}

@test "--verbose counts, --quiet is silent, nothing wrong is a warning" {
    run -0 --separate-stderr lint-weight --verbose predictions -o out
    assert_equal "$stderr" 'lint-weight: predictions: 2 of 6 answers are wrong'
    answers 1 0 0 1 0 0 >right
    run -0 --separate-stderr lint-weight right -o out
    assert_equal "$stderr" 'lint-weight: right: no answer is wrong, so all weights stay as they are'
    run -0 lint-weight --quiet right -o out
    assert_output ''
}

@test "what has no answers or no labels is refused in one line" {
    samples 1 0 1 >plain.lts
    run -1 lint-weight plain.lts -o out
    assert_output "lint-weight: plain.lts: frame 1: no 'logits' (lint-cam adds a model's answers)"
    head -c 100 predictions >cut
    run -1 lint-weight cut -o out
    assert_output --regexp '^lint-weight: cut: frame 1: truncated'
    run -1 lint-weight missing -o out
    assert_output 'lint-weight: missing: No such file or directory'
    assert_not_exist out
}

@test "no samples are an error" {
    run -1 lint-weight -q -o out </dev/null
    assert_output 'lint-weight: standard input: no samples'
    assert_not_exist out
}

@test "full disks, closed outputs and readers that leave" {
    run -1 lint-weight predictions -o /dev/full
    assert_output --partial 'No space left on device'
    run -1 bash -c 'lint-weight predictions >/dev/full'
    assert_output --partial 'No space left on device'
    run -1 bash -c 'lint-weight predictions >&-'
    assert_output --partial 'standard output'
    run -0 bash -c 'lint-weight predictions | head -c 1 | wc -c'
    assert_output 1
}

@test "a weight that no float holds is an error, and the older output stays" {
    answers 1 0  1 0  1 0  0 1  0 1  0 1 >predictions
    lint-weight --wrong 1e20 predictions -o heavy
    answered_again heavy >again
    lint-weight --wrong 1e18 again -o fine
    echo before >out
    run -1 --separate-stderr lint-weight --wrong 1e30 again -o out
    assert_output ''
    assert_equal "$stderr" 'lint-weight: again: frame 1: the weight of sample 1, 1e+20 times 1e+30, is too large for a float'
    assert_equal "$(<out)" before
}
