load ../support/helpers

tiny() { "$SUPPORT/tiny-samples" "$@"; }

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    tiny n=48 >train.lts
    tiny n=20 seed=9 >val.lts
    tiny n=24 epochs=3 frame=7 >marked.lts
    tiny n=24 mask=1 >masks.lts
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/*.lts .
    cp "$SUPPORT/tiny.net" .
}

# Trains with the tiny network and the small validation set, 3 epochs unless told otherwise.
train() { lint-train --net tiny.net --val val.lts --epochs 3 --batch 8 "$@"; }

# The rows of a log, and a column of them by its name.
rows() { grep -v '^#' "$1" | tail -n +2; }
column() {
    grep -v '^#' "$1" | awk -F'\t' -v want="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) at = i; next } { print $at }'
}

# Trains in the background: its process, not that of a function, is $pid, so that it can be
# signalled. It says into the file `said`.
start() {
    # A suite that nohup started would pass on that SIGHUP is ignored.
    env --default-signal=HUP lint-train --net tiny.net --val val.lts --batch 8 -o m --log log.tsv "$@" 2>said 3>&- &
    pid=$!
}

teardown() { [ -z "${pid:-}" ] || kill -KILL "$pid" 2>/dev/null || true; }

# Waits until a log has its header and N rows.
await_rows() {
    local i
    for i in {1..3000}; do
        [ -s "$1" ] && [ "$(rows "$1" | wc -l)" -ge "$2" ] && return
        sleep 0.02
    done
    fail "$1 has not got $2 rows"
}

# --- usage ---------------------------------------------------------------------------------------

@test "a model names its network, with weights of its own or with new ones" {
    train --train train.lts -o m.safetensors
    run -0 --separate-stderr lint-train -q --net m.safetensors --train train.lts --val val.lts --epochs 3 --batch 8 -o again
    cmp m.safetensors again
    cp m.safetensors named-otherwise
    lint-train -q --net named-otherwise --train train.lts --val val.lts --epochs 3 --batch 8 -o again
    cmp m.safetensors again
    lint-train -q --net m.safetensors --init m.safetensors --train train.lts --epochs 1 --lr 1e-30 -o same
    assert_equal "$(tensor same fc1.weight)" "$(tensor m.safetensors fc1.weight)"
    mkfifo pipe
    cat m.safetensors >pipe &
    run -1 timeout 30 lint-train --net ./pipe --train train.lts -o m
    assert_output 'lint-train: ./pipe: is a model, whose network is read from a regular file only'
    tiny n=4 >weights.safetensors
    run -1 lint-train --net weights.safetensors --train train.lts -o m
    assert_output 'lint-train: weights.safetensors: has weights and no network: expected a model of lint'
    run -1 lint-train --net none.safetensors --train train.lts -o m
    assert_output 'lint-train: none.safetensors: No such file or directory'
}

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "" "--nonsense" "--net" "--net tiny.net --lr x" "--net tiny.net --lr -1" \
        "--net tiny.net --batch 0" "--net tiny.net --epochs 0" "--net tiny.net --momentum 1.5" \
        "--net tiny.net --cam-loss x" "--net tiny.net --sigma 0" "--net tiny.net --prior x" \
        "--net tiny.net --schedule x" "--net tiny.net --best x" "--net tiny.net extra" \
        "--net tiny.net --phase 0:lr=1" "--net tiny.net --seed -1" "--net - --train -" \
        "--net tiny.net --train - --val -" "--net tiny.net --log - -o -" \
        "--net tiny.net --train train.lts -o same --log same" \
        "--net tiny.net --train train.lts --class-weights 1,2,3" \
        "--net tiny.net --train train.lts --cam-weight 3" \
        "--net tiny.net --train train.lts --phase 2:cam=3"; do
        run -2 --separate-stderr lint-train $wrong </dev/null || fail "lint-train $wrong: status $status"
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-train: '
        assert_output ''
    done
}

@test "a phase that is wrong is quoted" {
    run -2 train --train train.lts -o m --phase 2:lr=1e-4x
    assert_output --partial "lint-train: --phase 'lr=1e-4x': expected a number, 0 or more, after '='"
    run -1 train --train train.lts -o m --phase 2:lr=1 --phase 34%:ce=1
    assert_output 'lint-train: two phases start at epoch 2'
    run -1 train --train train.lts -o m --phase 4:lr=1
    assert_output 'lint-train: a phase starts at epoch 4, which is after the last one, 3'
    assert_not_exist m
}

@test "--help is a screen with an example, --help=all has every option" {
    run -0 lint-train --help
    assert_line --regexp '^Usage: lint-train '
    assert_line --partial 'lint-train --net standard'
    assert_line --partial '--help=all prints every option'
    local name
    for name in net train val out log epochs lr cam-loss cam-weight seed; do
        assert_line --regexp "^  (-.,|   ) --$name "
    done
    refute_line --partial '--beta1'
    assert [ ${#lines[@]} -le 30 ]
    run -0 lint-train --help=all
    assert_line 'Optimiser:'
    assert_line --partial '--beta1 R'
    for name in $(lint-train --help=table | awk -F'\t' '$1 == "option" { print $3 }'); do
        assert_line --regexp "^  (-.,|   ) --$name( |$)"
    done
    run -0 lint-train --version
    assert_output --regexp '^lint-train \(lint\) [0-9.]+$'
}

# --- training ------------------------------------------------------------------------------------

@test "it learns, and leaves a model and a log" {
    run -0 --separate-stderr train --epochs 8 --train train.lts -o m --log log.tsv
    assert_output ''
    assert_equal "$stderr" ''
    assert_equal "$(column log.tsv epoch | tr '\n' ' ')" '1 2 3 4 5 6 7 8 '
    assert_equal "$(column log.tsv val_accuracy | tail -1)" 1
    assert_equal "$(column log.tsv train_accuracy | tail -1)" 1
    run -0 headers m
    assert_output --partial '"kind":"model"'
    assert_output --partial '"classes":"[\"red\",\"blue\"]"'
    assert_output --partial '\"epochs\":8'
    assert_output --partial '\"val_accuracy\":1'
    assert_output --partial '"bn1.running_var":{"dtype":"F32","shape":[4]'
}

@test "the log names every setting, so that it reproduces its run" {
    train --train train.lts -o m --log log.tsv --schedule step --class-weights balanced \
        --cam-loss energy --cam-weight 2.5 --phase 3:cam=0 --phase 2:lr=1e-3 --weight-decay 0.1
    run -0 grep '^#' log.tsv
    local line
    for line in 'net	tiny.net' 'val	val.lts' 'train-samples	48' 'order	shuffled' 'epochs	3' \
        'batch	8' 'seed	0' 'lr	0.01' 'schedule	step' 'warmup	0' 'step-epochs	1' \
        'step-factor	0.1' 'momentum	0.9' 'weight-decay	0.1' 'class-weights	balanced' \
        'ce-weight	1' 'cam-loss	energy' 'cam-weight	2.5' 'prior	center' 'sigma	0.25' 'cap	0' \
        'phase	3:cam=0 2:lr=1e-3' 'best	accuracy' 'precision	f32'; do
        assert_line "# $line"
    done
    assert_equal "$(column log.tsv lr | tr '\n' ' ')" '0.01 0.001 0.001 '
    assert_equal "$(column log.tsv cam_weight | tr '\n' ' ')" '2.5 2.5 0 '
    refute [ "$(column log.tsv train_cam | head -1)" = nan ]
}

@test "names of files cannot command a terminal by the log" {
    cp val.lts $'v\xc2\x9b31m\xe2\x80\xae.lts'
    run -0 --separate-stderr lint-train --net tiny.net --train train.lts --val v*31m* --epochs 1 -o m --log -
    assert_line $'# val\tv??31m???.lts'
}

@test "weights that do not fit into memory are not said to be damaged" {
    if grep -q __asan_init "$(command -v lint-train)"; then skip 'the address sanitizer reserves terabytes'; fi
    printf 'PK\3\4' >w.pth
    truncate -s 2G w.pth
    run -1 bash -c 'ulimit -v 1500000; lint-train --net tiny.net --train train.lts --threads 1 --init w.pth -o m'
    assert_output 'lint-train: out of memory for w.pth'
}

@test "missing values are nan in the log" {
    lint-train --net tiny.net --train train.lts --epochs 1 -o m --log log.tsv
    assert_equal "$(rows log.tsv | cut -f 7,9-)" $'nan\tnan\tnan\tnan\tnan\tnan\tnan\tnan\t1'
    assert_equal "$(grep '^# best' log.tsv)" '# best	last'
}

@test "dropout draws anew in every step, the same for any number of threads" {
    sed 's/^.*flatten/&\n dropout 0.5/' tiny.net >drop.net
    lint-train --net drop.net --train train.lts --lr 0 --epochs 2 --batch 8 -o a --log a.tsv --threads 1
    lint-train --net drop.net --train train.lts --lr 0 --epochs 2 --batch 8 -o b --log b.tsv --threads 2
    cmp a b
    cmp a.tsv b.tsv
    run -0 column a.tsv train_loss
    assert_not_equal "${lines[0]}" "${lines[1]}" # with weights that stand still
}

@test "two runs, and any number of threads, give the same bytes" {
    train --train train.lts --cam-loss energy -o a --log a.tsv --threads 1
    train --train train.lts --cam-loss energy -o b --log b.tsv --threads 2
    train --train train.lts --cam-loss energy -o c --log c.tsv
    cmp a b
    cmp a c
    cmp a.tsv b.tsv
    train --train train.lts --cam-loss energy -o d --seed 1
    run -1 cmp -s a d
}

# A network whose convolutions are as wide as those of real ones.
wide() {
    printf '%s\n' 'input 16x16x3' 'a: conv 32 3x3 stride 2 pad 1 nobias' batchnorm relu \
        'b: conv 32 3x3 pad 1' relu cam globalpool flatten 'fc: dense classes' | sed 's/^batchnorm/n: &/'
}

@test "--precision bf16 gives other bytes, the same on any number of threads; log and model name it" {
    wide >wide.net
    wide_train() { lint-train -q --net wide.net --train train.lts --val val.lts --epochs 3 --batch 8 \
        --cam-loss energy "$@"; }
    wide_train -o f32 --log f32.tsv
    wide_train --precision f32 --threads 2 -o again --log again.tsv
    cmp f32 again
    cmp f32.tsv again.tsv
    wide_train --precision bf16 --threads 1 -o bf16 --log bf16.tsv
    wide_train --precision bf16 --threads 2 -o again --log again.tsv
    cmp bf16 again
    cmp bf16.tsv again.tsv
    refute [ "$(tensor bf16 b.weight)" = "$(tensor f32 b.weight)" ]
    run -0 grep '^# precision' bf16.tsv
    assert_output '# precision	bf16'
    run -0 headers bf16
    assert_output --partial '\"precision\":\"bf16\"'
    # It learns what f32 learns.
    run -0 awk -v a="$(column f32.tsv val_loss | tail -1)" -v b="$(column bf16.tsv val_loss | tail -1)" \
        'BEGIN { exit !(a > 0 && (a - b) ^ 2 < (0.05 * a) ^ 2) }'
}

@test "a precision that there is not, or that would change nothing, is one line" {
    run -2 train --train train.lts --precision f16 -o m
    assert_output "lint-train: --precision f16: expected f32|bf16 (see lint-train --help)"
    printf '%s\n' 'input 16x16x3' relu cam flatten 'fc: dense classes' >dense.net
    run -2 lint-train --net dense.net --train train.lts --precision bf16 -o m
    assert_output "lint-train: --precision: the network has no convolution before its 'cam' line, so bf16 would change nothing (see lint-train --help)"
}

@test "every CAM loss trains, and each otherwise" {
    local loss
    for loss in none mse radial energy; do
        train --train train.lts --cam-loss $loss -o $loss
    done
    train --train masks.lts --val masks.lts --cam-loss energy --prior mask -o mask
    run -0 bash -c 'md5sum none mse radial energy mask | cut -c 1-32 | sort -u | wc -l'
    assert_output 5
}

@test "a marked stream through a pipe trains as the same stream in a file" {
    train --train marked.lts -o file --log file.tsv
    cat marked.lts | train --train - -o pipe --log pipe.tsv
    cmp file pipe
    cmp file.tsv pipe.tsv
    train <marked.lts -o input
    cmp file input
    assert_equal "$(grep '^# order' pipe.tsv)" '# order	stream'
}

@test "samples through a pipe are shuffled as those of the file" {
    train --train train.lts -o file --log file.tsv
    cat train.lts | train -o pipe --log pipe.tsv
    cmp file pipe
    cmp file.tsv pipe.tsv
    assert [ -z "$(ls "${TMPDIR:-/tmp}" | grep '^lint-......$')" ]
}

@test "frames of another size train the same" {
    tiny n=24 epochs=3 frame=24 >other.lts
    train --train marked.lts -o a
    train --train other.lts -o b
    cmp a b
}

@test "lint-augment's passes in its own order train as the file it read" {
    train --train train.lts --seed 4 -o file
    lint-augment --epochs 3 --shuffle --seed 4 train.lts | train --seed 4 -o pipe
    tensor file fc1.weight x4 >file.txt
    tensor pipe fc1.weight x4 >pipe.txt
    assert [ -s file.txt ]
    cmp file.txt pipe.txt
}

@test "lint-augment says how long its stream is, so that a cut is noticed" {
    lint-augment --epochs 2 --frame 10 train.lts -o two.lts
    lint-train --net tiny.net --train two.lts -o m --log log.tsv
    assert_equal "$(rows log.tsv | wc -l)" 2
    lint-augment --epochs 1 --frame 10 train.lts -o one.lts
    # The last frame of an epoch, of 8 samples, is missing: its bytes are those of one.lts's.
    local whole last
    whole=$(stat -c %s one.lts)
    last=$(($(headers one.lts | tail -1 | wc -c) + 7 + 8 * (16 * 16 * 3 + 4)))
    head -c $((whole - last)) one.lts >cut.lts
    run -1 lint-train --net tiny.net --train cut.lts -o n
    assert_output 'lint-train: cut.lts: frame 5: truncated: the input ends, but the frame before says that another follows'
    # Where frames say nothing of those that follow, the epochs do.
    sed -i 's/"more":"1"/"mote":"1"/g' cut.lts
    run -1 lint-train --net tiny.net --train cut.lts -o n
    assert_output 'lint-train: cut.lts: epoch 1 has 40 samples, but its loader announced 48'
    sed 's/"more":"1"/"mote":"1"/g' two.lts | head -c $((whole + 8)) >cut.lts
    run -1 lint-train --net tiny.net --train cut.lts -o n
    assert_output 'lint-train: cut.lts: ended after epoch 1 of 2'
    assert_not_exist n
}

@test "the best epoch is kept by accuracy, by loss, or it is the last" {
    local by
    for by in accuracy loss last; do
        train --epochs 6 --schedule constant --lr 0.5 --train train.lts --best $by -o $by \
            --log $by.tsv
    done
    run -0 headers last
    assert_output --partial '\"epoch\":6'
    local kept
    kept=$(paste <(column loss.tsv val_loss) <(column loss.tsv epoch) | sort -g | head -1 | cut -f 2)
    run -0 headers loss
    assert_output --partial "\\\"epoch\\\":$kept,"
    assert_equal "$(column loss.tsv best | head -1)" 1
}

@test "without --val the last epoch is kept" {
    lint-train --net tiny.net --train train.lts --epochs 2 -o m
    run -0 headers m
    assert_output --partial '\"epoch\":2'
    refute_output --partial val_accuracy
}

@test "a stream says how many epochs it has, or --epochs does" {
    run -2 lint-train --net tiny.net --train marked.lts -o m
    assert_output --partial 'marked.lts does not say how many epochs it has: give --epochs N, or --schedule constant'
    lint-train --net tiny.net --train marked.lts --schedule constant -o m --log log.tsv
    assert_equal "$(rows log.tsv | wc -l)" 3
    tiny n=24 epochs=3 announce=3 >says.lts
    lint-train --net tiny.net --train says.lts -o m --log log.tsv
    assert_equal "$(rows log.tsv | wc -l)" 3
    run -2 lint-train --net tiny.net --train says.lts --epochs 4 -o m
    assert_output --partial '--epochs 4: says.lts has 3'
    lint-train --net tiny.net --train says.lts --epochs 2 -o m --log log.tsv
    assert_equal "$(rows log.tsv | wc -l)" 2
}

@test "--verbose tells each epoch, --quiet nothing" {
    run -0 --separate-stderr train --train train.lts -o m --verbose
    assert_output ''
    assert_equal "${#stderr_lines[@]}" 4
    assert_regex "${stderr_lines[0]}" '^epoch 1/3: lr 0.01, training loss .*; validation loss '
    assert_regex "${stderr_lines[3]}" '^lint-train: m has epoch [123] of 3$'
    run -0 train --train train.lts -o m --quiet
    assert_output ''
}

@test "the model goes to standard output, the log where it is told" {
    train --train train.lts -o m --log log.tsv
    train --train train.lts --log log2.tsv >m2
    cmp m m2
    train --train train.lts -o m3 --log - >log3.tsv
    cmp log.tsv log3.tsv
}

@test "one sample trains" {
    tiny n=1 >one.lts
    lint-train --net tiny.net --train one.lts --val one.lts --epochs 2 -o m
    assert_file_not_empty m
}

@test "one class trains, with a warning" {
    tiny n=9 classes=red >one.lts
    run -0 lint-train --net tiny.net --train one.lts --val one.lts --epochs 2 -o m
    assert_output "lint-train: one.lts: 'red' is the only class, so there is nothing to tell apart"
    assert_file_not_empty m
    tiny n=9 label=1 >one.lts
    run -0 lint-train --net tiny.net --train one.lts --val one.lts --epochs 2 -o m
    assert_output 'lint-train: one.lts: all labels are of one class, so there is nothing to tell apart'
}

@test "samples without a known label are in no loss" {
    { cat train.lts; tiny n=10 label=-1; } >more.lts
    train --train more.lts -o m --log log.tsv
    assert_equal "$(column log.tsv val_accuracy | wc -l)" 3
    tiny n=10 label=-1 >none.lts
    run -1 train --train none.lts -o n
    assert_output "lint-train: none.lts: no sample has a known label, so there is nothing to learn"
    run -1 train --train train.lts --val none.lts -o n
    assert_output 'lint-train: none.lts: no sample has a label'
    tiny n=10 label=-1 epochs=2 >none.lts
    run -1 train --train none.lts -o n
    assert_output 'lint-train: none.lts: epoch 1 has no sample with a label'
    assert_not_exist n
}

# --- given weights, objectives, best epochs ------------------------------------------------------

# state_dict CHANGE...: the weights of a model as PyTorch would leave them, without metadata, changed
# by perl expressions on the header $h and the data $d.
state_dict() {
    perl -e 'local $/; open A, "<:raw", shift; $_ = <A>; my $len = unpack "Q<";
        our ($h, $d) = (substr($_, 8, $len), substr $_, 8 + $len);
        $h =~ s/"__metadata__":\{.*?\},(?="[a-z0-9]+\.)//s; $h =~ s/\s+$//; eval $_ or die $@ for @ARGV;
        $h .= " " x (-length($h) % 8); print pack("Q<", length $h), $h, $d' "$@"
}

@test "--init begins with the weights of a model or a state dict; a head that does not fit begins anew" {
    train --train train.lts -o old
    # At such a rate the parameters that a model was trained to are those that it began with.
    still() { train --train train.lts --lr 1e-30 --epochs 1 -o new "$@"; }
    state_dict old '$h =~ s/\}$//; my $n = length $d; $d .= "\1" . "\0" x 7; $h .= qq(,"bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[$n,) . ($n + 8) . "]}}"' >dict
    local from name
    for from in old dict; do
        run -0 still --init $from
        assert_output ''
        for name in conv1.weight bn1.weight fc1.bias fc2.weight fc2.bias; do
            assert_equal "$(tensor new $name)" "$(tensor old $name)"
        done
    done
    tiny n=9 classes=red,blue,green >three.lts
    run -0 lint-train --net tiny.net --train three.lts --lr 1e-30 --epochs 1 --init old -o new
    assert_output "lint-train: old: 'fc2.weight' is [2,8], not [3,8], so the head 'fc2' begins anew"
    assert_equal "$(tensor new fc1.weight)" "$(tensor old fc1.weight)"
    assert_equal "$(tensor new fc2.bias | wc -l)" 3
    # Of other names, or another length.
    sed 's/^fc2/out/' tiny.net >other.net
    run -0 lint-train --net other.net --train train.lts --lr 1e-30 --epochs 1 --init old -o new
    assert_output "lint-train: old: no 'out.weight', so the head 'out' begins anew"
    assert_equal "$(tensor new fc1.weight)" "$(tensor old fc1.weight)"
    sed '/^fc1/,$d' tiny.net >short.net
    echo 'only: dense classes' >>short.net
    run -0 lint-train --net short.net --train train.lts --lr 1e-30 --epochs 1 --init old -o new
    assert_output "lint-train: old: no 'only.weight', so the head 'only' begins anew"
    assert_equal "$(tensor new conv1.weight)" "$(tensor old conv1.weight)"
    run -0 still --init new
    assert_output "lint-train: new: no 'fc1.weight', so the head 'fc1' begins anew"
    assert_equal "$(tensor new conv1.weight)" "$(tensor old conv1.weight)"
    sed 's/^conv1/first/' tiny.net >other.net
    run -1 lint-train --net other.net --train train.lts --init old -o none
    assert_output "lint-train: old: 'conv1.bias' is no parameter of this network"
    state_dict old '$h =~ s/"bn1.running_var"/"bn2.running_var"/' >bad
    run -1 still --init bad
    assert_output "lint-train: bad: 'bn2.running_var' is no parameter of this network"
    state_dict old '$h =~ s/("fc1.weight":\{"dtype":"F32","shape":\[)8,256/${1}16,128/' >bad
    run -0 still --init bad
    assert_output "lint-train: bad: 'fc1.weight' is [16,128], not [8,256], so the head 'fc1' begins anew"
    state_dict old '$h =~ s/("conv1.weight":\{"dtype":"F32","shape":\[)4,3/${1}3,4/' >bad
    run -1 still --init bad
    assert_output --partial "bad: 'conv1.weight'"
    run -1 still --init missing
    assert_output 'lint-train: missing: No such file or directory'
}

@test "--init reads the same weights from every file that PyTorch writes, and from parts" {
    local from w=$CLONE/tests/golden/weights
    tiny size=8 n=8 >eight.lts
    begin() { lint-train --net "$w/net.net" --train eight.lts --lr 1e-30 --epochs 1 --freeze bn1 --init "$w/$1" -o "$2"; }
    begin expected.safetensors expected
    for from in F32.pth F16.pth BF16.pth F64.pth F16.safetensors BF16.safetensors F64.safetensors old.pth \
        checkpoint.pth module-prefix.pth two-prefixes.pth weights.safetensors.index.json; do
        run -0 begin "$from" model
        assert_output ''
        cmp model expected
    done
    run -1 begin views.pth none
    assert_output "lint-train: $w/views.pth: 'count' is no parameter of this network"
    run -1 begin ../../stream/bad-torch/which_is_no_part_of_a_state_dict/system.pth none
    assert_output --regexp "system.pth: a/data.pkl: the pickle names 'os.system', which is no part of a state dict; save the weights alone"
    assert_not_exist harmed
}

@test "--init knows the names that torchvision's files of DenseNets have" {
    local w=$CLONE/tests/golden/weights
    tiny size=8 n=8 >eight.lts
    sed 's/^bn1:/x.denselayer1.norm1:/' "$w/net.net" >dense.net
    state_dict "$w/expected.safetensors" '$h =~ s/"bn1\./"x.denselayer1.norm.1./g' >old
    run -0 lint-train --net dense.net --train eight.lts --lr 1e-30 --epochs 1 --init old -o model
    assert_output ''
    assert_equal "$(tensor model x.denselayer1.norm1.bias)" "$(tensor "$w/expected.safetensors" bn1.bias)"
}

@test "--init says what a model's weights were trained for, if that is something else" {
    train --train train.lts --epochs 1 -o old
    tiny n=8 classes=red,green >other.lts
    run -0 lint-train --net tiny.net --train other.lts --epochs 1 --init old -o new
    assert_output "lint-train: old: its head was trained for other classes: 'blue' is 'green' here"
    sed 's/std .*/std 1 1 0.5/' tiny.net >other.net
    run -0 lint-train --net other.net --train train.lts --epochs 1 --init old -o new
    assert_output 'lint-train: old: its weights know pictures of mean 0.5 0.5 0.5 std 0.25 0.25 0.25, but this network'"'s input has mean 0.5 0.5 0.5 std 1 1 0.5"
    run -0 lint-train -q --net other.net --train train.lts --epochs 1 --init old -o new
    assert_output ''
    # A name, a comment, a number that is written otherwise: the same input.
    sed 's/^input/# the pictures\n\nin: input/; /std/s/0\.5 0\.5 0\.5\(.*\)/0.50 5e-1 .5 \1 # RGB/' tiny.net >same.net
    run -0 lint-train --net same.net --train train.lts --epochs 1 --init old -o new
    assert_output ''
}

