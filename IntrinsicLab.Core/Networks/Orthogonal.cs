using System.Numerics;
using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Networks;

/// <summary>Initial weights with orthogonal rows or columns (Saxe, McClelland and Ganguli 2014).</summary>
public static class Orthogonal
{
    /// <summary>
    /// Fills a matrix W uniformly over those with WᵀW = scale²·I, or W·Wᵀ = scale²·I where there are more columns than rows: Gaussian
    /// vectors made orthonormal one after the other, the same distribution as the factor of a singular value decomposition.
    /// </summary>
    /// <param name="rows">Inputs.</param>
    /// <param name="columns">Outputs.</param>
    /// <param name="scale">Length of each vector.</param>
    /// <param name="rng">Source of the Gaussian numbers.</param>
    /// <param name="weights">Receives W; element (r, c) at r·stride + c.</param>
    /// <param name="stride">Distance of W's rows.</param>
    public static void Fill(int rows, int columns, double scale, Rng rng, Span<float> weights, int stride)
    {
        var (count, length) = (Math.Min(rows, columns), Math.Max(rows, columns));
        var vectors = new double[count * length];
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] = rng.NextGaussian();
        for (var index = 0; index < count; index++)
        {
            var vector = vectors.AsSpan(index * length, length);
            // Twice is enough (Giraud, Langou and Rozložník 2005): the second pass removes what rounding left of the first.
            for (var pass = 0; pass < 2; pass++)
                for (var other = 0; other < index; other++)
                    Remove(vectors.AsSpan(other * length, length), vector);
            var norm = Math.Sqrt(Dot(vector, vector));
            for (var i = 0; i < length; i++)
                vector[i] /= norm;
        }
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
            {
                var value = rows >= columns ? vectors[column * length + row] : vectors[row * length + column];
                weights[row * stride + column] = (float)(scale * value);
            }
    }

    private static void Remove(ReadOnlySpan<double> direction, Span<double> vector)
    {
        var projection = Dot(direction, vector);
        var from = MemoryMarshal.Cast<double, Vector<double>>(direction);
        var to = MemoryMarshal.Cast<double, Vector<double>>(vector);
        for (var i = 0; i < to.Length; i++)
            to[i] -= projection * from[i];
        for (var i = to.Length * Vector<double>.Count; i < vector.Length; i++)
            vector[i] -= projection * direction[i];
    }

    // Four partial sums on every machine, whatever its vectors' width: initial weights are part of a run's result.
    private static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        var i = 0;
        for (; i + 4 <= left.Length; i += 4)
        {
            s0 += left[i] * right[i];
            s1 += left[i + 1] * right[i + 1];
            s2 += left[i + 2] * right[i + 2];
            s3 += left[i + 3] * right[i + 3];
        }
        for (; i < left.Length; i++)
            s0 += left[i] * right[i];
        return s0 + s1 + (s2 + s3);
    }
}
