"""Random straight-line float code for float_streams.c, one block for each core."""
import random

BLOCKS = 16
BLOCK_INSTRUCTIONS = 120


def make(seed):
    """Assembly that defines `float_block_0` to `float_block_15`: functions of a pointer (a0) to 16 words to
    read and 32 to write. A core writes the words and its float registers at the end of a block."""
    rng = random.Random(seed)
    return ".text\n" + "".join(block(rng, i) for i in range(BLOCKS))


def block(rng, number):
    # Cores that share an FPU get different mixes: one that divides all the time beside one that does not.
    divides = rng.choice((0.0, 0.02, 0.3))
    loads = rng.choice((0.2, 0.4, 0.6))
    lines = [f".globl float_block_{number}", ".balign 4", f"float_block_{number}:"]
    lines += [f"  flw f{i}, {4 * (i % 16)}(a0)" for i in range(32)]
    lines += ["  li a1, 3", "  li a2, 5"]
    lines += ["  " + instruction(rng, divides, loads) for _ in range(BLOCK_INSTRUCTIONS)]
    lines += [f"  fsw f{i}, {64 + 4 * i}(a0)" for i in range(32)]
    lines += ["  sw a1, 0(a0)", "  ret"]
    return "\n".join(lines) + "\n"


def instruction(rng, divides, loads):
    def f():
        return f"f{rng.randrange(32)}"

    kind = rng.random()
    if kind < divides:
        return rng.choice((f"fdiv.s {f()}, {f()}, {f()}", f"fsqrt.s {f()}, {f()}"))
    kind = rng.random()
    if kind < loads:
        return rng.choice((f"flw {f()}, {4 * rng.randrange(16)}(a0)",) * 3 + (f"fsw {f()}, {4 * rng.randrange(16)}(a0)",
                           f"lw a{rng.choice((1, 2))}, {4 * rng.randrange(16)}(a0)"))
    return rng.choice((
        f"fmadd.s {f()}, {f()}, {f()}, {f()}", f"fnmsub.s {f()}, {f()}, {f()}, {f()}",
        f"fmul.s {f()}, {f()}, {f()}", f"fadd.s {f()}, {f()}, {f()}", f"fsub.s {f()}, {f()}, {f()}",
        f"fmax.s {f()}, {f()}, {f()}", f"fsgnjn.s {f()}, {f()}, {f()}", f"flt.s a1, {f()}, {f()}",
        f"fcvt.s.w {f()}, a{rng.choice((1, 2))}", f"fmv.w.x {f()}, a{rng.choice((1, 2))}",
        f"fmv.x.w a{rng.choice((1, 2))}, {f()}", "add a1, a1, a2", "mul a2, a1, a2"))
