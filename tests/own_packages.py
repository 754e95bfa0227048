"""Each command of the README configures tdc with only the packages that it installs itself.

For each of them a folder of links is made that holds the files of these packages, of all they depend on, and of a minimal
Debian; PATH and everything CMake looks for is confined to it. What another package brings is not found there, though this
machine has it. Prints last `N passed, N failed`.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MERGED = ("bin", "sbin", "lib", "lib64")
FOLDERS = ("/usr/bin/", "/usr/sbin/", "/usr/include/", "/usr/lib/", "/usr/lib64/", "/usr/share/cmake", "/usr/share/verilator/")
# Many files that no CMake command looks for by name; leaving them out halves the time.
UNSEARCHED = re.compile(r"/usr/(include/(c\+\+|llvm|linux|boost)|lib/(gcc|jvm|node_modules|python|perl|git-core|picolibc|llvm-\d+/include)|lib/[^/]*/(perl|gconv))")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def readme_commands():
    """{command: (parts of .ci/install, preset)}, read from the README's blocks and the scripts that they call"""
    text = (ROOT / "README.md").read_text()
    called = re.findall(r"examples/\w+/\w+\.sh|tests/run\.sh|^    \.ci/install[ a-z]*$", text, re.MULTILINE)
    commands = {}
    for command in dict.fromkeys(map(str.strip, called)):
        script = command.split()[0]
        text = command if script == ".ci/install" else (ROOT / script).read_text()
        preset = "dev" if script == "tests/run.sh" else "release"
        calls = re.findall(r"\.ci/(install|tdc)\b((?: [a-z]+)*)", text)
        if not calls:
            sys.exit(f"{script}: calls neither .ci/install nor .ci/tdc")
        name, parts = calls[-1]
        commands[command] = ((["build"] if name == "tdc" else []) + parts.split(), preset)
    return commands


class Packages:
    """What dpkg knows of the installed packages."""

    def __init__(self):
        self.depends, self.providers, self.minimal = {}, {}, {"git", "ca-certificates", "apt"}
        form = "${Package}\t${Essential}\t${Priority}\t${Provides}\t${Pre-Depends}, ${Depends}\n"
        for line in output("dpkg-query", "-W", "-f", form).splitlines():
            name, essential, priority, provides, depends = line.split("\t")
            self.depends[name] = [[self.bare(option) for option in group.split("|")] for group in depends.split(",") if group.strip()]
            for virtual in filter(str.strip, provides.split(",")):
                self.providers.setdefault(self.bare(virtual), []).append(name)
            if essential == "yes" or priority in ("required", "important"):
                self.minimal.add(name)

    @staticmethod
    def bare(text):
        """`libc6 (>= 2.36)`, `python3:any` -> the name"""
        return text.split("(")[0].strip().split(":")[0]

    def installed(self, options):
        """the first of the alternatives that is there, itself or by what provides it"""
        for option in options:
            if option in self.depends:
                return option
            if option in self.providers:
                return self.providers[option][0]
        return None

    def closure(self, packages):
        open_packages, seen = [*packages, *self.minimal], set()
        while open_packages:
            package = open_packages.pop()
            if package in seen or package not in self.depends:
                continue
            seen.add(package)
            open_packages += filter(None, map(self.installed, self.depends[package]))
        return seen


def merged(path):
    """/lib/x is /usr/lib/x, as on every Debian since 12"""
    first = path.split("/")[1]
    return "/usr" + path if first in MERGED else path


def make_links(folder, packages):
    """the files of the packages, as links below the folder, and the alternatives that point to them"""
    files = {merged(path) for path in output("dpkg", "-L", *sorted(packages)).splitlines() if path.startswith("/")}
    for link in pathlib.Path("/usr/bin").iterdir():
        if link.is_symlink() and os.readlink(link).startswith("/etc/alternatives/") and merged(os.path.realpath(link)) in files:
            files.add(str(link))
    for name in MERGED:
        (folder / "usr" / name).mkdir(parents=True)
        (folder / name).symlink_to(f"usr/{name}")
    for path in files:
        if not path.startswith(FOLDERS) or UNSEARCHED.match(path):
            continue
        is_folder = os.path.isdir(path)
        link = folder / path[1:]
        if is_folder and os.path.islink(path):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(folder / os.path.realpath(path)[1:], os.path.realpath(link.parent)))
        elif not is_folder:
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)


def configure(parts, preset, packages):
    """(status, what CMake said)"""
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work) / "machine"
        make_links(folder, packages.closure(output(".ci/install", "--list", *parts).split()))
        modes = [f"-DCMAKE_FIND_ROOT_PATH_MODE_{kind}=ONLY" for kind in ("PROGRAM", "LIBRARY", "INCLUDE", "PACKAGE")]
        done = subprocess.run(
            [shutil.which("cmake"), "--preset", preset, "-B", f"{work}/build", f"-DCMAKE_FIND_ROOT_PATH={folder}", *modes],
            cwd=ROOT, env={"PATH": f"{folder}/usr/bin", "HOME": work}, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def main():
    packages, results = Packages(), {}
    for command, (parts, preset) in readme_commands().items():
        key = (tuple(sorted(parts)), preset)
        if key not in results:
            results[key] = configure(parts, preset, packages)
        status, said = results[key]
        print(f"{'FAILED' if status else 'ok'}: {command} configures `{preset}` with only {' '.join(parts) or 'all parts'}")
        if status:
            print("    " + said.strip()[-3000:].replace("\n", "\n    "))
            results[key] = (status, "as above")
    # A check that cannot fail is none: without the build's own packages nothing is found.
    bare_status, _ = configure(["qemu"], "release", packages)
    if not bare_status:
        print("FAILED: tdc configures without the packages that building it needs, so nothing is hidden here")
    outcomes = [results[tuple(sorted(parts)), preset][0] == 0 for parts, preset in readme_commands().values()] + [bare_status != 0]
    print(f"{sum(outcomes)} passed, {len(outcomes) - sum(outcomes)} failed")
    return not all(outcomes)


if __name__ == "__main__":
    sys.exit(main())
