using System.Numerics;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Networks;

/// <summary>
/// <see cref="MatrixProduct"/> for any type of number: single precision goes there, others take plain loops, so that one implementation can be
/// fast in single and be held against finite differences in double precision.
/// </summary>
internal static class NumberProduct
{
    /// <inheritdoc cref="MatrixProduct.Multiply(ReadOnlySpan{float}, int, int, ReadOnlySpan{float}, ReadOnlySpan{float}, Span{float}, int, int, int)"/>
    public static void Multiply<T>(
        ReadOnlySpan<T> a, int rowStride, int innerStride, ReadOnlySpan<T> b, ReadOnlySpan<T> initial, Span<T> c, int rows, int inner, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float))
        {
            MatrixProduct.Multiply(Singles(a), rowStride, innerStride, Singles(b), Singles(initial), Singles(c), rows, inner, columns);
            return;
        }
        for (var row = 0; row < rows; row++)
            if (initial.IsEmpty)
                c.Slice(row * columns, columns).Clear();
            else
                initial[..columns].CopyTo(c[(row * columns)..]);
        AddProduct(a, rowStride, innerStride, b, c, rows, inner, columns);
    }

    /// <inheritdoc cref="MatrixProduct.AddProduct"/>
    public static void AddProduct<T>(
        ReadOnlySpan<T> a, int rowStride, int innerStride, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float))
        {
            MatrixProduct.AddProduct(Singles(a), rowStride, innerStride, Singles(b), Singles(c), rows, inner, columns);
            return;
        }
        for (var row = 0; row < rows; row++)
            for (var k = 0; k < inner; k++)
            {
                var factor = a[row * rowStride + k * innerStride];
                for (var column = 0; column < columns; column++)
                    c[row * columns + column] += factor * b[k * columns + column];
            }
    }

    /// <inheritdoc cref="MatrixProduct.AddRows"/>
    public static void AddRows<T>(ReadOnlySpan<T> rows, Span<T> sums) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float))
        {
            MatrixProduct.AddRows(Singles(rows), Singles(sums));
            return;
        }
        for (var i = 0; i < rows.Length; i++)
            sums[i % sums.Length] += rows[i];
    }

    /// <inheritdoc cref="MatrixProduct.Transpose"/>
    public static void Transpose<T>(ReadOnlySpan<T> matrix, int rows, int columns, Span<T> transposed) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
                transposed[column * rows + row] = matrix[row * columns + column];
    }

    /// <summary>tanh in place.</summary>
    public static void Tanh<T>(Span<T> values) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float))
            Activation.Tanh.Apply(Singles(values));
        else
            foreach (ref var value in values)
                value = T.Tanh(value);
    }

    private static ReadOnlySpan<float> Singles<T>(ReadOnlySpan<T> values) where T : unmanaged => MemoryMarshal.Cast<T, float>(values);

    private static Span<float> Singles<T>(Span<T> values) where T : unmanaged => MemoryMarshal.Cast<T, float>(values);
}
