# For test scripts: source it. Most of what they would do is compile kernels, which are the same for all programs: ccache keeps
# each of them, whatever folder it lies in, so that it is compiled once.
PATH=/usr/lib/ccache:$PATH # Debian's links of all compilers to ccache
export CCACHE_NOHASHDIR=1
# compiler NAME: the one itself, for scripts that stand before it in PATH, where ccache would find them again
compiler() { type -ap "$1" | grep -v /ccache/ | head -n 1; }
