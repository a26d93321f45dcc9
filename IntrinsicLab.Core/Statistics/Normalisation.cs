namespace IntrinsicLab.Core.Statistics;

/// <summary>Scores made comparable across tasks.</summary>
public static class Normalisation
{
    /// <summary>(score − floor) / (ceiling − floor): 0 at the floor (random play), 1 at the ceiling (a human, an optimum).</summary>
    /// <exception cref="ArgumentException">Floor and ceiling are equal.</exception>
    public static double Between(double score, double floor, double ceiling) => ceiling == floor
        ? throw new ArgumentException($"Scores cannot be normalised between {floor} and itself.", nameof(ceiling))
        : (score - floor) / (ceiling - floor);
}
