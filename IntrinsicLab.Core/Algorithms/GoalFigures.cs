using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Which goals a policy reaches, and how it goes there.</summary>
internal static class GoalFigures
{
    private const int Fields = 10, PathsShown = 12, PicturesShown = 4, GoalsShown = 200;

    // Beyond, all is one colour: the way to a goal beside the start is short, and what is left of it soon many times as long.
    private const double FarthestShown = 1.5;

    /// <summary>Figures of a trial, which is played; nothing that training depends on changes.</summary>
    /// <param name="spec">The world.</param>
    /// <param name="trial">What is tried.</param>
    /// <param name="grid">Goals evenly over the plane; null for those of the trial.</param>
    /// <param name="act">The policy.</param>
    public static IEnumerable<Figure> Of(EnvironmentSpec spec, GoalTrial trial, GoalGrid? grid, GoalTrial.Acting act)
    {
        var placeOf = SkillFigures.PlaceOf(spec);
        var layout = spec.Goal!;
        var shown = Math.Min(PathsShown, trial.Count);
        var (ways, wayOfGoals, ends) = (new Way[shown], new Way[shown], new float[trial.Count * layout.GoalSize]);
        for (var path = 0; path < shown; path++)
            (ways[path], wayOfGoals[path]) = (new(), new());
        trial.Play(act, watch: (step, states, achieved, wanted) =>
        {
            achieved.CopyTo(ends);
            for (var path = 0; path < shown && placeOf is not null; path++)
            {
                var state = states.Slice(path * layout.StateSize, layout.StateSize);
                ways[path].Add(placeOf(state, achieved.Slice(path * layout.GoalSize, layout.GoalSize)));
                if (step > 0)
                    wayOfGoals[path].Add(placeOf(state, wanted.Slice(path * layout.GoalSize, layout.GoalSize)));
            }
        });
        if (layout.Names.Count > 0)
        {
            yield return Named(trial, layout, ends);
            if (placeOf is not null)
                yield return Ways(
                    spec, ways, [], path => $"Episode {path + 1}, to {layout.Names[Largest(GoalOf(path))]}",
                    "Some episodes of the trial, from the square to the dot; the name of a way tells what it was sent to.");
            yield break;
        }
        if (placeOf is null || !ArePlaces(layout))
        {
            yield return Distances(trial);
            yield break;
        }
        var goals = new (double X, double Y)[trial.Count];
        for (var goal = 0; goal < goals.Length; goal++)
            goals[goal] = placeOf([], trial.FirstGoals.AsSpan(goal * layout.GoalSize, layout.GoalSize));
        yield return Ways(spec, ways, wayOfGoals, path => $"Episode {path + 1}", wayOfGoals.Any(way => way.Moves)
            ? "Some episodes of the trial, from the square to the dot; dashed, the way of the goal that each follows, to its last place, the circle."
            : "Some episodes of the trial, from the square to the dot; the circle of the same colour is the goal it was given.");
        if (layout.Picture is { } size)
            yield return Pictures(trial, layout, size, ends);
        yield return grid is null ? Reached(spec, trial, goals) : Reached(spec, grid, act);
        yield return Distances(trial);

        ReadOnlySpan<float> GoalOf(int episode) => trial.FirstGoals.AsSpan(episode * layout.GoalSize, layout.GoalSize);
    }

