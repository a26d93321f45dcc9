using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace IntrinsicLab.Core.Networks;

/// <summary>
/// Products of small float matrices on one thread. Every sum runs over the inner index in order, in fused multiply-adds, whatever the vector
/// width: the same numbers come out on every machine, and a row's result does not depend on how many rows are computed with it.
/// </summary>
internal static unsafe class MatrixProduct
{
    private static readonly float* Zeros = (float*)NativeMemory.AlignedAlloc(64 * sizeof(float), 64);

    static MatrixProduct() => new Span<float>(Zeros, 64).Clear();

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
        fixed (float* start = initial)
            Multiply(a, rowStride, innerStride, b, start, 0, c, rows, inner, columns);
    }

    /// <summary>C[r, c] += Σ_k A[r, k]·B[k, c]: a sum over blocks of k, in order, is the sum over all of them, bit for bit.</summary>
    /// <inheritdoc cref="Multiply(ReadOnlySpan{float}, int, int, ReadOnlySpan{float}, ReadOnlySpan{float}, Span{float}, int, int, int)"/>
    public static void AddProduct(
        ReadOnlySpan<float> a, int rowStride, int innerStride, ReadOnlySpan<float> b, Span<float> c, int rows, int inner, int columns)
    {
        fixed (float* start = c)
            Multiply(a, rowStride, innerStride, b, start, columns, c, rows, inner, columns);
    }

    private static void Multiply(
        ReadOnlySpan<float> a, int rowStride, int innerStride, ReadOnlySpan<float> b, float* initial, int initialStride, Span<float> c,
        int rows, int inner, int columns)
    {
        Fits(a.Length, (long)(rows - 1) * rowStride + (long)(inner - 1) * innerStride + 1);
        Fits(b.Length, (long)inner * columns);
        Fits(c.Length, (long)rows * columns);
        fixed (float* pa = a, pb = b, pc = c)
        {
            var column = 0;
            if (Vector512.IsHardwareAccelerated)
            {
                for (; column + 64 <= columns; column += 64)
                    Panel512x4(pa, rowStride, innerStride, pb + column, columns, At(initial, column), initialStride, pc + column, columns, rows, inner);
                for (; column + 32 <= columns; column += 32)
                    Panel512x2(pa, rowStride, innerStride, pb + column, columns, At(initial, column), initialStride, pc + column, columns, rows, inner);
                for (; column + 16 <= columns; column += 16)
                    Panel512(pa, rowStride, innerStride, pb + column, columns, At(initial, column), initialStride, pc + column, columns, rows, inner);
            }
            else
            {
                for (; column + 16 <= columns; column += 16)
                    Panel256x2(pa, rowStride, innerStride, pb + column, columns, At(initial, column), initialStride, pc + column, columns, rows, inner);
            }
            if (columns - column is > 0 and <= 4 && innerStride == 1)
                Narrow(pa, rowStride, pb + column, columns, At(initial, column), initialStride, pc + column, rows, inner, columns - column);
            else if (column < columns)
                Rest(pa, rowStride, innerStride, pb + column, At(initial, column), initialStride, pc + column, rows, inner, columns, columns - column);
        }
    }

    /// <summary>Sum of the rows, in order.</summary>
    /// <param name="rows">[N, columns], row-major.</param>
    /// <param name="sums">The sums are added to it, [columns].</param>
    public static void AddRows(ReadOnlySpan<float> rows, Span<float> sums)
    {
        var (columns, count) = (sums.Length, rows.Length / sums.Length);
        fixed (float* from = rows, to = sums)
        {
            var column = 0;
            for (; Vector512.IsHardwareAccelerated && column + 64 <= columns; column += 64)
            {
                Vector512<float> s0 = Vector512.Load(to + column), s1 = Vector512.Load(to + column + 16);
                Vector512<float> s2 = Vector512.Load(to + column + 32), s3 = Vector512.Load(to + column + 48);
                var at = from + column;
                for (var row = 0; row < count; row++, at += columns)
                {
                    s0 += Vector512.Load(at);
                    s1 += Vector512.Load(at + 16);
                    s2 += Vector512.Load(at + 32);
                    s3 += Vector512.Load(at + 48);
                }
                s0.Store(to + column);
                s1.Store(to + column + 16);
                s2.Store(to + column + 32);
                s3.Store(to + column + 48);
            }
            for (; column + 8 <= columns; column += 8)
            {
                var eight = Vector256.Load(to + column);
                var at = from + column;
                for (var row = 0; row < count; row++, at += columns)
                    eight += Vector256.Load(at);
                eight.Store(to + column);
            }
            for (; column < columns; column++)
            {
                var sum = to[column];
                var at = from + column;
                for (var row = 0; row < count; row++, at += columns)
                    sum += *at;
                to[column] = sum;
            }
        }
    }

    /// <summary>Copies a matrix with rows and columns exchanged.</summary>
    /// <param name="matrix">[rows, columns].</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="transposed">Receives [columns, rows].</param>
    public static void Transpose(ReadOnlySpan<float> matrix, int rows, int columns, Span<float> transposed)
    {
        Fits(matrix.Length, (long)rows * columns);
        Fits(transposed.Length, (long)rows * columns);
        fixed (float* from = matrix, to = transposed)
            for (var column = 0; column < columns; column++)
            {
                float* source = from + column, target = to + (long)column * rows;
                for (var row = 0; row < rows; row++, source += columns)
                    target[row] = *source;
            }
    }

    /// <summary>
    /// Up to four columns, each row of A contiguous: sixteen partial sums along the inner index, folded in halves, for fewer than that many columns
    /// cannot fill a vector.
    /// </summary>
    private static void Narrow(
        float* a, int rowStride, float* b, int bStride, float* initial, int initialStride, float* c, int rows, int inner, int columns)
    {
        var padded = (inner + 15) & ~15;
        var rented = ArrayPool<float>.Shared.Rent(padded * columns);
        fixed (float* weights = rented)
        {
            for (var column = 0; column < columns; column++)
            {
                var target = weights + column * padded;
                for (var k = 0; k < inner; k++)
                    target[k] = b[k * bStride + column];
                for (var k = inner; k < padded; k++)
                    target[k] = 0;
            }
            for (var column = 0; column < columns; column++)
                Dots(a, rowStride, weights + column * padded, initial + column, initialStride, c + column, bStride, rows, inner);
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    // Rows of A times one vector, which is followed by zeros up to a multiple of 16.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dots(float* a, int rowStride, float* b, float* initial, int initialStride, float* c, int cStride, int rows, int inner)
    {
        unchecked
        {
            var rest = stackalloc float[16];
            var whole = inner & ~15;
            for (var row = 0; row < rows; row++, a += rowStride, c += cStride, initial += initialStride)
            {
                Vector256<float> low = Vector256<float>.Zero, high = Vector256<float>.Zero;
                var k = 0;
                for (; k < whole; k += 16)
                {
                    low = Vector256.FusedMultiplyAdd(Vector256.Load(a + k), Vector256.Load(b + k), low);
                    high = Vector256.FusedMultiplyAdd(Vector256.Load(a + k + 8), Vector256.Load(b + k + 8), high);
                }
                if (k < inner)
                {
                    // What lies behind the row may be no number, and is not read.
                    for (var i = 0; i < 16; i++)
                        rest[i] = k + i < inner ? a[k + i] : 0;
                    low = Vector256.FusedMultiplyAdd(Vector256.Load(rest), Vector256.Load(b + k), low);
                    high = Vector256.FusedMultiplyAdd(Vector256.Load(rest + 8), Vector256.Load(b + k + 8), high);
                }
                low += high;
                var half = low.GetLower() + low.GetUpper();
                half += Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1));
                *c = *initial + (half.ToScalar() + half.GetElement(1));
            }
        }
    }

    /// <summary>Fewer than 16 columns: copies them into a panel of 16, so that they go the same way as all others.</summary>
    private static void Rest(
        float* a, int rowStride, int innerStride, float* b, float* initial, int initialStride, float* c, int rows, int inner, int stride, int columns)
    {
        const int Width = 16;
        var rented = ArrayPool<float>.Shared.Rent((inner + 2 * rows + 1) * Width);
        fixed (float* panel = rented)
        {
            var sums = panel + inner * Width;
            var start = sums + rows * Width;
            for (var k = 0; k < inner; k++)
                for (var column = 0; column < columns; column++)
                    panel[k * Width + column] = b[k * stride + column];
            var starts = initialStride == 0 ? 1 : rows;
            for (var row = 0; row < starts; row++)
                for (var column = 0; column < Width; column++)
                    start[row * Width + column] = column >= columns ? 0 : initial[row * initialStride + column];
            // What the unused columns held before is computed with and dropped; zeros keep denormal numbers, which are slow, out of it.
            for (var k = 0; k < inner; k++)
                for (var column = columns; column < Width; column++)
                    panel[k * Width + column] = 0;
            if (Vector512.IsHardwareAccelerated)
                Panel512(a, rowStride, innerStride, panel, Width, start, starts == 1 ? 0 : Width, sums, Width, rows, inner);
            else
                Panel256x2(a, rowStride, innerStride, panel, Width, start, starts == 1 ? 0 : Width, sums, Width, rows, inner);
            for (var row = 0; row < rows; row++)
                for (var column = 0; column < columns; column++)
                    c[row * stride + column] = sums[row * Width + column];
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel512x4(
        float* a, int rowStride, int innerStride, float* b, int bStride, float* initial, int initialStride, float* c, int cStride, int rows,
        int inner)
    {
        unchecked
        {
            var row = 0;
            for (; row + 4 <= rows; row += 4, initial += 4 * initialStride)
            {
                float* a0 = a + (long)row * rowStride, a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride;
                float* i1 = initial + initialStride, i2 = i1 + initialStride, i3 = i2 + initialStride;
                Vector512<float> s00 = Vector512.Load(initial), s01 = Vector512.Load(initial + 16), s02 = Vector512.Load(initial + 32), s03 = Vector512.Load(initial + 48);
                Vector512<float> s10 = Vector512.Load(i1), s11 = Vector512.Load(i1 + 16), s12 = Vector512.Load(i1 + 32), s13 = Vector512.Load(i1 + 48);
                Vector512<float> s20 = Vector512.Load(i2), s21 = Vector512.Load(i2 + 16), s22 = Vector512.Load(i2 + 32), s23 = Vector512.Load(i2 + 48);
                Vector512<float> s30 = Vector512.Load(i3), s31 = Vector512.Load(i3 + 16), s32 = Vector512.Load(i3 + 32), s33 = Vector512.Load(i3 + 48);
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                {
                    var b0 = Vector512.Load(pb);
                    var b1 = Vector512.Load(pb + 16);
                    var b2 = Vector512.Load(pb + 32);
                    var b3 = Vector512.Load(pb + 48);
                    var factor = Vector512.Create(a0[at]);
                    s00 = Vector512.FusedMultiplyAdd(factor, b0, s00);
                    s01 = Vector512.FusedMultiplyAdd(factor, b1, s01);
                    s02 = Vector512.FusedMultiplyAdd(factor, b2, s02);
                    s03 = Vector512.FusedMultiplyAdd(factor, b3, s03);
                    factor = Vector512.Create(a1[at]);
                    s10 = Vector512.FusedMultiplyAdd(factor, b0, s10);
                    s11 = Vector512.FusedMultiplyAdd(factor, b1, s11);
                    s12 = Vector512.FusedMultiplyAdd(factor, b2, s12);
                    s13 = Vector512.FusedMultiplyAdd(factor, b3, s13);
                    factor = Vector512.Create(a2[at]);
                    s20 = Vector512.FusedMultiplyAdd(factor, b0, s20);
                    s21 = Vector512.FusedMultiplyAdd(factor, b1, s21);
                    s22 = Vector512.FusedMultiplyAdd(factor, b2, s22);
                    s23 = Vector512.FusedMultiplyAdd(factor, b3, s23);
                    factor = Vector512.Create(a3[at]);
                    s30 = Vector512.FusedMultiplyAdd(factor, b0, s30);
                    s31 = Vector512.FusedMultiplyAdd(factor, b1, s31);
                    s32 = Vector512.FusedMultiplyAdd(factor, b2, s32);
                    s33 = Vector512.FusedMultiplyAdd(factor, b3, s33);
                }
                var pc = c + (long)row * cStride;
                s00.Store(pc);
                s01.Store(pc + 16);
                s02.Store(pc + 32);
                s03.Store(pc + 48);
                pc += cStride;
                s10.Store(pc);
                s11.Store(pc + 16);
                s12.Store(pc + 32);
                s13.Store(pc + 48);
                pc += cStride;
                s20.Store(pc);
                s21.Store(pc + 16);
                s22.Store(pc + 32);
                s23.Store(pc + 48);
                pc += cStride;
                s30.Store(pc);
                s31.Store(pc + 16);
                s32.Store(pc + 32);
                s33.Store(pc + 48);
            }
            for (; row < rows; row++, initial += initialStride)
            {
                var a0 = a + (long)row * rowStride;
                Vector512<float> s0 = Vector512.Load(initial), s1 = Vector512.Load(initial + 16), s2 = Vector512.Load(initial + 32), s3 = Vector512.Load(initial + 48);
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                {
                    var factor = Vector512.Create(a0[at]);
                    s0 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(pb), s0);
                    s1 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(pb + 16), s1);
                    s2 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(pb + 32), s2);
                    s3 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(pb + 48), s3);
                }
                var pc = c + (long)row * cStride;
                s0.Store(pc);
                s1.Store(pc + 16);
                s2.Store(pc + 32);
                s3.Store(pc + 48);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel512x2(
        float* a, int rowStride, int innerStride, float* b, int bStride, float* initial, int initialStride, float* c, int cStride, int rows,
        int inner)
    {
        unchecked
        {
            var row = 0;
            for (; row + 4 <= rows; row += 4, initial += 4 * initialStride)
            {
                float* a0 = a + (long)row * rowStride, a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride;
                float* i1 = initial + initialStride, i2 = i1 + initialStride, i3 = i2 + initialStride;
                Vector512<float> s00 = Vector512.Load(initial), s01 = Vector512.Load(initial + 16);
                Vector512<float> s10 = Vector512.Load(i1), s11 = Vector512.Load(i1 + 16);
                Vector512<float> s20 = Vector512.Load(i2), s21 = Vector512.Load(i2 + 16);
                Vector512<float> s30 = Vector512.Load(i3), s31 = Vector512.Load(i3 + 16);
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
            for (; row < rows; row++, initial += initialStride)
            {
                var a0 = a + (long)row * rowStride;
                Vector512<float> s0 = Vector512.Load(initial), s1 = Vector512.Load(initial + 16);
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
        float* a, int rowStride, int innerStride, float* b, int bStride, float* initial, int initialStride, float* c, int cStride, int rows,
        int inner)
    {
        unchecked
        {
            var row = 0;
            for (; row + 4 <= rows; row += 4, initial += 4 * initialStride)
            {
                float* a0 = a + (long)row * rowStride, a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride;
                float* i1 = initial + initialStride, i2 = i1 + initialStride, i3 = i2 + initialStride;
                Vector512<float> s00 = Vector512.Load(initial);
                Vector512<float> s10 = Vector512.Load(i1);
                Vector512<float> s20 = Vector512.Load(i2);
                Vector512<float> s30 = Vector512.Load(i3);
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                {
                    var b0 = Vector512.Load(pb);
                    var factor = Vector512.Create(a0[at]);
                    s00 = Vector512.FusedMultiplyAdd(factor, b0, s00);
                    factor = Vector512.Create(a1[at]);
                    s10 = Vector512.FusedMultiplyAdd(factor, b0, s10);
                    factor = Vector512.Create(a2[at]);
                    s20 = Vector512.FusedMultiplyAdd(factor, b0, s20);
                    factor = Vector512.Create(a3[at]);
                    s30 = Vector512.FusedMultiplyAdd(factor, b0, s30);
                }
                var pc = c + (long)row * cStride;
                s00.Store(pc);
                pc += cStride;
                s10.Store(pc);
                pc += cStride;
                s20.Store(pc);
                pc += cStride;
                s30.Store(pc);
            }
            for (; row < rows; row++, initial += initialStride)
            {
                var a0 = a + (long)row * rowStride;
                Vector512<float> s0 = Vector512.Load(initial);
                var pb = b;
                for (nint k = 0, at = 0; k < inner; k++, at += innerStride, pb += bStride)
                {
                    var factor = Vector512.Create(a0[at]);
                    s0 = Vector512.FusedMultiplyAdd(factor, Vector512.Load(pb), s0);
                }
                var pc = c + (long)row * cStride;
                s0.Store(pc);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel256x2(
        float* a, int rowStride, int innerStride, float* b, int bStride, float* initial, int initialStride, float* c, int cStride, int rows,
        int inner)
    {
        unchecked
        {
            var row = 0;
            for (; row + 4 <= rows; row += 4, initial += 4 * initialStride)
            {
                float* a0 = a + (long)row * rowStride, a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride;
                float* i1 = initial + initialStride, i2 = i1 + initialStride, i3 = i2 + initialStride;
                Vector256<float> s00 = Vector256.Load(initial), s01 = Vector256.Load(initial + 8);
                Vector256<float> s10 = Vector256.Load(i1), s11 = Vector256.Load(i1 + 8);
                Vector256<float> s20 = Vector256.Load(i2), s21 = Vector256.Load(i2 + 8);
                Vector256<float> s30 = Vector256.Load(i3), s31 = Vector256.Load(i3 + 8);
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
            for (; row < rows; row++, initial += initialStride)
            {
                var a0 = a + (long)row * rowStride;
                Vector256<float> s0 = Vector256.Load(initial), s1 = Vector256.Load(initial + 8);
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

    private static float* At(float* start, int column) => start == null ? Zeros : start + column;

    private static void Fits(int length, long needed)
    {
        if (length < needed)
            throw new ArgumentException($"A matrix of {needed} elements does not fit into {length}.");
    }
}
