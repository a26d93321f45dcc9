using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// A learned reward as a field over the plane, beside a distance: how far being paid more means being nearer. After the reward dynamics of Liu, Wang,
/// Tian and Chen 2022 (GPIM), where the field resembles a distance in the open and is shaped by walls.
/// </summary>
public sealed class RewardField
{
    /// <summary>Places along each side of the grid, both edges among them.</summary>
    public const int Side = 21;

    private readonly double[] x, y;

    /// <summary>Lays the grid.</summary>
    /// <param name="left">Least x.</param>
    /// <param name="bottom">Least y.</param>
    /// <param name="right">Greatest x.</param>
    /// <param name="top">Greatest y.</param>
    public RewardField(double left, double bottom, double right, double top)
    {
        (x, y) = (new double[Side * Side], new double[Side * Side]);
        for (var place = 0; place < x.Length; place++)
            (x[place], y[place]) = (left + (right - left) * (place % Side) / (Side - 1), bottom + (top - bottom) * (place / Side) / (Side - 1));
        Places = new float[2 * x.Length];
        for (var place = 0; place < x.Length; place++)
            (Places[2 * place], Places[2 * place + 1]) = ((float)x[place], (float)y[place]);
    }

    /// <summary>The places, x and y of each, row after row from the bottom: [441, 2].</summary>
    public float[] Places { get; }

    /// <summary>Number of places.</summary>
    public int Count => x.Length;

    /// <summary>The grid over the places that goals and states are; null where they are no places of a bounded plane.</summary>
    internal static RewardField? Over(EnvironmentSpec spec, DiscriminatorInput input)
    {
        if (spec.Goal is not { } layout || !(layout is { GoalSize: 2, Names.Count: 0 } || layout.Place is { Size: 2 }))
            return null;
        var (size, first) = input == DiscriminatorInput.Achieved ? (layout.GoalSize, layout.StateSize + layout.GoalSize) : (layout.StateSize, 0);
        var (low, high) = (spec.Observation.Low, spec.Observation.High);
        return size == 2 && float.IsFinite(low[first] + high[first] + low[first + 1] + high[first + 1])
            ? new RewardField(low[first], low[first + 1], high[first], high[first + 1])
            : null;
    }

    /// <summary>Spearman's rank correlation of rewards with minus the straight distance to a point.</summary>
    /// <param name="rewards">What is paid at each place, [441].</param>
    /// <param name="toX">x of the point.</param>
    /// <param name="toY">Its y.</param>
    /// <returns>From −1 to 1; 0 where every place is paid alike.</returns>
    public double Agreement(ReadOnlySpan<float> rewards, double toX, double toY) =>
        Agreement(rewards, (fromX, fromY) => Math.Sqrt((fromX - toX) * (fromX - toX) + (fromY - toY) * (fromY - toY)));

    /// <summary>Spearman's rank correlation of rewards with minus the length of the way from each place; places without a way are left out.</summary>
    /// <param name="rewards">What is paid at each place, [441].</param>
    /// <param name="wayFrom">Length of the way from a place.</param>
    /// <returns>From −1 to 1; 0 where every place is paid alike.</returns>
    public double Agreement(ReadOnlySpan<float> rewards, Func<double, double, double> wayFrom)
    {
        if (rewards.Length != Count)
            throw new ArgumentException($"{rewards.Length} rewards do not fit {Count} places.", nameof(rewards));
        var (paid, near) = (new List<double>(Count), new List<double>(Count));
        for (var place = 0; place < Count; place++)
            if (wayFrom(x[place], y[place]) is var way && double.IsFinite(way))
            {
                paid.Add(rewards[place]);
                // Places as far away as each other are so to the last bit.
                near.Add(-Math.Round(way, 9));
            }
        return RankCorrelation.Spearman([.. paid], [.. near]) is var found && double.IsNaN(found) ? 0 : found;
    }

    /// <summary>Means over the skills of a trial, which must have been played: with the straight distance to where each ends, and with the way round walls.</summary>
    /// <returns>The second is null in a world without walls.</returns>
    internal (double Straight, double? Round) OfSkills(EnvironmentSpec spec, Discriminator discriminator, SkillTrial trial)
    {
        var (rewards, placeOf, waysTo) = (new float[trial.Count * Count], SkillFigures.PlaceOf(spec)!, spec.Plan?.WaysTo);
        discriminator.RewardsOfEach(Places, trial.Skills, rewards);
        var (straight, round) = (0.0, 0.0);
        for (var skill = 0; skill < trial.Count; skill++)
        {
            var last = trial.LengthOf(skill);
            var (endX, endY) = placeOf(trial.State(skill, last), trial.Achieved(skill, last));
            var own = rewards.AsSpan(skill * Count, Count);
            straight += Agreement(own, endX, endY) / trial.Count;
            round += waysTo is null ? 0 : Agreement(own, waysTo(endX, endY)) / trial.Count;
        }
        return (straight, waysTo is null ? null : round);
    }

    /// <summary>The same over goals and embeddings, which pay for what they see of a place beside what they see of the goal.</summary>
    internal (double Straight, double? Round) OfGoals(EnvironmentSpec spec, GoalEmbedding embedding, ReadOnlySpan<float> goals)
    {
        var (rewards, waysTo, count) = (new float[Count], spec.Plan?.WaysTo, goals.Length / 2);
        var (straight, round) = (0.0, 0.0);
        for (var goal = 0; goal < count; goal++)
        {
            var (toX, toY) = (goals[2 * goal], goals[2 * goal + 1]);
            embedding.RewardsTo(Places, goals.Slice(2 * goal, 2), rewards);
            straight += Agreement(rewards, toX, toY) / count;
            round += waysTo is null ? 0 : Agreement(rewards, waysTo(toX, toY)) / count;
        }
        return (straight, waysTo is null ? null : round);
    }
}
