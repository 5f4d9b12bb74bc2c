load ../support/helpers

setup() { cd "$BATS_TEST_TMPDIR"; }

# drawn DIR OPTION...: a small set of leopards and orcas.
drawn() {
    local dir=$1
    shift
    lint-synth -q --size 40 --train 6,4 --val 2 --test 9,6 "$@" -o "$dir" orca-leopard
}

# cutouts DIR N, photos DIR N: pictures called 01.png and so on, each of its own colour.
cutouts() {
    local i
    for ((i = 1; i <= $2; i++)); do
        printf '%s/%02d.png 24x24 0,0,0,0 %d,%d,200,255\n' "$1" "$i" "$((i * 9))" "$((255 - i * 9))"
    done | "$SUPPORT/pictures"
}
photos() {
    local i
    for ((i = 1; i <= $2; i++)); do
        printf '%s/%02d.png 50x40 %d,%s\n' "$1" "$i" "$((i * 20))" "$3"
    done | "$SUPPORT/pictures"
}

# Folders of two classes, one with too few individuals to divide, and of two places.
pets() {
    cutouts cats "${1:-3}"
    cutouts dogs "${2:-3}"
    photos sofa 4 0,0
    photos lawn 5 200,0
}
compose() {
    lint-synth --size 32 --train 20 --val 4 --test 8 --objects cat=cats dog=dogs \
        --places sofa=sofa lawn=lawn "$@"
}

# column N METADATA: a field of every row but the first.
column() { tail -n +2 "$2" | cut -d, -f"$1"; }
# groups METADATA: how many pictures there are of each split, class and place.
groups() { tail -n +2 "$1" | awk -F, '{print $4, $3, $5}' | sort | uniq -c | awk '{print $2, $3, $4, $1}'; }

# --- usage ---------------------------------------------------------------------------------------

@test "wrong usage ends with status 2 and one line" {
    local wrong
    for wrong in "" "-o x" "orca-leopard" "-o x zebra" "-o x orca-leopard more" \
        "-o x --train 1,2,3 orca-leopard" "-o x --train 1, orca-leopard" "-o x --train -1 orca-leopard" \
        "-o x --val x orca-leopard" "-o x --test 99999999999 orca-leopard" "-o x --size 0 orca-leopard" \
        "-o x --size 4096 orca-leopard" "-o x --correlation 1.1 orca-leopard" \
        "-o x --object-min 0.6 --object-max 0.5 orca-leopard" "-o x --objects a=b orca-leopard" \
        "-o x --test-correlation 1 orca-leopard" "-o x --objects a=b" "-o x --places a=b" \
        "-o x --threads x orca-leopard" "-o x --root / orca-leopard" \
        "-o x --hold-out-at 3 orca-leopard" "-o"; do
        run -2 --separate-stderr lint-synth $wrong
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-synth: '
        assert_output ''
        assert_file_not_exist x
    done
}

@test "--help is a screen with an example" {
    run -0 lint-synth --help
    assert_line --regexp '^Usage: lint-synth '
    assert_line --partial 'lint-synth orca-leopard -o data/orca-leopard'
    assert [ "${#lines[@]}" -le 60 ]
}

@test "--help to a full disk, to a closed output, and to a reader that leaves" {
    run -1 bash -c 'lint-synth --help >/dev/full'
    assert_output --partial 'No space left on device'
    run -1 bash -c 'lint-synth --help >&-'
    assert_output --partial 'lint-synth: '
    run -0 bash -c 'lint-synth --help | head -c 1'
    assert_output U
}

@test "a folder that holds something stays as it is" {
    mkdir full
    echo mine >full/file
    run -1 drawn full
    assert_output 'lint-synth: full: exists and is not empty; remove it first'
    assert_equal "$(cat full/file)" mine
}

@test "an empty folder is filled, a file or a device is an error" {
    mkdir empty
    drawn empty/
    assert_file_exist empty/metadata.csv
    echo mine >file
    run -1 drawn file
    assert_output 'lint-synth: file: Not a directory'
    run -1 drawn /dev/full
    assert_output --partial 'lint-synth: /dev/full: '
    run -1 drawn missing/set
    assert_output 'lint-synth: missing/set: No such file or directory'
}