@test "frozen layers and prefixes with another rate" {
    train --train train.lts --seed 5 --epochs 1 --lr 0 -o begin
    train --train train.lts --seed 5 --freeze conv1 --freeze bn --lr-factor fc=0 --lr-factor fc2=1 \
        --weight-decay 0.1 -o end
    local name
    for name in conv1.weight conv1.bias bn1.weight bn1.bias fc1.weight; do
        assert_equal "$(tensor end $name)" "$(tensor begin $name)"
    done
    assert_equal "$(tensor end bn1.running_mean | sort -u)" 0 # as it began
    assert_not_equal "$(tensor end fc2.weight)" "$(tensor begin fc2.weight)"
    train --train train.lts --init begin --freeze bn1 -o by_name
    train --train train.lts --init begin --freeze-batchnorm -o by_kind
    for name in bn1.weight bn1.running_mean bn1.running_var conv1.weight fc2.weight; do
        assert_equal "$(tensor by_kind $name)" "$(tensor by_name $name)"
    done
    assert_equal "$(tensor by_kind bn1.running_var)" "$(tensor begin bn1.running_var)"
    assert_not_equal "$(tensor by_kind conv1.weight)" "$(tensor begin conv1.weight)"
    grep -v batchnorm "$SUPPORT/tiny.net" >plain.net
    run -2 lint-train --net plain.net --train train.lts --freeze-batchnorm -o none
    assert_output 'lint-train: --freeze-batchnorm: the network has no batch norm (see lint-train --help)'
    run -2 train --train train.lts --freeze layer1 -o none
    assert_output --partial "--freeze 'layer1': no parameter's name begins with it"
    run -2 train --train train.lts --lr-factor layer1=2 -o none
    assert_output --partial "--lr-factor 'layer1=2': no parameter"
    run -2 train --train train.lts --lr-factor fc -o none
    assert_output --partial "--lr-factor 'fc': expected PREFIX=R"
}

