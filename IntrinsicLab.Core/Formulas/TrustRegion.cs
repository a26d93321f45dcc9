using System.Numerics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Steps that a divergence limits (Schulman, Levine, Abbeel, Jordan and Moritz 2015, "Trust Region Policy Optimization", appendix C):
/// a direction scaled to the limit by the quadratic model of the divergence, then shortened until the true one keeps it.
/// </summary>
public static class TrustRegion
{
    /// <summary>β = √(2δ/(xᵀHx + 10⁻⁸)): the length at which ½·β²·xᵀHx reaches the limit; 1 where that is no number, as rllab has it.</summary>
    /// <param name="limit">δ.</param>
    /// <param name="curvature">xᵀHx.</param>
    public static double StepLength(double limit, double curvature)
    {
        var length = Math.Sqrt(2 * limit / (curvature + 1e-8));
        return double.IsNaN(length) ? 1 : length;
    }

    /// <summary>
    /// Tries θ − shrink^k·β·x for k = 0, 1 …, and stays at the first that lowers the loss and keeps the divergence within the limit. Where none
    /// does, the parameters are bit for bit what they were.
    /// </summary>
    /// <param name="parameters">θ, [P]; overwritten.</param>
    /// <param name="direction">x, [P].</param>
    /// <param name="length">β.</param>
    /// <param name="loss">The loss at θ.</param>
    /// <param name="limit">δ.</param>
    /// <param name="shrink">Factor from one try to the next.</param>
    /// <param name="tries">How many.</param>
    /// <param name="evaluate">Loss and divergence from θ of what <paramref name="parameters"/> hold when it is called.</param>
    /// <param name="history">Receives every try in order; may be null.</param>
    public static LineSearch Search<T>(
        T[] parameters, ReadOnlySpan<T> direction, double length, double loss, double limit, double shrink, int tries,
        Func<(double Loss, double Divergence)> evaluate, List<LineSearchTry>? history = null)
        where T : IFloatingPointIeee754<T>
    {
        var old = (T[])parameters.Clone();
        history?.Clear();
        for (var k = 0; k < tries; k++)
        {
            var factor = T.CreateChecked(Math.Pow(shrink, k) * length);
            for (var i = 0; i < parameters.Length; i++)
                parameters[i] = old[i] - factor * direction[i];
            var (tried, divergence) = evaluate();
            history?.Add(new(Math.Pow(shrink, k), tried, divergence));
            // Comparisons with what is no number are false: such a try is not accepted.
            if (tried < loss && divergence <= limit)
                return new(true, k, tried, divergence);
        }
        old.CopyTo(parameters, 0);
        return new(false, tries, loss, 0);
    }
}

/// <summary>How a line search ended.</summary>
/// <param name="Accepted">A try was good enough.</param>
/// <param name="Backtracks">How often the step was shortened; the number of tries where none was accepted.</param>
/// <param name="Loss">The loss afterwards.</param>
/// <param name="Divergence">How far the step went; 0 where none was taken.</param>
public readonly record struct LineSearch(bool Accepted, int Backtracks, double Loss, double Divergence);

/// <summary>One try of a line search.</summary>
/// <param name="Share">Share of the full step.</param>
/// <param name="Loss">The loss there.</param>
/// <param name="Divergence">How far that is.</param>
public readonly record struct LineSearchTry(double Share, double Loss, double Divergence);