    /// <summary>The goals that a policy was given lately over those of the trial, which must have been played; null where goals are no places.</summary>
    public static PathFigure? Given(EnvironmentSpec spec, GoalTrial trial, GoalAgent agent)
    {
        if (SkillFigures.PlaceOf(spec) is not { } placeOf || spec.Goal is not { } layout || !ArePlaces(layout))
            return null;
        var (given, tried) = (new Way(), new Way());
        // One step of each episode, where goals stay for an episode; where they move, one of as many steps.
        foreach (var goal in agent.LastGoals(GoalsShown, trial.Longest))
            given.Add(placeOf(goal, goal));
        for (var goal = 0; goal < trial.Count; goal++)
            tried.Add(placeOf([], trial.FirstGoals.AsSpan(goal * layout.GoalSize, layout.GoalSize)));
        return new PathFigure("given", "Goals the policy is given",
            $"One goal of each of the last {GoalsShown} training episodes, over the goals that it is tried on: where no dots lie it has not been taught to go.",
            new("x"), new("y"), [])
        {
            Places = [new("Goals of trials", tried.X, tried.Y) { Rings = true }, new("Goals of training", given.X, given.Y) { Colour = 1 }],
            Walls = SkillFigures.WallsOf(spec),
            Bounds = SkillFigures.BoundsOf(spec),
        };
    }

    private static bool ArePlaces(GoalLayout layout) => layout.GoalSize == 2 || layout.Place is { Size: 2 };

    private static PathFigure Ways(EnvironmentSpec spec, Way[] ways, Way[] wayOfGoals, Func<int, string> nameOf, string caption)
    {
        var ends = new Way();
        foreach (var way in wayOfGoals.Where(way => way.X.Count > 0))
            ends.Add((way.X[^1], way.Y[^1]));
        return new PathFigure("paths", "The way to some goals", caption, new("x"), new("y"),
            [
                .. wayOfGoals.Index().Where(way => way.Item.Moves)
                    .Select(way => new FigurePath($"Goal {way.Index + 1}", way.Item.X, way.Item.Y) { Colour = way.Index + 1, Dashed = true }),
                .. ways.Select((way, path) => new FigurePath(nameOf(path), way.X, way.Y) { Colour = path + 1 }),
            ])
        {
            Places = [.. ends.X.Select((x, path) => new FigurePlaces($"Goal {path + 1}", [x], [ends.Y[path]]) { Rings = true, Colour = path + 1 })],
            Walls = SkillFigures.WallsOf(spec),
            Bounds = SkillFigures.BoundsOf(spec),
        };
    }

    // Shares of each row: what was achieved in the end where this was named.
    private static HeatFigure Named(GoalTrial trial, GoalLayout layout, float[] ends)
    {
        var (size, shares, times) = (layout.GoalSize, new double[layout.GoalSize * layout.GoalSize], new double[layout.GoalSize]);
        for (var goal = 0; goal < trial.Count; goal++)
        {
            var (wanted, found) = (Largest(trial.FirstGoals.AsSpan(goal * size, size)), Largest(ends.AsSpan(goal * size, size)));
            shares[wanted * size + found]++;
            times[wanted]++;
        }
        int[] named = [.. Enumerable.Range(0, size).Where(goal => times[goal] > 0)];
        double[] ofNamed = [.. named.SelectMany(goal => Enumerable.Range(0, size).Select(end => shares[goal * size + end] / times[goal]))];
        return new HeatFigure("named", "What is named, and where it ends",
            "Of the trial's episodes in which a goal was named (row), the share that ended at each (column); on the diagonal they reached what was named.",
            new("ended at") { Names = layout.Names }, new("named") { Names = [.. named.Select(goal => layout.Names[goal])] },
            [.. Enumerable.Range(0, size).Select(place => (double)place)], [.. Enumerable.Range(0, named.Length).Select(place => (double)place)], ofNamed,
            "share of episodes")
        { Map = true };
    }

    private static int Largest(ReadOnlySpan<float> values)
    {
        var largest = 0;
        for (var place = 1; place < values.Length; place++)
            largest = values[place] > values[largest] ? place : largest;
        return largest;
    }

