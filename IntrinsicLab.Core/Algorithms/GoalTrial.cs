using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>How near a policy came to the goals it was given.</summary>
/// <param name="Distance">
/// Mean distance to the goal in the last state over the mean distance from the first: 0 where all goals are reached, 1 where the policy might have
/// stayed.
/// </param>
/// <param name="Nearest">The same for the nearest state of each episode.</param>
/// <param name="Success">Share of the episodes that end within the success radius; 0 where the world has none.</param>
/// <param name="Tracking">
/// Mean distance over all steps between what a step reached and what was wanted in it, over that of the first state: for goals that move.
/// </param>
internal readonly record struct GoalScores(double Distance, double Nearest, double Success, double Tracking);

/// <summary>
/// Episodes with goals that stay the same all through a run, for every method and seed: N environments side by side that are put back to their first
/// state before each trial. A distance is that of <see cref="GoalLayout.Distance"/>, never of pictures where the world can tell better.
/// </summary>
internal sealed class GoalTrial : IDisposable
{
    private readonly EnvironmentBatch batch;
    private readonly GoalLayout layout;
    private readonly ActionScale scale;
    private readonly MemoryStream start = new();
    private readonly int longest, actionSize;
    private readonly float[] states, goals, actions, first;
    private readonly double[] wholeWay, wayLeft, nearest, off, offAtFirst;
    private readonly bool[] ended;

    /// <summary>Begins N episodes.</summary>
    /// <param name="factory">Makes the environments, of a world with goals.</param>
    /// <param name="count">N.</param>
    /// <param name="rng">Source of starts and goals.</param>
    /// <param name="longest">As in <see cref="GoalWorld"/>.</param>
    public GoalTrial(EnvironmentFactory factory, int count, Rng rng, int longest)
    {
        layout = factory.Spec.Goal!;
        batch = new EnvironmentBatch(factory, count, rng);
        scale = new ActionScale(factory.Spec.Action);
        this.longest = GoalWorld.LimitOf(factory.Spec, longest);
        actionSize = factory.Spec.Action.Size;
        (states, goals) = (new float[count * layout.StateSize], new float[count * layout.GoalSize]);
        (actions, first) = (new float[count * actionSize], new float[count * layout.GoalSize]);
        (wholeWay, wayLeft, nearest, off, offAtFirst, ended) =
            (new double[count], new double[count], new double[count], new double[count], new double[count], new bool[count]);
        batch.Reset();
        using var writer = new BinaryWriter(start, System.Text.Encoding.UTF8, leaveOpen: true);
        batch.Save(writer);
    }

    /// <summary>Source of starts and goals that are the same in every run.</summary>
    public static Rng Shared => new(2022);

    /// <summary>Chooses an action for each of N states and goals: indices, or components from −1 to 1.</summary>
    /// <param name="states">[N, S].</param>
    /// <param name="goals">[N, G].</param>
    /// <param name="rows">N.</param>
    /// <param name="actions">Receives them, [N, A].</param>
    public delegate void Acting(ReadOnlySpan<float> states, ReadOnlySpan<float> goals, int rows, Span<float> actions);

    /// <summary>Sees what a trial passes through.</summary>
    /// <param name="step">0 for the starts.</param>
    /// <param name="states">[N, S].</param>
    /// <param name="achieved">Goals that they achieve, [N, G].</param>
    /// <param name="wanted">Goals that were wanted in the step just taken, [N, G]; before the first those of the world.</param>
    public delegate void Watching(int step, ReadOnlySpan<float> states, ReadOnlySpan<float> achieved, ReadOnlySpan<float> wanted);

    /// <summary>N.</summary>
    public int Count => ended.Length;

    /// <summary>Steps of the longest episode.</summary>
    public int Longest => longest;

    /// <summary>Distance to the goal from each start in the last trial, [N].</summary>
    public ReadOnlySpan<double> WholeWay => wholeWay;

    /// <summary>Distance to the goal at each end, [N].</summary>
    public ReadOnlySpan<double> WayLeft => wayLeft;

    /// <summary>The goals that the world wanted in the first step of the last trial, [N, G].</summary>
    public float[] FirstGoals { get; private set; } = [];

