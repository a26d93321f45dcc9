namespace IntrinsicLab.Core.Environments;

/// <summary>
/// What actions drawn by <see cref="Space.Sample"/> return in an environment: the floor below which nothing was learned.
/// </summary>
/// <param name="Mean">Mean undiscounted raw return.</param>
/// <param name="StandardDeviation">Its deviation from episode to episode.</param>
/// <param name="Episodes">Episodes played.</param>
/// <param name="Length">Mean steps of an episode.</param>
/// <param name="Cut">Episodes that had not ended after <see cref="LongestEpisode"/> steps and were left there.</param>
public sealed record RandomPlay(double Mean, double StandardDeviation, int Episodes, double Length, int Cut)
{
    /// <summary>Steps after which an episode is left.</summary>
    public const int LongestEpisode = 10_000;

    private const int MostEpisodes = 1000;

    // Where episodes are long, fewer are played, down to the least that gives a deviation worth showing.
    private const int StepsInAll = 500_000;
    private const int StepsInAllWhereCostly = 50_000;
    private const int FewestEpisodes = 20;

    /// <summary>Plays an entry with its default parameters.</summary>
    public static RandomPlay Of(EnvironmentEntry entry, ulong seed)
    {
        using var environment = EnvironmentCatalog.Factory(entry).Create();
        var (worlds, choices) = (new Rng(seed).Split("environment"), new Rng(seed).Split("actions"));
        var observation = new float[environment.Spec.Observation.Size];
        var action = new float[environment.Spec.Action.Size];
        List<double> returns = [];
        var (steps, cut) = (0L, 0);
        var enough = environment.Spec.CostlyStep ? StepsInAllWhereCostly : StepsInAll;
        while (returns.Count < MostEpisodes && (steps < enough || returns.Count < FewestEpisodes))
        {
            environment.Reset(worlds, observation);
            var (sum, length, ended) = (0.0, 0, false);
            while (!ended && length < LongestEpisode)
            {
                environment.Spec.Action.Sample(choices, action);
                var result = environment.Step(action, observation);
                sum += result.RawReward;
                length++;
                ended = result.Ended;
            }
            cut += ended ? 0 : 1;
            returns.Add(sum);
            steps += length;
        }
        var mean = returns.Average();
        var deviation = Math.Sqrt(returns.Sum(value => (value - mean) * (value - mean)) / (returns.Count - 1));
        return new RandomPlay(mean, deviation, returns.Count, steps / (double)returns.Count, cut);
    }
}