    private static PictureFigure Pictures(GoalTrial trial, GoalLayout layout, (int Rows, int Columns) size, float[] ends)
    {
        var rows = new List<PictureRow>();
        for (var goal = 0; goal < Math.Min(PicturesShown, trial.Count); goal++)
        {
            double[] wanted = [.. trial.FirstGoals.Skip(goal * layout.GoalSize).Take(layout.GoalSize)];
            double[] found = [.. ends.Skip(goal * layout.GoalSize).Take(layout.GoalSize)];
            rows.Add(new PictureRow($"Goal {goal + 1}", [wanted, found, [.. wanted.Zip(found, (one, other) => other - one)]]));
        }
        return new PictureFigure("pictures", "Pictures wanted and reached",
            "The first goals of the trial as the policy sees them, what it sees where its episode ends, and the second less the first: empty where it arrived.",
            size.Rows, size.Columns, ["wanted", "reached", "difference"], rows, "brightness");
    }

    /// <summary>Goals that are pictures, and what an auto-encoder makes of them, of a trial that must have been played; null for other goals.</summary>
    public static PictureFigure? OfAutoencoder(EnvironmentSpec spec, GoalAutoencoder autoencoder, GoalTrial trial)
    {
        if (spec.Goal is not { Picture: { } size } layout)
            return null;
        var (code, decoded, rows) = (new float[autoencoder.Latents], new float[layout.GoalSize], new List<PictureRow>());
        for (var goal = 0; goal < Math.Min(PicturesShown, trial.Count); goal++)
        {
            var wanted = trial.FirstGoals.AsSpan(goal * layout.GoalSize, layout.GoalSize).ToArray();
            autoencoder.Encode(wanted, code);
            autoencoder.Decode(code, decoded);
            rows.Add(new PictureRow($"Goal {goal + 1}", [[.. wanted], [.. decoded], [.. wanted.Zip(decoded, (one, other) => (double)other - one)]]));
        }
        return new PictureFigure("reconstructions", "What codes tell of goals",
            "The first goals of the trial, the same through the auto-encoder's code and back, and the second less the first: what is lost here no reward can see.",
            size.Rows, size.Columns, ["goal", "reconstruction", "difference"], rows, "brightness");
    }

    private static LineFigure Distances(GoalTrial trial)
    {
        var (whole, left) = (trial.WholeWay.ToArray(), trial.WayLeft.ToArray());
        return new LineFigure("distances", "Way left to each goal", "One point for each goal of the trial: on the line the policy might have stayed, below it it came nearer.",
            new("distance from the start"), new("distance at the end"),
            [new FigureSeries("Goals", whole, left) { Points = true }, new FigureSeries("Stayed", [0, whole.Max()], [0, whole.Max()])])
        { EqualScales = true };
    }

    private static HeatFigure Reached(EnvironmentSpec spec, GoalTrial trial, (double X, double Y)[] goals)
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
        { EqualScales = true, Range = (0, FarthestShown), Walls = SkillFigures.WallsOf(spec) };
    }

    private static HeatFigure Reached(EnvironmentSpec spec, GoalGrid grid, GoalTrial.Acting act) => new(
        "reached", "Which goals are reached",
        $"One episode to each of {GoalGrid.Side} × {GoalGrid.Side} goals, the same in every run: distance left over the whole way. 0 where the goal is reached, 1 where the policy might have stayed, more where it went astray.",
        new("x of the goal"), new("y of the goal"), grid.Columns, grid.Rows, grid.Play(act), "share of the way left")
    { EqualScales = true, Range = (0, FarthestShown), Walls = SkillFigures.WallsOf(spec) };

    private static double[] Centres(double[] values)
    {
        var (low, high) = (values.Min(), values.Max());
        var side = Math.Max(1e-9, high - low) / Fields;
        return [.. Enumerable.Range(0, Fields).Select(field => low + (field + 0.5) * side)];
    }

    private static int Field(double[] centres, double value) =>
        Math.Clamp((int)Math.Round((value - centres[0]) / (centres[1] - centres[0])), 0, Fields - 1);

    private sealed class Way
    {
        public List<double> X { get; } = [];

        public List<double> Y { get; } = [];

        public bool Moves => X.Count > 0 && (X.Exists(x => x != X[0]) || Y.Exists(y => y != Y[0]));

        public void Add((double X, double Y) place)
        {
            X.Add(place.X);
            Y.Add(place.Y);
        }
    }
}
