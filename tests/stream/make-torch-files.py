#!/usr/bin/env python3
"""Makes bad-torch/: files that look like those of torch.save, and must be refused.

    make-torch-files.py DIR    (DIR/bad-torch/...)

A folder is named after the words (spaces as underscores) that the reader's message must hold. Each
file breaks one rule. Written without PyTorch, since its own files break none. good/ has a file as
Python 2 wrote it.
"""
import os
import struct
import sys
import zlib

out = sys.argv[1]

# --- pickles -----------------------------------------------------------------------------------------


def text(s):
    s = s if isinstance(s, bytes) else s.encode()
    return b"X" + struct.pack("<I", len(s)) + s


def number(n):
    return b"J" + struct.pack("<i", n) if -(1 << 31) <= n < 1 << 31 else b"\x8a\x08" + struct.pack("<q", n)


def tuple_(*items):
    return b"(" + b"".join(items) + b"t"


def numbers(n):
    return tuple_(*map(number, n))


def name(module, what):
    return b"c" + module.encode() + b"\n" + what.encode() + b"\n"


def dict_(*items):
    """Of key, value, key, value..."""
    return b"}(" + b"".join(items) + b"u"


ORDERED = name("collections", "OrderedDict")
NO_HOOKS = ORDERED + b")R"
V2 = name("torch._utils", "_rebuild_tensor_v2")


def storage(n=4, key="0", kind="FloatStorage", *more):
    return tuple_(text("storage"), name("torch", kind), text(key), text("cpu"), number(n), *more) + b"Q"


def tensor(of=storage(), offset=0, size=(4,), stride=(1,), rebuild=V2):
    return rebuild + tuple_(of, number(offset), numbers(size), numbers(stride), b"\x89", NO_HOOKS) + b"R"


def pickle(value):
    return b"\x80\x02" + value + b"."


A = text("a")
ONE = pickle(dict_(A, tensor()))
FOUR = struct.pack("<4f", 1, 2, 3, 4)

# --- files -------------------------------------------------------------------------------------------


def zipped(members, method=0, flags=0, crc=None, packed=None, wide=False, at_add=0, entries=None, cd_add=0,
           local_name=None, extra=b"", disk=0):
    """A zip archive of (name, bytes) members, whose directory may lie about the first."""
    data, directory = b"", b""
    for i, (member, body) in enumerate(members):
        lie = i == 0
        member = member if isinstance(member, bytes) else member.encode()
        local = local_name if local_name and lie else member
        sum_ = crc if crc is not None and lie else zlib.crc32(body)
        size = len(body) if packed is None or not lie else packed
        at = len(data) + (at_add if lie else 0)
        data += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, flags, method, 0, 0, sum_, size, len(body), len(local), 0)
        data += local + body
        more = extra if lie else b""
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, flags if lie else 0, method if lie else 0,
                                 0, 0, sum_, 0xFFFFFFFF if wide and lie else size, len(body), len(member), len(more),
                                 0, 0, 0, 0, at & 0xFFFFFFFF)
        directory += member + more
    n = len(members) if entries is None else entries
    return data + directory + struct.pack("<IHHHHIIH", 0x06054B50, disk, disk, n, n, len(directory),
                                          (len(data) + cd_add) & 0xFFFFFFFF, 0)


def archive(value=ONE, data=FOUR, *more, **lies):
    return zipped([("a/data.pkl", value), ("a/data/0", data), *more], **lies)


MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
LITTLE = pickle(dict_(text("little_endian"), b"\x88"))


def old(value=ONE, keys=(A,), storages=((4, FOUR),), version=1001, machine=LITTLE):
    body = MAGIC + pickle(number(version)) + machine + value
    body += pickle(b"](" + b"".join(keys) + b"e") if isinstance(keys, tuple) else keys
    return body + b"".join(struct.pack("<q", n) + data for n, data in storages)


OLD = pickle(dict_(A, tensor(storage(4, "a"))))
KEY = (text("a"),)


def put(folder, file, content):
    os.makedirs(os.path.join(out, folder), exist_ok=True)
    with open(os.path.join(out, folder, file + ".pth"), "wb") as f:
        f.write(content)


