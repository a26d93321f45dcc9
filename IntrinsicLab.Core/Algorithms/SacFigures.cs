namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="Sac"/> shows of itself: what the critics expected along the last episode, and over small state spaces.</summary>
internal static class SacFigures
{
    private const int MostSteps = 500, Recent = 200;

    public static IReadOnlyList<Figure> Of(ReplayBuffer buffer, SoftActorCritic learner, Experience experience, SacConfig config)
    {
        var figures = new List<Figure>();
        if (LastEpisode(buffer, config.Environments) is { Count: > 1 } episode)
            figures.Add(Values(buffer, learner, episode, config.Gamma));
        var lately = new float[Math.Min(buffer.Count, Recent) * buffer.Observation.Width];
        for (var back = 1; back <= lately.Length / buffer.Observation.Width; back++)
            buffer[(buffer.Next - back + buffer.Capacity) % buffer.Capacity, buffer.Observation].CopyTo(lately.AsSpan((back - 1) * buffer.Observation.Width));
        var (action, value) = (new float[buffer.Action.Width], new float[1]);
        figures.AddRange(StateMapFigures.Of("value-map", "Value over the state space",
            "What the lower critic expects of the most likely action in every state: discounted return, and what entropy is worth.", "expected return",
            diverging: false, lately, experience, seen =>
            {
                learner.Act(seen, null, action);
                learner.Judge(seen, action, value);
                return value[0];
            }));
        return figures;
    }

    private static LineFigure Values(ReplayBuffer buffer, SoftActorCritic learner, List<int> episode, double gamma)
    {
        var steps = episode.Count;
        var (expected, returns, value) = (new double[steps], new double[steps], new float[1]);
        for (var step = steps - 1; step >= 0; step--)
        {
            var row = episode[step];
            learner.Judge(buffer[row, buffer.Observation], buffer[row, buffer.Action], value);
            expected[step] = value[0];
            returns[step] = buffer[row, buffer.Reward][0] + (step + 1 < steps ? gamma * returns[step + 1] : 0);
        }
        // A long episode is shown from its start.
        var shown = Math.Min(steps, MostSteps);
        double[] x = [.. Enumerable.Range(0, shown).Select(step => (double)step)];
        return new LineFigure("values", "Values along the last episode",
            "What the lower critic expects of the action taken in each step of the last finished episode, and the discounted return that came. The critic also "
            + "counts entropy, what comes beyond a time limit, and what the policy has learned since.",
            new("step of the episode"), new("discounted return"),
            [new("Expected", x, expected[..shown]), new("Return", x, returns[..shown])]);
    }

    // Rows of the episode that ended last, in order, as far as they are still there.
    private static List<int> LastEpisode(ReplayBuffer buffer, int environments)
    {
        var rows = new List<int>();
        for (var back = 1; back <= buffer.Count; back++)
        {
            var last = (buffer.Next - back + buffer.Capacity) % buffer.Capacity;
            if (!buffer.EpisodeEnded(last))
                continue;
            for (var (row, left) = (last, (buffer.Count - back) / environments); left >= 0 && buffer.LastOfEpisode(row) == last; left--)
            {
                rows.Add(row);
                row = (row - environments + buffer.Capacity) % buffer.Capacity;
            }
            break;
        }
        rows.Reverse();
        return rows;
    }
}
