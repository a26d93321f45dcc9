using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// One episode to each of 20 × 20 goals that lie evenly over the plane in which a world's goals are places: a map of what a policy reaches. Starts are the
/// same in every run; it is made when it is first asked for.
/// </summary>
internal sealed class GoalGrid : IDisposable
{
    /// <summary>Goals along each side.</summary>
    public const int Side = 20;

    private readonly GoalTrial trial;
    private readonly float[] given;
    private readonly int[] fieldOf;

    private GoalGrid(EnvironmentFactory environments, int longest, double[] columns, double[] rows, float[] given, int[] fieldOf)
    {
        (Columns, Rows, this.given, this.fieldOf) = (columns, rows, given, fieldOf);
        trial = new GoalTrial(environments, fieldOf.Length, GoalTrial.Shared.Split("grid"), longest);
    }

    /// <summary>x of the goals.</summary>
    public double[] Columns { get; }

    /// <summary>y of the goals.</summary>
    public double[] Rows { get; }

    /// <summary>Makes it; null where goals are no places of a plane, move, or cost more to try than a picture is worth.</summary>
    /// <param name="environments">Makes the world.</param>
    /// <param name="longest">Steps of an episode; 0 for the world's own limit.</param>
    public static GoalGrid? Of(EnvironmentFactory environments, int longest)
    {
        var spec = environments.Spec;
        if (spec.GoalPlane is not { Meaning: "" } plane || plane.Top <= plane.Bottom || spec.Goal is not { Names.Count: 0 } layout || spec.CostlyStep || spec.Elsewhere)
            return null;
        var (columns, rows) = (Centres(plane.Left, plane.Right), Centres(plane.Bottom, plane.Top));
        var (observation, given, fieldOf) = (new float[spec.Observation.Size], new List<float>(), new List<int>());
        using var world = environments.Create();
        world.Reset(GoalTrial.Shared, observation);
        for (var field = 0; field < Side * Side; field++)
            try
            {
                world.Want(columns[field % Side], rows[field / Side], observation);
                given.AddRange(layout.Wanted(observation));
                fieldOf.Add(field);
            }
            catch (ArgumentException)
            {
                // Nothing can be wanted there, such as in a wall: a gap.
            }
        return fieldOf.Count > 0 ? new GoalGrid(environments, longest, columns, rows, [.. given], [.. fieldOf]) : null;
    }

    /// <summary>Plays an episode to each goal: distance left over the whole way, row after row; NaN where nothing can be wanted.</summary>
    /// <param name="act">The policy.</param>
    public double[] Play(GoalTrial.Acting act)
    {
        trial.Play(act, given);
        var shares = new double[Side * Side];
        Array.Fill(shares, double.NaN);
        for (var goal = 0; goal < fieldOf.Length; goal++)
            shares[fieldOf[goal]] = trial.WholeWay[goal] > 0 ? trial.WayLeft[goal] / trial.WholeWay[goal] : double.NaN;
        return shares;
    }

    /// <inheritdoc/>
    public void Dispose() => trial.Dispose();

    private static double[] Centres(double low, double high) => [.. Enumerable.Range(0, Side).Select(place => low + (high - low) * (place + 0.5) / Side)];
}
