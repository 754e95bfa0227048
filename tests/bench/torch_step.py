"""The nets of host_torch.py in PyTorch, by their definition, and the program that takes training steps of them.

Usage: torch_step.py version | torch_step.py NET BATCH FOLDER

Needs NumPy beside PyTorch. FOLDER has report.json of the generated project, which says what is trained, and the samples input.f32 and
labels.i32 (or none).
Commands come from the standard input, a line each, and each is answered by a line:

    check BEFORE AFTER   reads the samples, starts from the weights of the file BEFORE, takes one step, and holds the update of each
                         tensor against that of AFTER by the rule of tests/diff/update_rule.py: `agree` and how near the worst is,
                         `kinks` where all are nearly the same, or `differ`, and which
    step                 takes a step, puts the initial weights back, and takes a step that is timed: its nanoseconds by the wall's clock
                         and of processor time, and its loss
"""
import json
import pathlib
import platform
import re
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F

    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "diff"))
    from update_rule import tolerances
except ImportError as error:
    sys.exit(f"{sys.executable} has no PyTorch or no NumPy: {error}\n"
             "Debian has them as python3-torch (with libopenblas0-serial), PyPI as torch and numpy.")  # fmt: skip

# Of millions of sums before a ReLU one may be so near to 0 that rounding decides which side it is on. So much may come of some of them.
KINKS = 0.02
# A softmax does not see a constant, so the bias of what goes into one has no gradient.
STRUCTURAL_ZEROS = {"pool.bias"}
LEARNING_RATE = 1


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        q, k, v = (of(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for of in (self.q, self.k, self.v))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v)
        else:
            y = torch.softmax(q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5, dim=-1) @ v
        return self.proj(y.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class CctEncoder(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.pre_norm, self.norm1 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.mlp = Attention(width, heads), Mlp(width, hidden)

    def forward(self, x):
        x = self.norm1(x + self.attn(self.pre_norm(x)))
        return x + self.mlp(x)


class PositionalEmbedding(nn.Module):
    def __init__(self, tokens, width):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(tokens, width))

    def forward(self, x):
        return x + self.weight


class SequencePool(nn.Linear):
    def __init__(self, width):
        super().__init__(width, 1)

    def forward(self, x):
        return (torch.softmax(super().forward(x), dim=1).transpose(1, 2) @ x).squeeze(1)


class Cct(nn.Module):
    def __init__(self):
        super().__init__()
        convolutions = {"conv0": nn.Conv2d(3, 64, 3, padding=1, bias=False), "conv1": nn.Conv2d(64, 128, 3, padding=1, bias=False)}
        self.tokenizer = nn.ModuleDict(convolutions)
        self.pos = PositionalEmbedding(64, 128)
        self.blocks = nn.Sequential(*(CctEncoder(128, 2, 128) for _ in range(2)))
        self.norm, self.pool, self.head = nn.LayerNorm(128), SequencePool(128), nn.Linear(128, 10)

    def forward(self, x):
        for convolution in self.tokenizer.values():
            x = F.max_pool2d(F.relu(convolution(x), inplace=True), 3, stride=2, padding=1)
        x = self.blocks(self.pos(x.flatten(2).transpose(1, 2)))
        return self.head(self.pool(self.norm(x)))


class Layer(nn.Module):
    def __init__(self, ins, outs):
        super().__init__()
        self.fc, self.bn = nn.Linear(ins, outs), nn.BatchNorm1d(outs)

    def forward(self, x):
        return F.relu(self.bn(self.fc(x)), inplace=True)


class DeepAe(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(*(Layer(ins, 128) for ins in (640, 128, 128, 128)))
        self.middle = Layer(128, 8)
        self.decoder = nn.Sequential(*(Layer(ins, 128) for ins in (8, 128, 128, 128)))
        self.out = nn.Linear(128, 640)

    def forward(self, x):
        return self.out(self.decoder(self.middle(self.encoder(x))))


class Residual(nn.Module):
    def __init__(self, ins, outs, stride=1):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(ins, outs, 3, stride=stride, padding=1), nn.BatchNorm2d(outs)
        self.conv2, self.bn2 = nn.Conv2d(outs, outs, 3, padding=1), nn.BatchNorm2d(outs)
        self.skip = nn.Conv2d(ins, outs, 1, stride=stride) if stride != 1 else None

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        return F.relu(y + (self.skip(x) if self.skip else x), inplace=True)


class ResNet8(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16)
        self.stage1, self.stage2, self.stage3 = Residual(16, 16), Residual(16, 32, 2), Residual(32, 64, 2)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x)), inplace=True)
        return self.head(self.stage3(self.stage2(self.stage1(x))).mean((2, 3)))


