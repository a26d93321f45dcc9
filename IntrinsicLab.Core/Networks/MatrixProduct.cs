using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IntrinsicLab.Core.Networks;

/// <summary>
/// Products of small float matrices on one thread. Every sum runs over the inner index in order, in fused multiply-adds, whatever the vector
/// width: the same numbers come out on every machine, and a row's result does not depend on how many rows are computed with it.
/// </summary>
internal static unsafe class MatrixProduct
{
    /// <summary>C[r, c] = initial[c] + Σ_k A[r, k]·B[k, c].</summary>
    /// <param name="a">A; element (r, k) lies at r·rowStride + k·innerStride, so that A may be a transposed matrix.</param>
    /// <param name="rowStride">Distance of A's rows.</param>
    /// <param name="innerStride">Distance along A's inner index.</param>
    /// <param name="b">B, [inner, columns], row-major.</param>
    /// <param name="initial">Where the sums start, [columns]; empty for zero.</param>
    /// <param name="c">Receives C, [rows, columns], row-major.</param>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="inner">Length of each sum.</param>
    /// <param name="columns">Columns of B and C.</param>
    public static void Multiply(
        ReadOnlySpan<float> a, int rowStride, int innerStride, ReadOnlySpan<float> b, ReadOnlySpan<float> initial, Span<float> c,
        int rows, int inner, int columns)
    {
        Fits(a.Length, (long)(rows - 1) * rowStride + (long)(inner - 1) * innerStride + 1);
        Fits(b.Length, (long)inner * columns);
        Fits(c.Length, (long)rows * columns);
        fixed (float* pa = a, pb = b, pc = c, pi = initial)
        {
            var column = 0;
            if (Vector512.IsHardwareAccelerated)
            {
                for (; column + 32 <= columns; column += 32)
                    Panel512x2(pa, rowStride, innerStride, pb + column, columns, At(pi, column), pc + column, columns, rows, inner);
                for (; column + 16 <= columns; column += 16)
                    Panel512(pa, rowStride, innerStride, pb + column, columns, At(pi, column), pc + column, columns, rows, inner);
            }
            else
            {
                for (; column + 16 <= columns; column += 16)
                    Panel256x2(pa, rowStride, innerStride, pb + column, columns, At(pi, column), pc + column, columns, rows, inner);
            }
            if (column < columns)
                Rest(pa, rowStride, innerStride, pb + column, At(pi, column), pc + column, rows, inner, columns, columns - column);
        }
    }

    /// <summary>Sum of the rows.</summary>
    /// <param name="rows">[N, columns], row-major.</param>
    /// <param name="sums">Receives the sums, [columns].</param>
    public static void SumRows(ReadOnlySpan<float> rows, Span<float> sums)
    {
        sums.Clear();
        for (; !rows.IsEmpty; rows = rows[sums.Length..])
        {
            var column = 0;
            for (; column + 8 <= sums.Length; column += 8)
                (Vector256.Create<float>(sums[column..]) + Vector256.Create(rows[column..])).CopyTo(sums[column..]);
            for (; column < sums.Length; column++)
                sums[column] += rows[column];
        }
    }

    /// <summary>Copies a matrix with rows and columns exchanged.</summary>
    /// <param name="matrix">[rows, columns].</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="transposed">Receives [columns, rows].</param>
    public static void Transpose(ReadOnlySpan<float> matrix, int rows, int columns, Span<float> transposed)
    {
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
                transposed[column * rows + row] = matrix[row * columns + column];
    }

