using System.Globalization;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Reward of a step, under the present parameters.</summary>
/// <param name="observation">As the policy sees it.</param>
/// <param name="action">Values, or the index.</param>
internal delegate float RewardOf(ReadOnlySpan<float> observation, ReadOnlySpan<float> action);

/// <summary>
/// What a learned reward shows of itself: beside the extrinsic one, step by step and episode by episode; for each action and how often that
/// is taken (Zheng, Oh and Singh 2018, figure 3); and over the states.
/// </summary>
internal static class LirpgFigures
{
    /// <summary>Name of the trace under replays.</summary>
    public const string TraceName = "Learned reward";

    /// <summary>What the trace says.</summary>
    public const string TraceMeaning = "What the reward network of that moment pays for the step, before it is weighted.";

    private const int MostActions = 64;
    private const int MostSteps = 250;
    private const int MostPanels = 3;
    private const int Bins = 9;

    /// <summary>All figures.</summary>
    /// <param name="paid">Steps and episodes of late.</param>
    /// <param name="reward">The learned reward.</param>
    /// <param name="network">The policy.</param>
    /// <param name="rollout">What it saw lately.</param>
    /// <param name="experience">The world.</param>
    public static IEnumerable<Figure> Of(RewardLog paid, RewardOf reward, IActor network, Rollout rollout, Experience experience)
    {
        var space = experience.Batch.Spec.Action;
        List<Figure> figures = [Along(paid), .. PerAction(paid, space)];
        // Games of several lives are scored whole, and learned from life by life.
        if (paid.Episodes.Count > 1 && !experience.Batch.Wrappers.EpisodicLife)
            figures.Add(PerEpisode(paid));
        if (space is Box or Discrete { Count: <= MostActions })
            figures.AddRange(OverStates(reward, network, space, rollout, experience));
        return figures;
    }

    internal static LineFigure Along(RewardLog paid)
    {
        var steps = Math.Min(paid.Steps, MostSteps);
        var (x, learned, extrinsic, ends) = (new double[steps], new double[steps], new double[steps], new List<double>());
        for (var step = 0; step < steps; step++)
        {
            var of = paid[paid.Steps - steps + step, 0];
            (x[step], learned[step], extrinsic[step]) = (step + 1, of.Learned, of.Extrinsic);
            if (of.Ended)
                ends.Add(step + 1.5);
        }
        return new LineFigure("learned-reward", "Learned and extrinsic reward, step by step",
            "What the reward network paid for the last steps of the first environment (scale on the left), and the extrinsic reward that the learner saw (scale on "
            + "the right), neither weighted; dotted lines are ends of episodes. A learned reward that rises before the extrinsic one comes bridges its delay.",
            new("step"), new("learned reward"), [new("Learned", x, learned), new("Extrinsic", x, extrinsic) { OnRight = true }])
        {
            Right = new("extrinsic reward"),
            Breaks = ends,
        };
    }

    internal static IEnumerable<Figure> PerAction(RewardLog paid, Space space)
    {
        const string Id = "learned-reward-by-action", Title = "Learned reward of each action";
        if (space is Discrete discrete)
        {
            if (discrete.Count > MostActions)
                return [];
            var moments = Moments(paid, discrete.Count, (action, _) => (int)action[0], axis: 0);
            return
            [
                Bars(Id, Title,
                    "Mean ± standard deviation of the learned reward over the last steps on which each action was taken, and how often that was; means that differ say "
                    + "which actions are favoured, a wide spread that it depends on the state.",
                    [.. Enumerable.Range(0, discrete.Count).Select(action => action < discrete.Names.Count ? discrete.Names[action] : action.ToString(CultureInfo.InvariantCulture))],
                    moments),
            ];
        }
        var box = (Box)space;
        if (box.Size > MostActions)
            return [];
        var ofAxis = Enumerable.Range(0, box.Size).Select(axis =>
        {
            var (low, high) = Range(paid, box, axis);
            var moments = Moments(paid, Bins, (action, index) => (int)Math.Clamp((action[index] - low) / (high - low) * Bins, 0, Bins - 1), axis);
            return (Low: low, High: high, Moments: moments);
        }).ToList();
        if (box.Size <= MostPanels)
            return ofAxis.Select((of, axis) => Bars(
                axis == 0 ? Id : $"{Id}-{axis + 1}", box.Size == 1 ? "Learned reward by action" : $"Learned reward by component {axis + 1} of the action",
                "Mean ± standard deviation of the learned reward over the last steps, by what was done, and how often that was; the outermost bars hold what lies beyond the bounds.",
                [.. Enumerable.Range(0, Bins).Select(bin => (of.Low + (of.High - of.Low) * (bin + 0.5) / Bins).ToString("0.##", CultureInfo.InvariantCulture).Replace('-', '−'))],
                of.Moments));
        double[] columns = [.. Enumerable.Range(0, Bins).Select(bin => (2 * bin + 1.0) / Bins - 1)];
        double[] rows = [.. Enumerable.Range(1, box.Size).Select(axis => (double)axis)];
        HeatFigure Heat(string id, string title, string caption, string label, Func<Moment, double> value) => new(
            id, title, caption, new("action, −1 and 1 are its bounds"), new("component of the action"), columns, rows,
            [.. ofAxis.SelectMany(of => of.Moments.Select(value))], label);
        return
        [
            Heat(Id, "Learned reward by component of the action",
                "Mean learned reward over the last steps, by what each component of the action was; gaps were not tried.", "learned reward", moment => moment.Mean)
                with { Diverging = true },
            Heat($"{Id}-share", "Actions tried", "How often each component of the action was where, over the same steps.", "share of steps", moment => moment.Share),
        ];
    }