@test "nothing is left where a set could not be made" {
    pets
    head -c 60 cats/02.png >cut && mv cut cats/02.png
    run -1 compose -q -o set
    assert_output --regexp '^lint-synth: cats/02.png: [^
]*$'
    assert_equal "$(ls | grep -c set)" 0
}

@test "a disk that fills up leaves nothing behind" {
    (
        ulimit -f 1 # 1024 bytes a file; a picture takes more
        trap '' XFSZ
        run -1 --separate-stderr drawn set
        assert_regex "$stderr" '^lint-synth: .*File too large$'
    )
    assert_equal "$(ls | grep -c set)" 0
}

# --- drawn ---------------------------------------------------------------------------------------

@test "a drawn set has the pictures asked for, each with its mask" {
    drawn set
    assert_equal "$(cat set/classes.txt)" $'leopard\norca'
    assert_equal "$(cat set/places.txt)" $'green\nblue\nodd'
    assert_equal "$(head -n 1 set/metadata.csv)" 'img_id,img_filename,y,split,place,place_filename'
    assert_equal "$(column 1 set/metadata.csv)" "$(seq 29)"
    diff <(column 2 set/metadata.csv | sort) <(cd set && printf '%s\n' images/* | LC_ALL=C sort)
    diff <(ls set/images) <(ls set/masks)
}

@test "training and validation show each animal at home; the test shows both everywhere" {
    drawn set
    run -0 groups set/metadata.csv
    assert_output '0 0 0 6
0 1 1 4
1 0 0 2
1 1 1 2
2 0 0 3
2 0 1 3
2 0 2 3
2 1 0 2
2 1 1 2
2 1 2 2'
}

@test "every kind of ground comes, with its place" {
    drawn set --test 9
    run -0 bash -c 'tail -n +2 set/metadata.csv | cut -d, -f5,6 | sort -u'
    assert_output '0,forest
0,grass
0,savanna
1,sea
1,sky
1,surf
2,autumn
2,dusk
2,yellow'
}

@test "--correlation counts whole pictures, the same in every class" {
    drawn set --train 20,10 --correlation 0.9 --val-correlation 0.5
    run -0 bash -c 'grep -v img_id set/metadata.csv | awk -F, "\$4 < 2 {print \$4, \$3, \$5}" | sort | uniq -c | tr -s " "'
    assert_output ' 18 0 0 0
 2 0 0 1
 1 0 1 0
 9 0 1 1
 1 1 0 0
 1 1 0 1
 1 1 1 0
 1 1 1 1'
}

@test "the same seed gives the same bytes, for any number of threads; another seed others" {
    drawn one --threads 1
    drawn two --threads 2
    drawn again --threads 2
    drawn other --seed 1
    diff -r one two
    diff -r one again
    run ! cmp -s one/images/train-0000.png other/images/train-0000.png
}

@test "more training pictures leave validation and test as they were" {
    drawn small
    drawn large --train 12,8
    diff <(cd small && cksum images/{val,test}-* masks/{val,test}-*) \
        <(cd large && cksum images/{val,test}-* masks/{val,test}-*)
}

@test "a split may be empty, and a class may be" {
    drawn set --train 0,3 --val 0 --test 0
    assert_equal "$(groups set/metadata.csv)" '0 1 1 3'
    drawn none --train 0 --val 0 --test 0
    assert_equal "$(wc -l <none/metadata.csv)" 1
}

@test "lint-split takes the set with classes, places and masks" {
    drawn set
    lint-split -q --size 40 set -o streams
    run -0 bash -c 'head -c 2000 streams/test.lts | tr -d "\0"'
    assert_output --partial '"classes":"[\"leopard\",\"orca\"]"'
    assert_output --partial '"places":"[\"green\",\"blue\",\"odd\"]"'
    assert_output --partial '"mask":{"dtype":"U8","shape":[15,40,40]'
}

@test "pictures need not be square" {
    drawn set --size 60x30
    lint-split -q --size 60x30 set -o streams
    run -0 bash -c 'head -c 2000 streams/val.lts | tr -d "\0"'
    assert_output --partial '"image":{"dtype":"U8","shape":[4,30,60,3]'
}

# --- composed ------------------------------------------------------------------------------------

@test "class A stands on place X and B on Y as often as --correlation says" {
    pets
    compose -q -o set --correlation 0.95 --val-correlation 0.75 --test-correlation 0.25
    assert_equal "$(cat set/classes.txt set/places.txt)" $'cat\ndog\nsofa\nlawn'
    run -0 groups set/metadata.csv
    assert_output '0 0 0 19
0 0 1 1
0 1 0 1
0 1 1 19
1 0 0 3
1 0 1 1
1 1 0 1
1 1 1 3
2 0 0 2
2 0 1 6
2 1 0 6
2 1 1 2'
}

@test "without being told, validation is like training and the test is even" {
    pets
    compose -q -o set --correlation 1
    run -0 groups set/metadata.csv
    assert_output '0 0 0 20
0 1 1 20
1 0 0 4
1 1 1 4
2 0 0 4
2 0 1 4
2 1 0 4
2 1 1 4'
}

@test "--objects may be given again instead" {
    pets
    compose -q -o one
    lint-synth -q --size 32 --train 20 --val 4 --test 8 --objects cat=cats --objects dog=dogs \
        --places sofa=sofa --places lawn=lawn -o two
    diff -r one two
}

@test "the test's places are none of the training's" {
    pets
    compose -q -o set
    local set=set/metadata.csv
    run -0 comm -12 <(tail -n +2 $set | awk -F, '$4 < 2 {print $5, $6}' | sort -u) \
        <(tail -n +2 $set | awk -F, '$4 == 2 {print $5, $6}' | sort -u)
    assert_output ''
    # and all of them are used
    assert_equal "$(tail -n +2 $set | cut -d, -f5,6 | sort -u | wc -l)" 9
}

@test "individuals are divided where every class has enough of them" {
    pets 8 5
    run -0 --separate-stderr compose -o few --hold-out-at 6
    assert_equal "${stderr_lines[0]}" \
        'lint-synth: class cat: 8 files, 8 different, shared by training and test: too few to divide'
    run -0 --separate-stderr compose -o enough --hold-out-at 5
    assert_equal "${stderr_lines[0]}" 'lint-synth: class cat: 6 files for training, 2 others for the test'
    assert_equal "${stderr_lines[1]}" 'lint-synth: class dog: 4 files for training, 1 others for the test'
    run -0 --separate-stderr compose -q -o quiet
    assert_equal "$stderr" ''
}

@test "an object is where its mask says, near the centre" {
    cutouts cats 1
    cutouts dogs 1
    photos sofa 1 0,0
    photos lawn 1 0,0
    compose -q -o set --jitter 0 --size 64 --train 1 --val 1 --test 1
    lint-split -q --size 64 set -o streams
    # rows of the mask of the one cat: as much above the middle as below, and not all of it
    run -0 bash -c 'perl -e '\''
        local $/; my $f = <STDIN>; my $n = unpack "Q<", $f;
        my ($at) = substr($f, 8, $n) =~ /"mask":\{[^}]*"data_offsets":\[(\d+)/;
        my @m = unpack "C*", substr($f, 8 + $n + $at, 64 * 64);
        my ($top, $all) = (0, 0);
        for my $i (0 .. $#m) { next if !$m[$i]; $all++; $top++ if $i < 64 * 32; }
        print abs(2 * $top - $all) < 64 ? "centred" : "not centred: $top of $all",
            $all > 400 && $all < 2400 ? " and of some size" : " but $all";
    '\'' <streams/train.lts'
    assert_output 'centred and of some size'
}

@test "a list says class, path, individual; place, path, side and part" {
    pets
    printf '# cats and dogs\ncat\tcats/01.png\tTom\ncat\tcats/02.png\tTom\ndog\tdogs/01.png\n' >objects.tsv
    printf 'sofa\tsofa/01.png\ttrain\nsofa\tsofa/02.png\ttest\t0,0,0.5,1\nlawn\tlawn/01.png\t-\n' >places.tsv
    run -0 --separate-stderr lint-synth --size 32 --train 4 --val 0 --test 4 --objects objects.tsv \
        --places places.tsv -o set
    assert_equal "$stderr" 'lint-synth: class cat: 2 files, 1 different, shared by training and test: too few to divide
lint-synth: class dog: 1 files, 1 different, shared by training and test: too few to divide
lint-synth: place sofa: 1 files for training, 1 others for the test
lint-synth: place lawn: 1 files, 1 different, shared by training and test: too few to divide'
    run -0 bash -c 'tail -n +2 set/metadata.csv | awk -F, "\$5 == 0 {print \$4, \$6}" | sort -u'
    assert_output '0 sofa/01.png
2 sofa/02.png'
    # the same lists from elsewhere
    mkdir elsewhere
    mv objects.tsv places.tsv elsewhere
    lint-synth -q --size 32 --train 4 --val 0 --test 4 --objects elsewhere/objects.tsv \
        --places elsewhere/places.tsv --root "$PWD" -o rooted
    diff -r set rooted
}

@test "a line that cannot be read is named" {
    pets
    local line
    for line in 'sofa' 'sofa\t' '\tsofa/01.png' 'sofa\tsofa/01.png\tboth' \
        'sofa\tsofa/01.png\ttrain\t0,0,1' 'sofa\tsofa/01.png\ttrain\t0,0,0,1' \
        'sofa\tsofa/01.png\ttrain\t0,0,1,nan' 'sofa\tsofa/01.png\ttrain\t0,0,1,1\tmore'; do
        printf "# places\n$line\n" >places.tsv
        run -1 --separate-stderr lint-synth --objects cat=cats --places places.tsv -o set
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" '^lint-synth: places.tsv: line 2: '
    done
}

@test "folders that are missing or empty, and pictures that are no cut-outs, are named" {
    pets
    mkdir none
    local where what
    for where in none missing cats/01.png; do
        run -1 --separate-stderr lint-synth --objects cat=$where --places sofa=sofa -o set
        assert_equal "${#stderr_lines[@]}" 1
        assert_regex "$stderr" "^lint-synth: $where: "
    done
    : >empty.tsv
    run -1 lint-synth --objects empty.tsv --places sofa=sofa -o set
    assert_output 'lint-synth: empty.tsv: no pictures in it'
    run -1 lint-synth --objects cat=sofa --places sofa=sofa -o set -q
    assert_output --regexp '^lint-synth: sofa/0[1-4].png: no transparency around the object$'
    echo 'ghost/01.png 8x8 1,1,1,0' | "$SUPPORT/pictures"
    run -1 lint-synth --objects ghost=ghost --places sofa=sofa -o set -q
    assert_output 'lint-synth: ghost/01.png: nothing of the cut-out is visible'
    run -1 lint-synth --objects cat=cats dog=dogs --places sofa=sofa -o set
    assert_output 'lint-synth: 2 classes and 1 places: each class needs one place'
    assert_file_not_exist set
}

@test "one class, one cut-out and one photograph are enough" {
    pets 1 1
    lint-synth -q --size 32 --train 2 --val 1 --test 1 --objects cat=cats --places sofa=sofa -o set
    assert_equal "$(groups set/metadata.csv)" $'0 0 0 2\n1 0 0 1\n2 0 0 1'
}

@test "a composed set is the same bytes for any number of threads" {
    pets
    compose -q -o one --threads 1
    compose -q -o two --threads 2
    diff -r one two
}

@test "a name with commas and quotes comes back whole" {
    pets
    mv sofa/01.png 'sofa/a, "b".png'
    rm sofa/0[2-4].png
    compose -q -o set
    assert_equal "$(awk -F, '$5 == 0' set/metadata.csv | cut -d, -f6- | sort -u)" '"a, ""b"".png"'
    lint-split -q --size 32 set -o streams
}

# begin ARGUMENTS...: draws in the background until its folder is there; $pid.
begin() {
    # A suite that nohup started would pass on that SIGHUP is ignored.
    env --default-signal=HUP lint-synth orca-leopard -q --size 64 --train 400 --val 2 --test 2 --threads 1 -o set "$@" 3>&- &
    pid=$!
    local i
    for ((i = 0; i < 500; i++)); do
        compgen -G '.set.*/images/*' >/dev/null && return
        sleep 0.01
    done
    fail 'it does not begin'
}

@test "folders that others made beside it stay, whatever numbers are in their names" {
    local name gone
    (exit 0) & # a number that no process has
    gone=$!
    wait $gone
    for name in set.2024.11 .set.0$gone.0 .set.$gone.100 .set.$gone.0.1 .set.$$.0 .sets.$gone.0 .set.$gone; do
        mkdir -p "$name/images"
        echo mine >"$name/images/a.png"
    done
    mkdir -p ".set.$gone.7/images" # what a killed run leaves
    lint-synth orca-leopard -q --size 16 --train 1 --val 1 --test 1 -o set
    for name in set.2024.11 .set.0$gone.0 .set.$gone.100 .set.$gone.0.1 .set.$$.0 .sets.$gone.0 .set.$gone; do
        assert_file_contains "$name/images/a.png" mine
    done
    assert_not_exists ".set.$gone.7"
}

@test "another user's folder stays" {
    [ "$(id -u)" = 0 ] || skip 'only root makes folders of other users'
    (exit 0) &
    local gone=$!
    wait $gone
    mkdir -p ".set.$gone.0/images"
    echo theirs >".set.$gone.0/images/a.png"
    chown 65534 ".set.$gone.0"
    lint-synth orca-leopard -q --size 16 --train 1 --val 1 --test 1 -o set
    assert_exists ".set.$gone.0/images/a.png"
}

@test "a signal ends it and leaves nothing; what a kill leaves is gone after the next run" {
    local signal status
    for signal in TERM INT HUP; do
        begin
        kill -$signal $pid
        status=0
        wait $pid || status=$?
        assert_equal "$status" $((128 + $(kill -l $signal)))
        assert_equal "$(ls -A | grep -v '^\(said\|pets\)$' || true)" ''
    done
    begin
    kill -KILL $pid
    wait $pid || true
    mkdir set.1 set.12.mine set.13.0
    echo mine >set.13.0/mine.txt
    # The folder of a run that lives stays.
    begin
    lint-synth orca-leopard -q --size 16 --train 1 --val 1 --test 1 -o other
    lint-synth orca-leopard -q --size 16 --train 1 --val 1 --test 1 -o set
    kill -0 $pid
    assert_equal "$(LC_ALL=C ls -A | grep set)" "$(printf '%s\n' ".set.$pid.0" set set.1 set.12.mine set.13.0)"
    assert_exists set.13.0/mine.txt
    kill -TERM $pid
    wait $pid || true # or the folder is removed while it is filled
}

@test "nobody waits for a FIFO among the cut-outs or the photographs, or in a list of them" {
    pets
    rm cats/01.png
    mkfifo cats/01.png
    run -1 timeout 20 lint-synth -q -o set --objects cat=cats dog=dogs --places sofa=sofa lawn=lawn
    assert_output 'lint-synth: cats/01.png: cannot open: not a regular file'
    printf 'cat\tcats/01.png\ndog\tdogs/01.png\ndog\tdogs/02.png\n' >list
    run -1 timeout 20 lint-synth -q -o set --objects list --places sofa=sofa lawn=lawn
    assert_output --partial 'cats/01.png: cannot open: not a regular file'
    rm cats/01.png sofa/01.png
    mkfifo sofa/01.png
    run -1 timeout 20 lint-synth -q -o set --objects cat=cats dog=dogs --places sofa=sofa lawn=lawn
    assert_output 'lint-synth: sofa/01.png: cannot open: not a regular file'
}

@test "a byte order mark before a list is no part of its first name" {
    pets
    printf '\xef\xbb\xbfcat\tcats/01.png\ncat\tcats/02.png\ndog\tdogs/01.png\ndog\tdogs/02.png\n' >list
    lint-synth -q --size 16 --train 2 --val 2 --test 2 -o set --objects list --places sofa=sofa lawn=lawn
    assert_equal "$(cat set/classes.txt)" $'cat\ndog'
}
