# The stream as its page in docs/ describes it.
load helpers

setup() {
    command -v python3 >/dev/null || skip "python3 is not installed"
    cd "$BATS_TEST_DIRNAME/.."
}

@test "the reader in docs/stream.md reads every frame of a stream" {
    sed -n '/^```python$/,/^```$/{//!p}' docs/stream.md >"$BATS_TEST_TMPDIR/reader.py"
    assert [ "$(grep -c . "$BATS_TEST_TMPDIR/reader.py")" -le 10 ]
    run -0 python3 "$BATS_TEST_TMPDIR/reader.py" <tests/predictions/two-frames.safetensors
    assert_output "predictions cam:F32[5, 2, 2, 2] label:I32[5] logits:F32[5, 2] mask:U8[5, 4, 4] place:I32[5]
predictions cam:F32[7, 2, 2, 2] label:I32[7] logits:F32[7, 2] mask:U8[7, 4, 4] place:I32[7]"
}

@test "the good and bad files in tests/ are those that make-frames.py makes" {
    python3 tests/make-frames.py "$BATS_TEST_TMPDIR"
    for folder in bad good predictions; do
        run -0 diff -r "tests/$folder" "$BATS_TEST_TMPDIR/$folder"
    done
}
