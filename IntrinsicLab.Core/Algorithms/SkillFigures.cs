using System.Globalization;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What skills do, and what the discriminator makes of the places: on worlds whose goals or states are places of a plane.</summary>
internal static class SkillFigures
{
    private const int MostPaths = 50, Fields = 41, MostInMatrix = 50;

    /// <summary>Figures of the present skills; plays them, which changes nothing that training depends on.</summary>
    public static IEnumerable<Figure> Of(EnvironmentSpec spec, SkillLearner skills, SkillTrial trial, DiscriminatorInput input)
    {
        trial.Play();
        if (PlaceOf(spec) is { } placeOf)
        {
            yield return Paths(spec, skills, trial, placeOf);
            if (Plane(spec, skills, input) is { } plane)
                foreach (var figure in Planes(spec, skills.Discriminator, trial, plane, placeOf))
                    yield return figure;
        }
        if (skills.Discriminator.IsCategorical && trial.Count <= MostInMatrix)
            yield return Matrix(skills.Discriminator, trial);
    }

    /// <summary>Writes the place of a step on the plane.</summary>
    internal delegate (double X, double Y) WhereAt(ReadOnlySpan<float> state, ReadOnlySpan<float> achieved);

    /// <summary>How places are read; null where nothing here is a place.</summary>
    internal static WhereAt? PlaceOf(EnvironmentSpec spec)
    {
        if (spec.Plan?.PlaceOfState is { } placeOfState)
            return (state, _) =>
            {
                Span<float> found = stackalloc float[2];
                placeOfState(state, found);
                return (found[0], found[1]);
            };
        if (spec.Goal is { Place: { Size: 2 } place })
            return (_, achieved) =>
            {
                Span<float> found = stackalloc float[2];
                place.Of(achieved, found);
                return (found[0], found[1]);
            };
        if (spec.Goal is { GoalSize: 2 })
            return (_, achieved) => (achieved[0], achieved[1]);
        return GoalWorld.SizesOf(spec).State >= 2 && spec.Goal is not { Names.Count: > 0 } ? (state, _) => (state[0], state[1]) : null;
    }

    /// <summary>Walls of the world's plane.</summary>
    internal static IReadOnlyList<FigureWall> WallsOf(EnvironmentSpec spec) =>
        [.. (spec.Plan?.Walls ?? []).Select(wall => new FigureWall(wall.FromX, wall.FromY, wall.ToX, wall.ToY))];

    /// <summary>The plane that states are places of; null where they are not, or it has no bounds.</summary>
    internal static (double Left, double Bottom, double Right, double Top)? BoundsOf(EnvironmentSpec spec)
    {
        if (spec.Plan?.Bounds is { } bounds)
            return (bounds.Left, bounds.Bottom, bounds.Right, bounds.Top);
        var (low, high) = (spec.Observation.Low, spec.Observation.High);
        return GoalWorld.SizesOf(spec).State == 2 && float.IsFinite(low[0]) && float.IsFinite(high[0]) && float.IsFinite(low[1]) && float.IsFinite(high[1])
            ? (low[0], low[1], high[0], high[1])
            : null;
    }