    /// <summary>Whether the world calls the goal of an episode hard; false where it calls none so.</summary>
    public bool IsHard(int episode) => layout.IsHard is { } question && question(FirstGoals.AsSpan(episode * layout.GoalSize, layout.GoalSize));

    /// <summary>Plays all episodes, with the world's goals or with those given.</summary>
    /// <param name="act">Chooses the actions.</param>
    /// <param name="given">Goals of each step, [T, N, G], the last one held where an episode is longer; empty for the world's own.</param>
    /// <param name="watch">Sees the states; null for nobody.</param>
    public GoalScores Play(Acting act, ReadOnlySpan<float> given = default, Watching? watch = null)
    {
        var (count, goalSize, stateSize, width) = (Count, layout.GoalSize, layout.StateSize, batch.Spec.Observation.Size);
        start.Position = 0;
        using (var reader = new BinaryReader(start, System.Text.Encoding.UTF8, leaveOpen: true))
            batch.Load(reader);
        Array.Clear(ended);
        Array.Clear(off);
        Array.Clear(offAtFirst);
        Array.Fill(nearest, double.PositiveInfinity);
        FirstGoals = FirstGoals.Length > 0 ? FirstGoals : new float[count * goalSize];
        for (var row = 0; row < count; row++)
        {
            var seen = batch.Observations.Slice(row * width, width);
            layout.Achieved(seen).CopyTo(first.AsSpan(row * goalSize));
            layout.State(seen).CopyTo(states.AsSpan(row * stateSize));
            layout.Wanted(seen).CopyTo(FirstGoals.AsSpan(row * goalSize));
        }
        var achieved = (float[])first.Clone();
        watch?.Invoke(0, states, achieved, FirstGoals);
        var steps = new int[count];
        for (var step = 0; step < longest && ended.AsSpan().Contains(false); step++)
        {
            var now = given.IsEmpty ? default : given.Slice(Math.Min(step, given.Length / (count * goalSize) - 1) * count * goalSize, count * goalSize);
            for (var row = 0; row < count; row++)
                (given.IsEmpty ? layout.Wanted(batch.Observations.Slice(row * width, width)) : now.Slice(row * goalSize, goalSize))
                    .CopyTo(goals.AsSpan(row * goalSize, goalSize));
            act(states, goals, count, actions);
            for (var row = 0; row < count; row++)
                scale.Apply(actions.AsSpan(row * actionSize, actionSize), actions.AsSpan(row * actionSize, actionSize));
            batch.Step(actions);
            for (var row = 0; row < count; row++)
            {
                if (ended[row])
                    continue;
                var over = batch.Terminated[row] || batch.Truncated[row];
                var seen = (over ? batch.FinalObservations : batch.Observations).Slice(row * width, width);
                var goal = goals.AsSpan(row * goalSize, goalSize);
                var begun = first.AsSpan(row * goalSize, goalSize);
                layout.State(seen).CopyTo(states.AsSpan(row * stateSize));
                layout.Achieved(seen).CopyTo(achieved.AsSpan(row * goalSize));
                (wholeWay[row], wayLeft[row]) = (layout.Distance(begun, goal), layout.Distance(layout.Achieved(seen), goal));
                nearest[row] = Math.Min(nearest[row], wayLeft[row]);
                off[row] += wayLeft[row];
                offAtFirst[row] += wholeWay[row];
                steps[row]++;
                ended[row] = over;
            }
            watch?.Invoke(step + 1, states, achieved, goals);
        }
        var reached = 0;
        for (var row = 0; row < count; row++)
            reached += wayLeft[row] < layout.SuccessRadius ? 1 : 0;
        return new(Ratio(wayLeft, wholeWay), Ratio(nearest, wholeWay), (double)reached / count, Ratio(off, offAtFirst));
    }

    /// <summary>Distance left over the whole way, of the episodes that are chosen; NaN where none is.</summary>
    public double DistanceOf(Func<int, bool> chosen)
    {
        var (left, whole) = (0.0, 0.0);
        for (var row = 0; row < Count; row++)
            if (chosen(row))
                (left, whole) = (left + wayLeft[row], whole + wholeWay[row]);
        return whole > 0 ? left / whole : double.NaN;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        batch.Dispose();
        start.Dispose();
    }

    private static double Ratio(double[] some, double[] whole) => whole.Sum() is > 0 and var sum ? some.Sum() / sum : 0;
}
