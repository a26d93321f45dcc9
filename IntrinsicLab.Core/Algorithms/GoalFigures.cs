using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Which goals a policy reaches, and how it goes there.</summary>
internal static class GoalFigures
{
    private const int Fields = 10, PathsShown = 12;

    /// <summary>Figures of a trial, which is played; nothing that training depends on changes.</summary>
    public static IEnumerable<Figure> Of(EnvironmentSpec spec, GoalTrial trial, GoalTrial.Acting act)
    {
        var placeOf = SkillFigures.PlaceOf(spec);
        var layout = spec.Goal!;
        var shown = Math.Min(PathsShown, trial.Count);
        var (x, y) = (new List<double>[shown], new List<double>[shown]);
        for (var path = 0; path < shown; path++)
            (x[path], y[path]) = ([], []);
        trial.Play(act, watch: (_, states, achieved) =>
        {
            for (var path = 0; path < shown && placeOf is not null; path++)
            {
                var (across, up) = placeOf(
                    states.Slice(path * layout.StateSize, layout.StateSize), achieved.Slice(path * layout.GoalSize, layout.GoalSize));
                x[path].Add(across);
                y[path].Add(up);
            }
        });
        yield return Distances(trial);
        if (placeOf is null || !(layout.GoalSize == 2 || layout.Place is { Size: 2 }))
            yield break;
        var goals = new (double X, double Y)[trial.Count];
        for (var goal = 0; goal < goals.Length; goal++)
            goals[goal] = placeOf([], trial.FirstGoals.AsSpan(goal * layout.GoalSize, layout.GoalSize));
        yield return Reached(trial, goals);
        yield return new LineFigure("paths", "The way to some goals", "Some episodes of the trial from start to end, with the goals they were given first.",
            new("x"), new("y"),
            [
                .. Enumerable.Range(0, shown).Select(path => new FigureSeries($"Episode {path + 1}", x[path], y[path])),
                new FigureSeries("Goals", [.. goals.Take(shown).Select(goal => goal.X)], [.. goals.Take(shown).Select(goal => goal.Y)]) { Points = true },
            ])
        { EqualScales = true };
    }

    /// <summary>A goal that is a square picture, and what an auto-encoder makes of it; nothing for other goals.</summary>
    public static IReadOnlyList<Figure> OfAutoencoder(GoalAutoencoder autoencoder, ReadOnlySpan<float> goal)
    {
        var side = (int)Math.Sqrt(goal.Length);
        if (side * side != goal.Length)
            return [];
        var (code, decoded) = (new float[autoencoder.Latents], new float[goal.Length]);
        autoencoder.Encode(goal, code);
        autoencoder.Decode(code, decoded);
        double[] pixels = [.. Enumerable.Range(0, side)];
        return
        [
            new HeatFigure("goal-picture", "A goal's picture", "The first goal of the trial as the world shows it.",
                new("column"), new("row"), pixels, pixels, [.. goal.ToArray().Select(value => (double)value)], "brightness")
            { EqualScales = true },
            new HeatFigure("goal-reconstruction", "What its code tells of it", "The same picture, through the auto-encoder's code and back: what is lost here no reward can see.",
                new("column"), new("row"), pixels, pixels, [.. decoded.Select(value => (double)value)], "brightness")
            { EqualScales = true },
        ];
    }

    private static LineFigure Distances(GoalTrial trial)
    {
        var (whole, left) = (trial.WholeWay.ToArray(), trial.WayLeft.ToArray());
        return new LineFigure("distances", "Way left to each goal", "One point for each goal of the trial: on the line the policy might have stayed, below it it came nearer.",
            new("distance from the start"), new("distance at the end"),
            [new FigureSeries("Goals", whole, left) { Points = true }, new FigureSeries("Stayed", [0, whole.Max()], [0, whole.Max()])])
        { EqualScales = true };
    }

    private static HeatFigure Reached(GoalTrial trial, (double X, double Y)[] goals)
    {
        var (columns, rows) = (Centres([.. goals.Select(goal => goal.X)]), Centres([.. goals.Select(goal => goal.Y)]));
        var (left, whole) = (new double[Fields * Fields], new double[Fields * Fields]);
        for (var goal = 0; goal < goals.Length; goal++)
        {
            var field = Fields * Field(rows, goals[goal].Y) + Field(columns, goals[goal].X);
            left[field] += trial.WayLeft[goal];
            whole[field] += trial.WholeWay[goal];
        }
        double[] shares = [.. left.Select((way, field) => whole[field] > 0 ? way / whole[field] : double.NaN)];
        return new HeatFigure("reached", "Which goals are reached",
            "Distance left over the whole way, of the goals in each field: 0 where they are reached, 1 where the policy might have stayed, more where it went astray.",
            new("x of the goal"), new("y of the goal"), columns, rows, shares, "share of the way left")
        { EqualScales = true };
    }

    private static double[] Centres(double[] values)
    {
        var (low, high) = (values.Min(), values.Max());
        var side = Math.Max(1e-9, high - low) / Fields;
        return [.. Enumerable.Range(0, Fields).Select(field => low + (field + 0.5) * side)];
    }

    private static int Field(double[] centres, double value) =>
        Math.Clamp((int)Math.Round((value - centres[0]) / (centres[1] - centres[0])), 0, Fields - 1);
}
