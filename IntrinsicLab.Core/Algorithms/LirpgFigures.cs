using System.Globalization;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What a learned reward shows of itself: the reward of the last rollout's steps, and of each action (Zheng, Oh and Singh 2018, figure 3).</summary>
internal static class LirpgFigures
{
    private const int MostActions = 64;
    private const int MostSteps = 500;

    /// <summary>Figures of a rollout and the learned reward of each of its steps, [T, B].</summary>
    public static IEnumerable<Figure> Of(Rollout rollout, ReadOnlySpan<float> rewards, EnvironmentBatch batch)
    {
        var figures = new List<Figure> { Along(rollout, rewards, batch.Count) };
        if (batch.Spec.Action is Discrete { Count: <= MostActions } actions)
            figures.Add(PerAction(rollout, rewards, actions));
        return figures;
    }

    private static LineFigure Along(Rollout rollout, ReadOnlySpan<float> rewards, int environments)
    {
        var steps = Math.Min(rollout.Rows / environments, MostSteps);
        var (x, learned, extrinsic) = (new double[steps], new double[steps], new double[steps]);
        for (var step = 0; step < steps; step++)
            (x[step], learned[step], extrinsic[step]) = (step, rewards[step * environments], rollout.Rewards[step * environments]);
        return new LineFigure("learned-reward", "Learned reward along the last rollout",
            "What the reward network pays for each step of the first environment, beside the extrinsic reward as the learner sees it, both before they are weighted.",
            new("step of the rollout"), new("reward"), [new("Learned", x, learned), new("Extrinsic", x, extrinsic) { Points = true }]);
    }

    private static BarFigure PerAction(Rollout rollout, ReadOnlySpan<float> rewards, Discrete actions)
    {
        var (counts, sums, squares) = (new double[actions.Count], new double[actions.Count], new double[actions.Count]);
        for (var row = 0; row < rollout.Rows; row++)
        {
            var action = (int)rollout.Actions[row];
            counts[action]++;
            sums[action] += rewards[row];
            squares[action] += (double)rewards[row] * rewards[row];
        }
        double[] means = [.. sums.Zip(counts, (sum, count) => sum / count)];
        return new BarFigure("learned-reward-by-action", "Learned reward of each action",
            "Mean ± standard deviation of the learned reward over the steps on which each action was taken; a wide spread says that it depends on the state.",
            [.. counts.Select((_, action) => action < actions.Names.Count ? actions.Names[action] : action.ToString(CultureInfo.InvariantCulture))],
            [
                new("Learned reward", means)
                {
                    Deviations = [.. means.Select((mean, action) => Math.Sqrt(Math.Max(0, squares[action] / counts[action] - mean * mean)))],
                },
                new("Share of steps", [.. counts.Select(count => count / rollout.Rows)]),
            ]);
    }
}