@test "options that have no effect are wrong usage" {
    local wrong
    for wrong in "--optim adam --momentum 0.5" "--beta1 0.5" "--optim adam --nesterov" \
        "--nesterov --momentum 0" "--step-factor 0.5" "--step-epochs 3" "--cap 3" "--dro-step 1" \
        "--patience-from 3" "--patience 3 --best last" "--best cam" \
        "--objective dro --class-weights 1,2" "--prior mask" "--sigma 0.3" \
        "--cam-loss energy --prior mask --sigma 0.3" "--schedule step --step-epochs 3" \
        "--schedule step --step-epochs 2 --warmup 1" "--patience 1 --patience-from 4"; do
        run -2 train --train train.lts -o none $wrong || fail "$wrong: status $status"
    done
    run -2 train --train train.lts -o none --sigma 0.3
    assert_output --partial '--sigma needs --cam-loss mse, radial or energy, and --prior center'
    run -2 train --train train.lts -o none --schedule step --step-epochs 3
    assert_output --partial '--step-epochs 3: the learning rate would never drop in 3 epochs'
    run -2 train --train train.lts -o none --patience 1 --patience-from 4
    assert_output --partial '--patience-from 4 is after the last epoch, 3'
    run -2 lint-train --net tiny.net --train train.lts --patience 3 -o none
    assert_output --partial '--patience needs --val'
}

