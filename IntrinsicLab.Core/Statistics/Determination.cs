namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// The coefficient of determination R² (Wright 1921): the share of a quantity's variance that a prediction explains. 1 is perfect, 0 no better than
/// the quantity's mean, below 0 worse than it.
/// </summary>
public static class Determination
{
    /// <summary>1 − Σ(y − ŷ)² / Σ(y − mean y)².</summary>
    /// <param name="actual">y.</param>
    /// <param name="predicted">ŷ, as many values.</param>
    /// <returns>NaN where the quantity never changes.</returns>
    public static double Coefficient(ReadOnlySpan<double> actual, ReadOnlySpan<double> predicted)
    {
        var (mean, error, spread) = (Aggregates.Mean(actual), MeanSquaredError(actual, predicted) * actual.Length, 0.0);
        foreach (var value in actual)
            spread += (value - mean) * (value - mean);
        return spread > 0 ? 1 - error / spread : double.NaN;
    }

    /// <summary>Mean of (y − ŷ)².</summary>
    /// <param name="actual">y.</param>
    /// <param name="predicted">ŷ, as many values.</param>
    public static double MeanSquaredError(ReadOnlySpan<double> actual, ReadOnlySpan<double> predicted)
    {
        if (actual.Length != predicted.Length)
            throw new ArgumentException($"{actual.Length} values do not fit {predicted.Length}.", nameof(predicted));
        var sum = 0.0;
        for (var index = 0; index < actual.Length; index++)
            sum += (actual[index] - predicted[index]) * (actual[index] - predicted[index]);
        return sum / actual.Length;
    }
}