    /// <summary>Fewer than 16 columns: copies them into a panel of 16, so that they go the same way as all others.</summary>
    private static void Rest(
        float* a, int rowStride, int innerStride, float* b, float* initial, float* c, int rows, int inner, int stride, int columns)
    {
        const int Width = 16;
        var rented = ArrayPool<float>.Shared.Rent((inner + rows + 1) * Width);
        fixed (float* panel = rented)
        {
            var sums = panel + inner * Width;
            var start = sums + rows * Width;
            for (var k = 0; k < inner; k++)
                for (var column = 0; column < columns; column++)
                    panel[k * Width + column] = b[k * stride + column];
            for (var column = 0; column < columns; column++)
                start[column] = initial == null ? 0 : initial[column];
            // What the unused columns held before is computed with and dropped; zeros keep denormal numbers, which are slow, out of it.
            for (var k = 0; k < inner; k++)
                for (var column = columns; column < Width; column++)
                    panel[k * Width + column] = 0;
            for (var column = columns; column < Width; column++)
                start[column] = 0;
            if (Vector512.IsHardwareAccelerated)
                Panel512(a, rowStride, innerStride, panel, Width, start, sums, Width, rows, inner);
            else
                Panel256x2(a, rowStride, innerStride, panel, Width, start, sums, Width, rows, inner);
            for (var row = 0; row < rows; row++)
                for (var column = 0; column < columns; column++)
                    c[row * stride + column] = sums[row * Width + column];
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel512x2(
        float* a, int rowStride, int innerStride, float* b, int bStride, float* initial, float* c, int cStride, int rows, int inner)
    {
        unchecked
        {
            var start0 = initial == null ? Vector512<float>.Zero : Vector512.Load(initial);
            var start1 = initial == null ? Vector512<float>.Zero : Vector512.Load(initial + 16);
            var row = 0;
            for (; row + 4 <= rows; row += 4)
            {
                float* a0 = a + (long)row * rowStride, a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride;
                Vector512<float> s00 = start0, s10 = start0, s20 = start0, s30 = start0;
                Vector512<float> s01 = start1, s11 = start1, s21 = start1, s31 = start1;
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                {
                    var b0 = Vector512.Load(pb);
                    var b1 = Vector512.Load(pb + 16);
                    var factor = Vector512.Create(a0[at]);
                    s00 = Vector512.FusedMultiplyAdd(factor, b0, s00);
                    s01 = Vector512.FusedMultiplyAdd(factor, b1, s01);
                    factor = Vector512.Create(a1[at]);
                    s10 = Vector512.FusedMultiplyAdd(factor, b0, s10);
                    s11 = Vector512.FusedMultiplyAdd(factor, b1, s11);
                    factor = Vector512.Create(a2[at]);
                    s20 = Vector512.FusedMultiplyAdd(factor, b0, s20);
                    s21 = Vector512.FusedMultiplyAdd(factor, b1, s21);
                    factor = Vector512.Create(a3[at]);
                    s30 = Vector512.FusedMultiplyAdd(factor, b0, s30);
                    s31 = Vector512.FusedMultiplyAdd(factor, b1, s31);
                }
                var pc = c + (long)row * cStride;
                s00.Store(pc);
                s01.Store(pc + 16);
                pc += cStride;
                s10.Store(pc);
                s11.Store(pc + 16);
                pc += cStride;
                s20.Store(pc);
                s21.Store(pc + 16);
                pc += cStride;
                s30.Store(pc);
                s31.Store(pc + 16);
            }
            for (; row < rows; row++)
            {
                var a0 = a + (long)row * rowStride;
                Vector512<float> s0 = start0, s1 = start1;
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                {
                    var factor = Vector512.Create(a0[at]);
                    s0 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(pb), s0);
                    s1 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(pb + 16), s1);
                }
                var pc = c + (long)row * cStride;
                s0.Store(pc);
                s1.Store(pc + 16);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel512(
        float* a, int rowStride, int innerStride, float* b, int bStride, float* initial, float* c, int cStride, int rows, int inner)
    {
        unchecked
        {
            var start = initial == null ? Vector512<float>.Zero : Vector512.Load(initial);
            var row = 0;
            for (; row + 4 <= rows; row += 4)
            {
                float* a0 = a + (long)row * rowStride, a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride;
                Vector512<float> s0 = start, s1 = start, s2 = start, s3 = start;
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                {
                    var b0 = Vector512.Load(pb);
                    s0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[at]), b0, s0);
                    s1 = Vector512.FusedMultiplyAdd(Vector512.Create(a1[at]), b0, s1);
                    s2 = Vector512.FusedMultiplyAdd(Vector512.Create(a2[at]), b0, s2);
                    s3 = Vector512.FusedMultiplyAdd(Vector512.Create(a3[at]), b0, s3);
                }
                var pc = c + (long)row * cStride;
                s0.Store(pc);
                s1.Store(pc + cStride);
                s2.Store(pc + 2 * cStride);
                s3.Store(pc + 3 * cStride);
            }
            for (; row < rows; row++)
            {
                var a0 = a + (long)row * rowStride;
                var s0 = start;
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                    s0 = Vector512.FusedMultiplyAdd(Vector512.Create(a0[at]), Vector512.Load(pb), s0);
                s0.Store(c + (long)row * cStride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel256x2(
        float* a, int rowStride, int innerStride, float* b, int bStride, float* initial, float* c, int cStride, int rows, int inner)
    {
        unchecked
        {
            var start0 = initial == null ? Vector256<float>.Zero : Vector256.Load(initial);
            var start1 = initial == null ? Vector256<float>.Zero : Vector256.Load(initial + 8);
            var row = 0;
            for (; row + 4 <= rows; row += 4)
            {
                float* a0 = a + (long)row * rowStride, a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride;
                Vector256<float> s00 = start0, s10 = start0, s20 = start0, s30 = start0;
                Vector256<float> s01 = start1, s11 = start1, s21 = start1, s31 = start1;
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                {
                    var b0 = Vector256.Load(pb);
                    var b1 = Vector256.Load(pb + 8);
                    var factor = Vector256.Create(a0[at]);
                    s00 = Vector256.FusedMultiplyAdd(factor, b0, s00);
                    s01 = Vector256.FusedMultiplyAdd(factor, b1, s01);
                    factor = Vector256.Create(a1[at]);
                    s10 = Vector256.FusedMultiplyAdd(factor, b0, s10);
                    s11 = Vector256.FusedMultiplyAdd(factor, b1, s11);
                    factor = Vector256.Create(a2[at]);
                    s20 = Vector256.FusedMultiplyAdd(factor, b0, s20);
                    s21 = Vector256.FusedMultiplyAdd(factor, b1, s21);
                    factor = Vector256.Create(a3[at]);
                    s30 = Vector256.FusedMultiplyAdd(factor, b0, s30);
                    s31 = Vector256.FusedMultiplyAdd(factor, b1, s31);
                }
                var pc = c + (long)row * cStride;
                s00.Store(pc);
                s01.Store(pc + 8);
                pc += cStride;
                s10.Store(pc);
                s11.Store(pc + 8);
                pc += cStride;
                s20.Store(pc);
                s21.Store(pc + 8);
                pc += cStride;
                s30.Store(pc);
                s31.Store(pc + 8);
            }
            for (; row < rows; row++)
            {
                var a0 = a + (long)row * rowStride;
                Vector256<float> s0 = start0, s1 = start1;
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                {
                    var factor = Vector256.Create(a0[at]);
                    s0 = Vector256.FusedMultiplyAdd(factor, Vector256.Load(pb), s0);
                    s1 = Vector256.FusedMultiplyAdd(factor, Vector256.Load(pb + 8), s1);
                }
                var pc = c + (long)row * cStride;
                s0.Store(pc);
                s1.Store(pc + 8);
            }
        }
    }

    private static float* At(float* start, int column) => start == null ? null : start + column;

    private static void Fits(int length, long needed)
    {
        if (length < needed)
            throw new ArgumentException($"A matrix of {needed} elements does not fit into {length}.");
    }
}