@test "a training in which nothing can be learnt is refused, or said" {
    run -2 train --train train.lts -o none --freeze ''
    assert_output --partial 'no weight is left to train: all are frozen or have factor 0'
    run -2 train --train train.lts -o none --freeze conv --freeze bn --lr-factor fc=0
    assert_output --partial 'no weight is left to train'
    run -1 train --train train.lts -o none --phase 2:ce=0
    assert_output 'lint-train: in epoch 2 the weights of all losses are 0, so there is nothing to learn from (--ce-weight, --phase)'
    run -1 train --train train.lts -o none --ce-weight 0 --phase 2:ce=1
    assert_output --partial 'in epoch 1 the weights of all losses are 0'
    run -1 train --train train.lts -o none --cam-loss mse --phase 3:ce=0,cam=0
    assert_output --partial 'in epoch 3 the weights of all losses are 0'
    assert_not_exist none
    run -0 train --train train.lts -o m --cam-loss mse --phase 3:ce=0
    assert_output ''
    run -0 train --train train.lts -o m --lr 0
    assert_output 'lint-train: the learning rate is 0 in epoch 1, so no weight changes there'
    run -0 train --train train.lts -o m --phase 3:lr=0
    assert_output 'lint-train: the learning rate is 0 in epoch 3, so no weight changes there'
}

