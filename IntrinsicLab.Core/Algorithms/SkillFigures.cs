using System.Globalization;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What skills do, and what the discriminator makes of the places: on worlds whose goals or states are places of a plane.</summary>
internal static class SkillFigures
{
    private const int MostPaths = 50, Fields = 41, MostInMatrix = 50, PathsOfEach = 3, EndsOfEach = 20, Bins = 30, MostPoints = 200;

    /// <summary>Figures of the present skills; plays them, which changes nothing that training depends on.</summary>
    public static IEnumerable<Figure> Of(EnvironmentSpec spec, SkillLearner skills, SkillTrial trial, SkillEpisodes drawn, DiscriminatorInput input)
    {
        trial.Play();
        var (line, placed) = (LineOf(spec), PlaceOf(spec));
        (int Skill, GoalPath Path)[] episodes = line is null && placed is null ? [] : [.. drawn.Play(drawn.Affordable(line is null ? PathsOfEach : EndsOfEach))];
        if (line is { } quantity)
            yield return Ends(spec, skills.Discriminator, trial, episodes, quantity);
        if (placed is { } placeOf)
        {
            yield return Paths(spec, skills, trial, placeOf);
            if (episodes.Length > 0)
                yield return Episodes(spec, skills.Discriminator, trial, episodes, placeOf);
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
        if (spec.Goal is null && spec.Maps is [{ Components: { } components }, ..])
            return (state, _) => (state[components.X], state[components.Y]);
        return GoalWorld.SizesOf(spec).State >= 2 && spec.Goal is not { Names.Count: > 0 } ? (state, _) => (state[0], state[1]) : null;
    }

    /// <summary>What runs along the axes of the plane, and whether one unit is as long on both: not where they are different quantities.</summary>
    internal static (FigureAxis X, FigureAxis Y, bool Equal) AxesOf(EnvironmentSpec spec) =>
        spec.Plan is null && spec.Goal is null && spec.Maps is [{ Components: not null } map, ..] ? (new(map.X.Label), new(map.Y.Label), false) : (new("x"), new("y"), true);

    /// <summary>The one quantity that an end is told by, in worlds where it is no place of a plane: what is achieved, or the first axis of its map of states.</summary>
    private static (string Label, Func<EnvironmentSpec, ReadOnlySpan<float>, ReadOnlySpan<float>, double> Of)? LineOf(EnvironmentSpec spec) =>
        spec.Plan is not null || spec.Goal is { GoalSize: > 1 } ? null
        : spec.Goal is { GoalSize: 1 } ? ("place reached", (_, _, achieved) => achieved[0])
        : spec.Maps is [{ Components: { } components } map, ..] ? (map.X.Label, (_, state, _) => state[components.X])
        : null;

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
        var field = RewardField.Over(spec, input);
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
        var (measured, alike) = (new float[field?.Count ?? 0], "");
        if (field is not null)
        {
            skills.Discriminator.RewardsOfEach(field.Places, trial.Skills.AsSpan(nearest * size, size), measured);
            alike = string.Create(
                CultureInfo.InvariantCulture,
                $" Over {RewardField.Side} × {RewardField.Side} places its rank correlation with minus the distance to the goal is {field.Agreement(measured, goalX, goalY):0.00}.")
                .Replace('-', '−');
        }
        var walls = WallsOf(spec);
        var figures = new List<Figure>
        {
            new HeatFigure("reward-goal", "What the way to a goal is paid",
                $"log q(ω|s) − log p(ω) at every place, ω the skill that ends nearest to the first goal of the trial ({NameOf(skills.Discriminator, trial, nearest).ToLowerInvariant()}); whoever follows its rise ends where that skill does. The lowest values are cut off where they would leave no colours for the rest.{alike}",
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

    /// <summary>Which skill the policy of goals is taken for where it ends, on its way to the goals of each; null where skills are points, or too many to see.</summary>
    /// <param name="discriminator">Takes it for a skill.</param>
    /// <param name="trial">One episode for each skill.</param>
    /// <param name="input">What the discriminator sees.</param>
    /// <param name="given">Goals that the skills made, [T, M, G].</param>
    /// <param name="act">The policy.</param>
    public static HeatFigure? OfGoals(Discriminator discriminator, GoalTrial trial, DiscriminatorInput input, ReadOnlySpan<float> given, GoalTrial.Acting act)
    {
        if (!discriminator.IsCategorical || trial.Count > MostInMatrix)
            return null;
        float[] seen = [];
        trial.Play(act, given, (_, states, achieved, _) => seen = (input == DiscriminatorInput.Achieved ? achieved : states).ToArray());
        var (count, right) = (trial.Count, 0);
        var (values, skill) = (new double[count * count], new float[1]);
        for (var goal = 0; goal < count; goal++)
        {
            var end = seen.AsSpan(goal * seen.Length / count, seen.Length / count);
            discriminator.Posterior(end, values.AsSpan(goal * count, count));
            discriminator.MostLikely(end, skill);
            right += (int)skill[0] == goal ? 1 : 0;
        }
        double[] numbers = [.. Enumerable.Range(1, count).Select(number => (double)number)];
        return new HeatFigure("goal-confusion", "Which skill the goal's policy is taken for",
            $"Row: the skill that made the goal. Column: the skill that q finds where the policy of goals ends, and pays it for. On the diagonal they are the same: of {right} of {count} goals.",
            new("taken for skill"), new("skill that made the goal"), numbers, numbers, values, "probability")
        { Map = true };
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
            $"One episode of each skill with its most likely actions, from the square to the dot.{few}", AxesOf(spec).X, AxesOf(spec).Y, paths)
        {
            FreeScales = !AxesOf(spec).Equal,
            Walls = WallsOf(spec),
            Bounds = BoundsOf(spec),
        };
    }

    private static PathFigure Episodes(EnvironmentSpec spec, Discriminator discriminator, SkillTrial trial, (int Skill, GoalPath Path)[] episodes, WhereAt placeOf)
    {
        var paths = new List<FigurePath>();
        foreach (var (skill, own) in episodes.GroupBy(episode => episode.Skill).Take(MostPaths).Select(group => (group.Key, group.Take(PathsOfEach).ToList())))
            foreach (var (number, (_, path)) in own.Index())
            {
                var every = path.Length / MostPoints + 1;
                var places = Enumerable.Range(0, path.Length + 1).Where(step => step % every == 0 || step == path.Length)
                    .Select(step => placeOf(path.State(step), path.Achieved(step))).ToList();
                paths.Add(new FigurePath($"{NameOf(discriminator, trial, skill)}, episode {number + 1}", [.. places.Select(place => place.X)], [.. places.Select(place => place.Y)])
                { Colour = skill + 1 });
            }
        var few = trial.Count > MostPaths ? $" The first {MostPaths} of {trial.Count} skills are shown." : "";
        return new PathFigure("episodes", "How skills vary",
            $"{Some(Math.Min(PathsOfEach, episodes.Length / trial.Count))} of each skill, in its colour, with actions drawn as in training: ways of one colour that part show how much is left to chance.{few}",
            AxesOf(spec).X, AxesOf(spec).Y, paths)
        {
            FreeScales = !AxesOf(spec).Equal,
            Walls = WallsOf(spec),
            Bounds = BoundsOf(spec),
        };
    }

    // A histogram of each skill, one above the other.
    private static HeatFigure Ends(
        EnvironmentSpec spec, Discriminator discriminator, SkillTrial trial, (int Skill, GoalPath Path)[] episodes,
        (string Label, Func<EnvironmentSpec, ReadOnlySpan<float>, ReadOnlySpan<float>, double> Of) quantity)
    {
        (int Skill, double End)[] ends = episodes.Length > 0
            ? [.. episodes.Select(episode => (episode.Skill, quantity.Of(spec, episode.Path.State(episode.Path.Length), episode.Path.Achieved(episode.Path.Length))))]
            : [.. Enumerable.Range(0, trial.Count).Select(skill => (skill, quantity.Of(spec, trial.State(skill, trial.LengthOf(skill)), trial.Achieved(skill, trial.LengthOf(skill)))))];
        var (low, high, each) = (ends.Min(end => end.End), ends.Max(end => end.End), ends.Length / trial.Count);
        if (spec.Goal is null && spec.Maps is [{ } map, ..])
            (low, high) = (Math.Min(low, map.X.Centres[0]), Math.Max(high, map.X.Centres[^1]));
        var width = Math.Max(1e-9, high - low) / Bins;
        var shares = new double[trial.Count * Bins];
        foreach (var (skill, end) in ends)
            shares[skill * Bins + Math.Clamp((int)((end - low) / width), 0, Bins - 1)] += 1.0 / each;
        return new HeatFigure("ends", "Where the episodes of each skill end",
            $"Row by row a histogram of one skill: {Some(each).ToLowerInvariant()}{(episodes.Length > 0 ? " with actions drawn as in training" : " with its most likely actions")}. Skills that differ are full in different columns.",
            new(quantity.Label), new(discriminator.IsCategorical ? "skill" : "skill of the lattice"), [.. Enumerable.Range(0, Bins).Select(bin => low + (bin + 0.5) * width)],
            [.. Enumerable.Range(1, trial.Count).Select(number => (double)number)], shares, "share of its episodes");
    }

    private static string Some(int episodes) => episodes switch { 1 => "One episode", 3 => "Three episodes", _ => $"{episodes} episodes" };

    private static IEnumerable<Figure> Planes(
        EnvironmentSpec spec, Discriminator discriminator, SkillTrial trial, (double[] X, double[] Y) plane, WhereAt placeOf)
    {
        var ((columns, rows), walls, (across, up, equal)) = (plane, WallsOf(spec), AxesOf(spec));
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
                across, up, columns, rows, regions, "skill")
            { EqualScales = equal, Kinds = true, Strengths = certainty, Walls = walls, Overlay = [Ends(trial, placeOf)] };
        }
        yield return new HeatFigure("reward", $"What {NameOf(discriminator, trial, 0).ToLowerInvariant()} is paid",
            "log q(ω|s) − log p(ω) at every place; above 0 where it tells of the skill, 0 where it tells nothing. The lowest values are cut off where they would leave no colours for the rest.",
            across, up, columns, rows, pay, "reward, nats")
        { Diverging = true, EqualScales = equal, Walls = walls, Overlay = [Ends(trial, placeOf)] };
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
