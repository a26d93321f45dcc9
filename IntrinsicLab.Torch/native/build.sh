#!/bin/sh
# Compiles torch_shim.cpp against the libtorch in $LIBTORCH (a libtorch folder or an installed Python torch package), else the
# system's. Prints one line and succeeds without a result when there is none: the C# compiles anyway and says the same at run time.
#   build.sh OUTPUT   compile        build.sh --where   print the libtorch folder, or nothing
set -e
missing="libtorch not found: run 'apt-get install libtorch-dev' or set LIBTORCH to a libtorch or Python torch folder"
source_folder=$(dirname "$0")

has_headers() { [ -f "$1/include/ATen/core/dispatch/Dispatcher.h" ]; }

root=
if [ -n "$LIBTORCH" ]; then
    for candidate in "$LIBTORCH" "$LIBTORCH/torch" "$LIBTORCH/libtorch"; do
        if has_headers "$candidate"; then root=$(cd "$candidate" && pwd); break; fi
    done
    missing="LIBTORCH=$LIBTORCH holds no libtorch: set it to a libtorch or Python torch folder, or unset it and run 'apt-get install libtorch-dev'"
elif has_headers /usr; then
    root=/usr
fi

if [ "$1" = --where ]; then
    echo "$root"
    exit 0
fi

output=$1
if [ -z "$root" ]; then
    rm -f "$output"
    echo "IntrinsicLab.Torch: $missing"
    exit 0
fi
if ! command -v g++ > /dev/null; then
    rm -f "$output"
    echo "IntrinsicLab.Torch: no C++ compiler: run 'apt-get install g++'"
    exit 0
fi

flags="-isystem $root/include/torch/csrc/api/include"
if [ "$root" != /usr ]; then
    flags="$flags -isystem $root/include -L$root/lib -Wl,-rpath,$root/lib"
    # Older Python packages were built with the C++ standard library's old string layout; their symbols tell.
    if ! grep -q 'torchCheckFail.*__cxx11' "$root/lib/libc10.so"; then flags="$flags -D_GLIBCXX_USE_CXX11_ABI=0"; fi
fi
mkdir -p "$(dirname "$output")"

# --no-as-needed keeps libtorch.so, whose dependencies bring the CUDA kernels where there are any.
compile() {
    g++ -O2 -std=$1 -fPIC -shared -fvisibility=hidden $flags "$source_folder/torch_shim.cpp" -o "$output" \
        -Wl,--no-as-needed -ltorch_cpu -lc10 -ltorch -ldl
}

# The newest headers may ask for C++20.
compile c++17 2> "$output.log" || compile c++20
rm -f "$output.log"