    /// <summary>
    /// What a policy of goals is paid on its way to one goal, beside what a distance would pay: for the skill that ends nearest to it. Where states and
    /// goals are places of one plane; the skills' trial must have been played.
    /// </summary>
    public static IEnumerable<Figure> OfGoal(EnvironmentSpec spec, SkillLearner skills, SkillTrial trial, DiscriminatorInput input, ReadOnlySpan<float> goal)
    {
        if (Plane(spec, skills, input) is not { } plane || PlaceOf(spec) is not { } placeOf || spec.Goal is not { } layout)
            return [];
        var nearest = 0;
        for (var index = 1; index < trial.Count; index++)
            if (WayFrom(index, goal) < WayFrom(nearest, goal))
                nearest = index;
        var (goalX, goalY) = placeOf(goal, goal);
        var (columns, rows) = plane;
        var (pay, distance, reward) = (new double[Fields * Fields], new double[Fields * Fields], new float[1]);
        var size = skills.Discriminator.SkillValues;
        for (var place = 0; place < pay.Length; place++)
        {
            var (x, y) = (columns[place % Fields], rows[place / Fields]);
            skills.Discriminator.Rewards([(float)x, (float)y], trial.Skills.AsSpan(nearest * size, size), reward);
            (pay[place], distance[place]) = (Shown(skills.Discriminator, reward[0]), -Math.Sqrt((x - goalX) * (x - goalX) + (y - goalY) * (y - goalY)));
        }
        FigureSeries[] overlay = [new("goal", [goalX], [goalY]) { Points = true }];
        var walls = WallsOf(spec);
        var figures = new List<Figure>
        {
            new HeatFigure("reward-goal", "What the way to a goal is paid",
                $"log q(ω|s) − log p(ω) at every place, ω the skill that ends nearest to the first goal of the trial ({NameOf(skills.Discriminator, trial, nearest).ToLowerInvariant()}); whoever follows its rise ends where that skill does. The lowest values are cut off where they would leave no colours for the rest.",
                new("x"), new("y"), columns, rows, pay, "reward, nats") { Diverging = true, EqualScales = true, Walls = walls, Overlay = overlay },
            new HeatFigure("distance-goal", "What a distance would pay",
                "Minus the straight distance to the same goal, walls or not; in the open the learned reward resembles it, at a wall it should not.",
                new("x"), new("y"), columns, rows, distance, "distance") { EqualScales = true, Walls = walls, Overlay = overlay },
        };
        if (spec.Plan?.WaysTo is { } waysTo)
        {
            var wayTo = waysTo(goalX, goalY);
            var ways = new double[Fields * Fields];
            for (var place = 0; place < ways.Length; place++)
                ways[place] = -wayTo(columns[place % Fields], rows[place / Fields]);
            figures.Add(new HeatFigure("way-goal", "What the way round walls would pay",
                "Minus the length of the shortest way to the same goal: what an ideal reward knows, and a learned one should come to resemble.",
                new("x"), new("y"), columns, rows, ways, "length of the way")
            { EqualScales = true, Walls = walls, Overlay = overlay });
        }
        return figures;

        double WayFrom(int index, ReadOnlySpan<float> to) => layout.Distance(trial.Achieved(index, trial.LengthOf(index)), to);
    }

    private static PathFigure Paths(EnvironmentSpec spec, SkillLearner skills, SkillTrial trial, WhereAt placeOf)
    {
        var paths = new List<FigurePath>();
        for (var index = 0; index < Math.Min(trial.Count, MostPaths); index++)
        {
            var (x, y) = (new List<double>(), new List<double>());
            for (var step = 0; step <= trial.LengthOf(index); step++)
            {
                var (across, up) = placeOf(trial.State(index, step), trial.Achieved(index, step));
                x.Add(across);
                y.Add(up);
            }
            paths.Add(new FigurePath(NameOf(skills.Discriminator, trial, index), x, y) { Colour = index + 1 });
        }
        var few = trial.Count > MostPaths ? $" The first {MostPaths} of {trial.Count} are shown." : "";
        return new PathFigure("skills", "Where each skill goes",
            $"One episode of each skill with its most likely actions, from the square to the dot.{few}", new("x"), new("y"), paths)
        {
            Walls = WallsOf(spec),
            Bounds = BoundsOf(spec),
        };
    }