# A batch norm whose maps have one cell.
one_cell() {
    cat >one-cell.net <<-'END'
	input 16x16x3
	conv1: conv 4 3x3 same
	       globalpool
	bn1:   batchnorm
	       cam
	       flatten
	fc1:   dense classes
	END
}

@test "a batch norm does not normalise over a single value" {
    one_cell
    tiny n=17 >odd.lts
    tiny n=16 >even.lts
    tiny n=17 epochs=2 >stream.lts
    tiny n=1 >one.lts
    cell() { lint-train --net one-cell.net --epochs 2 --batch 8 -o m "$@"; }
    run -2 cell --train odd.lts --batch 1
    assert_output --partial "lint-train: --batch 1: the batch norm 'bn1' would normalise over a single value, since its maps have one cell; it needs --batch 2 or more, or --freeze bn1"
    assert_not_exist m
    run -0 cell --train odd.lts --batch 1 --freeze bn1
    assert_output ''
    local from
    for from in odd stream; do
        run -0 cell --train $from.lts
        assert_output "lint-train: $from.lts: the last batch has one sample, which is left out of every epoch, since the batch norm 'bn1' cannot normalise over a single value"
    done
    run -0 cell --train even.lts
    assert_output ''
    run -1 cell --train one.lts
    assert_output --partial "lint-train: one.lts: epoch 1 has a single sample to learn from, over which the batch norm 'bn1' cannot normalise"
    # Maps of more cells have more values.
    run -0 train --train odd.lts -o m
    assert_output ''
}

# masked TYPE N [KEY=VALUE...]: samples with masks, the first N of which are blank: filled with the byte.
masked() {
    tiny mask=1 n=12 frame=12 "${@:3}" | perl -0777 -pe 'BEGIN { ($byte, $n) = splice @ARGV, 0, 2; binmode STDIN; binmode STDOUT }
        my $at = 0;
        while ($at < length) { my $len = unpack "Q<", substr $_, $at, 8;
            my ($from, $to) = substr($_, $at + 8, $len) =~ /"mask":.*?\[(\d+),(\d+)\]/;
            my ($end) = sort { $b <=> $a } substr($_, $at + 8, $len) =~ /"data_offsets":\[\d+,(\d+)\]/g;
            substr($_, $at + 8 + $len + $from, $n * 256) = chr($byte) x ($n * 256); $at += 8 + $len + $end }' "$1" "$2"
}

