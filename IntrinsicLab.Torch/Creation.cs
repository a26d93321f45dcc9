using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor eye(long rows, long columns = -1L, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null)
    {
        RefuseNames(names);
        return IdentityMatrix(rows, columns < 0 ? rows : columns, dtype, device).requires_grad_(requires_grad);
    }

    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null) => RandomPermutation(n, dtype ?? ScalarType.Int64, device, generator).requires_grad_(requires_grad);

    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null)
    {
        RefuseNames(names);
        return RandomIntegers(low, high, size, dtype ?? ScalarType.Int64, device, generator).requires_grad_(requires_grad);
    }

    public static Tensor randint(long low, long high, Size size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(low, high, size.Shape, dtype, device, requires_grad, generator, names);

    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, size, dtype, device, requires_grad, generator, names);

    public static Tensor randint(long high, Size size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, size.Shape, dtype, device, requires_grad, generator, names);

    public static Tensor randint(int low, int high, int[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(low, high, new Size(size), dtype, device, requires_grad, generator, names);

    public static Tensor randint(int high, int[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, new Size(size), dtype, device, requires_grad, generator, names);

    public static Tensor as_tensor(Tensor data, ScalarType? dtype = null, Device? device = null) =>
        data.to(dtype ?? data.dtype, device ?? data.device);

    private static unsafe Tensor FromElements<T>(ReadOnlySpan<T> elements, ReadOnlySpan<long> dimensions, ScalarType source,
        ScalarType? dtype, Device? device, bool requires_grad, string[]? names) where T : unmanaged
    {
        RefuseNames(names);
        var count = 1L;
        foreach (var dimension in dimensions)
            count *= dimension;
        if (count != elements.Length)
            throw new ArgumentException($"the dimensions hold {count} elements, the array {elements.Length}");

        var tensor = EmptyOf(dimensions, source);
        if (elements.Length > 0)
            elements.CopyTo(new Span<T>((void*)tensor.DataPointer(), elements.Length));
        if ((dtype is { } type && type != source) || (device is not null && device.type != DeviceType.CPU))
        {
            using var original = tensor;
            tensor = original.to(dtype ?? source, device ?? CPU);
        }
        return requires_grad ? tensor.requires_grad_() : tensor;
    }

    private static ReadOnlySpan<T> Elements<T>(IList<T> items) => items switch
    {
        T[] array => array,
        List<T> list => CollectionsMarshal.AsSpan(list),
        _ => items.ToArray(),
    };

    private static ReadOnlySpan<T> Elements<T>(Array array) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);

    private static long[] Lengths(Array array) => Enumerable.Range(0, array.Rank).Select(array.GetLongLength).ToArray();

    private static void RefuseNames(string[]? names)
    {
        if (names is not null)
            throw new NotSupportedException("names is not supported");
    }

    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) =>
                inplace ? LeakyRelu_(input, negative_slope) : LeakyRelu(input, negative_slope);

            public static Tensor elu(Tensor x, double alpha, bool inplace = false) => inplace ? Elu_(x, alpha) : Elu(x, alpha);

            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? Relu_(x) : Relu(x);
        }
    }
}
