namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// How long runs take to reach a score. A run that never did is counted as such: it is neither left out, which would flatter, nor given a time
/// that nobody saw.
/// </summary>
/// <param name="Threshold">The score.</param>
/// <param name="Count">Number of runs.</param>
/// <param name="Reached">How many reached it.</param>
/// <param name="Share">Wilson's 95 % interval of the share that does.</param>
/// <param name="Median">Place by which half of all runs have reached it; null where fewer did.</param>
/// <param name="Lower">Place by which a quarter has; null where fewer did.</param>
/// <param name="Upper">Place by which three quarters have; null where fewer did.</param>
public sealed record Reaching(double Threshold, int Count, int Reached, Interval Share, double? Median, double? Lower, double? Upper)
{
    /// <summary>The first observed place at which a curve is at or above a score; null where it never is.</summary>
    public static double? First(SeedCurve curve, double threshold)
    {
        for (var index = 0; index < curve.X.Length; index++)
            if (curve.Y[index] >= threshold)
                return curve.X[index];
        return null;
    }

    /// <summary>What places, null for a run that never got there, say together.</summary>
    /// <param name="threshold">The score.</param>
    /// <param name="places">One for each run, at least one.</param>
    public static Reaching Of(double threshold, IReadOnlyList<double?> places)
    {
        double[] sorted = [.. places.Select(place => place ?? double.PositiveInfinity).Order()];
        var reached = sorted.Count(double.IsFinite);
        return new Reaching(threshold, sorted.Length, reached, SuccessRate.Wilson(reached, sorted.Length), By(0.5), By(0.25), By(0.75));

        // The run with which the share is complete: no interpolation towards a run that never arrived.
        double? By(double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1] is var place && double.IsFinite(place) ? place : null;
    }
}