    private static IEnumerable<Figure> Planes(
        EnvironmentSpec spec, Discriminator discriminator, SkillTrial trial, (double[] X, double[] Y) plane, WhereAt placeOf)
    {
        var ((columns, rows), walls) = (plane, WallsOf(spec));
        var (regions, certainty, pay) = (new double[Fields * Fields], new double[Fields * Fields], new double[Fields * Fields]);
        var (skill, posterior, reward) = (new float[discriminator.SkillValues], new double[discriminator.Skills], new float[1]);
        for (var place = 0; place < regions.Length; place++)
        {
            float[] at = [(float)columns[place % Fields], (float)rows[place / Fields]];
            discriminator.Rewards(at, trial.Skills.AsSpan(0, skill.Length), reward);
            pay[place] = Shown(discriminator, reward[0]);
            if (!discriminator.IsCategorical)
                continue;
            discriminator.MostLikely(at, skill);
            discriminator.Posterior(at, posterior);
            (regions[place], certainty[place]) = (skill[0] + 1, posterior.Max());
        }
        if (discriminator.IsCategorical)
        {
            yield return new HeatFigure("regions", "Which skill each place is taken for",
                "The skill that q finds most likely at every place, the fuller its colour the surer; whoever is paid by q sees no finer than these regions.",
                new("x"), new("y"), columns, rows, regions, "skill")
            { EqualScales = true, Kinds = true, Strengths = certainty, Walls = walls, Overlay = [Ends(trial, placeOf)] };
        }
        yield return new HeatFigure("reward", $"What {NameOf(discriminator, trial, 0).ToLowerInvariant()} is paid",
            "log q(ω|s) − log p(ω) at every place; above 0 where it tells of the skill, 0 where it tells nothing. The lowest values are cut off where they would leave no colours for the rest.",
            new("x"), new("y"), columns, rows, pay, "reward, nats")
        { Diverging = true, EqualScales = true, Walls = walls, Overlay = [Ends(trial, placeOf)] };
    }

    private static FigureSeries Ends(SkillTrial trial, WhereAt placeOf)
    {
        var (x, y) = (new double[trial.Count], new double[trial.Count]);
        for (var index = 0; index < trial.Count; index++)
            (x[index], y[index]) = placeOf(trial.State(index, trial.LengthOf(index)), trial.Achieved(index, trial.LengthOf(index)));
        return new FigureSeries("ends of skills", x, y) { Points = true };
    }

    private static HeatFigure Matrix(Discriminator discriminator, SkillTrial trial)
    {
        var (values, posterior) = (new double[trial.Count * trial.Count], new double[trial.Count]);
        for (var index = 0; index < trial.Count; index++)
        {
            discriminator.Posterior(trial.LastSeen(index), posterior);
            posterior.CopyTo(values, index * trial.Count);
        }
        double[] numbers = [.. Enumerable.Range(1, trial.Count).Select(number => (double)number)];
        return new HeatFigure("confusion", "Which skill each skill's end is taken for",
            "Row: the skill that acted. Column: the skill that q finds in the last state. Off the diagonal, skills are mistaken for each other.",
            new("taken for skill"), new("skill"), numbers, numbers, values, "probability")
        { Map = true };
    }

    // Bounds of what the discriminator sees, where that is a plane.
    private static (double[] X, double[] Y)? Plane(EnvironmentSpec spec, SkillLearner skills, DiscriminatorInput input)
    {
        var (state, goal) = GoalWorld.SizesOf(spec);
        var (size, first) = input == DiscriminatorInput.Achieved ? (goal, state + goal) : (state, 0);
        if (size != 2)
            return null;
        var (low, high) = (spec.Observation.Low, spec.Observation.High);
        if (!float.IsFinite(low[first]) || !float.IsFinite(high[first]) || !float.IsFinite(low[first + 1]) || !float.IsFinite(high[first + 1]))
            return null;
        return (Centres(low[first], high[first]), Centres(low[first + 1], high[first + 1]));

        double[] Centres(double from, double to) => [.. Enumerable.Range(0, Fields).Select(field => from + (to - from) * (field + 0.5) / Fields)];
    }

    // What is far below 0 would leave no colour for the rest.
    private static double Shown(Discriminator discriminator, double reward) => Math.Max(reward, -discriminator.Highest);

    private static string NameOf(Discriminator discriminator, SkillTrial trial, int index) => discriminator.IsCategorical
        ? $"Skill {index + 1}"
        : string.Create(CultureInfo.InvariantCulture, $"Skill ({trial.Skills[2 * index]:0.0}, {trial.Skills[2 * index + 1]:0.0})");
}
