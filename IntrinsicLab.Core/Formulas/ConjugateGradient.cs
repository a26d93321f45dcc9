using System.Numerics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>A linear map of vectors that is known only by what it does.</summary>
/// <param name="vector">v, [P].</param>
/// <param name="product">Receives A·v, [P].</param>
/// <typeparam name="T">Number type.</typeparam>
public delegate void LinearMap<T>(ReadOnlySpan<T> vector, Span<T> product);

/// <summary>
/// The method of conjugate gradients (Hestenes and Stiefel 1952): solves A·x = b for a symmetric positive A that is known only through its
/// products with vectors. Each iteration costs one product; after k of them x is the best solution among combinations of b, Ab … Aᵏ⁻¹b.
/// </summary>
public static class ConjugateGradient
{
    /// <summary>Solves approximately, from x = 0.</summary>
    /// <param name="map">A.</param>
    /// <param name="right">b, [P].</param>
    /// <param name="solution">Receives x, [P]; zero where b is.</param>
    /// <param name="iterations">Most iterations.</param>
    /// <param name="tolerance">Stops once |b − A·x|² is below this.</param>
    /// <returns>Iterations done, and |b − A·x|² as the recursion has it.</returns>
    public static (int Iterations, double Residual) Solve<T>(
        LinearMap<T> map, ReadOnlySpan<T> right, Span<T> solution, int iterations, double tolerance = 1e-10)
        where T : IFloatingPointIeee754<T>
    {
        if (right.Length != solution.Length)
            throw new ArgumentException($"Vectors of {right.Length} and {solution.Length} elements do not belong together.");
        var (residual, direction, product) = (right.ToArray(), right.ToArray(), new T[right.Length]);
        solution.Clear();
        var squared = Dot<T>(right, right);
        var iteration = 0;
        // With b = 0 the quotients below are 0/0; x = 0 is the solution.
        while (iteration < iterations && squared != 0)
        {
            map(direction, product);
            var step = T.CreateChecked(squared / Dot<T>(direction, product));
            for (var i = 0; i < product.Length; i++)
            {
                solution[i] += step * direction[i];
                residual[i] -= step * product[i];
            }
            var next = Dot<T>(residual, residual);
            var ratio = T.CreateChecked(next / squared);
            for (var i = 0; i < product.Length; i++)
                direction[i] = residual[i] + ratio * direction[i];
            squared = next;
            iteration++;
            if (squared < tolerance)
                break;
        }
        return (iteration, squared);
    }

    /// <summary>Inner product, summed in double precision and the same way on every machine.</summary>
    /// <param name="left">[P].</param>
    /// <param name="right">[P].</param>
    public static double Dot<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right) where T : IFloatingPointIeee754<T>
    {
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
            sum += double.CreateTruncating(left[i]) * double.CreateTruncating(right[i]);
        return sum;
    }
}
