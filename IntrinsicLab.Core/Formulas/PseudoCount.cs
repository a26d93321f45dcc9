namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Counts read off a density model (Bellemare, Srinivasan, Ostrovski, Schaul, Saxton and Munos 2016): with ρ the density of x and ρ′ the density
/// after one more look at x, N̂ = ρ·(1 − ρ′)/(ρ′ − ρ).
/// </summary>
public static class PseudoCount
{
    /// <summary>Prediction gain, ln ρ′ − ln ρ.</summary>
    /// <param name="logDensity">ln ρ.</param>
    /// <param name="logDensityAfter">ln ρ′.</param>
    public static double PredictionGain(double logDensity, double logDensityAfter) => logDensityAfter - logDensity;

    /// <summary>N̂ in the form (1 − ρ′)/(e^gain − 1), which loses no digits where densities are tiny.</summary>
    /// <param name="logDensity">ln ρ.</param>
    /// <param name="logDensityAfter">ln ρ′.</param>
    /// <returns>Infinity where the model learnt nothing from x, so that a bonus falls to 0.</returns>
    public static double Of(double logDensity, double logDensityAfter)
    {
        var gain = PredictionGain(logDensity, logDensityAfter);
        return gain > 0 ? -double.ExpM1(logDensityAfter) / double.ExpM1(gain) : double.PositiveInfinity;
    }

    /// <summary>β·(N̂ + 0.01)^−½, the paper's bonus.</summary>
    /// <param name="count">N̂.</param>
    /// <param name="beta">β.</param>
    public static double Bonus(double count, double beta) => beta / Math.Sqrt(count + 0.01);
}
