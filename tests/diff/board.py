"""A model on the porting guide's board: the three files of runtime/README.md, taken literally, as a platform of a C
project that tdc wrote, in qemu-system-riscv32. Trains over its serial line and compares with what the host learned.

Usage: board.py PROJECT NAME DATA.npz HOST_LOSSES.csv HOST_WEIGHTS.npz
"""
import pathlib
import re
import struct
import subprocess
import sys
import zipfile

TRAIN, READ, STOP = 1, 5, 8


def arrays(path):
    """Name to (shape, bytes) of an .npz file."""
    result = {}
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            data = file.read(name)
            begin = 10 + struct.unpack_from("<H", data, 8)[0]
            shape = re.search(rb"'shape': \(([0-9, ]*)\)", data[:begin]).group(1)
            result[name.removesuffix(".npy")] = (tuple(int(n) for n in shape.split(b",") if n.strip()), data[begin:])
    return result


def write_platform(guide, folder):
    folder.mkdir()
    for name in ("start.S", "platform.c", "link.ld"):
        (folder / name).write_text(re.search(rf"`{re.escape(name)}`:\n\n```\w+\n(.*?)```", guide, re.S).group(1))


def main():
    project, name, data, losses, weights = sys.argv[1:]
    project = pathlib.Path(project)
    guide = (pathlib.Path(__file__).resolve().parents[2] / "runtime/README.md").read_text()
    write_platform(guide, project / "runtime/rv32/board")
    subprocess.run(["make", "--silent", "-C", project, "PLATFORM=board"], check=True)
    command = re.search(r"^qemu-system-riscv32 .*$", guide, re.M).group(0).replace("program.elf", f"build/board/{name}")
    with subprocess.Popen(command.split(), cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as board:
        try:
            train(board, arrays(data), open(losses).read().split()[1:], arrays(weights))
        finally:
            board.kill()


def train(board, samples, losses, weights):
    def ask(message, answer):
        board.stdin.write(message)
        board.stdin.flush()
        received = board.stdout.read(struct.calcsize(answer))
        return struct.unpack(answer, received)

    magic, _, status, _, _, _, _, _, variables, batch, _ = ask(b"", "<11I")
    assert (magic, status) == (0x4E524454, 0), (hex(magic), status)
    for step, line in enumerate(losses):
        loss = struct.pack("<f", float(line.split(",")[1]))
        message = struct.pack("<I", TRAIN)
        for shape, content in samples.values():
            sample = len(content) // shape[0]
            message += content[step * batch * sample:(step + 1) * batch * sample]
        got = ask(message, "<I4s")
        assert got == (0, loss), f"step {step}: {got}, the host has {loss}"
    assert len(weights) == variables, (len(weights), variables)
    for index, (_, content) in enumerate(weights.values()):
        status, count = ask(struct.pack("<2I", READ, index), "<2I")
        assert (status, count) == (0, len(content) // 4), (index, status, count)
        assert ask(b"", f"<{len(content)}s")[0] == content, f"variable {index} differs from the host's"
    assert ask(struct.pack("<I", STOP), "<I") == (0,)
    assert board.wait(timeout=60) == 0, board.returncode


main()