@test "masks that mark nothing or the whole picture are counted, and refused where all do" {
    by_mask() { lint-train --net tiny.net --batch 4 --epochs 2 --cam-loss energy --prior mask -o m "$@"; }
    masked 0 12 >none.lts
    masked 255 12 >all.lts
    masked 0 12 epochs=2 >stream.lts
    masked 0 3 >some.lts
    masked 0 3 epochs=2 >some-stream.lts
    tiny n=12 frame=12 mask=1 | perl -0777 -pe 'BEGIN { binmode STDIN; binmode STDOUT } my $m = 12 * 256; substr($_, -$m) =~ tr/\xff/\1/' >ones.lts
    run -1 by_mask --train none.lts
    assert_output 'lint-train: none.lts: every mask marks nothing, so the CAM loss would be the same for every map'
    run -1 by_mask --train all.lts
    assert_output 'lint-train: all.lts: every mask marks the whole picture, so the CAM loss would be the same for every map'
    run -1 by_mask --train stream.lts
    assert_output 'lint-train: stream.lts: every mask marks nothing, so the CAM loss would be the same for every map'
    run -1 by_mask --train ones.lts
    assert_output 'lint-train: ones.lts: no mask has a value above 1, but 255 marks the object'
    run -1 by_mask --train masks.lts --val ones.lts
    assert_output --partial 'lint-train: ones.lts: no mask has a value above 1'
    assert_not_exist m
    local from
    for from in some some-stream; do
        run -0 by_mask --train $from.lts
        assert_output "lint-train: $from.lts: 3 of 12 masks say nothing of where the object is (3 mark nothing, 0 the whole picture), so the CAM loss of these samples is of no use"
    done
    # Nobody looks at masks without a prior that needs them.
    run -0 lint-train --net tiny.net --train none.lts --epochs 1 --cam-loss energy -o m
    assert_output ''
}

@test "contradicting options are refused before the training" {
    run -2 lint-train --net tiny.net --train train.lts --best worst-group -o none
    assert_output --partial '--best needs --val; without it the last epoch is kept'
    lint-train -q --net tiny.net --train train.lts --best last --epochs 1 -o m
    run -2 lint-train --net tiny.net --train train.lts --ce-weight 0 -o none
    assert_output --partial '--ce-weight 0 leaves nothing to learn from, without --cam-loss'
    local file
    for file in '--train train.lts -o train.lts' '--train train.lts -o ./train.lts' '--train train.lts --val val.lts --log val.lts' \
        '--train train.lts --init m --checkpoint c -o m' '--train train.lts --checkpoint train.lts'; do
        cp train.lts before
        run -2 lint-train --net tiny.net --epochs 1 -o none $file
        assert_output --partial 'are the same file'
        cmp train.lts before
    done
    lint-train -q --net tiny.net --train train.lts --init m --epochs 1 -o m # in its place
    grep -v cam tiny.net >blind.net
    run -1 lint-train --net blind.net --train train.lts --cam-loss energy -o none
    assert_output "lint-train: the network has no 'cam' line, which a CAM loss needs"
    assert_not_exist none
}

@test "a capped CAM term counts as much in the log and for the best epoch" {
    train --train train.lts --epochs 6 --cam-loss radial --sigma 0.05 --cam-weight 1e18 --best loss \
        --lr 0.001 -o m --log log.tsv
    paste <(column log.tsv val_loss) <(column log.tsv val_ce) <(column log.tsv train_loss) \
        <(column log.tsv train_ce) >capped
    run -0 awk 'function near(a, b) { return a > b * 0.9999 && a < b * 1.0001 }
        !near($1, 11 * $2) || !near($3, 11 * $4)' capped
    assert_output ''
    local kept
    kept=$(cut -f 2 capped | nl | sort -g -k 2 | head -1 | awk '{ print $1 }')
    assert_equal "$(column log.tsv best | grep -n 1 | tail -1 | cut -d: -f1)" "$kept"
}

@test "every rule and objective trains, each otherwise" {
    tiny n=24 places=sea,land >placed.lts
    local i=0 rule
    for rule in "--momentum 0.9" "--nesterov" "--optim adam" "--optim adam --beta2 0.9" \
        "--objective dro --dro-step 1" "--objective dro --dro-step 1 --dro-adjust 5"; do
        train --train placed.lts $rule -o "m$((++i))" --threads 1
        train --train placed.lts $rule -o again --threads 2
        cmp "m$i" again
    done
    run -0 bash -c 'for i in m?; do md5sum <$i; done | sort -u | wc -l'
    assert_output 6
    run -1 train --train train.lts --objective dro -o none
    assert_output --partial "lint-train: train.lts: no 'place' with names in the metadata, which group DRO needs"
}

@test "the best epoch by groups, by a loss; ties to the earlier" {
    tiny n=40 places=sea,land >placed.lts
    local by columns
    for by in ce:val_ce:-1 cam:val_cam:-1 worst-group:val_worst_group:1 group-mean:val_group_mean:1 \
        adjusted:val_adjusted:1; do
        IFS=: read -r by columns sign <<<"$by"
        train --train placed.lts --val placed.lts --cam-loss energy --epochs 8 --lr 0.3 \
            --schedule constant --best $by -o m --log log.tsv
        local want
        want=$(column log.tsv $columns | awk -v s=$sign 'NR == 1 || s * $1 > s * best { best = $1; at = NR } END { print at }')
        run -0 headers m
        assert_output --partial "\\\"epoch\\\":$want"
    done
    # Rates of 0: without batch norm's statistics every epoch is the same.
    train --train placed.lts --val placed.lts --lr 0 --freeze bn1 --best worst-group -o m --log log.tsv
    assert_equal "$(column log.tsv best | xargs)" '1 0 0'
}

@test "what --best compares must be known of some sample" {
    tiny n=40 places=sea,land mask=1 >placed.lts
    lint-augment -q --swap-background 1 placed.lts -o swapped.lts
    local by
    for by in worst-group group-mean adjusted; do
        run -1 train --train placed.lts --val swapped.lts --best $by -o none
        assert_output --partial 'what --best compares is unknown: no validation sample is in a group'
    done
    run -1 train --train swapped.lts --val placed.lts --best adjusted -o none
    assert_output --partial 'what --best compares is unknown'
    assert_not_exists none
    train --train swapped.lts --val placed.lts --best worst-group -o m
    # One place is named, and half of the samples have it.
    tiny n=40 places=sea >one.lts
    train --train one.lts --val one.lts --best worst-group -o m
}

@test "patience ends a training, counted from an epoch" {
    still() { train --train train.lts --epochs 20 --lr 0 --freeze bn1 --best ce -o m --log log.tsv "$@"; }
    still --patience 3
    assert_equal "$(column log.tsv epoch | tail -1)" 4
    still --patience 3 --patience-from 6
    assert_equal "$(column log.tsv epoch | tail -1)" 8
}

