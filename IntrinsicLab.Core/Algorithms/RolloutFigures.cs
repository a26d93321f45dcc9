using System.Globalization;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What actor-critic methods show of themselves: the last rollout's actions and values, and the value over small state spaces.</summary>
internal static class RolloutFigures
{
    private const int MostActions = 64;
    private const int MostSteps = 500;

    /// <summary>Figures of a rollout whose returns are filled.</summary>
    public static IReadOnlyList<Figure> Of(Rollout rollout, IActor network, Experience experience)
    {
        var figures = new List<Figure>();
        var spec = experience.Batch.Spec;
        var advantages = new double[rollout.Rows];
        for (var row = 0; row < advantages.Length; row++)
            advantages[row] = (double)rollout.Returns[row] - rollout.Values[row];
        if (Actions(rollout.Actions, advantages, spec.Action) is { } actions)
            figures.Add(actions);
        figures.Add(Values(rollout, experience.Batch.Count));
        figures.AddRange(StateMapFigures.Of("value-map", "Value over the state space",
            "The discounted return that the value function expects from every state.", "expected return", diverging: false, rollout.Observations, experience, seen =>
            {
                network.Forward(seen, 1);
                return network.Values[0];
            }));
        return figures;
    }

    /// <summary>How often each action was chosen and what it brought, or where continuous ones lay; null for too many.</summary>
    /// <param name="chosen">[N, A], or [N] indices.</param>
    /// <param name="advantages">How much better than expected each turned out, [N].</param>
    /// <param name="space">The actions.</param>
    public static BarFigure? Actions(ReadOnlySpan<float> chosen, ReadOnlySpan<double> advantages, Space space)
    {
        const string Id = "actions", Title = "Actions of the last rollout";
        var rows = advantages.Length;
        if (space is Discrete discrete)
        {
            if (discrete.Count > MostActions)
                return null;
            var counts = new double[discrete.Count];
            var (sums, squares) = (new double[discrete.Count], new double[discrete.Count]);
            for (var row = 0; row < rows; row++)
            {
                var (action, advantage) = ((int)chosen[row], advantages[row]);
                counts[action]++;
                sums[action] += advantage;
                squares[action] += advantage * advantage;
            }
            return new BarFigure(Id, Title,
                "How often each action was chosen while exploring, and how much better than expected it turned out (mean advantage ± standard deviation).",
                [.. counts.Select((_, action) => action < discrete.Names.Count ? discrete.Names[action] : action.ToString(CultureInfo.InvariantCulture))],
                [
                    new("share of steps", [.. counts.Select(count => count / rows)]),
                    new("advantage", [.. sums.Zip(counts, (sum, count) => sum / count)])
                    {
                        Deviations = [.. squares.Zip(sums, counts).Select(each => Deviation(each.First, each.Second, each.Third))],
                    },
                ]);
        }
        var size = space.Size;
        if (size > MostActions)
            return null;
        var means = new double[size];
        var deviations = new double[size];
        for (var axis = 0; axis < means.Length; axis++)
        {
            double sum = 0, square = 0;
            for (var row = 0; row < rows; row++)
            {
                var value = (double)chosen[row * size + axis];
                sum += value;
                square += value * value;
            }
            (means[axis], deviations[axis]) = (sum / rows, Deviation(square, sum, rows));
        }
        return new BarFigure(Id, Title, "Mean ± standard deviation of each component of the action while exploring, before it is limited to its bounds.",
            [.. means.Select((_, axis) => $"component {axis + 1}")], [new("action", means) { Deviations = deviations }]);
    }

    private static double Deviation(double squares, double sum, double count) => Math.Sqrt(Math.Max(0, squares / count - sum / count * (sum / count)));

    /// <summary>Values along the rollout in its first environment, and the returns they are trained towards.</summary>
    public static LineFigure Values(Rollout rollout, int environments)
    {
        var steps = Math.Min(rollout.Rows / environments, MostSteps);
        double[] x = [.. Enumerable.Range(0, steps).Select(step => (double)step)];
        return new LineFigure("values", "Values along the last rollout",
            "What the value function expected in the first environment, and the return it is trained towards; at best the two lie together.",
            new("step of the rollout"), new("discounted return"),
            [
                new("Expected", x, [.. Enumerable.Range(0, steps).Select(step => (double)rollout.Values[step * environments])]),
                new("Target", x, [.. Enumerable.Range(0, steps).Select(step => (double)rollout.Returns[step * environments])]),
            ]);
    }
}
