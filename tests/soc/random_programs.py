"""Random programs for random_team.c, and the same computed here, one operation after the other."""
import random
import struct

SIDE_BYTES = 4096
LEVELS = (1, 2, 3)


def make(seed, cores, phases=6, operations_per_phase=40):
    """Returns (what the program reads, what it must write)."""
    rng = random.Random(seed)
    part = SIDE_BYTES // cores // 16 * 16
    memory = {level: [bytearray(rng.randbytes(SIDE_BYTES)), bytearray(SIDE_BYTES)] for level in LEVELS}
    first_sides = b"".join(bytes(memory[level][0]) for level in LEVELS)
    operations, ranges = [], []
    side = 0
    for _ in range(phases):
        begin = len(operations)
        for _ in range(operations_per_phase):
            core = rng.randrange(cores)
            operation = word_operation(rng, core, part) if rng.random() < 0.5 else transfer(rng, core, part)
            operations.append(operation)
            apply(memory, side, operation)
        ranges.append((begin, len(operations)))
        side = 1 - side
    sent = struct.pack("<2I", phases, len(operations)) + first_sides
    sent += b"".join(struct.pack("<12I", *operation) for operation in operations)
    sent += b"".join(struct.pack("<2I", *pair) for pair in ranges)
    expected = b"".join(bytes(memory[level][s]) for level in LEVELS for s in (0, 1))
    return sent, expected


def word_operation(rng, core, part):
    def word():
        return 4 * rng.randrange(SIDE_BYTES // 4)
    to = core * part + 4 * rng.randrange(part // 4)
    return (0, core, rng.choice((1, 2)), to, rng.choice((1, 2)), word(), word(), rng.getrandbits(32), 0, 0, 0, 0)


def transfer(rng, core, part):
    rows = rng.randrange(1, 5)
    row_bytes = rng.randrange(0, min(64, part // rows) + 1)
    slack = part // rows - row_bytes
    to_stride = row_bytes + rng.randrange(0, slack + 1)
    from_stride = row_bytes + rng.randrange(0, 40)
    to = core * part + rng.randrange(0, part - (rows - 1) * to_stride - row_bytes + 1)
    source = rng.randrange(0, SIDE_BYTES - (rows - 1) * from_stride - row_bytes + 1)
    return (1, core, rng.choice(LEVELS), to, rng.choice(LEVELS), source, 0, rng.getrandbits(1), row_bytes, rows,
            to_stride, from_stride)


def apply(memory, side, operation):
    (kind, _, to_level, to, from_level, source, source_2, factor, row_bytes, rows, to_stride,
     from_stride) = operation
    target, origin = memory[to_level][1 - side], memory[from_level][side]
    if kind == 0:
        a, = struct.unpack_from("<I", origin, source)
        b, = struct.unpack_from("<I", origin, source_2)
        struct.pack_into("<I", target, to, (a * factor + b) & 0xFFFFFFFF)
        return
    for row in range(rows):
        begin = source + row * from_stride
        target[to + row * to_stride:to + row * to_stride + row_bytes] = origin[begin:begin + row_bytes]