@test "weights of samples count, in a file and a stream" {
    # weighted EXPRESSION: adds the weight that it gives of a sample's number, in $_.
    weighted() {
        perl -e 'binmode STDIN; local $/; $_ = <STDIN>; my ($at, $seen) = (0, 0);
            while ($at < length) { my $len = unpack "Q<", substr $_, $at, 8; my $h = substr $_, $at + 8, $len;
                my ($end) = sort { $b <=> $a } $h =~ /"data_offsets":\[\d+,(\d+)\]/g;
                my ($n) = $h =~ /"label":\{"dtype":"I32","shape":\[(\d+)\]/; my $d = substr $_, $at + 8 + $len, $end;
                $h =~ s/\}\s*$//; $h .= qq(,"weight":{"dtype":"F32","shape":[$n],"data_offsets":[$end,) . ($end + 4 * $n) . "]}}";
                $h .= " " x (-length($h) % 8);
                print pack("Q<", length $h), $h, $d, pack "f<*", map { eval $ARGV[0] } $seen .. $seen + $n - 1;
                $seen += $n; $at += 8 + $len + $end }' "$1"
    }
    weighted '3' <train.lts >three.lts
    train --train train.lts -o a
    train --train three.lts -o b
    cmp a b
    weighted '1 + $_ % 3' <marked.lts >marked3.lts
    train --train marked3.lts -o c
    train --train marked.lts -o d
    run -1 cmp -s c d
    weighted '0' <train.lts >bad.lts
    refused 'bad.lts: epoch 1 has no sample with a label and a weight' --train bad.lts
    weighted '0 - 1' <train.lts >bad.lts
    refused "bad.lts: frame 1: 'weight' of sample 0 is -1, expected a number, 0 or more" --train bad.lts
    weighted '9**9**9' <marked.lts >bad.lts
    refused "bad.lts: frame 1: 'weight' of sample 0 is inf, expected a number, 0 or more" --train bad.lts
}

# --- what goes wrong -----------------------------------------------------------------------------

# refused MESSAGE OPTION...: fails with this one line, and leaves no model.
refused() {
    local message=$1
    shift
    run -1 train -o none "$@"
    assert_output "lint-train: $message"
    assert_not_exist none
}

@test "inputs that do not fit are refused in one line" {
    : >empty.lts
    tiny n=4 size=20 >wide.lts
    tiny n=4 label=none >plain.lts
    tiny n=4 classes=blue,red >other.lts
    tiny n=4 classes=red,blue,green >three.lts
    local size="images are 20x20, but the network takes 16x16 (lint-split --size 16x16 resizes them)"
    refused 'empty.lts: no samples' --train empty.lts
    refused 'empty.lts: no samples' --train train.lts --val empty.lts
    refused "wide.lts: $size" --train wide.lts
    refused "wide.lts: $size" --train train.lts --val wide.lts
    refused "plain.lts: no sample has a known label, so there is nothing to learn" --train plain.lts
    refused "other.lts: class 0 is 'blue', but 'red' in train.lts" --train train.lts --val other.lts
    refused 'three.lts: 3 classes, but train.lts has 2' --train train.lts --val three.lts
    refused "train.lts: no 'mask', which the mask prior needs" --train train.lts --cam-loss mse \
        --prior mask
    refused "val.lts: no 'mask', which the mask prior needs" --train masks.lts --cam-loss mse \
        --prior mask
    refused 'missing.lts: No such file or directory' --train missing.lts
    refused 'missing/x.net: No such file or directory' --train train.lts --net missing/x.net
    refused 'train.lts: trailing bytes after the frame, expected one frame' --train train.lts --net train.lts
    refused 'a warm-up of 3 epochs leaves none of 3' --train train.lts --warmup 3
}

@test "a pipe whose copy finds no place says so, and where places are named" {
    piped() { cat train.lts | TMPDIR=$1 lint-train --net tiny.net -o m "${@:2}"; }
    run -1 piped nowhere
    assert_output 'lint-train: cannot make a file in nowhere (TMPDIR chooses another place): No such file or directory'
    run -1 piped nowhere --train train.lts --val -
    assert_output 'lint-train: standard input: cannot make a file in nowhere (TMPDIR chooses another place): No such file or directory'
    run -1 piped "$(printf '%5000s' '' | tr ' ' x)"
    assert_output 'lint-train: the path in TMPDIR is too long'
    assert_not_exist m
}

@test "an empty pipe has no samples" {
    run -1 bash -c 'lint-train --net tiny.net -o m </dev/null'
    assert_output 'lint-train: standard input: no samples'
    assert_not_exist m
}

@test "a truncated input is refused, from a file and through a pipe" {
    head -c 30000 train.lts >cut.lts
    run -1 train --train cut.lts -o m
    assert_output --regexp '^lint-train: cut.lts: frame 4: truncated'
    run -1 bash -c 'cat cut.lts | lint-train --net tiny.net -o m'
    assert_output --regexp '^lint-train: standard input: frame 4: truncated'
    head -c 30000 marked.lts >cut.lts
    run -1 bash -c 'cat cut.lts | lint-train --net tiny.net --epochs 3 -o m'
    assert_output --regexp '^lint-train: standard input: frame [0-9]*: truncated'
    assert_not_exist m
}

@test "a stream that ends between frames, but too early, is no success" {
    tiny n=24 epochs=2 >two.lts
    run -1 train --train two.lts -o m
    assert_output 'lint-train: two.lts: ended after epoch 2 of 3'
    { tiny n=20 frame=10 epochs=2 announce=2 | head -c 31416; } >cut.lts
    run -1 lint-train --net tiny.net --train cut.lts -o m
    assert_output --partial 'lint-train: cut.lts: '
    tiny n=24 epochs=3 skip=2 >gap.lts
    run -1 train --train gap.lts -o m
    assert_output --regexp '^lint-train: gap.lts: frame [0-9]*: epoch 3 after epoch 1$'
    assert_not_exist m
}

@test "balanced class weights want a file that can be counted" {
    run -2 train --train marked.lts --class-weights balanced -o m
    assert_output --partial '--class-weights: balanced needs a file without epoch marks'
    train --train marked.lts --class-weights 1,2 -o m
    train --train marked.lts -o n
    run -1 cmp -s m n
}

@test "a loss that is not finite stops it with epoch, batch and a hint, and leaves no model" {
    echo old >m
    run -1 train --train train.lts --lr 1e25 -o m --log log.tsv
    assert_output --regexp '^lint-train: epoch 1, batch [0-9]+: the loss is not finite \(.*\); a --lr below 1e\+25 may help$'
    assert_equal "$(cat m)" old
    refute [ -n "$(grep -e -nan log.tsv)" ]
}

@test "a loss that is not finite names what may have caused it" {
    run -1 train --train train.lts --lr 1e25 --cam-loss mse --cam-weight 2 --weight-decay 1 --momentum 1 -o m
    assert_output --regexp '; a --lr below 1e\+25 or a lower --cam-weight or a lower --weight-decay or a lower --momentum may help$'
    refute_output --partial -nan
    sed 's/ mean .*/ mean 0 0 0 std 1e-45 1e-45 1e-45/' tiny.net >huge.net
    run -1 lint-train --net huge.net --train train.lts -o m
    assert_output 'lint-train: epoch 1, batch 1: the loss is not finite (cross-entropy nan) before any weight has changed, so the samples or the first weights are at fault'
}

