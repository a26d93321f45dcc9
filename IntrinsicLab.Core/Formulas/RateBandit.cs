namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// The bandit that balances step sizes over lifetimes (Oh et al. 2020, section 4.1 and appendix A): score_i = (R̄_i + ρ/√n_i)/τ, an arm is drawn
/// from the softmax of the scores; R̄_i is the mean of the last w scores got with the arm. Every arm starts with one fictitious score of 0.
/// The article leaves open how scores of different worlds are brought to a common size: here they are standardised with the running mean and
/// deviation of all scores of the family, and multiplied by 0.3.
/// </summary>
/// <param name="arms">Number of arms.</param>
/// <param name="temperature">τ.</param>
/// <param name="exploration">ρ.</param>
/// <param name="window">w.</param>
public sealed class RateBandit(int arms, double temperature, double exploration, int window)
{
    private const double CommonSize = 0.3;

    private readonly double[] recent = new double[arms * window];
    private readonly long[] uses = new long[arms];
    private long scores;
    private double mean, squares;

    /// <summary>Probability of each arm.</summary>
    /// <param name="probabilities">Receives them.</param>
    public void Probabilities(Span<double> probabilities)
    {
        for (var arm = 0; arm < arms; arm++)
            probabilities[arm] = (Mean(arm) + exploration / Math.Sqrt(uses[arm] + 1)) / temperature;
        Exploration.Boltzmann(probabilities.ToArray(), 1, probabilities);
    }

    /// <summary>Draws an arm.</summary>
    public int Draw(Rng rng)
    {
        Span<double> probabilities = stackalloc double[arms];
        Probabilities(probabilities);
        return Exploration.InProportion(probabilities, rng);
    }

    /// <summary>How often an arm's score was told.</summary>
    public long Uses(int arm) => uses[arm];

    /// <summary>A score in deviations from the mean of all scores told; 0 before they differ.</summary>
    public double Standardised(double score) =>
        scores > 1 && squares > 0 ? (score - mean) / Math.Sqrt(squares / (scores - 1)) : 0;

    /// <summary>Tells what a lifetime with an arm scored.</summary>
    /// <param name="arm">Which.</param>
    /// <param name="score">Its final return, as the world pays it.</param>
    public void Tell(int arm, double score)
    {
        scores++;
        var before = score - mean;
        mean += before / scores;
        squares += before * (score - mean);
        recent[arm * window + (int)(uses[arm] % window)] = CommonSize * Standardised(score);
        uses[arm]++;
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in recent)
            writer.Write(value);
        foreach (var count in uses)
            writer.Write(count);
        writer.Write(scores);
        writer.Write(mean);
        writer.Write(squares);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        foreach (ref var value in recent.AsSpan())
            value = reader.ReadDouble();
        foreach (ref var count in uses.AsSpan())
            count = reader.ReadInt64();
        (scores, mean, squares) = (reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble());
    }

    // The fictitious score counts until the window is full of real ones.
    private double Mean(int arm)
    {
        var filled = (int)Math.Min(uses[arm], window);
        var sum = 0.0;
        for (var i = 0; i < filled; i++)
            sum += recent[arm * window + i];
        return sum / Math.Min(uses[arm] + 1, window);
    }
}