def bad(error, file, content):
    put("bad-torch/" + error, file, content)


def bad_value(error, file, value):
    bad(error, file, archive(pickle(value)))


V1 = name("torch._utils", "_rebuild_tensor")
python2 = V1 + tuple_(storage(4, "k", "FloatStorage", b"N"), number(0), numbers((2, 2)), numbers((2, 1))) + b"R"
put("good-torch", "python-2", old(pickle(ORDERED + b"](](U\1a" + python2 + b"ee\x85R"), (b"U\1k",)))
put("good-torch", "zip", archive())
put("good-torch", "shuffled", zipped([("a/data/0", FOUR), ("a/data.pkl", ONE), ("a/byteorder", b"little")]))

# The archive.
whole = archive()
bad("without_the_directory_at_its_end", "cut", whole[:-1])
bad("without_the_directory_at_its_end", "half", whole[:len(whole) // 2])
bad("without_the_directory_at_its_end", "start", b"PK\3\4")
bad("lies_outside_it", "offset", archive(cd_add=1 << 20))
bad("lies_outside_it", "huge", archive(cd_add=0xFFFF0000))
bad("damaged_directory", "more-entries", archive(entries=3))
bad("damaged_directory", "shifted", archive(cd_add=-1))
bad("damaged_directory", "many-entries", archive(entries=65535))
bad("not_where_the_directory_says", "shifted", archive(at_add=1))
bad("not_where_the_directory_says", "past-the-end", archive(at_add=1 << 30))
bad("not_where_the_directory_says", "other-name", archive(local_name=b"b/data.pkl"))
bad("not_where_the_directory_says", "too-long", zipped([("a/data.pkl", ONE)], packed=5000))
bad("of_two_sizes", "packed", archive(packed=len(ONE) - 1))
bad("is_encrypted", "pickle", archive(flags=1))
bad("is_compressed", "deflated", archive(method=8))
bad("its_CRC_is", "pickle", archive(crc=1))
bad("its_CRC_is", "data", zipped([("a/data/0", FOUR), ("a/data.pkl", ONE)], crc=1))
bad("lacks_its_zip64_sizes", "none", archive(wide=True))
bad("lacks_its_zip64_sizes", "short", archive(wide=True, extra=struct.pack("<HHI", 1, 4, 9)))
bad("lacks_its_zip64_sizes", "past-the-end", archive(wide=True, extra=struct.pack("<HHQ", 1, 80, 9)))
bad("not_where_its_locator_says", "nowhere",
    whole[:-22] + struct.pack("<IIQI", 0x07064B50, 0, 1 << 63, 1) + whole[-22:])
bad("of_several_disks", "second", archive(disk=1))
bad("with_two_members", "same-name", zipped([("a/data.pkl", ONE), ("a/data.pkl", ONE)]))
# A member that lies within another one, header and all.
inner = zipped([("a/data/0", FOUR)])[:30 + 8 + 16]
bad("overlap", "within",
    zipped([("a/data/0", FOUR), ("a/outer", inner), ("a/data.pkl", ONE)], at_add=len(inner) + 30 + 7))
bad("NUL_in_its_name", "pickle", zipped([("a/data.pkl\0b", ONE)]))
bad("without_data.pkl", "empty", b"PK\3\4" + zipped([]))
bad("without_data.pkl", "other", zipped([("a/other", ONE)]))
bad("without_data.pkl", "no-folder", zipped([("data.pkl", ONE), ("data/0", FOUR)]))
bad("expected_one_of_PyTorch", "two", archive(ONE, FOUR, ("b/data.pkl", ONE)))
bad("a_TorchScript_program", "script", archive(ONE, FOUR, ("a/constants.pkl", ONE)))
bad("its_byte_order_is", "big", archive(ONE, FOUR, ("a/byteorder", b"big")))
bad("its_byte_order_is", "nothing", archive(ONE, FOUR, ("a/byteorder", b"")))
bad("its_byte_order_is", "old", old(OLD, KEY, machine=pickle(dict_(text("little_endian"), b"\x89"))))
bad("its_byte_order_is", "old-none", old(OLD, KEY, machine=pickle(dict_())))

# The pickle's opcodes.
bad("ends_within_an_opcode", "empty", archive(b""))
bad("ends_within_an_opcode", "no-stop", archive(ONE[:-1]))
bad("ends_within_an_opcode", "text", archive(b"\x80\x02X\xff\xff\xff\x7fab."))
bad("ends_within_an_opcode", "line", archive(b"\x80\x02ctorch\nFloatStorage"))
bad("ends_within_an_opcode", "long", archive(b"\x80\x02\x8a\xff\1."))
bad("unknown_opcode", "letter", archive(b"\x80\x02Z."))
bad("unknown_opcode", "ff", archive(b"\x80\x02\xff."))
for code, word in ((b"\x93", "STACK_GLOBAL"), (b"i", "INST"), (b"\x81", "NEWOBJ"), (b"o", "OBJ"), (b"\x82", "EXT1"),
                   (b"\x92", "NEWOBJ_EX"), (b"P", "PERSID"), (b"2", "DUP"), (b"\x95", "FRAME"), (b"I", "INT")):
    bad("the_opcode_" + word + ",", "one", archive(pickle(b"N" + code)))
bad("of_protocol_6", "one", archive(b"\x80\x06N."))
bad("which_is_no_part_of_a_state_dict", "system",
    archive(pickle(name("os", "system") + tuple_(text("touch harmed")) + b"R")))
bad("which_is_no_part_of_a_state_dict", "eval",
    archive(pickle(dict_(A, name("builtins", "eval") + tuple_(text("1")) + b"R"))))
bad("which_is_no_part_of_a_state_dict", "numpy", archive(pickle(name("numpy.core.multiarray", "scalar"))))
bad("which_is_no_part_of_a_state_dict", "module", archive(pickle(name("torch.nn.modules.linear", "Linear"))))
bad("which_is_no_part_of_a_state_dict", "complex", archive(pickle(name("torch", "ComplexFloatStorage"))))
bad("which_is_no_part_of_a_state_dict", "begins-alike", archive(pickle(name("torch", "FloatStorage2"))))
bad("which_is_no_part_of_a_state_dict", "space", archive(pickle(name("torch FloatStorage", ""))))
bad("which_is_no_part_of_a_state_dict", "old", old(pickle(name("os", "system"))))
bad("too_few_values", "nothing", archive(pickle(b"t")))
bad("too_few_values", "tuple", archive(pickle(b"N\x86")))
bad("too_few_values", "setitem", archive(pickle(b"}Ns")))
bad("too_few_values", "below-a-mark", archive(pickle(b"}(NNs")))
bad("too_few_values", "call", archive(pickle(b"R")))
bad("too_few_values", "put", archive(pickle(b"q\0N")))
bad("too_few_values", "append-to-a-mark", archive(pickle(b"((e")))
bad("it_ends_with", "nothing", archive(pickle(b"")))
bad("it_ends_with", "two", archive(pickle(b"NN")))
bad("it_ends_with", "mark", archive(pickle(b"N(")))
bad("is_no_function", "number", archive(pickle(b"K\1)R")))
bad("is_no_function", "arguments", archive(pickle(V2 + b"]R")))
bad("that_has_none", "tuple", archive(pickle(b")(NNu")))
bad("that_has_none", "list", archive(pickle(b"]NNs")))
bad("that_has_none", "dict", archive(pickle(b"}Na")))
bad("that_has_none", "odd", archive(pickle(b"}(Nu")))
bad("that_has_none", "global", archive(pickle(V2 + b"(NNu")))
bad("sets_attributes", "list", archive(pickle(b"]}b")))
bad("something_else_than_pairs", "number", archive(pickle(ORDERED + b"K\1\x85R")))
bad("something_else_than_pairs", "triple", archive(pickle(ORDERED + b"]" + tuple_(b"N", b"N", b"N") + b"a\x85R")))
bad("something_else_than_pairs", "two-arguments", archive(pickle(ORDERED + b"]]\x86R")))
# A list of ten pairs, remembered and made a dict twenty times.
ten = b"](" + b"NN\x86" * 10 + b"eq\0"
bad("more_items_of_OrderedDicts_than_bytes", "repeated",
    archive(pickle(b"(" + ten + (ORDERED + b"q\1h\0\x85q\2R") + b"h\1h\2R" * 20 + b"t")))
bad("follows_memo", "huge", archive(pickle(b"Nr\xff\xff\xff\xff")))
bad("follows_memo", "gap", archive(pickle(b"Nq\1")))
bad("no_memo", "get", archive(pickle(b"h\0")))
bad("no_memo", "long", archive(pickle(b"Nq\0j\xff\xff\xff\xff")))

# What the values mean.
bad_value("expected_a_dict_of_tensors", "list", b"]")
bad_value("expected_a_dict_of_tensors", "tensor", tensor())
bad_value("expected_a_dict_of_tensors", "none", b"N")
bad_value("expected_a_dict_of_tensors", "deep", b"N" + b"\x85" * 5000)
bad_value("without_tensors", "empty", b"}")
bad_value("without_tensors", "ordered", NO_HOOKS)
bad_value("save_those_that_you_mean", "both", dict_(text("model"), dict_(A, tensor()), text("state_dict"), b"}"))
bad_value("save_those_that_you_mean", "ema", dict_(text("state_dict"), b"}", text("state_dict_ema"), b"}"))
bad_value("two_tensors_of_the_name", "same", dict_(A, tensor(), A, tensor()))
bad_value("two_tensors_of_the_name", "other-dtype",
          dict_(A, tensor(), text("b"), tensor(), A, tensor(storage(2, "0", "DoubleStorage"), 0, (2,))))
bad_value("is_a_dict,_expected_a_tensor", "itself", b"}q\0" + A + b"h\0s")
bad_value("is_a_list,_expected_a_tensor", "itself", b"}" + A + b"]q\0h\0as")
bad_value("is_a_number,_expected_a_tensor", "number", dict_(A, number(3)))
bad_value("is_a_number,_expected_a_tensor", "among-tensors", dict_(A, tensor(), text("b"), b"G" + bytes(8)))
bad_value("is_a_number,_expected_a_tensor", "long", dict_(A, b"\x8a\x09" + b"\xff" * 9))
bad_value("is_a_storage,_expected_a_tensor", "storage", dict_(A, storage()))
bad_value("is_a_text,_expected_a_tensor", "text", dict_(A, A))
bad_value("is_a_class,_expected_a_tensor", "class", dict_(A, V2))
bad_value("expected_a_text", "number", dict_(number(1), tensor()))
bad_value("is_not_a_valid_tensor_name", "NUL", dict_(text("a\0b"), tensor()))
bad_value("is_not_a_valid_tensor_name", "UTF-8", dict_(text(b"\xff"), tensor()))
bad_value("is_not_a_valid_tensor_name", "metadata", dict_(text("__metadata__"), tensor()))
P = name("torch._utils", "_rebuild_parameter")
for file, value in (
        ("no-arguments", V2 + b")R"), ("three-arguments", V2 + tuple_(storage(), number(0), numbers((4,))) + b"R"),
        ("negative-size", tensor(size=(-4,))), ("negative-stride", tensor(stride=(-1,))),
        ("negative-offset", tensor(offset=-1)), ("ranks", tensor(size=(2, 2))),
        ("rank-65", tensor(size=(1,) * 65, stride=(1,) * 65)),
        ("overflow", tensor(size=(1 << 62, 1 << 62), stride=(0, 0))),
        ("list", V2 + tuple_(storage(), number(0), b"](K\4e", numbers((1,))) + b"R"),
        ("number", V2 + b"K\1\x85R"), ("parameter-of-nothing", P + b")R"), ("parameter-of-none", P + b"N\x85R"),
        ("parameter-twice", P + tuple_(P + tuple_(tensor()) + b"R") + b"R")):
    bad_value("it_is_not_described", file, dict_(A, value))
for file, value in (
        ("no-storage", b"N"), ("global", name("torch", "FloatStorage")), ("text", text("0") + b"Q"),
        ("short", tuple_(text("storage"), name("torch", "FloatStorage")) + b"Q"),
        ("word", tuple_(text("module"), name("torch", "FloatStorage"), text("0"), text("cpu"), number(4)) + b"Q"),
        ("class", tuple_(text("storage"), V2, text("0"), text("cpu"), number(4)) + b"Q"),
        ("key", tuple_(text("storage"), name("torch", "FloatStorage"), number(0), text("cpu"), number(4)) + b"Q"),
        ("negative", storage(-1))):
    bad_value("its_storage_is_not_described", file, dict_(A, tensor(value)))
bad_value("part_of_another_one", "view", dict_(A, tensor(storage(4, "0", "FloatStorage", tuple_()))))
bad_value("lacks_its_storage", "key", dict_(A, tensor(storage(4, "1"))))
bad_value("lacks_its_storage", "upwards", dict_(A, tensor(storage(4, "../data/0"))))
bad_value("lacks_its_storage", "long-key", dict_(A, tensor(storage(4, "0" * 5000))))
bad_value("its_storage_has_16_bytes", "too-small", dict_(A, tensor(storage(5))))
bad_value("its_storage_has_16_bytes", "too-large", dict_(A, tensor(storage(3))))
bad_value("its_storage_has_16_bytes", "wider", dict_(A, tensor(storage(4, "0", "DoubleStorage"))))
bad_value("its_storage_has_16_bytes", "overflow", dict_(A, tensor(storage((1 << 62) + 4))))
for file, lie in (("offset", dict(offset=1)), ("size", dict(size=(5,))), ("stride", dict(stride=(2,))),
                  ("huge-stride", dict(stride=(1 << 62,))), ("huge-offset", dict(offset=(1 << 63) - 1)),
                  ("to-the-start", dict(size=(3,), stride=((1 << 63) - 1,))),
                  ("repeated", dict(size=(1 << 40,), stride=(0,))),
                  ("overlapping", dict(size=(3, 2), stride=(1, 1)))):
    bad_value("strides_reach_outside", file, dict_(A, tensor(**lie)))
# Two hundred transposed tensors of one storage, with what they share in the memo.
parts = text("x") + tuple_(storage(1024) + b"q\0", numbers((32, 32)) + b"q\1", numbers((1, 32)) + b"q\2")
many = b"".join(text(str(i)) + V2 + b"(h\0K\0h\1h\2\x89Nt" + b"R" for i in range(200))
bad("share_storages_too_often", "transposed",
    archive(pickle(b"}(" + parts + text("model") + dict_(many) + b"u"), bytes(4096)))

# The old format.
bad("in_an_unknown_version", "two", old(OLD, KEY, version=2))
bad("are_not_listed", "number", old(OLD, pickle(b"K\1")))
bad("that_no_tensor_names", "other", old(OLD, (text("b"),)))
bad("that_no_tensor_names", "number", old(OLD, (number(1),)))
bad("that_no_tensor_names", "twice", old(OLD, KEY * 2, ((4, FOUR),) * 2))
bad("the_file_lacks_its_storage", "old", old(OLD, ()))
bad("it_ends_before_a_storage", "cut", old(OLD, KEY, ()))
bad("it_ends_within_a_storage", "cut", old(OLD, KEY, ((4, FOUR[:-1]),)))
bad("it_ends_within_a_storage", "huge", old(OLD, KEY, ((1 << 62, FOUR),)))
bad("it_ends_within_a_storage", "negative", old(OLD, KEY, ((-1, FOUR),)))
bad("its_storage_has_3_elements", "fewer", old(OLD, KEY, ((3, FOUR),)))
bad("a_storage_of_two_dtypes", "two", old(pickle(dict_(A, tensor(storage(4, "a")), text("b"), tensor(
    storage(4, "a", "HalfStorage")))), KEY))
bad("ends_within_an_opcode", "old-magic-alone", MAGIC)
bad("ends_within_an_opcode", "old-cut", old(OLD, KEY)[:120])
bad("none_that_torch.save_wrote", "plain", pickle(dict_(A, number(1))))
bad("none_that_torch.save_wrote", "numpy", pickle(name("numpy.core.multiarray", "_reconstruct")))
bad("a_tar_archive", "tar", b"sys_info".ljust(257, b"\0") + b"ustar\0" + b"00".ljust(249, b"\0"))