@test "a full disk is an error" {
    run -1 train --train train.lts -o /dev/full
    assert_output --partial 'No space left on device'
    run -1 train --train train.lts -o m --log /dev/full
    assert_output 'lint-train: /dev/full: No space left on device'
    assert_not_exist m
    run -1 bash -c 'lint-train --net tiny.net --train train.lts >/dev/full'
    assert_output --partial 'No space left on device'
}

@test "a training that fails leaves the old log; one that cannot write its log leaves its model" {
    train --train train.lts -o m --log log.tsv
    cp log.tsv old.tsv
    run -1 train --train train.lts --lr 1e25 -o m --log log.tsv
    cmp log.tsv old.tsv
    # The log reaches the limit on file sizes before the model does, whose file is open for long.
    lint-train --net tiny.net --train train.lts --batch 8 --epochs 60 -q -o long --log long.tsv
    mkfifo full
    run -1 bash -c 'head -c 2000 full >/dev/null & trap "" PIPE; lint-train --net tiny.net --train train.lts --batch 8 --epochs 60 -q -o piped --log full'
    assert_output --partial 'full: Broken pipe; the training goes on without a log'
    assert_line 'lint-train: piped is saved, but not its log: full: Broken pipe'
    cmp long piped
    assert_not_exists log.tsv.partial
}

@test "an output that cannot be written is told before the training" {
    run -1 train --epochs 1000000 --train train.lts -o nowhere/m
    assert_output --partial 'nowhere/m: No such file or directory'
    run -1 train --epochs 1000000 --train train.lts -o m --log nowhere/log
    assert_output 'lint-train: nowhere/log: No such file or directory'
}

@test "a closed standard output is an error" {
    run -1 bash -c 'lint-train --net tiny.net --train train.lts --epochs 1 >&-'
    assert_output --partial 'standard output'
}

@test "a reader that goes away ends it quietly" {
    run -0 bash -c 'lint-train --net tiny.net --train train.lts --epochs 1 | head -c 1 | wc -c'
    assert_output 1
}

# --- Ctrl-C --------------------------------------------------------------------------------------

@test "Ctrl-C leaves the best model so far and says so" {
    start --train train.lts --epochs 1000000
    await_rows log.tsv.partial 3
    kill -INT $pid
    wait $pid || status=$?
    assert_equal "$status" 130
    run -0 cat said
    assert_output --regexp '^lint-train: stopped after epoch [0-9]+; m has the best epoch so far, [0-9]+$'
    local kept
    kept=$(column log.tsv best | grep -n 1 | tail -1 | cut -d: -f1)
    assert_output --regexp ", $kept\$"
    # The model is that of this epoch: a run of so many epochs with the same seed ends with it.
    run -0 headers m
    assert_output --partial "\\\"epoch\\\":$kept,"
}

@test "Ctrl-C while it waits for a pipe leaves the model of the last whole epoch" {
    mkfifo pipe
    start --epochs 9 --schedule constant --train pipe
    exec 7>pipe
    cat marked.lts >&7
    await_rows log.tsv.partial 2
    kill -TERM $pid
    wait $pid || status=$?
    exec 7>&-
    assert_equal "$status" 143
    assert_regex "$(cat said)" '^lint-train: stopped after epoch 2; m has the best epoch so far, [12]$'
    head -c $(($(stat -c %s marked.lts) * 2 / 3)) marked.lts >two.lts
    train --epochs 2 --schedule constant --train two.lts -o n
    tensor m fc1.weight x4 >m.txt
    tensor n fc1.weight x4 >n.txt
    assert [ -s m.txt ]
    cmp m.txt n.txt
}

@test "a closed terminal ends it as Ctrl-C does, unless nohup started it" {
    start --train train.lts --epochs 1000000
    await_rows log.tsv.partial 2
    kill -HUP $pid
    wait $pid || status=$?
    assert_equal "$status" 129
    assert_regex "$(cat said)" '^lint-train: stopped after epoch [0-9]+; m has the best epoch so far, '
    rm m log.tsv
    nohup lint-train --net tiny.net --train train.lts --epochs 1000000 -o m --log log.tsv 2>said 3>&- &
    pid=$!
    await_rows log.tsv.partial 2
    kill -HUP $pid
    await_rows log.tsv.partial $(($(rows log.tsv.partial | wc -l) + 2))
    kill -INT $pid
    status=0
    wait $pid || status=$?
    assert_equal "$status" 130
}

@test "Ctrl-C before the first epoch is complete leaves no model" {
    mkfifo pipe
    tiny n=24 frame=4 epochs=1 >slow.lts
    start --epochs 1 --train pipe
    exec 7>pipe
    head -c $(($(stat -c %s slow.lts) / 2)) slow.lts >&7
    await_rows log.tsv.partial 0
    kill -INT $pid
    wait $pid || status=$?
    exec 7>&-
    assert_equal "$status" 1
    assert_equal "$(cat said)" 'lint-train: stopped before the first epoch was complete, so there is no model'
    assert_not_exist m
}

@test "nobody waits for a FIFO that an index of weights names" {
    "$SUPPORT/tiny-samples" n=12 >s.lts
    echo '{"weight_map":{"0.weight":"fifo.safetensors"}}' >weights.index.json
    mkfifo fifo.safetensors
    run -1 timeout 20 lint-train -q --net "$SUPPORT/tiny.net" --init weights.index.json -t s.lts --epochs 1 -o m
    assert_output 'lint-train: fifo.safetensors: not a regular file'
}

@test "what lies where the log will be written goes, and is not written through" {
    "$SUPPORT/tiny-samples" n=12 >s.lts
    echo mine >victim
    ln -s victim log.tsv.partial
    lint-train -q --net "$SUPPORT/tiny.net" -t s.lts --epochs 1 --log log.tsv -o m
    assert_equal "$(<victim)" mine
    assert [ ! -L log.tsv ]
    assert_file_contains log.tsv '^1	'
    mkfifo log.tsv.partial
    timeout 60 lint-train -q --net "$SUPPORT/tiny.net" -t s.lts --epochs 1 --log log.tsv -o m
    mkdir log.tsv.partial
    run -1 lint-train -q --net "$SUPPORT/tiny.net" -t s.lts --epochs 1 --log log.tsv -o m
    assert_output 'lint-train: log.tsv: Is a directory'
}
