using System.Numerics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Locality-sensitive hash of vectors (Charikar 2002; for exploration Tang et al. 2017): bit i says on which side of a random plane through the
/// origin a vector lies. Near vectors share keys. A plane through the origin cannot see a vector's length, which is why callers append a 1.
/// </summary>
public sealed class SimHash
{
    private readonly double[][] planes;

    /// <summary>Hashes with planes of one's own.</summary>
    /// <param name="planes">Their normal vectors, [k][D].</param>
    public SimHash(double[][] planes) => this.planes = planes;

    /// <summary>Draws planes.</summary>
    /// <param name="bits">k, bits of a key.</param>
    /// <param name="size">D, values of a vector.</param>
    /// <param name="rng">Source of the normal vectors, each value from N(0, 1), plane by plane.</param>
    public SimHash(int bits, int size, Rng rng)
    {
        planes = new double[bits][];
        for (var bit = 0; bit < bits; bit++)
        {
            planes[bit] = new double[size];
            for (var component = 0; component < size; component++)
                planes[bit][component] = rng.NextGaussian();
        }
    }

    /// <summary>The key of a vector; bit i has weight 2^i and is 1 where the product with plane i is above 0.</summary>
    /// <param name="vector">[D].</param>
    public BigInteger KeyOf(ReadOnlySpan<double> vector)
    {
        var key = BigInteger.Zero;
        for (var bit = 0; bit < planes.Length; bit++)
        {
            var product = 0.0;
            for (var component = 0; component < vector.Length; component++)
                product += planes[bit][component] * vector[component];
            if (product > 0)
                key |= BigInteger.One << bit;
        }
        return key;
    }
}