    internal static LineFigure PerEpisode(RewardLog paid)
    {
        var episodes = paid.Episodes.ToList();
        var latest = Math.Min(20, episodes.Count / 2);
        FigureSeries Part(string name, IReadOnlyList<(double Return, double Learned)> part) =>
            new(name, [.. part.Select(episode => episode.Return)], [.. part.Select(episode => episode.Learned)]) { Points = true };
        var correlation = Correlation(episodes);
        var words = double.IsFinite(correlation) ? string.Create(CultureInfo.InvariantCulture, $" Their correlation is {correlation:0.00}.").Replace('-', '−') : "";
        return new LineFigure("learned-return", "Learned and extrinsic return, episode by episode",
            $"The last {episodes.Count} training episodes: the sum of their learned rewards over their raw return. Points that rise to the right say that the learned reward "
            + $"ranks episodes as the task does.{words}",
            new("return"), new("sum of learned rewards"), [Part("Earlier", episodes[..^latest]), Part($"Latest {latest}", episodes[^latest..])]);
    }

    internal static IEnumerable<HeatFigure> OverStates(RewardOf reward, IActor network, Space space, Rollout rollout, Experience experience)
    {
        const string Id = "learned-reward-map", Title = "Learned reward over the state space";
        var action = new float[space.Size];
        if (space is not Discrete discrete)
            return StateMapFigures.Of(Id, Title, "What the reward network pays in each state for the policy's most likely action.", "learned reward",
                diverging: true, rollout.Observations, experience, seen =>
                {
                    network.Forward(seen, 1);
                    network.Mode(action);
                    return reward(seen, action);
                });
        return StateMapFigures.Of(Id, Title, "What the reward network pays in each state, averaged over the policy's actions.", "learned reward",
            diverging: true, rollout.Observations, experience, seen =>
            {
                Span<float> nlp = [0f];
                network.Forward(seen, 1);
                var mean = 0.0;
                for (var index = 0; index < discrete.Count; index++)
                {
                    action[0] = index;
                    network.Evaluate(action, nlp);
                    mean += Math.Exp(-nlp[0]) * reward(seen, action);
                }
                return mean;
            });
    }

    private static BarFigure Bars(string id, string title, string caption, IReadOnlyList<string> categories, IReadOnlyList<Moment> moments) => new(
        id, title, caption, categories,
        [
            new("learned reward", [.. moments.Select(moment => moment.Mean)]) { Deviations = [.. moments.Select(moment => moment.Deviation)] },
            new("share of steps", [.. moments.Select(moment => moment.Share)]),
        ]);

    /// <summary>Mean, deviation and share of the steps in each group; without a mean where a group is empty.</summary>
    private static Moment[] Moments(RewardLog paid, int groups, Func<ReadOnlySpan<float>, int, int> groupOf, int axis)
    {
        var (counts, sums, squares) = (new double[groups], new double[groups], new double[groups]);
        for (var step = 0; step < paid.Steps; step++)
            for (var environment = 0; environment < paid.Environments; environment++)
            {
                var of = paid[step, environment];
                var group = groupOf(of.Action, axis);
                counts[group]++;
                sums[group] += of.Learned;
                squares[group] += (double)of.Learned * of.Learned;
            }
        var all = counts.Sum();
        return [.. counts.Select((count, group) =>
        {
            var mean = sums[group] / count;
            return new Moment(mean, Math.Sqrt(Math.Max(0, squares[group] / count - mean * mean)), count / all);
        })];
    }

    // The bounds; without them, what was done.
    private static (float Low, float High) Range(RewardLog paid, Box box, int axis)
    {
        var (low, high) = (box.Low[axis], box.High[axis]);
        if (float.IsFinite(low) && float.IsFinite(high) && high > low)
            return (low, high);
        (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        for (var step = 0; step < paid.Steps; step++)
            for (var environment = 0; environment < paid.Environments; environment++)
            {
                var value = paid[step, environment].Action[axis];
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
            }
        return high > low ? (low, high) : (low - 1, low + 1);
    }

    private static double Correlation(IReadOnlyList<(double Return, double Learned)> episodes)
    {
        var (x, y) = (episodes.Average(episode => episode.Return), episodes.Average(episode => episode.Learned));
        var products = episodes.Sum(episode => (episode.Return - x) * (episode.Learned - y));
        var squares = episodes.Sum(episode => Math.Pow(episode.Return - x, 2)) * episodes.Sum(episode => Math.Pow(episode.Learned - y, 2));
        return products / Math.Sqrt(squares);
    }

    private readonly record struct Moment(double Mean, double Deviation, double Share);
}