NETS = {"cct": Cct, "deep_ae": DeepAe, "resnet8": ResNet8}


def floats(path, dtype=torch.float32):
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=dtype)


class Training:
    def __init__(self, net, batch, folder):
        self.variables = json.loads((folder / "report.json").read_text())["variables"]
        trained = {variable["path"] for variable in self.variables if variable["is_trained"]}
        self.model = NETS[net]().train()
        for path, parameter in self.model.named_parameters():
            parameter.requires_grad_(path in trained)
        if net == "deep_ae" and batch == 1:
            # One sample has no variance: host_torch.py trains it with the running statistics.
            for module in self.model.modules():
                module.train(not isinstance(module, nn.BatchNorm1d))
        self.state = {path: value for path, value in self.model.state_dict().items() if not path.endswith("num_batches_tracked")}
        shapes = {variable["path"]: tuple(variable["dims"]) for variable in self.variables}
        assert shapes == {path: tuple(value.shape) for path, value in self.state.items()}, "other parameters than report.json's"
        self.optimizer = torch.optim.SGD([p for p in self.model.parameters() if p.requires_grad], lr=LEARNING_RATE)
        self.folder, self.shape = folder, (batch, 640) if net == "deep_ae" else (batch, 3, 32, 32)

    def read_samples(self):
        self.input, labels = floats(self.folder / "input.f32").reshape(self.shape), self.folder / "labels.i32"
        self.labels = floats(labels, torch.int32).long() if labels.exists() else None

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        y = self.model(self.input)
        loss = F.mse_loss(y, self.input) if self.labels is None else F.cross_entropy(y, self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def read(self, path):
        """The variables in a file of host_step.c."""
        values = floats(path).split([self.state[variable["path"]].numel() for variable in self.variables])
        return {variable["path"]: value.reshape(variable["dims"]) for variable, value in zip(self.variables, values)}

    def put_back(self):
        with torch.no_grad():
            for path, value in self.state.items():
                value.copy_(self.initial[path])

    def timed_step(self):
        self.put_back()
        self.step()
        self.put_back()
        wall, processor = time.perf_counter_ns(), time.process_time_ns()
        loss = self.step()
        processor = time.process_time_ns() - processor
        return f"{time.perf_counter_ns() - wall} {processor} {loss:.9g}"

    def check(self, before, after):
        """One step against another program's from the same weights."""
        self.read_samples()
        self.initial, theirs = self.read(before), self.read(after)
        self.put_back()
        self.step()
        updates = {path: value.double() - self.initial[path].double() for path, value in self.state.items()}
        allowed = tolerances({path: update.numpy() for path, update in updates.items()})
        norms = {path: float(update.norm()) for path, update in updates.items()}
        problems, worst, are_kinks = [], 0.0, True
        for path, update in updates.items():
            error = float((theirs[path].double() - self.initial[path].double() - update).norm())
            like = max(norms, key=norms.get) if path in STRUCTURAL_ZEROS else path  # whose limits it has
            if like == path and norms[path] > 0:
                worst = max(worst, error / norms[path])
            if not error <= allowed[like]:
                problems.append(f"{path} is off by {error:.3g} of {norms[like]:.3g}")
                are_kinks &= error <= KINKS * norms[like]
        return f"{'kinks' if are_kinks else 'differ'} {'; '.join(problems)}" if problems else f"agree {worst:.2g}"


def version():
    """The version, what it was built with, and which library for products of matrices this process has loaded."""
    torch.ones(99, 99) @ torch.ones(99, 99)
    said = torch.__config__.show()
    parts = re.findall(r"MKL-DNN v[0-9.]+|CPU capability usage: \w+|BLAS_INFO=\w+", said)
    words = set(pathlib.Path("/proc/self/maps").read_text().split())
    loaded = {pathlib.Path(word).resolve().name for word in words if re.search(r"/lib(open)?blas|/libmkl", word)}
    own = [f"PyTorch {torch.__version__}", f"Python {platform.python_version()}", f"{torch.get_num_threads()} thread"]
    return ", ".join([*own, *parts, *sorted(loaded)])


def main():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    if sys.argv[1:] == ["version"]:
        print(version())
        return
    net, batch, folder = sys.argv[1:]
    training = Training(net, int(batch), pathlib.Path(folder))
    for line in sys.stdin:
        command, *arguments = line.split()
        print(training.timed_step() if command == "step" else training.check(*map(pathlib.Path, arguments)), flush=True)


main()
